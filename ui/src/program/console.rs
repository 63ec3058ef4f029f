//! The owner's console: sign-in, then the page of the address.

use std::rc::Rc;

use domain::contract::{
    failure::{Failure, code},
    rest::Me,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, ContextProvider, Html, Properties, component, html, use_effect_with, use_state,
};
use yew_router::{BrowserRouter, Routable, Switch, prelude::Link};

use crate::{
    api,
    component::{
        feedback::Problem,
        icon::{Icon, Shape},
        logo::Logo,
        top_bar::{LookButtons, role_name},
    },
    format::Locale,
    hook::{
        look::{language_of, remember_language_of},
        use_locale, use_look,
    },
    page::{
        balances::BalancesPage, document::DocumentPage, not_found::NotFoundPage, sales::SalesPage,
        shifts::ShiftsPage, sign_in::SignInPage, tills::TillsPage,
    },
    state::look::{Look, LookAction, Theme},
    text::Language,
};

#[derive(Debug, Clone, PartialEq, Eq, Routable)]
pub enum Route {
    #[at("/")]
    Sales,
    #[at("/tills")]
    Tills,
    #[at("/shifts")]
    Shifts,
    #[at("/balances")]
    Balances,
    #[at("/documents/:id")]
    Document { id: String },
    #[not_found]
    #[at("/404")]
    NotFound,
}

/// Who is there, as far as the page knows.
#[derive(Debug, Clone, PartialEq)]
enum Standing {
    Asking,
    Nobody,
    Failed(Failure),
    SignedIn(Rc<Me>),
}

#[component]
pub fn Console() -> Html {
    let look = use_look();
    let standing = use_state(|| Standing::Asking);
    let ask = {
        let standing = standing.clone();
        Callback::from(move |()| {
            let standing = standing.clone();
            spawn_local(async move {
                standing.set(match api::me().await {
                    Ok(me) => Standing::SignedIn(Rc::new(me)),
                    Err(failure) if failure.code == code::UNAUTHORIZED => Standing::Nobody,
                    Err(failure) => Standing::Failed(failure),
                });
            });
        })
    };
    use_effect_with((), {
        let ask = ask.clone();
        move |()| ask.emit(())
    });
    let me = match &*standing {
        Standing::SignedIn(me) => Some(me.clone()),
        _ => None,
    };
    use_effect_with(me.as_ref().map(|me| (me.staff_id, me.language.clone())), {
        let look = look.dispatcher();
        move |person| {
            let language = person.as_ref().and_then(|(id, theirs)| {
                language_of(&id.to_string()).or_else(|| Language::from_code(theirs))
            });
            if let Some(language) = language {
                look.dispatch(LookAction::SetLanguage(language));
            }
        }
    });
    let on_look = {
        let look = look.clone();
        let person = me.as_ref().map(|me| me.staff_id.to_string());
        Callback::from(move |action: LookAction| {
            look.dispatch(action);
            if let (LookAction::SwitchLanguage, Some(person)) = (action, &person) {
                remember_language_of(person, look.language);
            }
        })
    };
    let on_me = {
        let standing = standing.clone();
        Callback::from(move |me: Me| standing.set(Standing::SignedIn(Rc::new(me))))
    };
    let on_left = {
        let standing = standing.clone();
        Callback::from(move |()| standing.set(Standing::Nobody))
    };
    let locale = Rc::new(locale_of(&look, me.as_deref()));
    html! {
        <ContextProvider<Rc<Locale>> context={locale}>
            { match &*standing {
                Standing::Asking => Html::default(),
                Standing::Nobody => html! {
                    <SignInPage theme={look.theme} {on_look} {on_me} />
                },
                Standing::Failed(failure) => html! {
                    <main class="mx-auto max-w-lg p-8"><Problem failure={failure.clone()} on_retry={ask} /></main>
                },
                Standing::SignedIn(me) => html! {
                    <BrowserRouter>
                        <Frame me={me.clone()} theme={look.theme} {on_look} {on_left} />
                    </BrowserRouter>
                },
            } }
        </ContextProvider<Rc<Locale>>>
    }
}

/// Numbers are written as in the country of the books' currency.
fn locale_of(look: &Look, me: Option<&Me>) -> Locale {
    let Some(me) = me else {
        return Locale::of(look.language, "ES", "EUR", 2);
    };
    Locale {
        language: look.language,
        country: country_of(&me.currency.code).to_owned(),
        currency: me.currency.clone(),
        tenders: Vec::new(),
    }
}

/// The country whose number style a currency's books are read in.
fn country_of(currency: &str) -> &'static str {
    match currency {
        "USD" => "US",
        "MXN" => "MX",
        "PEN" => "PE",
        "GBP" => "GB",
        _ => "ES",
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct FrameProps {
    me: Rc<Me>,
    theme: Theme,
    on_look: Callback<LookAction>,
    on_left: Callback<()>,
}

#[component]
fn Frame(props: &FrameProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let me = props.me.clone();
    let sign_out = {
        let (on_left, token) = (props.on_left.clone(), me.csrf_token.clone());
        Callback::from(move |_| {
            let (on_left, token) = (on_left.clone(), token.clone());
            spawn_local(async move {
                let left = api::sign_out(&token).await;
                // A session that is over already is left all the same.
                if left.is_ok() || left.is_err_and(|failure| failure.code == code::UNAUTHORIZED) {
                    on_left.emit(());
                }
            });
        })
    };
    let render = {
        let (me, on_left) = (me.clone(), props.on_left.clone());
        move |route: Route| match route {
            Route::Sales => html! { <SalesPage me={me.clone()} on_left={on_left.clone()} /> },
            Route::Tills => html! { <TillsPage me={me.clone()} on_left={on_left.clone()} /> },
            Route::Balances => html! { <BalancesPage on_left={on_left.clone()} /> },
            Route::Shifts => html! { <ShiftsPage me={me.clone()} on_left={on_left.clone()} /> },
            Route::Document { id } => html! { <DocumentPage {id} on_left={on_left.clone()} /> },
            Route::NotFound => html! { <NotFoundPage /> },
        }
    };
    html! {
        <div class="scrolls min-h-screen" data-test="console">
            <header class="sticky top-0 z-20 border-b border-base-300 bg-base-100/95 backdrop-blur">
                <div class="mx-auto flex h-16 max-w-7xl items-center gap-2 px-4 sm:px-6">
                    <Link<Route> to={Route::Sales} classes="flex items-center gap-3 rounded-field">
                        <Logo class="size-8" />
                        <span class="font-semibold" data-test="organization">{ &me.organization_name }</span>
                    </Link<Route>>
                    <nav class="ml-4 hidden sm:block">
                        <Link<Route> to={Route::Sales} classes="btn btn-ghost font-medium">{ words.console.sales }</Link<Route>>
                        <span data-test="nav-shifts">
                            <Link<Route> to={Route::Shifts} classes="btn btn-ghost font-medium">{ words.shift.list_title }</Link<Route>>
                        </span>
                        <span data-test="nav-balances">
                            <Link<Route> to={Route::Balances} classes="btn btn-ghost font-medium">{ words.balance.title }</Link<Route>>
                        </span>
                        <span data-test="nav-tills">
                            <Link<Route> to={Route::Tills} classes="btn btn-ghost font-medium">{ words.tills.title }</Link<Route>>
                        </span>
                        <a href="/docs" class="btn btn-ghost font-medium">{ words.console.api }</a>
                    </nav>
                    <span class="grow"></span>
                    <LookButtons theme={props.theme} on_look={props.on_look.clone()} />
                    <div class="ml-1 hidden border-l border-base-300 pl-3 text-right leading-tight sm:block">
                        <p class="text-sm font-medium" data-test="person">{ &me.name }</p>
                        <p class="muted text-xs">{ role_name(me.role, &locale) }</p>
                    </div>
                    <button
                        type="button"
                        class="btn btn-ghost btn-square"
                        aria-label={words.common.sign_out}
                        title={words.common.sign_out}
                        data-test="sign-out"
                        onclick={sign_out}
                    >
                        <Icon shape={Shape::LogOut} />
                    </button>
                </div>
            </header>
            <main class="mx-auto max-w-7xl px-4 py-6 sm:px-6">
                <Switch<Route> {render} />
            </main>
        </div>
    }
}
