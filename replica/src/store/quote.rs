//! Quotes of a store.

use domain::{
    id::{OpId, StoreId},
    replication::log::{Happening, LogKind, LogPlace, LogState},
    sale::{Quote, quote::QuoteEvent},
};
use sqlx::SqliteConnection;

use super::log;
use crate::error::Error;

/// Where a quote's row is.
fn place(store_id: StoreId, quote_id: OpId) -> LogPlace {
    LogPlace {
        kind: LogKind::Quote,
        home: Some(store_id),
        key: quote_id.into(),
    }
}

/// A quote as shown.
pub(crate) async fn one_shown(
    connection: &mut SqliteConnection,
    store_id: StoreId,
    quote_id: OpId,
) -> Result<Option<Quote>, Error> {
    let state = log::one_shown(connection, &place(store_id, quote_id)).await?;
    Ok(state.and_then(LogState::into_quote))
}

/// The quote of that number; of two that bear it, the one that the server knows.
pub(crate) async fn by_number(
    connection: &mut SqliteConnection,
    store_id: StoreId,
    number: &str,
) -> Result<Option<OpId>, Error> {
    let home = store_id.0;
    let confirmed = sqlx::query_scalar!(
        "SELECT key FROM log_row WHERE kind = 'quote' AND home = ?1
             AND folded ->> '$.quote.quoted.number' = ?2
         ORDER BY at_ms LIMIT 1",
        home,
        number
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(key) = confirmed {
        return Ok(Some(key.parse().map_err(|_| Error::Unreadable("a quote"))?));
    }
    let pending = log::pending_events(connection, LogKind::Quote, home).await?;
    let made = pending.into_iter().find(|event| match &event.happening {
        Happening::Quote(QuoteEvent::Quoted(quoted)) => quoted.number == number,
        _ => false,
    });
    Ok(made.map(|event| event.op_id))
}

/// Whether the server has yet to say something about it.
pub(crate) async fn is_pending(
    connection: &mut SqliteConnection,
    store_id: StoreId,
    quote_id: OpId,
) -> Result<bool, Error> {
    log::is_pending(connection, &place(store_id, quote_id)).await
}
