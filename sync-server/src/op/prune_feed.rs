//! Lets go of feed rows that every till has had time to read (sync protocol, section 5). The feed
//! itself says where the boundary is, so that replicas of a scope let go of the same facts; the
//! operations stay in the database for good.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{FeedRows, FeedType},
    hlc::{AHEAD_MS_MAX, Hlc},
    id::OrganizationId,
    replication::{Rows, row::Boundary, table::Scope},
};

use super::{
    push_operations::KEEP_DAYS,
    read_snapshot::{SnapshotError, ensure_snapshot},
};
use crate::{
    clock,
    database::begin,
    state::AppState,
    store::{self, feed::NewRow, prune},
};

const DAY_MS: u64 = 24 * 3_600_000;

/// How long a till keeps what is closed, and so a feed its rows.
pub const RETENTION_MS: u64 = 400 * DAY_MS;
const _: () = assert!(RETENTION_MS > KEEP_DAYS as u64 * DAY_MS);

/// Why a feed stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error("a boundary cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Prunes the org's and every store's feed of an organization.
pub async fn prune_feeds(
    state: &AppState,
    organization_id: OrganizationId,
    retention_ms: u64,
) -> Result<(), PruneError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let stores = store::organization::stores(&mut tx, organization_id).await?;
    tx.commit().await?;
    let stores = stores.into_iter().map(|store| Scope::Store(store.store_id));
    for scope in std::iter::once(Scope::Org).chain(stores) {
        prune_feed(state, organization_id, &scope, retention_ms).await?;
    }
    Ok(())
}

/// Prunes one feed; returns how many rows went.
pub async fn prune_feed(
    state: &AppState,
    organization_id: OrganizationId,
    scope: &Scope,
    retention_ms: u64,
) -> Result<u64, PruneError> {
    let name = scope.to_string();
    let kept_since_ms = clock::now_ms().saturating_sub(retention_ms);
    // A stamp may run ahead of its commit: rows that stay a little longer cost nothing.
    let kept_ms = kept_since_ms.saturating_sub(AHEAD_MS_MAX).cast_signed();
    let incarnation = state.incarnation();
    let mut tx = begin(&state.pool, organization_id).await?;
    let head = store::feed::head(&mut tx, organization_id, scope).await?;
    let is_due = prune::is_any_older(&mut tx, organization_id, &name, head.floor, kept_ms).await?;
    tx.commit().await?;
    if !is_due {
        return Ok(0);
    }
    // A till must be able to begin where the rows begin.
    ensure_snapshot(state, organization_id, scope).await?;
    let mut tx = begin(&state.pool, organization_id).await?;
    let floor = prune::floor(&mut tx, organization_id, &name, &incarnation, kept_ms).await?;
    let Some(floor) = floor.filter(|floor| *floor > head.floor) else {
        return Ok(0);
    };
    let before_hlc = Hlc::from_ms(kept_since_ms);
    let row = NewRow {
        row_type: FeedType::Derived,
        beside: None,
        bytes: serde_json::to_vec(&FeedRows {
            log_events: Vec::new(),
            op_id: None,
            effective_hlc: before_hlc,
            rows: Rows {
                boundary: vec![Boundary { before_hlc }],
                ..Rows::default()
            },
        })?,
    };
    let feeds = BTreeMap::from([(name.clone(), vec![row])]);
    // Locks the head: nobody appends, and no other instance prunes, until the end.
    let raised = store::feed::append(&mut tx, organization_id, &feeds).await?;
    let now = store::feed::head(&mut tx, organization_id, scope).await?;
    if now.floor >= floor {
        return Ok(0);
    }
    let boundary = prune::Boundary {
        hlc: before_hlc,
        seq: now.seq,
    };
    let gone = prune::raise_floor(&mut tx, organization_id, &name, floor, boundary).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    tracing::info!(%organization_id, scope = name, floor, gone, "rows of the feed went");
    Ok(gone)
}
