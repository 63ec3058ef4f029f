//! How the till stands with the server, for a cashier to read.

pub mod enrol_again;

use domain::{
    contract::{
        failure::{Failure, code},
        ipc::{ScopeStatus, SyncNow, SyncStatus},
    },
    replication::table::Scope,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, component, html, use_state};

use self::enrol_again::EnrolAgain;
use crate::{
    component::{
        feedback::{Problem, Skeleton},
        fill_bar::FillBar,
        icon::{Icon, Shape},
        standing_card::StandingCard,
    },
    format::{
        self, Locale,
        time::{ago, moment},
    },
    hook::{Shop, use_locale},
    ipc,
    state::standing::{self, Standing, standings},
    text::{failure::sentence, fill},
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SyncProps {
    pub shop: Shop,
    pub status: Option<SyncStatus>,
    pub now_ms: i64,
}

#[component]
pub fn SyncPage(props: &SyncProps) -> Html {
    let locale = use_locale();
    let words = locale.words().sync;
    let is_busy = use_state(|| false);
    let tried = use_state(|| None::<Result<SyncStatus, Failure>>);
    let try_now = {
        let (is_busy, tried) = (is_busy.clone(), tried.clone());
        Callback::from(move |_| {
            if *is_busy {
                return;
            }
            is_busy.set(true);
            tried.set(None);
            let (is_busy, tried) = (is_busy.clone(), tried.clone());
            spawn_local(async move {
                tried.set(Some(ipc::call(&SyncNow {}).await));
                is_busy.set(false);
            });
        })
    };
    let Some(status) = props.status.as_ref() else {
        return html! { <Skeleton /> };
    };
    html! {
        <div class="h-full overflow-y-auto p-6" data-test="page-sync">
            <div class="mx-auto flex max-w-4xl flex-col gap-5">
                <header class="flex flex-wrap items-center gap-3">
                    <h1 class="grow text-2xl font-semibold tracking-tight">{ words.title }</h1>
                    <button
                        type="button"
                        class="btn btn-primary h-12 px-5"
                        disabled={*is_busy}
                        data-test="sync-now"
                        onclick={try_now}
                    >
                        <Icon shape={Shape::RefreshCw} class={if *is_busy { "size-5 animate-spin" } else { "size-5" }} />
                        if *is_busy { { words.trying } } else { { words.try_now } }
                    </button>
                </header>
                { for standings(status, props.now_ms).into_iter().enumerate().map(|(place, standing)| html! {
                    <>
                        <StandingCard
                            {standing}
                            status={status.clone()}
                            now_ms={props.now_ms}
                            utc_offset_min={props.shop.utc_offset_min}
                            is_headline={place == 0}
                        />
                        if standing == Standing::Fenced && !status.is_revoked {
                            <EnrolAgain server={props.shop.place.server.clone()} />
                        }
                    </>
                }) }
                <div role="status" class="empty:hidden">
                    if let Some(Ok(after)) = tried.as_ref() {
                        if after.is_connected {
                            <p class="flex items-center gap-2 text-sm text-success" data-test="sync-tried">
                                <Icon shape={Shape::CircleCheck} />{ words.tried_ok }
                            </p>
                        }
                    }
                </div>
                if let Some(Err(failure)) = (*tried).clone() {
                    <Problem {failure} />
                }
                { facts(props, status, &locale) }
                { feeds(props, status, &locale) }
            </div>
        </div>
    }
}

/// The last error as a failure, for its sentence.
fn last_failure(status: &SyncStatus) -> Option<Failure> {
    let code = status.last_error.as_deref()?;
    Some(Failure::new(
        code,
        status.last_error_detail.clone().unwrap_or_default(),
    ))
}

fn facts(props: &SyncProps, status: &SyncStatus, locale: &Locale) -> Html {
    let words = locale.words().sync;
    let offset = props.shop.utc_offset_min;
    let told = |then: i64| {
        format!(
            "{} ({})",
            ago(then, props.now_ms, locale),
            moment(then, offset, locale)
        )
    };
    let waiting = if status.waiting == 0 {
        words.nothing_waiting.to_owned()
    } else {
        let count = format::count(status.waiting, locale);
        match status.waiting_since_ms {
            Some(since) => {
                format!(
                    "{count}, {}",
                    fill(words.waiting_since, &[("since", &told(since))])
                )
            }
            None => count,
        }
    };
    let connection = if status.is_connected {
        words.connected
    } else {
        words.not_connected
    };
    let contact = status
        .last_contact_ms
        .map_or_else(|| words.never.to_owned(), told);
    let mut rows = vec![
        (words.connection, connection.to_owned(), "fact-connection"),
        (words.waiting, waiting, "fact-waiting"),
        (words.held, format::count(status.held, locale), "fact-held"),
        (words.last_contact, contact, "fact-contact"),
        (words.clock, clock_text(status, locale), "fact-clock"),
        (
            words.products,
            format::count(status.products, locale),
            "fact-products",
        ),
        (words.server, props.shop.place.server.clone(), "fact-server"),
    ];
    if let Some(failure) = last_failure(status).filter(|_| !status.is_connected) {
        let text = if failure.code == code::INTERNAL {
            failure.detail.clone()
        } else {
            sentence(&failure, locale)
        };
        rows.push((words.last_error, text, "fact-error"));
    }
    html! {
        <section class="card-surface">
            <dl class="divide-y divide-base-300/70">
                { for rows.into_iter().map(|(label, value, test)| html! {
                    <div class="grid grid-cols-[minmax(9rem,14rem)_1fr] gap-4 px-6 py-3.5 text-sm">
                        <dt class="muted">{ label }</dt>
                        <dd class="tabular font-medium" data-test={test}>{ value }</dd>
                    </div>
                }) }
            </dl>
        </section>
    }
}

fn clock_text(status: &SyncStatus, locale: &Locale) -> String {
    let words = locale.words().sync;
    let with = |text: &str, minutes: u64| fill(text, &[("n", &minutes.to_string())]);
    match status.skew_ms.map(standing::clock) {
        None => words.clock_unknown.to_owned(),
        Some(Some(Standing::ClockAhead { minutes })) => with(words.clock_ahead, minutes),
        Some(Some(Standing::ClockBehind { minutes })) => with(words.clock_behind, minutes),
        Some(_) => words.clock_right.to_owned(),
    }
}

fn feeds(props: &SyncProps, status: &SyncStatus, locale: &Locale) -> Html {
    let words = locale.words().sync;
    html! {
        <section class="flex flex-col gap-3">
            <h2 class="font-semibold">{ words.feeds }</h2>
            <div class="grid gap-3 md:grid-cols-3">
                { for status.scopes.iter().map(|scope| feed(props, scope, locale)) }
            </div>
        </section>
    }
}

fn feed(props: &SyncProps, scope: &ScopeStatus, locale: &Locale) -> Html {
    let words = locale.words().sync;
    let (name, test) = match scope.scope.parse() {
        Ok(Scope::Store(_)) => {
            let store = &props.shop.place.store.name;
            (format!("{} · {store}", words.scope_store), "feed-store")
        }
        Ok(Scope::Device(_)) => (words.scope_device.to_owned(), "feed-device"),
        Ok(Scope::Org) | Err(_) => (words.scope_org.to_owned(), "feed-org"),
    };
    let behind = scope.head.saturating_sub(scope.cursor);
    let on_its_way = [
        (scope.filling, None),
        (scope.refilling, Some(words.refilling)),
        (scope.history.filter(|_| behind == 0), Some(words.history)),
    ];
    let on_its_way = on_its_way
        .into_iter()
        .find_map(|(rows, told)| rows.map(|rows| (rows, told)));
    let body = match on_its_way {
        Some(((done, all), told)) => html! {
            <>
                if let Some(told) = told {
                    <p class="text-sm text-info">{ told }</p>
                }
                <FillBar label={name.clone()} {done} {all} />
            </>
        },
        None if behind == 0 => html! {
            <p class="flex items-center gap-2 text-sm text-success">
                <Icon shape={Shape::CircleCheck} class="size-4" />{ words.complete }
            </p>
        },
        None => html! {
            <p class="tabular flex items-center gap-2 text-sm text-info">
                <Icon shape={Shape::RefreshCw} class="size-4" />
                { fill(words.behind_n, &[("n", &format::count(behind, locale))]) }
            </p>
        },
    };
    html! {
        <div class="card-surface flex flex-col gap-3 p-5" data-test={test}>
            <p class="grow text-sm font-medium">{ name }</p>
            { body }
        </div>
    }
}
