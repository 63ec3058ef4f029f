//! What the machine itself can do: SQLite and PostgreSQL writing plain rows, durably.

use std::{
    path::Path,
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::Result;
use domain::id::ProductId;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

/// Durations of transactions of twelve rows each, durable, in a file of their own.
pub(super) async fn sqlite_transactions(folder: &Path, count: usize) -> Result<Vec<Duration>> {
    let mut connection = SqliteConnectOptions::new()
        .filename(folder.join("raw.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS raw (a INTEGER, b BLOB, c TEXT, d INTEGER)")
        .execute(&mut connection)
        .await?;
    let mut samples = Vec::with_capacity(count);
    for n in 0..count {
        let started = Instant::now();
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for row in 0..12_i64 {
            sqlx::query("INSERT INTO raw VALUES (?, ?, ?, ?)")
                .bind(n as i64)
                .bind([7_u8; 16].as_slice())
                .bind("a line of text such as a product's name")
                .bind(row)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        samples.push(started.elapsed());
    }
    connection.close().await?;
    samples.sort();
    Ok(samples)
}

/// Tables that hold what a sale is, one row and more each.
const FACTS: [&str; 7] = [
    "operation",
    "feed",
    "document",
    "document_line",
    "document_tax",
    "payment",
    "stock_movement",
];

/// Rows in the tables of facts.
pub(super) async fn fact_rows(url: &str) -> Result<u64> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    let mut rows = 0;
    for table in FACTS {
        let sql = format!("SELECT count(*) FROM {table}");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await?;
        rows += u64::try_from(count)?;
    }
    connection.close().await?;
    Ok(rows)
}

/// All products' ids.
pub(super) async fn product_ids(url: &str) -> Result<Vec<ProductId>> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    let ids: Vec<Uuid> =
        sqlx::query_scalar("SELECT product_id FROM product ORDER BY sku LIMIT 200")
            .fetch_all(&mut connection)
            .await?;
    connection.close().await?;
    Ok(ids.into_iter().map(ProductId).collect())
}

/// Rows a second of durable multi-row inserts: rows of the tables of facts, as they are, into
/// tables with the same columns and indexes, a transaction for each statement's worth of rows of
/// all of them.
pub(super) async fn same_rows_per_second(url: &str, rows: u64, per_statement: u64) -> Result<f64> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    let all = fact_rows(url).await?.max(1);
    let mut batches: Vec<Vec<(String, Vec<String>)>> = Vec::new();
    let statements = usize::try_from(rows.div_ceil(per_statement))?;
    for table in FACTS {
        let sql = format!("CREATE TABLE raw_{table} (LIKE {table} INCLUDING ALL)");
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await?;
        let sql = format!(
            "SELECT row::text FROM {table} AS row \
             LIMIT (SELECT count(*) FROM {table}) * $1 / $2 + 1"
        );
        let texts: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(i64::try_from(rows.min(all))?)
            .bind(i64::try_from(all)?)
            .fetch_all(&mut connection)
            .await?;
        // Each batch takes its share of every table, as a push does.
        let share = texts.len().div_ceil(statements.max(1)).max(1);
        let sql = format!("INSERT INTO raw_{table} SELECT * FROM unnest($1::text[]::{table}[])");
        for (at, chunk) in texts.chunks(share).enumerate() {
            if batches.len() <= at {
                batches.push(Vec::new());
            }
            batches[at].push((sql.clone(), chunk.to_vec()));
        }
    }
    let started = Instant::now();
    let mut done = 0;
    for batch in batches {
        let mut transaction = connection.begin().await?;
        for (sql, texts) in batch {
            done += texts.len();
            sqlx::query(AssertSqlSafe(sql))
                .bind(texts)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    for table in FACTS {
        let sql = format!("DROP TABLE raw_{table}");
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await?;
    }
    connection.close().await?;
    Ok(done as f64 / seconds)
}

/// Rows a second that SQLite takes in one transaction, one prepared statement a row.
pub(super) async fn sqlite_rows_per_second(folder: &Path, rows: usize) -> Result<f64> {
    let mut connection = SqliteConnectOptions::new()
        .filename(folder.join("raw-fill.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await?;
    sqlx::query("CREATE TABLE raw (a INTEGER, b BLOB, c TEXT, d INTEGER)")
        .execute(&mut connection)
        .await?;
    let started = Instant::now();
    let mut transaction = connection.begin().await?;
    sqlx::query(
        "WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ?) \
         INSERT INTO raw SELECT n, randomblob(16), 'a line of text such as a name', n FROM counter",
    )
    .bind(rows as i64)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    let seconds = started.elapsed().as_secs_f64();
    connection.close().await?;
    Ok(rows as f64 / seconds)
}
