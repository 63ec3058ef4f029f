//! Units by their serial numbers: logs of the organization.

use std::collections::BTreeSet;

use domain::{
    id::ProductId,
    replication::log::{LogKey, LogKind, LogPlace, LogState},
    serial::SerialUnit,
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::log;
use crate::error::Error;

/// Characters of a product's id: a key has its colon behind them, and then the number.
const ID_CHARS: usize = 36;

/// Units of a normalised number as shown, of whichever products.
pub(crate) async fn shown(
    connection: &mut SqliteConnection,
    serial: &str,
    product_id: Option<ProductId>,
) -> Result<Vec<SerialUnit>, Error> {
    let confirmed = sqlx::query_scalar!(
        "SELECT key FROM log_row WHERE kind = 'serial' AND substr(key, 38) = ?1",
        serial
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut keys: BTreeSet<LogKey> = confirmed.into_iter().map(LogKey::stored).collect();
    let pending = log::pending_events(connection, LogKind::Serial, Uuid::nil()).await?;
    let is_it = |key: &LogKey| key.as_str().get(ID_CHARS + 1..) == Some(serial);
    keys.extend(pending.into_iter().map(|event| event.key).filter(is_it));
    let mut units = Vec::new();
    for key in keys {
        let place = LogPlace {
            kind: LogKind::Serial,
            home: None,
            key,
        };
        let unit = log::one_shown(connection, &place).await?;
        units.extend(unit.and_then(LogState::into_serial));
    }
    units.retain(|unit| product_id.is_none_or(|product_id| unit.product_id == product_id));
    Ok(units)
}
