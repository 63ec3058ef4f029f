//! Counting a drawer: coins and notes of the currency, and what each countable tender holds.

use serde::{Deserialize, Serialize};

use super::ShiftError;
use crate::{
    limit::SAFE_INTEGER_MAX,
    money::{Currency, Money},
    sale::TenderCode,
};

/// Coins or notes of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pieces {
    pub value_minor: Money,
    pub count: u32,
}

/// One tender at closing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenderCount {
    pub tender: TenderCode,
    pub expected_minor: Money,
    pub counted_minor: Money,
    /// By which coins and notes; cash alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<Pieces>,
}

impl TenderCount {
    /// Counted less expected.
    #[must_use]
    pub fn difference(&self) -> Money {
        self.counted_minor - self.expected_minor
    }
}

/// Coins and notes in use, in minor units, largest first.
/// Sources: the issuing central banks' lists of what circulates (2025).
const CIRCULATING: &[(&str, &[i64])] = &[
    (
        "EUR",
        &[
            50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1,
        ],
    ),
    (
        "USD",
        &[10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 25, 10, 5, 1],
    ),
    (
        "MXN",
        &[
            100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10,
        ],
    ),
    (
        "PEN",
        &[
            20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10,
        ],
    ),
    (
        "CLP",
        &[20_000, 10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10],
    ),
    (
        "CHF",
        &[
            100_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5,
        ],
    ),
    (
        "JPY",
        &[10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10, 5, 1],
    ),
    (
        "COP",
        &[
            10_000_000, 5_000_000, 2_000_000, 1_000_000, 500_000, 200_000, 100_000, 50_000, 20_000,
            10_000, 5_000,
        ],
    ),
    (
        "GBP",
        &[5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
    ),
];

/// Coins and notes of a currency, largest first; for one without a list, steps of 1, 2 and 5.
#[must_use]
pub fn denominations(currency: &Currency) -> Vec<Money> {
    let listed = CIRCULATING.iter().find(|(code, _)| *code == currency.code);
    match listed {
        Some((_, values)) => values.iter().copied().map(Money).collect(),
        None => {
            // Up to notes of fifty thousand, as where a unit is worth little.
            let steps = u32::from(currency.minor_digits) + 5;
            let powers = (0..steps).rev().map(|power| 10_i64.saturating_pow(power));
            let values = powers.flat_map(|one| [5, 2, 1].map(|step| one.saturating_mul(step)));
            values.map(Money).collect()
        }
    }
}

/// What the counted coins and notes are worth.
pub fn sum_pieces(pieces: &[Pieces], currency: &Currency) -> Result<Money, ShiftError> {
    let known = denominations(currency);
    let mut sum = 0_i64;
    for one in pieces {
        let value_minor = one.value_minor.minor();
        if !known.contains(&one.value_minor) {
            return Err(ShiftError::PieceUnknown { value_minor });
        }
        let worth = value_minor.checked_mul(i64::from(one.count));
        sum = worth
            .and_then(|worth| sum.checked_add(worth))
            .filter(|sum| *sum <= SAFE_INTEGER_MAX)
            .ok_or(ShiftError::AmountInvalid)?;
    }
    Ok(Money(sum))
}
