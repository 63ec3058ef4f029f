//! Tells a till of its feeds' heads: as they are, then as they go up, each number once.

use std::collections::{HashMap, VecDeque};

use domain::{contract::sync_v1::HeadEvent, id::OrganizationId, replication::table::Scope};
use futures_util::{Stream, stream};
use tokio::sync::{broadcast, watch};

use crate::{
    database::begin,
    live::HeadChange,
    state::Shared,
    store::{self, device::Device},
};

struct Follower {
    state: Shared,
    organization_id: OrganizationId,
    scopes: HashMap<String, (Scope, u64)>,
    changes: broadcast::Receiver<HeadChange>,
    stopping: watch::Receiver<bool>,
    waiting: VecDeque<HeadEvent>,
}

/// Heads of the till's scopes until the till goes or the server stops.
pub async fn follow_heads(
    state: &Shared,
    organization_id: OrganizationId,
    device: &Device,
) -> Result<impl Stream<Item = HeadEvent> + use<>, sqlx::Error> {
    let scopes = [
        Scope::Org,
        Scope::Store(device.store_id),
        Scope::Device(device.device_id),
    ];
    state.metrics.connected();
    let mut follower = Follower {
        // Subscribed before the heads are read: what comes between is told twice, never lost.
        changes: state.live.subscribe(organization_id),
        stopping: state.stopping.subscribe(),
        state: state.clone(),
        organization_id,
        scopes: scopes
            .into_iter()
            .map(|scope| (scope.to_string(), (scope, 0)))
            .collect(),
        waiting: VecDeque::new(),
    };
    follower.read_heads().await?;
    Ok(stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((event, follower))
    }))
}

impl Follower {
    async fn next(&mut self) -> Option<HeadEvent> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let change = tokio::select! {
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                change = self.changes.recv() => change,
            };
            match change {
                Ok(change) => self.take(&change.scope, change.head),
                Err(broadcast::error::RecvError::Closed) => return None,
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    if let Err(error) = self.read_heads().await {
                        tracing::warn!(%error, "a live connection ends");
                        return None;
                    }
                }
            }
        }
    }

    fn take(&mut self, scope: &str, head: u64) {
        if let Some((scope, told)) = self.scopes.get_mut(scope)
            && *told < head
        {
            *told = head;
            self.waiting.push_back(HeadEvent {
                scope: *scope,
                head,
            });
        }
    }

    async fn read_heads(&mut self) -> Result<(), sqlx::Error> {
        let mut tx = begin(&self.state.pool, self.organization_id).await?;
        let scopes: Vec<Scope> = self.scopes.values().map(|(scope, _)| *scope).collect();
        let heads = store::feed::heads(&mut tx, self.organization_id, &scopes).await?;
        for (scope, head) in heads {
            self.take(&scope, head);
        }
        tx.commit().await
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.state.metrics.disconnected();
    }
}
