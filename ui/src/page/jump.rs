//! The palette that jumps anywhere, and the list of keys.

use web_sys::KeyboardEvent;
use yew::{Callback, Html, Properties, classes, component, html, use_state};

use crate::{
    component::{
        dialog::Dialog,
        feedback::Key,
        field::typed,
        icon::{Icon, Shape},
    },
    hook::use_words,
    program::till::Page,
    text::Words,
};

/// Where one can jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    Page(Page),
    Receipts,
    Refund,
    Parked,
    Quotes,
    Intake,
}

impl Goal {
    const ALL: [Goal; 12] = [
        Goal::Page(Page::Sell),
        Goal::Page(Page::Repairs),
        Goal::Page(Page::Customers),
        Goal::Page(Page::Stock),
        Goal::Page(Page::Shift),
        Goal::Page(Page::Printer),
        Goal::Page(Page::Sync),
        Goal::Receipts,
        Goal::Refund,
        Goal::Parked,
        Goal::Quotes,
        Goal::Intake,
    ];

    /// The page that it is on.
    #[must_use]
    pub const fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Receipts | Self::Refund | Self::Parked | Self::Quotes => Page::Sell,
            Self::Intake => Page::Repairs,
        }
    }

    const fn title(self, words: &'static Words) -> &'static str {
        match self {
            Self::Page(page) => page.title(words),
            Self::Receipts => words.sell.recent_title,
            Self::Refund => words.sell.refund,
            Self::Parked => words.park.help_parked,
            Self::Quotes => words.quote.quotes,
            Self::Intake => words.repair.intake,
        }
    }

    const fn shape(self) -> Shape {
        match self {
            Self::Page(page) => page.shape(),
            Self::Receipts => Shape::Clock,
            Self::Refund => Shape::Undo2,
            Self::Parked => Shape::CircleParking,
            Self::Quotes => Shape::FileText,
            Self::Intake => Shape::Plus,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct JumpProps {
    pub on_go: Callback<Goal>,
    pub on_close: Callback<()>,
}

#[component]
pub fn JumpDialog(props: &JumpProps) -> Html {
    let words = use_words();
    let text = use_state(String::new);
    let marked = use_state(|| 0_usize);
    let wanted = text.trim().to_lowercase();
    let goals: Vec<Goal> = Goal::ALL
        .into_iter()
        .filter(|goal| goal.title(words).to_lowercase().contains(&wanted))
        .collect();
    let onkeydown = {
        let (goals, marked, on_go) = (goals.clone(), marked.clone(), props.on_go.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => marked.set((*marked + 1).min(goals.len().saturating_sub(1))),
                "ArrowUp" => marked.set(marked.saturating_sub(1)),
                "Enter" => {
                    if let Some(goal) = goals.get(*marked) {
                        on_go.emit(*goal);
                    }
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    html! {
        <Dialog
            title={words.shop.jump}
            bare=true
            on_close={props.on_close.clone()}
            class="mt-[12vh] w-[min(34rem,calc(100vw-2rem))]"
            test="dialog-jump"
        >
            <div class="flex items-center gap-3 border-b border-base-300 px-5">
                <Icon shape={Shape::Search} class="size-5 opacity-60" />
                <input
                    class="h-14 grow bg-transparent text-base outline-none"
                    type="text"
                    aria-label={words.shop.jump}
                    placeholder={words.shop.jump_hint}
                    autocomplete="off"
                    autofocus=true
                    value={(*text).clone()}
                    data-test="jump"
                    oninput={ {
                        let (text, marked) = (text.clone(), marked.clone());
                        Callback::from(move |event| {
                            marked.set(0);
                            text.set(typed(&event));
                        })
                    } }
                    {onkeydown}
                />
                <Key label="Esc" />
            </div>
            <ul class="p-2">
                if goals.is_empty() {
                    <li class="muted p-4 text-sm">{ words.common.nothing_found }</li>
                }
                { for goals.into_iter().enumerate().map(|(place, goal)| html! {
                    <li>
                        <button
                            type="button"
                            class={classes!(
                                "flex", "min-h-12", "w-full", "items-center", "gap-3", "rounded-field",
                                "px-3", "text-left", "text-sm", "font-medium",
                                if place == *marked { "bg-primary/10 text-primary" } else { "hover:bg-base-200" },
                            )}
                            onclick={props.on_go.reform(move |_| goal)}
                        >
                            <Icon shape={goal.shape()} />
                            { goal.title(words) }
                        </button>
                    </li>
                }) }
            </ul>
        </Dialog>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct HelpProps {
    pub on_close: Callback<()>,
}

#[component]
pub fn HelpDialog(props: &HelpProps) -> Html {
    let words = use_words();
    let shop = words.shop;
    let keys = [
        ("F2", shop.help_search),
        ("↵", shop.help_enter),
        ("3*", shop.help_times),
        ("↑ ↓", shop.help_arrows),
        ("+  \u{2212}", shop.help_quantity),
        ("F3", shop.help_price),
        ("F4", shop.help_customer),
        ("F5", words.park.help_park),
        ("F6", shop.help_discount),
        ("Del", shop.help_remove),
        ("Ctrl Z", shop.help_undo),
        ("F7", shop.help_recent),
        ("F8", shop.help_refund),
        ("Ctrl I", words.invoice.make),
        ("Ctrl G", words.balance.help_gift_card),
        ("F9", shop.help_pay),
        ("F10", words.park.help_parked),
        ("F11", words.quote.help_make),
        ("F12", words.quote.help_list),
        ("Alt 1…7", shop.help_pages),
        ("Ctrl K", shop.help_jump),
        ("Ctrl L", shop.help_lock),
        ("Esc", shop.help_escape),
        ("?", shop.help),
    ];
    html! {
        <Dialog
            title={shop.help}
            on_close={props.on_close.clone()}
            class="w-[min(44rem,calc(100vw-2rem))]"
            test="dialog-help"
        >
            <dl class="grid grid-cols-1 gap-x-8 gap-y-1 p-6 sm:grid-cols-2">
                { for keys.into_iter().map(|(key, label)| html! {
                    <div class="flex items-center justify-between gap-4 border-b border-base-300/70 py-2.5 text-sm">
                        <dt>{ label }</dt>
                        <dd><kbd class="key tabular">{ key }</kbd></dd>
                    </div>
                }) }
            </dl>
        </Dialog>
    }
}
