//! Moments and days as people write them. A moment comes with the offset of the place where it
//! happened; nothing here reads a clock.

use time::{
    Date, OffsetDateTime, UtcOffset, format_description::FormatItem, macros::format_description,
};

use super::{Language, Locale, NO_BREAK_SPACE};

const MONTHS_ES: [&str; 12] = [
    "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic",
];
const MONTHS_EN: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Day and time of a moment at a place; nothing for one that no calendar holds.
#[must_use]
pub fn moment(wall_ms: i64, utc_offset_min: i32, locale: Locale<'_>) -> String {
    let nanos = i128::from(wall_ms) * 1_000_000;
    let at = UtcOffset::from_whole_seconds(utc_offset_min.saturating_mul(60))
        .ok()
        .zip(OffsetDateTime::from_unix_timestamp_nanos(nanos).ok())
        .and_then(|(offset, utc)| utc.checked_to_offset(offset));
    let Some(at) = at else {
        return String::new();
    };
    format!(
        "{}, {}",
        day(at.date(), locale),
        clock(at.hour(), at.minute(), locale)
    )
}

/// `3 nov 2026`, or `Nov 3, 2026` in English in the United States.
#[must_use]
pub fn day(date: Date, locale: Locale<'_>) -> String {
    let names = match locale.language {
        Language::Es => MONTHS_ES,
        Language::En => MONTHS_EN,
    };
    let month = names[usize::from(u8::from(date.month())) - 1];
    let (day, year) = (date.day(), date.year());
    if locale.language == Language::En && locale.country == "US" {
        format!("{month} {day}, {year}")
    } else {
        format!("{day} {month} {year}")
    }
}

/// A `YYYY-MM-DD` as people write it; anything else stays as it is.
#[must_use]
pub fn iso_day(iso: &str, locale: Locale<'_>) -> String {
    const ISO_DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");
    Date::parse(iso, ISO_DAY).map_or_else(|_| iso.to_owned(), |date| day(date, locale))
}

/// `14:05`, or `2:05 PM` in English in the United States.
#[must_use]
pub fn clock(hour: u8, minute: u8, locale: Locale<'_>) -> String {
    if locale.language == Language::En && locale.country == "US" {
        let twelfth = match hour % 12 {
            0 => 12,
            other => other,
        };
        let half = if hour < 12 { "AM" } else { "PM" };
        format!("{twelfth}:{minute:02}{NO_BREAK_SPACE}{half}")
    } else {
        format!("{hour:02}:{minute:02}")
    }
}
