//! An invoice's paper with the names around it.

use domain::{
    contract::ipc::{DocumentView, InvoicePaper},
    sale::invoice::IssuedInvoice,
};
use sqlx::SqliteConnection;

use super::document_view::view;
use crate::{error::Error, identity::Identity, store};

/// What the paper of the invoice of that number or id is drawn from; none where it is not known.
pub(crate) async fn paper(
    connection: &mut SqliteConnection,
    identity: &Identity,
    number: &str,
) -> Result<Option<DocumentView>, Error> {
    let store_id = identity.enrolment.store.store_id;
    let receipt_id = store::invoice::receipt_of(connection, store_id, number).await?;
    let Some(receipt_id) = receipt_id else {
        return Ok(None);
    };
    let invoice = store::invoice::one_shown(connection, store_id, receipt_id).await?;
    let Some(invoice) = invoice else {
        return Ok(None);
    };
    let is_it =
        |one: &IssuedInvoice| one.invoiced.number == number || one.invoice_id.to_string() == number;
    let Some(issued) = invoice.all().find(|one| is_it(one)) else {
        return Ok(None);
    };
    let is_pending = store::invoice::is_pending(connection, store_id, receipt_id).await?;
    let document = invoice.as_document(issued);
    let mut paper = view(connection, identity, document, is_pending).await?;
    let invoiced = &issued.invoiced;
    paper.original_number = Some(invoiced.receipt_number.clone());
    paper.customer_name = invoiced.billed_to.name.clone();
    paper.invoice = Some(InvoicePaper {
        billed_to: invoiced.billed_to.clone(),
        receipt_date: invoiced.receipt_date.clone(),
        counts: invoice.issued.invoice_id == issued.invoice_id,
    });
    Ok(Some(paper))
}
