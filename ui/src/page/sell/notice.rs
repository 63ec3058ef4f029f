//! What the page says: a code that nobody knows, what was added, removed or put aside, and the way back.

use domain::{
    catalog::Product,
    contract::{failure::Failure, ipc::ResumedCart},
    money::Money,
    quantity::Quantity,
};
use yew::{Callback, Html, MouseEvent, UseReducerHandle, UseStateHandle, html};

use super::{aside, browse};
use crate::{
    component::{
        feedback::Key,
        icon::{Icon, Shape},
    },
    format::{self, Locale},
    hook::keyboard::focus,
    state::cart::{Cart, CartAction},
    text::fill,
};

/// What was just said to the person, and whether it can be undone.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Notice {
    pub(super) text: String,
    pub(super) unknown_code: Option<String>,
    pub(super) failure: Option<Failure>,
    /// What the cart came to that was just put aside.
    pub(super) parked: Option<Money>,
    /// What was quoted and what it comes to today, where that differs.
    pub(super) quoted: Option<(Money, Money)>,
    /// A parked cart taken up at other prices than it was put aside.
    pub(super) resumed: Option<ResumedCart>,
}

/// A code that nobody knows, or a failure: with the next step.
pub(super) fn warned(
    notice: &UseStateHandle<Notice>,
    locale: &Locale,
    text: &UseStateHandle<String>,
) -> Html {
    let words = locale.words();
    let dismiss = {
        let notice = notice.clone();
        Callback::from(move |_: MouseEvent| {
            notice.set(Notice::default());
            focus(browse::SEARCH_ID);
        })
    };
    let search_it = |code: &str| {
        let (text, notice, code) = (text.clone(), notice.clone(), code.to_owned());
        Callback::from(move |_| {
            text.set(code.clone());
            notice.set(Notice::default());
            focus(browse::SEARCH_ID);
        })
    };
    let is_shown = notice.unknown_code.is_some()
        || notice.failure.is_some()
        || notice.resumed.is_some()
        || notice.quoted.is_some();
    html! {
        <div role="alert">
            if is_shown {
                <div class="arrives mx-5 mb-3 flex items-center gap-3 rounded-field border border-warning/40 bg-warning/10 py-2 pl-4 pr-2 text-sm" data-test="warning">
                    <Icon shape={Shape::TriangleAlert} class="size-5 text-warning" />
                    <p class="grow">
                        if let Some(code) = notice.unknown_code.as_ref() {
                            { fill(words.sell.unknown_code, &[("code", code)]) }
                        } else if let Some(failure) = notice.failure.as_ref() {
                            { crate::text::failure::sentence(failure, locale) }
                        } else if let Some(resumed) = notice.resumed.as_ref() {
                            { aside::said_changed(resumed, locale) }
                        } else if let Some((then, now)) = notice.quoted {
                            { fill(words.quote.total_changed, &[
                                ("then", &format::money(then, locale)),
                                ("now", &format::money(now, locale)),
                            ]) }
                        }
                    </p>
                    if let Some(code) = notice.unknown_code.as_ref() {
                        <button type="button" class="btn h-11" data-test="unknown-search" onclick={search_it(code)}>
                            { words.sell.unknown_code_search }
                        </button>
                    }
                    <button type="button" class="btn btn-ghost btn-square" aria-label={words.common.close} onclick={dismiss}>
                        <Icon shape={Shape::X} class="size-4" />
                    </button>
                </div>
            }
        </div>
    }
}

/// What the page says at its foot: what was added or removed, and the way back.
pub(super) fn said(
    notice: &UseStateHandle<Notice>,
    cart: &UseReducerHandle<Cart>,
    locale: &Locale,
) -> Html {
    let words = locale.words();
    let undo = {
        let cart = cart.clone();
        Callback::from(move |_| cart.dispatch(CartAction::Undo))
    };
    html! {
        <div class="flex min-w-0 grow items-center gap-2 text-sm" role="status" data-test="notice">
            <span class="muted truncate">
                if let Some(total) = notice.parked {
                    { fill(words.park.park_done, &[("total", &format::money(total, locale))]) }
                } else {
                    { &notice.text }
                }
            </span>
            if cart.removed.is_some() {
                <button type="button" class="btn h-11 gap-2 text-sm" data-test="undo" onclick={undo}>
                    <Icon shape={Shape::Undo2} class="size-4" />
                    { words.common.undo }
                    <Key label="Ctrl Z" />
                </button>
            }
        </div>
    }
}

/// That so much of a product is in the cart now.
pub(super) fn said_added(
    cart: &Cart,
    product: &Product,
    quantity: Quantity,
    locale: &Locale,
) -> String {
    let same = cart
        .lines
        .iter()
        .filter(|l| l.product.product_id == product.product_id);
    let before: Quantity = same.map(|line| line.quantity_milli).sum();
    let count = format::quantity(before + quantity, locale);
    fill(
        locale.words().sell.added,
        &[("name", &product.name), ("n", &count)],
    )
}
