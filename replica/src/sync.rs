//! Keeps this till in step with the server: pushing, pulling and listening run independently, each
//! on its own timer, so that downloads never wait for uploads and neither waits for a sale.

mod events;
pub(crate) mod fill;
mod forget;
mod heal;
pub(crate) mod http;
mod lane;
mod page;
pub(crate) mod pull;
pub(crate) mod push;
mod signed;
pub mod transport;
mod verifiers;

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::contract::{
    failure::{Failure, code},
    ipc::Changed,
};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

use crate::{error::Error, store, till::Shared};
use http::HttpError;
use lane::Lane;
use transport::Transport;

/// How old the PIN verifiers may grow before they are asked for again.
const VERIFIERS_AGE_MAX: Duration = Duration::from_secs(600);

/// How many turns others have to bring what joins this till's copies to what a server still has.
const WAITS_FOR_OTHERS: u32 = 2;

/// The engine's levers and what it knows at the moment.
#[derive(Debug)]
pub(crate) struct Engine {
    push: Lane,
    pull: Lane,
    events: Lane,
    is_online: watch::Sender<bool>,
    is_stopping: watch::Sender<bool>,
    live: Mutex<Live>,
    http: http::Http,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// What is known of the server just now; lost when the program ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live {
    pub(crate) is_connected: bool,
    pub(crate) last_error: Option<Failure>,
    pub(crate) last_error_detail: Option<String>,
    /// How far the computer's clock was ahead of the server's at the last answer.
    pub(crate) skew_ms: Option<i64>,
    /// The server's clock at the last answer.
    server_ms: Option<u64>,
    heads: BTreeMap<String, u64>,
    /// The next pull asks every feed, not only those known to have grown.
    pull_all: bool,
    /// A new file is being filled.
    pub(crate) fill: Option<fill::Progress>,
    verifiers_due: bool,
    verifiers_at: Option<Instant>,
    /// When old envelopes were last forgotten.
    forgot_at: Option<Instant>,
    /// How often the server wanted what is not here to what is.
    waits_for_others: u32,
}

impl Live {
    /// PINs also change without any row of a feed: they are asked for now and then.
    fn are_verifiers_due(&self) -> bool {
        let is_old = self
            .verifiers_at
            .is_none_or(|at| at.elapsed() > VERIFIERS_AGE_MAX);
        self.verifiers_due || is_old
    }

    /// The highest head heard of for a feed.
    pub(crate) fn head(&self, scope: &str) -> u64 {
        self.heads.get(scope).copied().unwrap_or(0)
    }

    /// Takes in a head; returns whether it is news.
    fn hear(&mut self, scope: &str, head: u64) -> bool {
        let known = self.heads.entry(scope.to_owned()).or_insert(0);
        let is_news = head > *known;
        *known = head.max(*known);
        is_news
    }
}

/// Why an exchange came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SyncError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Local(#[from] Error),
}

impl From<sqlx::Error> for SyncError {
    fn from(error: sqlx::Error) -> Self {
        Self::Local(error.into())
    }
}

impl From<SyncError> for Error {
    fn from(error: SyncError) -> Error {
        match error {
            SyncError::Http(error) => error.into(),
            SyncError::Local(error) => error,
        }
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Failure {
        match error {
            SyncError::Http(error) => Error::from(error).into(),
            SyncError::Local(error) => error.into(),
        }
    }
}

impl Engine {
    pub(crate) fn new(transport: Arc<dyn Transport>) -> Engine {
        Engine {
            push: Lane::new(None),
            pull: Lane::new(Some(domain::replication::plan::POLL_MS)),
            events: Lane::new(None),
            is_online: watch::Sender::new(true),
            is_stopping: watch::Sender::new(false),
            live: Mutex::new(Live {
                pull_all: true,
                verifiers_due: true,
                ..Live::default()
            }),
            http: http::Http::over(transport),
            tasks: Mutex::new(Vec::new()),
        }
    }

    /// Starts the three lanes.
    pub(crate) fn start(&self, till: &Arc<Shared>) {
        let tasks = [
            tokio::spawn(run(Arc::clone(till), |engine| &engine.push, push_turn)),
            tokio::spawn(run(Arc::clone(till), |engine| &engine.pull, pull_turn)),
            tokio::spawn(run(Arc::clone(till), |engine| &engine.events, events_turn)),
        ];
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(tasks);
    }

    /// Everything at once: start, enrolment, the network's return.
    pub(crate) fn wake(&self) {
        {
            let mut live = self.live_mut();
            live.pull_all = true;
            live.verifiers_due = true;
        }
        self.push.hurry();
        self.pull.hurry();
        self.events.hurry();
    }

    /// There is something to send.
    pub(crate) fn push_soon(&self) {
        self.push.ask();
    }

    /// A feed has grown as far as this.
    fn hear_head(&self, scope: &str, head: u64) {
        if self.live_mut().hear(scope, head) {
            self.pull.ask();
        }
    }

    /// The server's clock in an answer, beside the computer's own.
    fn hear_clock(&self, server_ms: u64, own_ms: i64) {
        let mut live = self.live_mut();
        live.skew_ms = Some(own_ms.saturating_sub_unsigned(server_ms));
        live.server_ms = Some(server_ms);
    }

    /// The live connection stands: whatever waited may go now.
    fn events_connected(&self) {
        self.events.succeed();
        self.live_mut().pull_all = true;
        self.push.hurry();
        self.pull.hurry();
    }

    /// The live connection fell: a pull finds out whether the server did too.
    fn events_lost(&self) {
        self.live_mut().pull_all = true;
        self.pull.ask();
    }

    /// Whether other tills have had their turns to bring what the server lacks.
    fn waited_for_others(&self) -> bool {
        self.live_mut().waits_for_others >= WAITS_FOR_OTHERS
    }

    /// The server wants what is not here, or nothing more.
    fn wait_for_others(&self, waits: bool) {
        let mut live = self.live_mut();
        live.waits_for_others = if waits {
            live.waits_for_others.saturating_add(1)
        } else {
            0
        };
    }

    /// A new file is being filled, or no more.
    fn set_fill(&self, fill: Option<fill::Progress>) {
        self.live_mut().fill = fill;
    }

    /// How far a scope of it is.
    fn note_fill(&self, scope: &str, rows: (u64, u64)) {
        if let Some(fill) = &mut self.live_mut().fill {
            match fill.scopes.iter_mut().find(|(name, _)| name == scope) {
                Some((_, known)) => *known = rows,
                None => fill.scopes.push((scope.to_owned(), rows)),
            }
        }
    }

    /// After a refill, what was heard of the old feed means nothing.
    fn forget_head(&self, scope: &str) {
        self.live_mut().heads.remove(scope);
    }

    /// One attempt of pushing and pulling that begins after this call, waited for.
    pub(crate) async fn try_now(&self) {
        let mut online = self.is_online.subscribe();
        if !*online.borrow_and_update() {
            return;
        }
        {
            let mut live = self.live_mut();
            live.pull_all = true;
            live.verifiers_due = true;
        }
        let attempts = async {
            self.push.attempt().await;
            // What was just pushed comes back in the pull.
            self.live_mut().pull_all = true;
            self.pull.attempt().await;
        };
        tokio::select! {
            () = attempts => {}
            _ = online.wait_for(|is_online| !is_online) => {}
            () = self.stopping() => {}
        }
    }

    /// The token of an enrolment that was given up is good for nothing.
    pub(crate) fn forget_token(&self) {
        self.http.forget_token();
    }

    pub(crate) fn set_network(&self, is_online: bool) {
        self.is_online.send_replace(is_online);
        if is_online {
            self.wake();
        } else {
            self.live_mut().is_connected = false;
        }
    }

    /// A copy of what is known just now.
    pub(crate) fn live(&self) -> Live {
        self.live_mut().clone()
    }

    fn live_mut(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn stopping(&self) {
        // An error means that the engine is gone, which is as good as stopping.
        let _ = self.is_stopping.subscribe().wait_for(|stop| *stop).await;
    }

    /// Whether a lane would try by itself, sooner or later.
    #[cfg(feature = "simulation")]
    pub(crate) fn will_try(&self, turn: crate::simulation::Turn) -> bool {
        match turn {
            crate::simulation::Turn::Push => self.push.will_try(),
            crate::simulation::Turn::Pull => self.pull.will_try(),
        }
    }

    /// Lets attempts under way end, then stops.
    pub(crate) async fn stop(&self) {
        self.is_stopping.send_replace(true);
        let tasks: Vec<_> = self
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
            .collect();
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a lane of the engine ended badly");
            }
        }
    }

    fn is_stopped(&self) -> bool {
        *self.is_stopping.borrow()
    }

    /// Ends when the network is switched off or the engine stops: exchanges are given up then.
    async fn cut_off(&self) {
        let mut online = self.is_online.subscribe();
        tokio::select! {
            _ = online.wait_for(|is_online| !is_online) => {}
            () = self.stopping() => {}
        }
    }
}

/// One attempt of a lane, outside of its timer.
#[cfg(feature = "simulation")]
pub(crate) async fn turn(till: &Shared, turn: crate::simulation::Turn) -> Result<(), SyncError> {
    use crate::simulation::Turn;
    let (lane, outcome) = match turn {
        Turn::Push => {
            till.engine.push.begin();
            (&till.engine.push, push::push(till).await)
        }
        Turn::Pull => {
            till.engine.pull.begin();
            till.engine.live_mut().pull_all = true;
            (&till.engine.pull, pull::pull(till).await)
        }
    };
    note(till, &outcome, turn == Turn::Pull).await;
    lane.end(outcome.is_ok());
    outcome
}

async fn push_turn(till: Arc<Shared>) -> Result<(), SyncError> {
    push::push(&till).await
}

async fn pull_turn(till: Arc<Shared>) -> Result<(), SyncError> {
    pull::pull(&till).await
}

async fn events_turn(till: Arc<Shared>) -> Result<(), SyncError> {
    let outcome = events::listen(&till).await;
    if let Err(error) = &outcome {
        tracing::debug!(%error, "the live connection ended");
        till.engine.events_lost();
    }
    outcome
}

/// One lane's life: wait until it is due and possible, try, note how it went.
async fn run<W, F>(till: Arc<Shared>, lane_of: fn(&Engine) -> &Lane, work: W)
where
    W: Fn(Arc<Shared>) -> F,
    F: Future<Output = Result<(), SyncError>>,
{
    let engine = &till.engine;
    let lane = lane_of(engine);
    lane.hurry();
    let mut online = engine.is_online.subscribe();
    while !engine.is_stopped() {
        let can_work = *online.borrow_and_update() && till.enrolled().is_some();
        if !can_work {
            tokio::select! {
                _ = online.changed() => {}
                () = lane.woken() => {}
                () = engine.stopping() => {}
            }
            continue;
        }
        if !lane.is_due() {
            tokio::select! {
                () = lane.due() => {}
                _ = online.changed() => {}
                () = engine.stopping() => {}
            }
            continue;
        }
        lane.begin();
        let outcome = work(Arc::clone(&till)).await;
        // The live connection only saves waiting: what it meets says nothing of the exchange.
        if !std::ptr::eq(lane, &engine.events) {
            let is_pull = std::ptr::eq(lane, &engine.pull);
            note(&till, &outcome, is_pull).await;
        }
        lane.end(outcome.is_ok());
    }
}

/// Shows how an attempt went. That an update is needed stands until a pull succeeds: pushing goes on
/// meanwhile, and says nothing of it.
async fn note(till: &Shared, outcome: &Result<(), SyncError>, is_pull: bool) {
    let cut_off = till.engine.is_stopped() || !*till.engine.is_online.borrow();
    {
        let mut live = till.engine.live_mut();
        match outcome {
            Ok(()) => {
                live.is_connected = true;
                let needs_update = live
                    .last_error
                    .as_ref()
                    .is_some_and(|failure| failure.code == code::UPGRADE_REQUIRED);
                if is_pull || !needs_update {
                    live.last_error = None;
                    live.last_error_detail = None;
                }
            }
            Err(_) if cut_off => live.is_connected = false,
            Err(error) => {
                tracing::warn!(%error, "the exchange failed; it will be tried again");
                live.is_connected = !matches!(error, SyncError::Http(HttpError::Unreachable(_)))
                    && live.is_connected;
                let failure = match error {
                    SyncError::Http(error) => error.failure(),
                    SyncError::Local(error) => Failure::new(error.code(), error.to_string()),
                };
                live.last_error_detail = Some(failure.detail.clone());
                live.last_error = Some(failure);
            }
        }
    }
    if let Err(SyncError::Http(HttpError::Status { failure, .. })) = outcome
        && failure.code == code::TILL_REVOKED
        && let Err(error) = revoke(till).await
    {
        tracing::error!(%error, "the withdrawal could not be noted");
    }
    till.announce(&[Changed::Sync]);
}

/// The owner has withdrawn this till: nobody works at it, and what it holds is still sent.
pub(crate) async fn revoke(till: &Shared) -> Result<(), Error> {
    {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        store::enrolment::revoke(&mut transaction).await?;
        transaction.commit().await?;
    }
    till.reload_identity().await?;
    if till.session().is_some() {
        till.set_session(None);
    }
    Ok(())
}
