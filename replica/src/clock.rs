//! The till's clock: the only reader of time and maker of ids, so that a run on a fixed clock can
//! be repeated. Waiting between attempts and `sent_ms` use the computer's own time instead, except
//! in a simulation, where nothing does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use domain::id::uuid_v7;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use uuid::Uuid;

/// Where a till reads the time.
#[derive(Debug, Clone)]
pub struct Clock {
    /// Milliseconds since 1970 where it stands; [`SYSTEM`] follows the computer.
    fixed_ms: Arc<AtomicI64>,
}

const SYSTEM: i64 = i64::MIN;

/// A day as the shop counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BusinessDay {
    /// `YYYY-MM-DD`.
    pub(crate) date: String,
    pub(crate) utc_offset_min: i32,
}

impl Clock {
    /// The computer's clock.
    #[must_use]
    pub fn system() -> Clock {
        Clock {
            fixed_ms: Arc::new(AtomicI64::new(SYSTEM)),
        }
    }

    /// A clock that stands at a time until it is moved.
    #[must_use]
    pub fn set_to(ms: i64) -> Clock {
        Clock {
            fixed_ms: Arc::new(AtomicI64::new(ms)),
        }
    }

    /// Stands at another time from now on.
    pub fn set(&self, ms: i64) {
        self.fixed_ms.store(ms, Ordering::SeqCst);
    }

    /// Moves a standing clock; a clock that follows the computer stands from now on.
    pub fn advance(&self, ms: i64) {
        self.set(self.now_ms().saturating_add(ms));
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match self.fixed_ms.load(Ordering::SeqCst) {
            SYSTEM => computer_ms(),
            fixed => fixed,
        }
    }

    /// The wall clock as the server is told it: the computer's own, whatever day a headless till
    /// is at.
    #[must_use]
    pub(crate) fn sent_ms(&self) -> i64 {
        #[cfg(feature = "simulation")]
        if crate::simulation::is_on() {
            return self.now_ms();
        }
        computer_ms()
    }

    /// A new version 7 id.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        uuid_v7(u64::try_from(self.now_ms()).unwrap_or(0), random())
    }
}

/// The computer's own time.
#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads it"
)]
fn computer_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |past| {
            i64::try_from(past.as_millis()).unwrap_or(i64::MAX)
        })
}

/// Random bytes from the operating system; from the seed in a simulation.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[cfg(feature = "simulation")]
    if crate::simulation::fill(&mut bytes) {
        return bytes;
    }
    if getrandom::fill(&mut bytes).is_err() {
        // Without randomness neither keys nor ids can be made; Linux and Windows always have it.
        std::process::abort();
    }
    bytes
}

/// The shop's day at a moment: a new one begins at the store's cut-over hour.
pub(crate) fn business_day(now_ms: i64, zone: &TimeZone, cut_over_hour: u8) -> BusinessDay {
    let now = Timestamp::from_millisecond(now_ms)
        .unwrap_or_default()
        .to_zoned(zone.clone());
    let date = now
        .datetime()
        .checked_sub(i64::from(cut_over_hour).hours())
        .map_or(now.date(), |local| local.date());
    BusinessDay {
        date: date.to_string(),
        utc_offset_min: now.offset().seconds() / 60,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_sale_after_midnight_belongs_to_the_evening_before() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let day = business_day(at("2011-07-02T01:30:00Z"), &zone, 4);
        assert_eq!((day.date.as_str(), day.utc_offset_min), ("2011-07-01", 60));
        let day = business_day(at("2011-01-02T04:00:00Z"), &zone, 4);
        assert_eq!((day.date.as_str(), day.utc_offset_min), ("2011-01-02", 0));
    }

    #[test]
    fn a_standing_clock_moves_only_when_told() {
        let clock = Clock::set_to(1_000);
        clock.advance(500);
        assert_eq!(clock.now_ms(), 1_500);
    }
}
