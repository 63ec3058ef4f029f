//! One sale or return in full, as it was decided at the till.

use domain::{
    balance::masked,
    contract::{failure::code, rest::DocumentDetail},
    money::Money,
    sale::{DocumentKind, TenderCode},
};
use yew::{Callback, Html, Properties, component, html, use_effect_with};
use yew_router::prelude::Link;

use super::sales::list::table;
use crate::{
    api,
    component::{
        feedback::{Problem, Skeleton},
        icon::{Icon, Shape},
        paper::tender_name,
        price_steps::price_steps,
    },
    format::{self, Locale, time::moment},
    hook::{use_api, use_locale},
    program::console::Route,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct DocumentProps {
    pub id: String,
    pub on_left: Callback<()>,
}

#[component]
pub fn DocumentPage(props: &DocumentProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let found = {
        let id = props.id.clone();
        use_api(Some(props.id.clone()), 0, move || {
            let id = id.clone();
            async move { api::document(&id).await }
        })
    };
    let ended = found
        .failure
        .as_ref()
        .is_some_and(|failure| failure.code == code::UNAUTHORIZED);
    use_effect_with(ended, {
        let on_left = props.on_left.clone();
        move |ended| {
            if *ended {
                on_left.emit(());
            }
        }
    });
    html! {
        <div class="flex flex-col gap-5" data-test="page-document">
            <Link<Route> to={Route::Sales} classes="btn btn-ghost h-11 self-start px-2">
                <Icon shape={Shape::ArrowLeft} class="size-4" />{ words.console.documents }
            </Link<Route>>
            if let Some(failure) = found.failure.clone() {
                <Problem {failure} on_retry={found.again.clone()} />
            } else if let Some(detail) = found.data.as_ref() {
                { head(detail, &locale) }
                <div class="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
                    { lines(detail, &locale) }
                    <div class="flex flex-col gap-5">
                        { sums(detail, &locale) }
                        { facts(detail, &locale) }
                    </div>
                </div>
                if !detail.refunds.is_empty() {
                    <section class="card-surface">
                        <h2 class="p-5 font-semibold">{ words.console.refunds_of }</h2>
                        { table(&detail.refunds, &locale) }
                    </section>
                }
            } else {
                <Skeleton rows=8 />
            }
        </div>
    }
}

fn head(detail: &DocumentDetail, locale: &Locale) -> Html {
    let words = locale.words();
    let document = &detail.document;
    let kind = match document.kind {
        DocumentKind::Receipt => words.common.receipt,
        DocumentKind::CreditNote => words.common.credit_note,
    };
    html! {
        <header class="flex flex-wrap items-end gap-4">
            <div class="grow">
                <p class="muted text-sm">{ kind }</p>
                <h1 class="tabular text-2xl font-semibold tracking-tight" data-test="document-number">
                    { &document.number }
                </h1>
                if let (Some(number), Some(id)) = (detail.original_number.as_ref(), document.original_id) {
                    <p class="text-sm">
                        { words.console.original }{ " " }
                        <Link<Route> to={Route::Document { id: id.to_string() }} classes="tabular font-medium text-primary hover:underline">
                            { number }
                        </Link<Route>>
                    </p>
                }
            </div>
            <p class="tabular text-3xl font-bold tracking-tight" data-test="document-total">
                { format::money(document.total_minor, locale) }
            </p>
        </header>
    }
}

fn lines(detail: &DocumentDetail, locale: &Locale) -> Html {
    let words = locale.words().console;
    html! {
        <section class="card-surface overflow-x-auto" tabindex="0" aria-label={words.lines}>
            <table class="table" data-test="document-lines">
                <thead>
                    <tr>
                        <th scope="col">{ words.product }</th>
                        <th scope="col" class="num">{ words.quantity }</th>
                        <th scope="col" class="num">{ words.price }</th>
                        <th scope="col" class="num">{ words.discount }</th>
                        <th scope="col" class="num">{ words.total }</th>
                    </tr>
                </thead>
                <tbody>
                    { for detail.document.lines.iter().map(|line| html! {
                        <tr key={line.n}>
                            <td class="min-w-56">
                                <p class="font-medium">{ &line.name }</p>
                                <p class="muted tabular text-xs">{ &line.sku }</p>
                                if let Some(serial) = &line.details.serial {
                                    <p class="tabular text-xs" data-test="line-serial">
                                        { locale.words().serial.serial }{ " " }{ serial }
                                    </p>
                                }
                                { price_steps(&line.details.steps, locale) }
                            </td>
                            <td class="num">{ format::quantity(line.quantity_milli, locale) }</td>
                            <td class="num">{ format::unit_price(line.unit_price_e4, locale) }</td>
                            <td class="num">
                                if line.discount_minor > Money::ZERO {
                                    { format::money(-line.discount_minor, locale) }
                                }
                            </td>
                            <td class="num font-medium">{ format::money(line.total_minor, locale) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </section>
    }
}

fn pair(label: String, value: Html) -> Html {
    html! {
        <div class="flex items-baseline justify-between gap-4 py-1 text-sm">
            <dt class="muted">{ label }</dt>
            <dd class="tabular min-w-0 text-right">{ value }</dd>
        </div>
    }
}

fn sums(detail: &DocumentDetail, locale: &Locale) -> Html {
    let words = locale.words();
    let document = &detail.document;
    let money = |amount: Money| format::money(amount, locale);
    html! {
        <section class="card-surface p-5">
            <dl>
                { for document.taxes.iter().map(|tax| {
                    let rate = format::rate(tax.rate_ppm, locale);
                    html! {
                        <>
                            { pair(format!("{} ({rate})", words.console.net), money(tax.net_minor).into()) }
                            { pair(fill(words.sell.tax_of, &[("rate", &rate)]), money(tax.tax_minor).into()) }
                        </>
                    }
                }) }
                <div class="mt-1 flex justify-between gap-4 border-t border-base-300 pt-2 font-semibold">
                    <dt>{ words.console.total }</dt>
                    <dd class="num">{ money(document.total_minor) }</dd>
                </div>
            </dl>
            <h2 class="pb-1 pt-5 text-sm font-semibold">{ words.console.payments }</h2>
            <dl>
                { for document.payments.iter().map(|payment| {
                    let name = tender_name(payment.tender, locale);
                    let label = match payment.reference.as_str() {
                        "" => name,
                        code if payment.tender == TenderCode::GIFT_CARD => {
                            format!("{name} {}", masked(code))
                        }
                        reference => format!("{name} {reference}"),
                    };
                    html! {
                        <>
                            { pair(label, money(payment.tendered_minor).into()) }
                            if payment.change_minor > Money::ZERO {
                                { pair(words.console.change.to_owned(), money(-payment.change_minor).into()) }
                            }
                        </>
                    }
                }) }
            </dl>
        </section>
    }
}

fn facts(detail: &DocumentDetail, locale: &Locale) -> Html {
    let words = locale.words();
    let document = &detail.document;
    let offset = document.utc_offset_min;
    let store = detail
        .store
        .as_ref()
        .map_or("", |store| store.name.as_str());
    let till = detail.till_number.map_or_else(String::new, |n| {
        format!(" · {}", fill(words.shop.till, &[("n", &n.to_string())]))
    });
    html! {
        <section class="card-surface p-5">
            <dl>
                { pair(words.console.store.to_owned(), format!("{store}{till}").into()) }
                { pair(words.console.person.to_owned(), (&detail.staff_name).into()) }
                if !detail.customer_name.is_empty() {
                    { pair(words.console.customer.to_owned(), (&detail.customer_name).into()) }
                }
                if !document.reason.is_empty() {
                    { pair(words.sell.refund_reason.to_owned(), (&document.reason).into()) }
                }
                { pair(words.console.sold_at.to_owned(), moment(document.wall_ms, offset, locale).into()) }
                { pair(words.console.received.to_owned(), moment(detail.received_ms, offset, locale).into()) }
            </dl>
            <h2 class="pb-1 pt-4 text-sm font-semibold">{ words.console.proof }</h2>
            <p class="muted break-all font-mono text-xs" title={words.console.hash}>{ &detail.hash }</p>
        </section>
    }
}
