//! How this crate reaches PostgreSQL: migrations, the pool, and transactions that name their
//! organization before they read or write anything, because row-level security shows nothing else.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use domain::{contract::sync_v1::Incarnation, id::OrganizationId};
use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Transaction,
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
}

impl DatabaseConfig {
    /// A server's pool.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            options: options.application_name("techstore-server"),
            connections_max: 24,
        }
    }

    /// The pool; connects at once so that a wrong address is known at the start.
    pub async fn connect(&self) -> Result<Database, sqlx::Error> {
        let incarnation = Arc::new(RwLock::new(String::new()));
        let read = Arc::clone(&incarnation);
        let pool = PgPoolOptions::new()
            .max_connections(self.connections_max)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(move |connection, _| {
                let read = Arc::clone(&read);
                Box::pin(async move {
                    let now = read_incarnation(connection).await?;
                    *read.write().unwrap_or_else(PoisonError::into_inner) = now;
                    Ok(())
                })
            })
            .connect_with(self.options.clone())
            .await?;
        Ok(Database { pool, incarnation })
    }
}

/// The pool, and which life of the database it reaches.
#[derive(Debug, Clone)]
pub struct Database {
    pub pool: PgPool,
    incarnation: Arc<RwLock<String>>,
}

impl Database {
    /// System identifier, timeline and counter of restores, as the newest connection found them.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
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
pub async fn begin(pool: &PgPool, organization_id: OrganizationId) -> Result<Tx, sqlx::Error> {
    let mut tx = pool.begin().await?;
    enter(&mut tx, organization_id).await?;
    Ok(tx)
}

/// Begins a read-only transaction of one organization that sees one moment throughout.
pub async fn begin_snapshot(
    pool: &PgPool,
    organization_id: OrganizationId,
) -> Result<Tx, sqlx::Error> {
    let mut tx = pool
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ")
        .await?;
    enter(&mut tx, organization_id).await?;
    Ok(tx)
}

async fn enter(tx: &mut Tx, organization_id: OrganizationId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT set_config('app.organization', $1, true)",
        organization_id.to_string()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
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
