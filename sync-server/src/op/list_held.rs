//! What waits for the owner: operations that were taken in without being trusted or understood.

use domain::{contract::rest::HeldPage, id::OrganizationId};

use crate::{database::begin, state::AppState, store};

const LISTED_MAX: i64 = 200;

/// How many are held, and the newest of them.
pub async fn list_held(
    state: &AppState,
    organization_id: OrganizationId,
) -> Result<HeldPage, sqlx::Error> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let (count, operations) = store::report::held(&mut tx, organization_id, LISTED_MAX).await?;
    tx.commit().await?;
    Ok(HeldPage { count, operations })
}
