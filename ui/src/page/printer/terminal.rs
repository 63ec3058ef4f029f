//! The payment terminal of the till: set up, told how to behave, taken away.

use domain::{
    contract::{
        failure::Failure,
        ipc::{GetTerminal, PutTerminal},
    },
    staff::Permission,
    terminal::{SimulatedAnswer, TerminalSettings},
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Event, Html, Properties, SubmitEvent, component, html, use_effect_with, use_state,
};

use crate::{
    component::{
        feedback::Problem,
        field::{Field, chosen},
        icon::{Icon, Shape},
    },
    format::Locale,
    hook::{Shop, use_ipc, use_locale},
    ipc,
    state::terminal::{ANSWER_SECONDS_MAX, TerminalForm, WAIT_SECONDS_MAX, WAIT_SECONDS_MIN},
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub(super) struct TerminalProps {
    pub shop: Shop,
}

#[component]
pub(super) fn TerminalCard(props: &TerminalProps) -> Html {
    let locale = use_locale();
    let words = locale.words().card;
    let asked = use_ipc(Some(GetTerminal {}), props.shop.changes.card_payments);
    let kept = asked
        .data
        .as_ref()
        .and_then(|status| status.settings.clone());
    let form = use_state(|| TerminalForm::of(None));
    let failure = use_state(|| None::<Failure>);
    let is_saved = use_state(|| false);
    use_effect_with(kept.clone(), {
        let form = form.clone();
        move |kept: &Option<TerminalSettings>| form.set(TerminalForm::of(kept.as_ref()))
    });
    let typed = form.settings();
    let put = {
        let (failure, is_saved) = (failure.clone(), is_saved.clone());
        let again = asked.again.clone();
        move |settings: Option<TerminalSettings>| {
            let (failure, is_saved, again) = (failure.clone(), is_saved.clone(), again.clone());
            spawn_local(async move {
                match ipc::call(&PutTerminal { settings }).await {
                    Ok(status) => {
                        failure.set(None);
                        is_saved.set(status.settings.is_some());
                        again.emit(());
                    }
                    Err(refused) => failure.set(Some(refused)),
                }
            });
        }
    };
    let onsubmit = {
        let (put, typed) = (put.clone(), typed.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if typed.is_some() {
                put(typed.clone());
            }
        })
    };
    let change = {
        let (form, is_saved) = (form.clone(), is_saved.clone());
        Callback::from(move |next: TerminalForm| {
            is_saved.set(false);
            form.set(next);
        })
    };
    let may_change = props.shop.may(Permission::ManageTills);
    let is_changed = typed.is_some() && typed != kept;
    html! {
        <form class="card-surface flex flex-col gap-5 p-6" data-test="terminal" {onsubmit}>
            <header class="flex items-center gap-3">
                <Icon shape={Shape::CreditCard} />
                <h2 class="text-lg font-semibold">{ words.terminal }</h2>
            </header>
            if let Some(failure) = asked.failure.clone() {
                <Problem {failure} on_retry={asked.again.clone()} />
            }
            <p class="muted text-sm">{ if kept.is_some() { words.simulated } else { words.terminal_lead } }</p>
            if may_change {
                if kept.is_some() {
                    { fields(&form, &change, &locale) }
                }
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <div class="flex flex-wrap items-center gap-3 border-t border-base-300 pt-4">
                    <button type="submit" class="btn btn-primary h-12 px-6" disabled={!is_changed} data-test="terminal-save">
                        { if kept.is_some() { words.save } else { words.add } }
                    </button>
                    <span role="status" class="text-sm text-success empty:hidden" data-test="terminal-saved">
                        if *is_saved && !is_changed { { words.saved } }
                    </span>
                    if kept.is_some() {
                        <span class="grow"></span>
                        <button
                            type="button"
                            class="btn btn-ghost h-12 gap-2 px-4"
                            data-test="terminal-remove"
                            onclick={Callback::from(move |_| put(None))}
                        >
                            <Icon shape={Shape::Trash2} />{ words.remove }
                        </button>
                    }
                </div>
            } else {
                <p class="muted text-sm">{ words.only_manager }</p>
            }
        </form>
    }
}

fn fields(form: &TerminalForm, change: &Callback<TerminalForm>, locale: &Locale) -> Html {
    let words = locale.words().card;
    let text = |set: fn(&mut TerminalForm, String)| {
        let form = form.clone();
        change.reform(move |typed: String| {
            let mut next = form.clone();
            set(&mut next, typed);
            next
        })
    };
    let wrong = |is_right: bool, min: u32, max: u32| {
        if is_right {
            String::new()
        } else {
            let (min, max) = (min.to_string(), max.to_string());
            fill(words.seconds_invalid, &[("min", &min), ("max", &max)])
        }
    };
    let answer = {
        let form = form.clone();
        change.reform(move |event: Event| {
            let mut all = SimulatedAnswer::ALL.into_iter();
            let name = chosen(&event);
            TerminalForm {
                answer: all.find(|one| key(*one) == name).unwrap_or_default(),
                ..form.clone()
            }
        })
    };
    html! {
        <>
            <div class="flex flex-col gap-1.5">
                <label for="terminal-answer" class="text-sm font-medium">{ words.answer }</label>
                <select id="terminal-answer" class="field" data-test="terminal-answer" onchange={answer}>
                    { for SimulatedAnswer::ALL.into_iter().map(|one| html! {
                        <option value={key(one)} selected={one == form.answer}>{ words.answer(one) }</option>
                    }) }
                </select>
            </div>
            <div class="grid gap-5 sm:grid-cols-2">
                <Field
                    id="terminal-answers-after"
                    label={words.answers_after}
                    value={form.answers_after.clone()}
                    wrong={wrong(form.answers_after_ms().is_some(), 0, ANSWER_SECONDS_MAX)}
                    on_input={text(|form, typed| form.answers_after = typed)}
                    inputmode="numeric"
                    test="terminal-answers-after"
                />
                <Field
                    id="terminal-wait"
                    label={words.wait}
                    value={form.wait.clone()}
                    wrong={wrong(form.wait_ms().is_some(), WAIT_SECONDS_MIN, WAIT_SECONDS_MAX)}
                    on_input={text(|form, typed| form.wait = typed)}
                    inputmode="numeric"
                    test="terminal-wait"
                />
            </div>
        </>
    }
}

/// The name of an answer in the list.
fn key(answer: SimulatedAnswer) -> String {
    format!("{answer:?}")
}
