//! Gives a fenced till a new enrolment where its cashier reads that it needs one.

use domain::contract::{failure::Failure, ipc::Enrol};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_state};

use crate::{
    component::{feedback::Problem, field::Field},
    hook::use_words,
    ipc,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub(super) struct EnrolAgainProps {
    /// The till's server; the code is all that somebody must bring.
    pub(super) server: String,
}

/// A field for the code. When it is taken, the till's standing changes and this goes.
#[component]
pub(super) fn EnrolAgain(props: &EnrolAgainProps) -> Html {
    let words = use_words();
    let code = use_state(String::new);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let can_connect = !code.trim().is_empty() && !*is_busy;
    let onsubmit = {
        let (code, is_busy, failure) = (code.clone(), is_busy.clone(), failure.clone());
        let server = props.server.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !can_connect {
                return;
            }
            is_busy.set(true);
            failure.set(None);
            let command = Enrol {
                server: server.clone(),
                code: code.trim().to_owned(),
            };
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            spawn_local(async move {
                if let Err(refused) = ipc::call(&command).await {
                    failure.set(Some(refused));
                }
                is_busy.set(false);
            });
        })
    };
    let on_input = {
        let code = code.clone();
        Callback::from(move |text: String| code.set(text))
    };
    html! {
        <form class="card-surface flex flex-col gap-4 p-5" data-test="enrol-again" {onsubmit}>
            <Field
                id="enrol-again-code"
                label={words.enrol.code}
                hint={words.enrol.code_hint}
                value={(*code).clone()}
                {on_input}
                required=true
                test="enrol-again-code"
            />
            if let Some(failure) = (*failure).clone() {
                <Problem {failure} />
            }
            <button
                type="submit"
                class="btn btn-primary h-12 self-start px-5"
                disabled={!can_connect}
                data-test="enrol-again-connect"
            >
                if *is_busy {
                    <span class="loading loading-spinner loading-sm"></span>
                    { words.enrol.connecting }
                } else {
                    { words.enrol.again }
                }
            </button>
        </form>
    }
}
