//! Numbers, money and time as people in that place and language write them. Amounts arrive
//! decided; nothing here rounds money.

pub mod time;

use domain::{
    money::{Currency, Money, MoneyError, UnitPrice},
    quantity::Quantity,
    sale::{Discount, TenderCode},
    tax::RatePpm,
};

use crate::text::Language;

/// How a person reads numbers: their language, the shop's country and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale {
    pub language: Language,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub currency: Currency,
    /// What the owner calls the tenders that are not every shop's.
    pub tenders: Vec<(TenderCode, String)>,
}

impl Locale {
    /// A locale from its parts.
    #[must_use]
    pub fn of(language: Language, country: &str, currency: &str, minor_digits: u8) -> Self {
        Self {
            language,
            country: country.to_owned(),
            currency: Currency {
                code: currency.to_owned(),
                minor_digits,
            },
            tenders: Vec::new(),
        }
    }

    /// All words of its language.
    #[must_use]
    pub fn words(&self) -> &'static crate::text::Words {
        self.language.words()
    }

    /// What stands between the whole and the decimals.
    #[must_use]
    pub fn decimal_mark(&self) -> char {
        self.plain().decimal_mark()
    }

    /// The same for `domain`, which writes all that paper and screen share.
    #[must_use]
    pub const fn plain(&self) -> domain::format::Locale<'_> {
        domain::format::Locale {
            language: self.language.plain(),
            country: self.country.as_str(),
            currency: &self.currency,
        }
    }
}

/// Money with its currency's sign: `$1,234.50`, `1.234,50 €`.
#[must_use]
pub fn money(amount: Money, locale: &Locale) -> String {
    domain::format::money(amount, locale.plain())
}

/// An amount as a person would type it into a field: no sign, no groups.
#[must_use]
pub fn money_typed(amount: Money, locale: &Locale) -> String {
    let text = amount.to_decimal(locale.currency.minor_digits).to_string();
    text.replace('.', &locale.decimal_mark().to_string())
}

/// A unit price with its currency's sign, with further decimals only where it has them.
#[must_use]
pub fn unit_price(price: UnitPrice, locale: &Locale) -> String {
    domain::format::unit_price(price, locale.plain())
}

/// A unit price as a person would type it.
#[must_use]
pub fn unit_price_typed(price: UnitPrice, locale: &Locale) -> String {
    let mut decimal = price.to_decimal().normalize();
    let scale = u32::from(locale.currency.minor_digits);
    if decimal.scale() < scale {
        decimal.rescale(scale);
    }
    decimal
        .to_string()
        .replace('.', &locale.decimal_mark().to_string())
}

/// A typed number with either decimal mark, as `domain` reads it.
#[must_use]
pub fn plain_number(typed: &str) -> String {
    typed.trim().replace(',', ".")
}

/// A count of units.
#[must_use]
pub fn quantity(quantity: Quantity, locale: &Locale) -> String {
    domain::format::quantity(quantity, locale.plain())
}

/// A quantity as typed, in either decimal mark, with at most three decimals.
#[must_use]
pub fn parse_quantity(typed: &str) -> Option<Quantity> {
    Money::parse(&plain_number(typed), 3)
        .ok()
        .map(|milli| Quantity(milli.minor()))
}

/// A price of one unit as typed, in either decimal mark.
#[must_use]
pub fn parse_unit_price(typed: &str) -> Option<UnitPrice> {
    let price = UnitPrice::parse(&plain_number(typed)).ok();
    price.filter(|price| *price >= UnitPrice(0))
}

/// A discount as typed, an amount or a percentage; none where nothing is taken off.
pub fn parse_discount(typed: &str, minor_digits: u8) -> Result<Option<Discount>, MoneyError> {
    Discount::parse(&plain_number(typed), minor_digits)
}

/// A discount as a person would type it.
#[must_use]
pub fn discount_typed(discount: Option<Discount>, locale: &Locale) -> String {
    match discount {
        None => String::new(),
        Some(Discount::Amount(amount)) => money_typed(amount, locale),
        Some(Discount::Percent(rate)) => {
            let percent = UnitPrice(rate.0.into())
                .to_decimal()
                .normalize()
                .to_string();
            format!(
                "{}%",
                percent.replace('.', &locale.decimal_mark().to_string())
            )
        }
    }
}

/// A whole number with groups of three.
#[must_use]
pub fn count(number: u64, locale: &Locale) -> String {
    domain::format::count(number, locale.plain())
}

/// A tax rate: `21 %`, `8.875%`.
#[must_use]
pub fn rate(rate: RatePpm, locale: &Locale) -> String {
    domain::format::rate(rate, locale.plain())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_york(language: Language) -> Locale {
        Locale::of(language, "US", "USD", 2)
    }

    #[test]
    fn money_is_written_as_in_the_shop_s_country() {
        let amount = Money(123_456);
        let cases = [
            (new_york(Language::En), "$1,234.56"),
            (new_york(Language::Es), "$1,234.56"),
            (Locale::of(Language::Es, "ES", "EUR", 2), "1234,56\u{a0}€"),
            (Locale::of(Language::En, "ES", "EUR", 2), "€1,234.56"),
            (Locale::of(Language::En, "GB", "GBP", 2), "£1,234.56"),
            (Locale::of(Language::Es, "PE", "PEN", 2), "S/\u{a0}1,234.56"),
            (Locale::of(Language::En, "JP", "JPY", 0), "¥123,456"),
        ];
        for (locale, text) in cases {
            assert_eq!(money(amount, &locale), text);
        }
        assert_eq!(money(Money(-5), &new_york(Language::En)), "\u{2212}$0.05");
        let spain = Locale::of(Language::Es, "ES", "EUR", 2);
        assert_eq!(money(Money(1_234_567), &spain), "12.345,67\u{a0}€");
    }

    #[test]
    fn unit_prices_show_further_decimals_only_when_they_have_them() {
        let locale = new_york(Language::En);
        assert_eq!(unit_price(UnitPrice(25_500), &locale), "$2.55");
        assert_eq!(unit_price(UnitPrice(125), &locale), "$0.0125");
        assert_eq!(unit_price_typed(UnitPrice(25_500), &locale), "2.55");
        assert_eq!(unit_price_typed(UnitPrice(120_000), &locale), "12.00");
    }

    #[test]
    fn quantities_are_read_with_either_mark() {
        assert_eq!(parse_quantity("1,5"), Some(Quantity(1_500)));
        assert_eq!(parse_quantity("3"), Some(Quantity(3_000)));
        assert_eq!(parse_quantity("0.0001"), None);
        assert_eq!(parse_quantity("x"), None);
        let spain = Locale::of(Language::Es, "ES", "EUR", 2);
        assert_eq!(quantity(Quantity(-1_500), &spain), "\u{2212}1,5");
    }

    #[test]
    fn what_cannot_be_a_quantity_or_a_price_is_none() {
        for typed in [
            "",
            "-",
            "x",
            "1e3",
            "1_000",
            "1,000.5",
            "0.0001",
            "\u{661}",
            "\u{ff13}",
            "3 pcs",
            "99999999999999999999",
            "\u{2212}2",
            "1\n2",
        ] {
            assert_eq!(parse_quantity(typed), None, "{typed:?}");
        }
        for typed in [
            "",
            "-1",
            "free",
            "1.00001",
            "\u{664}",
            "12,5,0",
            "9999999999999999",
        ] {
            assert_eq!(parse_unit_price(typed), None, "{typed:?}");
        }
        assert_eq!(parse_quantity("-2"), Some(Quantity(-2_000)));
        assert_eq!(parse_unit_price(" 12,5 "), Some(UnitPrice(125_000)));
    }

    #[test]
    fn discounts_are_read_as_they_are_written() {
        let spain = Locale::of(Language::Es, "ES", "EUR", 2);
        for typed in ["", "12,50", "10%", "33,3333%"] {
            let discount = parse_discount(typed, 2).unwrap();
            assert_eq!(discount_typed(discount, &spain), typed);
        }
        assert!(parse_discount("101%", 2).is_err() && parse_discount("-5", 2).is_err());
    }

    #[test]
    fn rates_keep_their_decimals() {
        assert_eq!(rate(RatePpm(88_750), &new_york(Language::En)), "8.875%");
        let spain = Locale::of(Language::Es, "ES", "EUR", 2);
        assert_eq!(rate(RatePpm(210_000), &spain), "21\u{a0}%");
    }
}
