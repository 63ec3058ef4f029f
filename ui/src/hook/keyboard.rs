//! Keys pressed anywhere in the window.

use gloo_events::{EventListener, EventListenerOptions, EventListenerPhase};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, window};
use yew::{hook, use_effect_with, use_mut_ref};

/// Calls the handler of the latest rendering for every key pressed, before any field sees it.
#[hook]
pub fn use_keydown(handler: impl Fn(&KeyboardEvent) + 'static) {
    let latest = use_mut_ref(|| None::<Box<dyn Fn(&KeyboardEvent)>>);
    *latest.borrow_mut() = Some(Box::new(handler));
    use_effect_with((), move |()| {
        let listener = window().map(|window| {
            let options = EventListenerOptions {
                phase: EventListenerPhase::Capture,
                passive: false,
            };
            EventListener::new_with_options(&window, "keydown", options, move |event| {
                if let (Some(event), Some(handler)) =
                    (event.dyn_ref::<KeyboardEvent>(), &*latest.borrow())
                {
                    handler(event);
                }
            })
        });
        move || drop(listener)
    });
}

/// Whether the key goes into a field that is being typed in.
#[must_use]
pub fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
    })
}

/// Whether a dialog is open, which then owns the keyboard.
#[must_use]
pub fn is_dialog_open() -> bool {
    window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector("dialog[open]").ok().flatten())
        .is_some()
}

/// Puts the focus on the element of that id, with its text selected.
pub fn focus(id: &str) {
    let element = window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id));
    let Some(element) = element else {
        return;
    };
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
    if let Some(input) = element.dyn_ref::<web_sys::HtmlInputElement>() {
        input.select();
    }
}
