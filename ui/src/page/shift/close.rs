//! Closing, in two steps and blind: what is in the drawer is counted before anybody says what should
//! be; then what stays, and the rest.

use domain::{
    contract::{
        failure::{Failure, code},
        ipc::{CloseShift, Drawer, ShiftReport},
    },
    id::ShiftId,
    money::Money,
    sale::TenderCode,
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Properties, SubmitEvent, component, html, use_effect_with, use_reducer,
    use_state,
};

use super::{count::CountTable, read_amount};
use crate::{
    component::{dialog::Dialog, feedback::Problem, field::Field, paper::tender_name},
    format,
    hook::{keyboard::focus, shop::new_draft, use_locale},
    ipc,
    page::approval::{ApprovalDialog, asked_for},
    state::count::Count,
    text::fill,
};

const FLOAT_ID: &str = "close-float";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct CloseProps {
    pub drawer: Drawer,
    /// A shift of another till, which is broken or gone.
    #[prop_or_default]
    pub of_lost: Option<ShiftId>,
    pub on_done: Callback<ShiftReport>,
    pub on_close: Callback<()>,
}

#[component]
pub fn CloseDialog(props: &CloseProps) -> Html {
    let locale = use_locale();
    let words = locale.words().shift;
    let count = {
        let values = props.drawer.denominations.clone();
        let currency = locale.currency.clone();
        use_reducer(move || Count::new(&values, &currency))
    };
    let is_counted = use_state(|| false);
    let float = {
        let own = props.drawer.shift.as_ref();
        let report = own.filter(|_| props.of_lost.is_none());
        let opening = report.map(|report| report.shift.opening.float_minor);
        let locale = locale.clone();
        use_state(move || opening.map_or_else(String::new, |it| format::money_typed(it, &locale)))
    };
    let others = {
        let tenders = props.drawer.countable.len();
        use_state(move || vec![String::new(); tenders])
    };
    let note = use_state(String::new);
    let draft_id = use_state(new_draft);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let needs_approval = use_state(|| false);
    use_effect_with(*is_counted, |is_counted| {
        if *is_counted {
            focus(FLOAT_ID);
        }
    });
    let sum = count.sum();
    let float_left = read_amount(&float, &locale);
    let amounts: Option<Vec<(TenderCode, Money)>> = (props.drawer.countable.iter())
        .zip(others.iter())
        .map(|(tender, typed)| Some((tender.code, read_amount(typed, &locale)?)))
        .collect();
    let to_bank = sum.zip(float_left).map(|(sum, left)| sum - left);
    let fits = to_bank.is_some_and(|rest| rest >= Money::ZERO);
    let can_close = fits && amounts.is_some() && !*is_busy;
    let submit = {
        let (count, is_counted, note) = (count.clone(), is_counted.clone(), note.clone());
        let (is_busy, failure) = (is_busy.clone(), failure.clone());
        let needs_approval = needs_approval.clone();
        let (draft_id, on_done) = (*draft_id, props.on_done.clone());
        let of_lost = props.of_lost;
        Callback::from(move |()| {
            let Some(pieces) = count.pieces() else { return };
            if !*is_counted {
                is_counted.set(true);
                return;
            }
            let (Some(float_left_minor), Some(others)) = (float_left, amounts.clone()) else {
                return;
            };
            if !can_close {
                return;
            }
            is_busy.set(true);
            failure.set(None);
            needs_approval.set(false);
            let command = CloseShift {
                draft_id,
                shift_id: of_lost,
                pieces,
                others,
                float_left_minor,
                note: (*note).clone(),
            };
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let (on_done, needs_approval) = (on_done.clone(), needs_approval.clone());
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(report) => on_done.emit(report),
                    Err(refused) => {
                        let is_short = refused.code == code::DIFFERENCE_OVER_LIMIT;
                        needs_approval.set(is_short || asked_for(&refused).is_some());
                        failure.set(Some(refused));
                        is_busy.set(false);
                    }
                }
            });
        })
    };
    let onsubmit = submit.reform(|event: SubmitEvent| event.prevent_default());
    let step = if *is_counted { "2" } else { "1" };
    html! {
        <>
        <Dialog title={words.close_title} on_close={props.on_close.clone()} class="w-[min(42rem,calc(100vw-2rem))]" test="dialog-close-shift">
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <header>
                    <p class="muted text-xs">{ fill(words.step_of, &[("n", step)]) }</p>
                    <h3 class="text-base font-semibold">
                        { if *is_counted { words.step_rest } else { words.step_count } }
                    </h3>
                    if !*is_counted {
                        <p class="muted text-sm">{ words.step_count_lead }</p>
                    }
                </header>
                if *is_counted {
                    <p class="flex items-baseline justify-between rounded-box bg-base-200 px-5 py-3">
                        <span class="text-sm font-medium">{ words.counted }</span>
                        <span class="tabular text-2xl font-bold" data-test="close-counted">
                            { sum.map_or_else(String::new, |sum| format::money(sum, &locale)) }
                        </span>
                    </p>
                    { for props.drawer.countable.iter().enumerate().map(|(place, tender)| {
                        let name = tender_name(tender.code, &locale);
                        let others = others.clone();
                        html! {
                            <Field
                                id={format!("close-{}", tender.code.name())}
                                label={fill(words.counted_of, &[("tender", &name)])}
                                value={others.get(place).cloned().unwrap_or_default()}
                                on_input={Callback::from(move |text: String| {
                                    let mut all = (*others).clone();
                                    if let Some(one) = all.get_mut(place) {
                                        *one = text;
                                    }
                                    others.set(all);
                                })}
                                inputmode="decimal"
                                required=true
                                test={format!("close-{}", tender.code.name())}
                            />
                        }
                    }) }
                    <Field
                        id={FLOAT_ID}
                        label={words.float_left}
                        hint={to_bank.filter(|_| fits).map_or_else(
                            || words.float_left_hint.to_owned(),
                            |rest| format!("{} · {}: {}", words.float_left_hint, words.to_bank, format::money(rest, &locale)),
                        )}
                        wrong={if fits { String::new() } else {
                            fill(words.amount_invalid, &[("example", &format::money_typed(Money::ZERO, &locale))])
                        }}
                        value={(*float).clone()}
                        on_input={ { let float = float.clone(); Callback::from(move |text| float.set(text)) } }
                        inputmode="decimal"
                        required=true
                        replaces=true
                        test="close-float"
                    />
                    <Field
                        id="close-note"
                        label={words.note}
                        placeholder={words.note_hint}
                        value={(*note).clone()}
                        on_input={ { let note = note.clone(); Callback::from(move |text| note.set(text)) } }
                        test="close-note"
                    />
                } else {
                    <CountTable count={count.clone()} />
                }
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <div class="flex gap-3">
                    if *is_counted {
                        <button type="button" class="btn h-13 px-6" data-test="close-back"
                            onclick={ { let is_counted = is_counted.clone(); Callback::from(move |_| is_counted.set(false)) } }>
                            { words.back }
                        </button>
                        <button type="submit" class="btn btn-primary h-13 grow text-base font-semibold" disabled={!can_close} data-test="close-confirm">
                            { words.confirm_close }
                        </button>
                    } else {
                        <button type="submit" class="btn btn-primary h-13 grow text-base font-semibold" disabled={sum.is_none()} data-test="close-next">
                            { words.next }
                        </button>
                    }
                </div>
            </form>
        </Dialog>
        if *needs_approval {
            <ApprovalDialog
                draft_id={*draft_id}
                permissions={vec![Permission::SettleShift]}
                on_approved={submit}
                on_close={ { let needs_approval = needs_approval.clone(); Callback::from(move |()| needs_approval.set(false)) } }
            />
        }
        </>
    }
}
