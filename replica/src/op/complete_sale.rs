//! Completes a sale: priced, paid, numbered, recorded and durable before it answers.

use domain::{
    contract::ipc::{Changed, CompleteSale, DocumentView, SaleLine, SignedIn},
    id::OpId,
    money::Money,
    replication::OpBody,
    sale::{self, CartLine, DocumentKind, SaleTerms, details::ApprovedBy, number::NumberKind},
    staff::Permission,
};

use super::{
    document_view::{Contact, load_view},
    price_lines::price_lines,
    prove,
    shift_report::shift_for_document,
};
use crate::{
    error::Error,
    identity::Identity,
    print::queue_document,
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
    let customer = match command.customer_id {
        Some(customer_id) => store::customer::one_shown(&mut transaction, customer_id)
            .await?
            .map(Contact::of)
            .ok_or(Error::CustomerUnknown(customer_id))?,
        None => Contact::default(),
    };
    let lines: Vec<&SaleLine> = command.lines.iter().collect();
    let cart = price_lines(&mut transaction, &identity, None, &lines).await?;
    let now_ms = till.clock.now_ms();
    let mut terms = identity.terms(&identity.day(now_ms).date, &command.terms);
    terms.approvals = allowed(till, &identity, &person, &command, &cart, &terms)?;
    let mut chain = chain_head(&mut transaction).await?;
    chain.receipts += 1;
    let kind = NumberKind::Document(DocumentKind::Receipt);
    let shift_id = shift_for_document(&mut transaction, &identity).await?;
    let context = identity.sale_context(kind, &chain, chain.receipts, (now_ms, shift_id), terms);
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
    queue_document(
        &mut transaction,
        &identity,
        &document,
        person.staff_id,
        now_ms,
    )
    .await?;
    let proof = prove::of_own(&mut transaction, document.document_id).await?;
    transaction.commit().await?;
    drop(writer);
    till.grants().spend(command.draft_id);
    till.committed(&[Changed::Documents, Changed::Stock, Changed::Shift]);
    till.printing.wake();
    Ok(DocumentView {
        balances: document.balances(),
        document,
        store: Some(identity.place.store.clone()),
        till_number: Some(identity.place.till.number),
        staff_name: person.name,
        customer_name: customer.name,
        original_number: None,
        refunded: Vec::new(),
        is_pending: true,
        proof: Some(proof),
        customer_phone: customer.phone,
        customer_email: customer.email,
    })
}

/// Who allowed what the person may not give away; nobody needs to where a cart is plain.
fn allowed(
    till: &Shared,
    identity: &Identity,
    person: &SignedIn,
    command: &CompleteSale,
    cart: &[CartLine],
    terms: &SaleTerms,
) -> Result<Vec<ApprovedBy>, Error> {
    let is_plain = |line: &CartLine| {
        let by_hand = line.discount_minor != Money::ZERO || line.terms.discount_ppm.is_some();
        !by_hand && !line.is_overridden()
    };
    if terms.discount.is_none() && cart.iter().all(is_plain) {
        return Ok(Vec::new());
    }
    let organization = &identity.place.organization;
    let minor_digits = organization.currency.minor_digits;
    let priced = sale::price(cart, organization.tax_mode, minor_digits, terms)?;
    let given = priced.given_by_hand();
    let mut approvals = Vec::new();
    for permission in sale::needs(cart, &priced, person.discount_limit_ppm) {
        approvals.extend(till.permit(person, permission, command.draft_id, given)?);
    }
    Ok(approvals)
}
