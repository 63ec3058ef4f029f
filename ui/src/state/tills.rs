//! What the console says of a till, from what the server knows of it, and how trying held
//! operations again goes.

use std::{collections::BTreeMap, rc::Rc};

use domain::contract::{
    failure::{Failure, code},
    rest::{ExceptionListed, HeldListed, HeldRetried, TillListed},
    sync_v1::Outcome,
};
use yew::Reducible;

use super::standing::{self, Standing};

/// A till asks for news every half minute: after this long without it, it is off or has no network.
pub const SILENT_MS: i64 = 10 * 60_000;

/// One thing to say of a till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    Revoked,
    Fenced,
    /// Another computer has its place: nothing more is expected of it.
    Replaced,
    Unheard,
    Silent,
    Clock,
    Held(u64),
    /// Something open that has no mark of its own.
    Open(ExceptionListed),
    Fine,
}

/// Everything to say of a till, the gravest first; never empty.
#[must_use]
pub fn marks(till: &TillListed, server_ms: i64) -> Vec<Mark> {
    let mut marks = Vec::new();
    let is_silent = till
        .last_contact_ms
        .is_some_and(|then| server_ms.saturating_sub(then) > SILENT_MS);
    let is_expected = !till.replaced && !till.revoked;
    if till.revoked {
        marks.push(Mark::Revoked);
    }
    if till.replaced {
        marks.push(Mark::Replaced);
    } else if till.fenced {
        marks.push(Mark::Fenced);
    }
    if is_expected && till.last_contact_ms.is_none() {
        marks.push(Mark::Unheard);
    }
    if is_expected && is_silent {
        marks.push(Mark::Silent);
    }
    if is_expected && standing::clock(till.skew_ms).is_some() {
        marks.push(Mark::Clock);
    }
    let held = till.held.iter().map(|held| held.count).sum();
    if held > 0 {
        marks.push(Mark::Held(held));
    }
    marks.extend(
        till.exceptions
            .iter()
            .filter(|open| !matches!(open.kind.as_str(), "held_operation" | "clock_skew"))
            .cloned()
            .map(Mark::Open),
    );
    if marks.is_empty() {
        marks.push(Mark::Fine);
    }
    marks
}

/// The clock of a till that was heard.
#[must_use]
pub fn clock(till: &TillListed) -> Option<Option<Standing>> {
    till.last_contact_ms.map(|_| standing::clock(till.skew_ms))
}

/// Which held operation is meant: its place in its till's history, as in its address.
#[must_use]
pub fn key(held: &HeldListed) -> String {
    format!(
        "{}/{}/{}/{}",
        held.device_id, held.epoch, held.branch, held.device_seq
    )
}

/// How trying again goes for one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retry {
    Trying,
    /// The server keeps it aside still, for the reason that the list then shows.
    StillHeld,
    Failed(Failure),
}

/// How trying again went since the page was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retries {
    by_key: BTreeMap<String, Retry>,
    pub applied: u64,
}

#[derive(Debug, Clone)]
pub enum RetryAction {
    Try(String),
    Answer(String, Result<HeldRetried, Failure>),
}

impl Retries {
    #[must_use]
    pub fn of(&self, key: &str) -> Option<&Retry> {
        self.by_key.get(key)
    }

    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.by_key.values().any(|retry| *retry == Retry::Trying)
    }
}

impl Reducible for Retries {
    type Action = RetryAction;

    fn reduce(self: Rc<Self>, action: RetryAction) -> Rc<Self> {
        let mut next = (*self).clone();
        match action {
            RetryAction::Try(key) => {
                next.by_key.insert(key, Retry::Trying);
            }
            RetryAction::Answer(key, Ok(tried)) => match tried.outcome {
                Outcome::Applied => {
                    next.by_key.remove(&key);
                    next.applied += 1;
                }
                Outcome::Held => {
                    next.by_key.insert(key, Retry::StillHeld);
                }
            },
            // Somebody else has just had it applied: the list without it says so.
            RetryAction::Answer(key, Err(failure)) if failure.code == code::NOT_FOUND => {
                next.by_key.remove(&key);
            }
            RetryAction::Answer(key, Err(failure)) => {
                next.by_key.insert(key, Retry::Failed(failure));
            }
        }
        Rc::new(next)
    }
}

#[cfg(test)]
mod tests {
    use domain::{contract::rest::HeldCount, id::DeviceId};

    use super::*;

    const NOW_MS: i64 = 100 * 60_000;

    fn till() -> TillListed {
        TillListed {
            device_id: DeviceId::SERVER,
            store_code: "S1".to_owned(),
            store_name: "Centro".to_owned(),
            number: 1,
            name: String::new(),
            series: "S1-1".to_owned(),
            epoch: 1,
            enrolled_ms: 0,
            last_contact_ms: Some(NOW_MS),
            skew_ms: 0,
            received: 3,
            held: Vec::new(),
            revoked: false,
            fenced: false,
            replaced: false,
            exceptions: Vec::new(),
        }
    }

    fn open(kind: &str) -> ExceptionListed {
        ExceptionListed {
            exception_id: String::new(),
            kind: kind.to_owned(),
            opened_ms: 7,
            missing: None,
            numbers: Vec::new(),
            may_close: false,
        }
    }

    #[test]
    fn a_till_without_trouble_is_fine_and_one_with_it_says_all_of_it() {
        assert_eq!(marks(&till(), NOW_MS), [Mark::Fine]);
        let held = HeldCount {
            reason: "revoked".to_owned(),
            count: 2,
        };
        let troubled = TillListed {
            fenced: true,
            skew_ms: 600_000,
            held: vec![held.clone(), held],
            exceptions: vec![open("fork"), open("held_operation"), open("clock_skew")],
            ..till()
        };
        let fork = Mark::Open(open("fork"));
        assert_eq!(
            marks(&troubled, NOW_MS),
            [Mark::Fenced, Mark::Clock, Mark::Held(4), fork]
        );
    }

    #[test]
    fn silence_is_told_of_tills_that_are_expected_to_speak() {
        let later = NOW_MS + SILENT_MS + 1;
        assert_eq!(marks(&till(), later), [Mark::Silent]);
        let replaced = TillListed {
            replaced: true,
            fenced: true,
            ..till()
        };
        assert_eq!(marks(&replaced, later), [Mark::Replaced]);
        let revoked = TillListed {
            revoked: true,
            ..till()
        };
        assert_eq!(marks(&revoked, later), [Mark::Revoked]);
        let new = TillListed {
            last_contact_ms: None,
            ..till()
        };
        assert_eq!(marks(&new, later), [Mark::Unheard]);
        assert_eq!(clock(&new), None);
    }

    #[test]
    fn what_was_applied_is_counted_and_what_was_not_says_so() {
        let tried = |outcome| HeldRetried {
            outcome,
            reason: String::new(),
            detail: String::new(),
        };
        let step = |retries: Rc<Retries>, action| retries.reduce(action);
        let name = || "a".to_owned();
        let trying = step(Rc::default(), RetryAction::Try(name()));
        assert!(trying.is_busy());
        let held = step(
            trying.clone(),
            RetryAction::Answer(name(), Ok(tried(Outcome::Held))),
        );
        assert_eq!(held.of("a"), Some(&Retry::StillHeld));
        let applied = step(
            trying.clone(),
            RetryAction::Answer(name(), Ok(tried(Outcome::Applied))),
        );
        assert_eq!((applied.applied, applied.of("a")), (1, None));
        let gone = Failure::new(code::NOT_FOUND, "");
        let gone = step(trying.clone(), RetryAction::Answer(name(), Err(gone)));
        assert_eq!((gone.applied, gone.of("a")), (0, None));
        let refused = Failure::new(code::SERVER_UNREACHABLE, "");
        let failed = step(trying, RetryAction::Answer(name(), Err(refused.clone())));
        assert_eq!(failed.of("a"), Some(&Retry::Failed(refused)));
    }
}
