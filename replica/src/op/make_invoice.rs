//! Makes an invoice of a receipt: numbered, frozen, recorded, and its paper queued.

use domain::{
    contract::ipc::{Changed, DocumentView, MakeInvoice},
    id::OpId,
    replication::OpBody,
    sale::{
        invoice::{InvoiceError, Issuing, issue},
        number::NumberKind,
    },
    staff::Permission,
};

use super::invoice_view::paper;
use crate::{
    error::Error,
    print::queue_document,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn make_invoice(
    till: &Shared,
    command: MakeInvoice,
) -> Result<DocumentView, Error> {
    let person = till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let store_id = identity.enrolment.store.store_id;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if let Some(invoice_id) = store::draft::find(&mut transaction, command.draft_id).await? {
        let paper = paper(&mut transaction, &identity, &invoice_id.to_string()).await?;
        return paper.ok_or(Error::DocumentUnknown);
    }
    let (receipt, _) = store::document::load(&mut transaction, command.receipt_id)
        .await?
        .filter(|(receipt, _)| receipt.store_id == store_id)
        .ok_or(Error::DocumentUnknown)?;
    let nobody = InvoiceError::FieldMissing {
        field: "legal_name",
    };
    let customer_id = command.customer_id.or(receipt.customer_id);
    let customer_id = customer_id.ok_or(nobody)?;
    let customer = store::customer::one_shown(&mut transaction, customer_id)
        .await?
        .ok_or(Error::CustomerUnknown(customer_id))?;
    let known = store::invoice::one_shown(&mut transaction, store_id, receipt.document_id).await?;
    let now_ms = till.clock.now_ms();
    let day = identity.day(now_ms);
    let mut chain = chain_head(&mut transaction).await?;
    chain.invoices += 1;
    let issuing = Issuing {
        number: identity.number(NumberKind::Invoice, &chain, chain.invoices),
        series: chain.series.clone(),
        count: chain.invoices,
        business_date: day.date,
        utc_offset_min: day.utc_offset_min,
        country: identity.place.organization.country.clone(),
    };
    let invoiced = issue(issuing, &receipt, known.as_ref(), &customer)?;
    let invoice_id = OpId(till.clock.new_id());
    let recording = Recording {
        identity: &identity,
        op_id: invoice_id,
        draft_id: command.draft_id,
        staff_id: person.staff_id,
        wall_ms: now_ms,
        body: OpBody::InvoiceMake(Box::new(invoiced)),
        private: Vec::new(),
    };
    record(&mut transaction, chain, recording).await?;
    let shown = paper(&mut transaction, &identity, &invoice_id.to_string()).await?;
    let shown = shown.ok_or(Error::Internal("an invoice without its paper"))?;
    let mut drawn = shown.document.clone();
    // Nobody pays anything now: the drawer stays shut.
    drawn.payments.clear();
    queue_document(&mut transaction, &identity, &drawn, person.staff_id, now_ms).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Documents]);
    till.printing.wake();
    Ok(shown)
}
