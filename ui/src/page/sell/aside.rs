//! What lies over the Sell page where carts are set aside, as parked ones or as quotes, and what all
//! of it asks on the way: to park the cart in hand first, and why something is let go of.

use domain::{
    contract::{
        failure::Failure,
        ipc::{ParkedSummary, QuoteView, QuotedCart, ResumedCart},
    },
    id::OpId,
};
use yew::{
    AttrValue, Callback, Html, MouseEvent, Properties, SubmitEvent, UseStateHandle, component,
    html, use_state,
};

use super::{
    Over, SellProps, TOOL, make_quote::MakeQuoteDialog, notice::Notice, park::ParkDialog,
    parked::ParkedDialog, quotes::QuotesDialog,
};
use crate::{
    component::{
        dialog::Dialog,
        feedback::{Key, Problem},
        field::Field,
        icon::{Icon, Shape},
    },
    format::{self, Locale},
    hook::{query::Asked, shop::new_draft, use_words},
    state::{cart::CartAction, shelf::waiting},
    text::fill,
};

/// The button that parks the cart in hand.
pub(super) const IN_HAND_ID: &str = "park-first";
/// The field of the reason.
pub(super) const REASON_ID: &str = "let-go-reason";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct InHandProps {
    /// What the button does.
    pub go: AttrValue,
    pub is_busy: bool,
    pub failure: Option<Failure>,
    pub on_go: Callback<()>,
    pub on_back: Callback<()>,
}

/// A cart is in hand: nothing takes its place before it is parked.
#[component]
pub fn InHand(props: &InHandProps) -> Html {
    let words = use_words();
    html! {
        <div class="flex flex-col gap-5 p-6" data-test="cart-in-hand">
            <div>
                <p class="font-semibold">{ words.park.in_hand }</p>
                <p class="muted text-sm">{ words.park.in_hand_lead }</p>
            </div>
            if let Some(failure) = props.failure.clone() {
                <Problem {failure} />
            }
            <div class="flex justify-end gap-3">
                <button type="button" class="btn h-12" disabled={props.is_busy} onclick={props.on_back.reform(|_| ())}>
                    { words.common.back }
                </button>
                <button
                    id={IN_HAND_ID}
                    type="button"
                    class="btn btn-primary h-12"
                    disabled={props.is_busy}
                    data-test="park-first"
                    onclick={props.on_go.reform(|_| ())}
                >
                    { props.go.clone() }
                </button>
            </div>
        </div>
    }
}

/// An exchange is in hand: it can be put nowhere else.
pub(super) fn exchange_first(close: &Callback<()>) -> Html {
    html! { <First on_close={close.clone()} what={Unfinished::Exchange} /> }
}

/// Money for balances is taken before the cart goes anywhere else.
pub(super) fn balances_first(close: &Callback<()>) -> Html {
    html! { <First on_close={close.clone()} what={Unfinished::Balances} /> }
}

/// What keeps a cart from being put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unfinished {
    Exchange,
    Balances,
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct FirstProps {
    what: Unfinished,
    on_close: Callback<()>,
}

#[component]
fn First(props: &FirstProps) -> Html {
    let words = use_words();
    let (title, lead, test) = match props.what {
        Unfinished::Exchange => (
            words.exchange.first,
            words.exchange.first_lead,
            "exchange-first",
        ),
        Unfinished::Balances => (
            words.balance.first,
            words.balance.first_lead,
            "balances-first",
        ),
    };
    html! {
        <Dialog {title} on_close={props.on_close.clone()} {test}>
            <div class="flex flex-col gap-5 p-6">
                <p>{ lead }</p>
                <button type="button" class="btn btn-primary h-12 self-end" autofocus=true onclick={props.on_close.reform(|_| ())}>
                    { words.common.back }
                </button>
            </div>
        </Dialog>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ReasonProps {
    pub title: AttrValue,
    /// What the button does.
    pub go: AttrValue,
    /// Reasons that one click writes.
    pub usual: Vec<&'static str>,
    pub is_busy: bool,
    pub failure: Option<Failure>,
    pub on_reason: Callback<String>,
    pub on_back: Callback<()>,
}

/// Asks for a reason.
#[component]
pub fn ReasonForm(props: &ReasonProps) -> Html {
    let words = use_words();
    let reason = use_state(String::new);
    let can_go = !props.is_busy && !reason.trim().is_empty();
    let onsubmit = {
        let (reason, on_reason) = (reason.clone(), props.on_reason.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if can_go {
                on_reason.emit((*reason).clone());
            }
        })
    };
    let set = {
        let reason = reason.clone();
        Callback::from(move |text: String| reason.set(text))
    };
    html! {
        <form class="flex flex-col gap-5 p-6" {onsubmit}>
            <p class="font-semibold">{ props.title.clone() }</p>
            <Field
                id={REASON_ID}
                label={words.park.let_go_reason}
                value={(*reason).clone()}
                on_input={set.clone()}
                required=true
                test="let-go-reason"
            />
            <div class="flex flex-wrap gap-2">
                { for props.usual.iter().map(|text| {
                    let text = *text;
                    html! {
                        <button type="button" class="btn h-11 text-sm" onclick={set.reform(move |_| text.to_owned())}>
                            { text }
                        </button>
                    }
                }) }
            </div>
            if let Some(failure) = props.failure.clone() {
                <Problem {failure} />
            }
            <div class="flex justify-end gap-3">
                <button type="button" class="btn h-12" disabled={props.is_busy} onclick={props.on_back.reform(|_| ())}>
                    { words.common.back }
                </button>
                <button type="submit" class="btn btn-primary h-12" disabled={!can_go} data-test="let-go-confirm">
                    { props.go.clone() }
                </button>
            </div>
        </form>
    }
}

/// The button of the list, with how many carts wait.
pub(super) fn parked_tool(
    parked: &Asked<Vec<ParkedSummary>>,
    locale: &Locale,
    onclick: Callback<MouseEvent>,
) -> Html {
    let words = locale.words().park;
    let count = parked.data.as_deref().map_or(0, |all| waiting(all));
    let label = match count {
        0 => words.parked.to_owned(),
        n => fill(words.parked_n, &[("n", &n.to_string())]),
    };
    html! {
        <button type="button" class={TOOL} data-test="open-parked" {onclick}>
            <Icon shape={Shape::CircleParking} class="hidden size-4 2xl:block" />
            <span class="tabular">{ label }</span>
            <Key label="F10" />
        </button>
    }
}

/// Puts the cart aside, and leaves an empty one once the till has it.
pub(super) fn park(props: &SellProps, tell: &Callback<Notice>, close: &Callback<()>) -> Html {
    let cart = props.cart.clone();
    let priced = cart.priced(&props.shop.place, props.shop.business_date());
    let total = priced.ok().map(|(_, priced)| priced.total);
    let shown = (*cart).clone();
    let (tell, close_after) = (tell.clone(), close.clone());
    html! {
        <ParkDialog
            cart={shown}
            {total}
            on_parked={Callback::from(move |parked: ParkedSummary| {
                cart.dispatch(CartAction::Finish(new_draft()));
                tell.emit(Notice { parked: Some(parked.total_minor), ..Notice::default() });
                close_after.emit(());
            })}
            on_close={close.clone()}
        />
    }
}

/// What was put aside.
pub(super) fn parked_list(
    props: &SellProps,
    parked: &Asked<Vec<ParkedSummary>>,
    tell: &Callback<Notice>,
    close: &Callback<()>,
) -> Html {
    let cart = props.cart.clone();
    let on_set_aside = {
        let cart = cart.clone();
        Callback::from(move |()| cart.dispatch(CartAction::Finish(new_draft())))
    };
    let on_resumed = {
        let (cart, tell, close) = (cart.clone(), tell.clone(), close.clone());
        Callback::from(move |resumed: ResumedCart| {
            let is_other = !(resumed.changed.is_empty() && resumed.missing.is_empty())
                || resumed.now_minor != resumed.then_minor;
            let said = Notice {
                resumed: is_other.then(|| resumed.clone()),
                ..Notice::default()
            };
            cart.dispatch(CartAction::Resume(new_draft(), Box::new(resumed)));
            tell.emit(said);
            close.emit(());
        })
    };
    html! {
        <ParkedDialog
            list={parked.data.clone()}
            failure={parked.failure.clone().filter(|_| parked.data.is_none())}
            on_retry={parked.again.clone()}
            cart={(*cart).clone()}
            {on_set_aside}
            {on_resumed}
            on_close={close.clone()}
        />
    }
}

/// What is another than when the cart was put aside.
pub(super) fn said_changed(resumed: &ResumedCart, locale: &Locale) -> Html {
    let words = locale.words().park;
    let changed = resumed.changed.iter().map(|one| {
        let (then, now) = (
            format::unit_price(one.then_e4, locale),
            format::unit_price(one.now_e4, locale),
        );
        fill(
            words.changed_one,
            &[("name", &one.name), ("then", &then), ("now", &now)],
        )
    });
    let missing = (resumed.missing.iter()).map(|name| fill(words.missing, &[("name", name)]));
    let (then, now) = (
        format::money(resumed.then_minor, locale),
        format::money(resumed.now_minor, locale),
    );
    html! {
        <span data-test="resumed-changed">
            <span class="font-medium">
                { fill(words.total_changed, &[("then", &then), ("now", &now)]) }
            </span>
            { for changed.chain(missing).map(|text| html! { <span class="block">{ text }</span> }) }
        </span>
    }
}

/// Makes a quote of the cart, and shows it.
pub(super) fn quote(props: &SellProps, over: &UseStateHandle<Over>, close: &Callback<()>) -> Html {
    let (cart, over) = (props.cart.clone(), over.clone());
    let priced = cart.priced(&props.shop.place, props.shop.business_date());
    let total = priced.ok().map(|(_, priced)| priced.total);
    let shown = (*cart).clone();
    html! {
        <MakeQuoteDialog
            cart={shown}
            {total}
            on_made={Callback::from(move |view: QuoteView| {
                cart.dispatch(CartAction::Finish(new_draft()));
                over.set(Over::Quotes(Some(view.quote.quote_id)));
            })}
            on_close={close.clone()}
        />
    }
}

pub(super) fn quotes(
    props: &SellProps,
    first: Option<OpId>,
    tell: &Callback<Notice>,
    close: &Callback<()>,
) -> Html {
    let cart = props.cart.clone();
    let on_set_aside = {
        let cart = cart.clone();
        Callback::from(move |()| cart.dispatch(CartAction::Finish(new_draft())))
    };
    let on_sell = {
        let (cart, tell, close) = (cart.clone(), tell.clone(), close.clone());
        Callback::from(move |quoted: QuotedCart| {
            let totals = (quoted.quoted_minor, quoted.now_minor);
            tell.emit(Notice {
                quoted: (totals.0 != totals.1).then_some(totals),
                ..Notice::default()
            });
            cart.dispatch(CartAction::SellQuote(new_draft(), Box::new(quoted)));
            close.emit(());
        })
    };
    html! {
        <QuotesDialog
            shop={props.shop.clone()}
            cart={(*cart).clone()}
            {first}
            {on_set_aside}
            {on_sell}
            on_close={close.clone()}
        />
    }
}
