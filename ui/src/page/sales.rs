//! The console's first page: the day by the hour, its totals, and every sale and return.

pub mod list;

use std::rc::Rc;

use domain::{
    contract::{
        failure::code,
        rest::{DayTotals, Me, SalesByHour},
    },
    money::Money,
    quantity::Quantity,
};
use yew::{Callback, Html, Properties, component, html, use_effect_with, use_state};

use self::list::DocumentList;
use crate::{
    api,
    component::{
        bar_chart::BarChart,
        feedback::{Empty, Problem},
        field::{chosen, typed},
        icon::{Icon, Shape},
    },
    format::{self, Locale, time::week_day},
    hook::{use_api, use_locale},
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SalesProps {
    pub me: Rc<Me>,
    /// The session has ended.
    pub on_left: Callback<()>,
}

#[component]
pub fn SalesPage(props: &SalesProps) -> Html {
    let locale = use_locale();
    let words = locale.words().console;
    let date = use_state(String::new);
    let store = use_state(String::new);
    let report = {
        let (date, store) = ((*date).clone(), (*store).clone());
        use_api(Some(format!("{date}|{store}")), 0, move || {
            let (date, store) = (date.clone(), store.clone());
            async move { api::sales_by_hour(&date, &store).await }
        })
    };
    let ended = report
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
    let shown = report
        .data
        .as_ref()
        .map(|report| report.business_date.clone());
    html! {
        <div class="flex flex-col gap-6" data-test="page-sales">
            <div class="flex flex-wrap items-end gap-3">
                <div class="grow">
                    <h1 class="text-2xl font-semibold tracking-tight">{ words.today }</h1>
                    <p class="muted min-h-6" data-test="business-date">
                        { shown.as_deref().map(|day| week_day(day, &locale)) }
                    </p>
                </div>
                <label class="flex flex-col gap-1 text-xs font-medium">
                    { words.store }
                    <select
                        class="field min-w-44 text-sm"
                        data-test="store-filter"
                        onchange={ { let store = store.clone(); Callback::from(move |event| store.set(chosen(&event))) } }
                    >
                        <option value="" selected={store.is_empty()}>{ words.all_stores }</option>
                        { for props.me.stores.iter().map(|one| {
                            let id = one.store_id.to_string();
                            html! { <option value={id.clone()} selected={*store == id}>{ &one.name }</option> }
                        }) }
                    </select>
                </label>
                <label class="flex flex-col gap-1 text-xs font-medium">
                    { words.date }
                    <input
                        type="date"
                        class="field tabular text-sm"
                        value={if date.is_empty() { shown.unwrap_or_default() } else { (*date).clone() }}
                        data-test="date-filter"
                        oninput={ { let date = date.clone(); Callback::from(move |event| date.set(typed(&event))) } }
                    />
                </label>
                if !date.is_empty() {
                    <button
                        type="button"
                        class="btn btn-ghost h-11"
                        onclick={ { let date = date.clone(); Callback::from(move |_| date.set(String::new())) } }
                    >
                        { words.latest_day }
                    </button>
                }
            </div>
            if let Some(failure) = report.failure.clone() {
                <Problem {failure} on_retry={report.again.clone()} />
            }
            if let Some(report) = report.data.as_ref() {
                { cards(report, &locale) }
                { chart(report, &locale) }
            } else if report.failure.is_none() {
                <div class="grid gap-4 sm:grid-cols-2 lg:grid-cols-4" role="status" aria-label={locale.words().common.loading}>
                    for _ in 0..4 { <div class="skeleton h-28 rounded-box"></div> }
                    <div class="skeleton h-80 rounded-box sm:col-span-2 lg:col-span-4"></div>
                </div>
            }
            <DocumentList me={props.me.clone()} store={(*store).clone()} />
        </div>
    }
}

fn cards(report: &SalesByHour, locale: &Locale) -> Html {
    let words = locale.words().console;
    let (today, before) = (&report.today, &report.compared);
    let average = |totals: &DayTotals| {
        i64::try_from(totals.sales)
            .ok()
            .filter(|sales| *sales > 0)
            .and_then(|sales| domain::money::share(totals.gross_minor, 1, sales).ok())
            .unwrap_or(Money::ZERO)
    };
    let money = |amount: Money| format::money(amount, locale);
    html! {
        <div class="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
            { card(words.gross, money(today.gross_minor), "card-gross",
                change(today.gross_minor.minor(), before.gross_minor.minor(), locale)) }
            { card(words.tickets, format::count(today.sales, locale), "card-sales",
                change(signed(today.sales), signed(before.sales), locale)) }
            { card(words.average, money(average(today)), "card-average",
                change(average(today).minor(), average(before).minor(), locale)) }
            { card(words.refunds, money(today.refunded_minor), "card-refunds", html! {
                <p class="muted tabular text-sm">
                    { words.tax }{ " " }{ money(today.tax_minor) }
                    { " · " }
                    { format::quantity(Quantity(today.units_sold_milli), locale) }{ " " }{ words.units.to_lowercase() }
                </p>
            }) }
        </div>
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn card(label: &'static str, value: String, test: &'static str, note: Html) -> Html {
    html! {
        <section class="card-surface flex flex-col gap-1 p-5">
            <h2 class="muted text-sm font-medium">{ label }</h2>
            <p class="tabular text-3xl font-semibold tracking-tight" data-test={test}>{ value }</p>
            { note }
        </section>
    }
}

/// Percent up or down, whole: an arrow, a word and a colour say the same.
fn change(now: i64, before: i64, locale: &Locale) -> Html {
    let words = locale.words().console;
    let percent = percent_change(now, before);
    let (class, shape, text) = match percent {
        None => ("muted", None, words.no_base.to_owned()),
        Some(0) => ("muted", None, words.same.to_owned()),
        Some(up) if up > 0 => (
            "text-success",
            Some(Shape::ArrowUp),
            fill(words.up, &[("n", &up.to_string())]),
        ),
        Some(down) => (
            "text-warning",
            Some(Shape::ArrowDown),
            fill(words.down, &[("n", &down.unsigned_abs().to_string())]),
        ),
    };
    html! {
        <p class={yew::classes!("flex", "items-center", "gap-1", "text-sm", class)}>
            if let Some(shape) = shape { <Icon {shape} class="size-4" /> }
            { text }
        </p>
    }
}

/// Whole percent between two days; none without a day to compare with.
fn percent_change(now: i64, before: i64) -> Option<i64> {
    if before == 0 {
        return None;
    }
    let change = i128::from(now) - i128::from(before);
    i64::try_from(change * 100 / i128::from(before).abs()).ok()
}

fn chart(report: &SalesByHour, locale: &Locale) -> Html {
    let words = locale.words().console;
    let is_quiet = report.today.sales == 0 && report.compared.sales == 0;
    let title = format!(
        "{}, {}",
        words.by_hour,
        week_day(&report.business_date, locale)
    );
    html! {
        <section class="card-surface p-5" aria-labelledby="by-hour">
            <h2 id="by-hour" class="pb-3 font-semibold">{ words.by_hour }</h2>
            if is_quiet {
                <Empty shape={Shape::ChartColumn} title={words.no_sales_day} lead={words.no_sales_day_lead} />
            } else {
                <BarChart
                    hours={report.hours.clone()}
                    {title}
                    today={week_day(&report.business_date, locale)}
                    compared={week_day(&report.compared_date, locale)}
                />
            }
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_is_told_in_whole_percent_and_not_without_a_base() {
        assert_eq!(percent_change(150, 100), Some(50));
        assert_eq!(percent_change(50, 100), Some(-50));
        assert_eq!(percent_change(100, 100), Some(0));
        assert_eq!(percent_change(100, 0), None);
    }
}
