//! Cash rounding: what is paid in cash goes to the coins that are in use. Other tenders, taxes and
//! totals never see it; a document states it as an amount of its own.

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// Which way an amount between two steps goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CashRoundingMode {
    /// To the nearer step, a half up.
    Nearest,
    /// To the nearer step, a half down.
    NearestHalfDown,
    /// Always down, in favour of who pays.
    Down,
}

/// A country's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CashRounding {
    /// The smallest coin; one or less rounds nothing.
    pub step_minor: Money,
    pub mode: CashRoundingMode,
}

impl CashRounding {
    /// An amount of cash as it changes hands. Amounts are not negative.
    #[must_use]
    pub fn round(&self, amount: Money) -> Money {
        let step = self.step_minor.minor();
        if step <= 1 {
            return amount;
        }
        let rest = amount.minor().rem_euclid(step);
        let down = amount.minor() - rest;
        let goes_up = match self.mode {
            CashRoundingMode::Nearest => rest.saturating_mul(2) >= step,
            CashRoundingMode::NearestHalfDown => rest.saturating_mul(2) > step,
            CashRoundingMode::Down => false,
        };
        Money(if goes_up {
            down.saturating_add(step)
        } else {
            down
        })
    }
}

/// An amount of cash under a rule that may not exist.
#[must_use]
pub fn round_cash(rounding: Option<&CashRounding>, amount: Money) -> Money {
    rounding.map_or(amount, |rule| rule.round(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SWISS: CashRounding = CashRounding {
        step_minor: Money(5),
        mode: CashRoundingMode::Nearest,
    };
    const PERU: CashRounding = CashRounding {
        step_minor: Money(10),
        mode: CashRoundingMode::Down,
    };
    /// In whole pesos: 1 to 5 go down, 6 to 9 up.
    const CHILE: CashRounding = CashRounding {
        step_minor: Money(10),
        mode: CashRoundingMode::NearestHalfDown,
    };

    #[test]
    fn cash_goes_to_the_coins_of_the_country() {
        for (country, rule, amounts) in [
            (
                "Spain",
                None,
                [(1_798, 1_798), (1_797, 1_797), (1_795, 1_795), (2, 2)],
            ),
            (
                "Switzerland, and the USA without cents",
                Some(SWISS),
                [(1_798, 1_800), (1_797, 1_795), (1_795, 1_795), (2, 0)],
            ),
            (
                "Peru",
                Some(PERU),
                [(1_798, 1_790), (1_799, 1_790), (1_790, 1_790), (9, 0)],
            ),
            (
                "Chile",
                Some(CHILE),
                [(1_795, 1_790), (1_796, 1_800), (1_791, 1_790), (5, 0)],
            ),
        ] {
            for (amount, cash) in amounts {
                let rounded = round_cash(rule.as_ref(), Money(amount));
                assert_eq!(rounded, Money(cash), "{country}: {amount}");
            }
        }
    }
}
