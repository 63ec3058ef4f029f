//! The network of a simulation: requests go straight to the server's router, and what gets lost,
//! doubled, late or cut on the way is decided by the seed.

use std::{
    collections::BTreeMap,
    io::Read,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE},
};
use flate2::read::GzDecoder;
use futures_util::{FutureExt, future::BoxFuture};
use replica::{
    simulation::crash_point,
    transport::{Opened, Request, Response, Transport, Unreachable},
};
use secrecy::ExposeSecret;
use tower::ServiceExt;

use super::random::Random;

/// What can happen to an exchange, each in 1,000.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weather {
    pub(super) lose_request: u64,
    pub(super) lose_answer: u64,
    pub(super) double: u64,
    pub(super) late: u64,
    pub(super) cut_answer: u64,
    pub(super) refuse: u64,
}

/// In one of so many seeds the server has two instances over its database.
const SEEDS_PER_TWO: u64 = 4;

/// How many of each fault happened.
pub(super) type Counts = BTreeMap<&'static str, u64>;

/// What a till from before the oldest protocol would name.
const PROTOCOL: &str = "techstore-protocol";
const PROTOCOL_TOO_OLD: &str = "0";

/// All tills' ways to the one server.
#[derive(Debug, Clone)]
pub(super) struct Network(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// The instances of the server; none while it is down.
    servers: Vec<Router>,
    /// Which instance an exchange goes to.
    turns: Random,
    instances: usize,
    random: Random,
    weather: Weather,
    late: Vec<Request>,
    counts: Counts,
}

impl Network {
    pub(super) fn new(seed: u64, weather: Weather) -> Network {
        Network(Arc::new(Mutex::new(State {
            servers: Vec::new(),
            turns: Random::new(seed ^ 0x7EA2),
            instances: if seed.is_multiple_of(SEEDS_PER_TWO) {
                2
            } else {
                1
            },
            random: Random::new(seed ^ 0x5EED),
            weather,
            late: Vec::new(),
            counts: Counts::new(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server goes up, or down: no instance is left.
    pub(super) fn set_servers(&self, servers: Vec<Router>) {
        self.state().servers = servers;
    }

    /// How many instances the server has in this seed.
    pub(super) fn instances(&self) -> usize {
        self.state().instances
    }

    fn any_server(&self) -> Option<Router> {
        let mut state = self.state();
        let count = state.servers.len();
        if count < 2 {
            return state.servers.first().cloned();
        }
        let at = state.turns.index(count);
        if at > 0 {
            *state.counts.entry("second instance").or_default() += 1;
        }
        state.servers.get(at).cloned()
    }

    pub(super) fn set_weather(&self, weather: Weather) {
        self.state().weather = weather;
    }

    pub(super) fn count(&self, fault: &'static str) {
        self.count_many(fault, 1);
    }

    pub(super) fn count_many(&self, fault: &'static str, times: u64) {
        if times > 0 {
            *self.state().counts.entry(fault).or_default() += times;
        }
    }

    pub(super) fn counts(&self) -> Counts {
        self.state().counts.clone()
    }

    /// Delivers a request that was on its way since long; nobody waits for its answer.
    pub(super) async fn deliver_late(&self) {
        let late = {
            let mut state = self.state();
            if state.late.is_empty() {
                return;
            }
            let length = state.late.len();
            let at = state.random.index(length);
            state.late.remove(at)
        };
        self.count("late request");
        let _ = self.deliver(late, false).await;
    }

    /// A till's own way.
    pub(super) fn link(&self) -> Link {
        Link {
            network: self.clone(),
            is_cut: Arc::new(Mutex::new(Cut::None)),
            is_old: Arc::default(),
        }
    }

    async fn deliver(&self, request: Request, is_old: bool) -> Result<Response, Unreachable> {
        let Some(server) = self.any_server() else {
            return Err(Unreachable("nobody listens".into()));
        };
        let mut builder = axum::http::Request::builder()
            .method(request.method)
            .uri(&request.url[url::Position::BeforePath..]);
        if let Some(bearer) = request.bearer {
            builder = builder.header(AUTHORIZATION, format!("Bearer {}", bearer.expose_secret()));
        }
        if is_old {
            builder = builder.header(PROTOCOL, PROTOCOL_TOO_OLD);
        }
        let body = match request.body {
            None => Body::empty(),
            Some(body) => {
                builder = builder.header(CONTENT_TYPE, "application/json");
                if body.is_gzip {
                    builder = builder.header(CONTENT_ENCODING, "gzip");
                }
                Body::from(body.bytes)
            }
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let request = builder
            .extension(ConnectInfo(address))
            .body(body)
            .map_err(|error| Unreachable(error.to_string()))?;
        let Ok(answer) = server.oneshot(request).await;
        let status = answer.status().as_u16();
        let is_gzip = answer
            .headers()
            .get(CONTENT_ENCODING)
            .is_some_and(|encoding| encoding == "gzip");
        let bytes = to_bytes(answer.into_body(), usize::MAX)
            .await
            .map_err(|error| Unreachable(error.to_string()))?;
        let mut body = Vec::new();
        if is_gzip {
            GzDecoder::new(&*bytes)
                .read_to_end(&mut body)
                .map_err(|error| Unreachable(error.to_string()))?;
        } else {
            body.extend_from_slice(&bytes);
        }
        if status == 426 {
            self.count("protocol too old");
        }
        if status >= 500 {
            self.count("server error");
            tracing::error!(status, body = %String::from_utf8_lossy(&body), "the server failed");
        }
        Ok(Response { status, body })
    }
}

/// Which ways are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    None,
    /// Nothing arrives.
    Requests,
    /// Requests arrive, answers do not.
    Answers,
}

/// One till's way to the server.
#[derive(Debug, Clone)]
pub(super) struct Link {
    network: Network,
    is_cut: Arc<Mutex<Cut>>,
    is_old: Arc<AtomicBool>,
}

impl Link {
    pub(super) fn set_cut(&self, cut: Cut) {
        *self.is_cut.lock().unwrap_or_else(PoisonError::into_inner) = cut;
    }

    /// The till speaks a protocol that the server knows no longer, or is up to date again.
    pub(super) fn set_old(&self, is_old: bool) {
        self.is_old.store(is_old, Ordering::Relaxed);
    }

    pub(super) fn count(&self, fault: &'static str) {
        self.network.count(fault);
    }

    fn cut(&self) -> Cut {
        *self.is_cut.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chance(&self, fault: &'static str, permille: impl Fn(&Weather) -> u64) -> bool {
        let mut state = self.network.state();
        let permille = permille(&state.weather);
        let happens = state.random.happens(permille);
        if happens {
            *state.counts.entry(fault).or_default() += 1;
        }
        happens
    }

    async fn pass(&self, request: Request) -> Result<Response, Unreachable> {
        crash_point().await;
        let lost = || Err(Unreachable("lost on the way".into()));
        if self.cut() == Cut::Requests || self.chance("lost request", |w| w.lose_request) {
            return lost();
        }
        if self.chance("refused by a proxy", |w| w.refuse) {
            let body = b"<html>Bad gateway</html>".to_vec();
            return Ok(Response { status: 502, body });
        }
        if self.chance("kept for later", |w| w.late) {
            self.network.state().late.push(request.clone());
        }
        let is_old = self.is_old.load(Ordering::Relaxed);
        let mut answer = self.network.deliver(request.clone(), is_old).await;
        if self.chance("doubled request", |w| w.double) {
            answer = self.network.deliver(request, is_old).await;
        }
        crash_point().await;
        if self.cut() == Cut::Answers || self.chance("lost answer", |w| w.lose_answer) {
            return lost();
        }
        if let Ok(answer) = &mut answer
            && self.chance("answer cut short", |w| w.cut_answer)
        {
            answer.body.truncate(answer.body.len() / 2);
        }
        answer
    }
}

impl Transport for Link {
    fn exchange(&self, request: Request) -> BoxFuture<'_, Result<Response, Unreachable>> {
        self.pass(request).boxed()
    }

    fn open(&self, _: Request) -> BoxFuture<'_, Result<Opened, Unreachable>> {
        // A poke only saves waiting; here the seed decides when a till asks.
        async { Err(Unreachable("no live connection".into())) }.boxed()
    }
}
