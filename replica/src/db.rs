//! The till's database file: opened with what makes it durable, migrated forward only, one
//! writer at a time. A write that has begun is committed or rolled back before the next begins.

use std::{
    path::{Path, PathBuf},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    Connection, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{Mutex, MutexGuard};

use crate::error::Error;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// Older ones can corrupt a WAL file (fixed in SQLite 3.51.3).
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// Readers beside the writer.
const READERS_MAX: u32 = 4;
const BUSY: Duration = Duration::from_secs(10);

/// The file in use. A fill switches to its successor; whoever asks for a connection after that gets
/// one to the new file.
#[derive(Debug)]
pub(crate) struct Db {
    opened: RwLock<Opened>,
    writer: Mutex<Option<SqliteConnection>>,
    writer_is_broken: AtomicBool,
    #[cfg(feature = "simulation")]
    is_hampered: AtomicBool,
}

/// How to reach an open file.
#[derive(Debug, Clone)]
struct Opened {
    options: SqliteConnectOptions,
    readers: SqlitePool,
}

/// A file that is ready to take another's place: open, migrated, durable.
#[derive(Debug)]
pub(crate) struct Successor {
    opened: Opened,
    writer: SqliteConnection,
}

/// A file whose place was taken.
#[derive(Debug)]
pub(crate) struct Former {
    opened: Opened,
    writer: Option<SqliteConnection>,
}

impl Former {
    /// Closes it when its last reader is done; returns where it lies.
    pub(crate) async fn close(self) -> Result<PathBuf, Error> {
        self.opened.readers.close().await;
        if let Some(writer) = self.writer {
            writer.close().await?;
        }
        Ok(self.opened.options.get_filename().to_owned())
    }
}

impl Successor {
    /// Opens a file that is there.
    pub(crate) async fn open(path: &Path) -> Result<Successor, Error> {
        let options = options(path, false);
        let writer = connect(&options).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone().pragma("query_only", "1"));
        Ok(Successor {
            opened: Opened { options, readers },
            writer,
        })
    }
}

fn options(path: &Path, create: bool) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous())
        .busy_timeout(BUSY)
        .foreign_keys(false)
        .statement_cache_capacity(256)
        .pragma("temp_store", "memory")
        .pragma("cache_size", "-16000")
}

/// Opens a file to write and brings it to this program's version.
async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection, Error> {
    let mut writer = SqliteConnection::connect_with(options).await?;
    // Directly on a connection: what `run` takes lets no future be sent between threads.
    match MIGRATIONS.run_direct(None, &mut writer, false).await {
        Ok(()) => Ok(writer),
        Err(MigrateError::VersionMissing(version)) => Err(Error::DatabaseNewer { version }),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            Err(error.into())
        }
        Err(error) => Err(Error::Migrate(error)),
    }
}

/// Opens or creates a file that nobody works with yet, to be filled fast: what a transaction wrote
/// is consistent after a power cut, and durable only at the next checkpoint.
pub(crate) async fn open_to_fill(path: &Path) -> Result<SqliteConnection, Error> {
    let options = options(path, true)
        .synchronous(SqliteSynchronous::Normal)
        .pragma("cache_size", "-64000")
        .pragma("wal_autocheckpoint", "8000");
    connect(&options).await
}

impl Db {
    /// Opens the file, creating it only if asked to, and brings it to this program's version.
    pub(crate) async fn open(path: &Path, create: bool) -> Result<Db, Error> {
        let version = libsqlite3_sys::SQLITE_VERSION_NUMBER;
        if version < SQLITE_VERSION_MIN {
            return Err(Error::SqliteTooOld { version });
        }
        if !create && !path.exists() {
            return Err(Error::DatabaseMissing {
                path: path.to_owned(),
            });
        }
        if create {
            connect(&options(path, true)).await?.close().await?;
        }
        let Successor { opened, writer } = Successor::open(path).await?;
        Ok(Db {
            opened: RwLock::new(opened),
            writer: Mutex::new(Some(writer)),
            writer_is_broken: AtomicBool::new(false),
            #[cfg(feature = "simulation")]
            is_hampered: AtomicBool::new(false),
        })
    }

    fn opened(&self) -> Opened {
        self.opened
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The file in use.
    pub(crate) fn path(&self) -> PathBuf {
        self.opened().options.get_filename().to_owned()
    }

    /// Waits for the one writer.
    pub(crate) async fn writer(&self) -> Writer<'_> {
        Writer {
            db: self,
            connection: self.writer.lock().await,
        }
    }

    /// A transaction that only reads: whatever it asks, it sees the file as it was at its first
    /// question, so that nothing is counted twice or missed between two of them. Not to be held
    /// across anything slow, for the write-ahead log grows meanwhile.
    pub(crate) async fn reader(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        loop {
            let readers = self.opened().readers;
            match readers.begin().await {
                // The file was switched just now.
                Err(sqlx::Error::PoolClosed) if !self.opened().readers.is_closed() => {}
                begun => return Ok(begun?),
            }
        }
    }

    /// Closes all connections; the writer last, so that it empties the write-ahead log.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        let mut writer = self.writer.lock().await;
        self.opened().readers.close().await;
        if let Some(writer) = writer.take() {
            writer.close().await?;
        }
        Ok(())
    }
}

/// When a commit is done: once the disk has it.
fn synchronous() -> SqliteSynchronous {
    #[cfg(feature = "simulation")]
    if let Some(weaker) = crate::simulation::synchronous() {
        return weaker;
    }
    SqliteSynchronous::Full
}

/// The disk of a simulation: without room for another page, or refusing the next commit; as it was
/// again when it is neither.
#[cfg(feature = "simulation")]
async fn hamper(
    connection: &mut SqliteConnection,
    is_hampered: &AtomicBool,
) -> Result<(), sqlx::Error> {
    let (is_full, refusal) = (
        crate::simulation::is_disk_full(),
        crate::simulation::refusal(),
    );
    let hampers = is_full || refusal.is_some();
    if !is_hampered.swap(hampers, Ordering::Relaxed) && !hampers {
        return Ok(());
    }
    // A bound below the file's size is its size.
    let bound = if is_full {
        "PRAGMA max_page_count = 1"
    } else {
        "PRAGMA max_page_count = 4294967294"
    };
    sqlx::query(bound).execute(&mut *connection).await?;
    let mut handle = connection.lock_handle().await?;
    match refusal {
        Some(refused) => handle.set_commit_hook(move || {
            refused.store(true, Ordering::Relaxed);
            false
        }),
        None => handle.remove_commit_hook(),
    }
    Ok(())
}

/// The writer, held.
#[derive(Debug)]
pub(crate) struct Writer<'d> {
    db: &'d Db,
    connection: MutexGuard<'d, Option<SqliteConnection>>,
}

impl Writer<'_> {
    /// From now on everybody works with another file.
    pub(crate) fn switch(&mut self, successor: Successor) -> Former {
        let writer = self.connection.replace(successor.writer);
        self.db.writer_is_broken.store(false, Ordering::Relaxed);
        let opened = &mut *self
            .db
            .opened
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Former {
            opened: std::mem::replace(opened, successor.opened),
            writer,
        }
    }

    /// Begins a transaction that holds the file's write lock from the start. A connection that
    /// could not begin is in an unknown state: it is closed and opened anew.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, Error> {
        #[cfg(feature = "simulation")]
        crate::simulation::crash_point().await;
        let is_stuck = self.is_stuck().await;
        if (self.db.writer_is_broken.swap(false, Ordering::Relaxed) || is_stuck)
            && let Some(broken) = self.connection.take()
        {
            broken.close_hard().await?;
        }
        if self.connection.is_none() {
            *self.connection =
                Some(SqliteConnection::connect_with(&self.db.opened().options).await?);
        }
        let Some(connection) = self.connection.as_mut() else {
            return Err(Error::Internal("the writer is closed"));
        };
        #[cfg(feature = "simulation")]
        hamper(connection, &self.db.is_hampered).await?;
        match connection.begin_with("BEGIN IMMEDIATE").await {
            Ok(transaction) => Ok(transaction),
            Err(error) => {
                self.db.writer_is_broken.store(true, Ordering::Relaxed);
                Err(error.into())
            }
        }
    }

    /// Whether the connection still counts a transaction that SQLite itself has ended, as it does
    /// when the disk is full: the rollback fails, and the next one could not begin.
    async fn is_stuck(&mut self) -> bool {
        match self.connection.as_mut() {
            // A rollback may be on its way; the ping is answered after it.
            Some(connection) if connection.is_in_transaction() => {
                connection.ping().await.is_err() || connection.is_in_transaction()
            }
            _ => false,
        }
    }
}
