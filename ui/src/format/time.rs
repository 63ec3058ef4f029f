//! Moments and days as people write them. A moment comes with the offset of the place where it
//! happened; nothing here reads a clock.

use time::{Date, Month, OffsetDateTime, UtcOffset};

use super::Locale;
use crate::text::{Language, fill};

/// A moment at a place.
fn local(wall_ms: i64, utc_offset_min: i32) -> Option<OffsetDateTime> {
    let nanos = i128::from(wall_ms) * 1_000_000;
    let offset = UtcOffset::from_whole_seconds(utc_offset_min.saturating_mul(60)).ok()?;
    Some(
        OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()?
            .to_offset(offset),
    )
}

/// `14:05`, or `2:05 PM` in English in the United States.
#[must_use]
pub fn clock(wall_ms: i64, utc_offset_min: i32, locale: &Locale) -> String {
    let Some(at) = local(wall_ms, utc_offset_min) else {
        return String::new();
    };
    domain::format::time::clock(at.hour(), at.minute(), locale.plain())
}

/// An hour of the day for an axis: `14`, or `2 PM`.
#[must_use]
pub fn hour(hour: u8, locale: &Locale) -> String {
    if has_half_days(locale) {
        let (hour, half) = half_day(hour);
        format!("{hour}\u{a0}{half}")
    } else {
        format!("{hour:02}:00")
    }
}

fn has_half_days(locale: &Locale) -> bool {
    locale.language == Language::En && locale.country == "US"
}

const fn half_day(hour: u8) -> (u8, &'static str) {
    let twelfth = match hour % 12 {
        0 => 12,
        other => other,
    };
    (twelfth, if hour < 12 { "AM" } else { "PM" })
}

/// Day and time of a moment.
#[must_use]
pub fn moment(wall_ms: i64, utc_offset_min: i32, locale: &Locale) -> String {
    domain::format::time::moment(wall_ms, utc_offset_min, locale.plain())
}

/// A `YYYY-MM-DD` as people write it: `3 nov 2026`, `Nov 3, 2026`. Anything else stays as it is.
#[must_use]
pub fn day(iso: &str, locale: &Locale) -> String {
    parse_day(iso).map_or_else(|| iso.to_owned(), |date| day_of(date, locale))
}

/// The same with the day of the week.
#[must_use]
pub fn week_day(iso: &str, locale: &Locale) -> String {
    let Some(date) = parse_day(iso) else {
        return iso.to_owned();
    };
    let names = locale.words().common.weekdays;
    let index = usize::from(date.weekday().number_days_from_monday());
    let name = names.split(' ').nth(index).unwrap_or_default();
    format!("{name} {}", day_of(date, locale))
}

fn day_of(date: Date, locale: &Locale) -> String {
    domain::format::time::day(date, locale.plain())
}

fn parse_day(iso: &str) -> Option<Date> {
    let mut parts = iso.splitn(3, '-');
    let year = parts.next()?.parse().ok()?;
    let month: u8 = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

/// Today at a place as `YYYY-MM-DD`.
#[must_use]
pub fn iso_day(wall_ms: i64, utc_offset_min: i32) -> String {
    local(wall_ms, utc_offset_min).map_or_else(String::new, |at| {
        let date = at.date();
        format!(
            "{:04}-{:02}-{:02}",
            date.year(),
            u8::from(date.month()),
            date.day()
        )
    })
}

/// How long ago: `just now`, `5 min ago`.
#[must_use]
pub fn ago(then_ms: i64, now_ms: i64, locale: &Locale) -> String {
    let words = locale.words().common;
    let seconds = now_ms.saturating_sub(then_ms) / 1_000;
    let with = |text: &str, n: i64| fill(text, &[("n", &n.to_string())]);
    match seconds {
        ..-60 => words.in_future.to_owned(),
        -60..60 => words.now.to_owned(),
        60..3_600 => with(words.minutes_ago, seconds / 60),
        3_600..172_800 => with(words.hours_ago, seconds / 3_600),
        _ => with(words.days_ago, seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON_UTC: i64 = 1_795_262_400_000;

    #[test]
    fn a_moment_is_written_in_the_time_of_its_place() {
        let new_york = Locale::of(Language::En, "US", "USD", 2);
        assert_eq!(
            moment(NOON_UTC, -300, &new_york),
            "Nov 21, 2026, 7:00\u{a0}AM"
        );
        let madrid = Locale::of(Language::Es, "ES", "EUR", 2);
        assert_eq!(moment(NOON_UTC, 60, &madrid), "21 nov 2026, 13:00");
        assert_eq!(hour(0, &new_york), "12\u{a0}AM");
        assert_eq!(hour(15, &madrid), "15:00");
    }

    #[test]
    fn days_are_named_and_nonsense_is_left_alone() {
        let madrid = Locale::of(Language::Es, "ES", "EUR", 2);
        assert_eq!(week_day("2026-11-21", &madrid), "sáb 21 nov 2026");
        assert_eq!(day("soon", &madrid), "soon");
        assert_eq!(iso_day(NOON_UTC, -13 * 60), "2026-11-20");
    }

    #[test]
    fn ages_grow_from_now_to_days() {
        let locale = Locale::of(Language::En, "US", "USD", 2);
        let ages = [5, 125, 7_300, 200_000]
            .map(|seconds| ago(NOON_UTC - seconds * 1_000, NOON_UTC, &locale));
        assert_eq!(ages, ["just now", "2 min ago", "2 h ago", "2 d ago"]);
    }
}
