//! A card payment at a terminal, from the moment before the terminal is asked until its money is part
//! of a document or given back. It is a log of its own and not a field of the sale, because money may
//! have moved when there is no sale yet, and may never be one
//! (docs/adr/0016-card-payments-are-logs.md).

mod rule;

use serde::{Deserialize, Serialize};

use crate::{
    id::{CardPaymentId, DeviceId, DraftId, OpId, StaffId, StoreId},
    money::{Currency, Money},
    replication::log::LogEvent,
    sale::{TenderCode, details::ApprovedBy},
    shift::By,
};

pub use rule::{
    CardPaymentError, Taken, check_close, check_start, check_step, is_at_terminal, settle, take,
};

/// What the terminal is asked to take, and for which sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardCharge {
    /// The unfinished sale: a charge pays that one and no other.
    pub draft_id: DraftId,
    pub tender: TenderCode,
    pub amount_minor: Money,
    pub currency: Currency,
}

/// What the terminal says of money that it took.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Authorization {
    /// As the slip shows it.
    pub code: String,
    /// Of the card, as the terminal names it; empty where it does not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scheme: String,
    /// The card's last four digits; empty where the terminal does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_digits: String,
}

/// Why nothing was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// The card, its bank or the terminal said no.
    Refused,
    /// Somebody gave it up, here or at the terminal.
    Cancelled,
    /// The terminal says that it was never asked.
    NotReached,
}

/// Why nobody knows whether the card was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// No answer in the time that the till waits.
    TimedOut,
    /// The connection broke, or could not be made.
    Disconnected,
    /// The terminal was taken away meanwhile.
    Missing,
}

/// What the slip says, read by a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlipOutcome {
    Charged,
    NotCharged,
    /// It was charged, and given back at the terminal by hand.
    Returned,
}

/// A result that a person stated, from the terminal's slip or journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlipSettlement {
    pub outcome: SlipOutcome,
    /// Authorisation code or number of the slip; empty only where nothing was charged.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reference: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Who allowed it, when the person at the till may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<ApprovedBy>,
}

/// What happens to a card payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum CardPaymentEvent {
    /// The terminal is about to be asked.
    Started(CardCharge),
    Approved(Authorization),
    Declined {
        why: Decline,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        detail: String,
    },
    Unknown {
        why: Doubt,
    },
    Settled(SlipSettlement),
    /// It is a payment of the document that this operation makes.
    Used,
    /// The terminal is about to be asked to give it back.
    ReturnStarted,
    Returned {
        reference: String,
    },
    /// The terminal says that it gave nothing back.
    ReturnRefused {
        detail: String,
    },
}

/// Where a card payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardPaymentState {
    /// The terminal may be at it.
    Started,
    /// Nobody knows whether the card was charged.
    Unknown,
    /// Charged, and not part of a document yet.
    Approved,
    /// Charged, and perhaps given back by now.
    Returning,
    Declined,
    /// A person read on the slip that the card was not charged.
    NotCharged,
    /// Charged, and part of a document.
    Used,
    /// Charged, and given back.
    Returned,
}

impl CardPaymentState {
    pub const ALL: [Self; 8] = [
        Self::Started,
        Self::Unknown,
        Self::Approved,
        Self::Returning,
        Self::Declined,
        Self::NotCharged,
        Self::Used,
        Self::Returned,
    ];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Unknown => "unknown",
            Self::Approved => "approved",
            Self::Returning => "returning",
            Self::Declined => "declined",
            Self::NotCharged => "not_charged",
            Self::Used => "used",
            Self::Returned => "returned",
        }
    }

    /// Whether nobody knows whose the money is now.
    #[must_use]
    pub const fn is_undecided(self) -> bool {
        matches!(self, Self::Started | Self::Unknown | Self::Returning)
    }

    /// Whether somebody still has to do something about it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        self.is_undecided() || matches!(self, Self::Approved)
    }
}

/// What follows, if the event is possible in that state. Whoever says that money was taken is
/// believed over whoever said before that it was not; nobody undoes a document.
#[must_use]
pub fn next(state: CardPaymentState, event: &CardPaymentEvent) -> Option<CardPaymentState> {
    use CardPaymentEvent as E;
    use CardPaymentState as S;
    let slip = match event {
        E::Settled(slip) => Some(slip.outcome),
        _ => None,
    };
    Some(match (state, event, slip) {
        (S::Started, E::Unknown { .. }, _) => S::Unknown,
        (S::Started | S::Unknown, E::Declined { .. }, _) => S::Declined,
        (S::Started | S::Unknown, _, Some(SlipOutcome::NotCharged)) => S::NotCharged,
        (S::Started | S::Unknown | S::Declined | S::NotCharged, E::Approved(_), _)
        | (
            S::Started | S::Unknown | S::Declined | S::NotCharged | S::Returning,
            _,
            Some(SlipOutcome::Charged),
        )
        | (S::Returning, E::ReturnRefused { .. }, _) => S::Approved,
        (S::Approved, E::Used, _) => S::Used,
        (S::Approved, E::ReturnStarted, _) => S::Returning,
        (S::Returning, E::Returned { .. }, _)
        | (S::Approved | S::Returning, _, Some(SlipOutcome::Returned)) => S::Returned,
        _ => return None,
    })
}

/// What a person may state of a payment in that state.
#[must_use]
pub fn outcomes(state: CardPaymentState) -> Vec<SlipOutcome> {
    let all = [
        SlipOutcome::Charged,
        SlipOutcome::NotCharged,
        SlipOutcome::Returned,
    ];
    let is_possible = |outcome: &SlipOutcome| {
        let slip = SlipSettlement {
            outcome: *outcome,
            reference: String::new(),
            note: String::new(),
            approvals: Vec::new(),
        };
        next(state, &CardPaymentEvent::Settled(slip)).is_some()
    };
    all.into_iter().filter(is_possible).collect()
}

/// A card payment as its events make it: a folded row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPayment {
    pub card_payment_id: CardPaymentId,
    pub store_id: Option<StoreId>,
    /// The till whose terminal was asked.
    pub device_id: DeviceId,
    pub started_by: Option<StaffId>,
    pub started_ms: i64,
    pub charge: CardCharge,
    pub state: CardPaymentState,
    /// Of money that was taken; a slip read by hand has a code alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<Decline>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
    /// What the terminal said last, in its own words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The last result that a person stated, and who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<(By, SlipSettlement)>,
    /// The document that it pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<OpId>,
    /// What the terminal calls the return.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub return_reference: String,
    /// When its state last changed, in milliseconds since 1970.
    pub changed_ms: i64,
    /// Operations that were impossible at their turn: kept and shown, without effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<OpId>,
}

impl CardPayment {
    fn started(event: &LogEvent, charge: &CardCharge) -> Option<Self> {
        Some(Self {
            card_payment_id: event.key.as_str().parse().ok()?,
            store_id: event.store_id,
            device_id: event.device_id,
            started_by: event.staff_id,
            started_ms: event.wall_ms,
            charge: charge.clone(),
            state: CardPaymentState::Started,
            authorization: None,
            declined: None,
            doubt: None,
            detail: String::new(),
            settled: None,
            document_id: None,
            return_reference: String::new(),
            changed_ms: event.wall_ms,
            rejected: Vec::new(),
        })
    }

    /// What the receipt shows of it.
    #[must_use]
    pub fn reference(&self) -> &str {
        self.authorization.as_ref().map_or("", |one| &one.code)
    }

    /// What an event that is possible says beside the state that follows.
    fn note(&mut self, event: &LogEvent, happening: &CardPaymentEvent) {
        match happening {
            CardPaymentEvent::Approved(authorization) => {
                self.authorization = Some(authorization.clone());
                (self.declined, self.doubt) = (None, None);
            }
            CardPaymentEvent::Declined { why, detail } => {
                (self.declined, self.doubt) = (Some(*why), None);
                self.detail.clone_from(detail);
            }
            CardPaymentEvent::Unknown { why } => self.doubt = Some(*why),
            CardPaymentEvent::Settled(slip) => {
                (self.declined, self.doubt) = (None, None);
                match slip.outcome {
                    // Money that was taken once keeps what the terminal said of it.
                    SlipOutcome::Charged if self.authorization.is_none() => {
                        self.authorization = Some(Authorization {
                            code: slip.reference.clone(),
                            ..Authorization::default()
                        });
                    }
                    SlipOutcome::Returned => self.return_reference.clone_from(&slip.reference),
                    SlipOutcome::Charged | SlipOutcome::NotCharged => {}
                }
                let by = By {
                    staff_id: event.staff_id,
                    wall_ms: event.wall_ms,
                };
                self.settled = Some((by, slip.clone()));
            }
            CardPaymentEvent::Used => self.document_id = Some(event.op_id),
            CardPaymentEvent::Returned { reference } => {
                self.return_reference.clone_from(reference);
            }
            CardPaymentEvent::ReturnRefused { detail } => self.detail.clone_from(detail),
            CardPaymentEvent::Started(_) | CardPaymentEvent::ReturnStarted => {}
        }
    }
}

/// Folds one more event, in order, onto the payment as it stands. What a terminal says, its own till
/// states; a slip may be read at any till of the store.
#[must_use]
pub fn fold_event(
    payment: Option<CardPayment>,
    event: &LogEvent,
    happening: &CardPaymentEvent,
) -> Option<CardPayment> {
    let Some(mut payment) = payment else {
        return match happening {
            CardPaymentEvent::Started(charge) => CardPayment::started(event, charge),
            _ => None,
        };
    };
    let may_state =
        payment.device_id == event.device_id || matches!(happening, CardPaymentEvent::Settled(_));
    match next(payment.state, happening).filter(|_| may_state) {
        Some(state) => {
            payment.state = state;
            payment.changed_ms = event.wall_ms;
            payment.note(event, happening);
        }
        None => payment.rejected.push(event.op_id),
    }
    Some(payment)
}
