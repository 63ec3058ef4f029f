//! Tax of a document: per rate, on the sum of the line totals, so that the breakdown adds up to
//! the total by construction; each line's share follows by largest remainder.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::{Money, MoneyError, allocate, to_minor};

/// A rate in parts per million: 20 % is 200,000; 8.875 % is 88,750.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RatePpm(pub u32);

/// Whether prices hold the tax already (Europe, Peru, Mexico) or it is added (USA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxMode {
    Inclusive,
    Exclusive,
}

impl TaxMode {
    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inclusive => "inclusive",
            Self::Exclusive => "exclusive",
        }
    }

    /// The mode of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Inclusive, Self::Exclusive]
            .into_iter()
            .find(|mode| mode.name() == name)
    }
}

/// One row of a document's tax breakdown. `net + tax = gross`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxTotal {
    pub rate_ppm: RatePpm,
    pub net_minor: Money,
    pub tax_minor: Money,
    pub gross_minor: Money,
}

/// The tax of one sum at one rate.
pub fn tax_of(sum: Money, rate: RatePpm, mode: TaxMode) -> Result<TaxTotal, MoneyError> {
    const WHOLE: i64 = 1_000_000;
    let rate_e6 = Decimal::from(rate.0);
    let base = match mode {
        TaxMode::Inclusive => Decimal::from(WHOLE) + rate_e6,
        TaxMode::Exclusive => Decimal::from(WHOLE),
    };
    let exact = Decimal::from(sum.minor())
        .checked_mul(rate_e6)
        .and_then(|product| product.checked_div(base))
        .ok_or(MoneyError::TooLarge)?;
    let tax_minor = to_minor(exact)?;
    let (net_minor, gross_minor) = match mode {
        TaxMode::Inclusive => (sum - tax_minor, sum),
        TaxMode::Exclusive => (sum, sum.checked_add(tax_minor)?),
    };
    Ok(TaxTotal {
        rate_ppm: rate,
        net_minor,
        tax_minor,
        gross_minor,
    })
}

/// The breakdown by rate, lowest rate first, and each line's share of the tax in line order.
pub fn breakdown(
    lines: &[(Money, RatePpm)],
    mode: TaxMode,
) -> Result<(Vec<TaxTotal>, Vec<Money>), MoneyError> {
    let mut by_rate: BTreeMap<RatePpm, Vec<usize>> = BTreeMap::new();
    for (index, (_, rate)) in lines.iter().enumerate() {
        by_rate.entry(*rate).or_default().push(index);
    }
    let mut totals = Vec::with_capacity(by_rate.len());
    let mut shares = vec![Money::ZERO; lines.len()];
    for (rate, indexes) in by_rate {
        let sum = Money::sum(indexes.iter().map(|index| lines[*index].0))?;
        let total = tax_of(sum, rate, mode)?;
        let weights: Vec<i64> = indexes
            .iter()
            .map(|index| lines[*index].0.minor())
            .collect();
        for (index, part) in indexes.iter().zip(allocate(total.tax_minor, &weights)) {
            shares[*index] = part;
        }
        totals.push(total);
    }
    Ok((totals, shares))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn inclusive_and_exclusive_tax_meet_at_the_same_gross() {
        let inside = tax_of(Money(12_000), RatePpm(200_000), TaxMode::Inclusive).unwrap();
        let outside = tax_of(Money(10_000), RatePpm(200_000), TaxMode::Exclusive).unwrap();
        assert_eq!(inside, outside);
        assert_eq!(inside.tax_minor, Money(2_000));
    }

    #[test]
    fn new_york_s_three_decimals_of_a_percent_are_exact() {
        let total = tax_of(Money(10_000), RatePpm(88_750), TaxMode::Exclusive).unwrap();
        assert_eq!(total.tax_minor, Money(888));
    }

    proptest! {
        #[test]
        fn the_breakdown_adds_up_to_the_lines(
            lines in proptest::collection::vec((0_i64..10_000_000, 0_usize..4), 1..30),
            exclusive: bool,
        ) {
            let rates = [0, 40_000, 100_000, 210_000];
            let lines: Vec<_> =
                lines.iter().map(|(m, r)| (Money(*m), RatePpm(rates[*r]))).collect();
            let mode = if exclusive { TaxMode::Exclusive } else { TaxMode::Inclusive };
            let (totals, shares) = breakdown(&lines, mode).unwrap();
            let sum: i64 = lines.iter().map(|(m, _)| m.0).sum();
            let base: i64 = totals
                .iter()
                .map(|t| if exclusive { t.net_minor.0 } else { t.gross_minor.0 })
                .sum();
            prop_assert_eq!(base, sum);
            let tax: i64 = totals.iter().map(|t| t.tax_minor.0).sum();
            prop_assert_eq!(shares.iter().map(|m| m.0).sum::<i64>(), tax);
            for total in totals {
                prop_assert_eq!(total.net_minor + total.tax_minor, total.gross_minor);
            }
        }
    }
}
