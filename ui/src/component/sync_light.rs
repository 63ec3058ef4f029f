//! How the till stands with the server, in one glance and one word.

use domain::contract::ipc::SyncStatus;
use yew::{Callback, Html, Properties, classes, component, html};

use crate::{
    format::{
        self, Locale,
        time::{clock, moment},
    },
    hook::use_locale,
    text::fill,
};

/// What the light says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    Synced,
    Waiting,
    Offline,
    Attention,
}

impl Light {
    /// The light of a status.
    #[must_use]
    pub fn of(status: &SyncStatus) -> Self {
        if status.is_revoked {
            Self::Attention
        } else if !status.is_connected {
            Self::Offline
        } else if status.waiting > 0 {
            Self::Waiting
        } else {
            Self::Synced
        }
    }

    /// The light's name, for tests and styles.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Waiting => "waiting",
            Self::Offline => "offline",
            Self::Attention => "attention",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Synced => "bg-success",
            Self::Waiting => "bg-info",
            Self::Offline => "bg-warning",
            Self::Attention => "bg-error",
        }
    }
}

/// Up to this age the time of day alone says since when.
const CLOCK_ALONE_MS: i64 = 20 * 3_600_000;

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
    match Light::of(status) {
        Light::Attention => words.attention.to_owned(),
        Light::Synced => words.synced.to_owned(),
        Light::Waiting => fill(words.waiting, &[("n", &waiting)]),
        Light::Offline if status.waiting > 0 => fill(words.offline_waiting, &[("n", &waiting)]),
        Light::Offline => status.last_contact_ms.map_or_else(
            || words.offline.to_owned(),
            |then| {
                let since = if now_ms.saturating_sub(then) < CLOCK_ALONE_MS {
                    clock(then, utc_offset_min, locale)
                } else {
                    moment(then, utc_offset_min, locale)
                };
                fill(words.offline_since, &[("since", &since)])
            },
        ),
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
    let (light, text) = props
        .status
        .as_ref()
        .map_or((None, "…".to_owned()), |status| {
            (
                Some(Light::of(status)),
                light_text(status, props.now_ms, props.utc_offset_min, &locale),
            )
        });
    html! {
        <button
            type="button"
            class="btn btn-ghost touch gap-2 px-3 font-medium"
            data-test="sync-light"
            data-state={light.map_or("unknown", Light::name)}
            data-waiting={props.status.as_ref().map(|status| status.waiting.to_string())}
            onclick={props.on_open.reform(|_| ())}
        >
            <span class={classes!(
                "size-2.5", "rounded-full", light.map_or("bg-base-300", Light::class)
            )}></span>
            <span class="text-sm" role="status">{ text }</span>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    fn status(is_connected: bool, waiting: u64) -> SyncStatus {
        SyncStatus {
            is_connected,
            waiting,
            waiting_since_ms: None,
            held: 0,
            pending: 0,
            last_contact_ms: Some(0),
            scopes: Vec::new(),
            last_error: None,
            last_error_detail: None,
            is_revoked: false,
            products: 0,
        }
    }

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
        assert_eq!(text(&revoked), "Needs attention");
    }
}
