//! Language and theme: remembered by the browser, worn by the document.

use gloo_events::EventListener;
use web_sys::{Storage, Window, window};
use yew::{UseReducerHandle, hook, use_effect_with, use_reducer_eq};

use crate::{
    state::look::{Look, Theme},
    text::Language,
};

const LANGUAGE_KEY: &str = "language";
const THEME_KEY: &str = "theme";

/// The look of the whole program; called once, at its root.
#[hook]
pub fn use_look() -> UseReducerHandle<Look> {
    let look = use_reducer_eq(remembered);
    use_effect_with(*look, |look| wear(*look));
    look
}

/// The language that a person chose at this computer, if they did.
#[must_use]
pub fn language_of(person: &str) -> Option<Language> {
    let key = format!("{LANGUAGE_KEY}.{person}");
    let code = storage()?.get_item(&key).ok()??;
    Language::from_code(&code)
}

/// Remembers a person's choice.
pub fn remember_language_of(person: &str, language: Language) {
    if let Some(storage) = storage() {
        // A browser that keeps nothing forgets the choice; nothing else is lost.
        let _ = storage.set_item(&format!("{LANGUAGE_KEY}.{person}"), language.code());
    }
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

fn remembered() -> Look {
    let read = |key: &str| storage()?.get_item(key).ok()?;
    let asked = || Language::from_code(&window()?.navigator().language()?);
    Look {
        language: read(LANGUAGE_KEY)
            .and_then(|code| Language::from_code(&code))
            .or_else(asked)
            .unwrap_or_default(),
        theme: read(THEME_KEY)
            .and_then(|name| Theme::from_name(&name))
            .or_else(|| window().and_then(|window| wished_theme(&window)))
            .unwrap_or_default(),
    }
}

fn wished_theme(window: &Window) -> Option<Theme> {
    let query = window.match_media("(prefers-color-scheme: dark)").ok()??;
    Some(if query.matches() {
        Theme::Dark
    } else {
        Theme::Light
    })
}

fn wear(look: Look) {
    let root = window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element());
    if let Some(root) = root {
        let _ = root.set_attribute("data-theme", look.theme.name());
        let _ = root.set_attribute("lang", look.language.code());
    }
    if let Some(storage) = storage() {
        let _ = storage.set_item(LANGUAGE_KEY, look.language.code());
        let _ = storage.set_item(THEME_KEY, look.theme.name());
    }
}

/// Keeps a listener on the window for as long as the value lives.
#[must_use]
pub fn on_window(
    event: &'static str,
    heard: impl FnMut(&web_sys::Event) + 'static,
) -> Option<EventListener> {
    window().map(|window| EventListener::new(&window, event, heard))
}
