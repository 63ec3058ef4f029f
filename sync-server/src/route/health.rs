//! What watches the server: alive, ready, counters.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use domain::contract::failure::{Failure, code};

use crate::{openapi::schema, problem::Problem, state::Shared};

/// The process answers.
#[utoipa::path(
    get,
    path = "/health/live",
    responses(
        (status = 200, description = "The process answers.", body = String, content_type = "text/plain"),
    ),
)]
pub async fn live() -> &'static str {
    "live\n"
}

/// The database answers too.
#[utoipa::path(
    get,
    path = "/health/ready",
    responses(
        (status = 200, description = "The database answers too.", body = String, content_type = "text/plain"),
        (status = 503, description = "Not now.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn ready(State(state): State<Shared>) -> Result<&'static str, Problem> {
    match answers(&state).await {
        Ok(()) => Ok("ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Failure::new(code::INTERNAL, "the database does not answer"),
            ))
        }
    }
}

async fn answers(state: &Shared) -> Result<(), sqlx::Error> {
    let mut tx = state.pool.begin().await?;
    sqlx::query_scalar!("SELECT 1").fetch_one(&mut *tx).await?;
    tx.commit().await
}

/// Counters for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    responses(
        (status = 200, description = "Counters for Prometheus.", body = String, content_type = "text/plain"),
    ),
)]
pub async fn metrics(State(state): State<Shared>) -> impl IntoResponse {
    let text = state.metrics.render(&state.pool);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
