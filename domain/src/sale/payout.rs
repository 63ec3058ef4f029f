//! How the money of a refund goes back: by the tenders that took it, each within what it took, and in
//! cash by the coins that are in use.

use serde::{Deserialize, Serialize};

use crate::{
    money::Money,
    replication::body::PaymentBody,
    sale::{CashRounding, SaleError, TenderCode, round_cash},
};

/// Money that goes back by one tender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    pub tender: TenderCode,
    /// Before cash is rounded.
    pub amount_minor: Money,
}

/// What a receipt took by one tender, and what known refunds gave back by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenderBalance {
    pub tender: TenderCode,
    /// As it changed hands.
    pub taken_minor: Money,
    pub given_minor: Money,
    /// What rounding added to either; zero for all but cash.
    #[serde(default, skip_serializing_if = "Money::is_zero")]
    pub taken_rounding_minor: Money,
    #[serde(default, skip_serializing_if = "Money::is_zero")]
    pub given_rounding_minor: Money,
}

impl TenderBalance {
    /// Nothing taken, nothing given.
    #[must_use]
    pub const fn new(tender: TenderCode) -> Self {
        Self {
            tender,
            taken_minor: Money::ZERO,
            given_minor: Money::ZERO,
            taken_rounding_minor: Money::ZERO,
            given_rounding_minor: Money::ZERO,
        }
    }

    /// What may still go back by it, before cash is rounded.
    #[must_use]
    pub fn left(&self) -> Money {
        (self.exact_taken() - self.exact_given()).max(Money::ZERO)
    }

    fn exact_taken(&self) -> Money {
        self.taken_minor - self.taken_rounding_minor
    }

    fn exact_given(&self) -> Money {
        self.given_minor - self.given_rounding_minor
    }

    /// What changes hands when so much more goes back. The running sum is rounded and not each part,
    /// so all parts together are what was taken, however they were cut.
    fn pays(&self, asked: Money, rounding: Option<&CashRounding>) -> Money {
        if self.tender != TenderCode::CASH {
            return asked;
        }
        let (taken, after) = (self.exact_taken(), self.exact_given() + asked);
        let due = if after >= taken {
            self.taken_minor + round_cash(rounding, after - taken)
        } else {
            round_cash(rounding, after).min(self.taken_minor)
        };
        (due - self.given_minor).max(Money::ZERO)
    }
}

/// Spreads a refund over what is left of the tenders: the one that is asked for first, then the
/// others in their order. What none of them has left, and all of it where the one that is asked for
/// has nothing left, goes back by the one that is asked for, if it may.
#[must_use]
pub fn spread(total: Money, left: &[(TenderCode, Money)], first: TenderCode) -> Vec<Payout> {
    let of = |tender: TenderCode| left.iter().find(|(code, _)| *code == tender);
    let Some(asked) = of(first).filter(|(_, amount)| *amount > Money::ZERO) else {
        return vec![Payout {
            tender: first,
            amount_minor: total,
        }];
    };
    let others = left.iter().filter(|(code, _)| *code != first);
    let mut rest = total;
    let mut payouts = Vec::new();
    for (tender, amount) in std::iter::once(asked).chain(others) {
        let part = rest.min((*amount).max(Money::ZERO));
        if part > Money::ZERO {
            rest = rest - part;
            payouts.push(Payout {
                tender: *tender,
                amount_minor: part,
            });
        }
    }
    if let Some(payout) = payouts.first_mut() {
        payout.amount_minor = payout.amount_minor + rest;
    }
    payouts
}

/// The payments of a refund with what rounding adds to its total. Each tender gives back within what
/// it took, unless any may give back any amount.
pub(super) fn pay_out(
    total: Money,
    payouts: &[Payout],
    balances: &[TenderBalance],
    any_tender: bool,
    rounding: Option<&CashRounding>,
) -> Result<(Money, Vec<PaymentBody>), SaleError> {
    let paid = Money::sum(payouts.iter().map(|payout| payout.amount_minor))?;
    let is_twice = |at: usize| {
        payouts[..at]
            .iter()
            .any(|one| one.tender == payouts[at].tender)
    };
    if payouts
        .iter()
        .any(|payout| payout.amount_minor < Money::ZERO)
        || (0..payouts.len()).any(is_twice)
    {
        return Err(SaleError::PaymentInvalid);
    }
    if paid != total {
        return Err(SaleError::PaymentShort { due: total, paid });
    }
    let mut payments = Vec::with_capacity(payouts.len());
    let mut rounded_by = Money::ZERO;
    for (n, payout) in (1_u32..).zip(payouts) {
        let (tender, asked) = (payout.tender, payout.amount_minor);
        let known = balances.iter().find(|balance| balance.tender == tender);
        let balance = known.copied().unwrap_or(TenderBalance::new(tender));
        let left = balance.left();
        // Into other goods goes whatever took the money: none of it leaves the shop.
        let is_exchanged = tender == TenderCode::EXCHANGE;
        // Nor does it when the shop goes on owing it.
        let stays = is_exchanged || tender == TenderCode::STORE_CREDIT;
        if asked > left && !any_tender && !stays {
            return Err(SaleError::RefundExceedsTender { tender, left });
        }
        let amount = balance.pays(asked, rounding);
        rounded_by = rounded_by + (amount - asked);
        payments.push(PaymentBody {
            n,
            tender,
            amount_minor: amount,
            tendered_minor: amount,
            change_minor: Money::ZERO,
            reference: String::new(),
        });
    }
    Ok((rounded_by, payments))
}
