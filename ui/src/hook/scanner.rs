//! Hears scans wherever the focus is, and gives the field that the scanner typed into its text
//! back.

use wasm_bindgen::JsCast;
use web_sys::{Event, EventInit, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent, window};
use yew::{Callback, hook, use_mut_ref};

use super::keyboard::{is_dialog_open, use_keydown};
use crate::state::scan::{Burst, Pressed, is_shifted, key_of};

/// A field that keys go into.
#[derive(Debug, Clone)]
enum Field {
    Input(HtmlInputElement),
    Area(HtmlTextAreaElement),
}

impl Field {
    fn focused() -> Option<Self> {
        let element = window()?.document()?.active_element()?;
        match element.dyn_into::<HtmlInputElement>() {
            Ok(input) => Some(Self::Input(input)),
            Err(element) => element.dyn_into().ok().map(Self::Area),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Input(input) => input.value(),
            Self::Area(area) => area.value(),
        }
    }

    /// Sets the text as if a person had typed it, so that the page's state follows.
    fn restore(&self, text: &str) {
        let init = EventInit::new();
        init.set_bubbles(true);
        let Ok(event) = Event::new_with_event_init_dict("input", &init) else {
            return;
        };
        let _ = match self {
            Self::Input(input) => {
                input.set_value(text);
                input.dispatch_event(&event)
            }
            Self::Area(area) => {
                area.set_value(text);
                area.dispatch_event(&event)
            }
        };
    }
}

/// Calls back with every scanned code while `is_on` and nothing lies over the page: what is typed
/// fast into a dialog is not the page's.
#[hook]
pub fn use_scanner(is_on: bool, on_scan: Callback<String>) {
    use_scans(is_on, false, on_scan);
}

/// The same for what a dialog waits for.
#[hook]
pub fn use_dialog_scanner(is_on: bool, on_scan: Callback<String>) {
    use_scans(is_on, true, on_scan);
}

#[hook]
fn use_scans(is_on: bool, is_in_dialog: bool, on_scan: Callback<String>) {
    let burst = use_mut_ref(Burst::default);
    let before = use_mut_ref(|| None::<(Field, String)>);
    use_keydown(move |event: &KeyboardEvent| {
        if !is_on || is_dialog_open() != is_in_dialog {
            return;
        }
        let with_command = event.ctrl_key() || event.alt_key() || event.meta_key();
        let shift = is_shifted(
            event.shift_key(),
            event.get_modifier_state("CapsLock"),
            &event.key(),
        );
        let key = key_of(&event.code(), shift, with_command);
        let pressed = burst.borrow_mut().press(key, event.time_stamp());
        match pressed {
            Pressed::Started => {
                *before.borrow_mut() = Field::focused().map(|field| {
                    let text = field.text();
                    (field, text)
                });
            }
            Pressed::Scanned(code) => {
                event.prevent_default();
                event.stop_propagation();
                if let Some((field, text)) = before.borrow_mut().take() {
                    field.restore(&text);
                }
                on_scan.emit(code);
            }
            Pressed::Going | Pressed::Nothing => {}
        }
    });
}
