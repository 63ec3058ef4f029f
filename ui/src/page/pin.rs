//! Who is at the till: a name, then a PIN. Works from the keyboard alone: arrows or the first
//! letters choose the name, digits type, Enter signs in.

use domain::contract::{
    failure::{Failure, code},
    ipc::{ListStaff, Place, Session, SignIn, StaffName, SyncStatus},
};
use wasm_bindgen_futures::spawn_local;
use web_sys::KeyboardEvent;
use yew::{Callback, Html, Properties, classes, component, html, use_reducer, use_state};

use crate::{
    component::{
        feedback::{Empty, Problem, Skeleton},
        icon::{Icon, Shape},
        keypad::{Keypad, PadKey},
        logo::Logo,
        standing_card::StandingCard,
        top_bar::{LookButtons, role_name},
    },
    format::time::clock,
    hook::{use_ipc, use_keydown, use_locale},
    ipc,
    state::{
        look::{LookAction, Theme},
        pin::{Pin, PinAction},
        standing::{Gravity, standings},
    },
    text::{counted, fill},
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct PinProps {
    pub place: Place,
    /// Grows when the staff may have changed.
    pub version: u32,
    pub key_in_file: bool,
    /// Of the cart that somebody left.
    pub waiting_lines: usize,
    pub status: Option<SyncStatus>,
    pub now_ms: i64,
    pub utc_offset_min: i32,
    pub theme: Theme,
    pub on_look: Callback<LookAction>,
    pub on_session: Callback<Session>,
}

#[component]
pub fn PinPage(props: &PinProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let staff = use_ipc(Some(ListStaff {}), props.version);
    let person = use_state(|| None::<StaffName>);
    let pin = use_reducer(Pin::default);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);

    let choose = {
        let (person, pin, failure) = (person.clone(), pin.clone(), failure.clone());
        Callback::from(move |chosen: StaffName| {
            pin.dispatch(PinAction::Clear);
            failure.set(None);
            person.set(Some(chosen));
        })
    };
    let submit = {
        let (person, pin, failure) = (person.clone(), pin.clone(), failure.clone());
        let is_busy = is_busy.clone();
        let on_session = props.on_session.clone();
        Callback::from(move |()| {
            let Some(person) = (*person).clone() else {
                return;
            };
            if *is_busy || pin.0.is_empty() {
                return;
            }
            is_busy.set(true);
            failure.set(None);
            let command = SignIn {
                staff_id: person.staff_id,
                pin: pin.0.clone(),
            };
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let (pin, on_session) = (pin.clone(), on_session.clone());
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(session) => on_session.emit(session),
                    Err(refused) => {
                        pin.dispatch(PinAction::Clear);
                        failure.set(Some(refused));
                    }
                }
                is_busy.set(false);
            });
        })
    };
    let press = {
        let pin = pin.dispatcher();
        Callback::from(move |key: PadKey| {
            pin.dispatch(match key {
                PadKey::Char(digit) => PinAction::Digit(digit),
                PadKey::Delete => PinAction::Delete,
            });
        })
    };
    {
        let (press, submit, choose) = (press.clone(), submit.clone(), choose.clone());
        let names = staff.data.clone();
        let chosen = person.clone();
        use_keydown(move |event: &KeyboardEvent| {
            if event.ctrl_key() || event.alt_key() || event.meta_key() {
                return;
            }
            let names = names.as_deref().map_or(&[][..], Vec::as_slice);
            if on_key(event, names, chosen.as_ref(), &press, &submit, &choose) {
                event.prevent_default();
            }
        });
    }

    // Who cannot get in reads here why.
    let grave = props.status.iter().flat_map(|status| {
        standings(status, props.now_ms)
            .into_iter()
            .filter(|standing| standing.gravity() == Gravity::Stop)
            .map(|standing| (standing, status.clone()))
    });
    html! {
        <main class="grid min-h-screen grid-rows-[auto_1fr]" data-test="page-pin">
            <header class="flex items-center gap-3 px-6 py-4">
                <Logo />
                <div class="leading-tight">
                    <p class="font-semibold" data-test="store-name">{ &props.place.store.name }</p>
                    <p class="muted text-sm" data-test="till-name">
                        { fill(words.shop.till, &[("n", &props.place.till.number.to_string())]) }
                    </p>
                </div>
                <span class="grow"></span>
                <time class="tabular text-lg font-medium">
                    { clock(props.now_ms, props.utc_offset_min, &locale) }
                </time>
                <LookButtons theme={props.theme} on_look={props.on_look.clone()} />
            </header>
            <div class="grid min-h-0 content-center justify-center gap-8 overflow-y-auto px-6 pb-10 md:grid-cols-[minmax(18rem,26rem)_20rem]">
                <section aria-labelledby="who" class="flex flex-col gap-4">
                    <h1 id="who" class="text-3xl font-semibold tracking-tight">{ words.pin.who }</h1>
                    { for grave.map(|(standing, status)| html! {
                        <StandingCard
                            key={standing.name()}
                            {standing}
                            {status}
                            now_ms={props.now_ms}
                            utc_offset_min={props.utc_offset_min}
                        />
                    }) }
                    if props.waiting_lines > 0 {
                        <p class="flex items-center gap-2 text-sm" role="status" data-test="cart-waits">
                            <Icon shape={Shape::ShoppingCart} class="size-5 shrink-0 text-primary" />
                            { counted(words.pin.cart_waits_one, words.pin.cart_waits, props.waiting_lines, &locale) }
                        </p>
                    }
                    if let Some(names) = staff.data.as_ref() {
                        if names.is_empty() {
                            <Empty shape={Shape::Users} title={words.pin.nobody} lead={words.pin.nobody_lead} />
                        } else {
                            <div class="grid grid-cols-2 gap-3">
                                { for names.iter().map(|name| {
                                    let is_on = person.as_ref().is_some_and(|p| p.staff_id == name.staff_id);
                                    name_tile(name, is_on, &choose, &locale)
                                }) }
                            </div>
                        }
                    } else if let Some(failure) = staff.failure.clone() {
                        <Problem {failure} on_retry={staff.again.clone()} />
                    } else {
                        <Skeleton rows=3 />
                    }
                    if props.key_in_file {
                        <p class="muted flex items-center gap-2 text-xs">
                            <Icon shape={Shape::Info} class="size-4" />
                            { words.pin.key_in_file }
                        </p>
                    }
                </section>
                <section class="card-surface flex flex-col gap-4 p-5" aria-label={words.pin.pin}>
                    <p class="text-center font-medium">
                        { person.as_ref().map_or_else(
                            || words.pin.pin.to_owned(),
                            |person| fill(words.pin.enter_pin, &[("name", &person.name)]),
                        ) }
                    </p>
                    { dots(pin.0.len(), &counted(words.pin.digit_typed, words.pin.digits_typed, pin.0.len(), &locale)) }
                    if let Some(failure) = (*failure).clone() {
                        <PinProblem {failure} now_ms={props.now_ms} utc_offset_min={props.utc_offset_min} />
                    }
                    <Keypad on_key={press} disabled={person.is_none() || *is_busy} test="pin" />
                    <button
                        type="button"
                        class="btn btn-primary h-14 text-base"
                        disabled={person.is_none() || pin.0.is_empty() || *is_busy}
                        data-test="pin-enter"
                        onclick={submit.reform(|_| ())}
                    >
                        if *is_busy { { words.pin.checking } } else { { words.pin.enter } }
                    </button>
                </section>
            </div>
        </main>
    }
}

fn on_key(
    event: &KeyboardEvent,
    names: &[StaffName],
    person: Option<&StaffName>,
    press: &Callback<PadKey>,
    submit: &Callback<()>,
    choose: &Callback<StaffName>,
) -> bool {
    let key = event.key();
    let mut chars = key.chars();
    let only = chars.next().filter(|_| chars.next().is_none());
    match (key.as_str(), only) {
        (_, Some(digit)) if digit.is_ascii_digit() && person.is_some() => {
            press.emit(PadKey::Char(digit));
        }
        ("Backspace", _) => press.emit(PadKey::Delete),
        ("Enter", _) => {
            // A focused tile or key keeps its own Enter.
            if person.is_none() || is_on_button(event) {
                return false;
            }
            submit.emit(());
        }
        ("ArrowDown" | "ArrowRight", _) => step(names, person, 1, choose),
        ("ArrowUp" | "ArrowLeft", _) => step(names, person, names.len().saturating_sub(1), choose),
        (_, Some(letter)) if letter.is_alphabetic() => {
            let start = letter.to_lowercase().to_string();
            let mut able = names.iter().filter(|name| name.can_sign_in);
            if let Some(name) = able.find(|name| name.name.to_lowercase().starts_with(&start)) {
                choose.emit(name.clone());
            }
        }
        _ => return false,
    }
    true
}

fn is_on_button(event: &KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast;
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| {
        element.get_attribute("data-test").is_some_and(|test| {
            test.starts_with("staff-")
                && element.get_attribute("aria-pressed").as_deref() != Some("true")
        })
    })
}

fn step(names: &[StaffName], person: Option<&StaffName>, by: usize, choose: &Callback<StaffName>) {
    let able: Vec<&StaffName> = names.iter().filter(|name| name.can_sign_in).collect();
    if able.is_empty() {
        return;
    }
    let here = person.and_then(|p| able.iter().position(|name| name.staff_id == p.staff_id));
    let next = here.map_or(0, |here| (here + by) % able.len());
    if let Some(name) = able.get(next) {
        choose.emit((*name).clone());
    }
}

fn name_tile(
    name: &StaffName,
    is_on: bool,
    choose: &Callback<StaffName>,
    locale: &crate::format::Locale,
) -> Html {
    let chosen = name.clone();
    let initial: String = name.name.chars().take(1).collect();
    html! {
        <button
            type="button"
            key={name.staff_id.to_string()}
            class={classes!(
                "card-surface", "flex", "min-h-20", "items-center", "gap-3", "p-3", "text-left",
                "transition-colors", "disabled:cursor-not-allowed", "disabled:opacity-60",
                if is_on { "border-primary! ring-1 ring-primary" } else { "hover:border-primary/60" },
            )}
            aria-pressed={is_on.to_string()}
            disabled={!name.can_sign_in}
            data-test={format!("staff-{}", name.name)}
            onclick={choose.reform(move |_| chosen.clone())}
        >
            <span class={classes!(
                "grid", "size-11", "shrink-0", "place-items-center", "rounded-full", "font-semibold",
                if is_on { "bg-primary text-primary-content" } else { "bg-base-200" },
            )}>
                { initial }
            </span>
            <span class="min-w-0 leading-tight">
                <span class="block truncate font-medium">{ &name.name }</span>
                <span class="muted text-xs">
                    if name.can_sign_in {
                        { role_name(name.role, locale) }
                    } else {
                        { locale.words().pin.no_verifier }
                    }
                </span>
            </span>
        </button>
    }
}

fn dots(typed: usize, label: &str) -> Html {
    html! {
        <div
            class="flex h-8 items-center justify-center gap-3"
            role="status"
            aria-label={label.to_owned()}
            data-test="pin-dots"
        >
            { for (0..typed.max(4)).map(|place| html! {
                <span class={classes!(
                    "size-3", "rounded-full",
                    if place < typed { "bg-base-content" } else { "bg-base-300" },
                )}></span>
            }) }
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct PinProblemProps {
    failure: Failure,
    now_ms: i64,
    utc_offset_min: i32,
}

/// A refused PIN, with until when it is locked.
#[component]
fn PinProblem(props: &PinProblemProps) -> Html {
    let locale = use_locale();
    let until = props
        .failure
        .fields
        .get("locked_until_ms")
        .and_then(serde_json::Value::as_i64)
        .filter(|_| props.failure.code == code::PIN_LOCKED);
    html! {
        <>
            <Problem failure={props.failure.clone()} />
            if let Some(until) = until {
                <p class="tabular text-center text-sm font-medium" data-test="locked-until">
                    <Icon shape={Shape::Lock} class="mr-1 inline size-4" />
                    { clock(until + 59_999, props.utc_offset_min, &locale) }
                </p>
            }
        </>
    }
}
