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
        fill_bar::FillBar,
        icon::{Icon, Shape},
        logo::Logo,
        segmented::{Choice, Segmented},
    },
    hook::{use_locale, use_words},
    ipc,
    state::look::LookAction,
    text::Language,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct EnrolProps {
    pub session: Session,
    pub on_look: Callback<LookAction>,
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
                <div class="flex items-center justify-between gap-4">
                    <Logo class="size-12" />
                    <LanguageChoice on_look={props.on_look.clone()} />
                </div>
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
struct LanguageChoiceProps {
    on_look: Callback<LookAction>,
}

/// Both languages by their own names: nobody has signed in whose choice could be known.
#[component]
fn LanguageChoice(props: &LanguageChoiceProps) -> Html {
    let locale = use_locale();
    let chosen = Language::ALL
        .iter()
        .position(|language| *language == locale.language)
        .unwrap_or_default();
    let choice = |language: &Language| Choice {
        label: language.own_name().into(),
        shape: None,
        test: format!("language-{}", language.code()).into(),
    };
    let on_choose = props.on_look.reform(|place: usize| {
        let language = Language::ALL.get(place).copied().unwrap_or_default();
        LookAction::SetLanguage(language)
    });
    html! {
        <Segmented
            label={locale.words().enrol.language}
            choices={Language::ALL.iter().map(choice).collect::<Vec<_>>()}
            {chosen}
            {on_choose}
        />
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
    html! {
        <main class="grid min-h-screen place-items-center p-6" data-test="page-filling">
            <div class="card-surface flex w-full max-w-md flex-col gap-5 p-8">
                <Logo class="size-12" />
                <div>
                    <h1 class="text-2xl font-semibold tracking-tight">{ words.enrol.filling }</h1>
                    <p class="muted mt-1 text-sm">{ words.enrol.filling_lead }</p>
                </div>
                if all > 0 {
                    <FillBar label={words.enrol.filling} {done} {all} />
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
