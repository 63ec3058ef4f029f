//! Money that a customer pays into a balance: a gift card that is sold or topped up, and what is owed
//! on an account. It goes into the cart beside the goods, and one payment takes it all.

use domain::{
    balance::{BalanceKind, gift_code, grouped},
    contract::ipc::{BalanceView, FindBalances},
    customer::Customer,
    id::CustomerId,
    money::Money,
    sale::{TenderCode, TenderedPayment},
};
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_effect_with, use_state};

use crate::{
    component::{
        dialog::Dialog,
        feedback::Problem,
        field::Field,
        icon::{Icon, Shape},
    },
    format::{self, Locale, plain_number},
    hook::{keyboard::focus, shop::new_code, use_dialog_scanner, use_ipc, use_locale},
    text::fill,
};

const CODE_ID: &str = "gift-code";
const AMOUNT_ID: &str = "pay-in-amount";

/// An amount as typed; none if it is none above zero.
fn amount(typed: &str, minor_digits: u8) -> Option<Money> {
    let amount = Money::parse(&plain_number(typed), minor_digits).ok()?;
    (amount > Money::ZERO).then_some(amount)
}

fn amount_wrong(locale: &Locale) -> String {
    let example = format::money_typed(Money(25_00), locale);
    fill(
        locale.words().balance.amount_wrong,
        &[("example", &example)],
    )
}

/// What a balance says of itself, in a line.
#[must_use]
pub fn said_of(view: &BalanceView, locale: &Locale) -> String {
    let words = locale.words().balance;
    let (balance, money) = (&view.balance, |amount| format::money(amount, locale));
    let text = match balance.of.kind() {
        BalanceKind::GiftCard => words.card_holds,
        BalanceKind::StoreCredit => words.has_credit,
        BalanceKind::Account if balance.balance_minor <= Money::ZERO => words.owes,
        BalanceKind::Account => words.ahead,
    };
    let amount = match balance.of.kind() {
        BalanceKind::Account if balance.balance_minor <= Money::ZERO => -balance.balance_minor,
        _ => balance.balance_minor,
    };
    fill(text, &[("amount", &money(amount))])
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct GiftCardProps {
    /// A code that was scanned already.
    #[prop_or_default]
    pub code: String,
    pub minor_digits: u8,
    pub version: u32,
    pub on_add: Callback<TenderedPayment>,
    pub on_close: Callback<()>,
}

/// Sells a gift card, or tops one up.
#[component]
pub fn GiftCardDialog(props: &GiftCardProps) -> Html {
    let locale = use_locale();
    let words = locale.words().balance;
    let code = use_state(|| props.code.clone());
    let typed = use_state(String::new);
    let is_tried = use_state(|| false);
    let known = gift_code(&code).ok();
    let asked = use_ipc(
        known.clone().map(|code| FindBalances {
            code: Some(code),
            customer_id: None,
        }),
        props.version,
    );
    let scan = {
        let code = code.clone();
        Callback::from(move |text: String| {
            code.set(text);
            focus(AMOUNT_ID);
        })
    };
    use_dialog_scanner(true, scan.clone());
    use_effect_with((), {
        let is_given = !props.code.is_empty();
        move |()| focus(if is_given { AMOUNT_ID } else { CODE_ID })
    });
    let paid = amount(&typed, props.minor_digits);
    let onsubmit = {
        let (is_tried, known, on_add) = (is_tried.clone(), known.clone(), props.on_add.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            is_tried.set(true);
            match (known.clone(), paid) {
                (None, _) => focus(CODE_ID),
                (Some(_), None) => focus(AMOUNT_ID),
                (Some(reference), Some(tendered_minor)) => on_add.emit(TenderedPayment {
                    tender: TenderCode::GIFT_CARD,
                    tendered_minor,
                    reference,
                }),
            }
        })
    };
    let set = |state: &yew::UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text| state.set(text))
    };
    let fresh = {
        let scan = scan.clone();
        Callback::from(move |_| {
            if let Some(code) = new_code() {
                scan.emit(grouped(&code));
            }
        })
    };
    html! {
        <Dialog
            title={words.gift_title}
            on_close={props.on_close.clone()}
            class="w-[min(32rem,calc(100vw-2rem))]"
            test="dialog-gift-card"
        >
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <div class="flex items-start gap-3">
                    <div class="grow">
                        <Field
                            id={CODE_ID}
                            label={words.code}
                            hint={words.code_hint}
                            value={(*code).clone()}
                            on_input={set(&code)}
                            wrong={if *is_tried && known.is_none() { words.code_wrong } else { "" }}
                            required=true
                            autofocus=true
                            test="gift-code"
                        />
                    </div>
                    <button type="button" class="btn mt-6.5 h-12" data-test="gift-new-code" onclick={fresh}>
                        { words.new_code }
                    </button>
                </div>
                <p class="min-h-6 text-sm" aria-live="polite" data-test="gift-state">
                    if let (Some(_), Some(found)) = (known.as_ref(), asked.data.as_ref()) {
                        if let Some(view) = found.first() {
                            <span class="font-semibold">{ said_of(view, &locale) }</span>
                            if !view.is_in_touch {
                                <span class="muted">{ " · " }{ words.known_as_of }</span>
                            }
                        } else {
                            <span class="muted">{ words.card_new }</span>
                        }
                    }
                </p>
                if let Some(failure) = asked.failure.clone().filter(|_| known.is_some()) {
                    <Problem {failure} on_retry={asked.again.clone()} />
                }
                <Field
                    id={AMOUNT_ID}
                    label={words.amount}
                    value={(*typed).clone()}
                    on_input={set(&typed)}
                    wrong={if *is_tried && paid.is_none() { amount_wrong(&locale) } else { String::new() }}
                    inputmode="decimal"
                    required=true
                    test="gift-amount"
                />
                <button type="submit" class="btn btn-primary h-13" data-test="gift-add">{ words.add }</button>
            </form>
        </Dialog>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct CollectProps {
    pub customer: Customer,
    pub minor_digits: u8,
    pub version: u32,
    pub on_add: Callback<TenderedPayment>,
    pub on_close: Callback<()>,
}

/// Takes what a customer pays on their account: all that is owed, unless another amount is typed.
#[component]
pub fn CollectDialog(props: &CollectProps) -> Html {
    let locale = use_locale();
    let words = locale.words().balance;
    let typed = use_state(String::new);
    let is_tried = use_state(|| false);
    let asked = use_ipc(
        Some(FindBalances {
            code: None,
            customer_id: Some(props.customer.customer_id),
        }),
        props.version,
    );
    let views = asked.data.as_deref().map_or(&[][..], Vec::as_slice);
    let account = of_kind(views, BalanceKind::Account).cloned();
    let owed = account
        .as_ref()
        .map_or(Money::ZERO, |view| -view.balance.balance_minor);
    let paid = if typed.trim().is_empty() {
        Some(owed).filter(|owed| *owed > Money::ZERO)
    } else {
        amount(&typed, props.minor_digits)
    };
    let is_wanted = use_state(|| false);
    let add = props.on_add.reform(|tendered_minor| TenderedPayment {
        tender: TenderCode::ACCOUNT,
        tendered_minor,
        reference: String::new(),
    });
    let onsubmit = {
        let (is_tried, is_wanted, add) = (is_tried.clone(), is_wanted.clone(), add.clone());
        let is_waiting = typed.trim().is_empty() && asked.data.is_none();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match paid {
                Some(amount) => add.emit(amount),
                // Faster than the answer: it is taken when it comes.
                None if is_waiting => is_wanted.set(true),
                None => {
                    is_tried.set(true);
                    focus(AMOUNT_ID);
                }
            }
        })
    };
    use_effect_with((*is_wanted, owed), move |(is_wanted, owed)| {
        if *is_wanted && *owed > Money::ZERO {
            add.emit(*owed);
        }
    });
    let on_input = {
        let typed = typed.clone();
        Callback::from(move |text| typed.set(text))
    };
    html! {
        <Dialog
            title={fill(words.collect_title, &[("name", &props.customer.name)])}
            on_close={props.on_close.clone()}
            class="w-[min(28rem,calc(100vw-2rem))]"
            test="dialog-collect"
        >
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                if let Some(view) = account.as_ref() {
                    <p class="text-sm font-semibold" data-test="collect-owed">{ said_of(view, &locale) }</p>
                }
                if let Some(failure) = asked.failure.clone() {
                    <Problem {failure} on_retry={asked.again.clone()} />
                }
                <Field
                    id={AMOUNT_ID}
                    label={words.amount}
                    value={(*typed).clone()}
                    {on_input}
                    placeholder={if owed > Money::ZERO { format::money_typed(owed, &locale) } else { String::new() }}
                    wrong={if *is_tried && paid.is_none() { amount_wrong(&locale) } else { String::new() }}
                    inputmode="decimal"
                    required=true
                    autofocus=true
                    test="collect-amount"
                />
                <button type="submit" class="btn btn-primary h-13" data-test="collect-add">{ words.add }</button>
            </form>
        </Dialog>
    }
}

/// The balance of a kind.
#[must_use]
pub fn of_kind(views: &[BalanceView], kind: BalanceKind) -> Option<&BalanceView> {
    views.iter().find(|view| view.balance.of.kind() == kind)
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct BalancesProps {
    pub customer_id: CustomerId,
    pub version: u32,
    /// To the dialog that takes what is owed.
    pub on_collect: Option<Callback<()>>,
}

/// What the cart's customer owes and has, where it is anything.
#[component]
pub fn CustomerBalances(props: &BalancesProps) -> Html {
    let locale = use_locale();
    let words = locale.words().balance;
    let asked = use_ipc(
        Some(FindBalances {
            code: None,
            customer_id: Some(props.customer_id),
        }),
        props.version,
    );
    let views = asked.data.as_deref().map_or(&[][..], Vec::as_slice);
    let told: Vec<&BalanceView> = (views.iter())
        .filter(|view| !view.balance.balance_minor.is_zero())
        .collect();
    if told.is_empty() {
        return Html::default();
    }
    let account = of_kind(views, BalanceKind::Account);
    let owes = account.is_some_and(|view| view.balance.balance_minor < Money::ZERO);
    html! {
        <div class="flex min-h-11 items-center gap-3 border-b border-base-300 bg-base-200/60 pl-5 pr-2 text-sm" data-test="cart-balances">
            <Icon shape={Shape::User} class="size-4 text-primary" />
            <p class="tabular min-w-0 grow font-medium">
                { told.iter().map(|view| said_of(view, &locale)).collect::<Vec<_>>().join(" · ") }
            </p>
            if let Some(on_collect) = props.on_collect.as_ref().filter(|_| owes) {
                <button type="button" class="btn btn-sm min-h-10" data-test="collect" onclick={on_collect.reform(|_| ())}>
                    { words.collect }
                </button>
            }
        </div>
    }
}
