//! Gives a till a scope's snapshot, one chunk at a time: the newest that is near enough to the
//! head, or a new one. A till that comes back goes on with the one that it began.

mod take;

use std::io::Write as _;

use domain::{contract::sync_v1::SnapshotQuery, id::OrganizationId, replication::table::Scope};
use flate2::{Compression, write::GzEncoder};
use uuid::Uuid;

use crate::{
    database::{Tx, begin},
    state::AppState,
    store,
};

/// How far a feed may have gone on before its snapshot is taken anew.
const ROWS_BEHIND_MAX: u64 = 5_000;

/// Why there is no chunk.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("there is no such snapshot or chunk")]
    Unknown,
    #[error(transparent)]
    Random(#[from] crate::clock::RandomError),
    #[error("a chunk cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("a chunk cannot be compressed: {0}")]
    Compress(#[from] std::io::Error),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// A chunk of a snapshot, compressed (gzip); chunk 0 is the header.
pub async fn read_snapshot(
    state: &AppState,
    organization_id: OrganizationId,
    scope: &Scope,
    query: &SnapshotQuery,
) -> Result<Vec<u8>, SnapshotError> {
    let snapshot_id = match &query.snapshot {
        Some(id) => id.parse::<Uuid>().map_err(|_| SnapshotError::Unknown)?,
        None => newest(state, organization_id, scope).await?,
    };
    let mut tx = begin(&state.pool, organization_id).await?;
    let name = scope.to_string();
    let chunk = if query.chunk == 0 {
        store::snapshot::note_download(&mut tx, organization_id, snapshot_id).await?;
        let header = store::snapshot::header(&mut tx, organization_id, snapshot_id, &name).await?;
        match header {
            Some(header) => Some(compress(header.as_bytes())?),
            None => None,
        }
    } else {
        store::snapshot::chunk(&mut tx, organization_id, snapshot_id, &name, query.chunk).await?
    };
    tx.commit().await?;
    chunk.ok_or(SnapshotError::Unknown)
}

/// Takes a snapshot of a scope unless the newest is near enough.
pub async fn ensure_snapshot(
    state: &AppState,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<(), SnapshotError> {
    newest(state, organization_id, scope).await.map(|_| ())
}

async fn newest(
    state: &AppState,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<Uuid, SnapshotError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let found = near_enough(state, &mut tx, organization_id, scope).await?;
    tx.commit().await?;
    match found {
        Some(id) => Ok(id),
        None => take::take_snapshot(state, organization_id, scope).await,
    }
}

/// The newest snapshot, unless the feed has gone on too far since.
async fn near_enough(
    state: &AppState,
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<Option<Uuid>, sqlx::Error> {
    let head = store::feed::head(tx, organization_id, scope).await?;
    let newest = store::snapshot::newest(tx, organization_id, &scope.to_string()).await?;
    let near = newest.filter(|newest| {
        newest.incarnation == state.incarnation()
            && newest.seq <= head.seq
            && head.seq - newest.seq <= ROWS_BEHIND_MAX
    });
    Ok(near.map(|newest| newest.snapshot_id))
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>, std::io::Error> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}
