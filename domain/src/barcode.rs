//! Codes that scanners send: check digits (GS1 General Specifications, section 7.9) and the one
//! form under which a UPC-A and its EAN-13 twin are found alike.

/// Whether the digits are an EAN-8, UPC-A, EAN-13 or GTIN-14 with a right check digit.
#[must_use]
pub fn has_valid_check_digit(code: &str) -> bool {
    if !matches!(code.len(), 8 | 12 | 13 | 14) || !code.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = code
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| u32::from(byte - b'0') * if place % 2 == 1 { 3 } else { 1 })
        .sum();
    sum.is_multiple_of(10)
}

/// The form under which a code is stored and looked up: trimmed, and a valid UPC-A written as the
/// EAN-13 with a leading zero that it is. Anything else stays as it was scanned.
#[must_use]
pub fn normalize(code: &str) -> String {
    let code = code.trim();
    if code.len() == 12 && has_valid_check_digit(code) {
        format!("0{code}")
    } else {
        code.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_real_codes_are_right() {
        for code in ["652810117654", "4006381333931", "96385074"] {
            assert!(has_valid_check_digit(code), "{code}");
        }
        for code in ["652810117655", "4006381333932", "", "12a", "٠١٢٣٤٥٦٧"] {
            assert!(!has_valid_check_digit(code), "{code}");
        }
    }

    #[test]
    fn a_upc_is_found_under_its_ean() {
        assert_eq!(normalize(" 652810117654\n"), "0652810117654");
        assert_eq!(normalize("85123A"), "85123A");
    }
}
