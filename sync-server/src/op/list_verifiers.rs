//! What a till may check PINs against: its own store's people, nobody else's.

use domain::{
    contract::sync_v1::PinVerifier,
    id::{OrganizationId, StoreId},
};

use crate::{database::begin, state::AppState, store};

/// The verifiers for a store's tills.
pub async fn list_verifiers(
    state: &AppState,
    organization_id: OrganizationId,
    store_id: StoreId,
) -> Result<Vec<PinVerifier>, sqlx::Error> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let verifiers = store::staff::verifiers(&mut tx, organization_id, store_id).await?;
    tx.commit().await?;
    Ok(verifiers)
}
