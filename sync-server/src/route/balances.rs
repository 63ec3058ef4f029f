//! The REST route of the console's balances.

use axum::extract::State;
use domain::{contract::rest::BalancesPage, staff::Permission};

use super::extract::Reply;
use crate::{
    auth::console::Reader, op::list_balances::list_balances, openapi::schema, problem::Problem,
    state::Shared,
};

/// Lists gift cards, store credit and accounts that are not settled, with their sums.
#[utoipa::path(
    get,
    path = "/api/v1/balances",
    security(("session" = [])),
    responses(
        (status = 200, description = "Sums, and the largest balances first.", body = schema::BalancesPage),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn balances(
    State(state): State<Shared>,
    reader: Reader,
) -> Result<Reply<BalancesPage>, Problem> {
    reader.needs(Permission::SeeReports)?;
    Ok(Reply(list_balances(&state, reader.organization_id).await?))
}
