//! What pages share of the browser: the language, the keyboard, the scanner, time, and questions
//! to the outside.

pub mod idle;
pub mod keyboard;
pub mod locale;
pub mod look;
pub mod query;
pub mod scanner;
pub mod shop;
pub mod time;

pub use idle::use_idle;
pub use keyboard::use_keydown;
pub use locale::{use_locale, use_words};
pub use look::use_look;
pub use query::{use_api, use_ipc};
pub use scanner::{use_dialog_scanner, use_scanner};
pub use shop::Shop;
pub use time::{use_now, use_rested};
