//! The console's shifts: what was counted against what should have been there, and what came too late.

use std::rc::Rc;

use domain::contract::{
    failure::code,
    rest::{Me, ShiftListed},
};
use domain::shift::ShiftState;
use yew::{Callback, Html, Properties, classes, component, html, use_effect_with, use_state};
use yew_router::prelude::Link;

use crate::{
    api,
    component::{
        feedback::{Empty, Problem, Skeleton},
        field::chosen,
        icon::{Icon, Shape},
    },
    format::{
        self, Locale,
        time::{clock, day},
    },
    hook::{use_api, use_locale},
    program::console::Route,
    text::{counted, fill},
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ShiftsProps {
    pub me: Rc<Me>,
    /// The session has ended.
    pub on_left: Callback<()>,
}

#[component]
pub fn ShiftsPage(props: &ShiftsProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let store = use_state(String::new);
    let found = {
        let store = (*store).clone();
        use_api(Some(store.clone()), 0, move || {
            let store = store.clone();
            async move { api::shifts(&store).await }
        })
    };
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
        <div class="flex flex-col gap-6" data-test="page-shifts">
            <div class="flex flex-wrap items-end gap-3">
                <div class="grow">
                    <h1 class="text-2xl font-semibold tracking-tight">{ words.shift.list_title }</h1>
                    <p class="muted">{ words.shift.list_lead }</p>
                </div>
                <label class="flex flex-col gap-1 text-xs font-medium">
                    { words.console.store }
                    <select
                        class="field min-w-44 text-sm"
                        data-test="store-filter"
                        onchange={ { let store = store.clone(); Callback::from(move |event| store.set(chosen(&event))) } }
                    >
                        <option value="" selected={store.is_empty()}>{ words.console.all_stores }</option>
                        { for props.me.stores.iter().map(|one| {
                            let id = one.store_id.to_string();
                            html! { <option value={id.clone()} selected={*store == id}>{ &one.name }</option> }
                        }) }
                    </select>
                </label>
            </div>
            if let Some(failure) = found.failure.clone() {
                <Problem {failure} on_retry={found.again.clone()} />
            }
            if let Some(page) = found.data.as_ref() {
                <section class="card-surface">
                    if page.shifts.is_empty() {
                        <Empty shape={Shape::Banknote} title={words.shift.none} lead={words.shift.none_lead} />
                    } else {
                        { table(&page.shifts, &locale) }
                    }
                </section>
            } else if found.failure.is_none() {
                <section class="card-surface"><Skeleton rows=4 /></section>
            }
        </div>
    }
}

fn table(shifts: &[ShiftListed], locale: &Locale) -> Html {
    let words = locale.words().shift;
    html! {
        <div class="overflow-x-auto" role="region" tabindex="0" aria-label={words.list_title}>
            <table class="table" data-test="shifts">
                <thead>
                    <tr>
                        <th>{ words.day }</th>
                        <th>{ words.till_column }</th>
                        <th>{ words.people }</th>
                        <th class="text-right">{ words.net }</th>
                        <th class="text-right">{ words.expected }</th>
                        <th class="text-right">{ words.counted }</th>
                        <th class="text-right">{ words.difference }</th>
                    </tr>
                </thead>
                <tbody>
                    { for shifts.iter().map(|shift| row(shift, locale)) }
                </tbody>
            </table>
        </div>
    }
}

fn row(shift: &ShiftListed, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let money = |amount: Option<domain::money::Money>| {
        amount.map_or_else(String::new, |amount| format::money(amount, locale))
    };
    let offset = shift.utc_offset_min;
    let from = clock(shift.opened_ms, offset, locale);
    let until = shift.closed_ms.map_or_else(
        || words.still_open.to_owned(),
        |ms| clock(ms, offset, locale),
    );
    let people = if shift.closed_by.is_empty() || shift.closed_by == shift.opened_by {
        shift.opened_by.clone()
    } else {
        format!("{} → {}", shift.opened_by, shift.closed_by)
    };
    let till = shift
        .till_number
        .map_or_else(String::new, |number| number.to_string());
    let colour = match shift.difference_minor.map(|amount| amount.minor()) {
        Some(minor) if minor < 0 => "text-error",
        Some(minor) if minor > 0 => "text-warning",
        _ => "",
    };
    html! {
        <tr key={shift.shift_id.to_string()} data-test="shift-row">
            <td>
                <span class="block font-medium">{ day(&shift.business_date, locale) }</span>
                <span class="muted tabular text-xs">{ format!("{from}–{until}") }</span>
            </td>
            <td class="tabular">{ format!("{} · {till}", shift.store_code) }</td>
            <td>
                { people }
                if !shift.note.is_empty() {
                    <span class="muted block text-xs">{ &shift.note }</span>
                }
            </td>
            <td class="num">{ money(shift.net_minor) }</td>
            <td class="num">{ money(shift.expected_minor) }</td>
            <td class="num">{ money(shift.counted_minor) }</td>
            <td>
                <span class={classes!("num", "block", "font-semibold", colour)}>
                    if shift.state == ShiftState::Open {
                        <span class="text-success">{ words.still_open }</span>
                    } else {
                        { money(shift.difference_minor) }
                    }
                </span>
                if !shift.late.is_empty() {
                    <details class="text-xs">
                        <summary class="flex cursor-pointer items-center justify-end gap-1 text-warning" data-test="shift-late">
                            <Icon shape={Shape::TriangleAlert} class="size-4" />
                            { counted(words.late_one, words.late, shift.late.len(), locale) }
                        </summary>
                        <ul>
                            { for shift.late.iter().map(|document| html! {
                                <li class="flex justify-end gap-2">
                                    <Link<Route> to={Route::Document { id: document.document_id.to_string() }} classes="link tabular">
                                        { document.number.clone() }
                                    </Link<Route>>
                                    <span class="num">{ format::money(document.total_minor, locale) }</span>
                                </li>
                            }) }
                        </ul>
                    </details>
                }
                if shift.rejected > 0 {
                    <span class="block text-right text-xs text-warning">
                        { fill(words.rejected, &[("n", &shift.rejected.to_string())]) }
                    </span>
                }
            </td>
        </tr>
    }
}
