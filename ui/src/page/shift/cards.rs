//! Card payments that wait for somebody, at any till of the store, and the last that do not.

use domain::contract::ipc::{CardPaymentView, ListCardPayments};
use yew::{Callback, Html, Properties, classes, component, html};

use crate::{
    component::{
        feedback::Problem,
        icon::{Icon, Shape},
    },
    format::{self, Locale, time::moment},
    hook::{use_ipc, use_locale},
    page::card::CardActions,
    text::fill,
};

/// How many that have ended are shown.
const RECENT: usize = 5;

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct CardsProps {
    pub version: u32,
    pub may_return: bool,
    pub utc_offset_min: i32,
}

/// Nothing in a shop that has no terminal.
#[component]
pub fn CardPaymentsList(props: &CardsProps) -> Html {
    let locale = use_locale();
    let words = locale.words().card;
    let listed = use_ipc(Some(ListCardPayments {}), props.version);
    if let Some(failure) = listed.failure.clone() {
        return html! { <Problem {failure} on_retry={listed.again.clone()} /> };
    }
    let Some(cards) = listed.data.as_ref() else {
        return Html::default();
    };
    if cards.open.is_empty() && cards.recent.is_empty() {
        return Html::default();
    }
    let is_open = !cards.open.is_empty();
    html! {
        <section
            class={classes!("card-surface", "flex", "flex-col", "gap-3", "p-5", is_open.then_some("border-warning/60"))}
            data-test="card-payments"
            data-open={cards.open.len().to_string()}
        >
            <header class="flex items-center gap-3">
                if is_open {
                    <Icon shape={Shape::TriangleAlert} class="size-5 text-warning" />
                }
                <h2 class="text-base font-semibold">{ words.list }</h2>
            </header>
            if is_open {
                <p class="muted text-sm">{ words.list_lead }</p>
                <ul class="flex flex-col" aria-live="polite">
                    { for cards.open.iter().map(|view| open_row(view, props, &listed.again, &locale)) }
                </ul>
            } else {
                <p class="muted text-sm">{ words.none_open }</p>
            }
            if !cards.recent.is_empty() {
                <h3 class="muted pt-1 text-xs font-semibold">{ words.recent }</h3>
                <ul class="flex flex-col" data-test="card-recent">
                    { for cards.recent.iter().take(RECENT).map(|view| html! {
                        <li key={view.payment.card_payment_id.to_string()} class="border-t border-base-300/70 py-2 first:border-t-0">
                            { line(view, props, &locale) }
                        </li>
                    }) }
                </ul>
            }
        </section>
    }
}

fn open_row(
    view: &CardPaymentView,
    props: &CardsProps,
    again: &Callback<()>,
    locale: &Locale,
) -> Html {
    html! {
        <li key={view.payment.card_payment_id.to_string()} class="flex flex-col gap-3 border-t border-base-300/70 py-3 first:border-t-0" data-test="card-open">
            { line(view, props, locale) }
            <CardActions
                view={view.clone()}
                may_return={props.may_return}
                utc_offset_min={props.utc_offset_min}
                on_changed={again.clone()}
            />
        </li>
    }
}

fn line(view: &CardPaymentView, props: &CardsProps, locale: &Locale) -> Html {
    let words = locale.words().card;
    let payment = &view.payment;
    let mut about = vec![moment(payment.started_ms, props.utc_offset_min, locale)];
    if let Some(number) = view.till_number.filter(|_| !view.is_own) {
        about.push(fill(words.elsewhere, &[("n", &number.to_string())]));
    }
    if !view.started_by.is_empty() {
        about.push(view.started_by.clone());
    }
    if !view.document_number.is_empty() {
        about.push(fill(
            words.in_document,
            &[("number", &view.document_number)],
        ));
    } else if !payment.reference().is_empty() {
        about.push(fill(words.code, &[("code", payment.reference())]));
    }
    if payment.settled.is_some() {
        about.push(fill(words.by_hand, &[("name", &view.settled_by)]));
    }
    html! {
        <div class="flex items-baseline gap-4">
            <div class="min-w-0 grow">
                <p class="text-sm font-medium" data-test={format!("card-state-{}", payment.state.name())}>
                    { words.state(payment.state) }
                </p>
                <p class="muted tabular truncate text-xs">{ about.join(" · ") }</p>
            </div>
            <span class="num text-base font-semibold">{ format::money(payment.charge.amount_minor, locale) }</span>
        </div>
    }
}
