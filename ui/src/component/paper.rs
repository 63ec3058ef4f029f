//! A document as its paper shows it. All figures are the document's own.

use domain::{
    contract::ipc::DocumentView,
    money::Money,
    quantity::Quantity,
    sale::{DocumentKind, TenderCode},
    tax::TaxMode,
};
use yew::{Html, Properties, component, html};

use crate::{
    format::{self, Locale, time::moment},
    hook::use_locale,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct PaperProps {
    pub view: DocumentView,
}

#[component]
pub fn Paper(props: &PaperProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let view = &props.view;
    let document = &view.document;
    let kind = match document.kind {
        DocumentKind::Receipt => words.common.receipt,
        DocumentKind::CreditNote => words.common.credit_note,
    };
    html! {
        <article class="paper mx-auto w-full max-w-80 p-6" data-test="paper" aria-label={kind}>
            if let Some(store) = view.store.as_ref() {
                <header class="text-center">
                    <p class="text-base font-bold">{ &store.name }</p>
                    <p>{ &store.address }</p>
                </header>
            }
            <div class="mt-3 border-y border-dashed border-black/30 py-2">
                <div class="flex justify-between gap-3">
                    <span>{ kind }</span>
                    <span class="tabular font-semibold" data-test="receipt-number">{ &document.number }</span>
                </div>
                if let Some(original) = view.original_number.as_ref() {
                    <p>{ fill(words.sell.of_receipt, &[("number", original)]) }</p>
                }
                <p class="tabular">{ moment(document.wall_ms, document.utc_offset_min, &locale) }</p>
                if !view.customer_name.is_empty() {
                    <p>{ words.sell.customer }{ ": " }{ &view.customer_name }</p>
                }
            </div>
            <ul class="flex flex-col gap-1.5 py-2">
                { for document.lines.iter().map(|line| line_of(line, &locale)) }
            </ul>
            { sums(view, &locale) }
            if !document.reason.is_empty() {
                <p class="mt-2">{ words.sell.refund_reason }{ ": " }{ &document.reason }</p>
            }
            <footer class="mt-3 text-center">
                if !view.staff_name.is_empty() {
                    <p>{ fill(words.sell.served_by, &[("name", &view.staff_name)]) }</p>
                }
                <p>{ words.sell.thanks }</p>
            </footer>
        </article>
    }
}

fn line_of(line: &domain::sale::DocumentLine, locale: &Locale) -> Html {
    let several = line.quantity_milli != Quantity::ONE;
    html! {
        <li key={line.n.to_string()}>
            <div class="flex justify-between gap-3">
                <span class="line-clamp-2">{ &line.name }</span>
                <span class="num">{ format::money(line.total_minor, locale) }</span>
            </div>
            if several || line.discount_minor > Money::ZERO {
                <p class="tabular text-black/65">
                    { format::quantity(line.quantity_milli, locale) }
                    { " × " }
                    { format::unit_price(line.unit_price_e4, locale) }
                    if line.discount_minor > Money::ZERO {
                        { " \u{2212} " }{ format::money(line.discount_minor, locale) }
                    }
                </p>
            }
        </li>
    }
}

fn sums(view: &DocumentView, locale: &Locale) -> Html {
    let words = locale.words();
    let document = &view.document;
    let taxed = document.taxes.iter().filter(|tax| tax.rate_ppm.0 > 0);
    let row = |label: String, amount: Money| {
        html! {
            <div class="flex justify-between gap-3">
                <span>{ label }</span>
                <span class="num">{ format::money(amount, locale) }</span>
            </div>
        }
    };
    html! {
        <div class="border-t border-dashed border-black/30 pt-2">
            if document.tax_mode == TaxMode::Exclusive {
                { row(words.sell.subtotal.to_owned(), document.total_minor - document.tax_minor) }
            }
            { for taxed.map(|tax| {
                let rate = format::rate(tax.rate_ppm, locale);
                let label = fill(words.sell.tax_of, &[("rate", &rate)]);
                let label = if document.tax_mode == TaxMode::Inclusive {
                    format!("{label} ({})", words.sell.included)
                } else {
                    label
                };
                row(label, tax.tax_minor)
            }) }
            <div class="my-1 flex items-baseline justify-between gap-3 text-lg font-bold">
                <span>{ words.sell.total }</span>
                <span class="num" data-test="receipt-total">
                    { format::money(document.total_minor, locale) }
                </span>
            </div>
            if !document.rounding_minor.is_zero() {
                { row(words.shift.rounding.to_owned(), document.rounding_minor) }
            }
            { for document.payments.iter().map(|payment| {
                let name = tender_name(payment.tender, locale);
                let label = if payment.reference.is_empty() {
                    name
                } else {
                    format!("{name} {}", payment.reference)
                };
                html! {
                    <>
                        { row(label, payment.tendered_minor) }
                        if payment.change_minor > Money::ZERO {
                            { row(words.sell.change_due.to_owned(), payment.change_minor) }
                        }
                    </>
                }
            }) }
        </div>
    }
}

/// A tender's name: the owner's, or the word for one that every shop has.
#[must_use]
pub fn tender_name(tender: TenderCode, locale: &Locale) -> String {
    let owned = locale.tenders.iter().find(|(code, _)| *code == tender);
    match owned {
        Some((_, name)) => name.clone(),
        None if tender == TenderCode::CASH => locale.words().common.cash.to_owned(),
        None if tender == TenderCode::CARD => locale.words().common.card.to_owned(),
        None => tender.name().replace('_', " "),
    }
}
