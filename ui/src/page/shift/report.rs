//! A shift's figures: X while it is open, Z from then on. Every amount comes decided.

use domain::{
    contract::ipc::ShiftReport,
    money::Money,
    shift::{ShiftClosing, ShiftTotals},
};
use yew::{Html, Properties, classes, component, html};

use super::movement_name;
use crate::{
    component::paper::tender_name,
    format::{
        self, Locale,
        time::{clock, day, moment},
    },
    hook::use_locale,
    text::{self, fill},
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ReportProps {
    pub report: ShiftReport,
}

#[component]
pub fn Report(props: &ReportProps) -> Html {
    let locale = use_locale();
    let words = locale.words().shift;
    let report = &props.report;
    if report.is_blind {
        return html! {
            <div class="flex flex-col gap-5" data-test="report-blind">
                <p class="muted text-sm">{ words.blind }</p>
                <div class="grid gap-5 md:grid-cols-2">
                    { drawer(report, &locale) }
                    { moves(report, &locale) }
                </div>
            </div>
        };
    }
    let Some(totals) = report.totals.as_ref() else {
        return html! { <p class="muted text-sm">{ words.elsewhere }</p> };
    };
    let closed = report.shift.closed.as_ref();
    let title = if closed.is_some() {
        words.z_report
    } else {
        words.x_report
    };
    let offset = report.shift.opening.utc_offset_min;
    html! {
        <div class="flex flex-col gap-5" data-test={if closed.is_some() { "report-z" } else { "report-x" }}>
            <div class="flex items-baseline justify-between gap-4">
                <h2 class="text-base font-semibold">{ title }</h2>
                <p class="muted tabular text-sm">
                    { day(&report.shift.opening.business_date, &locale) }
                    if let Some(closed) = closed {
                        { " · " }{ moment(closed.by.wall_ms, offset, &locale) }
                        if !report.closed_by.is_empty() {
                            { " · " }{ &report.closed_by }
                        }
                    }
                </p>
            </div>
            { figures(totals, &locale) }
            if let Some(closed) = closed {
                { counted(&closed.closing, &locale) }
            }
            <div class="grid grid-cols-1 gap-5 xl:grid-cols-2">
                { drawer(report, &locale) }
                { tenders(totals, &locale) }
                { taxes(totals, &locale) }
                { numbers(totals, &locale) }
            </div>
            { moves(report, &locale) }
        </div>
    }
}

fn figures(totals: &ShiftTotals, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let figure = |label: &'static str, value: String, note: String, test: &'static str| {
        html! {
            <div class="card-surface px-4 py-3">
                <dt class="muted text-xs">{ label }</dt>
                <dd class="tabular text-xl font-bold tracking-tight" data-test={test}>{ value }</dd>
                <dd class="muted tabular text-xs">{ note }</dd>
            </div>
        }
    };
    let mut sold = format::count(totals.sales, locale);
    if !totals.discount_minor.is_zero() {
        let discount = format::money(totals.discount_minor, locale);
        sold = format!("{sold} · {} {discount}", words.discounts.to_lowercase());
    }
    html! {
        <dl class="grid grid-cols-3 gap-3">
            { figure(words.net, format::money(totals.net(), locale),
                text::counted(words.documents_one, words.documents, totals.documents(), locale), "shift-net") }
            { figure(words.sales, format::money(totals.sales_minor, locale), sold, "shift-sales") }
            { figure(words.refunds, format::money(totals.refunds_minor, locale), format::count(totals.refunds, locale), "shift-refunds") }
        </dl>
    }
}

/// What was counted against what should have been there.
fn counted(closing: &ShiftClosing, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let is_exact = closing.difference_minor.is_zero();
    html! {
        <section class="card-surface overflow-hidden">
            <table class="w-full text-sm">
                <thead class="muted text-xs">
                    <tr>
                        <th class="px-4 py-2 text-left font-medium">{ words.tenders }</th>
                        <th class="px-2 py-2 text-right font-medium">{ words.expected }</th>
                        <th class="px-2 py-2 text-right font-medium">{ words.counted }</th>
                        <th class="px-4 py-2 text-right font-medium">{ words.difference }</th>
                    </tr>
                </thead>
                <tbody>
                    { for closing.counts.iter().map(|count| html! {
                        <tr class="border-t border-base-300/70">
                            <th class="px-4 py-2.5 text-left font-medium">{ tender_name(count.tender, locale) }</th>
                            <td class="num px-2 py-2.5">{ format::money(count.expected_minor, locale) }</td>
                            <td class="num px-2 py-2.5">{ format::money(count.counted_minor, locale) }</td>
                            <td class={classes!("num", "px-4", "py-2.5", "font-semibold", colour(count.difference()))}>
                                { signed(count.difference(), locale) }
                            </td>
                        </tr>
                    }) }
                </tbody>
            </table>
            <p class="flex items-center justify-between border-t border-base-300 px-4 py-3 font-semibold">
                <span>{ if is_exact { words.exact } else { words.difference } }</span>
                <span class={classes!("tabular", "text-lg", colour(closing.difference_minor))} data-test="z-difference">
                    { signed(closing.difference_minor, locale) }
                </span>
            </p>
            if !closing.note.is_empty() {
                <p class="muted border-t border-base-300/70 px-4 py-2.5 text-sm">{ &closing.note }</p>
            }
        </section>
    }
}

const fn colour(difference: Money) -> &'static str {
    if difference.is_zero() {
        "text-success"
    } else if difference.minor() < 0 {
        "text-error"
    } else {
        "text-warning"
    }
}

/// A difference with its sign.
fn signed(amount: Money, locale: &Locale) -> String {
    let text = format::money(amount, locale);
    if amount > Money::ZERO {
        format!("+{text}")
    } else {
        text
    }
}

fn list(title: &'static str, rows: Vec<(String, String)>) -> Html {
    html! {
        <section>
            <h2 class="pb-1 text-sm font-semibold">{ title }</h2>
            <dl class="divide-y divide-base-300/70">
                { for rows.into_iter().map(|(label, value)| html! {
                    <div class="flex justify-between gap-4 py-2 text-sm">
                        <dt class="muted">{ label }</dt>
                        <dd class="tabular text-right font-medium">{ value }</dd>
                    </div>
                }) }
            </dl>
        </section>
    }
}

fn drawer(report: &ShiftReport, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let cash = &report.shift.cash;
    let mut rows = vec![(words.float.to_owned(), report.shift.opening.float_minor)];
    let moved = [
        (words.move_in, cash.in_minor),
        (words.move_out, -cash.out_minor),
        (words.safe_drop, -cash.safe_drop_minor),
        (words.petty_expense, -cash.petty_expense_minor),
    ];
    rows.extend(
        moved
            .into_iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(|(label, amount)| (label.to_owned(), amount)),
    );
    let mut rows: Vec<(String, String)> = rows
        .into_iter()
        .map(|(label, amount)| (label, format::money(amount, locale)))
        .collect();
    if cash.no_sales > 0 {
        rows.push((
            words.no_sales.to_owned(),
            format::count(cash.no_sales, locale),
        ));
    }
    if let Some(expected) = report.expected_minor {
        rows.push((words.expected.to_owned(), format::money(expected, locale)));
    }
    if let Some(closed) = report.shift.closed.as_ref() {
        let left = closed.closing.float_left_minor;
        rows.push((words.float_left.to_owned(), format::money(left, locale)));
    }
    list(words.drawer, rows)
}

fn tenders(totals: &ShiftTotals, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let rows = totals.tenders.iter().map(|one| {
        let name = tender_name(one.tender, locale);
        let net = format::money(totals.net_of(one.tender), locale);
        let value = if one.given_minor.is_zero() {
            net
        } else {
            let given = format::money(one.given_minor, locale);
            format!("{net} ({} {given})", words.given.to_lowercase())
        };
        (name, value)
    });
    let mut rows: Vec<_> = rows.collect();
    if !totals.rounding_minor.is_zero() {
        let rounding = signed(totals.rounding_minor, locale);
        rows.push((words.rounding.to_owned(), rounding));
    }
    list(words.tenders, rows)
}

fn taxes(totals: &ShiftTotals, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let rows = totals.taxes.iter().map(|tax| {
        let net = format::money(tax.net_minor, locale);
        let label = format!(
            "{} · {} {net}",
            format::rate(tax.rate_ppm, locale),
            words.tax_base
        );
        (label, format::money(tax.tax_minor, locale))
    });
    list(words.taxes, rows.collect())
}

fn numbers(totals: &ShiftTotals, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let rows = totals.numbers.iter().map(|one| {
        let range = [("first", one.first.as_str()), ("last", one.last.as_str())];
        let count = format::count(one.documents, locale);
        (fill(words.number_range, &range), count)
    });
    list(words.numbers, rows.collect())
}

fn moves(report: &ShiftReport, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let offset = report.shift.opening.utc_offset_min;
    html! {
        <section>
            <h2 class="pb-1 text-sm font-semibold">{ words.moves }</h2>
            if report.moves.is_empty() {
                <p class="muted text-sm">{ words.no_moves }</p>
            } else {
                <ul class="divide-y divide-base-300/70">
                    { for report.moves.iter().map(|one| html! {
                        <li class="flex items-baseline gap-4 py-2 text-sm">
                            <span class="tabular muted">{ clock(one.wall_ms, offset, locale) }</span>
                            <span class="min-w-0 grow">
                                { movement_name(one.movement, locale) }{ " · " }{ &one.reason }
                                <span class="muted">{ " · " }{ &one.staff_name }</span>
                            </span>
                            <span class="num font-medium">{ format::money(one.amount_minor, locale) }</span>
                        </li>
                    }) }
                </ul>
            }
            if let Some((by, count)) = report.shift.last_count.as_ref() {
                <p class="muted pt-2 text-sm" data-test="last-count">
                    { words.last_count }{ ": " }{ clock(by.wall_ms, offset, locale) }{ " · " }
                    { format::money(count.counted_minor, locale) }
                </p>
            }
        </section>
    }
}
