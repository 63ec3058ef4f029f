//! Rows that are sealed under the till's sealing key.

use sqlx::SqliteConnection;

use crate::error::Error;

/// The bytes of a sealed row.
pub(crate) async fn load(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Option<Vec<u8>>, Error> {
    Ok(
        sqlx::query_scalar!("SELECT bytes FROM sealed WHERE name = ?1", name)
            .fetch_optional(connection)
            .await?,
    )
}

/// Writes a sealed row.
pub(crate) async fn save(
    connection: &mut SqliteConnection,
    name: &str,
    bytes: &[u8],
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO sealed (name, bytes) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes",
        name,
        bytes
    )
    .execute(connection)
    .await?;
    Ok(())
}
