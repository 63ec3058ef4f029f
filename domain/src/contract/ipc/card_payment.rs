//! What a window asks of its till's payment terminal.

use serde::{Deserialize, Serialize};

use crate::{
    card_payment::{CardPayment, SlipOutcome},
    id::{CardPaymentId, DraftId},
    money::Money,
    sale::TenderCode,
    terminal::TerminalSettings,
};

/// The terminal of this till.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetTerminal {}

/// Sets the terminal up, or takes it away; needs the permission to manage tills. Refused while the
/// terminal is at a card.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PutTerminal {
    pub settings: Option<TerminalSettings>,
}

/// How the terminal is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalStatus {
    /// None before it is: then card payments are typed with their authorisation code.
    pub settings: Option<TerminalSettings>,
}

/// Takes money of a card at the terminal, for a sale that is not finished, and answers when the
/// result is there, or cannot be had. Sending the same `card_payment_id` again never charges again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChargeCard {
    /// Of the sale, as `complete_sale` will name it.
    pub draft_id: DraftId,
    /// A new one for each charge.
    pub card_payment_id: CardPaymentId,
    pub tender: TenderCode,
    pub amount_minor: Money,
}

/// Asks the terminal to give up the charge that it is at. It may be too late: the charge says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CancelCard {
    pub card_payment_id: CardPaymentId,
}

/// Asks the terminal what became of a charge, or of a return, that nobody knows the result of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AskTerminal {
    pub card_payment_id: CardPaymentId,
}

/// One card payment of this store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetCardPayment {
    pub card_payment_id: CardPaymentId,
}

/// The card payments of this store that wait for somebody, and the last others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListCardPayments {}

/// States what the terminal's slip says of a card payment; needs a permission, or an approval for
/// this entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SettleCardPayment {
    pub draft_id: DraftId,
    pub card_payment_id: CardPaymentId,
    pub outcome: SlipOutcome,
    /// Authorisation code or number of the slip; needed unless nothing was charged.
    #[serde(default)]
    pub reference: String,
    #[serde(default)]
    pub note: String,
}

/// Gives a charge back at the terminal, whole, because its sale was given up; needs the permission to
/// refund.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReturnCardPayment {
    pub card_payment_id: CardPaymentId,
}

/// A card payment with the names around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPaymentView {
    pub payment: CardPayment,
    pub till_number: Option<u32>,
    /// Whether this till's terminal was asked.
    pub is_own: bool,
    /// Whether this till is talking to the terminal about it just now.
    pub is_active: bool,
    pub started_by: String,
    pub settled_by: String,
    /// Number of the document that it pays, where it is known here.
    pub document_number: String,
}

/// What lists of card payments show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPayments {
    /// Started, unknown, charged and not used, or on their way back; oldest first.
    pub open: Vec<CardPaymentView>,
    /// The last ones that have ended, newest first.
    pub recent: Vec<CardPaymentView>,
}
