//! Paying: one amount, one tender at a time, one button. Nothing typed means the exact amount.

use domain::{
    balance::BalanceKind,
    contract::{
        failure::Failure,
        ipc::{AskedTerms, CardPaymentView, CompleteSale, DocumentView, ExchangedGoods, SaleLine},
    },
    id::{CardPaymentId, CustomerId, DraftId, OpId},
    money::Money,
    sale::{CashRounding, Tender, TenderCode, TenderKind, TenderedPayment, cash_suggestions},
    staff::Permission,
};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, InputEvent, Properties, SubmitEvent, UseReducerHandle, UseStateHandle,
    component, html, use_effect_with, use_reducer, use_state,
};

use super::{
    charge::{Charge, adoptable, use_cards},
    spend::{CODE_ID, Spend},
    terminal::{Doubtful, Waiting, took_nothing},
};
use crate::{
    component::{
        dialog::Dialog,
        feedback::Problem,
        field::{Field, typed},
        icon::{Icon, Shape},
        keypad::{Keypad, PadKey},
        paper::tender_name,
    },
    format::{self, Locale},
    hook::{keyboard::focus, use_keydown, use_locale},
    ipc,
    page::{
        approval::{ApprovalDialog, asked_for},
        card::GiveBack,
    },
    state::pay::{Pay, PayAction, Standing},
    text::fill,
};

const AMOUNT_ID: &str = "pay-amount";
const REFERENCE_ID: &str = "pay-reference";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct PayProps {
    pub due: Money,
    pub minor_digits: u8,
    pub rounding: Option<CashRounding>,
    /// Means of payment in use.
    pub tenders: Rc<Vec<Tender>>,
    pub draft_id: DraftId,
    /// How often card payments have changed.
    pub version: u32,
    /// Whether the person may give a charge back.
    pub may_return: bool,
    pub utc_offset_min: i32,
    /// The sale goes on as the entry that a card has paid for already.
    pub on_adopt: Callback<DraftId>,
    pub lines: Vec<SaleLine>,
    pub terms: AskedTerms,
    pub customer_id: Option<CustomerId>,
    /// What is paid into balances: less than zero, and part of what is due.
    pub paid_in: Vec<TenderedPayment>,
    /// How often balances have changed.
    pub balances: u32,
    /// The quote that is sold, without lines beside it.
    pub quote_id: Option<OpId>,
    /// Goods that come back and have paid their part already.
    pub exchange: Option<ExchangedGoods>,
    pub on_done: Callback<DocumentView>,
    pub on_close: Callback<()>,
}

#[component]
pub fn PayDialog(props: &PayProps) -> Html {
    let locale = use_locale();
    let words = locale.words().pay;
    let (due, minor_digits) = (props.due, props.minor_digits);
    let pay = {
        let (rounding, tenders) = (props.rounding, props.tenders.clone());
        use_reducer(move || Pay::new(due, minor_digits, rounding, tenders))
    };
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let cards = use_cards(props, &pay);
    let charging = use_state(|| None::<(CardPaymentId, Money)>);
    let last = use_state(|| None::<CardPaymentView>);
    use_effect_with(
        (pay.tender, pay.tenders.len(), pay.charged.len()),
        |(tender, ..)| {
            // Whose card it is comes before how much.
            let is_card = *tender == TenderCode::GIFT_CARD;
            focus(if is_card { CODE_ID } else { AMOUNT_ID });
        },
    );
    let waits = charging.is_some() || cards.undecided.is_some();

    let onsubmit = {
        let (pay, is_busy, failure) = (pay.clone(), is_busy.clone(), failure.clone());
        let (charging, last, on_changed) = (charging.clone(), last.clone(), cards.again.clone());
        let props = props.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if *is_busy || waits {
                return;
            }
            match pay.standing() {
                Standing::Covered { .. } => {
                    is_busy.set(true);
                    failure.set(None);
                    complete(&props, &pay, is_busy.clone(), failure.clone());
                }
                Standing::AtTerminal { amount } => {
                    failure.set(None);
                    last.set(None);
                    let charge = Charge {
                        charging: charging.clone(),
                        last: last.clone(),
                        is_busy: is_busy.clone(),
                        failure: failure.clone(),
                        on_changed: on_changed.clone(),
                    };
                    charge.start(&props, &pay, amount);
                }
                Standing::Short { .. } => pay.dispatch(PayAction::Keep),
                Standing::ReferenceMissing if pay.tender == TenderCode::GIFT_CARD => focus(CODE_ID),
                Standing::ReferenceMissing => focus(REFERENCE_ID),
                Standing::Unreadable | Standing::OverCard { .. } => {}
            }
        })
    };
    let press = {
        let pay = pay.clone();
        Callback::from(move |key: PadKey| {
            pay.dispatch(match key {
                PadKey::Char(char) => PayAction::Key(char),
                PadKey::Delete => PayAction::Delete,
            });
        })
    };
    {
        let pay = pay.clone();
        use_keydown(move |event| {
            let digit = (event.code().strip_prefix("Digit"))
                .and_then(|n| n.parse::<usize>().ok())
                .filter(|_| event.alt_key());
            let tender = digit.and_then(|n| pay.offered.get(n.checked_sub(1)?));
            if let Some(tender) = tender {
                event.prevent_default();
                pay.dispatch(PayAction::Choose(tender.code));
            }
        });
    }
    let standing = pay.standing();
    let panel = match (*charging, cards.undecided.clone()) {
        (Some((card_payment_id, amount)), _) => {
            Some(html! { <Waiting {card_payment_id} {amount} /> })
        }
        (None, Some(view)) if view.is_active => {
            let (card_payment_id, amount) = (
                view.payment.card_payment_id,
                view.payment.charge.amount_minor,
            );
            Some(html! { <Waiting {card_payment_id} {amount} /> })
        }
        (None, Some(view)) => Some(html! {
            <Doubtful
                {view}
                may_return={props.may_return}
                utc_offset_min={props.utc_offset_min}
                on_changed={cards.again.clone()}
            />
        }),
        (None, None) => None,
    };
    if let Some(panel) = panel {
        return html! {
            <Dialog
                title={words.title}
                on_close={props.on_close.clone()}
                class="w-[min(54rem,calc(100vw-2rem))]"
                test="dialog-pay"
            >
                <div class="grid grid-cols-[minmax(0,1fr)] gap-6 p-6 md:min-h-96 md:grid-cols-[minmax(0,1fr)_18rem]">
                    <div class="flex flex-col">{ panel }</div>
                    <div class="flex flex-col gap-4">{ sums(&pay, &standing, None, &locale) }</div>
                </div>
            </Dialog>
        };
    }
    html! {
        <Dialog
            title={words.title}
            on_close={props.on_close.clone()}
            class="w-[min(54rem,calc(100vw-2rem))]"
            test="dialog-pay"
        >
            <form class="grid grid-cols-[minmax(0,1fr)] gap-6 p-6 md:grid-cols-[minmax(0,1fr)_18rem]" {onsubmit}>
                <div class="flex flex-col gap-3">
                    if let Some(view) = last.as_ref() {
                        { took_nothing(view, &locale) }
                    }
                    if let Some(view) = cards.orphan.as_ref() {
                        { adoptable(view, props, &locale) }
                    }
                    { tenders(&pay, &locale) }
                    { amount_field(&pay, &locale) }
                    <div class="min-h-18">
                    if pay.tender == TenderCode::CASH {
                        { suggestions(&pay, minor_digits, &locale) }
                    } else if pay.is_at_terminal() {
                        <p class="muted text-sm">{ locale.words().card.simulated }</p>
                    } else if let Some(kind) = BalanceKind::of_tender(pay.tender) {
                        <Spend key={pay.tender.name().to_owned()} {kind} pay={pay.clone()} customer_id={props.customer_id} version={props.balances} />
                    } else {
                        <Field
                            id={REFERENCE_ID}
                            label={if pay.tender == TenderCode::CARD { words.reference } else { words.other_reference }}
                            placeholder={if pay.tender == TenderCode::CARD { words.reference_hint } else { "" }}
                            wrong={if standing == Standing::ReferenceMissing && !pay.typed.is_empty() { words.other_reference_missing } else { "" }}
                            value={pay.reference.clone()}
                            on_input={ { let pay = pay.clone(); Callback::from(move |text| pay.dispatch(PayAction::Reference(text))) } }
                            test="card-reference"
                        />
                    }
                    </div>
                    <Keypad on_key={press} mark={Some(locale.decimal_mark())} disabled={*is_busy} test="pay-key" />
                </div>
                <div class="flex flex-col gap-4">
                    { sums(&pay, &standing, props.may_return.then_some(&cards.again), &locale) }
                    <span class="grow"></span>
                    if let Some(failure) = (*failure).clone() {
                        <Problem {failure} />
                    }
                    { confirm(&pay, &standing, *is_busy, &locale) }
                </div>
            </form>
            { overdraft(props, &pay, &is_busy, &failure) }
        </Dialog>
    }
}

/// A manager lets more of a balance be spent than this till may let go by itself.
fn overdraft(
    props: &PayProps,
    pay: &UseReducerHandle<Pay>,
    is_busy: &UseStateHandle<bool>,
    failure: &UseStateHandle<Option<Failure>>,
) -> Html {
    let asked = failure.as_ref().and_then(asked_for);
    let Some(permission) = asked.filter(|asked| *asked == Permission::OverdrawBalance) else {
        return Html::default();
    };
    let payments = pay.payments();
    let spent = payments
        .iter()
        .filter(|one| BalanceKind::of_tender(one.tender).is_some());
    let given = spent.fold(Money::ZERO, |sum, one| sum + one.tendered_minor);
    let on_approved = {
        let (props, pay) = (props.clone(), pay.clone());
        let (is_busy, failure) = (is_busy.clone(), failure.clone());
        Callback::from(move |()| {
            is_busy.set(true);
            failure.set(None);
            complete(&props, &pay, is_busy.clone(), failure.clone());
        })
    };
    let on_close = {
        let failure = failure.clone();
        Callback::from(move |()| failure.set(None))
    };
    html! {
        <ApprovalDialog draft_id={props.draft_id} permissions={vec![permission]} {given} {on_approved} {on_close} />
    }
}

/// Finishes the sale with what is paid.
pub(super) fn complete(
    props: &PayProps,
    pay: &Pay,
    is_busy: UseStateHandle<bool>,
    failure: UseStateHandle<Option<Failure>>,
) {
    let command = CompleteSale {
        draft_id: props.draft_id,
        lines: props.lines.clone(),
        payments: props
            .paid_in
            .iter()
            .cloned()
            .chain(pay.payments())
            .collect(),
        customer_id: props.customer_id,
        terms: props.terms.clone(),
        quote_id: props.quote_id,
        exchange: props.exchange.clone(),
    };
    let on_done = props.on_done.clone();
    spawn_local(async move {
        match ipc::call(&command).await {
            Ok(view) => on_done.emit(view),
            Err(refused) => {
                failure.set(Some(refused));
                is_busy.set(false);
            }
        }
    });
}

fn tender_shape(tender: TenderCode, offered: &[Tender]) -> Shape {
    let kind = offered.iter().find(|one| one.code == tender);
    match kind.map(|one| one.kind) {
        Some(TenderKind::Cash) => Shape::Banknote,
        Some(TenderKind::Card) => Shape::CreditCard,
        Some(TenderKind::Account) => Shape::User,
        Some(TenderKind::StoreCredit) => Shape::Receipt,
        Some(TenderKind::GiftCard) => Shape::Tag,
        Some(TenderKind::Other) | None => Shape::Smartphone,
    }
}

/// Every means of payment in sight, with its key.
fn tenders(pay: &UseReducerHandle<Pay>, locale: &Locale) -> Html {
    let label = locale.words().pay.tenders;
    // Names go before pictures.
    let is_roomy = pay.offered.len() <= 3;
    let columns = if pay.offered.len() < 3 {
        "grid-cols-2"
    } else {
        "grid-cols-3"
    };
    html! {
        <div class={yew::classes!("grid", "gap-1", "rounded-field", "bg-base-200", "p-1", columns)} role="group" aria-label={label}>
            { for pay.offered.iter().enumerate().map(|(place, tender)| {
                let code = tender.code;
                let is_on = code == pay.tender;
                let choosing = pay.clone();
                html! {
                    <button
                        type="button"
                        class={yew::classes!(
                            "touch", "flex", "min-w-0", "items-center", "justify-center", "gap-2", "rounded-lg",
                            "px-2", "text-sm", "font-medium", "transition-colors",
                            if is_on { "bg-base-100 shadow-card" } else { "muted hover:bg-base-300/60" },
                        )}
                        aria-pressed={is_on.to_string()}
                        data-test={format!("tender-{}", code.name())}
                        onclick={Callback::from(move |_| choosing.dispatch(PayAction::Choose(code)))}
                    >
                        if is_roomy {
                            <Icon shape={tender_shape(code, &pay.offered)} />
                        }
                        <span class="truncate">{ tender_name(code, locale) }</span>
                        if place < 9 {
                            <span class="key hidden text-[0.6875rem] lg:inline" aria-hidden="true">{ format!("Alt {}", place + 1) }</span>
                        }
                    </button>
                }
            }) }
        </div>
    }
}

fn amount_field(pay: &UseReducerHandle<Pay>, locale: &Locale) -> Html {
    let words = locale.words().pay;
    let label = match pay.tender {
        TenderCode::CASH => words.amount,
        TenderCode::CARD => words.card_amount,
        _ => words.other_amount,
    };
    let (wrong, text) = match pay.standing() {
        Standing::Unreadable => {
            let example = format::money_typed(Money(12_50), locale);
            (
                true,
                fill(locale.words().sell.amount_invalid, &[("example", &example)]),
            )
        }
        Standing::OverCard { at_most } => (
            true,
            fill(
                words.over_card,
                &[("amount", &format::money(at_most, locale))],
            ),
        ),
        Standing::Covered { .. }
        | Standing::Short { .. }
        | Standing::ReferenceMissing
        | Standing::AtTerminal { .. } => (false, String::new()),
    };
    let typing = pay.clone();
    html! {
        <div class="flex flex-col gap-1.5">
            <label for={AMOUNT_ID} class="text-sm font-medium">{ label }</label>
            <input
                id={AMOUNT_ID}
                class="field num h-16 text-3xl font-semibold"
                type="text"
                inputmode="decimal"
                autocomplete="off"
                autofocus=true
                value={pay.typed.clone()}
                placeholder={format::money_typed(pay.asked(), locale)}
                aria-invalid={wrong.to_string()}
                aria-describedby="pay-amount-note"
                data-test="amount"
                oninput={Callback::from(move |event: InputEvent| typing.dispatch(PayAction::Type(typed(&event))))}
            />
            <p id="pay-amount-note" class="min-h-4 text-xs text-error">{ text }</p>
        </div>
    }
}

fn suggestions(pay: &UseReducerHandle<Pay>, minor_digits: u8, locale: &Locale) -> Html {
    let words = locale.words().pay;
    let amounts = cash_suggestions(pay.asked(), minor_digits);
    html! {
        <div class="grid grid-cols-3 gap-2 sm:grid-cols-5">
            { for amounts.into_iter().enumerate().map(|(place, amount)| {
                let typed = format::money_typed(amount, locale);
                let is_on = pay.typed == typed;
                let suggest = pay.clone();
                html! {
                    <button
                        type="button"
                        class={if is_on { "btn btn-primary h-14 px-1" } else { "btn h-14 px-1" }}
                        data-test={format!("cash-{}", amount.minor())}
                        onclick={Callback::from(move |_| {
                            suggest.dispatch(PayAction::Suggest(typed.clone()));
                            focus(AMOUNT_ID);
                        })}
                    >
                        <span class="flex flex-col leading-tight">
                            <span class="tabular font-semibold">{ format::money(amount, locale) }</span>
                            if place == 0 {
                                <span class="text-xs font-normal">{ words.exact }</span>
                            }
                        </span>
                    </button>
                }
            }) }
        </div>
    }
}

/// What is due, what is there, and what remains; with the way to give charges back for whom may.
fn sums(
    pay: &UseReducerHandle<Pay>,
    standing: &Standing,
    on_returned: Option<&Callback<()>>,
    locale: &Locale,
) -> Html {
    let words = locale.words().pay;
    let (label, amount, class, test) = match standing {
        Standing::Covered { change } => (words.change, *change, "text-success", "pay-change"),
        Standing::Short { remaining } => {
            (words.remaining, *remaining, "text-warning", "pay-remaining")
        }
        Standing::Unreadable
        | Standing::OverCard { .. }
        | Standing::ReferenceMissing
        | Standing::AtTerminal { .. } => (
            words.remaining,
            pay.remaining(),
            "text-warning",
            "pay-remaining",
        ),
    };
    html! {
        <div class="flex flex-col gap-4 rounded-box bg-base-200 p-5">
            <div>
                <p class="muted text-sm">{ words.due }</p>
                <p class="tabular text-3xl font-bold tracking-tight" data-test="pay-due">
                    { format::money(pay.due, locale) }
                </p>
                if !pay.rounded_by().is_zero() {
                    <p class="muted tabular text-sm" data-test="pay-rounding">
                        { fill(words.rounded, &[("amount", &format::money(pay.due + pay.rounded_by(), locale))]) }
                    </p>
                }
            </div>
            if !(pay.tenders.is_empty() && pay.charged.is_empty()) {
                <ul class="flex flex-col gap-1 text-sm" aria-label={words.received}>
                    { for pay.charged.iter().map(|(card_payment_id, payment)| html! {
                        <li key={card_payment_id.to_string()} class="flex items-center gap-2" data-test="card-charged">
                            <Icon shape={Shape::CircleCheck} class="size-4 text-success" />
                            <span class="grow" title={fill(locale.words().card.code, &[("code", &payment.reference)])}>
                                { locale.words().card.approved }
                            </span>
                            <span class="num font-medium">{ format::money(payment.tendered_minor, locale) }</span>
                            if let Some(on_changed) = on_returned {
                                <GiveBack
                                    card_payment_id={*card_payment_id}
                                    amount={payment.tendered_minor}
                                    on_changed={on_changed.clone()}
                                    small=true
                                />
                            }
                        </li>
                    }) }
                    { for pay.tenders.iter().enumerate().map(|(place, payment)| {
                        let name = tender_name(payment.tender, locale);
                        let amount = format::money(payment.tendered_minor, locale);
                        let label = fill(words.remove_tender, &[("tender", &name), ("amount", &amount)]);
                        let remove = pay.clone();
                        html! {
                            <li class="flex items-center gap-2">
                                <Icon shape={tender_shape(payment.tender, &pay.offered)} class="size-4" />
                                <span class="grow">{ name }</span>
                                <span class="num font-medium">{ amount }</span>
                                <button
                                    type="button"
                                    class="btn btn-ghost btn-square btn-sm"
                                    aria-label={label}
                                    onclick={Callback::from(move |_| remove.dispatch(PayAction::Remove(place)))}
                                >
                                    <Icon shape={Shape::X} class="size-4" />
                                </button>
                            </li>
                        }
                    }) }
                </ul>
            }
            <div class="border-t border-base-300 pt-4" aria-live="polite">
                <p class="muted text-sm">{ label }</p>
                <p class={yew::classes!("tabular", "text-5xl", "font-bold", "tracking-tight", class)} data-test={test}>
                    { format::money(amount, locale) }
                </p>
            </div>
        </div>
    }
}

fn confirm(pay: &Pay, standing: &Standing, is_busy: bool, locale: &Locale) -> Html {
    let words = locale.words().pay;
    let (text, can, test) = match standing {
        Standing::Short { .. } => {
            let amount = pay
                .current()
                .map_or(Money::ZERO, |payment| payment.tendered_minor);
            let text = fill(
                words.add_tender,
                &[("amount", &format::money(amount, locale))],
            );
            (text, amount > Money::ZERO, "add-tender")
        }
        Standing::Covered { .. } => (words.confirm.to_owned(), true, "confirm-payment"),
        Standing::AtTerminal { amount } => {
            let amount = format::money(*amount, locale);
            let text = fill(locale.words().card.charge, &[("amount", &amount)]);
            (text, true, "charge-card")
        }
        Standing::Unreadable | Standing::OverCard { .. } | Standing::ReferenceMissing => {
            (words.confirm.to_owned(), false, "confirm-payment")
        }
    };
    html! {
        <button
            type="submit"
            class="btn btn-primary btn-block min-h-16 text-lg font-semibold"
            disabled={!can || is_busy}
            data-test={test}
        >
            if is_busy {
                <span class="loading loading-spinner loading-sm"></span>{ words.completing }
            } else {
                { text }
                <span class="key" aria-hidden="true">{ "↵" }</span>
            }
        </button>
    }
}
