//! How a computer becomes a till: server, code, and the first copy of what it needs.

use domain::contract::{
    failure::Failure,
    ipc::{Enrol, Session, SyncStatus},
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_state};

use crate::{
    component::{
        feedback::Problem,
        field::Field,
        icon::{Icon, Shape},
        logo::Logo,
    },
    format,
    hook::{use_locale, use_words},
    ipc,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct EnrolProps {
    pub session: Session,
    pub on_session: Callback<Session>,
}

#[component]
pub fn EnrolPage(props: &EnrolProps) -> Html {
    let words = use_words();
    let hint = props.session.enrol_hint.clone();
    let server = use_state(|| {
        hint.as_ref()
            .map_or_else(String::new, |hint| hint.server.clone())
    });
    let code = use_state(|| hint.map_or_else(String::new, |hint| hint.code));
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let can_connect = !server.trim().is_empty() && !code.trim().is_empty() && !*is_busy;

    let onsubmit = {
        let (server, code) = (server.clone(), code.clone());
        let (is_busy, failure) = (is_busy.clone(), failure.clone());
        let on_session = props.on_session.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !can_connect {
                return;
            }
            is_busy.set(true);
            failure.set(None);
            let command = Enrol {
                server: server.trim().to_owned(),
                code: code.trim().to_owned(),
            };
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let on_session = on_session.clone();
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(session) => on_session.emit(session),
                    Err(refused) => failure.set(Some(refused)),
                }
                is_busy.set(false);
            });
        })
    };
    let set = |state: &yew::UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text: String| state.set(text))
    };
    html! {
        <main class="scrolls grid min-h-screen place-items-center p-6" data-test="page-enrol">
            <form class="card-surface flex w-full max-w-md flex-col gap-5 p-8" {onsubmit}>
                <Logo class="size-12" />
                <div>
                    <h1 class="text-2xl font-semibold tracking-tight">{ words.enrol.title }</h1>
                    <p class="muted mt-1 text-sm">{ words.enrol.lead }</p>
                </div>
                <Field
                    id="enrol-server"
                    label={words.enrol.server}
                    hint={words.enrol.server_hint}
                    value={(*server).clone()}
                    on_input={set(&server)}
                    kind="text"
                    inputmode="url"
                    required=true
                    autofocus={server.is_empty()}
                    test="enrol-server"
                />
                <Field
                    id="enrol-code"
                    label={words.enrol.code}
                    hint={words.enrol.code_hint}
                    value={(*code).clone()}
                    on_input={set(&code)}
                    required=true
                    autofocus={!server.is_empty()}
                    test="enrol-code"
                />
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <button
                    type="submit"
                    class="btn btn-primary h-13 text-base"
                    disabled={!can_connect}
                    data-test="enrol-connect"
                >
                    if *is_busy {
                        <span class="loading loading-spinner loading-sm"></span>
                        { words.enrol.connecting }
                    } else {
                        { words.enrol.connect }
                    }
                </button>
            </form>
        </main>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct FillingProps {
    pub status: Option<SyncStatus>,
}

/// The first copy on its way.
#[component]
pub fn FillingPage(props: &FillingProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let scopes = props.status.iter().flat_map(|status| &status.scopes);
    let (done, all) = scopes
        .filter_map(|scope| scope.filling)
        .fold((0, 0), |(done, all), (here, of)| (done + here, all + of));
    let is_offline = props
        .status
        .as_ref()
        .is_some_and(|status| !status.is_connected);
    let rows = fill(
        words.enrol.rows,
        &[
            ("done", &format::count(done, &locale)),
            ("all", &format::count(all, &locale)),
        ],
    );
    html! {
        <main class="grid min-h-screen place-items-center p-6" data-test="page-filling">
            <div class="card-surface flex w-full max-w-md flex-col gap-5 p-8">
                <Logo class="size-12" />
                <div>
                    <h1 class="text-2xl font-semibold tracking-tight">{ words.enrol.filling }</h1>
                    <p class="muted mt-1 text-sm">{ words.enrol.filling_lead }</p>
                </div>
                if all > 0 {
                    <div class="flex flex-col gap-2" role="status">
                        <progress
                            class="progress progress-primary h-2 w-full"
                            value={done.to_string()}
                            max={all.to_string()}
                            aria-label={words.enrol.filling}
                        ></progress>
                        <p class="num muted text-sm">{ rows }</p>
                    </div>
                } else {
                    <progress
                        class="progress progress-primary h-2 w-full"
                        aria-label={words.enrol.filling}
                    ></progress>
                }
                if is_offline {
                    <p class="flex items-center gap-2 text-sm text-warning" role="status">
                        <Icon shape={Shape::CloudOff} />
                        { words.enrol.fill_waiting }
                    </p>
                }
            </div>
        </main>
    }
}
