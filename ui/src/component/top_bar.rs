//! The bar above every page of the till: where, who, when, and how it stands with the server.

use domain::{
    contract::ipc::{PrinterStatus, SyncStatus},
    staff::Role,
};
use yew::{AttrValue, Callback, Html, Properties, component, html};

use super::{
    feedback::Key,
    icon::{Icon, Shape},
    print_light::PrintLight,
    sync_light::SyncLight,
};
use crate::{
    format::{Locale, time::clock},
    hook::{use_locale, use_words},
    state::look::{LookAction, Theme},
    text::fill,
};

/// A role's name.
#[must_use]
pub fn role_name(role: Role, locale: &Locale) -> &'static str {
    let words = locale.words().common;
    match role {
        Role::Owner => words.owner,
        Role::Manager => words.manager,
        Role::Cashier => words.cashier,
        Role::Technician => words.technician,
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct TopBarProps {
    pub store: AttrValue,
    pub till_number: u32,
    pub person: AttrValue,
    pub role: Role,
    pub now_ms: i64,
    pub utc_offset_min: i32,
    pub status: Option<SyncStatus>,
    pub printer: Option<PrinterStatus>,
    pub theme: Theme,
    pub on_look: Callback<LookAction>,
    pub on_sync: Callback<()>,
    pub on_printer: Callback<()>,
    pub on_jump: Callback<()>,
    pub on_help: Callback<()>,
    pub on_sign_out: Callback<()>,
}

#[component]
pub fn TopBar(props: &TopBarProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let till = fill(words.shop.till, &[("n", &props.till_number.to_string())]);
    html! {
        <header class="flex h-14 items-center gap-1 border-b border-base-300 bg-base-100 pl-5 pr-2">
            <div class="flex min-w-0 items-baseline gap-2">
                <span class="truncate font-semibold" data-test="store-name">{ props.store.clone() }</span>
                <span class="muted whitespace-nowrap text-sm" data-test="till-name">{ till }</span>
            </div>
            <span class="grow"></span>
            <button
                type="button"
                class="btn btn-ghost hidden gap-2 px-3 text-sm font-normal md:inline-flex"
                data-test="jump-open"
                onclick={props.on_jump.reform(|_| ())}
            >
                <Icon shape={Shape::Search} class="size-4" />
                <span class="muted hidden lg:inline">{ words.shop.jump }</span>
                <Key label="Ctrl K" />
            </button>
            <PrintLight status={props.printer.clone()} on_open={props.on_printer.clone()} />
            <SyncLight
                status={props.status.clone()}
                now_ms={props.now_ms}
                utc_offset_min={props.utc_offset_min}
                on_open={props.on_sync.clone()}
            />
            <time class="tabular muted hidden px-2 text-sm md:inline">
                { clock(props.now_ms, props.utc_offset_min, &locale) }
            </time>
            <LookButtons theme={props.theme} on_look={props.on_look.clone()} />
            <button
                type="button"
                class="btn btn-ghost btn-square"
                aria-label={words.shop.help_open}
                title={words.shop.help_open}
                data-test="help-open"
                onclick={props.on_help.reform(|_| ())}
            >
                <Icon shape={Shape::CircleQuestionMark} />
            </button>
            <div class="ml-1 flex items-center gap-1 border-l border-base-300 pl-3">
                <div class="hidden max-w-32 text-right leading-tight md:block">
                    <p class="truncate text-sm font-medium" data-test="person">{ props.person.clone() }</p>
                    <p class="muted text-xs">{ role_name(props.role, &locale) }</p>
                </div>
                <button
                    type="button"
                    class="btn btn-ghost btn-square"
                    aria-label={words.common.lock}
                    title={words.common.lock}
                    data-test="sign-out"
                    onclick={props.on_sign_out.reform(|_| ())}
                >
                    <Icon shape={Shape::LogOut} />
                </button>
            </div>
        </header>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct LookButtonsProps {
    pub theme: Theme,
    pub on_look: Callback<LookAction>,
}

/// Language and theme.
#[component]
pub fn LookButtons(props: &LookButtonsProps) -> Html {
    let locale = use_locale();
    let words = use_words().common;
    let (shape, label) = match props.theme {
        Theme::Light => (Shape::Moon, words.to_dark),
        Theme::Dark => (Shape::Sun, words.to_light),
    };
    html! {
        <>
            <button
                type="button"
                class="btn btn-ghost px-3 text-xs font-semibold uppercase"
                aria-label={format!("{}: {}", locale.language.code(), words.language)}
                title={words.language}
                data-test="language"
                onclick={props.on_look.reform(|_| LookAction::SwitchLanguage)}
            >
                { locale.language.code() }
            </button>
            <button
                type="button"
                class="btn btn-ghost btn-square"
                aria-label={label}
                title={label}
                data-test="theme"
                onclick={props.on_look.reform(|_| LookAction::SwitchTheme)}
            >
                <Icon {shape} />
            </button>
        </>
    }
}
