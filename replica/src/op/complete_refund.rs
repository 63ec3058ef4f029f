//! Gives goods back: lines of a receipt, never more than is left of them; or, with a permission,
//! goods without a receipt.

use domain::{
    contract::ipc::{Changed, CompleteRefund, DocumentView, SaleLine, SignedIn},
    id::{DraftId, OpId},
    limit::NOTE_CHARS_MAX,
    money::Money,
    replication::{OpBody, body::DocumentBody},
    sale::{
        self, CartLine, DocumentKind, RefundRequest, SaleContext, SaleError, details::ApprovedBy,
        number::NumberKind,
    },
    staff::{Permission, may},
    stock::Location,
};
use sqlx::SqliteConnection;

use super::{
    balances,
    document_view::{load_view, view},
    price_lines::price_lines,
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

pub(crate) async fn complete_refund(
    till: &Shared,
    command: CompleteRefund,
) -> Result<DocumentView, Error> {
    let person = till.authorize(Permission::Refund)?;
    let identity = till.identity()?;
    if command.reason.chars().count() > NOTE_CHARS_MAX {
        return Err(Error::TextTooLong {
            field: "reason",
            max: NOTE_CHARS_MAX,
        });
    }
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if let Some(op_id) = store::draft::find(&mut transaction, command.draft_id).await? {
        return load_view(&mut transaction, &identity, op_id).await;
    }
    let now_ms = till.clock.now_ms();
    let mut chain = chain_head(&mut transaction).await?;
    chain.credit_notes += 1;
    let kind = NumberKind::Document(DocumentKind::CreditNote);
    let mut terms = identity.plain_terms();
    if command.original_id.is_none() {
        let permission = Permission::RefundWithoutReceipt;
        let allowed = till.permit(&person, permission, command.draft_id, Money::ZERO)?;
        terms.approvals.extend(allowed);
        let is_priced = command.loose.iter().any(|loose| is_priced(&loose.line));
        if is_priced {
            let permission = Permission::OverridePrice;
            let allowed = till.permit(&person, permission, command.draft_id, Money::ZERO)?;
            terms.approvals.extend(allowed);
        }
    }
    let shift_id = shift_for_document(&mut transaction, &identity).await?;
    let at = (now_ms, shift_id);
    let context = identity.sale_context(kind, &chain, chain.credit_notes, at, terms);
    let codes = command.payouts.iter().map(|payout| payout.tender);
    let whole = command.payouts.is_empty().then_some(command.tender);
    sale::check_payouts(&identity.place.tenders, codes.chain(whole))?;
    let other_tender = OtherTender::of(till, &person, command.draft_id);
    let mut body = decide(&mut transaction, &identity, other_tender, context, &command).await?;
    let entry = (&person, command.draft_id);
    balances::name(
        till,
        &mut transaction,
        entry,
        &mut body,
        DocumentKind::CreditNote,
    )
    .await?;
    let recording = Recording {
        identity: &identity,
        op_id: OpId(till.clock.new_id()),
        draft_id: command.draft_id,
        staff_id: person.staff_id,
        wall_ms: now_ms,
        body: OpBody::Refund(body),
        private: Vec::new(),
    };
    let mut facts = record(&mut transaction, chain, recording).await?;
    let document = facts
        .documents
        .pop()
        .ok_or(Error::Internal("a refund without a document"))?;
    queue_document(
        &mut transaction,
        &identity,
        &document,
        person.staff_id,
        now_ms,
    )
    .await?;
    let shown = view(&mut transaction, &identity, document, true).await?;
    transaction.commit().await?;
    drop(writer);
    till.grants().spend(command.draft_id);
    till.committed(&[
        Changed::Documents,
        Changed::Stock,
        Changed::Shift,
        Changed::Balances,
    ]);
    till.printing.wake();
    Ok(shown)
}

/// Whether a person and not the catalogue said what the goods are worth.
fn is_priced(line: &SaleLine) -> bool {
    let discounted = line.discount_minor != Money::ZERO || line.discount_ppm.is_some();
    line.unit_price_e4.is_some() || discounted
}

/// Whether money may go back by another tender than took it.
#[derive(Debug, Clone, Copy)]
pub(super) struct OtherTender {
    /// By the person's own right.
    may: bool,
    /// By somebody who agreed; named where that was needed.
    allowed_by: Option<ApprovedBy>,
}

impl OtherTender {
    pub(super) fn of(till: &Shared, person: &SignedIn, draft_id: DraftId) -> Self {
        let permission = Permission::RefundOtherTender;
        Self {
            may: may(person.role, permission),
            allowed_by: till.grants().find(draft_id, permission, Money::ZERO),
        }
    }
}

pub(super) async fn decide(
    connection: &mut SqliteConnection,
    identity: &Identity,
    other_tender: OtherTender,
    mut context: SaleContext,
    command: &CompleteRefund,
) -> Result<DocumentBody, Error> {
    if let Some(customer_id) = command.customer_id {
        store::customer::one_shown(connection, customer_id)
            .await?
            .ok_or(Error::CustomerUnknown(customer_id))?;
    }
    if let Some(original_id) = command.original_id {
        let (original, _) = store::document::load(connection, original_id)
            .await?
            .ok_or(Error::DocumentUnknown)?;
        let refunded = store::document::refunded(connection, original_id).await?;
        let balances = store::document::balances(connection, original_id).await?;
        let request = |any_tender| RefundRequest::OfReceipt {
            original: &original,
            refunded: &refunded,
            lines: &command.lines,
            balances: &balances,
            any_tender,
            customer_id: command.customer_id,
        };
        let refund = |context: SaleContext, any_tender| {
            let (tender, payouts) = (command.tender, &command.payouts);
            sale::complete_refund(
                context,
                &request(any_tender),
                tender,
                payouts,
                &command.reason,
            )
        };
        let decided = refund(context.clone(), other_tender.may);
        let mut body = match (decided, other_tender.allowed_by) {
            (Err(SaleError::RefundExceedsTender { .. }), Some(allowed)) => {
                context.terms.approvals.push(allowed);
                refund(context, true)?
            }
            (decided, _) => decided?,
        };
        let store_id = identity.enrolment.store.store_id;
        let invoice = store::invoice::one_shown(connection, store_id, original_id).await?;
        body.details.invoice = invoice.map(|invoice| invoice.named());
        return Ok(body);
    }
    let loose: Vec<&SaleLine> = command.loose.iter().map(|loose| &loose.line).collect();
    let cart = price_lines(connection, identity, None, &loose).await?;
    let lines: Vec<(CartLine, Location)> = cart
        .into_iter()
        .zip(command.loose.iter().map(|loose| loose.location))
        .collect();
    let request = RefundRequest::WithoutReceipt {
        lines: &lines,
        customer_id: command.customer_id,
    };
    Ok(sale::complete_refund(
        context,
        &request,
        command.tender,
        &command.payouts,
        &command.reason,
    )?)
}
