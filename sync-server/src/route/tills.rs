//! The REST route of the console's tills.

use axum::extract::State;
use domain::{contract::rest::TillsPage, staff::Permission};

use super::extract::Reply;
use crate::{
    auth::console::Reader, op::list_tills::list_tills, openapi::schema, problem::Problem,
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
