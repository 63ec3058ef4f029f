//! Puts rows that the server alone writes: tax classes and promotions, replaced whole.

use domain::{
    catalog::TaxClass,
    id::OrganizationId,
    replication::body::ServerPutBody,
    sale::{
        Promotion,
        promotion::{PromotionError, check_promotion},
    },
};

use super::record_server_operation::{
    ServerOperation, ServerOperationError, record_server_operations,
};
use crate::{database::begin, state::AppState};

/// Why a row was not put.
#[derive(Debug, thiserror::Error)]
pub enum PutRowsError {
    #[error(transparent)]
    Promotion(#[from] PromotionError),
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Makes or changes a tax class.
pub async fn put_tax_class(
    state: &AppState,
    organization_id: OrganizationId,
    class: TaxClass,
) -> Result<(), PutRowsError> {
    let tax_classes = vec![class];
    let body = ServerPutBody {
        tax_classes,
        ..ServerPutBody::default()
    };
    put(state, organization_id, body).await
}

/// Makes or changes a promotion.
pub async fn put_promotion(
    state: &AppState,
    organization_id: OrganizationId,
    promotion: Promotion,
) -> Result<(), PutRowsError> {
    check_promotion(&promotion)?;
    let promotions = vec![promotion];
    let body = ServerPutBody {
        promotions,
        ..ServerPutBody::default()
    };
    put(state, organization_id, body).await
}

async fn put(
    state: &AppState,
    organization_id: OrganizationId,
    body: ServerPutBody,
) -> Result<(), PutRowsError> {
    let put = ServerOperation::put(body);
    let mut tx = begin(&state.pool, organization_id).await?;
    let raised = record_server_operations(&mut tx, organization_id, &state.key, vec![put]).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}
