//! The console's balances: what the shop owes on gift cards and as store credit, what customers owe
//! on account, and who.

use domain::{
    balance::{BalanceId, BalanceKind, masked},
    contract::{
        failure::code,
        rest::{BalanceListed, BalanceSum, BalancesPage as Listed},
    },
    money::Money,
};
use yew::{Callback, Html, Properties, classes, component, html, use_effect_with};

use crate::{
    api,
    component::{
        feedback::{Empty, Problem, Skeleton},
        icon::{Icon, Shape},
    },
    format::{self, Locale},
    hook::{use_api, use_locale},
    text,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct BalancesProps {
    /// The session has ended.
    pub on_left: Callback<()>,
}

#[component]
pub fn BalancesPage(props: &BalancesProps) -> Html {
    let locale = use_locale();
    let words = locale.words().balance;
    let found = use_api(Some(String::new()), 0, api::balances);
    let ended = (found.failure.as_ref()).is_some_and(|failure| failure.code == code::UNAUTHORIZED);
    use_effect_with(ended, {
        let on_left = props.on_left.clone();
        move |ended| {
            if *ended {
                on_left.emit(());
            }
        }
    });
    html! {
        <div class="flex flex-col gap-6" data-test="page-balances">
            <div>
                <h1 class="text-2xl font-semibold tracking-tight">{ words.title }</h1>
                <p class="muted">{ words.list_lead }</p>
            </div>
            if let Some(failure) = found.failure.clone() {
                <Problem {failure} on_retry={found.again.clone()} />
            }
            if let Some(page) = found.data.as_ref() {
                { sums(page, &locale) }
                <section class="card-surface">
                    if page.balances.is_empty() {
                        <Empty shape={Shape::Tag} title={words.none} lead={words.none_lead} />
                    } else {
                        { table(&page.balances, &locale) }
                    }
                </section>
            } else if found.failure.is_none() {
                <section class="card-surface"><Skeleton rows=4 /></section>
            }
        </div>
    }
}

/// One card a kind, also of what nobody has.
fn sums(page: &Listed, locale: &Locale) -> Html {
    html! {
        <div class="grid gap-4 sm:grid-cols-3">
            { for BalanceKind::ALL.into_iter().map(|kind| {
                let sum = page.sums.iter().find(|sum| sum.kind == kind).copied();
                card(sum.unwrap_or(BalanceSum {
                    kind,
                    credit_minor: Money::ZERO,
                    owed_minor: Money::ZERO,
                    balances: 0,
                }), locale)
            }) }
        </div>
    }
}

fn card(sum: BalanceSum, locale: &Locale) -> Html {
    let words = locale.words().balance;
    let (label, amount, other) = match sum.kind {
        BalanceKind::Account => (words.sum_account, sum.owed_minor, sum.credit_minor),
        BalanceKind::GiftCard => (words.sum_gift_card, sum.credit_minor, sum.owed_minor),
        BalanceKind::StoreCredit => (words.sum_store_credit, sum.credit_minor, sum.owed_minor),
    };
    let is_account = sum.kind == BalanceKind::Account;
    let beside = if is_account {
        words.ahead
    } else {
        words.overspent
    };
    html! {
        <section class="card-surface flex flex-col gap-1 p-5">
            <h2 class="muted text-sm">{ label }</h2>
            <p class="tabular text-2xl font-bold tracking-tight" data-test={format!("sum-{}", sum.kind.tender().name())}>
                { format::money(amount, locale) }
            </p>
            <p class="muted text-xs">
                { text::counted(words.balances_one, words.balances, sum.balances, locale) }
                if !other.is_zero() {
                    { " · " }{ text::fill(beside, &[("amount", &format::money(other, locale))]) }
                }
            </p>
        </section>
    }
}

fn table(balances: &[BalanceListed], locale: &Locale) -> Html {
    let words = locale.words().balance;
    html! {
        <div class="overflow-x-auto" role="region" tabindex="0" aria-label={words.list_title}>
            <table class="table" data-test="balances">
                <thead>
                    <tr>
                        <th scope="col">{ words.whose }</th>
                        <th scope="col">{ words.kind }</th>
                        <th scope="col">{ words.last }</th>
                        <th scope="col" class="num">{ words.limit }</th>
                        <th scope="col" class="num">{ words.balance }</th>
                    </tr>
                </thead>
                <tbody>{ for balances.iter().map(|one| row(one, locale)) }</tbody>
            </table>
        </div>
    }
}

fn row(one: &BalanceListed, locale: &Locale) -> Html {
    let words = locale.words().balance;
    let (whose, kind) = match &one.of {
        BalanceId::GiftCard { code } => (masked(code), words.gift_card),
        BalanceId::Account { .. } => (one.customer_name.clone(), words.account),
        BalanceId::StoreCredit { .. } => (one.customer_name.clone(), words.store_credit),
    };
    html! {
        <tr key={one.of.key().to_string()}>
            <td class="font-medium">{ whose }</td>
            <td>{ kind }</td>
            <td class="tabular">{ &one.last_number }</td>
            <td class="num">
                if !one.limit_minor.is_zero() {
                    { format::money(one.limit_minor, locale) }
                }
            </td>
            <td>
                <span class={classes!("num", "flex", "items-center", "justify-end", "gap-2", "font-semibold", one.is_overdrawn.then_some("text-error"))}>
                    if one.is_overdrawn {
                        <Icon shape={Shape::TriangleAlert} class="size-4" />
                        <span class="sr-only">{ words.overdrawn }</span>
                    }
                    { format::money(one.balance_minor, locale) }
                </span>
            </td>
        </tr>
    }
}
