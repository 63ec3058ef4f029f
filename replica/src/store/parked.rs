//! Parked sales of a store.

use domain::{
    id::{OpId, StoreId},
    replication::log::{LogKind, LogPlace, LogState},
    sale::ParkedSale,
};
use sqlx::SqliteConnection;

use super::log;
use crate::error::Error;

/// Where a parked sale's row is.
fn place(store_id: StoreId, parked_id: OpId) -> LogPlace {
    LogPlace {
        kind: LogKind::ParkedSale,
        home: Some(store_id),
        key: parked_id.into(),
    }
}

/// A parked sale as shown.
pub(crate) async fn one_shown(
    connection: &mut SqliteConnection,
    store_id: StoreId,
    parked_id: OpId,
) -> Result<Option<ParkedSale>, Error> {
    let state = log::one_shown(connection, &place(store_id, parked_id)).await?;
    Ok(state.and_then(LogState::into_parked))
}

/// Whether the server has yet to say something about it.
pub(crate) async fn is_pending(
    connection: &mut SqliteConnection,
    store_id: StoreId,
    parked_id: OpId,
) -> Result<bool, Error> {
    log::is_pending(connection, &place(store_id, parked_id)).await
}
