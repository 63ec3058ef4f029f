//! Paying: tenders cover what is due, cash gives change, nothing else does.

use serde::{Deserialize, Serialize};

use crate::{
    money::Money,
    sale::{SaleError, document::Tender},
};

/// What the customer handed over by one tender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenderedPayment {
    pub tender: Tender,
    /// Notes and coins for cash; the charged amount for card.
    pub tendered_minor: Money,
    /// Authorisation code of a card payment.
    #[serde(default)]
    pub reference: String,
}

/// How tenders settle a due amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// In the order given: what each tender covers, and its change.
    pub covered: Vec<(Money, Money)>,
    pub change: Money,
    pub remaining: Money,
}

/// Spreads tenders over what is due, in order; change comes out of cash.
pub fn settle(due: Money, payments: &[TenderedPayment]) -> Result<Settlement, SaleError> {
    let mut remaining = due;
    let mut covered = Vec::with_capacity(payments.len());
    let paid = Money::sum(payments.iter().map(|payment| payment.tendered_minor))?;
    // Cards first: a card never gives change, so cash takes what is left whatever the order.
    let card = Money::sum(
        payments
            .iter()
            .filter(|p| p.tender != Tender::Cash)
            .map(|payment| payment.tendered_minor),
    )?;
    if payments
        .iter()
        .any(|payment| payment.tendered_minor < Money::ZERO)
    {
        return Err(SaleError::PaymentInvalid);
    }
    if card > due {
        return Err(SaleError::OverpaidWithoutCash { due, paid });
    }
    let mut cash_due = due - card;
    for payment in payments {
        let part = if payment.tender == Tender::Cash {
            let part = cash_due.min(payment.tendered_minor);
            cash_due = cash_due - part;
            part
        } else {
            payment.tendered_minor
        };
        remaining = remaining - part;
        covered.push((part, payment.tendered_minor - part));
    }
    let change = Money::sum(covered.iter().map(|(_, change)| *change))?;
    Ok(Settlement {
        covered,
        change,
        remaining,
    })
}

/// Amounts of cash that a customer is likely to hand over for what is due: the exact amount,
/// then the next round amounts of the currency's usual notes.
#[must_use]
pub fn cash_suggestions(due: Money, minor_digits: u8) -> Vec<Money> {
    let major = 10_i64.pow(u32::from(minor_digits));
    let mut amounts = vec![due];
    for step in [1, 5, 10, 20, 50, 100].map(|notes| notes * major) {
        let rounded =
            due.minor().div_euclid(step) * step + if due.minor() % step == 0 { 0 } else { step };
        let amount = Money(rounded);
        if rounded > 0 && !amounts.contains(&amount) {
            amounts.push(amount);
        }
    }
    amounts.truncate(5);
    amounts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn paid(tender: Tender, minor: i64) -> TenderedPayment {
        TenderedPayment {
            tender,
            tendered_minor: Money(minor),
            reference: String::new(),
        }
    }

    #[test]
    fn cash_over_the_due_amount_gives_change() {
        let settlement = settle(Money(1_795), &[paid(Tender::Cash, 2_000)]).unwrap();
        assert_eq!(settlement.covered, [(Money(1_795), Money(205))]);
        assert_eq!(settlement.remaining, Money::ZERO);
    }

    #[test]
    fn a_card_takes_its_amount_and_cash_the_rest_whatever_the_order() {
        for payments in [
            [paid(Tender::Cash, 1_000), paid(Tender::Card, 1_500)],
            [paid(Tender::Card, 1_500), paid(Tender::Cash, 1_000)],
        ] {
            let settlement = settle(Money(2_000), &payments).unwrap();
            assert_eq!(
                (settlement.remaining, settlement.change),
                (Money::ZERO, Money(500))
            );
        }
    }

    #[test]
    fn a_card_never_gives_change() {
        let result = settle(Money(100), &[paid(Tender::Card, 101)]);
        assert!(matches!(result, Err(SaleError::OverpaidWithoutCash { .. })));
    }

    #[test]
    fn suggestions_start_with_the_exact_amount() {
        let amounts: Vec<i64> = cash_suggestions(Money(1_795), 2)
            .into_iter()
            .map(Money::minor)
            .collect();
        assert_eq!(amounts, [1_795, 1_800, 2_000, 5_000, 10_000]);
    }
}
