//! What lists of things set aside ask on the way: to park the cart in hand first, and why something
//! is let go of.

use domain::contract::failure::Failure;
use yew::{AttrValue, Callback, Html, Properties, SubmitEvent, component, html, use_state};

use crate::{
    component::{feedback::Problem, field::Field},
    hook::use_words,
};

/// The button that parks the cart in hand.
pub(super) const IN_HAND_ID: &str = "park-first";
/// The field of the reason.
pub(super) const REASON_ID: &str = "let-go-reason";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct InHandProps {
    /// What the button does.
    pub go: AttrValue,
    pub is_busy: bool,
    pub failure: Option<Failure>,
    pub on_go: Callback<()>,
    pub on_back: Callback<()>,
}

/// A cart is in hand: nothing takes its place before it is parked.
#[component]
pub fn InHand(props: &InHandProps) -> Html {
    let words = use_words();
    html! {
        <div class="flex flex-col gap-5 p-6" data-test="cart-in-hand">
            <div>
                <p class="font-semibold">{ words.park.in_hand }</p>
                <p class="muted text-sm">{ words.park.in_hand_lead }</p>
            </div>
            if let Some(failure) = props.failure.clone() {
                <Problem {failure} />
            }
            <div class="flex justify-end gap-3">
                <button type="button" class="btn h-12" disabled={props.is_busy} onclick={props.on_back.reform(|_| ())}>
                    { words.common.back }
                </button>
                <button
                    id={IN_HAND_ID}
                    type="button"
                    class="btn btn-primary h-12"
                    disabled={props.is_busy}
                    data-test="park-first"
                    onclick={props.on_go.reform(|_| ())}
                >
                    { props.go.clone() }
                </button>
            </div>
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ReasonProps {
    pub title: AttrValue,
    /// What the button does.
    pub go: AttrValue,
    /// Reasons that one click writes.
    pub usual: Vec<&'static str>,
    pub is_busy: bool,
    pub failure: Option<Failure>,
    pub on_reason: Callback<String>,
    pub on_back: Callback<()>,
}

/// Asks for a reason.
#[component]
pub fn ReasonForm(props: &ReasonProps) -> Html {
    let words = use_words();
    let reason = use_state(String::new);
    let can_go = !props.is_busy && !reason.trim().is_empty();
    let onsubmit = {
        let (reason, on_reason) = (reason.clone(), props.on_reason.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if can_go {
                on_reason.emit((*reason).clone());
            }
        })
    };
    let set = {
        let reason = reason.clone();
        Callback::from(move |text: String| reason.set(text))
    };
    html! {
        <form class="flex flex-col gap-5 p-6" {onsubmit}>
            <p class="font-semibold">{ props.title.clone() }</p>
            <Field
                id={REASON_ID}
                label={words.park.let_go_reason}
                value={(*reason).clone()}
                on_input={set.clone()}
                required=true
                test="let-go-reason"
            />
            <div class="flex flex-wrap gap-2">
                { for props.usual.iter().map(|text| {
                    let text = *text;
                    html! {
                        <button type="button" class="btn h-11 text-sm" onclick={set.reform(move |_| text.to_owned())}>
                            { text }
                        </button>
                    }
                }) }
            </div>
            if let Some(failure) = props.failure.clone() {
                <Problem {failure} />
            }
            <div class="flex justify-end gap-3">
                <button type="button" class="btn h-12" disabled={props.is_busy} onclick={props.on_back.reform(|_| ())}>
                    { words.common.back }
                </button>
                <button type="submit" class="btn btn-primary h-12" disabled={!can_go} data-test="let-go-confirm">
                    { props.go.clone() }
                </button>
            </div>
        </form>
    }
}
