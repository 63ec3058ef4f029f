//! The till's window: enrolment, then who is there, then the frame around the pages.

mod frame;

use std::rc::Rc;

use domain::{
    contract::{
        failure::Failure,
        ipc::{GetSession, GetSyncStatus, ListStaff, Session, SyncStatus},
    },
    id::StaffId,
    sale::owned_names,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, ContextProvider, Html, Properties, component, html, use_effect_with, use_reducer_eq,
    use_state,
};

use self::frame::Frame;
pub use self::frame::Page;
use crate::{
    component::feedback::Problem,
    format::Locale,
    hook::{
        look::{language_of, remember_language_of},
        shop::new_draft,
        time::now_ms,
        use_ipc, use_look, use_now,
    },
    ipc,
    page::{
        enrol::{EnrolPage, FillingPage},
        pin::PinPage,
    },
    state::{
        cart::{Cart, CartAction},
        changes::Changes,
        look::{Look, LookAction},
    },
    text::Language,
};

/// How often ages and the sync light are looked at without being told.
const TICK_MS: u32 = 10_000;

#[component]
pub fn Till() -> Html {
    let look = use_look();
    let changes = use_reducer_eq(Changes::default);
    let asked = use_ipc(Some(GetSession {}), changes.session);
    // What a command answered is newer than what was asked for on the last change.
    let told = use_state(|| None::<Rc<Session>>);
    let deaf = use_state(|| None::<Failure>);
    use_effect_with((), {
        let (changes, deaf) = (changes.dispatcher(), deaf.clone());
        move |()| {
            spawn_local(async move {
                let heard = ipc::listen(move |changed| changes.dispatch(changed)).await;
                deaf.set(heard.err());
            });
        }
    });
    use_effect_with(asked.data.clone(), {
        let told = told.clone();
        move |session: &Option<Rc<Session>>| told.set(session.clone())
    });
    let session = (*told).clone().or_else(|| asked.data.clone());
    let staff = session.as_ref().and_then(|session| session.staff.clone());
    use_effect_with(
        staff
            .as_ref()
            .map(|staff| (staff.staff_id, staff.language.clone())),
        {
            let look = look.dispatcher();
            move |person| {
                let language = person.as_ref().and_then(|(id, theirs)| {
                    language_of(&id.to_string()).or_else(|| Language::from_code(theirs))
                });
                if let Some(language) = language {
                    look.dispatch(LookAction::SetLanguage(language));
                }
            }
        },
    );
    let on_look = {
        let look = look.clone();
        let person = staff.map(|staff| staff.staff_id.to_string());
        Callback::from(move |action: LookAction| {
            look.dispatch(action);
            if let (LookAction::SwitchLanguage, Some(person)) = (action, &person) {
                remember_language_of(person, look.language);
            }
        })
    };
    let on_session = {
        let told = told.clone();
        Callback::from(move |session: Session| told.set(Some(Rc::new(session))))
    };
    let locale = Rc::new(locale_of(&look, session.as_deref()));
    let failure = asked.failure.clone().or_else(|| (*deaf).clone());
    html! {
        <ContextProvider<Rc<Locale>> context={locale}>
            if let Some(session) = session {
                <Standing {session} look={*look} changes={*changes} {on_look} {on_session} />
            } else if let Some(failure) = failure {
                <main class="grid min-h-screen place-items-center p-6">
                    <div class="w-full max-w-lg"><Problem {failure} on_retry={asked.again.clone()} /></div>
                </main>
            }
        </ContextProvider<Rc<Locale>>>
    }
}

fn locale_of(look: &Look, session: Option<&Session>) -> Locale {
    match session.and_then(|session| session.place.as_ref()) {
        Some(place) => Locale {
            language: look.language,
            country: place.organization.country.clone(),
            currency: place.organization.currency.clone(),
            tenders: owned_names(&place.tenders),
        },
        None => Locale::of(look.language, "ES", "EUR", 2),
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct StandingProps {
    session: Rc<Session>,
    look: Look,
    changes: Changes,
    on_look: Callback<LookAction>,
    on_session: Callback<Session>,
}

/// Which of the till's pages its standing calls for.
#[component]
fn Standing(props: &StandingProps) -> Html {
    let session = &props.session;
    let ticks = use_now(TICK_MS);
    let skew_ms = use_state(|| 0_i64);
    use_effect_with(session.now_ms, {
        let skew_ms = skew_ms.clone();
        move |till_ms| skew_ms.set(till_ms - now_ms())
    });
    let now = ticks + *skew_ms;
    let is_enrolled = session.place.is_some();
    // A status asked for again at each tick, for what nobody announces.
    let tick = u32::try_from(ticks.rem_euclid(1 << 30)).unwrap_or(0);
    let status = use_ipc(
        is_enrolled.then_some(GetSyncStatus {}),
        props.changes.sync.wrapping_add(tick),
    );
    let staff = use_ipc(
        (is_enrolled && session.staff.is_none()).then_some(ListStaff {}),
        props.changes.session.wrapping_add(props.changes.sync),
    );
    // It belongs to the till: people come and go over it.
    let cart = use_reducer_eq(|| Cart::new(new_draft()));
    use_effect_with(session.staff.as_ref().map(|person| person.staff_id), {
        let cart = cart.dispatcher();
        move |person: &Option<StaffId>| {
            if let Some(person) = person {
                cart.dispatch(CartAction::Arrive(*person));
            }
        }
    });
    let Some(place) = session.place.clone() else {
        return html! {
            <EnrolPage
                session={(**session).clone()}
                on_look={props.on_look.clone()}
                on_session={props.on_session.clone()}
            />
        };
    };
    let known: Option<SyncStatus> = status.data.as_deref().cloned();
    if let Some(person) = session.staff.clone() {
        return html! {
            <Frame
                session={session.clone()}
                place={Rc::new(place)}
                staff={Rc::new(person)}
                changes={props.changes}
                {cart}
                skew_ms={*skew_ms}
                now_ms={now}
                status={known}
                theme={props.look.theme}
                on_look={props.on_look.clone()}
                on_session={props.on_session.clone()}
            />
        };
    }
    let is_filling = known
        .as_ref()
        .is_some_and(|status| status.scopes.iter().any(|scope| scope.filling.is_some()));
    let nobody = staff.data.as_ref().is_none_or(|names| names.is_empty());
    let never = known.as_ref().is_none_or(|status| status.products == 0);
    if is_filling || (nobody && never) {
        return html! { <FillingPage status={known} /> };
    }
    html! {
        <PinPage
            {place}
            version={props.changes.session.wrapping_add(props.changes.sync)}
            key_in_file={session.key_in_file}
            waiting_lines={cart.lines.len()}
            status={known}
            now_ms={now}
            utc_offset_min={session.utc_offset_min}
            theme={props.look.theme}
            on_look={props.on_look.clone()}
            on_session={props.on_session.clone()}
        />
    }
}
