//! Twelve large keys, for fingers; a keyboard does the same without them.

use yew::{AttrValue, Callback, Html, Properties, component, html};

use super::icon::{Icon, Shape};
use crate::{hook::use_words, text::fill};

/// A key of the pad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PadKey {
    Char(char),
    Delete,
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct KeypadProps {
    pub on_key: Callback<PadKey>,
    /// What stands left of the zero: a decimal mark, or nothing.
    #[prop_or_default]
    pub mark: Option<char>,
    #[prop_or_default]
    pub disabled: bool,
    /// Starts every key's `data-test`.
    pub test: AttrValue,
}

#[component]
pub fn Keypad(props: &KeypadProps) -> Html {
    let words = use_words();
    let key = |char: char, label: String| {
        let onclick = props.on_key.reform(move |_| PadKey::Char(char));
        html! {
            <button
                type="button"
                class="btn btn-secondary h-14 text-xl font-medium tabular"
                aria-label={label}
                disabled={props.disabled}
                data-test={format!("{}-{char}", props.test)}
                {onclick}
            >
                { char }
            </button>
        }
    };
    let digit = |digit: char| {
        key(
            digit,
            fill(words.common.digit, &[("n", &digit.to_string())]),
        )
    };
    html! {
        <div class="grid grid-cols-3 gap-2">
            { for "123456789".chars().map(digit) }
            if let Some(mark) = props.mark {
                { key(mark, mark.to_string()) }
            } else {
                <span></span>
            }
            { digit('0') }
            <button
                type="button"
                class="btn btn-ghost h-14"
                aria-label={words.common.delete_digit}
                disabled={props.disabled}
                data-test={format!("{}-delete", props.test)}
                onclick={props.on_key.reform(|_| PadKey::Delete)}
            >
                <Icon shape={Shape::Delete} class="size-6" />
            </button>
        </div>
    }
}
