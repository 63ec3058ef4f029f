//! How far each feed has been read, and a first fill under way.

use domain::{
    contract::sync_v1::SnapshotHeader,
    replication::chain::{Digest, feed_genesis},
};
use sqlx::SqliteConnection;

use super::{count, int};
use crate::error::Error;

/// A feed's cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) scope: String,
    pub(crate) seq: u64,
    pub(crate) digest: Digest,
    pub(crate) head: u64,
    pub(crate) synced_ms: Option<i64>,
}

/// Starts a feed at its beginning.
pub(crate) async fn start(connection: &mut SqliteConnection, scope: &str) -> Result<(), Error> {
    let genesis = feed_genesis(scope).0;
    let digest = genesis.as_slice();
    sqlx::query!(
        "INSERT INTO feed (scope, seq, digest, head) VALUES (?1, 0, ?2, 0) ON CONFLICT DO NOTHING",
        scope,
        digest
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// All cursors, the organization's first.
pub(crate) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Cursor>, Error> {
    let rows = sqlx::query!(
        "SELECT scope, seq, digest, head, synced_ms FROM feed ORDER BY scope <> 'org', scope DESC"
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Cursor {
                scope: row.scope,
                seq: count(row.seq)?,
                digest: digest(&row.digest)?,
                head: count(row.head)?,
                synced_ms: row.synced_ms,
            })
        })
        .collect()
}

/// One cursor.
pub(crate) async fn one(
    connection: &mut SqliteConnection,
    scope: &str,
) -> Result<Option<Cursor>, Error> {
    Ok(all(connection)
        .await?
        .into_iter()
        .find(|cursor| cursor.scope == scope))
}

/// Moves a cursor after its page was stored.
pub(crate) async fn advance(
    connection: &mut SqliteConnection,
    cursor: &Cursor,
) -> Result<(), Error> {
    let (seq, head) = (int(cursor.seq), int(cursor.head));
    let digest = cursor.digest.0.as_slice();
    sqlx::query!(
        "UPDATE feed SET seq = ?2, digest = ?3, head = ?4, synced_ms = coalesce(?5, synced_ms)
         WHERE scope = ?1",
        cursor.scope,
        seq,
        digest,
        head,
        cursor.synced_ms
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn digest(bytes: &[u8]) -> Result<Digest, Error> {
    Digest::try_from(bytes).map_err(|_| Error::Unreadable("a feed's digest"))
}

/// A fill under way.
#[derive(Debug)]
pub(crate) struct Fill {
    pub(crate) header: SnapshotHeader,
    pub(crate) chunks_done: u32,
    pub(crate) rows_done: u64,
    /// Chunks are staged and take the place of what is here when all have come.
    pub(crate) is_refill: bool,
}

/// The fill of a scope, if one is under way.
pub(crate) async fn load_fill(
    connection: &mut SqliteConnection,
    scope: &str,
) -> Result<Option<Fill>, Error> {
    let Some(row) = sqlx::query!(
        r#"SELECT header, chunks_done, rows_done, is_refill AS "is_refill: bool" FROM fill
         WHERE scope = ?1"#,
        scope
    )
    .fetch_optional(connection)
    .await?
    else {
        return Ok(None);
    };
    Ok(Some(Fill {
        header: serde_json::from_str(&row.header)?,
        chunks_done: count(row.chunks_done)?,
        rows_done: count(row.rows_done)?,
        is_refill: row.is_refill,
    }))
}

/// Notes how far a fill is.
pub(crate) async fn save_fill(
    connection: &mut SqliteConnection,
    scope: &str,
    fill: &Fill,
) -> Result<(), Error> {
    let header = serde_json::to_string(&fill.header)?;
    let rows_done = int(fill.rows_done);
    sqlx::query!(
        "INSERT INTO fill (scope, header, chunks_done, rows_done, is_refill)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (scope) DO UPDATE SET header = excluded.header,
             chunks_done = excluded.chunks_done, rows_done = excluded.rows_done,
             is_refill = excluded.is_refill",
        scope,
        header,
        fill.chunks_done,
        rows_done,
        fill.is_refill
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets a fill with its staged chunks: done, or to be begun anew.
pub(crate) async fn end_fill(connection: &mut SqliteConnection, scope: &str) -> Result<(), Error> {
    sqlx::query!("DELETE FROM fill WHERE scope = ?1", scope)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("DELETE FROM fill_chunk WHERE scope = ?1", scope)
        .execute(connection)
        .await?;
    Ok(())
}

/// Stages a chunk of a refill.
pub(crate) async fn stage_chunk(
    connection: &mut SqliteConnection,
    scope: &str,
    chunk: u32,
    bytes: &[u8],
) -> Result<(), Error> {
    sqlx::query!(
        "INSERT INTO fill_chunk (scope, chunk, bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT (scope, chunk) DO UPDATE SET bytes = excluded.bytes",
        scope,
        chunk,
        bytes
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A staged chunk.
pub(crate) async fn staged_chunk(
    connection: &mut SqliteConnection,
    scope: &str,
    chunk: u32,
) -> Result<Vec<u8>, Error> {
    Ok(sqlx::query_scalar!(
        "SELECT bytes FROM fill_chunk WHERE scope = ?1 AND chunk = ?2",
        scope,
        chunk
    )
    .fetch_one(connection)
    .await?)
}
