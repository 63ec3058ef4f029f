//! One state of the till in words: what it means, what is safe, and who acts. The gravest is the
//! headline; the others are notices below it.

use domain::contract::ipc::SyncStatus;
use yew::{Html, Properties, classes, component, html};

use super::icon::{Icon, Shape};
use crate::{
    format::{
        self, Locale,
        time::{ago, clock, moment},
    },
    hook::use_locale,
    state::standing::{Actor, Gravity, Standing},
    text::fill,
};

/// Up to this age the time of day alone says since when.
const CLOCK_ALONE_MS: i64 = 20 * 3_600_000;

/// Since when, as short as it can be said.
#[must_use]
pub fn since(then_ms: i64, now_ms: i64, utc_offset_min: i32, locale: &Locale) -> String {
    if now_ms.saturating_sub(then_ms) < CLOCK_ALONE_MS {
        clock(then_ms, utc_offset_min, locale)
    } else {
        moment(then_ms, utc_offset_min, locale)
    }
}

/// The icon of a state.
#[must_use]
pub const fn shape(standing: Standing) -> Shape {
    match standing {
        Standing::Revoked | Standing::Fenced | Standing::Held => Shape::TriangleAlert,
        Standing::UpdateNeeded => Shape::CircleAlert,
        Standing::Offline => Shape::CloudOff,
        Standing::ClockAhead { .. } | Standing::ClockBehind { .. } | Standing::WaitingLong => {
            Shape::Clock
        }
        Standing::Filling | Standing::Sending | Standing::Behind => Shape::RefreshCw,
        Standing::Synced => Shape::CloudCheck,
    }
}

/// The colour of text and icon, which says nothing that they do not.
#[must_use]
pub const fn ink(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Good => "text-success",
        Gravity::Busy => "text-info",
        Gravity::Warning => "text-warning",
        Gravity::Stop => "text-error",
    }
}

const fn wash(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Good => "bg-success/10",
        Gravity::Busy => "bg-info/10",
        Gravity::Warning => "bg-warning/12",
        Gravity::Stop => "bg-error/10",
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct StandingCardProps {
    pub standing: Standing,
    pub status: SyncStatus,
    pub now_ms: i64,
    pub utc_offset_min: i32,
    #[prop_or_default]
    pub is_headline: bool,
}

#[component]
pub fn StandingCard(props: &StandingCardProps) -> Html {
    let locale = use_locale();
    let words = locale.words().sync;
    let standing = props.standing;
    let gravity = standing.gravity();
    let (title, lead) = told(props, &locale);
    let actor = match standing.actor() {
        Actor::Nobody if standing == Standing::Synced => words.nobody_ok,
        Actor::Nobody => words.nobody,
        Actor::Manager => words.manager,
        Actor::Owner => words.owner,
    };
    let (size, icon) = if props.is_headline {
        ("size-14", "size-7")
    } else {
        ("size-10", "size-5")
    };
    html! {
        <section
            class={classes!(
                "card-surface", "flex", "items-start", "gap-5",
                if props.is_headline { "p-6" } else { "p-4" },
                (gravity == Gravity::Stop).then_some("border-error/40!"),
                (gravity == Gravity::Warning).then_some("border-warning/40!"),
            )}
            aria-live="polite"
            data-test={format!("standing-{}", standing.name())}
        >
            <span class={classes!(
                "grid", "shrink-0", "place-items-center", "rounded-full", size, ink(gravity), wash(gravity),
            )}>
                <Icon shape={shape(standing)} class={icon} />
            </span>
            <div class="min-w-0">
                if props.is_headline {
                    <h2 class="text-xl font-semibold" data-test="sync-headline">{ title }</h2>
                } else {
                    <h2 class="font-semibold">{ title }</h2>
                }
                <p class="muted mt-0.5 max-w-2xl">{ lead }</p>
                <p class="mt-2 flex items-center gap-2 text-sm">
                    <Icon shape={Shape::User} class="size-4" />
                    <span><span class="muted">{ words.who_acts }{ ": " }</span><strong class="font-medium">{ actor }</strong></span>
                </p>
            </div>
        </section>
    }
}

fn told(props: &StandingCardProps, locale: &Locale) -> (String, String) {
    let words = locale.words().sync;
    let status = &props.status;
    let waiting = format::count(status.waiting, locale);
    let plain = |title: &str, lead: &str| (title.to_owned(), lead.to_owned());
    match props.standing {
        Standing::Revoked => plain(words.revoked, words.revoked_lead),
        Standing::Fenced => plain(words.fenced, words.fenced_lead),
        Standing::UpdateNeeded => plain(words.update, words.update_lead),
        Standing::Offline => {
            let title = status.last_contact_ms.map_or_else(
                || words.offline.to_owned(),
                |then| {
                    let since = since(then, props.now_ms, props.utc_offset_min, locale);
                    fill(words.offline_since, &[("since", &since)])
                },
            );
            (title, words.offline_lead.to_owned())
        }
        Standing::ClockAhead { minutes } => (
            words.clock_title.to_owned(),
            fill(words.clock_ahead_lead, &[("n", &minutes.to_string())]),
        ),
        Standing::ClockBehind { minutes } => (
            words.clock_title.to_owned(),
            fill(words.clock_behind_lead, &[("n", &minutes.to_string())]),
        ),
        Standing::WaitingLong => {
            let oldest = status.waiting_since_ms.unwrap_or(props.now_ms);
            let age = ago(oldest, props.now_ms, locale);
            let values = [("n", waiting.as_str()), ("since", age.as_str())];
            (words.late.to_owned(), fill(words.late_lead, &values))
        }
        Standing::Held => {
            let held = format::count(status.held, locale);
            let title = fill(words.held_title, &[("n", &held)]);
            (title, words.held_lead.to_owned())
        }
        Standing::Filling => plain(words.fill_title, words.fill_lead),
        Standing::Sending => (
            words.busy.to_owned(),
            fill(words.busy_lead, &[("n", &waiting)]),
        ),
        Standing::Behind => plain(words.behind, words.behind_lead),
        Standing::Synced => plain(words.ok, words.ok_lead),
    }
}
