//! The database of a simulation: made once and emptied for every seed, because making one takes
//! longer than a small seed does. Its backup is a copy of every row, beside them in a schema of its
//! own. Nothing of a seed outlives it: every table has new, empty files afterwards.

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use sync_server::{
    database::{Database, DatabaseConfig},
    embedded::{TemporaryCluster, TestDatabase},
};

/// Statements that a connection keeps parsed: more than the server has.
const STATEMENTS_MAX: usize = 1_000;

/// The server's database.
#[derive(Debug)]
pub(super) struct Books {
    database: TestDatabase,
    /// The server's connections.
    connected: Database,
    /// The database as its owner sees it.
    owner: PgConnection,
    /// Those that others refer to come first.
    tables: Vec<String>,
    /// Tables that the migrations put rows into.
    prefilled: Vec<String>,
    /// The connections know another life of the database than its first.
    is_restored: bool,
}

async fn connect(database: &TestDatabase) -> Result<Database> {
    // Planning every statement anew takes most of PostgreSQL's time on so few rows.
    let options = database.app.clone();
    let options = options.options([("plan_cache_mode", "force_generic_plan")]);
    let options = options.statement_cache_capacity(STATEMENTS_MAX);
    let mut config = DatabaseConfig::new(options);
    config.connections_max = 2;
    config.asks_first = false;
    Ok(config.connect().await?)
}

impl Books {
    /// A database in the cluster, with room for its backup.
    pub(super) async fn open(cluster: &TemporaryCluster) -> Result<Books> {
        let database = cluster.database().await?;
        let mut owner = PgConnection::connect_with(&database.owner)
            .await
            .context("cannot open the server's database")?;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT relname::text FROM pg_class
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
               AND relname <> '_sqlx_migrations'
             ORDER BY oid NOT IN (SELECT confrelid FROM pg_constraint WHERE contype = 'f'),
               relname",
        )
        .fetch_all(&mut owner)
        .await?;
        let mut sql = "CREATE SCHEMA kept; CREATE SCHEMA fresh;".to_owned();
        let mut prefilled = Vec::new();
        for table in &tables {
            sql += &format!("CREATE UNLOGGED TABLE kept.{table} (LIKE public.{table});");
            let any = format!("SELECT EXISTS (SELECT FROM public.{table})");
            if sqlx::query_scalar(AssertSqlSafe(any))
                .fetch_one(&mut owner)
                .await?
            {
                sql += &format!("CREATE TABLE fresh.{table} AS TABLE public.{table};");
                prefilled.push(table.clone());
            }
        }
        owner.execute(AssertSqlSafe(sql)).await?;
        let connected = connect(&database).await?;
        Ok(Books {
            database,
            connected,
            owner,
            tables,
            prefilled,
            is_restored: false,
        })
    }

    /// The server's connections.
    pub(super) fn connected(&self) -> Database {
        self.connected.clone()
    }

    /// The database as its owner sees it.
    pub(super) fn owner(&mut self) -> &mut PgConnection {
        &mut self.owner
    }

    /// Every table as the migrations left it; the first life of the database begins.
    pub(super) async fn empty(&mut self) -> Result<()> {
        let mut sql = format!("TRUNCATE {};", self.tables.join(", "));
        for table in &self.prefilled {
            sql += &format!("INSERT INTO public.{table} SELECT * FROM fresh.{table};");
        }
        self.run(sql).await?;
        if std::mem::take(&mut self.is_restored) {
            self.reconnect().await?;
        }
        Ok(())
    }

    /// Keeps a copy of every row.
    pub(super) async fn back_up(&mut self) -> Result<()> {
        let kept: Vec<_> = self
            .tables
            .iter()
            .map(|one| format!("kept.{one}"))
            .collect();
        let mut sql = format!("TRUNCATE {};", kept.join(", "));
        for table in &self.tables {
            sql += &format!("INSERT INTO kept.{table} SELECT * FROM public.{table};");
        }
        self.run(sql).await
    }

    /// Sets every table back to the copy, as `restore` does: another life of the database begins.
    pub(super) async fn restore(&mut self) -> Result<()> {
        let mut sql = format!("TRUNCATE {};", self.tables.join(", "));
        for table in &self.tables {
            sql += &format!("INSERT INTO public.{table} SELECT * FROM kept.{table};");
        }
        sql += "UPDATE incarnation SET counter = counter + 1;";
        self.run(sql).await?;
        self.is_restored = true;
        self.reconnect().await
    }

    async fn run(&mut self, sql: String) -> Result<()> {
        self.owner.execute(AssertSqlSafe(sql)).await?;
        Ok(())
    }

    /// A server reads which life of the database it is on each new connection.
    async fn reconnect(&mut self) -> Result<()> {
        self.connected.pool.close().await;
        self.connected = connect(&self.database).await?;
        Ok(())
    }
}
