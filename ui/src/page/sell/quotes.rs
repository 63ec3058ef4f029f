//! Quotes of the store, each beside its paper, one key away from its sale.

use domain::{
    contract::ipc::{
        DeclineQuote, GetQuote, ListQuotes, QuoteSummary, QuoteView, QuotedCart, SellQuote,
    },
    id::{DraftId, OpId},
    sale::quote::{QuoteEnding, QuoteState},
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Properties, UseReducerHandle, classes, component, html, use_effect_with,
    use_memo, use_reducer,
};

use super::{
    aside::{IN_HAND_ID, InHand, REASON_ID, ReasonForm},
    park::parking,
};
use crate::{
    component::{
        dialog::Dialog,
        feedback::{Empty, Key, Problem, Skeleton},
        icon::{Icon, Shape},
    },
    format::{self, Locale, time::day},
    hook::{Shop, keyboard::focus, shop::new_draft, use_ipc, use_keydown, use_locale},
    ipc,
    page::receipt::ReceiptPanel,
    state::{
        cart::Cart,
        shelf::{Shelf, ShelfAction, Step},
    },
    text::fill,
};

const SHOWN: u32 = 100;
const SELL_ID: &str = "quote-sell";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct QuotesProps {
    pub shop: Shop,
    /// The cart in hand.
    pub cart: Cart,
    /// The one to begin with, if it is known already.
    pub first: Option<OpId>,
    /// The cart in hand was parked on the way.
    pub on_set_aside: Callback<()>,
    /// A quote is to be sold.
    pub on_sell: Callback<QuotedCart>,
    pub on_close: Callback<()>,
}

#[component]
pub fn QuotesDialog(props: &QuotesProps) -> Html {
    let locale = use_locale();
    let words = locale.words().quote;
    let version = props.shop.changes.quotes;
    let first = props.first;
    let state = use_reducer(|| Shelf {
        marked: first,
        ..Shelf::default()
    });
    let draft_id = *use_memo(state.step, |_| new_draft());
    let list = use_ipc(Some(ListQuotes { limit: SHOWN }), version);
    let all: &[QuoteSummary] = list.data.as_deref().map_or(&[], Vec::as_slice);
    // One that was scanned may be older than the list is long.
    let opened = state.marked.or(all.first().map(|one| one.quote_id));
    let asked = opened.map(|quote_id| GetQuote {
        number: quote_id.to_string(),
    });
    let view = use_ipc(asked, version);
    {
        let (state, list) = (state.clone(), list.data.clone());
        let (props, to_sell) = (
            props.clone(),
            view.data.clone().filter(|view| sellable(view)),
        );
        use_keydown(move |event| {
            let by = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "F9" if state.step == Step::Choose => {
                    event.prevent_default();
                    if let Some(view) = &to_sell {
                        choose(&props, &state, view.quote.quote_id);
                    }
                    return;
                }
                _ => return,
            };
            let all: &[QuoteSummary] = list.as_deref().map_or(&[], Vec::as_slice);
            if state.step == Step::Choose
                && let Some(row) = state.neighbour(all, by)
            {
                event.prevent_default();
                state.dispatch(ShelfAction::Mark(row.quote_id));
                focus(&row_id(row.quote_id));
            }
        });
    }
    let is_sellable = view.data.as_deref().is_some_and(sellable);
    use_effect_with((list.data.is_some(), state.step, is_sellable), {
        let marked = state.row(all).map(|row| row.quote_id);
        let is_named = first.is_some();
        move |(_, step, is_sellable)| match step {
            // Whoever came for this one finds its sale under the next key.
            Step::Choose if *is_sellable && is_named => focus(SELL_ID),
            Step::Choose => {
                if let Some(quote_id) = marked {
                    focus(&row_id(quote_id));
                }
            }
            Step::ParkFirst(_) => focus(IN_HAND_ID),
            Step::LetGo(_) => focus(REASON_ID),
        }
    });
    let body = match state.step {
        Step::LetGo(quote_id) => decline(&state, draft_id, quote_id, &locale),
        Step::ParkFirst(quote_id) => park_first(props, &state, quote_id, &locale),
        Step::Choose => {
            if let Some(failure) = list.failure.clone().filter(|_| list.data.is_none()) {
                html! { <div class="p-6"><Problem {failure} on_retry={list.again.clone()} /></div> }
            } else if list.data.is_none() {
                html! { <Skeleton /> }
            } else if all.is_empty() && opened.is_none() {
                html! { <Empty shape={Shape::FileText} title={words.none} lead={words.none_lead} /> }
            } else {
                html! {
                    <div class="grid grid-cols-[minmax(0,1fr)] md:h-[min(38rem,calc(100vh-9rem))] md:grid-cols-[minmax(0,1fr)_24rem]">
                        <ul class="min-h-0 overflow-y-auto border-r border-base-300" data-test="quotes-list">
                            { for all.iter().map(|one| row(one, opened == Some(one.quote_id), &state, &locale)) }
                        </ul>
                        <div class="flex min-h-0 flex-col bg-base-200">
                            <div class="min-h-0 grow overflow-y-auto p-5">
                                if let Some(view) = view.data.as_ref() {
                                    { ends(view, &locale) }
                                    <ReceiptPanel shop={props.shop.clone()} view={view.paper.clone()} />
                                } else if let Some(failure) = view.failure.clone() {
                                    <Problem {failure} />
                                } else {
                                    <Skeleton />
                                }
                            </div>
                            if let Some(view) = view.data.as_ref() {
                                { buttons(props, &state, view, &locale) }
                            }
                        </div>
                    </div>
                }
            }
        }
    };
    html! {
        <Dialog
            title={words.quotes}
            on_close={props.on_close.clone()}
            class="w-[min(60rem,calc(100vw-2rem))]"
            test="dialog-quotes"
        >
            { body }
        </Dialog>
    }
}

fn sellable(view: &QuoteView) -> bool {
    view.state == QuoteState::Open && !view.is_expired
}

fn row_id(quote_id: OpId) -> String {
    format!("quote-row-{quote_id}")
}

/// How a quote stands, in a few words.
fn standing(state: QuoteState, is_expired: bool, valid_until: &str, locale: &Locale) -> String {
    let words = locale.words().quote;
    let date = day(valid_until, locale);
    match state {
        QuoteState::Accepted => words.accepted.to_owned(),
        QuoteState::Declined => words.declined.to_owned(),
        QuoteState::Open if is_expired => fill(words.expired, &[("date", &date)]),
        QuoteState::Open => fill(words.open, &[("date", &date)]),
    }
}

fn row(
    one: &QuoteSummary,
    is_open: bool,
    state: &UseReducerHandle<Shelf>,
    locale: &Locale,
) -> Html {
    let words = locale.words();
    let quote_id = one.quote_id;
    let onclick = {
        let state = state.clone();
        Callback::from(move |_| state.dispatch(ShelfAction::Mark(quote_id)))
    };
    let parts = [&one.customer_name, &one.note, &one.quoted_by];
    let parts: Vec<&str> = (parts.into_iter().map(String::as_str))
        .filter(|part| !part.is_empty())
        .collect();
    let is_over = one.is_expired || one.state == QuoteState::Declined;
    html! {
        <li key={quote_id.to_string()}>
            <button
                id={row_id(quote_id)}
                type="button"
                class={classes!(
                    "flex", "min-h-18", "w-full", "items-center", "gap-4", "border-b",
                    "border-base-300/70", "px-6", "py-2", "text-left", "-outline-offset-2",
                    if is_open { "bg-primary/8 shadow-[inset_3px_0_0_var(--color-primary)]" } else { "hover:bg-base-200" },
                )}
                aria-pressed={is_open.to_string()}
                data-test={format!("quote-{}", one.number)}
                {onclick}
            >
                <Icon shape={if one.state == QuoteState::Accepted { Shape::CircleCheck } else { Shape::FileText }} class="size-5 opacity-60" />
                <span class="min-w-0 grow">
                    <span class="tabular block font-medium">{ &one.number }</span>
                    <span class="block truncate text-xs">{ parts.join(" · ") }</span>
                    <span class={classes!("tabular", "block", "truncate", "text-xs", if is_over { "text-warning" } else { "muted" })}>
                        { standing(one.state, one.is_expired, &one.valid_until, locale) }
                    </span>
                </span>
                if one.is_pending {
                    <span role="img" title={words.common.pending_note} aria-label={words.common.pending_note}>
                        <Icon shape={Shape::HardDrive} class="size-4 text-info" />
                    </span>
                }
                <span class="num font-semibold">{ format::money(one.total_minor, locale) }</span>
            </button>
        </li>
    }
}

/// How it ended; and where two tills sold it, both receipts.
fn ends(view: &QuoteView, locale: &Locale) -> Html {
    let words = locale.words().quote;
    if view.ends.is_empty() {
        return Html::default();
    }
    let is_sale = |ending: &QuoteEnding| matches!(ending, QuoteEnding::Accepted { .. });
    let sales = view.ends.iter().filter(|end| is_sale(&end.ending)).count();
    html! {
        <div class="mb-4 rounded-field bg-base-100 px-4 py-3 text-sm" data-test="quote-ends">
            if sales > 1 {
                <p class="font-medium text-warning" role="alert">{ words.twice }</p>
            }
            { for view.ends.iter().map(|end| html! {
                <p>
                    { match &end.ending {
                        QuoteEnding::Accepted { number } => fill(words.sold_by, &[("number", number)]),
                        QuoteEnding::Declined { reason } => fill(words.declined_for, &[("reason", reason)]),
                    } }
                    if !end.staff_name.is_empty() { { " · " }{ &end.staff_name } }
                </p>
            }) }
        </div>
    }
}

fn buttons(
    props: &QuotesProps,
    state: &UseReducerHandle<Shelf>,
    view: &QuoteView,
    locale: &Locale,
) -> Html {
    if view.state != QuoteState::Open || !props.shop.may(Permission::Sell) {
        return Html::default();
    }
    let words = locale.words().quote;
    let quote_id = view.quote.quote_id;
    let on_sell = {
        let (props, state) = (props.clone(), state.clone());
        Callback::from(move |_| choose(&props, &state, quote_id))
    };
    let on_decline = {
        let state = state.clone();
        Callback::from(move |_| state.dispatch(ShelfAction::Ask(Step::LetGo(quote_id))))
    };
    html! {
        <div class="flex flex-col gap-3 border-t border-base-300 bg-base-100 p-4">
            if let Some(failure) = state.failure.clone() {
                <Problem {failure} />
            }
            <div class="flex gap-3">
                <button type="button" class="btn h-12" disabled={state.is_busy} data-test="quote-decline" onclick={on_decline}>
                    { words.decline }
                </button>
                if sellable(view) {
                    <button
                        id={SELL_ID}
                        type="button"
                        class="btn btn-primary h-12 grow"
                        disabled={state.is_busy}
                        data-test="quote-sell"
                        onclick={on_sell}
                    >
                        { words.sell }
                        <Key label="F9" />
                    </button>
                }
            </div>
        </div>
    }
}

fn park_first(
    props: &QuotesProps,
    state: &UseReducerHandle<Shelf>,
    quote_id: OpId,
    locale: &Locale,
) -> Html {
    let on_go = {
        let (props, state) = (props.clone(), state.clone());
        Callback::from(move |()| sell(&props, &state, quote_id))
    };
    let on_back = {
        let state = state.clone();
        Callback::from(move |()| state.dispatch(ShelfAction::Ask(Step::Choose)))
    };
    html! {
        <InHand
            go={locale.words().quote.in_hand_go}
            is_busy={state.is_busy}
            failure={state.failure.clone()}
            {on_go}
            {on_back}
        />
    }
}

/// Sells it, once nothing is in the way.
fn choose(props: &QuotesProps, state: &UseReducerHandle<Shelf>, quote_id: OpId) {
    if props.cart.needs_parking() {
        state.dispatch(ShelfAction::Ask(Step::ParkFirst(quote_id)));
    } else {
        sell(props, state, quote_id);
    }
}

/// Parks what is in hand, if anything is, and takes the quote as the cart.
fn sell(props: &QuotesProps, state: &UseReducerHandle<Shelf>, quote_id: OpId) {
    if state.is_busy {
        return;
    }
    state.dispatch(ShelfAction::Begin);
    let in_hand = (props.cart.needs_parking()).then(|| parking(&props.cart, String::new()));
    let (state, on_sell) = (state.clone(), props.on_sell.clone());
    let on_set_aside = props.on_set_aside.clone();
    spawn_local(async move {
        let taken = async {
            if let Some(in_hand) = &in_hand {
                ipc::call(in_hand).await?;
                on_set_aside.emit(());
            }
            ipc::call(&SellQuote { quote_id }).await
        };
        match taken.await {
            Ok(cart) => on_sell.emit(cart),
            Err(failure) => state.dispatch(ShelfAction::Fail(failure)),
        }
    });
}

/// Asks why it is not wanted, and writes it down.
fn decline(
    state: &UseReducerHandle<Shelf>,
    draft_id: DraftId,
    quote_id: OpId,
    locale: &Locale,
) -> Html {
    let words = locale.words().quote;
    let on_reason = {
        let state = state.clone();
        Callback::from(move |reason: String| {
            state.dispatch(ShelfAction::Begin);
            let command = DeclineQuote {
                draft_id,
                quote_id,
                reason,
            };
            let state = state.clone();
            spawn_local(async move {
                state.dispatch(match ipc::call(&command).await {
                    Ok(_) => ShelfAction::Done,
                    Err(failure) => ShelfAction::Fail(failure),
                });
            });
        })
    };
    let on_back = {
        let state = state.clone();
        Callback::from(move |()| state.dispatch(ShelfAction::Ask(Step::Choose)))
    };
    html! {
        <ReasonForm
            title={words.decline_title}
            go={words.decline}
            usual={vec![words.reason_price, words.reason_elsewhere]}
            is_busy={state.is_busy}
            failure={state.failure.clone()}
            {on_reason}
            {on_back}
        />
    }
}
