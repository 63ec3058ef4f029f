//! What watches the server: alive, ready, counters.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use domain::contract::failure::{Failure, code};

use crate::{problem::Problem, state::Shared};

/// The process answers.
pub async fn live() -> &'static str {
    "live\n"
}

/// The database answers too.
pub async fn ready(State(state): State<Shared>) -> Result<&'static str, Problem> {
    match sqlx::query_scalar!("SELECT 1").fetch_one(&state.pool).await {
        Ok(_) => Ok("ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Failure::new(code::INTERNAL, "the database does not answer"),
            ))
        }
    }
}

/// Counters for Prometheus.
pub async fn metrics(State(state): State<Shared>) -> impl IntoResponse {
    let text = state.metrics.render(&state.pool);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
