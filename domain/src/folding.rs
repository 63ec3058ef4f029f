//! Texts as they are compared: lower case, without accents, as words. Search and the finding of
//! duplicates fold alike, so that what one finds the other does.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Lower case without accents, so that what is typed without them is found with them.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        // Most texts are: no table of Unicode is needed for them.
        let mut folded = text.to_ascii_lowercase();
        folded.retain(|c| c != '\0');
        return folded;
    }
    text.nfd()
        .filter(|c| !is_combining_mark(*c) && *c != '\0')
        .flat_map(char::to_lowercase)
        .collect()
}

/// The words of a text: runs of letters and digits, folded.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The digits of a text in any script, as 0 to 9.
#[must_use]
pub fn digits(text: &str) -> String {
    text.nfkd()
        .filter_map(|c| match c {
            '0'..='9' => Some(c),
            _ => decimal_digit(c).and_then(|digit| char::from_digit(digit, 10)),
        })
        .collect()
}

/// Value of a decimal digit outside ASCII: each script's ten stand in a row (Unicode, general
/// category Nd); those in which people write telephone numbers.
fn decimal_digit(c: char) -> Option<u32> {
    const ZEROS: [char; 12] = [
        '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}',
        '\u{be6}', '\u{e50}', '\u{1040}', '\u{17e0}',
    ];
    ZEROS.into_iter().find_map(|zero| {
        u32::from(c)
            .checked_sub(u32::from(zero))
            .filter(|digit| *digit < 10)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_case_fold_away() {
        assert_eq!(fold("Müller ÑANDÚ"), "muller nandu");
        assert_eq!(fold("USB\0-C"), "usb-c");
    }

    #[test]
    fn digits_of_every_script_count() {
        assert_eq!(digits("+34 (91) ٤٥٦-７８９"), "3491456789");
        assert_eq!(digits("no number"), "");
    }
}
