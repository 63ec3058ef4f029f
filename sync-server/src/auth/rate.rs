//! How often one address may try a credential: a bucket of tries that fills again. It lives in this
//! process alone and guards against guessing; the lock-out that counts stands in the database.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{StatusCode, request::Parts},
};
use domain::contract::failure::{Failure, code};

use crate::{problem::Problem, state::Shared};

/// Tries that an address has at once, and again each minute, unless the owner says otherwise.
pub const TRIES_PER_MINUTE: u32 = 60;
const MINUTE: Duration = Duration::from_secs(60);
/// Addresses remembered; full buckets go first.
const ADDRESSES_MAX: usize = 10_000;

/// Tries left, by address.
#[derive(Debug)]
pub struct Rates {
    tries_max: f64,
    left: Mutex<HashMap<IpAddr, (f64, Instant)>>,
}

impl Rates {
    /// Full buckets of so many tries, which fill again within a minute.
    #[must_use]
    pub fn new(tries_per_minute: u32) -> Self {
        Self {
            tries_max: tries_per_minute.into(),
            left: Mutex::default(),
        }
    }

    /// Takes one try; false when there is none left.
    #[must_use]
    pub fn take(&self, address: IpAddr, now: Instant) -> bool {
        let tries_max = self.tries_max;
        let mut buckets = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |(left, since): (f64, Instant)| {
            let grown = now.saturating_duration_since(since).as_secs_f64();
            (left + tries_max * grown / MINUTE.as_secs_f64()).min(tries_max)
        };
        if buckets.len() >= ADDRESSES_MAX {
            buckets.retain(|_, bucket| filled(*bucket) < tries_max);
        }
        let left = buckets.get(&address).map_or(tries_max, |b| filled(*b));
        let may = left >= 1.0;
        buckets.insert(address, (if may { left - 1.0 } else { left }, now));
        may
    }
}

/// A request that tries a credential, within its address's rate.
#[derive(Debug, Clone, Copy)]
pub struct Tried;

impl FromRequestParts<Shared> for Tried {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
        if state.rates.take(address, Instant::now()) {
            return Ok(Self);
        }
        let failure = Failure::new(code::TOO_MANY_REQUESTS, "too many tries; wait a little");
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, failure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_tries_too_often_waits_and_others_do_not() {
        let (rates, now) = (Rates::new(60), Instant::now());
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        assert_eq!((0..100).filter(|_| rates.take(one, now)).count(), 60);
        assert!(rates.take(other, now));
        assert!(rates.take(one, now + MINUTE / 30));
    }
}
