//! Hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): 48 bits of wall-clock
//! milliseconds and 16 bits of counter in one integer, so that order survives equal and
//! backward-moving wall clocks.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A stamp. Travels as a decimal string because it may pass 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hlc(pub u64);

/// How far, in milliseconds, a stamp may run ahead of the server before the server cuts it back.
pub const AHEAD_MS_MAX: u64 = 60_000;
/// Distance above the server's time at which a till's clock steps down again.
pub const STEP_DOWN_MS: u64 = 5 * 60_000;

impl Hlc {
    /// The first stamp of a millisecond.
    #[must_use]
    pub const fn from_ms(unix_ms: u64) -> Self {
        Self(unix_ms << 16)
    }

    /// Wall-clock part, in milliseconds since 1970.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.0 >> 16
    }

    /// The next stamp after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The stamp for an event at `now_ms`, given the last stamp that this clock gave or took in.
    #[must_use]
    pub fn tick(self, now_ms: u64) -> Self {
        Self::from_ms(now_ms).max(self.next())
    }

    /// Takes in a stamp from the server's feed: this clock never falls behind what it has seen.
    #[must_use]
    pub fn observe(self, seen: Hlc) -> Self {
        self.max(seen)
    }

    /// Steps down a clock that stands far above the server's time while the till's own wall clock
    /// does not: it was dragged ahead by mistake, and may come back.
    #[must_use]
    pub fn step_down(self, server_ms: u64, wall_ms: u64) -> Self {
        let far = server_ms.saturating_add(STEP_DOWN_MS);
        if self.ms() > far && wall_ms <= far {
            Self::from_ms(wall_ms.max(server_ms))
        } else {
            self
        }
    }
}

/// The order-giving stamp that the server fixes once, at first receipt of an operation:
/// `max(min(hlc, server now + 60 s), this device's last effective stamp + 1)`.
#[must_use]
pub fn effective(hlc: Hlc, server_now_ms: u64, device_last: Hlc) -> Hlc {
    hlc.min(Hlc::from_ms(server_now_ms.saturating_add(AHEAD_MS_MAX)))
        .max(device_last.next())
}

/// The same for an operation that arrives after some that its device made later: its own time where
/// that lies between the stamps of its neighbours, which always leave room for what is missing
/// between them.
#[must_use]
pub fn effective_between(hlc: Hlc, server_now_ms: u64, after: Hlc, before: Hlc) -> Hlc {
    hlc.min(Hlc::from_ms(server_now_ms.saturating_add(AHEAD_MS_MAX)))
        .min(Hlc(before.0.saturating_sub(1)))
        .max(after.next())
}

impl Serialize for Hlc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hlc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map(Self)
            .map_err(|_| de::Error::custom("a stamp is a decimal string"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_stands_still_keeps_giving_later_stamps() {
        let first = Hlc::default().tick(1_000);
        let second = first.tick(1_000);
        assert!(second > first);
        assert_eq!(second.ms(), 1_000);
    }

    #[test]
    fn a_clock_moved_back_does_not_turn_order_round() {
        let first = Hlc::default().tick(9_000);
        assert!(first.tick(1_000) > first);
    }

    #[test]
    fn a_till_a_year_ahead_is_cut_back_to_a_minute() {
        let year_ms = 365 * 24 * 3_600_000;
        let stamp = effective(Hlc::from_ms(1_000 + year_ms), 1_000, Hlc::default());
        assert_eq!(stamp.ms(), 1_000 + AHEAD_MS_MAX);
    }

    #[test]
    fn a_device_s_effective_stamps_only_rise() {
        let last = Hlc::from_ms(50_000);
        assert!(effective(Hlc::from_ms(10), 60_000, last) > last);
    }

    #[test]
    fn what_arrives_late_is_ordered_between_its_neighbours() {
        let (after, before) = (Hlc::from_ms(1_000), Hlc::from_ms(3_000));
        let between = |ms| effective_between(Hlc::from_ms(ms), 9_000, after, before);
        assert_eq!(between(2_000).ms(), 2_000);
        assert_eq!(between(10), after.next());
        assert_eq!(between(5_000), Hlc(before.0 - 1));
    }

    #[test]
    fn a_clock_dragged_ahead_comes_back_when_the_wall_clock_is_right() {
        let dragged = Hlc::from_ms(10_000_000);
        assert_eq!(dragged.step_down(1_000, 900).ms(), 1_000);
        assert_eq!(dragged.step_down(1_000, 10_000_000), dragged);
    }
}
