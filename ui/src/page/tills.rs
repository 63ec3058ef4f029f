//! The console's tills: how each stands with the server, what is open about it, and the operations
//! that the server holds. It renews itself while it is open.

pub mod held;

use std::rc::Rc;

use domain::contract::{
    failure::code,
    rest::{ExceptionListed, Me, TillListed},
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, classes, component, html, use_effect_with, use_state};

use self::held::HeldList;
use crate::{
    api,
    component::{
        feedback::{Empty, Problem, Skeleton},
        icon::{Icon, Shape},
    },
    format::{
        self, Locale,
        time::{ago, moment},
    },
    hook::{
        time::{offset_min, use_now},
        use_api, use_locale,
    },
    state::{
        standing::Standing,
        tills::{Mark, clock, marks},
    },
    text::fill,
};

/// How often the page asks again by itself.
const RENEW_MS: u32 = 15_000;

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct TillsProps {
    pub me: Rc<Me>,
    /// The session has ended.
    pub on_left: Callback<()>,
}

#[component]
pub fn TillsPage(props: &TillsProps) -> Html {
    let locale = use_locale();
    let words = locale.words().tills;
    let ticks = use_now(RENEW_MS);
    let retried = use_state(|| 0_u32);
    let version = u32::try_from(ticks.rem_euclid(1 << 30))
        .unwrap_or(0)
        .wrapping_add(*retried);
    let found = use_api(Some("tills".to_owned()), version, api::tills);
    let held = use_api(Some("held".to_owned()), version, api::held);
    let ended = [&found.failure, &held.failure]
        .into_iter()
        .flatten()
        .any(|failure| failure.code == code::UNAUTHORIZED);
    use_effect_with(ended, {
        let on_left = props.on_left.clone();
        move |ended| {
            if *ended {
                on_left.emit(());
            }
        }
    });
    let again = {
        let retried = retried.clone();
        Callback::from(move |()| retried.set(retried.wrapping_add(1)))
    };
    let unclosed = use_state(|| None);
    let on_seen = {
        let (csrf_token, again) = (props.me.csrf_token.clone(), again.clone());
        let unclosed = unclosed.setter();
        Callback::from(move |id: String| {
            let (csrf_token, again) = (csrf_token.clone(), again.clone());
            let unclosed = unclosed.clone();
            spawn_local(async move {
                unclosed.set(api::close_exception(&csrf_token, &id).await.err());
                again.emit(());
            });
        })
    };
    html! {
        <div class="flex flex-col gap-6" data-test="page-tills">
            <div>
                <h1 class="text-2xl font-semibold tracking-tight">{ words.title }</h1>
                <p class="muted">{ words.lead }</p>
            </div>
            if let Some(failure) = found.failure.clone() {
                <Problem {failure} on_retry={found.again.clone()} />
            }
            if let Some(failure) = (*unclosed).clone() {
                <Problem {failure} on_retry={again.clone()} />
            }
            if let Some(page) = found.data.as_ref() {
                <section class="card-surface">
                    if page.tills.is_empty() {
                        <Empty shape={Shape::Monitor} title={words.none} lead={words.none_lead} />
                    } else {
                        { table(&page.tills, page.server_ms, &on_seen, &locale) }
                    }
                </section>
            } else if found.failure.is_none() {
                <section class="card-surface"><Skeleton rows=4 /></section>
            }
            <HeldList
                csrf_token={props.me.csrf_token.clone()}
                page={held.data.clone()}
                failure={held.failure.clone()}
                now_ms={found.data.as_ref().map_or(ticks, |page| page.server_ms)}
                on_retried={again}
            />
        </div>
    }
}

fn table(
    tills: &[TillListed],
    server_ms: i64,
    on_seen: &Callback<String>,
    locale: &Locale,
) -> Html {
    let words = locale.words().tills;
    html! {
        <div class="overflow-x-auto" role="region" tabindex="0" aria-label={words.title}>
            <table class="table" data-test="tills">
                <thead>
                    <tr>
                        <th scope="col">{ words.till }</th>
                        <th scope="col">{ words.state }</th>
                        <th scope="col">{ words.contact }</th>
                        <th scope="col">{ words.clock }</th>
                        <th scope="col" class="num" title={words.received_hint}>{ words.received }</th>
                    </tr>
                </thead>
                <tbody>
                    { for tills.iter().map(|till| row(till, server_ms, on_seen, locale)) }
                </tbody>
            </table>
        </div>
    }
}

fn row(till: &TillListed, server_ms: i64, on_seen: &Callback<String>, locale: &Locale) -> Html {
    let words = locale.words().tills;
    let told = marks(till, server_ms);
    let is_over = told.contains(&Mark::Replaced);
    let number = fill(words.number, &[("n", &till.number.to_string())]);
    let epoch = fill(words.epoch, &[("n", &till.epoch.to_string())]);
    let contact = till.last_contact_ms.map_or_else(
        || html! { <span class="muted">{ words.never }</span> },
        |then| html! { <span title={moment(then, offset_min(), locale)}>{ ago(then, server_ms, locale) }</span> },
    );
    html! {
        <tr
            key={till.device_id.to_string()}
            class={classes!("[&>td]:align-top", is_over.then_some("text-base-content/70"))}
            data-test={format!("till-{}-{}-{}", till.store_code, till.number, till.epoch)}
        >
            <td>
                <p class="font-medium">{ &till.store_name }{ " · " }{ number }</p>
                <p class="muted tabular text-xs">
                    { &till.store_code }{ " · " }{ &till.series }{ " · " }{ epoch }
                </p>
                if !till.name.is_empty() {
                    <p class="muted max-w-56 truncate text-xs">{ &till.name }</p>
                }
            </td>
            <td>
                <ul class="flex flex-col gap-1.5">
                    { for told.iter().map(|mark| mark_line(mark, server_ms, on_seen, locale)) }
                </ul>
            </td>
            <td class="tabular whitespace-nowrap">{ contact }</td>
            <td class="whitespace-nowrap">{ clock_cell(till, locale) }</td>
            <td class="num">{ format::count(till.received, locale) }</td>
        </tr>
    }
}

fn clock_cell(till: &TillListed, locale: &Locale) -> Html {
    let words = locale.words().tills;
    let (class, text) = match clock(till) {
        None => ("muted", "–".to_owned()),
        Some(Some(Standing::ClockAhead { minutes })) => (
            "tabular text-warning font-medium",
            fill(words.clock_ahead, &[("n", &minutes.to_string())]),
        ),
        Some(Some(Standing::ClockBehind { minutes })) => (
            "tabular text-warning font-medium",
            fill(words.clock_behind, &[("n", &minutes.to_string())]),
        ),
        Some(_) => ("", words.clock_right.to_owned()),
    };
    html! { <span {class}>{ text }</span> }
}

fn mark_line(mark: &Mark, server_ms: i64, on_seen: &Callback<String>, locale: &Locale) -> Html {
    let words = locale.words().tills;
    let none = String::new;
    let (shape, class, text, act) = match mark {
        Mark::Fine => (
            Shape::CircleCheck,
            "text-success",
            words.fine.to_owned(),
            none(),
        ),
        Mark::Revoked => (
            Shape::TriangleAlert,
            "text-error",
            words.revoked.to_owned(),
            words.revoked_act.to_owned(),
        ),
        Mark::Fenced => (
            Shape::TriangleAlert,
            "text-error",
            words.fenced.to_owned(),
            words.fenced_act.to_owned(),
        ),
        Mark::Replaced => (Shape::Info, "muted", words.replaced.to_owned(), none()),
        Mark::Unheard => (Shape::Info, "muted", words.unheard.to_owned(), none()),
        Mark::Silent => (
            Shape::CloudOff,
            "text-warning",
            words.silent.to_owned(),
            words.silent_act.to_owned(),
        ),
        Mark::Clock => (
            Shape::Clock,
            "text-warning",
            words.clock_wrong.to_owned(),
            words.clock_act.to_owned(),
        ),
        Mark::Held(count) => {
            let count = format::count(*count, locale);
            let text = fill(words.held_mark, &[("n", &count)]);
            (Shape::Package, "text-warning", text, none())
        }
        Mark::Open(open) => {
            let (text, act) = what_is_open(open, server_ms, locale);
            (Shape::CircleAlert, "text-warning", text, act)
        }
    };
    html! {
        <li class="flex items-start gap-2">
            <Icon {shape} class={format!("mt-0.5 size-4 {class}")} />
            <span>
                <span class="font-medium">{ text }</span>
                if !act.is_empty() {
                    <span class="muted block max-w-80 text-xs">{ act }</span>
                }
                { seen_button(mark, on_seen, locale) }
            </span>
        </li>
    }
}

/// What an open exception says, and what is to be done about it.
fn what_is_open(open: &ExceptionListed, server_ms: i64, locale: &Locale) -> (String, String) {
    let words = locale.words().tills;
    let ago = ago(open.opened_ms, server_ms, locale);
    let since = fill(words.open_since, &[("ago", &ago)]);
    match (open.kind.as_str(), open.missing) {
        ("fork", _) => (words.fork.to_owned(), since),
        ("series_shared", _) => (words.series_shared.to_owned(), since),
        ("number_shared", _) => {
            let numbers = open.numbers.join(", ");
            let text = fill(words.number_shared, &[("numbers", &numbers)]);
            (text, format!("{} ({since})", words.number_shared_act))
        }
        ("invoiced_twice", _) => {
            let numbers = open.numbers.join(", ");
            let text = fill(words.invoiced_twice, &[("numbers", &numbers)]);
            (text, format!("{} ({since})", words.invoiced_twice_act))
        }
        ("serial_sold_twice", _) => {
            let numbers = open.numbers.join(", ");
            let text = fill(words.serial_sold_twice, &[("numbers", &numbers)]);
            (text, format!("{} ({since})", words.serial_sold_twice_act))
        }
        ("balance_overdrawn", _) => {
            let numbers = open.numbers.join(", ");
            let text = fill(words.balance_overdrawn, &[("numbers", &numbers)]);
            (text, format!("{} ({since})", words.balance_overdrawn_act))
        }
        ("operations_missing", Some(missing)) => {
            let [epoch, from, to] =
                [missing.epoch, missing.from, missing.to].map(|n| n.to_string());
            let values = [("epoch", epoch.as_str()), ("from", &from), ("to", &to)];
            let text = fill(words.missing, &values);
            (text, format!("{} ({since})", words.missing_act))
        }
        (other, _) => (fill(words.exception, &[("kind", other)]), since),
    }
}

/// Takes what only a person can settle off the list.
fn seen_button(mark: &Mark, on_seen: &Callback<String>, locale: &Locale) -> Html {
    let Mark::Open(open) = mark else {
        return Html::default();
    };
    if !open.may_close {
        return Html::default();
    }
    let words = locale.words().tills;
    let (what, _) = what_is_open(open, open.opened_ms, locale);
    let id = open.exception_id.clone();
    let onclick = on_seen.reform(move |_| id.clone());
    html! {
        <button
            type="button"
            class="btn mt-1 h-11 whitespace-nowrap"
            aria-label={fill(words.seen_of, &[("what", &what)])}
            data-test={format!("seen-{}", open.kind)}
            {onclick}
        >
            { words.seen }
        </button>
    }
}
