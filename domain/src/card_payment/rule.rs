//! What a till may do with card payments: when a terminal is asked, what a person may state, which
//! charges a sale takes, and what a shift leaves behind.

use super::{CardCharge, CardPayment, CardPaymentEvent, CardPaymentState, SlipOutcome};
use super::{SlipSettlement, next};
use crate::{
    id::DraftId,
    limit::{NOTE_CHARS_MAX, SAFE_INTEGER_MAX, TEXT_CHARS_MAX},
    money::Money,
    sale::{
        Tender, TenderCode, TenderKind, TenderedPayment,
        details::{ApprovedBy, CardPaymentUse},
    },
};

/// Why a card payment cannot do what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardPaymentError {
    #[error("an amount on a card must be more than zero")]
    AmountInvalid,
    #[error("{} is not paid at the terminal", tender.name())]
    TenderNotCard { tender: TenderCode },
    #[error("nobody knows yet whether {} was charged for this sale", amount.minor())]
    Undecided { amount: Money },
    #[error("the terminal has charged no {} for this sale", amount.minor())]
    NotCharged { amount: Money },
    #[error("{} was charged for this sale and is not among its payments", amount.minor())]
    LeftOver { amount: Money },
    #[error("this is not possible while the card payment is {}", state.name())]
    StepImpossible { state: CardPaymentState },
    #[error("{count} card payments of this till wait for somebody")]
    Open { count: u64, amount: Money },
    #[error("the slip's number is missing")]
    ReferenceMissing,
    #[error("{field} is longer than {max} characters")]
    TextTooLong { field: &'static str, max: usize },
}

/// Whether the tender's payments go through the terminal where a till has one.
#[must_use]
pub fn is_at_terminal(tenders: &[Tender], code: TenderCode) -> bool {
    let tender = tenders.iter().find(|tender| tender.code == code);
    tender.is_some_and(|tender| tender.kind == TenderKind::Card)
}

/// Whether the terminal may be asked for one more charge, given those of this till that are open. A
/// sale whose last charge nobody knows the result of gets no other: its card may be charged already.
pub fn check_start(
    charge: &CardCharge,
    tenders: &[Tender],
    open: &[CardPayment],
) -> Result<(), CardPaymentError> {
    if !(1..=SAFE_INTEGER_MAX).contains(&charge.amount_minor.minor()) {
        return Err(CardPaymentError::AmountInvalid);
    }
    if !is_at_terminal(tenders, charge.tender) {
        let tender = charge.tender;
        return Err(CardPaymentError::TenderNotCard { tender });
    }
    check_decided(charge.draft_id, open)
}

fn check_decided(draft_id: DraftId, open: &[CardPayment]) -> Result<(), CardPaymentError> {
    let mut own = open.iter().filter(|one| one.charge.draft_id == draft_id);
    match own.find(|one| one.state.is_undecided()) {
        Some(one) => Err(CardPaymentError::Undecided {
            amount: one.charge.amount_minor,
        }),
        None => Ok(()),
    }
}

/// The payments of a sale with the charges that stand behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// As they were given, with the reference of each charge.
    pub payments: Vec<TenderedPayment>,
    pub uses: Vec<CardPaymentUse>,
}

/// Matches a sale's payments with what was charged for it: each charge pays once, none is forgotten,
/// and where the till has a terminal nothing is a card payment that it did not charge.
pub fn take(
    draft_id: DraftId,
    payments: &[TenderedPayment],
    tenders: &[Tender],
    open: &[CardPayment],
    has_terminal: bool,
) -> Result<Taken, CardPaymentError> {
    check_decided(draft_id, open)?;
    let is_own = |one: &&CardPayment| {
        one.charge.draft_id == draft_id && one.state == CardPaymentState::Approved
    };
    let mut charged: Vec<&CardPayment> = open.iter().filter(is_own).collect();
    let mut taken = Taken {
        payments: payments.to_vec(),
        uses: Vec::new(),
    };
    for (n, payment) in (1_u32..).zip(&mut taken.payments) {
        let pays = |one: &&CardPayment| {
            one.charge.tender == payment.tender && one.charge.amount_minor == payment.tendered_minor
        };
        if let Some(place) = charged.iter().position(pays) {
            let one = charged.remove(place);
            one.reference().clone_into(&mut payment.reference);
            let card_payment_id = one.card_payment_id;
            taken.uses.push(CardPaymentUse { n, card_payment_id });
        } else if has_terminal
            && payment.tendered_minor != Money::ZERO
            && is_at_terminal(tenders, payment.tender)
        {
            let amount = payment.tendered_minor;
            return Err(CardPaymentError::NotCharged { amount });
        }
    }
    match charged.first() {
        Some(one) => Err(CardPaymentError::LeftOver {
            amount: one.charge.amount_minor,
        }),
        None => Ok(taken),
    }
}

/// Decides what a person states from a slip.
pub fn settle(
    payment: &CardPayment,
    outcome: SlipOutcome,
    reference: &str,
    note: &str,
    approvals: Vec<ApprovedBy>,
) -> Result<CardPaymentEvent, CardPaymentError> {
    let reference = check_text("reference", reference, TEXT_CHARS_MAX)?;
    if reference.is_empty() && outcome != SlipOutcome::NotCharged {
        return Err(CardPaymentError::ReferenceMissing);
    }
    let event = CardPaymentEvent::Settled(SlipSettlement {
        outcome,
        reference,
        note: check_text("note", note, NOTE_CHARS_MAX)?,
        approvals,
    });
    check_step(payment, &event)?;
    Ok(event)
}

/// Whether the event is possible as the payment stands.
pub fn check_step(payment: &CardPayment, event: &CardPaymentEvent) -> Result<(), CardPaymentError> {
    let state = payment.state;
    next(state, event)
        .map(drop)
        .ok_or(CardPaymentError::StepImpossible { state })
}

/// Whether a shift may close over the open card payments of its till. It may not: the slip is at hand
/// and the customer remembered today, and neither will be tomorrow.
pub fn check_close(open: &[CardPayment]) -> Result<(), CardPaymentError> {
    if open.is_empty() {
        return Ok(());
    }
    let sum = |sum: Money, one: &CardPayment| sum + one.charge.amount_minor;
    Err(CardPaymentError::Open {
        count: u64::try_from(open.len()).unwrap_or(u64::MAX),
        amount: open.iter().fold(Money::ZERO, sum),
    })
}

fn check_text(field: &'static str, text: &str, max: usize) -> Result<String, CardPaymentError> {
    let text = text.trim();
    if text.chars().count() > max {
        return Err(CardPaymentError::TextTooLong { field, max });
    }
    Ok(text.to_owned())
}
