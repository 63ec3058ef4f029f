//! How much of a product: thousandths of its unit, so that a metre and a half of cable is exact.

use serde::{Deserialize, Serialize};

/// A signed count in thousandths of a unit.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Quantity(pub i64);

/// Largest quantity of one line: a million units.
pub const QUANTITY_MAX: Quantity = Quantity(1_000_000 * 1_000);

impl Quantity {
    pub const ZERO: Quantity = Quantity(0);
    pub const ONE: Quantity = Quantity(1_000);

    /// Whole units; saturates far outside of what a shop counts.
    #[must_use]
    pub const fn units(units: i64) -> Self {
        Self(units.saturating_mul(1_000))
    }

    /// Thousandths of a unit.
    #[must_use]
    pub const fn milli(self) -> i64 {
        self.0
    }

    /// Between one thousandth and [`QUANTITY_MAX`].
    #[must_use]
    pub fn is_sellable(self) -> bool {
        self.0 > 0 && self <= QUANTITY_MAX
    }
}

impl std::ops::Add for Quantity {
    type Output = Quantity;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Quantity {
    type Output = Quantity;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Neg for Quantity {
    type Output = Quantity;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, |sum, one| sum + one)
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, all) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (whole, rest) = (all / 1_000, all % 1_000);
        if rest == 0 {
            write!(f, "{sign}{whole}")
        } else {
            let decimals = format!("{rest:03}");
            write!(f, "{sign}{whole}.{}", decimals.trim_end_matches('0'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_people_write_them() {
        let texts = [
            Quantity(1_000),
            Quantity(1_500),
            Quantity(-250),
            Quantity(12),
        ];
        assert_eq!(texts.map(|q| q.to_string()), ["1", "1.5", "-0.25", "0.012"]);
    }
}
