//! Who hears of new rows: heads of feeds, told to connected tills as soon as they are committed.
//! Instances tell each other by NOTIFY on a connection of its own, never inside a writing
//! transaction, and a poll of the heads stands behind it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::id::OrganizationId;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

use crate::{clock, state::Shared};

/// How many changes a slow connection may lie behind before it reads the heads again.
const CHANGES_KEPT: usize = 256;
const POLL_INTERVAL: Duration = Duration::from_millis(250);
const LISTEN_AGAIN_AFTER: Duration = Duration::from_secs(1);
const CHANNEL: &str = "techstore_heads";

/// A feed went on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadChange {
    pub scope: String,
    pub head: u64,
}

/// The exchange of changes within this process.
#[derive(Debug, Default)]
pub struct Live {
    organizations: Mutex<HashMap<OrganizationId, Channel>>,
    to_notify: Notify,
}

#[derive(Debug)]
struct Channel {
    sender: broadcast::Sender<HeadChange>,
    heads: BTreeMap<String, u64>,
}

impl Live {
    /// Hears every change of an organization from now on.
    #[must_use]
    pub fn subscribe(&self, organization_id: OrganizationId) -> broadcast::Receiver<HeadChange> {
        let mut organizations = self.lock();
        organizations
            .retain(|id, channel| *id == organization_id || channel.sender.receiver_count() > 0);
        organizations
            .entry(organization_id)
            .or_insert_with(|| Channel {
                sender: broadcast::channel(CHANGES_KEPT).0,
                heads: BTreeMap::new(),
            })
            .sender
            .subscribe()
    }

    /// Tells of heads that this process raised, here at once and to other instances soon.
    pub fn publish(&self, organization_id: OrganizationId, raised: &BTreeMap<String, u64>) {
        if raised.is_empty() {
            return;
        }
        for (scope, head) in raised {
            self.tell(organization_id, scope, *head);
        }
        self.to_notify.notify_one();
    }

    fn tell(&self, organization_id: OrganizationId, scope: &str, head: u64) {
        let mut organizations = self.lock();
        let Some(channel) = organizations.get_mut(&organization_id) else {
            return;
        };
        let known = channel.heads.entry(scope.to_owned()).or_default();
        if *known < head {
            *known = head;
            // Nobody listening is no failure.
            let _ = channel.sender.send(HeadChange {
                scope: scope.to_owned(),
                head,
            });
        }
    }

    fn listening(&self) -> Vec<Uuid> {
        self.lock()
            .iter()
            .filter(|(_, channel)| channel.sender.receiver_count() > 0)
            .map(|(id, _)| id.0)
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<OrganizationId, Channel>> {
        self.organizations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs until the process ends: tells other instances, hears them, and polls behind both.
pub async fn run(state: Shared) {
    let instance = clock::new_id::<Uuid>().unwrap_or_default().to_string();
    tokio::join!(
        tell_others(&state, &instance),
        hear_others(&state, &instance),
        poll(&state)
    );
}

async fn tell_others(state: &Shared, instance: &str) {
    loop {
        // However many commits happened meanwhile, they are one notification.
        state.live.to_notify.notified().await;
        if let Err(error) = notify(state, instance).await {
            tracing::warn!(%error, "other instances were not told; their poll finds it");
        }
    }
}

async fn notify(state: &Shared, instance: &str) -> Result<(), sqlx::Error> {
    let mut tx = state.pool.begin().await?;
    sqlx::query!("SELECT pg_notify($1, $2)", CHANNEL, instance)
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await
}

async fn hear_others(state: &Shared, instance: &str) {
    let Some(options) = state.pool.listen_options() else {
        tracing::info!("not listening to other instances, whose feeds the poll finds");
        return;
    };
    loop {
        if let Err(error) = listen(state, instance, options).await {
            tracing::warn!(%error, "not listening to other instances; trying again");
        }
        tokio::time::sleep(LISTEN_AGAIN_AFTER).await;
    }
}

async fn listen(
    state: &Shared,
    instance: &str,
    options: &PgConnectOptions,
) -> Result<(), sqlx::Error> {
    let own = PgPoolOptions::new().max_connections(1);
    let own = own.connect_with(options.clone()).await?;
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(CHANNEL).await?;
    loop {
        if listener.recv().await?.payload() != instance {
            read_heads(state).await?;
        }
    }
}

async fn poll(state: &Shared) {
    let mut interval = tokio::time::interval(POLL_INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        if let Err(error) = read_heads(state).await {
            tracing::warn!(%error, "the feeds' heads cannot be read");
        }
    }
}

async fn read_heads(state: &Shared) -> Result<(), sqlx::Error> {
    let listening = state.live.listening();
    if listening.is_empty() {
        return Ok(());
    }
    for head in crate::store::feed::heads_of(&state.pool, &listening).await? {
        state.live.tell(head.0, &head.1, head.2);
    }
    Ok(())
}
