//! How the till stands with the server, in one glance and one word.

use domain::contract::ipc::SyncStatus;
use yew::{Callback, Html, Properties, classes, component, html};

use super::{
    icon::{Icon, Shape},
    standing_card::{ink, shape, since},
};
use crate::{
    format::{self, Locale},
    hook::use_locale,
    state::standing::{Gravity, Standing, standings},
    text::fill,
};

/// What the light shows of a status: what matters most. Catching up with other tills happens all
/// day long and lasts a moment: it is no news.
#[must_use]
pub fn light(status: &SyncStatus, now_ms: i64) -> Standing {
    let all = standings(status, now_ms);
    match all.first() {
        Some(Standing::Behind) | None => Standing::Synced,
        Some(first) => *first,
    }
}

/// What the light says in words.
#[must_use]
pub fn light_text(
    status: &SyncStatus,
    now_ms: i64,
    utc_offset_min: i32,
    locale: &Locale,
) -> String {
    let words = locale.words().shop;
    let waiting = format::count(status.waiting, locale);
    match light(status, now_ms) {
        Standing::Revoked => words.revoked.to_owned(),
        Standing::Fenced => words.fenced.to_owned(),
        Standing::UpdateNeeded => words.update.to_owned(),
        Standing::ClockAhead { .. } | Standing::ClockBehind { .. } => words.clock.to_owned(),
        Standing::WaitingLong => fill(words.late, &[("n", &waiting)]),
        Standing::Filling => words.filling.to_owned(),
        Standing::Sending => fill(words.waiting, &[("n", &waiting)]),
        Standing::Synced | Standing::Behind | Standing::Held => words.synced.to_owned(),
        Standing::Offline if status.waiting > 0 => fill(words.offline_waiting, &[("n", &waiting)]),
        Standing::Offline => status.last_contact_ms.map_or_else(
            || words.offline.to_owned(),
            |then| {
                let since = since(then, now_ms, utc_offset_min, locale);
                fill(words.offline_since, &[("since", &since)])
            },
        ),
    }
}

/// Red where somebody must act before all else, amber where something is not as it should be,
/// green for the rest. The icon and the words say the same.
const fn colour(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Good | Gravity::Busy => ink(Gravity::Good),
        Gravity::Warning | Gravity::Stop => ink(gravity),
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SyncLightProps {
    pub status: Option<SyncStatus>,
    pub now_ms: i64,
    pub utc_offset_min: i32,
    pub on_open: Callback<()>,
}

/// Opens the sync page.
#[component]
pub fn SyncLight(props: &SyncLightProps) -> Html {
    let locale = use_locale();
    let (standing, text) = props
        .status
        .as_ref()
        .map_or((None, "…".to_owned()), |status| {
            (
                Some(light(status, props.now_ms)),
                light_text(status, props.now_ms, props.utc_offset_min, &locale),
            )
        });
    let (icon, class) = standing.map_or((Shape::RefreshCw, "muted"), |standing| {
        (shape(standing), colour(standing.gravity()))
    });
    html! {
        <button
            type="button"
            class="btn btn-ghost touch gap-2 px-3 font-medium"
            data-test="sync-light"
            data-state={standing.map_or("unknown", Standing::name)}
            data-waiting={props.status.as_ref().map(|status| status.waiting.to_string())}
            onclick={props.on_open.reform(|_| ())}
        >
            <span class={classes!("grid", "place-items-center", class)}><Icon shape={icon} class="size-5" /></span>
            <span class="text-sm" role="status">{ text }</span>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{state::standing::tests::status, text::Language};

    #[test]
    fn the_light_names_what_matters_most() {
        let locale = Locale::of(Language::En, "GB", "GBP", 2);
        let text = |status: &SyncStatus| light_text(status, 300_000, 0, &locale);
        assert_eq!(text(&status(true, 0)), "Synced");
        assert_eq!(text(&status(true, 3)), "3 waiting");
        assert_eq!(text(&status(false, 0)), "Offline since 00:00");
        assert_eq!(text(&status(false, 2)), "Offline · 2 waiting");
        let revoked = SyncStatus {
            is_revoked: true,
            ..status(true, 0)
        };
        assert_eq!(text(&revoked), "Till revoked");
        let fenced = SyncStatus {
            is_fenced: true,
            ..status(false, 2)
        };
        assert_eq!(text(&fenced), "Enrol again");
    }

    #[test]
    fn red_is_for_what_stops_a_till_and_amber_for_what_is_late() {
        let of = |status: &SyncStatus, now_ms| colour(light(status, now_ms).gravity());
        let late = SyncStatus {
            waiting_since_ms: Some(0),
            ..status(true, 1)
        };
        let fenced = SyncStatus {
            is_fenced: true,
            ..status(true, 0)
        };
        assert_eq!(of(&status(true, 1), 0), "text-success");
        assert_eq!(of(&late, 3_600_000), "text-warning");
        assert_eq!(of(&status(false, 0), 0), "text-warning");
        assert_eq!(of(&fenced, 0), "text-error");
    }
}
