//! What the sync engine does next, decided without I/O: how long to wait after a failure, what each
//! answer of the server asks of the till, and how a push and a page go on. The till's engine and
//! the simulation drive the same rules; they only load, send and store.

mod page;
mod push;

pub use page::{PageError, check_page};
pub use push::{Own, Push, PushAnswer, PushNext};

/// Shortest wait after a failed exchange, in milliseconds.
pub const BACKOFF_MS_MIN: u64 = 1_000;
/// Longest wait, in milliseconds.
pub const BACKOFF_MS_MAX: u64 = 60_000;
/// Silence on the live connection after which it counts as dead, in milliseconds.
pub const SILENCE_MS_MAX: u64 = 45_000;
/// How often a till asks by itself whatever happens, in milliseconds, before jitter.
pub const POLL_MS: u64 = 30_000;

/// Wait before attempt `failures + 1`: doubling from one second to a minute, of which a random half
/// is jitter (`random` is any number from the caller).
#[must_use]
pub fn backoff_ms(failures: u32, random: u64) -> u64 {
    let full = BACKOFF_MS_MIN.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let full = full.min(BACKOFF_MS_MAX);
    full / 2 + random % (full / 2 + 1)
}

/// What the till does on an answer to a push or pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Taken: go on.
    Taken,
    /// Sign a new challenge.
    SignIn,
    /// Revoked: stop pulling, sign people out, keep pushing.
    Revoked,
    /// Send from the sequence that the server expects.
    Resume,
    /// Fill this scope anew.
    Refill,
    /// Send half as much.
    Halve,
    /// The server found damaged bytes: check the disk, send again.
    CheckDisk,
    /// Stop pulling until the program is updated; keep pushing.
    Upgrade,
    /// The same bytes again after a wait.
    Retry,
}

/// Reads an HTTP status (sync protocol, section 3).
#[must_use]
pub const fn answer_of(status: u16) -> Answer {
    match status {
        200..=299 => Answer::Taken,
        401 => Answer::SignIn,
        403 => Answer::Revoked,
        409 => Answer::Resume,
        410 => Answer::Refill,
        413 => Answer::Halve,
        422 => Answer::CheckDisk,
        426 => Answer::Upgrade,
        _ => Answer::Retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_a_second_to_a_minute() {
        for (failures, full) in [
            (1, 1_000),
            (2, 2_000),
            (5, 16_000),
            (7, 60_000),
            (99, 60_000),
        ] {
            assert_eq!(backoff_ms(failures, 0), full / 2);
            assert_eq!(backoff_ms(failures, full / 2), full);
        }
    }
}
