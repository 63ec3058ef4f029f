//! Writes a scope down as it stands at one head: everything is read in one REPEATABLE READ
//! transaction, so rows, operations, head and chains belong together.

use domain::{
    contract::sync_v1::{FeedOp, FeedType, SnapshotChunk, SnapshotHeader},
    id::{OrganizationId, StoreId},
    replication::{Rows, table::Scope},
};
use uuid::Uuid;

use super::{SnapshotError, compress};
use crate::{
    clock,
    database::{Tx, begin, begin_snapshot},
    state::AppState,
    store,
};

/// Rows of one chunk.
const CHUNK_ROWS: usize = 2_000;
/// Operations of one chunk, in rows of the feed and in bytes.
const CHUNK_OPS: u32 = 1_000;
const CHUNK_OPS_BYTES: i64 = 4 * 1024 * 1024;

/// Takes a snapshot and stores it whole; returns its id.
pub(super) async fn take_snapshot(
    state: &AppState,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<Uuid, SnapshotError> {
    let snapshot_id: Uuid = clock::new_id()?;
    let mut read = begin_snapshot(&state.pool, organization_id).await?;
    let mut write = begin(&state.pool, organization_id).await?;
    let head = store::feed::head(&mut read, organization_id, scope).await?;
    let mut chunks = 0;
    let mut count = 0;
    let rows = rows_of(&mut read, organization_id, scope).await?;
    for part in split(rows) {
        chunks += 1;
        count += part.len();
        let chunk = SnapshotChunk {
            snapshot: snapshot_id.to_string(),
            chunk: chunks,
            rows: part,
            ops: Vec::new(),
        };
        insert(&mut write, organization_id, snapshot_id, &chunk).await?;
    }
    if matches!(scope, Scope::Store(_)) {
        let mut after = 0;
        while after < head.seq {
            let page = store::feed::rows(
                &mut read,
                organization_id,
                scope,
                after,
                head.seq,
                CHUNK_OPS,
                CHUNK_OPS_BYTES,
            )
            .await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            let mut ops = Vec::with_capacity(page.len());
            for row in page
                .iter()
                .filter(|row| row.row_type == FeedType::Op.name())
            {
                let mut op: FeedOp = serde_json::from_slice(&row.bytes)?;
                // The rows as they stood then; those that count are in the other chunks.
                op.rows = Rows::default();
                ops.push(op);
            }
            chunks += 1;
            count += ops.len();
            let chunk = SnapshotChunk {
                snapshot: snapshot_id.to_string(),
                chunk: chunks,
                rows: Rows::default(),
                ops,
            };
            insert(&mut write, organization_id, snapshot_id, &chunk).await?;
        }
    }
    let devices = store::snapshot::devices(&mut read, organization_id, scope).await?;
    read.commit().await?;
    let header = SnapshotHeader {
        snapshot: snapshot_id.to_string(),
        scope: *scope,
        incarnation: state.incarnation(),
        seq: head.seq,
        digest: head.digest,
        chunks,
        rows: u64::try_from(count).unwrap_or(u64::MAX),
        devices,
    };
    store::snapshot::insert(&mut write, organization_id, snapshot_id, &header).await?;
    write.commit().await?;
    Ok(snapshot_id)
}

async fn insert(
    tx: &mut Tx,
    organization_id: OrganizationId,
    snapshot_id: Uuid,
    chunk: &SnapshotChunk,
) -> Result<(), SnapshotError> {
    let bytes = compress(&serde_json::to_vec(chunk)?)?;
    store::snapshot::insert_chunk(tx, organization_id, snapshot_id, chunk.chunk, &bytes).await?;
    Ok(())
}

/// The folded rows of a scope, all of them.
async fn rows_of(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<Rows, sqlx::Error> {
    match scope {
        Scope::Org => org_rows(tx, organization_id).await,
        Scope::Store(store_id) => store_rows(tx, organization_id, *store_id).await,
        Scope::Device(_) => Ok(Rows::default()),
    }
}

async fn org_rows(tx: &mut Tx, organization_id: OrganizationId) -> Result<Rows, sqlx::Error> {
    let organization = store::organization::get(tx, organization_id).await?;
    Ok(Rows {
        organization: organization.into_iter().collect(),
        store: store::organization::stores(tx, organization_id).await?,
        till: store::device::tills(tx, organization_id).await?,
        staff: store::staff::all(tx, organization_id).await?,
        tax_class: store::catalogue::tax_classes(tx, organization_id).await?,
        category: store::catalogue::categories(tx, organization_id).await?,
        product: store::catalogue::products(tx, organization_id).await?,
        customer: store::customer::all(tx, organization_id).await?,
        stock_elsewhere: store::stock::all_elsewhere(tx, organization_id).await?,
        ..Rows::default()
    })
}

async fn store_rows(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: StoreId,
) -> Result<Rows, sqlx::Error> {
    Ok(Rows {
        stock_level: store::stock::all_levels(tx, organization_id, store_id).await?,
        repair: store::repair::all(tx, organization_id, store_id).await?,
        ..Rows::default()
    })
}

/// Cuts rows into chunks, table after table in the order in which they were read.
fn split(rows: Rows) -> Vec<Rows> {
    let mut parts = Vec::new();
    macro_rules! cut {
        ($($table:ident),+) => {$(
            let mut rest = rows.$table.into_iter().peekable();
            while rest.peek().is_some() {
                let part = rest.by_ref().take(CHUNK_ROWS).collect();
                parts.push(Rows { $table: part, ..Rows::default() });
            }
        )+};
    }
    cut!(
        organization,
        store,
        till,
        staff,
        tax_class,
        category,
        product,
        customer,
        stock_elsewhere,
        stock_level,
        repair
    );
    parts
}
