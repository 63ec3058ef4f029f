//! Cash in or out of the drawer beside sales, with a reason.

use domain::{
    contract::{failure::Failure, ipc::MoveCash},
    money::Money,
    shift::CashMovementKind,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_state};

use super::{movement_name, read_amount};
use crate::{
    component::{dialog::Dialog, feedback::Problem, field::Field},
    format,
    hook::{shop::new_draft, use_locale},
    ipc,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct CashProps {
    pub kind: CashMovementKind,
    pub on_done: Callback<()>,
    pub on_close: Callback<()>,
}

#[component]
pub fn CashDialog(props: &CashProps) -> Html {
    let locale = use_locale();
    let words = locale.words().shift;
    let kind = props.kind;
    let typed = use_state(String::new);
    let reason = use_state(String::new);
    let draft_id = use_state(new_draft);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let moves_money = kind != CashMovementKind::NoSale;
    let amount = if moves_money {
        read_amount(&typed, &locale).filter(|amount| *amount > Money::ZERO)
    } else {
        Some(Money::ZERO)
    };
    let wrong = if amount.is_none() && !typed.trim().is_empty() {
        let example = format::money_typed(Money(12_50), &locale);
        fill(words.amount_invalid, &[("example", &example)])
    } else {
        String::new()
    };
    let can_record = amount.is_some() && !reason.trim().is_empty() && !*is_busy;
    let onsubmit = {
        let (is_busy, failure, reason) = (is_busy.clone(), failure.clone(), reason.clone());
        let (draft_id, on_done) = (*draft_id, props.on_done.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(amount_minor) = amount.filter(|_| can_record) else {
                return;
            };
            is_busy.set(true);
            failure.set(None);
            let command = MoveCash {
                draft_id,
                movement: kind,
                amount_minor,
                reason: (*reason).clone(),
            };
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let on_done = on_done.clone();
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(_) => on_done.emit(()),
                    Err(refused) => {
                        failure.set(Some(refused));
                        is_busy.set(false);
                    }
                }
            });
        })
    };
    let set = |state: &yew::UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text: String| state.set(text))
    };
    html! {
        <Dialog title={movement_name(kind, &locale)} on_close={props.on_close.clone()} class="w-[min(28rem,calc(100vw-2rem))]" test="dialog-cash">
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                if moves_money {
                    <Field
                        id="cash-amount"
                        label={words.amount}
                        {wrong}
                        value={(*typed).clone()}
                        on_input={set(&typed)}
                        inputmode="decimal"
                        required=true
                        autofocus=true
                        test="cash-amount"
                    />
                }
                <Field
                    id="cash-reason"
                    label={words.reason}
                    placeholder={words.reason_hint}
                    value={(*reason).clone()}
                    on_input={set(&reason)}
                    required=true
                    autofocus={!moves_money}
                    test="cash-reason"
                />
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <button type="submit" class="btn btn-primary h-13 text-base font-semibold" disabled={!can_record} data-test="cash-record">
                    { words.record }
                </button>
            </form>
        </Dialog>
    }
}
