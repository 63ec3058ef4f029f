//! How fast a first fill goes, and how long it will still take at that pace.

/// What was seen of a fill: where it stood first, and where it stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    first: Option<Seen>,
    last: Option<Seen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    done: u64,
    all: u64,
    at_ms: i64,
}

/// Before this much time has been watched, a guess would jump about.
const WATCHED_MS_MIN: i64 = 2_000;

impl Pace {
    /// Takes in where the fill stands. One that begins again, or grew, is watched anew.
    #[must_use]
    pub fn see(self, done: u64, all: u64, at_ms: i64) -> Self {
        let seen = Seen { done, all, at_ms };
        let is_same = self
            .last
            .is_some_and(|last| last.all == all && last.done <= done);
        Self {
            first: self.first.filter(|_| is_same).or(Some(seen)),
            last: Some(seen),
        }
    }

    /// Milliseconds that are left at the pace so far.
    #[must_use]
    pub fn left_ms(self) -> Option<i64> {
        let (first, last) = (self.first?, self.last?);
        let watched_ms = last.at_ms.saturating_sub(first.at_ms);
        let gained = last.done.checked_sub(first.done).filter(|rows| *rows > 0)?;
        if watched_ms < WATCHED_MS_MIN {
            return None;
        }
        let left = u128::from(last.all.saturating_sub(last.done));
        let watched = u128::from(watched_ms.unsigned_abs());
        i64::try_from(left * watched / u128::from(gained)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_follows_the_pace_and_is_not_guessed_too_early() {
        let begun = Pace::default().see(0, 1_000, 0);
        assert_eq!(begun.left_ms(), None);
        assert_eq!(begun.see(100, 1_000, 1_000).left_ms(), None);
        let later = begun.see(100, 1_000, 1_000).see(250, 1_000, 5_000);
        assert_eq!(later.left_ms(), Some(15_000));
    }

    #[test]
    fn a_fill_that_stands_still_has_no_end_in_sight() {
        let pace = Pace::default().see(5, 10, 0).see(5, 10, 60_000);
        assert_eq!(pace.left_ms(), None);
    }

    #[test]
    fn a_fill_that_begins_again_is_watched_anew() {
        let pace = Pace::default().see(0, 10, 0).see(9, 10, 9_000);
        assert_eq!(pace.see(1, 10, 10_000).left_ms(), None);
    }
}
