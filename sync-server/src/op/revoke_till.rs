//! Takes a till's rights away. What it recorded and still sends is held for the owner.

use domain::{
    id::{DeviceId, OrganizationId},
    replication::body::ServerPutBody,
};

use super::record_server_operation::{
    ServerOperation, ServerOperationError, record_server_operations,
};
use crate::{database::begin, state::AppState, store};

/// Why no till was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    #[error("there is no such till")]
    Unknown,
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Revokes a till.
pub async fn revoke_till(
    state: &AppState,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<(), RevokeError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    // Device rows are locked in the order of their ids: the server's, nil, before any till's.
    store::device::lock_server(&mut tx, organization_id, &state.key.public()).await?;
    let till = store::device::revoke(&mut tx, organization_id, device_id).await?;
    store::exception::close_withdrawn(&mut tx, organization_id, device_id).await?;
    let put = ServerOperation::put(ServerPutBody {
        tills: vec![till.ok_or(RevokeError::Unknown)?],
        ..ServerPutBody::default()
    });
    let raised = record_server_operations(&mut tx, organization_id, &state.key, vec![put]).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}
