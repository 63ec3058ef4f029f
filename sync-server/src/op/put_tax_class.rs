//! Makes or changes a tax class.

use domain::{catalog::TaxClass, id::OrganizationId, replication::body::ServerPutBody};

use super::record_server_operation::{
    ServerOperation, ServerOperationError, record_server_operations,
};
use crate::{database::begin, state::AppState};

/// Puts a tax class.
pub async fn put_tax_class(
    state: &AppState,
    organization_id: OrganizationId,
    class: TaxClass,
) -> Result<(), ServerOperationError> {
    let put = ServerOperation::put(ServerPutBody {
        tax_classes: vec![class],
        ..ServerPutBody::default()
    });
    let mut tx = begin(&state.pool, organization_id).await?;
    let raised = record_server_operations(&mut tx, organization_id, &state.key, vec![put]).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}
