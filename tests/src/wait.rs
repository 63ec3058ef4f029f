//! Waiting for another process: for what it does, with a deadline, and never for time alone.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a condition is looked at.
const LOOK_MS: u64 = 20;

/// Looks until the condition gives something, or fails when it takes too long.
pub fn until<T>(
    what: &str,
    time_max: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if started.elapsed() > time_max {
            bail!("{what}: nothing after {time_max:?}");
        }
        pause(Duration::from_millis(LOOK_MS));
    }
}

/// Lets another process go on for a moment.
#[allow(
    clippy::disallowed_methods,
    reason = "another process's work cannot be waited for in any other way; callers look again"
)]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}
