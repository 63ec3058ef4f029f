//! The REST route of the console's shifts.

use axum::extract::State;
use domain::{
    contract::rest::{ShiftsPage, ShiftsQuery},
    staff::Permission,
};

use super::extract::{Params, Reply};
use crate::{
    auth::console::Reader, op::list_shifts::list_shifts, openapi::schema, problem::Problem,
    state::Shared,
};

/// Lists shifts with their differences and what came too late for them.
#[utoipa::path(
    get,
    path = "/api/v1/shifts",
    security(("session" = [])),
    params(
        ("store" = Option<uuid::Uuid>, Query),
        ("limit" = Option<u32>, Query),
    ),
    responses(
        (status = 200, description = "Shifts, newest first.", body = schema::ShiftsPage),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "Unknown.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn shifts(
    State(state): State<Shared>,
    reader: Reader,
    Params(query): Params<ShiftsQuery>,
) -> Result<Reply<ShiftsPage>, Problem> {
    reader.needs(Permission::SeeReports)?;
    Ok(Reply(
        list_shifts(&state, reader.organization_id, &query).await?,
    ))
}
