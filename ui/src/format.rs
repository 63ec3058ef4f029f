//! Numbers, money and time as people in that place and language write them. Amounts arrive
//! decided; nothing here rounds money.

pub mod time;

use domain::{
    money::{Currency, Money, UnitPrice},
    quantity::Quantity,
    sale::TenderCode,
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

/// Countries that write a decimal point in Spanish too (Unicode CLDR 45, `es-*` decimal symbols).
const SPANISH_WITH_POINT: &[&str] = &[
    "DO", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "SV", "US", "GB",
];

const NO_BREAK_SPACE: char = '\u{a0}';

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
        if self.language == Language::Es && !SPANISH_WITH_POINT.contains(&self.country.as_str()) {
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
            "USD" => matches!(self.country.as_str(), "US" | "PR" | "SV" | "PA" | "EC"),
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
pub fn money(amount: Money, locale: &Locale) -> String {
    let (sign, leads) = locale.currency_sign();
    let minus = if amount.minor() < 0 { "\u{2212}" } else { "" };
    let digits = money_digits(amount, locale);
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
fn money_digits(amount: Money, locale: &Locale) -> String {
    let scale = u32::from(locale.currency.minor_digits);
    let unit = 10_u64.pow(scale);
    let all = amount.minor().unsigned_abs();
    let whole = grouped(all / unit, locale);
    if scale == 0 {
        return whole;
    }
    let rest = all % unit;
    format!(
        "{whole}{}{rest:0width$}",
        locale.decimal_mark(),
        width = usize::from(locale.currency.minor_digits)
    )
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
    let per_minor = 10_i64.pow(4_u32.saturating_sub(u32::from(locale.currency.minor_digits)));
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
    quantity
        .to_string()
        .replace('-', "\u{2212}")
        .replace('.', &locale.decimal_mark().to_string())
}

/// A quantity as typed, in either decimal mark, with at most three decimals.
#[must_use]
pub fn parse_quantity(typed: &str) -> Option<Quantity> {
    Money::parse(&plain_number(typed), 3)
        .ok()
        .map(|milli| Quantity(milli.minor()))
}

/// A whole number with groups of three.
#[must_use]
pub fn count(number: u64, locale: &Locale) -> String {
    grouped(number, locale)
}

/// A tax rate: `21 %`, `8.875%`.
#[must_use]
pub fn rate(rate: RatePpm, locale: &Locale) -> String {
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

fn grouped(number: u64, locale: &Locale) -> String {
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
    fn rates_keep_their_decimals() {
        assert_eq!(rate(RatePpm(88_750), &new_york(Language::En)), "8.875%");
        let spain = Locale::of(Language::Es, "ES", "EUR", 2);
        assert_eq!(rate(RatePpm(210_000), &spain), "21\u{a0}%");
    }
}
