//! Changes what the owner decided for all stores.

use domain::{
    id::OrganizationId,
    replication::{body::ServerPutBody, row::Settings},
};

use super::record_server_operation::{
    ServerOperation, ServerOperationError, record_server_operations,
};
use crate::{database::begin, state::AppState, store};

/// Why settings stayed as they were.
#[derive(Debug, thiserror::Error)]
pub enum PutSettingsError {
    #[error("there is no such organization")]
    OrganizationUnknown,
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Changes the settings as they are now; what `change` leaves alone stays.
pub async fn put_settings(
    state: &AppState,
    organization_id: OrganizationId,
    change: impl FnOnce(&mut Settings),
) -> Result<(), PutSettingsError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let mut organization = store::organization::get(&mut tx, organization_id)
        .await?
        .ok_or(PutSettingsError::OrganizationUnknown)?;
    change(&mut organization.settings);
    let put = ServerOperation::put(ServerPutBody {
        organization: Some(organization),
        ..ServerPutBody::default()
    });
    let raised = record_server_operations(&mut tx, organization_id, &state.key, vec![put]).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}
