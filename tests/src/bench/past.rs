//! A till that has sold for years: copies of one of its sales, under ids, numbers and times of
//! their own, put into its file while it is closed. They are another till's, so that nothing of its
//! own chain changes.

use std::path::Path;

use anyhow::{Context, Result};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

/// Sales of one transaction.
const AT_ONCE: usize = 50_000;
/// The nth copy's id, older than any real one and in the order of its time.
const ID: &str = "unhex(printf('%012x70008%015x', 1500000000000 + nth * 60000, nth))";
/// Tables that hold a sale, and the column by which it is found.
const TABLES: [(&str, &str); 5] = [
    ("journal", "op_id"),
    ("document", "document_id"),
    ("document_line", "document_id"),
    ("payment", "document_id"),
    ("stock_movement", "op_id"),
];

/// Opens the file that a till's folder names.
pub(super) async fn open(data_dir: &Path) -> Result<SqliteConnection> {
    let name = std::fs::read_to_string(data_dir.join("current"))?;
    Ok(SqliteConnectOptions::new()
        .filename(data_dir.join(name.trim()))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-256000")
        .connect()
        .await?)
}

/// Puts past sales into a closed till's file.
pub(super) async fn grow(data_dir: &Path, sales: usize) -> Result<()> {
    let mut connection = open(data_dir).await?;
    let sale: Vec<u8> = sqlx::query_scalar(
        "SELECT document_id FROM document WHERE kind = 'receipt' AND pending = 0 LIMIT 1",
    )
    .fetch_optional(&mut connection)
    .await?
    .context("no sale has come back to be copied")?;
    let mut statements = Vec::new();
    for (table, key) in TABLES {
        statements.push(copies(&mut connection, table, key).await?);
    }
    let mut done = 0;
    while done < sales {
        let last = sales.min(done + AT_ONCE);
        let mut transaction = connection.begin().await?;
        for statement in &statements {
            sqlx::query(AssertSqlSafe(statement.clone()))
                .bind(i64::try_from(done)? + 1)
                .bind(i64::try_from(last)?)
                .bind(sale.as_slice())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        done = last;
    }
    connection.close().await?;
    Ok(())
}

/// The statement that copies a sale's rows of one table, `?1` to `?2` times.
async fn copies(connection: &mut SqliteConnection, table: &str, key: &str) -> Result<String> {
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?1)")
        .bind(table)
        .fetch_all(connection)
        .await?;
    let values = columns.iter().map(|column| match column.as_str() {
        "op_id" | "document_id" => ID.to_owned(),
        "number" => "number || 'P' || nth".to_owned(),
        "wall_ms" | "arrived_ms" => "1500000000000 + nth * 60000".to_owned(),
        "effective_hlc" => "(1500000000000 + nth * 60000) << 16".to_owned(),
        "device_seq" | "count" => "nth".to_owned(),
        "device_id" => "X'00000000000000000000000000000001'".to_owned(),
        "is_own" => "0".to_owned(),
        other => other.to_owned(),
    });
    let values: Vec<String> = values.collect();
    Ok(format!(
        "WITH RECURSIVE counter (nth) AS (
             SELECT ?1 UNION ALL SELECT nth + 1 FROM counter WHERE nth < ?2),
         sale AS MATERIALIZED (SELECT * FROM {table} WHERE {key} = ?3)
         INSERT INTO {table} ({}) SELECT {} FROM counter CROSS JOIN sale ORDER BY nth",
        columns.join(", "),
        values.join(", ")
    ))
}
