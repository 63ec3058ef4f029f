//! The time that ages are told against.

use gloo_timers::callback::{Interval, Timeout};
use yew::{hook, use_effect_with, use_mut_ref, use_state};

/// Milliseconds since 1970 by the browser's clock, ticking at that interval.
#[hook]
pub fn use_now(every_ms: u32) -> i64 {
    let now = use_state(now_ms);
    let setter = now.setter();
    use_effect_with(every_ms, move |every_ms| {
        let interval = Interval::new(*every_ms, move || setter.set(now_ms()));
        move || drop(interval)
    });
    *now
}

/// Milliseconds since 1970 by the browser's clock.
#[must_use]
pub fn now_ms() -> i64 {
    // Milliseconds since 1970 are whole and far below 2^53.
    #[allow(clippy::cast_possible_truncation, reason = "whole and far below 2^53")]
    let now = js_sys::Date::now() as i64;
    now
}

/// The offset of the browser's place now, in minutes east of UTC.
#[must_use]
pub fn offset_min() -> i32 {
    // JavaScript counts west of UTC; whole and below a day.
    #[allow(clippy::cast_possible_truncation, reason = "whole and below 1,440")]
    let west_min = js_sys::Date::new_0().get_timezone_offset() as i32;
    -west_min
}

/// Keys closer together than this are a scanner's.
const BURST_MS: i64 = 60;

/// A text that is being typed, for what is asked about it: it follows a person's keys at once and
/// a scanner's burst only at its end, so that a scan asks nothing thirteen times.
#[hook]
pub fn use_rested(text: &str) -> String {
    let rested = use_state(|| text.to_owned());
    let changed_ms = use_mut_ref(|| 0_i64);
    use_effect_with(text.to_owned(), {
        let rested = rested.setter();
        move |text: &String| {
            let text = text.clone();
            let now = now_ms();
            let pause = now - changed_ms.replace(now);
            let timeout = if pause > BURST_MS || text.is_empty() {
                rested.set(text);
                None
            } else {
                Some(Timeout::new(45, move || rested.set(text)))
            };
            move || drop(timeout)
        }
    });
    (*rested).clone()
}
