//! What the server does by itself, every few seconds, organization by organization, a transaction
//! each, so that one that fails stops no other.

use std::time::Duration;

use crate::{
    op::{
        gather_stock::gather_stock,
        make_checkpoints::{CHECKPOINT_OPS, make_checkpoints},
        prune_feed::{RETENTION_MS, prune_feeds},
        retry_held::retry_all_held,
    },
    state::Shared,
    store,
};

const INTERVAL: Duration = Duration::from_secs(3);
const PRUNE_INTERVAL: Duration = Duration::from_secs(6 * 3_600);

/// Tries held operations again, then runs until the process ends.
pub async fn run(state: Shared) {
    if let Err(error) = retry_all_held(&state).await {
        tracing::warn!(%error, "held operations were not tried again");
    }
    let mut interval = tokio::time::interval(INTERVAL);
    let mut pruning = tokio::time::interval(PRUNE_INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            _ = pruning.tick() => {
                if let Err(error) = prune_all(&state).await {
                    tracing::warn!(%error, "the feeds were not pruned");
                }
                continue;
            }
        }
        if let Err(error) = run_once(&state).await {
            tracing::warn!(%error, "the jobs did not run; trying again");
        }
    }
}

/// Prunes the feeds of all organizations.
async fn prune_all(state: &Shared) -> Result<(), sqlx::Error> {
    for (organization_id, _) in store::organization::all(&state.pool).await? {
        if let Err(error) = prune_feeds(state, organization_id, RETENTION_MS).await {
            tracing::warn!(%organization_id, %error, "the feeds were not pruned");
        }
    }
    Ok(())
}

/// One round over all organizations.
pub async fn run_once(state: &Shared) -> Result<(), sqlx::Error> {
    for (organization_id, _) in store::organization::all(&state.pool).await? {
        if let Err(error) = gather_stock(state, organization_id).await {
            tracing::warn!(%organization_id, %error, "other stores' stock was not gathered");
        }
        if let Err(error) = make_checkpoints(state, organization_id, CHECKPOINT_OPS).await {
            tracing::warn!(%organization_id, %error, "no checkpoints were made");
        }
    }
    Ok(())
}
