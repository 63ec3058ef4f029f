//! Nobody there: what happens when no key, pointer or scanner was used for a while.

use gloo_events::{EventListener, EventListenerOptions, EventListenerPhase};
use gloo_timers::callback::Interval;
use std::{cell::Cell, rc::Rc};
use web_sys::window;
use yew::{Callback, hook, use_effect_with};

use super::time::now_ms;

/// How often it is looked whether the time is over.
const LOOK_MS: u32 = 1_000;
const SIGNS_OF_LIFE: [&str; 4] = ["keydown", "pointerdown", "pointermove", "wheel"];
/// Marks what must not be left while it is shown, such as a card at the terminal.
const AWAKE: &str = "[data-awake]";

/// Calls back once nobody did anything for so long; none waits for ever.
#[hook]
pub fn use_idle(limit_ms: Option<i64>, on_idle: Callback<()>) {
    use_effect_with((limit_ms, on_idle), |(limit_ms, on_idle)| {
        let watch = limit_ms.map(|limit_ms| watch(limit_ms, on_idle.clone()));
        move || drop(watch)
    });
}

fn watch(limit_ms: i64, on_idle: Callback<()>) -> (Vec<EventListener>, Interval) {
    let seen_ms = Rc::new(Cell::new(now_ms()));
    let listeners = window().into_iter().flat_map(|window| {
        let options = EventListenerOptions {
            phase: EventListenerPhase::Capture,
            passive: true,
        };
        SIGNS_OF_LIFE.map(|sign| {
            let seen_ms = seen_ms.clone();
            EventListener::new_with_options(&window, sign, options, move |_| {
                seen_ms.set(now_ms());
            })
        })
    });
    let listeners = listeners.collect();
    let interval = Interval::new(LOOK_MS, move || {
        if is_awake() {
            seen_ms.set(now_ms());
        } else if now_ms() - seen_ms.get() >= limit_ms {
            // Asked for once; who comes back starts anew.
            seen_ms.set(now_ms());
            on_idle.emit(());
        }
    });
    (listeners, interval)
}

/// Whether something is shown that must not be left.
#[must_use]
pub fn is_awake() -> bool {
    let document = window().and_then(|window| window.document());
    document.is_some_and(|page| page.query_selector(AWAKE).ok().flatten().is_some())
}
