//! When one kind of exchange is tried next: at once when there is something to do, after a growing
//! wait when it failed, and from time to time whatever happens. The rule is [`Pace`], pure; the
//! lane adds the computer's timer.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::replication::plan::backoff_ms;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use crate::clock::random;

/// The state of the rule. Times are milliseconds since any fixed moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Pace {
    /// How often it asks by itself, before jitter.
    poll_ms: Option<u64>,
    asked: bool,
    failures: u32,
    /// After a failure: nothing before this, except in a hurry.
    not_before_ms: u64,
    next_poll_ms: Option<u64>,
}

impl Pace {
    /// There is something to do; a wait after a failure still holds.
    fn ask(&mut self) {
        self.asked = true;
    }

    /// The reason for waiting may be gone: try at once.
    fn hurry(&mut self) {
        self.asked = true;
        self.not_before_ms = 0;
    }

    fn begin(&mut self) {
        self.asked = false;
    }

    /// An attempt that lasts has come as far as it should.
    fn succeed(&mut self) {
        self.failures = 0;
    }

    fn end(&mut self, is_ok: bool, now_ms: u64, random: u64) {
        if is_ok {
            self.failures = 0;
            self.not_before_ms = 0;
        } else {
            self.failures = self.failures.saturating_add(1);
            self.asked = true;
            #[cfg(feature = "simulation")]
            if crate::simulation::is_broken(crate::simulation::Mutation::NoTimer) {
                self.asked = false;
            }
            self.not_before_ms = now_ms + backoff_ms(self.failures, random);
        }
        // Up to a third later, so that tills that started together drift apart.
        self.next_poll_ms = self
            .poll_ms
            .map(|poll| now_ms + poll + random % (poll / 3 + 1));
    }

    /// When the next attempt is due; none while nothing asks for one.
    fn due_ms(&self) -> Option<u64> {
        let at = if self.asked {
            Some(0)
        } else {
            self.next_poll_ms
        };
        at.map(|at| at.max(self.not_before_ms))
    }
}

/// A paced lane.
#[derive(Debug)]
pub(super) struct Lane {
    pace: Mutex<Pace>,
    started: Instant,
    changed: Notify,
    begun: watch::Sender<u64>,
    ended: watch::Sender<u64>,
}

impl Lane {
    pub(super) fn new(poll_ms: Option<u64>) -> Lane {
        Lane {
            pace: Mutex::new(Pace {
                poll_ms,
                ..Pace::default()
            }),
            started: Instant::now(),
            changed: Notify::new(),
            begun: watch::Sender::new(0),
            ended: watch::Sender::new(0),
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn ask(&self) {
        self.pace().ask();
        self.changed.notify_one();
    }

    pub(super) fn hurry(&self) {
        self.pace().hurry();
        self.changed.notify_one();
    }

    #[cfg(feature = "simulation")]
    pub(super) fn will_try(&self) -> bool {
        self.pace().due_ms().is_some()
    }

    pub(super) async fn woken(&self) {
        self.changed.notified().await;
    }

    pub(super) fn is_due(&self) -> bool {
        self.pace().due_ms().is_some_and(|due| due <= self.now_ms())
    }

    /// Ends when the lane may have become due.
    pub(super) async fn due(&self) {
        let due_ms = self.pace().due_ms();
        match due_ms {
            None => self.woken().await,
            Some(due_ms) => {
                let at = self.started + Duration::from_millis(due_ms);
                tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = self.woken() => {}
                }
            }
        }
    }

    pub(super) fn begin(&self) {
        self.pace().begin();
        self.begun.send_modify(|count| *count += 1);
    }

    pub(super) fn succeed(&self) {
        self.pace().succeed();
    }

    pub(super) fn end(&self, is_ok: bool) {
        let now_ms = self.now_ms();
        self.pace().end(is_ok, now_ms, u64::from_be_bytes(random()));
        let begun = *self.begun.borrow();
        self.ended.send_replace(begun);
    }

    /// Hurries, and waits for the end of an attempt that began after this call.
    pub(super) async fn attempt(&self) {
        let wanted = *self.begun.borrow() + 1;
        let mut ended = self.ended.subscribe();
        self.hurry();
        // An error means that the lane is gone; there is nothing to wait for.
        let _ = ended.wait_for(|ended| *ended >= wanted).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_sale_does_not_shorten_the_wait_after_a_failure_but_a_new_network_does() {
        let mut pace = Pace::default();
        pace.ask();
        assert_eq!(pace.due_ms(), Some(0));
        pace.begin();
        pace.end(false, 1_000, 0);
        let wait = pace.due_ms();
        assert!(wait > Some(1_000));
        pace.ask();
        assert_eq!(pace.due_ms(), wait);
        pace.hurry();
        assert_eq!(pace.due_ms(), Some(0));
    }

    #[test]
    fn a_failure_is_retried_on_its_own_timer_without_any_new_work() {
        let mut pace = Pace::default();
        pace.hurry();
        pace.begin();
        pace.end(false, 0, 7);
        assert!(pace.due_ms().is_some());
        pace.begin();
        pace.end(true, 5_000, 7);
        assert_eq!(pace.due_ms(), None);
    }

    #[test]
    fn work_that_arrives_during_an_attempt_is_done_after_it() {
        let mut pace = Pace::default();
        pace.begin();
        pace.ask();
        pace.end(true, 9, 0);
        assert_eq!(pace.due_ms(), Some(0));
    }

    #[test]
    fn a_polling_lane_asks_by_itself() {
        let mut pace = Pace {
            poll_ms: Some(30_000),
            ..Pace::default()
        };
        pace.begin();
        pace.end(true, 1_000, 5_000);
        assert_eq!(pace.due_ms(), Some(36_000));
    }
}
