//! Invoices of a store's receipts.

use domain::{
    id::{OpId, StoreId},
    replication::log::{Happening, LogKind, LogPlace, LogState},
    sale::{Invoice, invoice::InvoiceEvent},
};
use sqlx::SqliteConnection;

use super::log;
use crate::error::Error;

/// Where the row of a receipt's invoice is.
fn place(store_id: StoreId, receipt_id: OpId) -> LogPlace {
    LogPlace {
        kind: LogKind::Invoice,
        home: Some(store_id),
        key: receipt_id.into(),
    }
}

/// The invoice of a receipt as shown.
pub(crate) async fn one_shown(
    connection: &mut SqliteConnection,
    store_id: StoreId,
    receipt_id: OpId,
) -> Result<Option<Invoice>, Error> {
    let state = log::one_shown(connection, &place(store_id, receipt_id)).await?;
    Ok(state.and_then(LogState::into_invoice))
}

/// The receipt of the invoice of that number or id; of two that bear it, the one that the server
/// knows.
pub(crate) async fn receipt_of(
    connection: &mut SqliteConnection,
    store_id: StoreId,
    number: &str,
) -> Result<Option<OpId>, Error> {
    let home = store_id.0;
    let confirmed = sqlx::query_scalar!(
        "SELECT key FROM log_row WHERE kind = 'invoice' AND home = ?1
             AND folded ->> '$.invoice.issued.number' = ?2
         UNION ALL
         SELECT key FROM log_row WHERE kind = 'invoice' AND home = ?1
             AND folded ->> '$.invoice.issued.invoice_id' = ?2
         UNION ALL
         SELECT key FROM log_row WHERE kind = 'invoice' AND home = ?1 AND state = 'issued_again'
             AND EXISTS (SELECT 1 FROM json_each(folded, '$.invoice.again') AS again
                 WHERE ?2 IN (again.value ->> '$.number', again.value ->> '$.invoice_id'))
         LIMIT 1",
        home,
        number
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(key) = confirmed {
        let receipt_id = key.parse().map_err(|_| Error::Unreadable("an invoice"))?;
        return Ok(Some(receipt_id));
    }
    let pending = log::pending_events(connection, LogKind::Invoice, home).await?;
    Ok(pending
        .into_iter()
        .find_map(|event| match &event.happening {
            Happening::Invoice(InvoiceEvent::Issued(invoiced))
                if invoiced.number == number || event.op_id.to_string() == number =>
            {
                Some(invoiced.receipt_id)
            }
            _ => None,
        }))
}

/// Whether the server has yet to say something about it.
pub(crate) async fn is_pending(
    connection: &mut SqliteConnection,
    store_id: StoreId,
    receipt_id: OpId,
) -> Result<bool, Error> {
    log::is_pending(connection, &place(store_id, receipt_id)).await
}
