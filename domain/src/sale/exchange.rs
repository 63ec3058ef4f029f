//! An exchange: goods of a receipt come back and others go out. What comes back pays for what goes
//! out by a tender of its own, which no drawer holds and no owner defines; only the difference is
//! money. Both are documents of their own, and each names the other.

use serde::{Deserialize, Serialize};

use crate::{
    id::OpId,
    money::Money,
    replication::body::DocumentBody,
    sale::{Payout, TenderCode, TenderedPayment},
};

/// The other document of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangedWith {
    pub document_id: OpId,
    pub number: String,
}

/// What an exchange comes to. Of the two differences one is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetOff {
    /// What the goods that come back pay of the new ones.
    pub covered: Money,
    /// What the customer still pays.
    pub due: Money,
    /// What the customer gets back.
    pub back: Money,
}

/// Sets what comes back off against what goes out.
#[must_use]
pub fn set_off(returned: Money, sold: Money) -> SetOff {
    let covered = returned.min(sold).max(Money::ZERO);
    SetOff {
        covered,
        due: sold - covered,
        back: returned - covered,
    }
}

impl SetOff {
    /// How the credit note's money goes: into the new goods, and the rest as asked; without a wish
    /// whole by one tender.
    #[must_use]
    pub fn payouts(&self, tender: TenderCode, asked: &[Payout]) -> Vec<Payout> {
        let mut payouts = Vec::new();
        if self.covered > Money::ZERO {
            payouts.push(Payout {
                tender: TenderCode::EXCHANGE,
                amount_minor: self.covered,
            });
        }
        if asked.is_empty() && self.back > Money::ZERO {
            payouts.push(Payout {
                tender,
                amount_minor: self.back,
            });
        }
        payouts.extend_from_slice(asked);
        payouts
    }

    /// How the new goods are paid: by what the customer gives, and last, so that no payment moves
    /// from its place, by what came back.
    #[must_use]
    pub fn payments(&self, mut given: Vec<TenderedPayment>) -> Vec<TenderedPayment> {
        if self.covered > Money::ZERO {
            given.push(TenderedPayment {
                tender: TenderCode::EXCHANGE,
                tendered_minor: self.covered,
                reference: String::new(),
            });
        }
        given
    }
}

/// Makes each of the two name the other.
pub fn link(credit_note: (OpId, &mut DocumentBody), receipt: (OpId, &mut DocumentBody)) {
    let named = |(document_id, body): &(OpId, &mut DocumentBody)| {
        Some(ExchangedWith {
            document_id: *document_id,
            number: body.number.clone(),
        })
    };
    let (of_credit_note, of_receipt) = (named(&receipt), named(&credit_note));
    credit_note.1.details.exchange = of_credit_note;
    receipt.1.details.exchange = of_receipt;
}
