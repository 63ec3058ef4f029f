//! The goods that come back in a sale: their credit note is decided with the sale, and recorded
//! before it in the same transaction, so that a power cut leaves both or none.

use domain::{
    contract::ipc::{CompleteRefund, CompleteSale, SignedIn},
    id::{DraftId, OpId, ShiftId},
    limit::NOTE_CHARS_MAX,
    money::Money,
    replication::{OpBody, body::DocumentBody},
    sale::{
        self, CartLine, DocumentKind, SaleTerms, SetOff, TenderCode, exchange::link,
        number::NumberKind, price, set_off,
    },
    staff::Permission,
};
use sqlx::SqliteConnection;

use super::{
    balances,
    complete_refund::{OtherTender, decide as decide_refund},
};
use crate::{
    error::Error,
    identity::Identity,
    print::queue_document,
    record::{Recording, chain_head, record},
    store::chain::Chain,
    till::Shared,
};

/// A credit note that waits for the receipt of its exchange.
#[derive(Debug)]
pub(super) struct Returned {
    body: DocumentBody,
    pub(super) set_off: SetOff,
    person: SignedIn,
    now_ms: i64,
}

/// Decides the credit note of a sale that takes goods back; none of a plain sale.
pub(super) async fn decide(
    till: &Shared,
    connection: &mut SqliteConnection,
    identity: &Identity,
    command: &CompleteSale,
    chain: &Chain,
    at: (i64, Option<ShiftId>),
    (cart, terms): (&[CartLine], &SaleTerms),
) -> Result<Option<Returned>, Error> {
    let Some(goods) = &command.exchange else {
        return Ok(None);
    };
    let person = till.authorize(Permission::Refund)?;
    if goods.reason.chars().count() > NOTE_CHARS_MAX {
        return Err(Error::TextTooLong {
            field: "reason",
            max: NOTE_CHARS_MAX,
        });
    }
    let organization = &identity.place.organization;
    let minor_digits = organization.currency.minor_digits;
    let sold = price(cart, organization.tax_mode, minor_digits, terms)?.total;
    let other_tender = OtherTender::of(till, &person, command.draft_id);
    let kind = NumberKind::Document(DocumentKind::CreditNote);
    let plain = identity.plain_terms();
    let context = identity.sale_context(kind, chain, chain.credit_notes + 1, at, plain);
    let mut refund = CompleteRefund {
        draft_id: command.draft_id,
        original_id: Some(goods.original_id),
        lines: goods.lines.clone(),
        loose: Vec::new(),
        customer_id: command.customer_id,
        tender: TenderCode::EXCHANGE,
        payouts: Vec::new(),
        reason: goods.reason.clone(),
    };
    // What the goods are worth, before it is known what of it is money.
    let worth = decide_refund(connection, identity, other_tender, context.clone(), &refund).await?;
    let set_off = set_off(worth.total_minor, sold);
    let codes = goods.payouts.iter().map(|payout| payout.tender);
    let whole = (goods.payouts.is_empty() && set_off.back > Money::ZERO).then_some(goods.tender);
    sale::check_payouts(&identity.place.tenders, codes.chain(whole))?;
    refund.payouts = set_off.payouts(goods.tender, &goods.payouts);
    let mut body = decide_refund(connection, identity, other_tender, context, &refund).await?;
    let entry = (&person, command.draft_id);
    balances::name(till, connection, entry, &mut body, DocumentKind::CreditNote).await?;
    Ok(Some(Returned {
        body,
        set_off,
        person,
        now_ms: at.0,
    }))
}

/// Records the credit note and makes it and the receipt name each other. The chain's head behind it
/// is what the receipt follows.
pub(super) async fn record_return(
    till: &Shared,
    connection: &mut SqliteConnection,
    identity: &Identity,
    mut chain: Chain,
    mut returned: Returned,
    receipt: (OpId, &mut DocumentBody),
) -> Result<Chain, Error> {
    let op_id = OpId(till.clock.new_id());
    link((op_id, &mut returned.body), receipt);
    chain.credit_notes += 1;
    let (staff_id, now_ms) = (returned.person.staff_id, returned.now_ms);
    let recording = Recording {
        identity,
        op_id,
        // The entry on the screen becomes the receipt; this one is found through it.
        draft_id: DraftId(till.clock.new_id()),
        staff_id,
        wall_ms: now_ms,
        body: OpBody::Refund(returned.body),
        private: Vec::new(),
    };
    let mut facts = record(connection, chain, recording).await?;
    let document = facts
        .documents
        .pop()
        .ok_or(Error::Internal("a refund without a document"))?;
    queue_document(connection, identity, &document, staff_id, now_ms).await?;
    chain_head(connection).await
}
