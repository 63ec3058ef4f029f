//! Closes an exception that only a person can settle: what nobody has brought, and numbers that
//! were given out twice. The others close when their reason goes.

use domain::id::OrganizationId;
use uuid::Uuid;

use crate::{database::begin, state::AppState, store};

/// Why nothing was closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    #[error("nothing of that name is open that a person may close")]
    Unknown,
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Closes one.
pub async fn close_exception(
    state: &AppState,
    organization_id: OrganizationId,
    exception_id: Uuid,
) -> Result<(), CloseError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    if !store::exception::close_seen(&mut tx, organization_id, exception_id).await? {
        return Err(CloseError::Unknown);
    }
    tx.commit().await?;
    Ok(())
}
