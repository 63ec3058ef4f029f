//! Where the owner signs in.

use domain::contract::{
    failure::Failure,
    rest::{Me, SignInRequest},
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_state};

use crate::{
    api,
    component::{feedback::Problem, field::Field, logo::Logo, top_bar::LookButtons},
    hook::use_words,
    state::look::{LookAction, Theme},
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SignInProps {
    pub theme: Theme,
    pub on_look: Callback<LookAction>,
    pub on_me: Callback<Me>,
}

#[component]
pub fn SignInPage(props: &SignInProps) -> Html {
    let words = use_words();
    let email = use_state(String::new);
    let password = use_state(String::new);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let can = !email.trim().is_empty() && !password.is_empty() && !*is_busy;
    let onsubmit = {
        let (email, password) = (email.clone(), password.clone());
        let (is_busy, failure) = (is_busy.clone(), failure.clone());
        let on_me = props.on_me.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *is_busy {
                return;
            }
            is_busy.set(true);
            failure.set(None);
            let request = SignInRequest {
                email: email.trim().to_owned(),
                password: (*password).clone(),
            };
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let (password, on_me) = (password.clone(), on_me.clone());
            spawn_local(async move {
                match api::sign_in(&request).await {
                    Ok(me) => on_me.emit(me),
                    Err(refused) => {
                        password.set(String::new());
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
        <div class="scrolls grid min-h-screen grid-rows-[auto_1fr]" data-test="page-sign-in">
            <header class="flex justify-end p-4">
                <LookButtons theme={props.theme} on_look={props.on_look.clone()} />
            </header>
            <main class="grid place-items-center px-4 pb-24">
                <form class="card-surface flex w-full max-w-sm flex-col gap-5 p-8" {onsubmit}>
                    <div class="flex items-center gap-3">
                        <Logo class="size-11" />
                        <div>
                            <h1 class="text-xl font-semibold tracking-tight">{ words.common.product_name }</h1>
                            <p class="muted text-sm">{ words.console.sign_in_lead }</p>
                        </div>
                    </div>
                    <Field
                        id="email"
                        label={words.console.email}
                        value={(*email).clone()}
                        on_input={set(&email)}
                        kind="email"
                        inputmode="email"
                        autocomplete="username"
                        required=true
                        autofocus=true
                        test="email"
                    />
                    <Field
                        id="password"
                        label={words.console.password}
                        value={(*password).clone()}
                        on_input={set(&password)}
                        kind="password"
                        autocomplete="current-password"
                        required=true
                        test="password"
                    />
                    if let Some(failure) = (*failure).clone() {
                        <Problem {failure} />
                    }
                    <button type="submit" class="btn btn-primary h-12 text-base" disabled={!can} data-test="sign-in">
                        if *is_busy { { words.console.signing_in } } else { { words.console.sign_in } }
                    </button>
                </form>
            </main>
        </div>
    }
}
