//! Tax of a document: by rate, on the sum of the line totals or line by line as the country rounds,
//! so that the breakdown adds up to the total by construction; each line's share of a sum follows
//! by largest remainder, and so does each component's share of a rate.

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

/// Where a country rounds tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxRounding {
    /// Once, on the sum of all lines of a rate.
    #[default]
    PerRate,
    /// On each line; a rate's tax is the sum of its lines'.
    PerLine,
}

/// What the tax of a class is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxScheme {
    /// The price.
    #[default]
    Standard,
    /// What the shop earned on used goods; papers show no tax.
    Margin,
    /// Nothing, for a reason that papers state.
    Exempt,
}

impl TaxScheme {
    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Margin => "margin",
            Self::Exempt => "exempt",
        }
    }

    /// The scheme of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Standard, Self::Margin, Self::Exempt]
            .into_iter()
            .find(|scheme| scheme.name() == name)
    }

    pub(crate) fn is_standard(&self) -> bool {
        *self == Self::Standard
    }
}

/// One tax of several on the same price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxComponent {
    pub code: String,
    pub name: String,
    pub rate_ppm: RatePpm,
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
    tax_total(sum, to_minor(exact)?, rate, mode)
}

/// The breakdown by rate, lowest rate first, and each line's share of the tax in line order.
pub fn breakdown(
    lines: &[(Money, RatePpm)],
    mode: TaxMode,
    rounding: TaxRounding,
) -> Result<(Vec<TaxTotal>, Vec<Money>), MoneyError> {
    let mut by_rate: BTreeMap<RatePpm, Vec<usize>> = BTreeMap::new();
    for (index, (_, rate)) in lines.iter().enumerate() {
        by_rate.entry(*rate).or_default().push(index);
    }
    let mut totals = Vec::with_capacity(by_rate.len());
    let mut shares = vec![Money::ZERO; lines.len()];
    for (rate, indexes) in by_rate {
        let sum = Money::sum(indexes.iter().map(|index| lines[*index].0))?;
        let (total, parts) = match rounding {
            TaxRounding::PerRate => {
                let total = tax_of(sum, rate, mode)?;
                let weights = indexes.iter().map(|index| lines[*index].0.minor());
                let weights: Vec<i64> = weights.collect();
                (total, allocate(total.tax_minor, &weights))
            }
            TaxRounding::PerLine => {
                let of_line = |index: &usize| tax_of(lines[*index].0, rate, mode);
                let parts = indexes.iter().map(|index| Ok(of_line(index)?.tax_minor));
                let parts = parts.collect::<Result<Vec<Money>, MoneyError>>()?;
                let tax_minor = Money::sum(parts.iter().copied())?;
                (tax_total(sum, tax_minor, rate, mode)?, parts)
            }
        };
        for (index, part) in indexes.iter().zip(parts) {
            shares[*index] = part;
        }
        totals.push(total);
    }
    Ok((totals, shares))
}

/// A row of the breakdown from a sum of lines and the tax on it.
pub(crate) fn tax_total(
    sum: Money,
    tax_minor: Money,
    rate_ppm: RatePpm,
    mode: TaxMode,
) -> Result<TaxTotal, MoneyError> {
    let (net_minor, gross_minor) = match mode {
        TaxMode::Inclusive => (sum - tax_minor, sum),
        TaxMode::Exclusive => (sum, sum.checked_add(tax_minor)?),
    };
    Ok(TaxTotal {
        rate_ppm,
        net_minor,
        tax_minor,
        gross_minor,
    })
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
            per_line: bool,
        ) {
            let rates = [0, 40_000, 100_000, 210_000];
            let lines: Vec<_> =
                lines.iter().map(|(m, r)| (Money(*m), RatePpm(rates[*r]))).collect();
            let mode = if exclusive { TaxMode::Exclusive } else { TaxMode::Inclusive };
            let rounding = if per_line { TaxRounding::PerLine } else { TaxRounding::PerRate };
            let (totals, shares) = breakdown(&lines, mode, rounding).unwrap();
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
