//! Numbers, money and time as people in a place and language write them, for screens, paper and
//! everything else that reads them out. Amounts arrive decided; nothing here rounds money.

pub mod time;

use serde::{Deserialize, Serialize};

use crate::{
    money::{Currency, Money, UNIT_PRICE_DECIMALS, UnitPrice},
    quantity::Quantity,
    tax::RatePpm,
};

/// A language that the shop's paper can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    Es,
    En,
}

/// How numbers are written: a language, a country (ISO 3166-1 alpha-2) and a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locale<'a> {
    pub language: Language,
    pub country: &'a str,
    pub currency: &'a Currency,
}

/// Countries that write a decimal point in Spanish too (Unicode CLDR 45, `es-*` decimal symbols).
const SPANISH_WITH_POINT: &[&str] = &[
    "DO", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "SV", "US", "GB",
];

/// Keeps a sign and its digits on one line.
pub const NO_BREAK_SPACE: char = '\u{a0}';
/// As wide as the digits, unlike a hyphen.
pub const MINUS: &str = "\u{2212}";

impl Locale<'_> {
    /// What stands between the whole and the decimals.
    #[must_use]
    pub fn decimal_mark(&self) -> char {
        if self.language == Language::Es && !SPANISH_WITH_POINT.contains(&self.country) {
            ','
        } else {
            '.'
        }
    }

    fn group_mark(&self) -> char {
        if self.decimal_mark() == ',' { '.' } else { ',' }
    }

    /// The currency's sign in that country, and whether it stands before the amount.
    fn currency_sign(&self) -> (&str, bool) {
        let at_home = match self.currency.code.as_str() {
            "USD" => matches!(self.country, "US" | "PR" | "SV" | "PA" | "EC"),
            "MXN" => self.country == "MX",
            _ => true,
        };
        let sign = match (self.currency.code.as_str(), at_home) {
            ("USD" | "MXN", true) => "$",
            ("USD", false) => "US$",
            ("EUR", _) => "€",
            ("GBP", _) => "£",
            ("PEN", _) => "S/",
            ("JPY", _) => "¥",
            (code, _) => code,
        };
        (sign, self.decimal_mark() == '.')
    }
}

/// Money with its currency's sign: `$1,234.50`, `1.234,50 €`.
#[must_use]
pub fn money(amount: Money, locale: Locale<'_>) -> String {
    let (sign, leads) = locale.currency_sign();
    let minus = if amount.minor() < 0 { MINUS } else { "" };
    let digits = digits(amount, locale);
    if leads {
        let space = if sign.chars().count() > 2 || sign == "S/" {
            NO_BREAK_SPACE.to_string()
        } else {
            String::new()
        };
        format!("{minus}{sign}{space}{digits}")
    } else {
        format!("{minus}{digits}{NO_BREAK_SPACE}{sign}")
    }
}

/// The digits of an amount alone, without minus sign.
fn digits(amount: Money, locale: Locale<'_>) -> String {
    let scale = u32::from(locale.currency.minor_digits);
    let all = amount.minor().unsigned_abs();
    // A currency of more decimals than there are digits: every amount is less than one.
    let (whole, rest) = match 10_u64.checked_pow(scale) {
        Some(unit) => (all / unit, all % unit),
        None => (0, all),
    };
    let whole = count(whole, locale);
    if scale == 0 {
        return whole;
    }
    format!(
        "{whole}{}{rest:0width$}",
        locale.decimal_mark(),
        width = usize::from(locale.currency.minor_digits)
    )
}

/// A unit price with its currency's sign, with further decimals only where it has them.
#[must_use]
pub fn unit_price(price: UnitPrice, locale: Locale<'_>) -> String {
    let decimals = u32::from(locale.currency.minor_digits);
    let per_minor = 10_i64.pow(UNIT_PRICE_DECIMALS.saturating_sub(decimals));
    if price.0 % per_minor == 0 {
        return money(Money(price.0 / per_minor), locale);
    }
    let (sign, leads) = locale.currency_sign();
    let text = price.to_decimal().normalize().to_string();
    let digits = text.replace('.', &locale.decimal_mark().to_string());
    if leads {
        format!("{sign}{digits}")
    } else {
        format!("{digits}{NO_BREAK_SPACE}{sign}")
    }
}

/// A count of units.
#[must_use]
pub fn quantity(quantity: Quantity, locale: Locale<'_>) -> String {
    quantity
        .to_string()
        .replace('-', MINUS)
        .replace('.', &locale.decimal_mark().to_string())
}

/// A tax rate: `21 %`, `8.875%`.
#[must_use]
pub fn rate(rate: RatePpm, locale: Locale<'_>) -> String {
    let (whole, rest) = (rate.0 / 10_000, rate.0 % 10_000);
    let mut text = whole.to_string();
    if rest > 0 {
        let decimals = format!("{rest:04}");
        text.push(locale.decimal_mark());
        text.push_str(decimals.trim_end_matches('0'));
    }
    match locale.language {
        Language::Es => format!("{text}{NO_BREAK_SPACE}%"),
        Language::En => format!("{text}%"),
    }
}

/// A whole number with groups of three.
#[must_use]
pub fn count(number: u64, locale: Locale<'_>) -> String {
    let digits = number.to_string();
    // Spanish groups from five digits on (Real Academia Española, Ortografía, VIII 2.3).
    if digits.len() <= 3 || (locale.decimal_mark() == ',' && digits.len() == 4) {
        return digits;
    }
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(locale.group_mark());
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str, minor_digits: u8) -> Currency {
        Currency {
            code: code.into(),
            minor_digits,
        }
    }

    #[test]
    fn money_is_written_as_in_the_shop_s_country() {
        let cases = [
            (Language::Es, "ES", "EUR", 2, "1234,56\u{a0}€"),
            (Language::En, "US", "USD", 2, "$1,234.56"),
            (Language::Es, "PE", "PEN", 2, "S/\u{a0}1,234.56"),
            (Language::En, "JP", "JPY", 0, "¥123,456"),
            (Language::Es, "ES", "TND", 3, "123,456\u{a0}TND"),
            // Nothing like it exists, and a stored one must not stop a printer.
            (
                Language::En,
                "US",
                "XXX",
                30,
                "XXX\u{a0}0.000000000000000000000000123456",
            ),
        ];
        for (language, country, code, minor_digits, text) in cases {
            let currency = currency(code, minor_digits);
            let locale = Locale {
                language,
                country,
                currency: &currency,
            };
            assert_eq!(money(Money(123_456), locale), text);
        }
    }

    #[test]
    fn unit_prices_show_further_decimals_only_where_they_have_them() {
        let currency = currency("EUR", 2);
        let locale = Locale {
            language: Language::Es,
            country: "ES",
            currency: &currency,
        };
        assert_eq!(unit_price(UnitPrice(125), locale), "0,0125\u{a0}€");
        assert_eq!(unit_price(UnitPrice(25_500), locale), "2,55\u{a0}€");
        assert_eq!(rate(RatePpm(52_000), locale), "5,2\u{a0}%");
    }
}
