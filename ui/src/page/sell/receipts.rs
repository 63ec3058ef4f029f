//! The store's latest sales and returns, each a key away from its paper and its return.

use domain::{
    contract::ipc::{DocumentSummary, FindDocument, ListDocuments},
    sale::DocumentKind,
};
use yew::{Callback, Html, Properties, classes, component, html, use_effect_with, use_state};

use crate::{
    component::{
        dialog::Dialog,
        feedback::{Empty, Problem, Skeleton},
        icon::{Icon, Shape},
    },
    format::{self, Locale, time::moment},
    hook::{Shop, keyboard::focus, use_ipc, use_keydown, use_locale},
    page::receipt::ReceiptPanel,
};

const SHOWN: u32 = 60;

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ReceiptsProps {
    pub shop: Shop,
    pub version: u32,
    pub can_refund: bool,
    pub on_refund: Callback<String>,
    pub on_close: Callback<()>,
}

#[component]
pub fn ReceiptsDialog(props: &ReceiptsProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let list = use_ipc(Some(ListDocuments { limit: SHOWN }), props.version);
    let opened = use_state(|| None::<String>);
    let first = list
        .data
        .as_ref()
        .and_then(|all| all.first())
        .map(|one| one.number.clone());
    let number = (*opened).clone().or(first);
    {
        let (opened, all, number) = (opened.clone(), list.data.clone(), number.clone());
        use_keydown(move |event| {
            let all = all.as_deref().map_or(&[][..], Vec::as_slice);
            let here = all
                .iter()
                .position(|one| Some(&one.number) == number.as_ref());
            let next = match (event.key().as_str(), here) {
                ("ArrowDown", Some(here)) => here + 1,
                ("ArrowUp", Some(here)) => here.saturating_sub(1),
                _ => return,
            };
            event.prevent_default();
            if let Some(next) = all.get(next) {
                opened.set(Some(next.number.clone()));
                focus(&row_id(&next.number));
            }
        });
    }
    use_effect_with(list.data.is_some(), {
        let number = number.clone();
        move |_| {
            if let Some(number) = number {
                focus(&row_id(&number));
            }
        }
    });
    let view = use_ipc(
        number.clone().map(|number| FindDocument { number }),
        props.version,
    );
    html! {
        <Dialog
            title={words.sell.recent_title}
            on_close={props.on_close.clone()}
            class="w-[min(60rem,calc(100vw-2rem))]"
            test="dialog-receipts"
        >
            if let Some(failure) = list.failure.clone() {
                <div class="p-6"><Problem {failure} on_retry={list.again.clone()} /></div>
            } else if let Some(all) = list.data.as_ref() {
                if all.is_empty() {
                    <Empty shape={Shape::Receipt} title={words.sell.recent_none} lead={words.sell.recent_none_lead} />
                } else {
                    <div class="grid grid-cols-[minmax(0,1fr)] md:h-[min(38rem,calc(100vh-9rem))] md:grid-cols-[minmax(0,1fr)_24rem]">
                        <ul class="min-h-0 overflow-y-auto border-r border-base-300">
                            { for all.iter().map(|one| {
                                let opened = opened.clone();
                                let chosen = one.number.clone();
                                let on_open = Callback::from(move |_| opened.set(Some(chosen.clone())));
                                row(one, number.as_ref() == Some(&one.number), on_open, &locale)
                            }) }
                        </ul>
                        <div class="flex min-h-0 flex-col bg-base-200">
                            <div class="min-h-0 grow overflow-y-auto p-5">
                                if let Some(view) = view.data.as_ref() {
                                    <ReceiptPanel shop={props.shop.clone()} view={(**view).clone()} />
                                } else if let Some(failure) = view.failure.clone() {
                                    <Problem {failure} />
                                }
                            </div>
                            if let Some(view) = view.data.as_ref().filter(|view| {
                                props.can_refund && view.document.kind == DocumentKind::Receipt
                            }) {
                                <div class="border-t border-base-300 bg-base-100 p-4">
                                    <button
                                        type="button"
                                        class="btn btn-block h-12"
                                        data-test="receipts-refund"
                                        onclick={ {
                                            let number = view.document.number.clone();
                                            props.on_refund.reform(move |_| number.clone())
                                        } }
                                    >
                                        <Icon shape={Shape::Undo2} />{ words.sell.refund }
                                    </button>
                                </div>
                            }
                        </div>
                    </div>
                }
            } else {
                <Skeleton />
            }
        </Dialog>
    }
}

fn row_id(number: &str) -> String {
    format!("receipt-row-{number}")
}

fn row(
    one: &DocumentSummary,
    is_open: bool,
    onclick: Callback<yew::MouseEvent>,
    locale: &Locale,
) -> Html {
    let words = locale.words();
    let is_refund = one.kind == DocumentKind::CreditNote;
    let total = if is_refund {
        -one.total_minor
    } else {
        one.total_minor
    };
    html! {
        <li key={one.document_id.to_string()}>
            <button
                id={row_id(&one.number)}
                type="button"
                class={classes!(
                    "flex", "min-h-16", "w-full", "items-center", "gap-4", "border-b",
                    "border-base-300/70", "px-6", "py-2", "text-left", "-outline-offset-2",
                    if is_open { "bg-primary/8 shadow-[inset_3px_0_0_var(--color-primary)]" } else { "hover:bg-base-200" },
                )}
                aria-pressed={is_open.to_string()}
                data-test={format!("receipt-{}", one.number)}
                {onclick}
            >
                <Icon shape={if is_refund { Shape::Undo2 } else { Shape::Receipt }} class="size-5 opacity-60" />
                <span class="min-w-0 grow">
                    <span class="tabular block font-medium">{ &one.number }</span>
                    <span class="muted tabular block truncate text-xs">
                        { moment(one.wall_ms, one.utc_offset_min, locale) }
                        if !one.staff_name.is_empty() { { " · " }{ &one.staff_name } }
                    </span>
                </span>
                if one.is_pending {
                    <span role="img" title={words.common.pending_note} aria-label={words.common.pending_note}>
                        <Icon shape={Shape::HardDrive} class="size-4 text-info" />
                    </span>
                }
                <span class={classes!("num", "font-semibold", is_refund.then_some("text-error"))}>
                    { format::money(total, locale) }
                </span>
            </button>
        </li>
    }
}
