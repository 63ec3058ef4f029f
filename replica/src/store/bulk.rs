//! Indexes of a file that is being filled, and the list of words that products are found by: put
//! aside while rows stream in, made from the sorted whole before anybody works with it. What was
//! put aside is noted in the file itself.

use sqlx::SqliteConnection;

use crate::error::Error;

/// Puts every index aside that no constraint needs.
pub(crate) async fn defer_indexes(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query("CREATE TABLE IF NOT EXISTS deferred_index (name TEXT, sql TEXT)")
        .execute(&mut *connection)
        .await?;
    let names: Vec<String> = sqlx::query_scalar(
        "INSERT INTO deferred_index SELECT name, sql FROM sqlite_schema
         WHERE type = 'index' AND sql IS NOT NULL RETURNING name",
    )
    .fetch_all(&mut *connection)
    .await?;
    for name in names {
        // A name cannot be a parameter; these are the schema's own.
        let sql = format!("DROP INDEX \"{name}\"");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Whether something is put aside.
pub(crate) async fn are_deferred(connection: &mut SqliteConnection) -> Result<bool, Error> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'deferred_index')",
    )
    .fetch_one(connection)
    .await?)
}

/// Makes what was put aside.
pub(crate) async fn restore_indexes(connection: &mut SqliteConnection) -> Result<(), Error> {
    if !are_deferred(connection).await? {
        return Ok(());
    }
    let texts: Vec<String> = sqlx::query_scalar("SELECT sql FROM deferred_index")
        .fetch_all(&mut *connection)
        .await?;
    for sql in texts {
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut *connection)
            .await?;
    }
    for sql in [
        "DROP TABLE deferred_index",
        // The search index knows its words, each once and sorted.
        "CREATE VIRTUAL TABLE temp.product_term USING fts5vocab (main, product_fts, row)",
        "INSERT INTO product_word SELECT term FROM temp.product_term WHERE true
         ON CONFLICT DO NOTHING",
        "DROP TABLE temp.product_term",
    ] {
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    Ok(())
}
