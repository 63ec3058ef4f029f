//! Throw-away clusters for tests: one per process, a database per test copied from a migrated
//! template, nothing waiting for the disk. The cluster ends with the process, however it ends.

use std::{
    path::Path,
    process::Child,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};

use super::{
    APP_ROLE, OWNER_ROLE,
    postgres::{self, Postgres, Running},
};
use crate::{
    clock::random_bytes,
    database::{MigrateError, migrate},
};

const TEMPLATE: &str = "techstore_template";

/// Why there is no test database.
#[derive(Debug, thiserror::Error)]
pub enum TemporaryError {
    #[error(transparent)]
    Postgres(#[from] postgres::PostgresError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    #[error(transparent)]
    Random(#[from] crate::clock::RandomError),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}

/// A cluster in the system's folder for temporary files.
#[derive(Debug)]
pub struct TemporaryCluster {
    running: Running,
    password: String,
    databases: AtomicU32,
    _stopper: Child,
}

/// One test's database.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    /// As the server connects.
    pub app: PgConnectOptions,
    /// As migrations connect.
    pub owner: PgConnectOptions,
    /// The same as addresses for other programs.
    pub app_url: String,
    pub owner_url: String,
}

impl TemporaryCluster {
    /// Makes and starts a cluster with a migrated template.
    pub async fn start() -> Result<Self, TemporaryError> {
        Self::start_in(Path::new("/tmp")).await
    }

    /// Makes and starts a cluster in a folder of its own in this one, which everybody may pass.
    pub async fn start_in(base: &Path) -> Result<Self, TemporaryError> {
        let random = u64::from_be_bytes(random_bytes()?);
        let folder = base.join(format!("techstore-test-{random:016x}"));
        let password = format!("{:016x}", u64::from_be_bytes(random_bytes()?));
        let cluster = Postgres::find(&folder.join("cluster"))?;
        cluster.init_if_missing(&password)?;
        let running = cluster.start(&postgres::TEMPORARY_SETTINGS)?;
        let stopper = cluster.stop_with_this_process(&running, &folder)?;
        let superuser = running.options(postgres::SUPERUSER);
        postgres::make_roles(&superuser, &password).await?;
        postgres::make_database(&superuser, TEMPLATE).await?;
        migrate(&running.options(OWNER_ROLE).database(TEMPLATE)).await?;
        Ok(Self {
            running,
            password,
            databases: AtomicU32::new(0),
            _stopper: stopper,
        })
    }

    /// A fresh database with every migration applied.
    pub async fn database(&self) -> Result<TestDatabase, TemporaryError> {
        self.database_like(TEMPLATE).await
    }

    /// A copy of a database that nobody is connected to.
    pub async fn copy(&self, of: &TestDatabase) -> Result<TestDatabase, TemporaryError> {
        self.database_like(of.owner.get_database().unwrap_or(TEMPLATE))
            .await
    }

    /// Throws a database away.
    pub async fn remove(&self, database: &TestDatabase) -> Result<(), TemporaryError> {
        let name = database.owner.get_database().unwrap_or_default();
        self.as_superuser(format!("DROP DATABASE {name} WITH (FORCE)"))
            .await
    }

    async fn as_superuser(&self, statement: String) -> Result<(), TemporaryError> {
        let superuser = self
            .running
            .options(postgres::SUPERUSER)
            .database("postgres");
        let mut connection = PgConnection::connect_with(&superuser).await?;
        connection.execute(AssertSqlSafe(statement)).await?;
        connection.close().await?;
        Ok(())
    }

    async fn database_like(&self, template: &str) -> Result<TestDatabase, TemporaryError> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let statement = format!(
            "CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER_ROLE} STRATEGY file_copy"
        );
        self.as_superuser(statement).await?;
        let options = |role: &str| self.running.options(role).database(&name);
        let (password, port) = (&self.password, self.running.port);
        let url = |role: &str| format!("postgres://{role}:{password}@127.0.0.1:{port}/{name}");
        Ok(TestDatabase {
            app: options(APP_ROLE),
            owner: options(OWNER_ROLE),
            app_url: url(APP_ROLE),
            owner_url: url(OWNER_ROLE),
        })
    }
}
