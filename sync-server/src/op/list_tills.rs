//! Every till and how it stands with the server: one moment's picture of all of them.

use domain::{contract::rest::TillsPage, id::OrganizationId};

use crate::{clock, database::begin_snapshot, state::AppState, store};

/// Every till of an organization, by store and number.
pub async fn list_tills(
    state: &AppState,
    organization_id: OrganizationId,
) -> Result<TillsPage, sqlx::Error> {
    let mut tx = begin_snapshot(&state.pool, organization_id).await?;
    let tills = store::till::list(&mut tx, organization_id).await?;
    tx.commit().await?;
    Ok(TillsPage {
        server_ms: clock::now_ms().cast_signed(),
        tills,
    })
}
