//! How this crate reaches PostgreSQL: migrations, the pool, and transactions that name their
//! organization before they read or write anything, because row-level security shows nothing else.
//! Nothing is asked outside a transaction, so that a pooler may stand between.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use domain::{contract::sync_v1::Incarnation, id::OrganizationId};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// A transaction that sees one organization.
pub type Tx = Transaction<'static, Postgres>;

/// Why the tables could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("cannot connect to migrate: {0}")]
    Connect(#[from] sqlx::Error),
    #[error("the tables cannot be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// Applies the migrations that are missing, as the role that owns the tables.
pub async fn migrate(owner: &PgConnectOptions) -> Result<(), MigrateError> {
    let mut connection = PgConnection::connect_with(owner).await?;
    sqlx::migrate!("../migrations/postgres")
        .run(&mut connection)
        .await?;
    connection.close().await?;
    Ok(())
}

/// How the server uses the database.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    pub options: PgConnectOptions,
    pub connections_max: u32,
    /// Whether a pooler stands between that gives each transaction another of its connections.
    pub is_pooled: bool,
    /// Where PostgreSQL itself is reached, for notifications, which no pooler passes on.
    pub listen: Option<PgConnectOptions>,
    /// Whether a connection that rested is asked whether it still lives before it is used.
    pub asks_first: bool,
}

impl DatabaseConfig {
    /// A server's pool.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            options: options.application_name("techstore-server"),
            connections_max: 24,
            is_pooled: false,
            listen: None,
            asks_first: true,
        }
    }

    /// The pool; connects at once so that a wrong address is known at the start.
    pub async fn connect(&self) -> Result<Database, sqlx::Error> {
        let incarnation = Arc::new(RwLock::new(String::new()));
        let pool = if self.is_pooled {
            self.connect_pooled(&incarnation).await?
        } else {
            self.connect_plain(&incarnation).await?
        };
        Ok(Database { pool })
    }

    fn pool_options(&self) -> PgPoolOptions {
        PgPoolOptions::new()
            .max_connections(self.connections_max)
            .acquire_timeout(Duration::from_secs(10))
            .test_before_acquire(self.asks_first)
    }

    async fn connect_plain(&self, incarnation: &Known) -> Result<Pool, sqlx::Error> {
        let read = Arc::clone(incarnation);
        let connections = self
            .pool_options()
            .after_connect(move |connection, _| {
                let read = Arc::clone(&read);
                Box::pin(async move { learn_incarnation(connection, &read).await })
            })
            .connect_with(self.options.clone())
            .await?;
        Ok(Pool {
            connections,
            is_pooled: false,
            listen: Some(self.listen.clone().unwrap_or_else(|| self.options.clone())),
            incarnation: Arc::clone(incarnation),
        })
    }

    /// Nothing of a session outlives a transaction here: no statement is kept, and no setting is
    /// asked for that a pooler does not know.
    async fn connect_pooled(&self, incarnation: &Known) -> Result<Pool, sqlx::Error> {
        let options = self.options.clone().statement_cache_capacity(0);
        let options = options.extra_float_digits(None);
        let pool = Pool {
            connections: self.pool_options().connect_lazy_with(options),
            is_pooled: true,
            listen: self.listen.clone(),
            incarnation: Arc::clone(incarnation),
        };
        pool.begin().await?.commit().await?;
        Ok(pool)
    }
}

/// The incarnation as the newest connection, or transaction, found it.
type Known = Arc<RwLock<Incarnation>>;

/// Connections to the database. Everything is asked in a transaction: behind a pooler, two
/// statements without one may go to two connections.
#[derive(Debug, Clone)]
pub struct Pool {
    connections: PgPool,
    is_pooled: bool,
    listen: Option<PgConnectOptions>,
    incarnation: Known,
}

impl Pool {
    /// Begins a transaction that sees what belongs to no organization.
    pub async fn begin(&self) -> Result<Tx, sqlx::Error> {
        self.begin_by("BEGIN", None).await
    }

    /// Everything that a transaction begins with goes to PostgreSQL at once. The connection behind a
    /// pooler may be new, of a database with another life, and may have statements of other clients:
    /// the first is read, the second are thrown away.
    async fn begin_by(
        &self,
        begin: &str,
        organization_id: Option<OrganizationId>,
    ) -> Result<Tx, sqlx::Error> {
        let mut sql = begin.to_owned();
        if self.is_pooled {
            sql.push_str("; DEALLOCATE ALL");
        }
        if let Some(id) = organization_id {
            // Hexadecimal digits and dashes.
            sql.push_str(&format!("; SET LOCAL app.organization = '{id}'"));
        }
        let mut tx = self.connections.begin_with(AssertSqlSafe(sql)).await?;
        if self.is_pooled {
            learn_incarnation(&mut tx, &self.incarnation).await?;
        }
        Ok(tx)
    }

    /// Where notifications are heard; none where nothing but a pooler is known.
    #[must_use]
    pub fn listen_options(&self) -> Option<&PgConnectOptions> {
        self.listen.as_ref()
    }

    /// How many connections are open.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.connections.size()
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.connections.close().await;
    }
}

/// The pool, and which life of the database it reaches.
#[derive(Debug, Clone)]
pub struct Database {
    pub pool: Pool,
}

impl Database {
    /// System identifier, timeline and counter of restores, as the newest connection found them.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.pool
            .incarnation
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn learn_incarnation(
    connection: &mut PgConnection,
    known: &RwLock<Incarnation>,
) -> Result<(), sqlx::Error> {
    let now = read_incarnation(connection).await?;
    let is_known = *known.read().unwrap_or_else(PoisonError::into_inner) == now;
    if !is_known {
        *known.write().unwrap_or_else(PoisonError::into_inner) = now;
    }
    Ok(())
}

async fn read_incarnation(connection: &mut PgConnection) -> Result<Incarnation, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT concat_ws('-', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
             (SELECT counter FROM incarnation)) AS "incarnation!"
           FROM pg_control_system()"#
    )
    .fetch_one(connection)
    .await
}

/// Begins a transaction of one organization.
pub async fn begin(pool: &Pool, organization_id: OrganizationId) -> Result<Tx, sqlx::Error> {
    pool.begin_by("BEGIN", Some(organization_id)).await
}

/// Begins a read-only transaction of one organization that sees one moment throughout.
pub async fn begin_snapshot(
    pool: &Pool,
    organization_id: OrganizationId,
) -> Result<Tx, sqlx::Error> {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ";
    pool.begin_by(begin, Some(organization_id)).await
}

/// Whether the same transaction may succeed when it is run again: serialization failure, deadlock.
#[must_use]
pub fn is_retryable(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01"))
}

/// Whether the statement itself is at fault, so that trying it again can never help: a value out of
/// range or without a place in its type (class 22), a constraint (class 23).
#[must_use]
pub fn is_about_values(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Encode(_) => true,
        other => other
            .as_database_error()
            .and_then(|error| error.code())
            .is_some_and(|code| code.starts_with("22") || code.starts_with("23")),
    }
}
