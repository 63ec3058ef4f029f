//! A private PostgreSQL cluster in a folder, for a server that was given no DATABASE_URL. One
//! process at a time owns it (a lock file says which); a cluster whose owner was killed keeps
//! running and is taken over by the next one. Other programs connect and never stop it.

mod folder;
mod postgres;
mod temporary;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::postgres::PgConnectOptions;

pub(crate) use folder::write_private;
pub use postgres::PostgresError;
pub use temporary::{TemporaryCluster, TestDatabase};

use postgres::{Postgres, Running};

/// Where one of PostgreSQL's own programs lies: beside those that run a cluster, or on PATH.
pub(crate) fn program(name: &str) -> Result<PathBuf, PostgresError> {
    let beside = postgres::programs()?.join(name);
    Ok(if beside.exists() { beside } else { name.into() })
}

/// Owns the tables and migrates; passes row-level security.
pub const OWNER_ROLE: &str = "techstore_owner";
/// What the server connects as; row-level security binds it.
pub const APP_ROLE: &str = "techstore_app";
/// The database of the product.
pub const DATABASE: &str = "techstore";

/// How long a process waits for another one that starts or stops the same cluster.
const OTHER_PROCESS_WAIT_MAX: Duration = Duration::from_secs(60);
const OTHER_PROCESS_POLL: Duration = Duration::from_millis(100);

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error("cannot use {}: {source}", path.display())]
    Folder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("another server runs on {}; stop it first, or give each its own folder", .0.display())]
    InUse(PathBuf),
    #[error("the cluster's databases cannot be made: {0}")]
    Sql(#[from] sqlx::Error),
    #[error(transparent)]
    Random(#[from] crate::clock::RandomError),
}

/// Whether the caller keeps the cluster for its lifetime or only passes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// A server: becomes the owner, waits for a passer-by to leave, refuses beside another server.
    Keep,
    /// A command: uses a running cluster, or starts it for as long as the command lasts.
    Visit,
}

/// A running cluster and what it takes to connect.
#[derive(Debug)]
pub struct Cluster {
    postgres: Postgres,
    running: Running,
    password: String,
    /// Held while this process owns the cluster.
    owner: Option<File>,
}

impl Cluster {
    /// Starts the cluster in `folder`, or takes over the one that runs there.
    pub async fn open(folder: &Path, stay: Stay) -> Result<Self, EmbeddedError> {
        let folder_error = |source| EmbeddedError::Folder {
            path: folder.to_path_buf(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(folder_error)?;
        let folder = folder.canonicalize().map_err(folder_error)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("owner.lock"))
            .map_err(folder_error)?;
        let postgres = Postgres::find(&folder.join("cluster"))?;
        let waiting_since = tokio::time::Instant::now();
        let owner = loop {
            match lock.try_lock() {
                Ok(()) => break Some(lock),
                Err(TryLockError::Error(source)) => return Err(folder_error(source)),
                Err(TryLockError::WouldBlock) => {}
            }
            if stay == Stay::Visit && postgres.running().is_some() {
                break None;
            }
            if waiting_since.elapsed() > OTHER_PROCESS_WAIT_MAX {
                return Err(EmbeddedError::InUse(folder));
            }
            tokio::time::sleep(OTHER_PROCESS_POLL).await;
        };
        while postgres.is_changing() && waiting_since.elapsed() <= OTHER_PROCESS_WAIT_MAX {
            tokio::time::sleep(OTHER_PROCESS_POLL).await;
        }
        let password = folder::password(&folder)?;
        let running = match postgres.running() {
            Some(running) => running,
            None => {
                postgres.init_if_missing(&password)?;
                postgres.start(&postgres::SERVER_SETTINGS)?
            }
        };
        let cluster = Self {
            postgres,
            running,
            password,
            owner,
        };
        if cluster.owner.is_some() {
            cluster.make_roles_and_database().await?;
        }
        Ok(cluster)
    }

    /// Options for a role on the product's database, over the cluster's own socket.
    #[must_use]
    pub fn options(&self, role: &str) -> PgConnectOptions {
        self.running.options(role).database(DATABASE)
    }

    /// An address for other programs on this machine.
    #[must_use]
    pub fn url(&self, role: &str) -> String {
        let (password, port) = (&self.password, self.running.port);
        format!("postgres://{role}:{password}@127.0.0.1:{port}/{DATABASE}")
    }

    /// Whether no other process keeps this cluster running.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.owner.is_some()
    }

    /// Stops the cluster if this process owns it.
    pub fn close(self) -> Result<(), EmbeddedError> {
        if self.owner.is_some() {
            self.postgres.stop("fast")?;
        }
        Ok(())
    }

    /// Leaves the cluster running; whoever opens the folder next takes it over.
    pub fn leave_running(self) {}

    async fn make_roles_and_database(&self) -> Result<(), EmbeddedError> {
        let superuser = self.running.options(postgres::SUPERUSER);
        postgres::make_roles(&superuser, &self.password).await?;
        postgres::make_database(&superuser, DATABASE).await?;
        Ok(())
    }
}
