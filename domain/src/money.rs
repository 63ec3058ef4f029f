//! Money in whole minor units and unit prices in ten-thousandths of the major unit. All rounding
//! of money happens here, half away from zero, on exact decimals.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::{limit::SAFE_INTEGER_MAX, quantity::Quantity};

/// An amount in minor units (cents, pence) of the organization's currency.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(pub i64);

/// A price of one unit in 1/10,000 of the major unit, so that 0.0125 is exact.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnitPrice(pub i64);

/// Decimals of a unit price.
pub const UNIT_PRICE_DECIMALS: u32 = 4;

/// A currency as far as arithmetic and printing need it (ISO 4217).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Currency {
    /// Three-letter code.
    pub code: String,
    /// Decimals of the minor unit: 2 for most, 0 for JPY, 3 for KWD.
    pub minor_digits: u8,
}

/// Why an amount could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("the amount is larger than a document can carry")]
    TooLarge,
    #[error("this is not an amount")]
    NotANumber,
    #[error("the amount must not be negative")]
    Negative,
    #[error("the amount has more than {0} decimals")]
    TooManyDecimals(u32),
}

impl Money {
    pub const ZERO: Money = Money(0);

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// Minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// The sum, refused beyond what JSON carries exactly.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.0
            .checked_add(other.0)
            .map_or(Err(MoneyError::TooLarge), Self::safe)
    }

    /// The sum of many, refused beyond what JSON carries exactly.
    pub fn sum(all: impl IntoIterator<Item = Money>) -> Result<Money, MoneyError> {
        all.into_iter().try_fold(Money::ZERO, Money::checked_add)
    }

    fn safe(minor: i64) -> Result<Money, MoneyError> {
        if minor.unsigned_abs() <= SAFE_INTEGER_MAX.unsigned_abs() {
            Ok(Money(minor))
        } else {
            Err(MoneyError::TooLarge)
        }
    }

    /// Reads a typed amount such as `12.5` in the currency's minor units.
    pub fn parse(text: &str, minor_digits: u8) -> Result<Money, MoneyError> {
        scaled(text, u32::from(minor_digits)).and_then(Self::safe)
    }

    /// The amount as a decimal of the major unit; nothing where the currency has more decimals than
    /// can be written.
    #[must_use]
    pub fn to_decimal(self, minor_digits: u8) -> Decimal {
        Decimal::try_new(self.0, u32::from(minor_digits)).unwrap_or_default()
    }
}

impl std::ops::Add for Money {
    type Output = Money;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Money {
    type Output = Money;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Neg for Money {
    type Output = Money;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl UnitPrice {
    /// Reads a typed price such as `2.5500`, refusing more than four decimals.
    pub fn parse(text: &str) -> Result<UnitPrice, MoneyError> {
        scaled(text, UNIT_PRICE_DECIMALS).and_then(|e4| Money::safe(e4).map(|m| UnitPrice(m.0)))
    }

    /// The price as a decimal of the major unit.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, UNIT_PRICE_DECIMALS)
    }
}

fn power_of_ten(exponent: u32) -> Option<Decimal> {
    10_i64.checked_pow(exponent).map(Decimal::from)
}

/// Quantity times unit price, rounded half away from zero to the minor unit.
pub fn line_amount(
    quantity: Quantity,
    price: UnitPrice,
    minor_digits: u8,
) -> Result<Money, MoneyError> {
    let exact = Decimal::new(quantity.milli(), 3)
        .checked_mul(price.to_decimal())
        .and_then(|major| major.checked_mul(power_of_ten(u32::from(minor_digits))?))
        .ok_or(MoneyError::TooLarge)?;
    to_minor(exact)
}

/// `amount × part / whole`, rounded half away from zero.
pub fn share(amount: Money, part: i64, whole: i64) -> Result<Money, MoneyError> {
    let exact = Decimal::from(amount.0)
        .checked_mul(Decimal::from(part))
        .and_then(|product| product.checked_div(Decimal::from(whole)))
        .ok_or(MoneyError::TooLarge)?;
    to_minor(exact)
}

/// Rounds a decimal of minor units half away from zero.
pub(crate) fn to_minor(exact: Decimal) -> Result<Money, MoneyError> {
    exact
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
        .to_i64()
        .map_or(Err(MoneyError::TooLarge), Money::safe)
}

/// Splits an amount over weights so that the parts add up to it exactly (largest remainder;
/// equal remainders go to the earlier part). All weights zero: the first part takes it all.
#[must_use]
pub fn allocate(amount: Money, weights: &[i64]) -> Vec<Money> {
    if weights.is_empty() {
        return Vec::new();
    }
    let total: i128 = weights.iter().map(|w| i128::from(w.unsigned_abs())).sum();
    let mut parts = vec![Money::ZERO; weights.len()];
    if total == 0 {
        parts[0] = amount;
        return parts;
    }
    let (sign, all) = (amount.0.signum(), i128::from(amount.0.unsigned_abs()));
    let mut left = all;
    let mut remainders = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let product = all * i128::from(weight.unsigned_abs());
        let whole = product / total;
        left -= whole;
        parts[index] = Money(sign * i64::try_from(whole).unwrap_or(i64::MAX));
        remainders.push((product % total, index));
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, index) in remainders
        .into_iter()
        .take(usize::try_from(left).unwrap_or(0))
    {
        parts[index] = parts[index] + Money(sign);
    }
    parts
}

/// Longest number that is looked at; more digits than any amount has.
const TYPED_CHARS_MAX: usize = 40;

/// A typed number in units of its last decimal. Digits 0 to 9, one point, one leading minus: what
/// groups, exponents and other scripts' digits would mean depends on who typed them.
fn scaled(text: &str, decimals: u32) -> Result<i64, MoneyError> {
    let text = text.trim();
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let points = unsigned.bytes().filter(|byte| *byte == b'.').count();
    let digits = unsigned.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || points > 1 || digits + points != unsigned.len() {
        return Err(MoneyError::NotANumber);
    }
    if text.len() > TYPED_CHARS_MAX {
        return Err(MoneyError::TooLarge);
    }
    let value = Decimal::from_str_exact(text).map_err(|_| MoneyError::TooLarge)?;
    if value.normalize().scale() > decimals {
        return Err(MoneyError::TooManyDecimals(decimals));
    }
    value
        .checked_mul(power_of_ten(decimals).ok_or(MoneyError::TooLarge)?)
        .and_then(|scaled| scaled.to_i64())
        .ok_or(MoneyError::TooLarge)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_rounds_half_away_from_zero() {
        let cases = [
            (1_000, 25_500, 255),
            (3_000, 1_250, 38),
            (1_000, 50, 1),
            (500, 100, 1),
        ];
        for (milli, e4, minor) in cases {
            assert_eq!(
                line_amount(Quantity(milli), UnitPrice(e4), 2),
                Ok(Money(minor))
            );
        }
        assert_eq!(
            line_amount(Quantity(-1_000), UnitPrice(50), 2),
            Ok(Money(-1))
        );
    }

    #[test]
    fn currencies_without_and_with_three_decimals_round_at_their_own_unit() {
        assert_eq!(
            line_amount(Quantity::ONE, UnitPrice(15_000), 0),
            Ok(Money(2))
        );
        assert_eq!(
            line_amount(Quantity::ONE, UnitPrice(15_005), 3),
            Ok(Money(1_501))
        );
    }

    #[test]
    fn an_amount_beyond_json_s_exact_integers_is_refused() {
        let result = line_amount(Quantity::units(1_000_000), UnitPrice(i64::MAX / 2), 2);
        assert_eq!(result, Err(MoneyError::TooLarge));
    }

    #[test]
    fn typed_prices_keep_four_decimals_and_no_more() {
        assert_eq!(UnitPrice::parse(" 2.5500 "), Ok(UnitPrice(25_500)));
        assert_eq!(
            UnitPrice::parse("0.00011"),
            Err(MoneyError::TooManyDecimals(4))
        );
        assert_eq!(UnitPrice::parse("abc"), Err(MoneyError::NotANumber));
        assert_eq!(Money::parse("12.5", 2), Ok(Money(1_250)));
        assert_eq!(
            Money::parse("12.505", 2),
            Err(MoneyError::TooManyDecimals(2))
        );
    }

    #[test]
    fn whatever_is_typed_or_pasted_is_an_amount_or_says_why_not() {
        use MoneyError as E;
        let cases: [(&str, Result<i64, MoneyError>); 34] = [
            ("12.50", Ok(1_250)),
            (" 12.5\t", Ok(1_250)),
            ("0", Ok(0)),
            ("-0", Ok(0)),
            ("-3.20", Ok(-320)),
            (".5", Ok(50)),
            ("5.", Ok(500)),
            ("007", Ok(700)),
            ("12.500", Ok(1_250)),
            ("12.505", Err(E::TooManyDecimals(2))),
            ("0.0000000000000000000000000001", Err(E::TooManyDecimals(2))),
            ("90071992547409.91", Ok(SAFE_INTEGER_MAX)),
            ("90071992547409.92", Err(E::TooLarge)),
            ("99999999999999999999999999999", Err(E::TooLarge)),
            (
                "1000000000000000000000000000000000000000000000",
                Err(E::TooLarge),
            ),
            ("", Err(E::NotANumber)),
            (" ", Err(E::NotANumber)),
            ("-", Err(E::NotANumber)),
            (".", Err(E::NotANumber)),
            ("--5", Err(E::NotANumber)),
            ("+5", Err(E::NotANumber)),
            ("1e5", Err(E::NotANumber)),
            ("1_000", Err(E::NotANumber)),
            ("1,000.00", Err(E::NotANumber)),
            ("1.000.00", Err(E::NotANumber)),
            ("1 000", Err(E::NotANumber)),
            ("12\u{a0}50", Err(E::NotANumber)),
            ("$12", Err(E::NotANumber)),
            ("NaN", Err(E::NotANumber)),
            ("\u{2212}5", Err(E::NotANumber)),
            ("\u{661}\u{662}", Err(E::NotANumber)),
            ("\u{ff11}\u{ff12}", Err(E::NotANumber)),
            ("\u{967}", Err(E::NotANumber)),
            ("12\n13", Err(E::NotANumber)),
        ];
        for (text, expected) in cases {
            assert_eq!(
                Money::parse(text, 2).map(Money::minor),
                expected,
                "{text:?}"
            );
        }
        assert_eq!(Money::parse("12.5", 0), Err(E::TooManyDecimals(0)));
        assert_eq!(Money::parse("12.345", 3), Ok(Money(12_345)));
    }

    proptest! {
        #[test]
        fn any_typed_text_is_read_or_refused_without_a_panic(text in "\\PC{0,60}", digits in 0_u8..=255) {
            let _ = Money::parse(&text, digits);
            let _ = UnitPrice::parse(&text);
            let _ = line_amount(Quantity::ONE, UnitPrice(15_000), digits);
            let _ = Money(15_000).to_decimal(digits);
        }

        #[test]
        fn an_amount_reads_back_as_it_was_written(minor in -SAFE_INTEGER_MAX..=SAFE_INTEGER_MAX, digits in 0_u8..5) {
            let text = Money(minor).to_decimal(digits).to_string();
            prop_assert_eq!(Money::parse(&text, digits), Ok(Money(minor)));
        }

        #[test]
        fn parts_add_up_to_the_whole(
            amount in -1_000_000_000_i64..1_000_000_000,
            weights in proptest::collection::vec(0_i64..1_000_000, 1..40),
        ) {
            let parts = allocate(Money(amount), &weights);
            prop_assert_eq!(parts.iter().map(|m| m.0).sum::<i64>(), amount);
            for part in parts {
                prop_assert!(part.0 == 0 || part.0.signum() == amount.signum());
            }
        }
    }
}
