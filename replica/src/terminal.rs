//! The payment terminal: what a till asks of one, whichever it is, and the till's hold on it. Nothing
//! here remembers money: before a terminal is asked the file says so, and what it answers goes there
//! (docs/adr/0016-card-payments-are-logs.md).

mod simulated;

use std::{
    future::Future,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    card_payment::{Authorization, Decline, Doubt},
    id::CardPaymentId,
    money::Money,
    terminal::{TerminalKind, TerminalSettings},
};
use futures_util::future::BoxFuture;
use tokio::{
    sync::{Mutex as AsyncMutex, MutexGuard, TryLockError, watch},
    task::JoinHandle,
};

use crate::{error::Error, op::card_payment::resolve_all, till::Shared};
use simulated::{Book, Simulated};

/// Longest wait for an answer that needs no card.
const STATUS_WAIT_MS: u32 = 5_000;

/// What became of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Approved(Authorization),
    Declined(Decline, String),
}

/// What became of giving a charge back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Returned {
    Returned(String),
    Refused(String),
}

/// A payment terminal. Every question names the charge by its id, and asking twice about one id does
/// nothing twice. A future may be dropped at any time: the terminal goes on without its asker, and the
/// till then knows nothing until it asks for the status.
pub(crate) trait Terminal: std::fmt::Debug + Send + Sync {
    /// Takes money of a card. Answers when the terminal has a result.
    fn charge(
        &self,
        card_payment_id: CardPaymentId,
        amount: Money,
    ) -> BoxFuture<'_, Result<Answer, Doubt>>;

    /// What became of a charge; a doubt while it is still at it. [`Decline::NotReached`] of one that
    /// it never heard of: from then on it refuses that one, should it be asked for it late.
    fn status(&self, card_payment_id: CardPaymentId) -> BoxFuture<'_, Result<Answer, Doubt>>;

    /// Asks it to give up a charge that it is at; the charge then answers.
    fn cancel(&self, card_payment_id: CardPaymentId) -> BoxFuture<'_, Result<(), Doubt>>;

    /// Gives a charge back, whole.
    fn give_back(&self, card_payment_id: CardPaymentId) -> BoxFuture<'_, Result<Returned, Doubt>>;
}

/// The till's hold on its terminal.
#[derive(Debug)]
pub(crate) struct Terminals {
    /// One question that moves money at a time.
    gate: AsyncMutex<()>,
    /// What the terminal is at just now.
    active: Mutex<Option<CardPaymentId>>,
    is_stopping: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
    /// What the simulated terminal remembers: it is a device of its own, as far as tills know.
    book: Arc<Book>,
}

/// The terminal is at nothing but this.
#[derive(Debug)]
pub(crate) struct Hold<'a> {
    terminals: &'a Terminals,
    _gate: MutexGuard<'a, ()>,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.terminals.set_active(None);
    }
}

impl Terminals {
    pub(crate) fn new(folder: &Path) -> Terminals {
        Terminals {
            gate: AsyncMutex::new(()),
            active: Mutex::new(None),
            is_stopping: watch::Sender::new(false),
            task: Mutex::new(None),
            book: Arc::new(Book::in_folder(folder)),
        }
    }

    /// Asks for what the last run of the program left without a result.
    pub(crate) fn start(&self, till: &Arc<Shared>) {
        let till = Arc::clone(till);
        let task = tokio::spawn(async move {
            if let Err(error) = resolve_all(&till).await {
                tracing::error!(%error, "card payments of the last run could not be looked into");
            }
        });
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// Leaves the terminal: what it is at has no result in the file, and is asked for at the next
    /// start.
    pub(crate) async fn stop(&self) {
        self.is_stopping.send_replace(true);
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "looking into card payments ended badly");
        }
        drop(self.gate.lock().await);
    }

    /// The terminal that is set up.
    pub(crate) fn of(&self, settings: &TerminalSettings) -> Box<dyn Terminal> {
        match settings.kind {
            TerminalKind::Simulated => Box::new(Simulated::new(&self.book, settings)),
        }
    }

    /// Holds the terminal, unless it is at something.
    pub(crate) fn try_hold(&self) -> Result<Hold<'_>, Error> {
        let gate = (self.gate.try_lock()).map_err(|_: TryLockError| Error::TerminalBusy)?;
        Ok(self.held(gate))
    }

    /// Waits until the terminal is at nothing, and holds it.
    pub(crate) async fn hold(&self) -> Hold<'_> {
        self.held(self.gate.lock().await)
    }

    fn held<'a>(&'a self, gate: MutexGuard<'a, ()>) -> Hold<'a> {
        Hold {
            terminals: self,
            _gate: gate,
        }
    }

    /// The charge that the terminal is at just now.
    pub(crate) fn active(&self) -> Option<CardPaymentId> {
        *self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a card as long as the till waits. None when the till is closed meanwhile.
    pub(crate) async fn patiently<T>(
        &self,
        settings: &TerminalSettings,
        asked: impl Future<Output = Result<T, Doubt>>,
    ) -> Option<Result<T, Doubt>> {
        self.within(settings.wait_ms, asked).await
    }

    /// Waits for an answer that needs no card.
    pub(crate) async fn briefly<T>(
        &self,
        settings: &TerminalSettings,
        asked: impl Future<Output = Result<T, Doubt>>,
    ) -> Option<Result<T, Doubt>> {
        let wait_ms = settings.wait_ms.min(STATUS_WAIT_MS);
        self.within(wait_ms, asked).await
    }

    async fn within<T>(
        &self,
        wait_ms: u32,
        asked: impl Future<Output = Result<T, Doubt>>,
    ) -> Option<Result<T, Doubt>> {
        let mut stopping = self.is_stopping.subscribe();
        let wait = Duration::from_millis(wait_ms.into());
        tokio::select! {
            biased;
            // An error means that the till is gone, which is as good as stopping.
            _ = stopping.wait_for(|stop| *stop) => None,
            answer = tokio::time::timeout(wait, asked) => {
                Some(answer.unwrap_or(Err(Doubt::TimedOut)))
            }
        }
    }

    fn set_active(&self, card_payment_id: Option<CardPaymentId>) {
        *self.active.lock().unwrap_or_else(PoisonError::into_inner) = card_payment_id;
    }
}

impl Hold<'_> {
    /// Says what the terminal is about to be asked for.
    pub(crate) fn begin(&self, card_payment_id: CardPaymentId) {
        self.terminals.set_active(Some(card_payment_id));
    }
}
