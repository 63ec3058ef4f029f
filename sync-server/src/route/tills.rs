//! The REST routes of the console's tills.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::{contract::rest::TillsPage, staff::Permission};

use super::extract::Reply;
use crate::{
    auth::console::{Reader, Writer},
    op::{
        close_exception::{CloseError, close_exception},
        list_tills::list_tills,
    },
    openapi::schema,
    problem::Problem,
    state::Shared,
};

/// Lists every till and how it stands with the server.
#[utoipa::path(
    get,
    path = "/api/v1/tills",
    security(("session" = [])),
    responses(
        (status = 200, description = "Every till, by store and number.", body = schema::TillsPage),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn tills(
    State(state): State<Shared>,
    reader: Reader,
) -> Result<Reply<TillsPage>, Problem> {
    reader.needs(Permission::ManageTills)?;
    Ok(Reply(list_tills(&state, reader.organization_id).await?))
}

/// Closes an exception that only a person can settle.
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/{id}/close",
    security(("session" = [])),
    params(
        ("id" = uuid::Uuid, Path),
        ("X-CSRF-Token" = String, Header),
    ),
    responses(
        (status = 204, description = "It is closed."),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nothing of that name is open that a person may close.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn close(
    State(state): State<Shared>,
    Writer(reader): Writer,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    reader.needs(Permission::ManageTills)?;
    let id = id.parse().map_err(|_| Problem::not_found("exception"))?;
    close_exception(&state, reader.organization_id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<CloseError> for Problem {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::Unknown => Self::not_found("exception"),
            CloseError::Sql(error) => error.into(),
        }
    }
}
