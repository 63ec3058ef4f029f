//! Writes a scope down as it stands at one head: everything is read in one REPEATABLE READ
//! transaction, so rows, operations, head and chains belong together.

use std::{borrow::Cow, collections::HashSet};

use domain::{
    contract::sync_v1::{Beside, FeedRows, FeedType, SnapshotHeader, SnapshotPart},
    hlc::Hlc,
    id::{OrganizationId, StoreId},
    repair::RepairState,
    replication::{Envelope, Rows, chain::Digest, table::Scope},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{SnapshotError, compress, near_enough};
use crate::{
    clock,
    database::{Tx, begin, begin_snapshot},
    op::adopt_certificate::sign_certificate,
    state::AppState,
    store,
};

/// Rows of one chunk.
const CHUNK_ROWS: usize = 2_000;
/// Operations of one chunk, in rows of the feed and in bytes.
const CHUNK_OPS: u32 = 1_000;
const CHUNK_OPEN: usize = 1_000;
const CHUNK_OPS_BYTES: i64 = 4 * 1024 * 1024;

/// An operation as the feed holds it: what stands in the row is passed on, not read.
#[derive(Deserialize)]
struct StoredOp<'a> {
    #[serde(borrow)]
    envelope: &'a RawValue,
    effective_hlc: Hlc,
    branch: u32,
}

/// Which operation an envelope holds.
#[derive(Deserialize)]
struct Named {
    hash: Digest,
}

/// [`FeedOp`](domain::contract::sync_v1::FeedOp) without rows: those that count are in the other
/// chunks.
#[derive(Serialize)]
struct ChunkOp<'a> {
    envelope: Cow<'a, RawValue>,
    effective_hlc: Hlc,
    branch: u32,
    rows: Rows,
}

/// [`SnapshotChunk`](domain::contract::sync_v1::SnapshotChunk) over bytes that exist already.
#[derive(Serialize)]
struct Chunk<'a> {
    snapshot: &'a str,
    chunk: u32,
    rows: Rows,
    ops: Vec<ChunkOp<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entries: Vec<FeedRows>,
}

/// A snapshot that is being written.
struct Writing {
    tx: Tx,
    organization_id: OrganizationId,
    snapshot_id: Uuid,
    chunks: u32,
    rows: usize,
}

impl Writing {
    async fn put(
        &mut self,
        rows: Rows,
        ops: Vec<ChunkOp<'_>>,
        entries: Vec<FeedRows>,
    ) -> Result<(), SnapshotError> {
        self.chunks += 1;
        self.rows += rows.len() + ops.len() + entries.len();
        let chunk = Chunk {
            snapshot: &self.snapshot_id.to_string(),
            chunk: self.chunks,
            rows,
            ops,
            entries,
        };
        let bytes = compress(&serde_json::to_vec(&chunk)?)?;
        let (id, number) = (self.snapshot_id, self.chunks);
        store::snapshot::insert_chunk(&mut self.tx, self.organization_id, id, number, &bytes)
            .await?;
        Ok(())
    }
}

/// Takes a snapshot and stores it whole; returns its id, or that of one that somebody else took
/// meanwhile. Those that no till can be reading any more go.
pub(super) async fn take_snapshot(
    state: &AppState,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<Uuid, SnapshotError> {
    let name = scope.to_string();
    let mut tx = begin(&state.pool, organization_id).await?;
    store::snapshot::lock_scope(&mut tx, organization_id, &name).await?;
    if let Some(id) = near_enough(state, &mut tx, organization_id, scope).await? {
        return Ok(id);
    }
    store::snapshot::delete_old(&mut tx, organization_id, &name).await?;
    let mut writing = Writing {
        tx,
        organization_id,
        snapshot_id: clock::new_id()?,
        chunks: 0,
        rows: 0,
    };
    let mut read = begin_snapshot(&state.pool, organization_id).await?;
    let head = store::feed::head(&mut read, organization_id, scope).await?;
    let rows = rows_of(state, &mut read, organization_id, scope).await?;
    for part in split(rows) {
        writing.put(part, Vec::new(), Vec::new()).await?;
    }
    let open = match scope {
        Scope::Store(store_id) => put_open(&mut writing, &mut read, *store_id).await?,
        Scope::Org => {
            put_open_entries(&mut writing, &mut read).await?;
            HashSet::new()
        }
        Scope::Device(_) => HashSet::new(),
    };
    // What follows is history: a till sells without it.
    let now = SnapshotPart {
        chunks: writing.chunks,
        rows: u64::try_from(writing.rows).unwrap_or(u64::MAX),
    };
    let boundary = store::prune::boundary(&mut read, organization_id, &name).await?;
    if !matches!(scope, Scope::Device(_)) {
        put_history(&mut writing, &mut read, scope, (head.seq, boundary), &open).await?;
    }
    let devices = store::snapshot::devices(&mut read, organization_id, scope).await?;
    read.commit().await?;
    let header = SnapshotHeader {
        snapshot: writing.snapshot_id.to_string(),
        scope: *scope,
        incarnation: state.incarnation(),
        seq: head.seq,
        digest: head.digest,
        chunks: writing.chunks,
        rows: u64::try_from(writing.rows).unwrap_or(u64::MAX),
        devices,
        now: Some(now),
        boundary: Some(boundary.hlc).filter(|hlc| *hlc > Hlc::default()),
    };
    let id = writing.snapshot_id;
    store::snapshot::insert(&mut writing.tx, organization_id, id, &header).await?;
    writing.tx.commit().await?;
    Ok(id)
}

/// The operations of the feed in its order, but for those that are there already.
async fn put_history(
    writing: &mut Writing,
    read: &mut Tx,
    scope: &Scope,
    (head, boundary): (u64, store::prune::Boundary),
    open: &HashSet<Digest>,
) -> Result<(), SnapshotError> {
    let id = writing.organization_id;
    let mut after = 0;
    while after < head {
        let page =
            store::feed::rows(read, id, scope, after, head, CHUNK_OPS, CHUNK_OPS_BYTES).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        let mut ops = Vec::with_capacity(page.len());
        let mut entries = Vec::new();
        for row in &page {
            if row.row_type == FeedType::Entry.name() {
                let entry: FeedRows = serde_json::from_slice(&row.bytes)?;
                let is_gone = row.seq < boundary.seq && entry.effective_hlc < boundary.hlc;
                if !(is_gone || entry.log_events.is_empty()) {
                    let rows = Rows::default();
                    entries.push(FeedRows { rows, ..entry });
                }
            }
            if row.row_type != FeedType::Op.name() {
                continue;
            }
            let stored: StoredOp<'_> = serde_json::from_slice(&row.bytes)?;
            // What replicas let go of.
            if row.seq < boundary.seq && stored.effective_hlc < boundary.hlc {
                continue;
            }
            if !open.is_empty() {
                let named: Named = serde_json::from_str(stored.envelope.get())?;
                if open.contains(&named.hash) {
                    continue;
                }
            }
            let envelope = whole(stored.envelope, row.beside.as_deref())?;
            ops.push(ChunkOp {
                envelope,
                effective_hlc: stored.effective_hlc,
                branch: stored.branch,
                rows: Rows::default(),
            });
        }
        if !(ops.is_empty() && entries.is_empty()) {
            writing.put(Rows::default(), ops, entries).await?;
        }
    }
    Ok(())
}

/// What happened to repairs and logs that are still open, and the documents of open shifts: a till works on them from the start, and keeps it
/// beyond every boundary. Returns the hashes of the operations.
async fn put_open(
    writing: &mut Writing,
    read: &mut Tx,
    store_id: StoreId,
) -> Result<HashSet<Digest>, SnapshotError> {
    let closed: Vec<&str> = RepairState::CLOSED
        .iter()
        .map(|state| state.name())
        .collect();
    let id = writing.organization_id;
    let open = store::prune::open_operations(read, id, store_id, &closed).await?;
    for part in open.chunks(CHUNK_OPEN) {
        let mut ops = Vec::with_capacity(part.len());
        for one in part {
            let envelope = serde_json::value::to_raw_value(&one.envelope)?;
            ops.push(ChunkOp {
                envelope: Cow::Owned(envelope),
                effective_hlc: one.effective,
                branch: one.branch,
                rows: Rows::default(),
            });
        }
        writing.put(Rows::default(), ops, Vec::new()).await?;
    }
    Ok(open.iter().map(|one| one.envelope.hash).collect())
}

/// What operations state in the organization's logs that are still open.
async fn put_open_entries(writing: &mut Writing, read: &mut Tx) -> Result<(), SnapshotError> {
    let mut entries: Vec<FeedRows> = Vec::new();
    for (effective_hlc, event) in store::log::open_of_org(read, writing.organization_id).await? {
        match entries.last_mut() {
            Some(last) if last.op_id == Some(event.op_id) => last.log_events.push(event),
            _ => entries.push(FeedRows {
                op_id: Some(event.op_id),
                effective_hlc,
                rows: Rows::default(),
                log_events: vec![event],
            }),
        }
    }
    while !entries.is_empty() {
        let rest = entries.split_off(entries.len().min(CHUNK_OPEN));
        writing
            .put(
                Rows::default(),
                Vec::new(),
                std::mem::replace(&mut entries, rest),
            )
            .await?;
    }
    Ok(())
}

/// An envelope with the private texts that stand beside it.
fn whole<'a>(
    bare: &'a RawValue,
    beside: Option<&str>,
) -> Result<Cow<'a, RawValue>, serde_json::Error> {
    let beside: Beside = beside.map_or_else(|| Ok(Beside::default()), serde_json::from_str)?;
    if beside.private.is_empty() {
        return Ok(Cow::Borrowed(bare));
    }
    let mut envelope: Envelope = serde_json::from_str(bare.get())?;
    envelope.private = beside.private;
    serde_json::value::to_raw_value(&envelope).map(Cow::Owned)
}

/// The folded rows of a scope, all of them.
async fn rows_of(
    state: &AppState,
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<Rows, SnapshotError> {
    match scope {
        Scope::Org => org_rows(state, tx, organization_id).await,
        Scope::Store(store_id) => Ok(store_rows(tx, organization_id, *store_id).await?),
        Scope::Device(device_id) => Ok(Rows {
            checkpoint: store::chain::checkpoints(tx, organization_id, *device_id).await?,
            ..Rows::default()
        }),
    }
}

async fn org_rows(
    state: &AppState,
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Rows, SnapshotError> {
    let given = store::device::certificate_bodies(tx, organization_id).await?;
    let certificates = given.iter().map(|body| sign_certificate(&state.key, body));
    let organization = store::organization::get(tx, organization_id).await?;
    Ok(Rows {
        organization: organization.into_iter().collect(),
        store: store::organization::stores(tx, organization_id).await?,
        till: store::device::tills(tx, organization_id).await?,
        staff: store::staff::all(tx, organization_id).await?,
        tax_class: store::catalogue::tax_classes(tx, organization_id).await?,
        category: store::catalogue::categories(tx, organization_id).await?,
        promotion: store::promotion::all(tx, organization_id).await?,
        price_list: store::promotion::price_lists(tx, organization_id).await?,
        product: store::catalogue::products(tx, organization_id).await?,
        tender: store::tender::all(tx, organization_id).await?,
        customer: store::customer::all(tx, organization_id).await?,
        stock_elsewhere: store::stock::all_elsewhere(tx, organization_id).await?,
        log_row: store::log::all(tx, organization_id, None).await?,
        erasure: store::erasure::all(tx, organization_id).await?,
        certificate: certificates.collect::<Result<_, _>>()?,
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
        log_row: store::log::all(tx, organization_id, Some(store_id)).await?,
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
        promotion,
        price_list,
        product,
        tender,
        customer,
        stock_elsewhere,
        stock_level,
        repair,
        log_row,
        certificate,
        checkpoint,
        erasure
    );
    parts
}
