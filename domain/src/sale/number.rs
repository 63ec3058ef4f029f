//! Document numbers: store, till, series and a dense count, in capital letters and digits only,
//! so that every scanner layout reads them alike.

use crate::sale::DocumentKind;

/// What kind of paper a number stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberKind {
    Document(DocumentKind),
    Invoice,
    Quote,
    Repair,
}

/// The series of an enrolment: epoch 1 is `A`, 26 is `Z`, 27 is `AA`.
#[must_use]
pub fn series_of_epoch(epoch: u64) -> String {
    let mut rest = epoch.max(1);
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    letters.into_iter().rev().collect()
}

/// The full number, for example `S1T3A000123`; credit notes carry `R`, invoices `F`,
/// quotes `Q` and repairs `W` before the series' letters, so that no two kinds share a number.
#[must_use]
pub fn format_number(store: &str, till: u32, kind: NumberKind, series: &str, count: u64) -> String {
    let mark = match kind {
        NumberKind::Document(DocumentKind::Receipt) => "",
        NumberKind::Document(DocumentKind::CreditNote) => "R0",
        NumberKind::Invoice => "F0",
        NumberKind::Quote => "Q0",
        NumberKind::Repair => "W0",
    };
    format!("{store}T{till}{mark}{series}{count:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_follow_the_epoch_and_never_repeat() {
        assert_eq!(
            [1, 2, 26, 27, 52, 53].map(series_of_epoch),
            ["A", "B", "Z", "AA", "AZ", "BA"]
        );
    }

    #[test]
    fn numbers_hold_letters_and_digits_only() {
        let receipt = NumberKind::Document(DocumentKind::Receipt);
        assert_eq!(format_number("S1", 3, receipt, "A", 123), "S1T3A000123");
        let credit = NumberKind::Document(DocumentKind::CreditNote);
        assert_eq!(format_number("S1", 3, credit, "A", 4), "S1T3R0A000004");
        let quote = format_number("S1", 3, NumberKind::Quote, "A", 4);
        assert_eq!(quote, "S1T3Q0A000004");
        let invoice = format_number("S1", 3, NumberKind::Invoice, "A", 4);
        assert_eq!(invoice, "S1T3F0A000004");
    }
}
