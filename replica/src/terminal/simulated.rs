//! A terminal that is none: it keeps a book of its own in the till's folder, as a real one would in
//! itself, and fails in every way that it is told to. It works on when nobody waits for it, and a
//! restart of the till finds it as it was.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use domain::{
    card_payment::{Authorization, Decline, Doubt},
    id::CardPaymentId,
    money::Money,
    terminal::{SimulatedAnswer, TerminalSettings},
};
use futures_util::{FutureExt, future::BoxFuture};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify};

use super::{Answer, Returned, Terminal};

const BOOK: &str = "simulated-terminal.json";
/// What it says instead of a card's scheme.
const SCHEME: &str = "Simulated";

/// What it remembers.
#[derive(Debug)]
pub(super) struct Book {
    path: PathBuf,
    entries: Mutex<Option<BTreeMap<CardPaymentId, Entry>>>,
    /// Somebody gave a charge up.
    cancelled: Notify,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    amount_minor: Money,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It waits for the card.
    Waiting,
    Charged,
    Refused,
    Cancelled,
    Returned,
}

impl Book {
    pub(super) fn in_folder(folder: &Path) -> Book {
        Book {
            path: folder.join(BOOK),
            entries: Mutex::new(None),
            cancelled: Notify::new(),
        }
    }

    /// Looks at an entry and changes it. A book that cannot be read or written is a terminal that
    /// cannot be reached.
    async fn with<T>(
        &self,
        change: impl FnOnce(&mut BTreeMap<CardPaymentId, Entry>) -> T,
    ) -> Result<T, Doubt> {
        let mut kept = self.entries.lock().await;
        let mut entries = match kept.take() {
            Some(entries) => entries,
            None => self.read().await?,
        };
        let before = entries.clone();
        let answer = change(&mut entries);
        if entries != before {
            self.write(&entries).await?;
        }
        *kept = Some(entries);
        Ok(answer)
    }

    async fn read(&self) -> Result<BTreeMap<CardPaymentId, Entry>, Doubt> {
        let text = match tokio::fs::read(&self.path).await {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(BTreeMap::new());
            }
            Err(error) => return Err(broken(&error)),
        };
        let mut entries: BTreeMap<_, Entry> =
            serde_json::from_slice(&text).map_err(|error| broken(&error))?;
        // Whoever held the card there has left when the program ended.
        for entry in entries.values_mut() {
            if entry.state == State::Waiting {
                entry.state = State::Cancelled;
            }
        }
        Ok(entries)
    }

    async fn write(&self, entries: &BTreeMap<CardPaymentId, Entry>) -> Result<(), Doubt> {
        let text = serde_json::to_vec(entries).map_err(|error| broken(&error))?;
        let fresh = self.path.with_extension("new");
        let written = async {
            tokio::fs::write(&fresh, text).await?;
            tokio::fs::rename(&fresh, &self.path).await
        };
        written
            .await
            .map_err(|error: std::io::Error| broken(&error))
    }

    /// Sets the state of a charge that waits, and says what it is then.
    async fn decide(&self, id: CardPaymentId, state: State) -> Result<Option<Answer>, Doubt> {
        self.with(|entries| {
            let entry = entries.get_mut(&id)?;
            if entry.state == State::Waiting {
                entry.state = state;
            }
            answer(id, &entry.state)
        })
        .await
    }
}

fn broken(error: &dyn std::error::Error) -> Doubt {
    tracing::error!(%error, "the simulated terminal's book");
    Doubt::Disconnected
}

/// What it says of an entry; none while it waits for the card.
fn answer(id: CardPaymentId, state: &State) -> Option<Answer> {
    Some(match state {
        State::Waiting => return None,
        State::Charged | State::Returned => Answer::Approved(Authorization {
            code: code(id),
            scheme: SCHEME.to_owned(),
            last_digits: String::new(),
        }),
        State::Refused => Answer::Declined(Decline::Refused, String::new()),
        State::Cancelled => Answer::Declined(Decline::Cancelled, String::new()),
    })
}

/// Six digits that one charge always has.
fn code(id: CardPaymentId) -> String {
    format!("{:06}", id.0.as_u128() % 1_000_000)
}

/// The book, and how it behaves.
#[derive(Debug)]
pub(super) struct Simulated {
    book: Arc<Book>,
    does: SimulatedAnswer,
    takes: Duration,
}

impl Simulated {
    pub(super) fn new(book: &Arc<Book>, settings: &TerminalSettings) -> Simulated {
        Simulated {
            book: Arc::clone(book),
            does: settings.answer,
            takes: Duration::from_millis(settings.answers_after_ms.into()),
        }
    }

    /// Nobody hears it, or nobody reaches it, until it is told to behave otherwise.
    async fn is_heard(&self) -> Result<(), Doubt> {
        use SimulatedAnswer as S;
        match self.does {
            S::Approve | S::Decline => Ok(()),
            S::TimeOutCharged | S::TimeOutNotCharged => std::future::pending().await,
            S::DropCharged | S::DropNotCharged => Err(Doubt::Disconnected),
        }
    }

    async fn take(&self, id: CardPaymentId, amount: Money) -> Result<Answer, Doubt> {
        let known = self.book.with(|entries| {
            let known = entries.get(&id).map(|entry| answer(id, &entry.state));
            entries.entry(id).or_insert(Entry {
                amount_minor: amount,
                state: State::Waiting,
            });
            known
        });
        match known.await? {
            Some(Some(answer)) => return Ok(answer),
            Some(None) => return Err(Doubt::TimedOut),
            None => {}
        }
        let (book, does, takes) = (Arc::clone(&self.book), self.does, self.takes);
        let work = tokio::spawn(async move { wait_for_card(&book, id, does, takes).await });
        // A terminal that fell over is one that does not answer.
        let answer = work.await.map_err(|_| Doubt::Disconnected)??;
        self.is_heard().await?;
        answer.ok_or(Doubt::TimedOut)
    }
}

/// What the terminal does by itself, whether or not somebody waits for it.
async fn wait_for_card(
    book: &Book,
    id: CardPaymentId,
    does: SimulatedAnswer,
    takes: Duration,
) -> Result<Option<Answer>, Doubt> {
    use SimulatedAnswer as S;
    let given_up = async {
        loop {
            let heard = book.cancelled.notified();
            tokio::pin!(heard);
            heard.as_mut().enable();
            let now = book.with(|entries| entries.get(&id).map(|one| one.state.clone()));
            if now.await != Ok(Some(State::Waiting)) {
                return;
            }
            heard.await;
        }
    };
    tokio::select! {
        () = tokio::time::sleep(takes) => {}
        () = given_up => {}
    }
    let state = match does {
        S::Approve | S::TimeOutCharged | S::DropCharged => State::Charged,
        S::Decline => State::Refused,
        S::TimeOutNotCharged | S::DropNotCharged => State::Cancelled,
    };
    book.decide(id, state).await
}

impl Terminal for Simulated {
    fn charge(
        &self,
        card_payment_id: CardPaymentId,
        amount: Money,
    ) -> BoxFuture<'_, Result<Answer, Doubt>> {
        self.take(card_payment_id, amount).boxed()
    }

    fn status(&self, card_payment_id: CardPaymentId) -> BoxFuture<'_, Result<Answer, Doubt>> {
        async move {
            self.is_heard().await?;
            let id = card_payment_id;
            let known = self.book.with(|entries| {
                let known = entries.get(&id).map(|entry| answer(id, &entry.state));
                entries.entry(id).or_insert(Entry {
                    amount_minor: Money::ZERO,
                    state: State::Cancelled,
                });
                known
            });
            match known.await? {
                Some(answer) => answer.ok_or(Doubt::TimedOut),
                None => Ok(Answer::Declined(Decline::NotReached, String::new())),
            }
        }
        .boxed()
    }

    fn cancel(&self, card_payment_id: CardPaymentId) -> BoxFuture<'_, Result<(), Doubt>> {
        async move {
            self.is_heard().await?;
            self.book.decide(card_payment_id, State::Cancelled).await?;
            self.book.cancelled.notify_waiters();
            Ok(())
        }
        .boxed()
    }

    fn give_back(&self, card_payment_id: CardPaymentId) -> BoxFuture<'_, Result<Returned, Doubt>> {
        async move {
            let id = card_payment_id;
            let refuses = self.does == SimulatedAnswer::Decline;
            let done = self.book.with(|entries| match entries.get_mut(&id) {
                Some(entry) if entry.state == State::Returned => Returned::Returned(code(id)),
                Some(entry) if entry.state == State::Charged && !refuses => {
                    entry.state = State::Returned;
                    Returned::Returned(code(id))
                }
                _ => Returned::Refused(String::new()),
            });
            let done = if self.loses_before() {
                None
            } else {
                Some(done.await?)
            };
            self.is_heard().await?;
            done.ok_or(Doubt::TimedOut)
        }
        .boxed()
    }
}

impl Simulated {
    /// Whether what it is asked does not even come to it.
    const fn loses_before(&self) -> bool {
        matches!(
            self.does,
            SimulatedAnswer::TimeOutNotCharged | SimulatedAnswer::DropNotCharged
        )
    }
}
