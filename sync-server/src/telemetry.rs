//! What an operator sees: a trace id for every request, one log line where it ends, and counters
//! in Prometheus' text format. Neither carries personal data or secrets.

use std::{
    fmt::Write as _,
    io::IsTerminal,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header::HeaderName},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::contract::{
    failure::{Failure, code},
    sync_v1::Outcome,
};
use tracing::Instrument;
use uuid::Uuid;

use crate::{clock, database::Pool, problem::Problem, state::Shared};

/// The header that carries the trace id both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest time that a request may take until its answer begins.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);

tokio::task_local! {
    static TRACE_ID: String;
}

/// The trace id of the request that is being answered.
#[must_use]
pub fn trace_id() -> Option<String> {
    TRACE_ID.try_with(Clone::clone).ok()
}

/// Counters since the process began.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [AtomicU64; 6],
    request_micros: AtomicU64,
    operations_applied: AtomicU64,
    operations_held: AtomicU64,
    feed_rows_sent: AtomicU64,
    live_connections: AtomicU64,
}

impl Metrics {
    /// Counts what became of pushed and relayed operations.
    pub fn taken(&self, outcomes: impl Iterator<Item = Outcome>) {
        for outcome in outcomes {
            let counter = match outcome {
                Outcome::Applied => &self.operations_applied,
                Outcome::Held => &self.operations_held,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts rows of a page.
    pub fn pulled(&self, rows: u64) {
        self.feed_rows_sent.fetch_add(rows, Ordering::Relaxed);
    }

    /// A till connected for live events.
    pub fn connected(&self) {
        self.live_connections.fetch_add(1, Ordering::Relaxed);
    }

    /// A till's live connection ended.
    pub fn disconnected(&self) {
        self.live_connections.fetch_sub(1, Ordering::Relaxed);
    }

    fn answered(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).min(5);
        self.requests[class].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.request_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// The counters in Prometheus' text format.
    #[must_use]
    pub fn render(&self, pool: &Pool) -> String {
        let mut text = String::new();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut put = |name: &str, kind: &str, what: &str, values: &[(String, f64)]| {
            let _ = writeln!(text, "# HELP {name} {what}\n# TYPE {name} {kind}");
            for (labels, value) in values {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        let plain = |value: u64| vec![(String::new(), value as f64)];
        let classes: Vec<_> = (1..6)
            .map(|class| {
                (
                    format!("{{status=\"{class}xx\"}}"),
                    read(&self.requests[class]) as f64,
                )
            })
            .collect();
        put(
            "techstore_http_requests_total",
            "counter",
            "Requests answered.",
            &classes,
        );
        put(
            "techstore_http_request_seconds_total",
            "counter",
            "Time spent until answers began.",
            &[(String::new(), read(&self.request_micros) as f64 / 1e6)],
        );
        let outcomes = [
            (
                "{outcome=\"applied\"}".to_owned(),
                read(&self.operations_applied) as f64,
            ),
            (
                "{outcome=\"held\"}".to_owned(),
                read(&self.operations_held) as f64,
            ),
        ];
        let what = "Operations pushed, repeated ones too.";
        put("techstore_operations_total", "counter", what, &outcomes);
        let rows = plain(read(&self.feed_rows_sent));
        put(
            "techstore_feed_rows_sent_total",
            "counter",
            "Feed rows sent to tills.",
            &rows,
        );
        let live = plain(read(&self.live_connections));
        put(
            "techstore_live_connections",
            "gauge",
            "Tills connected for events.",
            &live,
        );
        let connections = plain(u64::from(pool.open()));
        put(
            "techstore_database_connections",
            "gauge",
            "Open connections.",
            &connections,
        );
        text
    }
}

/// Gives each request its trace id, time limit and log line.
pub async fn observe(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let trace_id = given_id(&request).unwrap_or_else(|| {
        clock::new_id::<Uuid>().map_or_else(|_| "none".to_owned(), |id| id.simple().to_string())
    });
    let method = request.method().clone();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!("request", trace_id, %method, path);
    let started = tokio::time::Instant::now();
    let answer = async {
        match tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Failure::new(code::INTERNAL, "the answer took too long"),
            )
            .into_response(),
        }
    };
    let mut response = TRACE_ID
        .scope(trace_id.clone(), answer.instrument(span.clone()))
        .await;
    let took = started.elapsed();
    let status = response.status();
    state.metrics.answered(status, took);
    span.in_scope(|| {
        let took_ms = took.as_secs_f64() * 1_000.0;
        tracing::info!(status = status.as_u16(), took_ms, "answered");
    });
    if let Ok(value) = HeaderValue::from_str(&trace_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The caller's own id, if it is short and plain.
fn given_id(request: &Request) -> Option<String> {
    let text = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = text.len() <= 64
        && !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_plain.then(|| text.to_owned())
}

/// Starts logging to standard error: for people, or JSON for machines. `RUST_LOG` filters.
pub fn start_logging(json: bool) {
    use tracing_subscriber::EnvFilter;
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second call (tests) keeps the first subscriber.
    let _ = if json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.compact().try_init()
    };
}
