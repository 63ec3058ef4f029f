//! What a key means on the Sell page while nothing lies over it.

use domain::quantity::Quantity;
use web_sys::KeyboardEvent;

use crate::{
    format::parse_quantity,
    hook::keyboard::{focus, is_typing},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SellKey {
    Search,
    Edit,
    Customer,
    Terms,
    Receipts,
    Refund,
    Park,
    Parked,
    MakeQuote,
    Quotes,
    GiftCard,
    Pay,
    Remove,
    Undo,
    More(Quantity),
    Step(i32),
}

/// Reads a key; none when it is no command. A letter pressed while no field has the focus goes
/// to the search.
#[must_use]
pub fn read(event: &KeyboardEvent, is_search_empty: bool, can_undo: bool) -> Option<SellKey> {
    let with_command = event.ctrl_key() || event.meta_key();
    if event.alt_key() {
        return None;
    }
    let key = event.key();
    let one = Quantity::ONE;
    match (key.as_str(), with_command) {
        ("z" | "Z", true) if can_undo && is_search_empty => Some(SellKey::Undo),
        ("g" | "G", true) => Some(SellKey::GiftCard),
        (_, true) => None,
        ("F2", _) => Some(SellKey::Search),
        ("F3", _) => Some(SellKey::Edit),
        ("F4", _) => Some(SellKey::Customer),
        ("F5", _) => Some(SellKey::Park),
        ("F6", _) => Some(SellKey::Terms),
        ("F7", _) => Some(SellKey::Receipts),
        ("F8", _) => Some(SellKey::Refund),
        ("F9", _) => Some(SellKey::Pay),
        ("F10", _) => Some(SellKey::Parked),
        ("F11", _) => Some(SellKey::MakeQuote),
        ("F12", _) => Some(SellKey::Quotes),
        ("Delete", _) if is_search_empty => Some(SellKey::Remove),
        ("+", _) if is_search_empty => Some(SellKey::More(one)),
        ("-", _) if is_search_empty => Some(SellKey::More(-one)),
        ("ArrowDown", _) if is_search_empty => Some(SellKey::Step(1)),
        ("ArrowUp", _) if is_search_empty => Some(SellKey::Step(-1)),
        (text, _) if text.chars().count() == 1 && text != " " && !is_typing(event) => {
            focus(super::browse::SEARCH_ID);
            None
        }
        _ => None,
    }
}

/// `3*cable` means three of what `cable` finds; the rest is what is looked for.
#[must_use]
pub fn split_times(text: &str) -> (Option<Quantity>, &str) {
    let Some((times, rest)) = text.split_once('*') else {
        return (None, text);
    };
    match parse_quantity(times).filter(|quantity| quantity.is_sellable()) {
        Some(quantity) => (Some(quantity), rest.trim_start()),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_star_ask_for_that_many() {
        assert_eq!(split_times("3*cable"), (Some(Quantity::units(3)), "cable"));
        assert_eq!(split_times("1,5* "), (Some(Quantity(1_500)), ""));
        assert_eq!(split_times("cable"), (None, "cable"));
        assert_eq!(split_times("0*x"), (None, "0*x"));
        assert_eq!(split_times("usb*c"), (None, "usb*c"));
    }
}
