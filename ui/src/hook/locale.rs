//! The language and number style that everything below a provider reads.

use std::rc::Rc;

use yew::{hook, use_context};

use crate::{
    format::Locale,
    text::{Language, Words},
};

/// The locale of the page. Outside of any provider: English and no currency of its own.
#[hook]
pub fn use_locale() -> Rc<Locale> {
    let locale = use_context::<Rc<Locale>>();
    locale.unwrap_or_else(|| Rc::new(Locale::of(Language::En, "US", "USD", 2)))
}

/// The words of the page's language.
#[hook]
pub fn use_words() -> &'static Words {
    use_locale().words()
}
