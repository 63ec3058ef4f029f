//! Sales by the hour against a week before: bars with axes that are read at a glance, and the
//! same figures as a table for who cannot see them.

use domain::{contract::rest::HourTotals, money::Money};
use yew::{AttrValue, Html, Properties, component, html};

use crate::{
    format::{self, Locale, time::hour},
    hook::use_locale,
};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 76.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 12.0;

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct BarChartProps {
    pub hours: Vec<HourTotals>,
    pub title: AttrValue,
    pub today: AttrValue,
    pub compared: AttrValue,
}

/// The hours to draw: from the first to the last with a sale on either day, and at least a
/// shop's usual ten to eight.
#[must_use]
pub fn shown(hours: &[HourTotals]) -> Vec<HourTotals> {
    let sold = |hour: &&HourTotals| {
        hour.gross_minor != Money::ZERO || hour.compared_gross_minor != Money::ZERO
    };
    let first = hours.iter().find(sold).map_or(10, |hour| hour.hour.min(10));
    let last = hours
        .iter()
        .rev()
        .find(sold)
        .map_or(19, |hour| hour.hour.max(19));
    let in_view = |hour: &&HourTotals| (first..=last).contains(&hour.hour);
    hours.iter().filter(in_view).copied().collect()
}

/// Round steps of the axis that reach the highest amount: 1, 2 or 5 times a power of ten, of
/// which four to five fit.
#[must_use]
pub fn axis(highest_minor: i64, minor_digits: u8) -> Vec<i64> {
    let unit = 10_i64.pow(u32::from(minor_digits));
    let target = (highest_minor.max(unit) + 3) / 4;
    let mut step = unit;
    'steps: loop {
        for factor in [1, 2, 5] {
            if step.saturating_mul(factor) >= target {
                step = step.saturating_mul(factor);
                break 'steps;
            }
        }
        step = step.saturating_mul(10);
    }
    let mut marks = vec![0];
    while marks
        .last()
        .is_some_and(|last| *last < highest_minor.max(1))
    {
        marks.push(marks.last().map_or(step, |last| last.saturating_add(step)));
    }
    marks
}

#[component]
pub fn BarChart(props: &BarChartProps) -> Html {
    let locale = use_locale();
    let hours = shown(&props.hours);
    let highest = hours
        .iter()
        .flat_map(|hour| [hour.gross_minor.minor(), hour.compared_gross_minor.minor()])
        .max()
        .unwrap_or(0);
    let marks = axis(highest, locale.currency.minor_digits);
    let top = pixels(marks.last().copied().unwrap_or(1).max(1));
    let y = |minor: i64| {
        let share = pixels(minor.max(0)) / top;
        HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)
    };
    let count = u32::try_from(hours.len().max(1)).unwrap_or(1);
    let slot = (WIDTH - LEFT) / f64::from(count);
    let bar = (slot * 0.36).min(26.0);
    html! {
        <figure>
            <div class="flex items-center gap-5 pb-3 text-sm">
                <span class="flex items-center gap-2">
                    <span class="size-3 rounded-sm bg-primary"></span>{ props.today.clone() }
                </span>
                <span class="muted flex items-center gap-2">
                    <span class="size-3 rounded-sm bg-base-content/25"></span>{ props.compared.clone() }
                </span>
            </div>
            // On a phone the drawing scrolls instead of shrinking its words away.
            <div class="overflow-x-auto" role="region" tabindex="0" aria-label={props.title.clone()}>
            <svg
                viewBox={format!("0 0 {WIDTH} {HEIGHT}")}
                class="h-auto w-full min-w-150"
                role="img"
                aria-label={props.title.clone()}
                data-test="chart"
            >
                { for marks.iter().map(|mark| {
                    let at = y(*mark);
                    html! {
                        <>
                            <line
                                x1={LEFT.to_string()} x2={WIDTH.to_string()}
                                y1={at.to_string()} y2={at.to_string()}
                                class="stroke-base-300" stroke-width="1"
                            />
                            <text
                                x={(LEFT - 10.0).to_string()} y={(at + 4.0).to_string()}
                                text-anchor="end" class="tabular fill-base-content/70 text-xs"
                            >
                                { axis_label(*mark, &locale) }
                            </text>
                        </>
                    }
                }) }
                { for (0_u32..).zip(&hours).map(|(place, at)| {
                    let middle = LEFT + slot * (f64::from(place) + 0.5);
                    let every = if count > 14 { 2 } else { 1 };
                    html! {
                        <g key={at.hour}>
                            <title>{ bar_title(at, props, &locale) }</title>
                            // A whole slot to point at, however small the bar.
                            <rect
                                x={(middle - slot / 2.0).to_string()} y={TOP.to_string()}
                                width={slot.to_string()} height={(HEIGHT - BOTTOM - TOP).to_string()}
                                class="fill-transparent hover:fill-base-content/5"
                            />
                            { column(middle - bar - 1.0, bar, y(at.compared_gross_minor.minor()), "pointer-events-none fill-base-content/25") }
                            { column(middle + 1.0, bar, y(at.gross_minor.minor()), "pointer-events-none fill-primary") }
                            if place % every == 0 {
                                <text
                                    x={middle.to_string()} y={(HEIGHT - 8.0).to_string()}
                                    text-anchor="middle" class="tabular fill-base-content/70 text-xs"
                                >
                                    { hour(at.hour, &locale) }
                                </text>
                            }
                        </g>
                    }
                }) }
            </svg>
            </div>
            { table(props, &hours, &locale) }
        </figure>
    }
}

/// A place on the drawing; amounts far beyond 2^53 would be off by a hair's breadth.
#[allow(
    clippy::cast_precision_loss,
    reason = "a drawing has no more than a thousand pixels"
)]
fn pixels(minor: i64) -> f64 {
    minor as f64
}

fn column(x: f64, width: f64, top: f64, class: &'static str) -> Html {
    let height = (HEIGHT - BOTTOM - top).max(0.0);
    html! {
        <rect
            x={x.to_string()} y={top.to_string()} width={width.to_string()}
            height={height.to_string()} rx={if height > 4.0 { "3" } else { "0" }} {class}
        />
    }
}

fn axis_label(minor: i64, locale: &Locale) -> String {
    let text = format::money(Money(minor), locale);
    let zeros = format!(
        "{}{}",
        locale.decimal_mark(),
        "0".repeat(usize::from(locale.currency.minor_digits))
    );
    text.replace(&zeros, "")
}

fn bar_title(at: &HourTotals, props: &BarChartProps, locale: &Locale) -> String {
    format!(
        "{}\n{}: {}\n{}: {}",
        hour(at.hour, locale),
        props.today,
        format::money(at.gross_minor, locale),
        props.compared,
        format::money(at.compared_gross_minor, locale)
    )
}

fn table(props: &BarChartProps, hours: &[HourTotals], locale: &Locale) -> Html {
    let words = locale.words().console;
    html! {
        <details class="mt-2 text-sm">
            <summary class="muted inline-flex min-h-11 items-center">{ words.show_table }</summary>
            <table class="table table-sm mt-1 max-w-2xl" data-test="chart-table">
                <caption class="sr-only">{ props.title.clone() }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ words.hour }</th>
                        <th scope="col" class="num">{ words.tickets }</th>
                        <th scope="col" class="num">{ props.today.clone() }</th>
                        <th scope="col" class="num">{ props.compared.clone() }</th>
                    </tr>
                </thead>
                <tbody>
                    { for hours.iter().map(|at| html! {
                        <tr key={at.hour}>
                            <th scope="row" class="font-normal">{ hour(at.hour, locale) }</th>
                            <td class="num">{ format::count(at.sales, locale) }</td>
                            <td class="num">{ format::money(at.gross_minor, locale) }</td>
                            <td class="num">{ format::money(at.compared_gross_minor, locale) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_round_steps_and_reaches_the_highest_bar() {
        assert_eq!(axis(123_400, 2), [0, 50_000, 100_000, 150_000]);
        assert_eq!(axis(0, 2), [0, 100]);
        assert_eq!(axis(100, 0), [0, 50, 100]);
    }

    #[test]
    fn quiet_hours_at_both_ends_are_left_out() {
        let hours: Vec<HourTotals> = (0..24)
            .map(|hour| HourTotals {
                hour,
                gross_minor: Money(if hour == 21 { 5 } else { 0 }),
                ..HourTotals::default()
            })
            .collect();
        let shown = shown(&hours);
        assert_eq!((shown[0].hour, shown[shown.len() - 1].hour), (10, 21));
    }
}
