//! Tax ids as they are typed: check digits where a country's have some, shape where not. A number
//! that only its check digit speaks against may be right where the office itself gave out others.

use serde::{Deserialize, Serialize};

use super::CountryPack;

/// How a kind of tax id is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxIdCheck {
    /// Persons (DNI, NIE, K, L, M) by the letter mod 23; entities (CIF) by Luhn's sum.
    EsNif,
    /// Two letters of a country, then its number.
    EuVat,
    /// Shape, date, and the check digit mod 11 of twelve and thirteen characters.
    MxRfc,
    /// Eleven digits, the last mod 11.
    PeRuc,
    /// Eight digits.
    PeDni,
    /// Nine digits with a prefix that the office gives out.
    UsEin,
    /// Any text.
    Free,
}

/// What speaks against a tax id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxIdProblem {
    /// Fits no kind that the country has.
    Shape,
    /// Fits one, but its check digit is another.
    CheckDigit,
}

/// The number without blanks, dots and dashes, in capitals.
#[must_use]
pub fn normalize(number: &str) -> String {
    number
        .chars()
        .filter(|char| !char.is_whitespace() && !matches!(char, '-' | '.' | '/' | '_'))
        .flat_map(char::to_uppercase)
        .collect()
}

/// The kind of tax id that a number is in a country, or what speaks against it. A country with a
/// kind that takes any text names that only when no other fits by shape.
pub fn check_tax_id<'a>(pack: &'a CountryPack, number: &str) -> Result<&'a str, TaxIdProblem> {
    let number = normalize(number);
    let is_generic = |known: &&super::GenericTaxId| known.number == number;
    if let Some(generic) = pack.generic_tax_ids.iter().find(is_generic) {
        return Ok(&generic.number);
    }
    let mut problem = TaxIdProblem::Shape;
    for kind in &pack.tax_ids {
        match kind.check.check(&number) {
            Ok(()) if kind.check == TaxIdCheck::Free && problem != TaxIdProblem::Shape => {}
            Ok(()) => return Ok(&kind.kind),
            Err(TaxIdProblem::CheckDigit) => problem = TaxIdProblem::CheckDigit,
            Err(TaxIdProblem::Shape) => {}
        }
    }
    Err(problem)
}

impl TaxIdCheck {
    /// Checks a normalized number.
    pub fn check(self, number: &str) -> Result<(), TaxIdProblem> {
        let bytes = number.as_bytes();
        match self {
            Self::EsNif => es_nif(bytes),
            Self::EuVat => shape(is_eu_vat(bytes)),
            Self::MxRfc => mx_rfc(number),
            Self::PeRuc => pe_ruc(bytes),
            Self::PeDni => shape(bytes.len() == 8 && all_digits(bytes)),
            Self::UsEin => shape(is_ein(bytes)),
            Self::Free => shape(!number.is_empty()),
        }
    }
}

fn shape(fits: bool) -> Result<(), TaxIdProblem> {
    fits.then_some(()).ok_or(TaxIdProblem::Shape)
}

fn check_digit(fits: bool) -> Result<(), TaxIdProblem> {
    fits.then_some(()).ok_or(TaxIdProblem::CheckDigit)
}

fn all_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

fn value(digits: &[u8]) -> usize {
    let step = |sum: usize, digit: &u8| sum * 10 + usize::from(digit - b'0');
    digits.iter().fold(0, step)
}

/// RD 338/1990 and Orden EHA/451/2008: `TRWAGMYFPDXBNJZSQVHLCKE` by the remainder of 23; entities
/// by a Luhn sum, as digit or letter by the kind of entity.
fn es_nif(bytes: &[u8]) -> Result<(), TaxIdProblem> {
    const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    const CONTROLS: &[u8] = b"JABCDEFGHI";
    shape(bytes.len() == 9 && bytes.iter().all(u8::is_ascii_alphanumeric))?;
    let (first, middle, last) = (bytes[0], &bytes[1..8], bytes[8]);
    shape(all_digits(middle))?;
    match first {
        b'0'..=b'9' | b'X' | b'Y' | b'Z' | b'K' | b'L' | b'M' => {
            shape(last.is_ascii_uppercase())?;
            let lead = match first {
                b'0'..=b'9' => usize::from(first - b'0'),
                b'Y' => 1,
                b'Z' => 2,
                _ => 0,
            };
            let number = lead * 10_000_000 + value(middle);
            check_digit(LETTERS[number % 23] == last)
        }
        b'A'..=b'H' | b'J' | b'N' | b'P'..=b'S' | b'U' | b'V' | b'W' => {
            let sum: u32 = middle.iter().enumerate().map(luhn_part).sum();
            let control = (10 - sum % 10) % 10;
            let digit = b'0' + u8::try_from(control).unwrap_or(0);
            let letter = CONTROLS[usize::try_from(control).unwrap_or(0)];
            check_digit(match first {
                b'A' | b'B' | b'E' | b'H' => last == digit,
                b'N' | b'P' | b'Q' | b'R' | b'S' | b'W' => last == letter,
                _ => last == digit || last == letter,
            })
        }
        _ => Err(TaxIdProblem::Shape),
    }
}

/// One digit of Luhn's sum, the first one doubled.
fn luhn_part((place, digit): (usize, &u8)) -> u32 {
    let digit = u32::from(digit - b'0');
    match place % 2 {
        0 if digit > 4 => digit * 2 - 9,
        0 => digit * 2,
        _ => digit,
    }
}

fn is_eu_vat(bytes: &[u8]) -> bool {
    const MEMBERS: [&[u8]; 27] = [
        b"AT", b"BE", b"BG", b"CY", b"CZ", b"DE", b"DK", b"EE", b"EL", b"FI", b"FR", b"HR", b"HU",
        b"IE", b"IT", b"LT", b"LU", b"LV", b"MT", b"NL", b"PL", b"PT", b"RO", b"SE", b"SI", b"SK",
        b"XI",
    ];
    (6..=14).contains(&bytes.len())
        && MEMBERS.contains(&&bytes[..2])
        && bytes[2..].iter().all(u8::is_ascii_alphanumeric)
        && bytes.iter().any(u8::is_ascii_digit)
}

/// SAT: letters of the name, date, two characters and a check digit (mod 11, weights 13 to 2).
fn mx_rfc(number: &str) -> Result<(), TaxIdProblem> {
    let chars: Vec<char> = number.chars().collect();
    let letters = match chars.len() {
        12 => 3,
        13 => 4,
        _ => return Err(TaxIdProblem::Shape),
    };
    let is_letter = |char: &char| char.is_ascii_uppercase() || matches!(char, '&' | 'Ñ');
    shape(chars[..letters].iter().all(is_letter))?;
    let date: String = chars[letters..letters + 6].iter().collect();
    shape(all_digits(date.as_bytes()) && is_month_and_day(&date.as_bytes()[2..]))?;
    let tail = &chars[letters + 6..];
    shape(tail.iter().all(char::is_ascii_alphanumeric))?;
    shape(tail[2].is_ascii_digit() || tail[2] == 'A')?;
    let padded = std::iter::repeat_n(' ', 13 - chars.len()).chain(chars.iter().copied());
    let sum: usize = padded
        .take(12)
        .zip((2..=13).rev())
        .map(|(char, weight)| rfc_value(char) * weight)
        .sum();
    let expected = match (11 - sum % 11) % 11 {
        10 => 'A',
        digit => char::from(b'0' + u8::try_from(digit).unwrap_or(0)),
    };
    check_digit(tail[2] == expected)
}

fn rfc_value(char: char) -> usize {
    const ALPHABET: &str = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";
    let place = ALPHABET.chars().position(|known| known == char);
    place.unwrap_or(0)
}

fn is_month_and_day(digits: &[u8]) -> bool {
    let (month, day) = (value(&digits[..2]), value(&digits[2..4]));
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// SUNAT: begins with 10, 15, 16, 17 or 20; weights 5, 4, 3, 2, 7, 6, 5, 4, 3, 2 mod 11.
fn pe_ruc(bytes: &[u8]) -> Result<(), TaxIdProblem> {
    const WEIGHTS: [usize; 10] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    const BEGINNINGS: [&[u8]; 5] = [b"10", b"15", b"16", b"17", b"20"];
    shape(bytes.len() == 11 && all_digits(bytes) && BEGINNINGS.contains(&&bytes[..2]))?;
    let sum: usize = bytes
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| usize::from(digit - b'0') * weight)
        .sum();
    check_digit((11 - sum % 11) % 10 == usize::from(bytes[10] - b'0'))
}

/// IRS: prefixes that no campus gives out.
fn is_ein(bytes: &[u8]) -> bool {
    const UNUSED: [usize; 17] = [
        0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97,
    ];
    bytes.len() == 9 && all_digits(bytes) && !UNUSED.contains(&value(&bytes[..2]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::{super::pack, TaxIdProblem as P, *};
    use proptest::prelude::*;

    #[test]
    fn published_numbers_are_known_and_their_neighbours_are_not() {
        // Numbers that the offices and the libraries of the field publish as examples.
        let cases: [(&str, &str, Result<&str, P>); 30] = [
            ("ES", "54362315-K", Ok("nif")),
            ("ES", "54362315Z", Err(P::CheckDigit)),
            ("ES", "12345678z", Ok("nif")),
            ("ES", "X-5253868-R", Ok("nif")),
            ("ES", "x-2482300w", Ok("nif")),
            ("ES", "X2482300A", Err(P::CheckDigit)),
            ("ES", "M-1234567-L", Ok("nif")),
            ("ES", "B64717838", Ok("nif")),
            ("ES", "B-58378431", Ok("nif")),
            ("ES", "B64717839", Err(P::CheckDigit)),
            ("ES", "J99216582", Ok("nif")),
            ("ES", "J99216583", Err(P::CheckDigit)),
            ("ES", "A13 585 625", Ok("nif")),
            ("ES", "Q2826000H", Ok("nif")),
            ("ES", "DE136695976", Ok("vat")),
            ("ES", "AB1234", Ok("other")),
            ("MX", "GODE 561231 GR8", Ok("rfc")),
            ("MX", "MAB-930714-8T4", Ok("rfc")),
            ("MX", "VACE-460910-SX6", Err(P::CheckDigit)),
            ("MX", "XAXX010101000", Ok("XAXX010101000")),
            ("MX", "xexx 010101 000", Ok("XEXX010101000")),
            ("MX", "MAB9313148T4", Ok("other")),
            ("PE", "20512333797", Ok("ruc")),
            ("PE", "20512333798", Err(P::CheckDigit)),
            ("PE", "10054148289", Ok("ruc")),
            ("PE", "05414828", Ok("dni")),
            ("US", "91-1144442", Ok("ein")),
            ("US", "04-2103594", Ok("ein")),
            ("US", "07-1144442", Ok("other")),
            ("ZZ", "", Err(P::Shape)),
        ];
        for (country, number, expected) in cases {
            let found = check_tax_id(pack(country).unwrap(), number);
            assert_eq!(found, expected, "{country} {number}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(text in "\\PC{0,24}", country in 0_usize..5) {
            let _ = check_tax_id(&super::super::packs()[country], &text);
        }

        #[test]
        fn one_wrong_digit_of_a_ruc_is_noticed(place in 2_usize..11, digit in 0_u8..10) {
            let mut number = b"20512333797".to_vec();
            prop_assume!(number[place] != b'0' + digit);
            number[place] = b'0' + digit;
            // A remainder of ten and of zero share the digit 0 (11 - 10 = 1, 11 - 0 = 11): weights
            // that differ by them cannot be told apart.
            let text = String::from_utf8(number).unwrap();
            let found = TaxIdCheck::PeRuc.check(&text);
            prop_assert!(found.is_err() || text.ends_with('0') || text.ends_with('1'));
        }
    }
}
