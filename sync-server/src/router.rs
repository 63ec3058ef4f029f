//! Every route in one table, and what surrounds them all.

use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware,
    response::Response,
    routing::{any, get, post},
};
use tower_http::{
    CompressionLevel,
    compression::CompressionLayer,
    decompression::RequestDecompressionLayer,
    services::{ServeDir, ServeFile},
};

use crate::{
    openapi,
    problem::Problem,
    route::{balances, console, health, shifts, sync, tills},
    state::Shared,
    telemetry,
};

/// Scripts come from here alone; WebAssembly may be compiled; nobody may frame a page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The whole server.
pub fn app(state: Shared) -> Router {
    let mut router = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/api/v1/sync/enrol", post(sync::enrol))
        .route("/api/v1/sync/challenge", post(sync::challenge))
        .route("/api/v1/sync/token", post(sync::token))
        .route("/api/v1/sync/push", post(sync::push))
        .route("/api/v1/sync/have", post(sync::have))
        .route("/api/v1/sync/relay", post(sync::relay))
        .route("/api/v1/sync/pull", get(sync::pull))
        .route("/api/v1/sync/snapshot", get(sync::snapshot))
        .route("/api/v1/sync/events", get(sync::events))
        .route("/api/v1/sync/verifiers", get(sync::verifiers))
        .route(
            "/api/v1/session",
            get(console::session)
                .post(console::open_session)
                .delete(console::close_session),
        )
        .route(
            "/api/v1/reports/sales-by-hour",
            get(console::report_sales_by_hour),
        )
        .route("/api/v1/documents", get(console::documents))
        .route("/api/v1/documents/{id}", get(console::document))
        .route("/api/v1/held", get(console::held))
        .route(
            "/api/v1/held/{device_id}/{epoch}/{branch}/{seq}/retry",
            post(console::retry_held_operation),
        )
        .route(
            "/api/v1/customers/{id}/erase",
            post(console::erase_customer_texts),
        )
        .route("/api/v1/shifts", get(shifts::shifts))
        .route("/api/v1/balances", get(balances::balances))
        .route("/api/v1/tills", get(tills::tills))
        .route("/api/v1/exceptions/{id}/close", post(tills::close))
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/docs", get(openapi::page))
        .route("/docs/style.css", get(openapi::style))
        .route("/api/{*rest}", any(unknown))
        .method_not_allowed_fallback(method_not_allowed);
    router = match &state.http.console {
        Some(folder) => {
            // The console finds its own way: any other path is its first page.
            let first_page = ServeFile::new(folder.join("index.html"));
            router.fallback_service(ServeDir::new(folder).fallback(first_page))
        }
        None => router.fallback(unknown),
    };
    router
        // Whoever reads a body refuses an encoding that is left on it.
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(middleware::map_response(guard))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            telemetry::observe,
        ))
        .with_state(state)
}

async fn unknown(request: Request) -> Problem {
    tracing::debug!(path = request.uri().path(), "no such route");
    Problem::not_found("address")
}

async fn method_not_allowed() -> Problem {
    let mut problem = Problem::not_found("method at this address");
    problem.status = axum::http::StatusCode::METHOD_NOT_ALLOWED;
    problem
}

/// Headers that keep browsers from doing harm with any answer.
async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CACHE_CONTROL, "no-cache");
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    response
}
