//! Making a quote of the cart: for whom, and until when its prices stand.

use domain::{
    contract::{
        failure::Failure,
        ipc::{MakeQuote, QuoteView},
    },
    money::Money,
    sale::quote::{QUOTE_DAYS, QUOTE_DAYS_MAX},
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_state};

use crate::{
    component::{
        dialog::Dialog,
        feedback::Problem,
        field::Field,
        icon::{Icon, Shape},
    },
    format,
    hook::use_locale,
    ipc,
    state::cart::Cart,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct MakeQuoteProps {
    pub cart: Cart,
    /// None while the cart cannot be priced.
    pub total: Option<Money>,
    pub on_made: Callback<QuoteView>,
    pub on_close: Callback<()>,
}

#[component]
pub fn MakeQuoteDialog(props: &MakeQuoteProps) -> Html {
    let locale = use_locale();
    let words = locale.words().quote;
    let days = use_state(|| QUOTE_DAYS.to_string());
    let note = use_state(String::new);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let valid_days = days.trim().parse::<u16>().ok();
    let valid_days = valid_days.filter(|days| (1..=QUOTE_DAYS_MAX).contains(days));
    let onsubmit = {
        let (is_busy, failure) = (is_busy.clone(), failure.clone());
        let (cart, note, on_made) = (props.cart.clone(), note.clone(), props.on_made.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(valid_days) = valid_days.filter(|_| !*is_busy) else {
                return;
            };
            is_busy.set(true);
            failure.set(None);
            let command = MakeQuote {
                draft_id: cart.draft_id,
                lines: cart.sale_lines(),
                terms: cart.terms.clone(),
                customer_id: cart.customer.as_ref().map(|customer| customer.customer_id),
                note: (*note).clone(),
                valid_days,
            };
            let (is_busy, failure, on_made) = (is_busy.clone(), failure.clone(), on_made.clone());
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(view) => on_made.emit(view),
                    Err(refused) => {
                        is_busy.set(false);
                        failure.set(Some(refused));
                    }
                }
            });
        })
    };
    let set = |state: &yew::UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text: String| state.set(text))
    };
    let max = QUOTE_DAYS_MAX.to_string();
    let wrong = match valid_days {
        Some(_) => String::new(),
        None => fill(words.days_invalid, &[("max", &max)]),
    };
    let customer = props.cart.customer.as_ref();
    html! {
        <Dialog
            title={words.make}
            on_close={props.on_close.clone()}
            class="w-[min(28rem,calc(100vw-2rem))]"
            test="dialog-make-quote"
        >
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <p class="muted text-sm">{ words.make_lead }</p>
                <p class="flex items-center gap-2 text-sm font-medium" data-test="quote-customer">
                    <Icon shape={Shape::User} class="size-4 opacity-60" />
                    { customer.map_or_else(|| words.no_customer.to_owned(), |customer| customer.name.clone()) }
                </p>
                <Field
                    id="quote-days"
                    label={words.days}
                    value={(*days).clone()}
                    on_input={set(&days)}
                    {wrong}
                    inputmode="numeric"
                    replaces=true
                    required=true
                    autofocus=true
                    test="quote-days"
                />
                <Field
                    id="quote-note"
                    label={words.note}
                    hint={words.note_hint}
                    value={(*note).clone()}
                    on_input={set(&note)}
                    test="quote-note"
                />
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <button
                    type="submit"
                    class="btn btn-primary h-13 justify-between px-6 text-base font-semibold"
                    disabled={*is_busy || valid_days.is_none()}
                    data-test="quote-confirm"
                >
                    { words.make }
                    <span class="tabular">{ props.total.map(|total| format::money(total, &locale)) }</span>
                </button>
            </form>
        </Dialog>
    }
}
