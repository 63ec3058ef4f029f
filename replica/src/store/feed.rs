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

/// A snapshot on its way into this file.
#[derive(Debug)]
pub(crate) struct Fill {
    pub(crate) header: SnapshotHeader,
    pub(crate) chunks_done: u32,
    pub(crate) rows_done: u64,
}

impl Fill {
    pub(crate) fn new(header: SnapshotHeader) -> Fill {
        Fill {
            header,
            chunks_done: 0,
            rows_done: 0,
        }
    }

    /// Rows of the history that are here, and all of them; none while what a till needs to sell is
    /// still on its way.
    pub(crate) fn history(&self) -> Option<(u64, u64)> {
        let now = self.header.now();
        (self.chunks_done >= now.chunks).then(|| {
            (
                self.rows_done.saturating_sub(now.rows),
                self.header.rows.saturating_sub(now.rows),
            )
        })
    }
}

/// The fill of a scope, if one is under way.
pub(crate) async fn load_fill(
    connection: &mut SqliteConnection,
    scope: &str,
) -> Result<Option<Fill>, Error> {
    let Some(row) = sqlx::query!(
        "SELECT header, chunks_done, rows_done FROM fill WHERE scope = ?1",
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
    }))
}

/// Scopes whose fill is under way, the organization's first.
pub(crate) async fn filling(connection: &mut SqliteConnection) -> Result<Vec<String>, Error> {
    Ok(
        sqlx::query_scalar!("SELECT scope FROM fill ORDER BY scope <> 'org', scope DESC")
            .fetch_all(connection)
            .await?,
    )
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
        "INSERT INTO fill (scope, header, chunks_done, rows_done) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (scope) DO UPDATE SET header = excluded.header,
             chunks_done = excluded.chunks_done, rows_done = excluded.rows_done",
        scope,
        header,
        fill.chunks_done,
        rows_done
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Everything of a snapshot is here.
pub(crate) async fn end_fill(connection: &mut SqliteConnection, scope: &str) -> Result<(), Error> {
    sqlx::query!("DELETE FROM fill WHERE scope = ?1", scope)
        .execute(connection)
        .await?;
    Ok(())
}
