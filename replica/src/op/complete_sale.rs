//! Completes a sale: priced, paid, numbered, recorded and durable before it answers.

use domain::{
    contract::ipc::{Changed, CompleteSale, DocumentView, SaleLine},
    id::OpId,
    replication::OpBody,
    sale::{self, DocumentKind, number::NumberKind},
    staff::Permission,
};

use super::{document_view::load_view, price_lines::price_lines, shift_report::shift_for_document};
use crate::{
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn complete_sale(
    till: &Shared,
    command: CompleteSale,
) -> Result<DocumentView, Error> {
    let person = till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if let Some(op_id) = store::draft::find(&mut transaction, command.draft_id).await? {
        return load_view(&mut transaction, &identity, op_id).await;
    }
    let customer_name = match command.customer_id {
        Some(customer_id) => {
            store::customer::one_shown(&mut transaction, customer_id)
                .await?
                .ok_or(Error::CustomerUnknown(customer_id))?
                .name
        }
        None => String::new(),
    };
    let lines: Vec<&SaleLine> = command.lines.iter().collect();
    let cart = price_lines(&mut transaction, &identity, &person, &lines).await?;
    let now_ms = till.clock.now_ms();
    let mut chain = chain_head(&mut transaction).await?;
    chain.receipts += 1;
    let kind = NumberKind::Document(DocumentKind::Receipt);
    let shift_id = shift_for_document(&mut transaction, &identity, now_ms).await?;
    let context = identity.sale_context(kind, &chain, chain.receipts, (now_ms, shift_id));
    sale::check_payments(&identity.place.tenders, &command.payments)?;
    let body = sale::complete_sale(context, command.customer_id, &cart, &command.payments)?;
    let recording = Recording {
        identity: &identity,
        op_id: OpId(till.clock.new_id()),
        draft_id: command.draft_id,
        staff_id: person.staff_id,
        wall_ms: now_ms,
        body: OpBody::Sale(body),
        private: Vec::new(),
    };
    let mut facts = record(&mut transaction, chain, recording).await?;
    let document = facts
        .documents
        .pop()
        .ok_or(Error::Internal("a sale without a document"))?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Documents, Changed::Stock, Changed::Shift]);
    Ok(DocumentView {
        left: document.taken(),
        document,
        store: Some(identity.place.store.clone()),
        till_number: Some(identity.place.till.number),
        staff_name: person.name,
        customer_name,
        original_number: None,
        refunded: Vec::new(),
        is_pending: true,
    })
}
