//! The shifts before this one, of every till of the store.

use domain::{
    contract::ipc::{Drawer, GetShiftReport, ListShifts, ShiftReport, ShiftSummary},
    id::ShiftId,
    shift::ShiftState,
};
use yew::{Callback, Html, Properties, component, html, use_state};

use super::{close::CloseDialog, report::Report};
use crate::{
    component::{
        dialog::Dialog,
        feedback::{Problem, Skeleton},
    },
    format::{
        self, Locale,
        time::{clock, day},
    },
    hook::{use_ipc, use_locale},
    text::fill,
};

const SHOWN: u32 = 40;

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct HistoryProps {
    pub version: u32,
    pub on_open: Callback<ShiftId>,
}

#[component]
pub fn History(props: &HistoryProps) -> Html {
    let locale = use_locale();
    let words = locale.words().shift;
    let shifts = use_ipc(Some(ListShifts { limit: SHOWN }), props.version);
    html! {
        <section class="flex flex-col" data-test="shift-history">
            <h2 class="px-5 pb-2 pt-5 text-sm font-semibold">{ words.history }</h2>
            if let Some(failure) = shifts.failure.clone() {
                <div class="px-5"><Problem {failure} on_retry={shifts.again.clone()} /></div>
            } else if let Some(shifts) = shifts.data.as_ref() {
                if shifts.is_empty() {
                    <p class="muted px-5 text-sm">{ words.no_history }</p>
                }
                <ul>
                    { for shifts.iter().map(|shift| line(shift, &props.on_open, &locale)) }
                </ul>
            } else {
                <Skeleton rows={4} />
            }
        </section>
    }
}

fn line(shift: &ShiftSummary, on_open: &Callback<ShiftId>, locale: &Locale) -> Html {
    let words = locale.words().shift;
    let shift_id = shift.shift_id;
    let till = shift.till_number.map_or_else(String::new, |number| {
        fill(words.till, &[("n", &number.to_string())])
    });
    let until = shift.closed_ms.map_or_else(
        || words.still_open.to_owned(),
        |ms| clock(ms, shift.utc_offset_min, locale),
    );
    let from = clock(shift.opened_ms, shift.utc_offset_min, locale);
    let difference = shift.difference_minor.filter(|amount| !amount.is_zero());
    html! {
        <li key={shift_id.to_string()}>
            <button
                type="button"
                class="flex min-h-14 w-full items-center gap-3 border-t border-base-300/70 px-5 py-2.5 text-left hover:bg-base-200"
                data-test="shift-line"
                onclick={on_open.reform(move |_| shift_id)}
            >
                <span class="min-w-0 grow">
                    <span class="block text-sm font-medium">{ day(&shift.business_date, locale) }</span>
                    <span class="muted tabular block truncate text-xs">
                        { [till, format!("{from}–{until}"), shift.opened_by.clone()].join(" · ") }
                    </span>
                </span>
                <span class="text-right">
                    if shift.state == ShiftState::Open {
                        <span class="text-xs font-medium text-success">{ words.still_open }</span>
                    }
                    if let Some(net) = shift.net_minor {
                        <span class="num block text-sm font-semibold">{ format::money(net, locale) }</span>
                    }
                    if let Some(difference) = difference {
                        <span class="num block text-xs text-error">
                            { words.difference }{ " " }{ format::money(difference, locale) }
                        </span>
                    }
                </span>
            </button>
        </li>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct EarlierProps {
    pub shift_id: ShiftId,
    pub drawer: Drawer,
    pub on_close: Callback<()>,
}

/// The report of one of them.
#[component]
pub fn EarlierDialog(props: &EarlierProps) -> Html {
    let locale = use_locale();
    let words = locale.words().shift;
    let shift_id = props.shift_id;
    let asked = use_ipc(Some(GetShiftReport { shift_id }), 0);
    let is_closing = use_state(|| false);
    // One that is open at another till, which may be broken or gone.
    let own = props
        .drawer
        .shift
        .as_ref()
        .map(|report| report.shift.shift_id);
    let is_elsewhere = own != Some(shift_id)
        && (asked.data.as_ref()).is_some_and(|report| report.shift.closed.is_none());
    if *is_closing {
        let again = asked.again.clone();
        let done = is_closing.clone();
        return html! {
            <CloseDialog
                drawer={props.drawer.clone()}
                of_lost={Some(shift_id)}
                on_done={Callback::from(move |_: ShiftReport| { done.set(false); again.emit(()); })}
                on_close={Callback::from(move |()| is_closing.set(false))}
            />
        };
    }
    html! {
        <Dialog title={words.title} on_close={props.on_close.clone()} class="w-[min(46rem,calc(100vw-2rem))]" test="dialog-earlier">
            <div class="p-6">
                if let Some(failure) = asked.failure.clone() {
                    <Problem {failure} on_retry={asked.again.clone()} />
                } else if let Some(report) = asked.data.as_ref() {
                    <Report report={(**report).clone()} />
                    if is_elsewhere {
                        <div class="mt-5 flex flex-col gap-3 border-t border-base-300 pt-5">
                            <p class="muted text-sm">{ words.lost_lead }</p>
                            <button type="button" class="btn h-12 self-start px-5" data-test="close-lost"
                                onclick={Callback::from(move |_| is_closing.set(true))}>
                                { words.lost_close }
                            </button>
                        </div>
                    }
                } else {
                    <Skeleton />
                }
            </div>
        </Dialog>
    }
}
