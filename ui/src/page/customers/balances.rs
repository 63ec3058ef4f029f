//! What a customer owes and has: the sums, the latest entries, the credit limit, and a correction by
//! whoever may make one.

use domain::{
    balance::{Balance, BalanceEntry, BalanceId, BalanceKind},
    contract::{
        failure::Failure,
        ipc::{BalanceView, ChangeBalance, FindBalances},
    },
    id::CustomerId,
    money::Money,
    replication::body::BalanceChange,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, classes, component, html, use_state};

use crate::{
    component::{
        dialog::Dialog,
        feedback::{Problem, Skeleton},
        field::Field,
        icon::{Icon, Shape},
    },
    format::{self, Locale, plain_number, time::moment},
    hook::{keyboard::focus, shop::new_draft, use_ipc, use_locale},
    ipc,
    page::sell::pay_in::said_of,
    text::fill,
};

const AMOUNT_ID: &str = "balance-amount";
const REASON_ID: &str = "balance-reason";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct BalancesProps {
    pub customer_id: CustomerId,
    pub version: u32,
    /// Whether the person may set limits and correct.
    pub can_manage: bool,
    pub minor_digits: u8,
    pub utc_offset_min: i32,
}

/// What is being changed.
#[derive(Debug, Clone, PartialEq)]
enum Changing {
    Limit(BalanceId),
    Adjust(BalanceId),
}

impl Changing {
    const fn of(&self) -> &BalanceId {
        match self {
            Self::Limit(of) | Self::Adjust(of) => of,
        }
    }
}

#[component]
pub fn Balances(props: &BalancesProps) -> Html {
    let locale = use_locale();
    let words = locale.words().balance;
    let asked = use_ipc(
        Some(FindBalances {
            code: None,
            customer_id: Some(props.customer_id),
        }),
        props.version,
    );
    let changing = use_state(|| None::<Changing>);
    if let Some(failure) = asked.failure.clone() {
        return html! { <Problem {failure} on_retry={asked.again.clone()} /> };
    }
    let Some(views) = asked.data.clone() else {
        return html! { <Skeleton rows=2 /> };
    };
    let change = {
        let changing = changing.clone();
        Callback::from(move |what: Changing| changing.set(Some(what)))
    };
    let close = {
        let changing = changing.clone();
        Callback::from(move |()| changing.set(None))
    };
    let on_saved = {
        let (close, again) = (close.clone(), asked.again.clone());
        Callback::from(move |()| {
            close.emit(());
            again.emit(());
        })
    };
    html! {
        <section class="flex flex-col gap-2" data-test="customer-balances">
            <h3 class="text-sm font-semibold">{ words.title }</h3>
            <div class="divide-y divide-base-300/70 rounded-field border border-base-300">
                { for views.iter().map(|view| balance(view, props, &change, &locale)) }
            </div>
            if let Some(what) = (*changing).clone() {
                <ChangeDialog {what} minor_digits={props.minor_digits} {on_saved} on_close={close} />
            }
        </section>
    }
}

fn name_of(kind: BalanceKind, locale: &Locale) -> &'static str {
    let words = locale.words().balance;
    match kind {
        BalanceKind::Account => words.account,
        BalanceKind::GiftCard => words.gift_card,
        BalanceKind::StoreCredit => words.store_credit,
    }
}

fn balance(
    view: &BalanceView,
    props: &BalancesProps,
    change: &Callback<Changing>,
    locale: &Locale,
) -> Html {
    let words = locale.words().balance;
    let balance = &view.balance;
    let kind = balance.of.kind();
    let is_account = kind == BalanceKind::Account;
    let adjust = {
        let of = balance.of.clone();
        change.reform(move |_| Changing::Adjust(of.clone()))
    };
    let limit = {
        let of = balance.of.clone();
        change.reform(move |_| Changing::Limit(of.clone()))
    };
    html! {
        <div class="flex flex-col gap-2 px-4 py-3" data-test={format!("balance-{}", kind.tender().name())}>
            <div class="flex items-center gap-3">
                <div class="min-w-0 grow">
                    <p class="text-sm font-medium">{ name_of(kind, locale) }</p>
                    if is_account {
                        <p class="muted tabular text-xs" data-test="credit-limit">{ limit_of(balance, locale) }</p>
                    }
                    if view.is_pending {
                        <p class="muted text-xs">{ words.pending }</p>
                    }
                </div>
                <p class={classes!("num", "text-right", "font-semibold", balance.is_overdrawn().then_some("text-error"))} data-test={format!("held-{}", kind.tender().name())}>
                    if is_account && !balance.balance_minor.is_zero() {
                        { said_of(view, locale) }
                    } else {
                        { format::money(balance.balance_minor, locale) }
                    }
                </p>
            </div>
            if props.can_manage {
                <div class="flex flex-wrap gap-2">
                    if is_account {
                        <button type="button" class="btn btn-sm min-h-10" data-test="set-limit" onclick={limit}>{ words.set_limit }</button>
                    }
                    <button type="button" class="btn btn-ghost btn-sm min-h-10" data-test="adjust" onclick={adjust}>{ words.adjust }</button>
                </div>
            }
            if !balance.newest.is_empty() {
                <details>
                    <summary class="flex min-h-9 cursor-pointer items-center gap-1 text-xs font-medium">{ words.entries }<Icon shape={Shape::ChevronDown} class="size-4" /></summary>
                    <ul class="flex flex-col gap-1 pt-1 text-sm">
                        { for balance.newest.iter().rev().map(|one| entry(one, props.utc_offset_min, locale)) }
                    </ul>
                </details>
            }
        </div>
    }
}

fn limit_of(balance: &Balance, locale: &Locale) -> String {
    let words = locale.words().balance;
    if balance.limit_minor.is_zero() {
        return words.no_limit.to_owned();
    }
    let amount = format::money(balance.limit_minor, locale);
    format!("{} {amount}", words.limit)
}

fn entry(one: &BalanceEntry, utc_offset_min: i32, locale: &Locale) -> Html {
    let why = if one.number.is_empty() {
        &one.reason
    } else {
        &one.number
    };
    html! {
        <li class="flex items-baseline gap-3">
            <span class="min-w-0 grow">
                <span class="tabular block truncate">{ why }</span>
                <span class="muted tabular block text-xs">{ moment(one.by.wall_ms, utc_offset_min, locale) }</span>
            </span>
            <span class={classes!("num", "font-medium", (one.delta_minor < Money::ZERO).then_some("text-error"))}>
                { format::money(one.delta_minor, locale) }
            </span>
            <span class="num muted w-24 text-right text-xs">{ format::money(one.after_minor, locale) }</span>
        </li>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct ChangeProps {
    what: Changing,
    minor_digits: u8,
    on_saved: Callback<()>,
    on_close: Callback<()>,
}

#[component]
fn ChangeDialog(props: &ChangeProps) -> Html {
    let locale = use_locale();
    let words = locale.words().balance;
    let typed = use_state(String::new);
    let reason = use_state(String::new);
    let draft_id = use_state(new_draft);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let is_tried = use_state(|| false);
    let is_limit = matches!(props.what, Changing::Limit(_));
    let amount = Money::parse(&plain_number(&typed), props.minor_digits).ok();
    let amount = amount.filter(|amount| {
        if is_limit {
            *amount >= Money::ZERO
        } else {
            !amount.is_zero()
        }
    });
    let onsubmit = {
        let (props, reason) = (props.clone(), reason.clone());
        let (is_busy, failure, is_tried) = (is_busy.clone(), failure.clone(), is_tried.clone());
        let draft_id = *draft_id;
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            is_tried.set(true);
            let Some(amount) = amount.filter(|_| !*is_busy) else {
                return focus(AMOUNT_ID);
            };
            if !is_limit && reason.trim().is_empty() {
                return focus(REASON_ID);
            }
            let change = if is_limit {
                BalanceChange::Limit {
                    limit_minor: amount,
                }
            } else {
                BalanceChange::Adjust {
                    delta_minor: amount,
                    reason: (*reason).clone(),
                }
            };
            let command = ChangeBalance {
                draft_id,
                of: props.what.of().clone(),
                change,
            };
            is_busy.set(true);
            failure.set(None);
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let on_saved = props.on_saved.clone();
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(_) => on_saved.emit(()),
                    Err(refused) => {
                        failure.set(Some(refused));
                        is_busy.set(false);
                    }
                }
            });
        })
    };
    let set = |state: &yew::UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text| state.set(text))
    };
    let title = if is_limit {
        words.limit.to_owned()
    } else {
        let name = name_of(props.what.of().kind(), &locale);
        fill(words.adjust_of, &[("name", name)])
    };
    let wrong = if is_limit {
        words.limit_wrong
    } else {
        words.adjust_wrong
    };
    html! {
        <Dialog {title} on_close={props.on_close.clone()} class="w-[min(28rem,calc(100vw-2rem))]" test="dialog-balance">
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <Field
                    id={AMOUNT_ID}
                    label={words.amount}
                    hint={if is_limit { "" } else { words.adjust_hint }}
                    value={(*typed).clone()}
                    on_input={set(&typed)}
                    wrong={if *is_tried && amount.is_none() { wrong } else { "" }}
                    inputmode="decimal"
                    required=true
                    autofocus=true
                    test="balance-amount"
                />
                if !is_limit {
                    <Field
                        id={REASON_ID}
                        label={words.reason}
                        value={(*reason).clone()}
                        on_input={set(&reason)}
                        required=true
                        test="balance-reason"
                    />
                }
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <button type="submit" class="btn btn-primary h-13" disabled={*is_busy} data-test="balance-save">{ words.save }</button>
            </form>
        </Dialog>
    }
}
