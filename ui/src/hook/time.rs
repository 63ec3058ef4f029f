//! The time that ages are told against.

use gloo_timers::callback::Interval;
use yew::{hook, use_effect_with, use_state};

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
