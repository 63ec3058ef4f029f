//! The way out for a fenced till: a new enrolment code, typed where its trouble is told.

use domain::contract::{failure::Failure, ipc::Enrol};
use wasm_bindgen_futures::spawn_local;
use yew::{AttrValue, Callback, Html, Properties, SubmitEvent, component, html, use_state};

use crate::{
    component::{feedback::Problem, field::Field},
    hook::use_words,
    ipc,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct EnrolAgainProps {
    /// The server that the till belongs to.
    pub server: AttrValue,
}

/// Asks for the code and enrols. Once that is done the till is fenced no more, and this is gone.
#[component]
pub fn EnrolAgain(props: &EnrolAgainProps) -> Html {
    let words = use_words();
    let code = use_state(String::new);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let can_connect = !code.trim().is_empty() && !*is_busy;
    let onsubmit = {
        let (code, is_busy, failure) = (code.clone(), is_busy.clone(), failure.clone());
        let server = props.server.to_string();
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
                failure.set(ipc::call(&command).await.err());
                is_busy.set(false);
            });
        })
    };
    let on_input = {
        let code = code.clone();
        Callback::from(move |text: String| code.set(text))
    };
    html! {
        <form class="card-surface flex flex-col gap-4 p-6" {onsubmit} data-test="enrol-again">
            <div class="flex flex-wrap items-start gap-3">
                <div class="min-w-64 grow">
                    <Field
                        id="enrol-again-code"
                        label={words.enrol.code}
                        hint={words.enrol.code_hint}
                        value={(*code).clone()}
                        {on_input}
                        required=true
                        test="enrol-again-code"
                    />
                </div>
                <button
                    type="submit"
                    class="btn btn-primary mt-6 h-12 px-5"
                    disabled={!can_connect}
                    data-test="enrol-again-connect"
                >
                    if *is_busy { { words.enrol.connecting } } else { { words.sync.enrol_again } }
                </button>
            </div>
            if let Some(failure) = (*failure).clone() {
                <Problem {failure} />
            }
        </form>
    }
}
