//! Makes a store. Its code starts every document's number, so it is short and never given twice.

use domain::{
    id::OrganizationId,
    replication::{body::ServerPutBody, row::Store},
};

use super::record_server_operation::{
    ServerOperation, ServerOperationError, record_server_operations,
};
use crate::{database::begin, state::AppState, store};

const CODE_LETTERS_MAX: usize = 6;

/// Why no store was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateStoreError {
    #[error(
        "{0:?} cannot be a store's code: one to {CODE_LETTERS_MAX} capital letters and digits, no T"
    )]
    CodeInvalid(String),
    #[error("there is a store {0} already")]
    CodeTaken(String),
    #[error("a store needs a name")]
    NameMissing,
    #[error("{0:?} is not a time zone's name")]
    TimeZoneUnknown(String),
    #[error("a day begins at an hour from 0 to 23")]
    CutOverInvalid,
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Makes a store.
pub async fn create_store(
    state: &AppState,
    organization_id: OrganizationId,
    new: &Store,
) -> Result<(), CreateStoreError> {
    // A T divides store and till in a document's number.
    let is_code = (1..=CODE_LETTERS_MAX).contains(&new.code.len())
        && new
            .code
            .bytes()
            .all(|byte| (byte.is_ascii_uppercase() && byte != b'T') || byte.is_ascii_digit());
    if !is_code {
        return Err(CreateStoreError::CodeInvalid(new.code.clone()));
    }
    if new.name.trim().is_empty() {
        return Err(CreateStoreError::NameMissing);
    }
    if jiff::tz::TimeZone::get(&new.time_zone).is_err() {
        return Err(CreateStoreError::TimeZoneUnknown(new.time_zone.clone()));
    }
    if new.cut_over_hour > 23 {
        return Err(CreateStoreError::CutOverInvalid);
    }
    let mut tx = begin(&state.pool, organization_id).await?;
    let stores = store::organization::stores(&mut tx, organization_id).await?;
    if stores.iter().any(|store| store.code == new.code) {
        return Err(CreateStoreError::CodeTaken(new.code.clone()));
    }
    let put = ServerOperation::put(ServerPutBody {
        stores: vec![new.clone()],
        ..ServerPutBody::default()
    });
    let raised = record_server_operations(&mut tx, organization_id, &state.key, vec![put]).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}
