//! What a person can do about a card payment that is open: ask the terminal, give the money back, or
//! say what the slip says.

use domain::{
    card_payment::{CardPayment, CardPaymentState, SlipOutcome, outcomes},
    contract::{
        failure::Failure,
        ipc::{AskTerminal, CardPaymentView, ReturnCardPayment, SettleCardPayment},
    },
    id::CardPaymentId,
    money::Money,
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_state};

use crate::{
    component::{
        dialog::Dialog,
        feedback::Problem,
        field::Field,
        icon::{Icon, Shape},
        segmented::{Choice, Segmented},
    },
    format::{self, Locale, time::moment},
    hook::{shop::new_draft, use_locale},
    ipc,
    page::approval::{ApprovalDialog, asked_for},
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ActionsProps {
    pub view: CardPaymentView,
    pub may_return: bool,
    pub utc_offset_min: i32,
    pub on_changed: Callback<()>,
}

/// The buttons of one open card payment.
#[component]
pub fn CardActions(props: &ActionsProps) -> Html {
    let locale = use_locale();
    let words = locale.words().card;
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let is_settling = use_state(|| false);
    let payment = &props.view.payment;
    let (id, state) = (payment.card_payment_id, payment.state);
    let ask = {
        let (is_busy, failure) = (is_busy.clone(), failure.clone());
        let on_changed = props.on_changed.clone();
        Callback::from(move |_| {
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let on_changed = on_changed.clone();
            is_busy.set(true);
            spawn_local(async move {
                let command = AskTerminal {
                    card_payment_id: id,
                };
                failure.set(ipc::call(&command).await.err());
                is_busy.set(false);
                on_changed.emit(());
            });
        })
    };
    let set_settling = |is_on: bool| {
        let is_settling = is_settling.clone();
        Callback::from(move |()| is_settling.set(is_on))
    };
    let can_act = !props.view.is_active && !*is_busy;
    html! {
        <div class="flex flex-col gap-3">
            <div class="flex flex-wrap gap-2">
                if props.view.is_own && state.is_undecided() {
                    <button type="button" class="btn h-12 gap-2 px-4" disabled={!can_act} data-test="card-ask" onclick={ask}>
                        if *is_busy {
                            <span class="loading loading-spinner loading-sm"></span>{ words.asking }
                        } else {
                            <Icon shape={Shape::RefreshCw} class="size-4" />{ words.ask }
                        }
                    </button>
                }
                if props.view.is_own && state == CardPaymentState::Approved && props.may_return {
                    <GiveBack card_payment_id={id} amount={payment.charge.amount_minor} on_changed={props.on_changed.clone()} />
                }
                <button type="button" class="btn h-12 gap-2 px-4" disabled={!can_act} data-test="card-settle" onclick={set_settling(true).reform(|_| ())}>
                    <Icon shape={Shape::Receipt} class="size-4" />{ words.settle }
                </button>
            </div>
            if let Some(failure) = (*failure).clone() {
                <Problem {failure} />
            }
            if *is_settling {
                <SettleDialog
                    payment={payment.clone()}
                    utc_offset_min={props.utc_offset_min}
                    on_done={ {
                        let (close, on_changed) = (set_settling(false), props.on_changed.clone());
                        Callback::from(move |()| {
                            close.emit(());
                            on_changed.emit(());
                        })
                    } }
                    on_close={set_settling(false)}
                />
            }
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct GiveBackProps {
    pub card_payment_id: CardPaymentId,
    pub amount: Money,
    pub on_changed: Callback<()>,
    /// A small button with a sign only.
    #[prop_or_default]
    pub small: bool,
}

/// Gives a charge back, asked twice.
#[component]
pub fn GiveBack(props: &GiveBackProps) -> Html {
    let locale = use_locale();
    let words = locale.words().card;
    let is_asked = use_state(|| false);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let is_refused = use_state(|| false);
    let card_payment_id = props.card_payment_id;
    let onclick = {
        let (is_asked, is_busy, failure) = (is_asked.clone(), is_busy.clone(), failure.clone());
        let (is_refused, on_changed) = (is_refused.clone(), props.on_changed.clone());
        Callback::from(move |_| {
            if !*is_asked {
                is_asked.set(true);
                return;
            }
            is_busy.set(true);
            let (is_asked, is_busy, failure) = (is_asked.clone(), is_busy.clone(), failure.clone());
            let (is_refused, on_changed) = (is_refused.clone(), on_changed.clone());
            spawn_local(async move {
                match ipc::call(&ReturnCardPayment { card_payment_id }).await {
                    Ok(view) => {
                        is_refused.set(view.payment.state == CardPaymentState::Approved);
                        failure.set(None);
                    }
                    Err(refused) => failure.set(Some(refused)),
                }
                is_asked.set(false);
                is_busy.set(false);
                on_changed.emit(());
            });
        })
    };
    let amount = format::money(props.amount, &locale);
    let label = fill(words.give_back_amount, &[("amount", &amount)]);
    html! {
        <div class="flex flex-col gap-2">
            <button
                type="button"
                class={if props.small && !*is_asked { "btn btn-ghost btn-square btn-sm" } else if props.small { "btn btn-warning btn-sm" } else if *is_asked { "btn btn-warning h-12 gap-2 px-4" } else { "btn h-12 gap-2 px-4" }}
                aria-label={label.clone()}
                title={label}
                disabled={*is_busy}
                data-test="card-give-back"
                {onclick}
            >
                if *is_busy {
                    <span class="loading loading-spinner loading-sm"></span>
                } else if *is_asked {
                    { fill(words.give_back_sure, &[("amount", &amount)]) }
                } else {
                    <Icon shape={Shape::Undo2} class="size-4" />
                    if !props.small { { words.give_back } }
                }
            </button>
            if *is_refused {
                <p class="text-sm" role="alert">{ words.return_refused }</p>
            }
            if let Some(failure) = (*failure).clone() {
                <Problem {failure} />
            }
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SettleProps {
    pub payment: CardPayment,
    pub utc_offset_min: i32,
    pub on_done: Callback<()>,
    pub on_close: Callback<()>,
}

/// What the slip says, as a manager reads it or allows it to be read.
#[component]
pub fn SettleDialog(props: &SettleProps) -> Html {
    let locale = use_locale();
    let words = locale.words().card;
    let payment = &props.payment;
    let possible = outcomes(payment.state);
    // Nothing is chosen for anybody, unless there is one thing to say.
    let place = use_state(|| None::<usize>);
    let reference = use_state(String::new);
    let note = use_state(String::new);
    let draft_id = use_state(new_draft);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let asked = use_state(|| None::<Permission>);
    let chosen = place.or((possible.len() == 1).then_some(0));
    let outcome = chosen.and_then(|place| possible.get(place)).copied();
    let needs_reference = outcome != Some(SlipOutcome::NotCharged);
    let can_send =
        !*is_busy && outcome.is_some() && (!needs_reference || !reference.trim().is_empty());
    let send = {
        let (reference, note, draft_id) = (reference.clone(), note.clone(), *draft_id);
        let (is_busy, failure, asked) = (is_busy.clone(), failure.clone(), asked.clone());
        let (card_payment_id, on_done) = (payment.card_payment_id, props.on_done.clone());
        Callback::from(move |()| {
            let Some(outcome) = outcome.filter(|_| can_send) else {
                return;
            };
            is_busy.set(true);
            failure.set(None);
            asked.set(None);
            let command = SettleCardPayment {
                draft_id,
                card_payment_id,
                outcome,
                reference: (*reference).clone(),
                note: (*note).clone(),
            };
            let (is_busy, failure, asked) = (is_busy.clone(), failure.clone(), asked.clone());
            let on_done = on_done.clone();
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(_) => on_done.emit(()),
                    Err(refused) => {
                        match asked_for(&refused) {
                            Some(permission) => asked.set(Some(permission)),
                            None => failure.set(Some(refused)),
                        }
                        is_busy.set(false);
                    }
                }
            });
        })
    };
    let text = |state: &yew::UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |typed| state.set(typed))
    };
    let amount = format::money(payment.charge.amount_minor, &locale);
    let when = moment(payment.started_ms, props.utc_offset_min, &locale);
    html! {
        <>
        <Dialog title={words.settle_title} on_close={props.on_close.clone()} test="dialog-settle-card">
            <form class="flex flex-col gap-5 p-6" onsubmit={send.reform(|event: SubmitEvent| {
                event.prevent_default();
                event.stop_propagation();
            })}>
                <p class="text-sm">{ fill(words.settle_lead, &[("amount", &amount), ("when", &when)]) }</p>
                <Segmented
                    label={words.settle_title}
                    choices={possible.iter().map(|one| choice(*one, &locale)).collect::<Vec<_>>()}
                    chosen={chosen.unwrap_or(usize::MAX)}
                    on_choose={ { let place = place.clone(); Callback::from(move |chosen| place.set(Some(chosen))) } }
                />
                <Field
                    id="slip-reference"
                    label={words.slip_reference}
                    hint={words.slip_reference_hint}
                    value={(*reference).clone()}
                    on_input={text(&reference)}
                    required={needs_reference}
                    autofocus=true
                    test="slip-reference"
                />
                <Field
                    id="slip-note"
                    label={words.slip_note}
                    value={(*note).clone()}
                    on_input={text(&note)}
                    test="slip-note"
                />
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <button type="submit" class="btn btn-primary h-13 text-base font-semibold" disabled={!can_send} data-test="slip-record">
                    { words.slip_state }
                </button>
            </form>
        </Dialog>
        if let Some(permission) = *asked {
            <ApprovalDialog
                draft_id={*draft_id}
                permissions={vec![permission]}
                on_approved={send}
                on_close={ { let asked = asked.clone(); Callback::from(move |()| asked.set(None)) } }
            />
        }
        </>
    }
}

fn choice(outcome: SlipOutcome, locale: &Locale) -> Choice {
    let words = locale.words().card;
    let (label, test) = match outcome {
        SlipOutcome::Charged => (words.slip_charged, "slip-charged"),
        SlipOutcome::NotCharged => (words.slip_not_charged, "slip-not-charged"),
        SlipOutcome::Returned => (words.slip_returned, "slip-returned"),
    };
    Choice {
        label: label.into(),
        shape: None,
        test: test.into(),
    }
}
