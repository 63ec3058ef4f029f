//! How one unit of a product is told from another, and what became of it: serial numbers and IMEIs.
//! A unit is a log of the organization (docs/adr/0015-one-pair-of-tables-for-event-logs.md): every
//! store knows what any store sold, and two sales of one unit are kept and told.

use serde::{Deserialize, Serialize};
use time::{Date, Month, format_description::FormatItem, macros::format_description};

use crate::{
    id::{OpId, ProductId, StoreId},
    replication::log::{LogEvent, LogKey},
    shift::By,
};

/// Longer than any maker's number: GS1 allows 20 characters (application identifier 21).
pub const SERIAL_CHARS_MAX: usize = 40;
/// Digits of an IMEI, the check digit among them (3GPP TS 23.003, 6.2.1).
const IMEI_DIGITS: usize = 15;

/// What the units of a product are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SerialKind {
    /// They are not.
    #[default]
    None,
    Serial,
    Imei,
}

impl SerialKind {
    const ALL: [Self; 3] = [Self::None, Self::Serial, Self::Imei];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Serial => "serial",
            Self::Imei => "imei",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// Why a text is no serial number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SerialError {
    #[error("a serial number needs a character")]
    Empty,
    #[error("a serial number has at most {SERIAL_CHARS_MAX} characters")]
    TooLong,
    #[error("a serial number is one line of text")]
    Unprintable,
}

/// The number as it is kept and compared, however it was typed or scanned: without spaces, letters
/// big, an IMEI without the marks between its groups.
pub fn normalize(kind: SerialKind, text: &str) -> Result<String, SerialError> {
    let is_mark = |c: char| kind == SerialKind::Imei && matches!(c, '-' | '/' | '.');
    let kept: String = text
        .trim()
        .chars()
        .filter(|c| *c != ' ' && !is_mark(*c))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    if kept.is_empty() {
        return Err(SerialError::Empty);
    }
    if kept.chars().count() > SERIAL_CHARS_MAX {
        return Err(SerialError::TooLong);
    }
    if kept.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(SerialError::Unprintable);
    }
    Ok(kept)
}

/// What makes a number doubtful. Said, and never a reason to refuse a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// An IMEI has 15 digits.
    NoImei,
    /// Its last digit does not follow from the others: one was mistyped.
    CheckDigit,
}

/// Whether a normalised number can be what it should be.
#[must_use]
pub fn doubt(kind: SerialKind, serial: &str) -> Option<Doubt> {
    if kind != SerialKind::Imei {
        return None;
    }
    let is_imei = serial.len() == IMEI_DIGITS && serial.bytes().all(|b| b.is_ascii_digit());
    if !is_imei {
        return Some(Doubt::NoImei);
    }
    (!luhn(serial)).then_some(Doubt::CheckDigit)
}

/// Whether the digits end with their check digit (Luhn; 3GPP TS 23.003, annex B).
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            let doubled = if place % 2 == 1 { digit * 2 } else { digit };
            doubled / 10 + doubled % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The last day of a warranty of so many months from a day on, both `YYYY-MM-DD`: the same day of
/// the month, or the month's last. None without months or of what is no day.
#[must_use]
pub fn warranty_until(from: &str, months: u16) -> Option<String> {
    const DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");
    let from = Date::parse(from, DAY).ok().filter(|_| months > 0)?;
    let all = i32::from(u8::from(from.month())) - 1 + i32::from(months);
    let year = from.year().checked_add(all / 12)?;
    let month = Month::try_from(u8::try_from(all % 12 + 1).ok()?).ok()?;
    let day = from.day().min(month.length(year));
    let until = Date::from_calendar_date(year, month, day).ok()?;
    until.format(DAY).ok()
}

/// The log of a unit: makers number alike, so the product belongs to the key.
#[must_use]
pub fn unit_key(product_id: ProductId, serial: &str) -> LogKey {
    LogKey::stored(format!("{product_id}:{serial}"))
}

/// A unit by name, as it stood on the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitOf {
    pub product_id: ProductId,
    pub serial: String,
    pub sku: String,
    pub name: String,
    /// Number of the document.
    pub number: String,
    /// `YYYY-MM-DD`, decided at the till.
    pub business_date: String,
}

/// What happens to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SerialEvent {
    Sold(UnitOf),
    Returned(UnitOf),
}

impl SerialEvent {
    /// What it says of the unit.
    #[must_use]
    pub const fn unit(&self) -> &UnitOf {
        match self {
            Self::Sold(unit) | Self::Returned(unit) => unit,
        }
    }
}

/// Whether a unit came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitStepKind {
    Sold,
    Returned,
}

/// One thing that happened to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitStep {
    pub kind: UnitStepKind,
    /// The document that says so.
    pub document_id: OpId,
    pub number: String,
    pub business_date: String,
    pub store_id: Option<StoreId>,
    pub by: By,
}

/// A unit as its events make it: a folded row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SerialUnit {
    pub product_id: ProductId,
    pub serial: String,
    pub sku: String,
    pub name: String,
    /// In the order in which they happened.
    pub steps: Vec<UnitStep>,
}

impl SerialUnit {
    /// What happened last.
    #[must_use]
    pub fn last(&self) -> Option<&UnitStep> {
        self.steps.last()
    }

    /// The sale by which a customer has it; none where it came back.
    #[must_use]
    pub fn sold(&self) -> Option<&UnitStep> {
        self.last().filter(|step| step.kind == UnitStepKind::Sold)
    }

    /// Numbers of sales after which it was sold again without having come back, and of those sales,
    /// in pairs.
    pub fn doubles(&self) -> impl Iterator<Item = (&UnitStep, &UnitStep)> {
        let pairs = self.steps.iter().zip(self.steps.iter().skip(1));
        let sold = |step: &UnitStep| step.kind == UnitStepKind::Sold;
        pairs.filter(move |(one, next)| sold(one) && sold(next))
    }

    /// The state in tables.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        match self.last().map(|step| step.kind) {
            Some(UnitStepKind::Sold) => "sold",
            Some(UnitStepKind::Returned) | None => "returned",
        }
    }
}

/// Folds one more event, in order, onto the unit as it stands.
#[must_use]
pub fn fold_event(
    unit: Option<SerialUnit>,
    event: &LogEvent,
    happening: &SerialEvent,
) -> SerialUnit {
    let of = happening.unit();
    let kind = match happening {
        SerialEvent::Sold(_) => UnitStepKind::Sold,
        SerialEvent::Returned(_) => UnitStepKind::Returned,
    };
    let mut unit = unit.unwrap_or_else(|| SerialUnit {
        product_id: of.product_id,
        serial: of.serial.clone(),
        sku: of.sku.clone(),
        name: of.name.clone(),
        steps: Vec::new(),
    });
    unit.steps.push(UnitStep {
        kind,
        document_id: event.op_id,
        number: of.number.clone(),
        business_date: of.business_date.clone(),
        store_id: event.store_id,
        by: By {
            staff_id: event.staff_id,
            wall_ms: event.wall_ms,
        },
    });
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_however_it_is_typed() {
        let imei = |text| normalize(SerialKind::Imei, text);
        assert_eq!(imei(" 49-015420-323751-8 "), Ok("490154203237518".into()));
        assert_eq!(imei("490154203237518"), Ok("490154203237518".into()));
        let serial = |text| normalize(SerialKind::Serial, text);
        assert_eq!(serial("c02 xk0aa-jg5h"), Ok("C02XK0AA-JG5H".into()));
        assert_eq!(serial(" \t"), Err(SerialError::Empty));
        assert_eq!(serial("A\u{7}B"), Err(SerialError::Unprintable));
        assert_eq!(serial("A\nB"), Err(SerialError::Unprintable));
        let long = "9".repeat(SERIAL_CHARS_MAX + 1);
        assert_eq!(serial(&long), Err(SerialError::TooLong));
    }

    #[test]
    fn a_warranty_ends_on_the_day_of_the_month_or_its_last() {
        let until = |from, months| warranty_until(from, months).unwrap_or_default();
        assert_eq!(until("2026-11-27", 24), "2028-11-27");
        assert_eq!(until("2026-12-31", 2), "2027-02-28");
        assert_eq!(until("2027-12-31", 2), "2028-02-29");
        assert_eq!(until("2026-01-15", 12), "2027-01-15");
        assert_eq!(until("2026-11-27", 0), "");
        assert_eq!(until("no day", 12), "");
        assert_eq!(until("9999-12-31", 12), "");
    }

    /// The example of 3GPP TS 23.003, annex B, and mistyped ones.
    #[test]
    fn a_mistyped_imei_is_doubted_and_other_serials_are_not() {
        let imei = |text| doubt(SerialKind::Imei, text);
        assert_eq!(imei("490154203237518"), None);
        assert_eq!(imei("490154203237519"), Some(Doubt::CheckDigit));
        assert_eq!(imei("490154203273518"), Some(Doubt::CheckDigit));
        assert_eq!(imei("49015420323751"), Some(Doubt::NoImei));
        assert_eq!(imei("C02XK0AAJG5H"), Some(Doubt::NoImei));
        assert_eq!(doubt(SerialKind::Serial, "490154203237519"), None);
    }
}
