//! The only reader of time and maker of randomness of this crate. What orders facts is PostgreSQL's
//! time, read in the transaction; this one dates tokens, ids and answers.

use domain::id::uuid_v7;
use uuid::Uuid;

/// Milliseconds since 1970.
#[must_use]
#[allow(
    clippy::disallowed_methods,
    reason = "the one place of this crate that reads the time"
)]
pub fn now_ms() -> u64 {
    #[cfg(feature = "simulation")]
    if let Some(now_ms) = crate::simulation::now_ms() {
        return now_ms;
    }
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

/// PostgreSQL's time as a transaction read it, which is what orders facts.
#[cfg(not(feature = "simulation"))]
#[must_use]
pub const fn postgres_ms(read_ms: u64) -> u64 {
    read_ms
}

/// PostgreSQL's time, unless a simulation has its own.
#[cfg(feature = "simulation")]
#[must_use]
pub fn postgres_ms(read_ms: u64) -> u64 {
    crate::simulation::now_ms().unwrap_or(read_ms)
}

/// The operating system could give no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes: {0}")]
pub struct RandomError(#[from] getrandom::Error);

/// Random bytes fit for secrets.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    #[cfg(feature = "simulation")]
    if crate::simulation::fill(&mut bytes) {
        return Ok(bytes);
    }
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A new version 7 id.
pub fn new_id<I: From<Uuid>>() -> Result<I, RandomError> {
    Ok(uuid_v7(now_ms(), random_bytes()?).into())
}
