//! Completes a sale: priced, paid, numbered, recorded and durable before it answers.

use domain::{
    card_payment,
    contract::ipc::{AskedTerms, Changed, CompleteSale, DocumentView, SaleLine, SignedIn},
    id::{CustomerId, OpId},
    receipt::Proof,
    replication::OpBody,
    sale::{
        self, CartLine, Document, DocumentKind, Quote, SaleTerms, number::NumberKind,
        quote::name_quote,
    },
    staff::Permission,
};
use sqlx::SqliteConnection;

use super::{
    allowed::allowed,
    balances,
    document_view::{Contact, load_view},
    exchange,
    price_lines::price_lines,
    prove,
    quote_view::{quoted_lines, require_quote},
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
    let customer = contact_of(&mut transaction, command.customer_id).await?;
    let now_ms = till.clock.now_ms();
    let quote = quote_of(&mut transaction, &identity, &command, now_ms).await?;
    let selling = (&*identity, &person, now_ms);
    let (cart, terms) = cart_of(till, &mut transaction, selling, &command, quote.as_ref()).await?;
    let mut chain = chain_head(&mut transaction).await?;
    chain.receipts += 1;
    let kind = NumberKind::Document(DocumentKind::Receipt);
    let shift_id = shift_for_document(&mut transaction, &identity).await?;
    let at = (now_ms, shift_id);
    let context = identity.sale_context(kind, &chain, chain.receipts, at, terms);
    let charged = charged(&mut transaction, &identity, &command).await?;
    sale::check_payments(&identity.place.tenders, &charged.payments)?;
    let goods = (cart.as_slice(), &context.terms);
    let returned = exchange::decide(
        till,
        &mut transaction,
        &identity,
        &command,
        &chain,
        at,
        goods,
    )
    .await?;
    let payments = match &returned {
        Some(returned) => returned.set_off.payments(charged.payments),
        None => charged.payments,
    };
    let mut body = sale::complete_sale(context, command.customer_id, &cart, &payments)?;
    body.details.card_payments = charged.uses;
    if let Some(quote) = &quote {
        name_quote(&mut body, quote);
    }
    let entry = (&person, command.draft_id);
    balances::name(
        till,
        &mut transaction,
        entry,
        &mut body,
        DocumentKind::Receipt,
    )
    .await?;
    let op_id = OpId(till.clock.new_id());
    if let Some(returned) = returned {
        let receipt = (op_id, &mut body);
        let recorded =
            exchange::record_return(till, &mut transaction, &identity, chain, returned, receipt);
        chain = recorded.await?;
    }
    let recording = Recording {
        identity: &identity,
        op_id,
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
    till.committed(&[
        Changed::Documents,
        Changed::Stock,
        Changed::Shift,
        Changed::CardPayments,
        Changed::Balances,
    ]);
    if quote.is_some() {
        till.announce(&[Changed::Quotes]);
    }
    till.printing.wake();
    Ok(made(&identity, document, proof, person.name, customer))
}

async fn contact_of(
    connection: &mut SqliteConnection,
    customer_id: Option<CustomerId>,
) -> Result<Contact, Error> {
    let Some(customer_id) = customer_id else {
        return Ok(Contact::default());
    };
    let customer = store::customer::one_shown(connection, customer_id).await?;
    let contact = customer.map(Contact::of);
    contact.ok_or(Error::CustomerUnknown(customer_id))
}

/// A receipt just made, as it is shown.
fn made(
    identity: &Identity,
    document: Document,
    proof: Proof,
    staff_name: String,
    customer: Contact,
) -> DocumentView {
    DocumentView {
        balances: document.balances(),
        document,
        store: Some(identity.place.store.clone()),
        till_number: Some(identity.place.till.number),
        staff_name,
        customer_name: customer.name,
        original_number: None,
        refunded: Vec::new(),
        is_pending: true,
        proof: Some(proof),
        customer_phone: customer.phone,
        customer_email: customer.email,
        quote: None,
        invoice: None,
        invoices: Vec::new(),
    }
}

/// What is sold and on what terms: the lines as they are asked for, or the quote as it stands.
async fn cart_of(
    till: &Shared,
    connection: &mut SqliteConnection,
    (identity, person, now_ms): (&Identity, &SignedIn, i64),
    command: &CompleteSale,
    quote: Option<&Quote>,
) -> Result<(Vec<CartLine>, SaleTerms), Error> {
    if let Some(quote) = quote {
        let lines = quoted_lines(connection, identity, quote).await?;
        let cart = lines.into_iter().map(|line| line.line).collect();
        return Ok((cart, quote.quoted.terms(identity.plain_terms())));
    }
    let lines: Vec<&SaleLine> = command.lines.iter().collect();
    let cart = price_lines(connection, identity, None, &lines).await?;
    let mut terms = identity.terms(&identity.day(now_ms).date, &command.terms);
    terms.approvals = allowed(till, identity, person, command.draft_id, &cart, &terms)?;
    Ok((cart, terms))
}

/// The payments with what the terminal took for this sale.
async fn charged(
    connection: &mut SqliteConnection,
    identity: &Identity,
    command: &CompleteSale,
) -> Result<card_payment::Taken, Error> {
    let open = store::card_payment::own_open(connection, identity).await?;
    let has_terminal = store::terminal::settings(connection).await?.is_some();
    let tenders = &identity.place.tenders;
    let (draft_id, payments) = (command.draft_id, &command.payments);
    Ok(card_payment::take(
        draft_id,
        payments,
        tenders,
        &open,
        has_terminal,
    )?)
}

/// The quote that is sold, if one is: as it stands, in its time, once.
async fn quote_of(
    connection: &mut SqliteConnection,
    identity: &Identity,
    command: &CompleteSale,
    now_ms: i64,
) -> Result<Option<Quote>, Error> {
    let Some(quote_id) = command.quote_id else {
        return Ok(None);
    };
    if !command.lines.is_empty() || command.terms != AskedTerms::default() {
        return Err(Error::Malformed("a quote is sold as it stands".into()));
    }
    let quote = require_quote(connection, identity, quote_id).await?;
    quote.check_sellable(&identity.day(now_ms).date)?;
    Ok(Some(quote))
}
