//! What holds for the whole cart: a discount on all of it, and codes that the customer shows.

use domain::{
    contract::ipc::AskedTerms, money::Money, sale::promotion::normalize_coupon, tax::RatePpm,
};
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_state};

use super::line_editor::limit_hint;
use crate::{
    component::{dialog::Dialog, field::Field},
    format,
    hook::use_locale,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct TermsProps {
    pub terms: AskedTerms,
    pub minor_digits: u8,
    /// How much the person may take off without asking.
    pub limit_ppm: RatePpm,
    /// Codes that make a promotion count today.
    pub codes: Vec<String>,
    pub on_change: Callback<AskedTerms>,
    pub on_close: Callback<()>,
}

#[component]
pub fn TermsDialog(props: &TermsProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let discount = use_state(|| format::discount_typed(props.terms.discount, &locale));
    let coupon = use_state(|| props.terms.coupons.join(" "));
    let new_discount = format::parse_discount(&discount, props.minor_digits);
    let coupons: Vec<String> = coupon.split_whitespace().map(normalize_coupon).collect();
    let unknown = coupons
        .iter()
        .find(|code| !props.codes.contains(code))
        .cloned();
    let is_right = new_discount.is_ok() && unknown.is_none();
    let onsubmit = {
        let (on_change, on_close) = (props.on_change.clone(), props.on_close.clone());
        let (coupons, is_known) = (coupons.clone(), unknown.is_none());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let (Ok(discount), true) = (&new_discount, is_known) {
                on_change.emit(AskedTerms {
                    discount: *discount,
                    coupons: coupons.clone(),
                });
                on_close.emit(());
            }
        })
    };
    let set = |state: &yew::UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text: String| state.set(text))
    };
    let example = format::money_typed(Money(12_50), &locale);
    let bad_discount = match &new_discount {
        Ok(_) => String::new(),
        Err(_) => fill(words.sell.amount_invalid, &[("example", &example)]),
    };
    let bad_coupon = match &unknown {
        Some(code) => fill(words.sell.coupon_unknown, &[("code", code)]),
        None => String::new(),
    };
    html! {
        <Dialog
            title={words.sell.cart_discount}
            on_close={props.on_close.clone()}
            class="w-[min(28rem,calc(100vw-2rem))]"
            test="dialog-terms"
        >
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <Field
                    id="cart-discount"
                    label={words.sell.cart_discount}
                    hint={limit_hint(props.limit_ppm, &locale)}
                    value={(*discount).clone()}
                    on_input={set(&discount)}
                    wrong={bad_discount}
                    inputmode="decimal"
                    replaces=true
                    autofocus=true
                    test="cart-discount"
                />
                <Field
                    id="cart-coupon"
                    label={words.sell.coupon}
                    hint={words.sell.coupon_hint}
                    value={(*coupon).clone()}
                    on_input={set(&coupon)}
                    wrong={bad_coupon}
                    test="cart-coupon"
                />
                <button type="submit" class="btn btn-primary h-12" disabled={!is_right} data-test="terms-save">
                    { words.common.save }
                </button>
            </form>
        </Dialog>
    }
}
