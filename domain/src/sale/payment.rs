//! Paying: tenders cover what is due, cash gives change, nothing else does.

use serde::{Deserialize, Serialize};

use crate::{
    balance::BalanceKind,
    money::Money,
    sale::{CashRounding, SaleError, TenderCode, round_cash},
};

/// What the customer handed over by one tender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenderedPayment {
    pub tender: TenderCode,
    /// Notes and coins for cash; the charged amount for card; less than zero for what is paid into
    /// a balance.
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
    /// What is left to hand over if it is handed over in cash.
    pub remaining_cash: Money,
    /// What rounding cash added to the due amount; less than zero where it took off.
    pub rounding: Money,
}

/// Spreads tenders over what is due, in order; change comes out of cash. Where cash settles it, what
/// cash pays is rounded.
pub fn settle(
    due: Money,
    payments: &[TenderedPayment],
    rounding: Option<&CashRounding>,
) -> Result<Settlement, SaleError> {
    let mut covered = Vec::with_capacity(payments.len());
    let is_cash = |payment: &&TenderedPayment| payment.tender == TenderCode::CASH;
    let paid = Money::sum(payments.iter().map(|payment| payment.tendered_minor))?;
    let cash = Money::sum((payments.iter().filter(is_cash)).map(|one| one.tendered_minor))?;
    // The others first: they never give change, so cash takes what is left whatever the order.
    let others = paid - cash;
    if payments.iter().any(|payment| !is_possible(payment)) {
        return Err(SaleError::PaymentInvalid);
    }
    if others > due {
        return Err(SaleError::OverpaidWithoutCash { due, paid });
    }
    let exact = due - others;
    let rounded = round_cash(rounding, exact);
    let is_settled_in_cash = payments.iter().any(|one| is_cash(&one)) && cash >= rounded;
    let mut cash_due = if is_settled_in_cash { rounded } else { exact };
    let rounding = cash_due - exact;
    for payment in payments {
        let part = if payment.tender == TenderCode::CASH {
            let part = cash_due.min(payment.tendered_minor);
            cash_due = cash_due - part;
            part
        } else {
            payment.tendered_minor
        };
        covered.push((part, payment.tendered_minor - part));
    }
    let change = Money::sum(covered.iter().map(|(_, change)| *change))?;
    let remaining_cash = if is_settled_in_cash {
        Money::ZERO
    } else {
        rounded - cash
    };
    Ok(Settlement {
        covered,
        change,
        remaining: cash_due,
        remaining_cash,
        rounding,
    })
}

/// Less than nothing is what the customer pays into a balance: a gift card that is bought, an account
/// that is settled. The other tenders pay for it.
fn is_possible(payment: &TenderedPayment) -> bool {
    payment.tendered_minor >= Money::ZERO || BalanceKind::of_tender(payment.tender).is_some()
}

/// Amounts of cash that a customer is likely to hand over for what is due: the exact amount,
/// then the next round amounts of the currency's usual notes.
#[must_use]
pub fn cash_suggestions(due: Money, minor_digits: u8) -> Vec<Money> {
    let major = 10_i64.saturating_pow(u32::from(minor_digits));
    let mut amounts = vec![due];
    for step in [1, 5, 10, 20, 50, 100].map(|notes: i64| notes.saturating_mul(major)) {
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

    fn paid(tender: TenderCode, minor: i64) -> TenderedPayment {
        TenderedPayment {
            tender,
            tendered_minor: Money(minor),
            reference: String::new(),
        }
    }

    #[test]
    fn cash_over_the_due_amount_gives_change() {
        let settlement = settle(Money(1_795), &[paid(TenderCode::CASH, 2_000)], None).unwrap();
        assert_eq!(settlement.covered, [(Money(1_795), Money(205))]);
        assert_eq!(settlement.remaining, Money::ZERO);
    }

    #[test]
    fn a_card_takes_its_amount_and_cash_the_rest_whatever_the_order() {
        for payments in [
            [paid(TenderCode::CASH, 1_000), paid(TenderCode::CARD, 1_500)],
            [paid(TenderCode::CARD, 1_500), paid(TenderCode::CASH, 1_000)],
        ] {
            let settlement = settle(Money(2_000), &payments, None).unwrap();
            assert_eq!(
                (settlement.remaining, settlement.change),
                (Money::ZERO, Money(500))
            );
        }
    }

    #[test]
    fn a_card_never_gives_change() {
        let result = settle(Money(100), &[paid(TenderCode::CARD, 101)], None);
        assert!(matches!(result, Err(SaleError::OverpaidWithoutCash { .. })));
    }

    #[test]
    fn rounding_touches_what_is_paid_in_cash_alone() {
        use crate::sale::CashRoundingMode;
        let swiss = CashRounding {
            step_minor: Money(5),
            mode: CashRoundingMode::Nearest,
        };
        let (cash, card) = (TenderCode::CASH, TenderCode::CARD);
        // Due, payments, what is settled: remaining, change, rounding.
        for (due, payments, settled) in [
            (1_798, vec![paid(card, 1_798)], (0, 0, 0)),
            (1_798, vec![paid(cash, 2_000)], (0, 200, 2)),
            (1_797, vec![paid(cash, 1_795)], (0, 0, -2)),
            (1_798, vec![paid(card, 1_000), paid(cash, 800)], (0, 0, 2)),
            (1_798, vec![paid(cash, 1_000)], (798, 0, 0)),
            (1_798, vec![paid(cash, 1_000), paid(card, 798)], (0, 0, 0)),
            (2, vec![paid(cash, 0)], (0, 0, -2)),
            (2, vec![], (2, 0, 0)),
        ] {
            let settlement = settle(Money(due), &payments, Some(&swiss)).unwrap();
            let (remaining, change) = (settlement.remaining, settlement.change);
            let found = (remaining.0, change.0, settlement.rounding.0);
            assert_eq!(found, settled, "{due} {payments:?}");
        }
    }

    #[test]
    fn suggestions_start_with_the_exact_amount() {
        let amounts: Vec<i64> = cash_suggestions(Money(1_795), 2)
            .into_iter()
            .map(Money::minor)
            .collect();
        assert_eq!(amounts, [1_795, 1_800, 2_000, 5_000, 10_000]);
        assert!(cash_suggestions(Money(1_795), 255).contains(&Money(1_795)));
    }
}
