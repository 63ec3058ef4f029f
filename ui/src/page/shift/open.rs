//! Opens a shift with what is in the drawer; also from the page that sells.

use domain::{
    contract::{
        failure::Failure,
        ipc::{OpenShift, ShiftReport},
    },
    money::Money,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_effect_with, use_state};

use super::read_amount;
use crate::{
    component::{feedback::Problem, field::Field},
    format,
    hook::{keyboard::focus, shop::new_draft, use_locale},
    ipc,
    text::fill,
};

const FLOAT_ID: &str = "shift-float";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct OpenProps {
    /// What the last shift left, as a first answer.
    pub float_left: Option<Money>,
    pub on_opened: Callback<ShiftReport>,
}

#[component]
pub fn OpenForm(props: &OpenProps) -> Html {
    let locale = use_locale();
    let words = locale.words().shift;
    let typed = {
        let (left, locale) = (props.float_left, locale.clone());
        use_state(move || left.map_or_else(String::new, |left| format::money_typed(left, &locale)))
    };
    let draft_id = use_state(new_draft);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let float = read_amount(&typed, &locale);
    let wrong = if float.is_none() && !typed.trim().is_empty() {
        let example = format::money_typed(Money(15_000), &locale);
        fill(words.amount_invalid, &[("example", &example)])
    } else {
        String::new()
    };
    let hint = match props.float_left {
        Some(left) => fill(
            words.float_was,
            &[("amount", &format::money(left, &locale))],
        ),
        None => words.float_hint.to_owned(),
    };
    let onsubmit = {
        let (is_busy, failure, draft_id) = (is_busy.clone(), failure.clone(), *draft_id);
        let on_opened = props.on_opened.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(float_minor) = float.filter(|_| !*is_busy) else {
                return;
            };
            is_busy.set(true);
            failure.set(None);
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let on_opened = on_opened.clone();
            spawn_local(async move {
                let command = OpenShift {
                    draft_id,
                    float_minor,
                };
                match ipc::call(&command).await {
                    Ok(report) => on_opened.emit(report),
                    Err(refused) => {
                        failure.set(Some(refused));
                        is_busy.set(false);
                    }
                }
            });
        })
    };
    // Where a page is open already, nothing has the focus on its own.
    use_effect_with((), |()| focus(FLOAT_ID));
    html! {
        <form class="flex flex-col gap-5" {onsubmit}>
            <Field
                id={FLOAT_ID}
                label={words.float}
                {hint}
                {wrong}
                value={(*typed).clone()}
                on_input={ { let typed = typed.clone(); Callback::from(move |text| typed.set(text)) } }
                inputmode="decimal"
                required=true
                autofocus=true
                replaces=true
                test="shift-float"
            />
            if let Some(failure) = (*failure).clone() {
                <Problem {failure} />
            }
            <button type="submit" class="btn btn-primary h-13 text-base font-semibold" disabled={float.is_none() || *is_busy} data-test="shift-open-confirm">
                { words.open }
                <span class="key" aria-hidden="true">{ "↵" }</span>
            </button>
        </form>
    }
}
