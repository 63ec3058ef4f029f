//! What the machine itself can do: SQLite and PostgreSQL writing plain rows, durably.

use std::{
    path::Path,
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::Result;
use sqlx::{
    ConnectOptions, Connection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

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

/// Rows a second of multi-row inserts, 500 rows a statement, durable.
pub(super) async fn postgres_rows_per_second(url: &str, rows: u64) -> Result<f64> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    sqlx::query("CREATE TABLE raw_rows (a bigint, b uuid, c text, d bigint)")
        .execute(&mut connection)
        .await?;
    let started = Instant::now();
    for _ in 0..rows.div_ceil(500) {
        sqlx::query(
            "INSERT INTO raw_rows SELECT n, '0190f0e0-0000-7000-8000-000000000001', \
             'a line of text such as a product''s name', n FROM generate_series(1, 500) n",
        )
        .execute(&mut connection)
        .await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    sqlx::query("DROP TABLE raw_rows")
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok((rows.div_ceil(500) * 500) as f64 / seconds)
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
