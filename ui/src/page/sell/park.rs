//! Putting the cart aside, with a note to tell it by.

use domain::{
    contract::{
        failure::Failure,
        ipc::{ParkSale, ParkedSummary},
    },
    money::Money,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_state};

use crate::{
    component::{dialog::Dialog, feedback::Problem, field::Field},
    format,
    hook::use_locale,
    ipc,
    state::cart::Cart,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ParkProps {
    pub cart: Cart,
    /// None while the cart cannot be priced.
    pub total: Option<Money>,
    pub on_parked: Callback<ParkedSummary>,
    pub on_close: Callback<()>,
}

/// The cart as the till is asked to park it. The cart's own draft goes with it: what is parked
/// cannot be paid as well, and what is paid cannot be parked.
pub(super) fn parking(cart: &Cart, note: String) -> ParkSale {
    ParkSale {
        draft_id: cart.draft_id,
        lines: cart.sale_lines(),
        terms: cart.terms.clone(),
        customer_id: cart.customer.as_ref().map(|customer| customer.customer_id),
        note,
    }
}

#[component]
pub fn ParkDialog(props: &ParkProps) -> Html {
    let locale = use_locale();
    let words = locale.words().park;
    let note = use_state(String::new);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let onsubmit = {
        let (is_busy, failure) = (is_busy.clone(), failure.clone());
        let (on_parked, asked) = (
            props.on_parked.clone(),
            parking(&props.cart, (*note).clone()),
        );
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *is_busy {
                return;
            }
            is_busy.set(true);
            failure.set(None);
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let (on_parked, asked) = (on_parked.clone(), asked.clone());
            spawn_local(async move {
                match ipc::call(&asked).await {
                    Ok(parked) => on_parked.emit(parked),
                    Err(refused) => {
                        is_busy.set(false);
                        failure.set(Some(refused));
                    }
                }
            });
        })
    };
    html! {
        <Dialog
            title={words.park}
            on_close={props.on_close.clone()}
            class="w-[min(28rem,calc(100vw-2rem))]"
            test="dialog-park"
        >
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <p class="muted text-sm">{ words.park_lead }</p>
                <Field
                    id="park-note"
                    label={words.note}
                    hint={words.note_hint}
                    value={(*note).clone()}
                    on_input={ { let note = note.clone(); Callback::from(move |text| note.set(text)) } }
                    autofocus=true
                    test="park-note"
                />
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <button
                    type="submit"
                    class="btn btn-primary h-13 justify-between px-6 text-base font-semibold"
                    disabled={*is_busy}
                    data-test="park-confirm"
                >
                    { words.park }
                    <span class="tabular">{ props.total.map(|total| format::money(total, &locale)) }</span>
                </button>
            </form>
        </Dialog>
    }
}
