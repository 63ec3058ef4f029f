//! Makes or changes a means of payment.

use domain::{
    id::OrganizationId,
    replication::body::ServerPutBody,
    sale::{Tender, TenderError, check_tender},
};

use super::record_server_operation::{
    ServerOperation, ServerOperationError, record_server_operations,
};
use crate::{database::begin, state::AppState};

/// Why a tender stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum PutTenderError {
    #[error(transparent)]
    Tender(#[from] TenderError),
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Puts a tender.
pub async fn put_tender(
    state: &AppState,
    organization_id: OrganizationId,
    tender: Tender,
) -> Result<(), PutTenderError> {
    check_tender(&tender)?;
    let put = ServerOperation::put(ServerPutBody {
        tenders: vec![tender],
        ..ServerPutBody::default()
    });
    let mut tx = begin(&state.pool, organization_id).await?;
    let raised = record_server_operations(&mut tx, organization_id, &state.key, vec![put]).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}
