//! Goods received, or what is on hand set right: how many, where, why.

use domain::{
    contract::{
        failure::Failure,
        ipc::{AdjustLine, AdjustStock, ProductView},
    },
    quantity::Quantity,
    staff::Permission,
    stock::{Location, MovementReason},
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, SubmitEvent, component, html, use_state};

use super::place_name;
use crate::{
    component::{
        dialog::Dialog,
        feedback::Problem,
        field::Field,
        segmented::{Choice, Segmented},
    },
    format::{self, Locale},
    hook::{shop::new_draft, use_locale},
    ipc,
    page::approval::{ApprovalDialog, asked_for},
    text::fill,
};

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Receive,
    Adjust,
}

const PLACES: [Location; 3] = [Location::ShopFloor, Location::Bench, Location::Faulty];
/// Why something is adjusted; receiving has its own button.
const REASONS: [MovementReason; 4] = [
    MovementReason::Correction,
    MovementReason::Damaged,
    MovementReason::Lost,
    MovementReason::Found,
];

/// The movement that was typed. Damaged and lost goods leave whatever the sign; found ones come.
fn delta_of(kind: Kind, reason: MovementReason, typed: &str) -> Option<Quantity> {
    let typed = format::parse_quantity(typed)?;
    let count = Quantity(typed.milli().checked_abs()?);
    let delta = match (kind, reason) {
        (Kind::Receive, _) if typed < Quantity::ZERO => return None,
        (Kind::Receive, _) | (Kind::Adjust, MovementReason::Found) => count,
        (Kind::Adjust, MovementReason::Damaged | MovementReason::Lost) => -count,
        (Kind::Adjust, _) => typed,
    };
    (delta != Quantity::ZERO && count.is_sellable()).then_some(delta)
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct AdjustProps {
    pub kind: Kind,
    pub view: ProductView,
    pub on_recorded: Callback<()>,
    pub on_close: Callback<()>,
}

#[component]
pub fn AdjustDialog(props: &AdjustProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let kind = props.kind;
    let count = use_state(String::new);
    let place = use_state(|| 0_usize);
    let reason = use_state(|| MovementReason::Correction);
    let note = use_state(String::new);
    let draft_id = use_state(new_draft);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let location = PLACES.get(*place).copied().unwrap_or(Location::ShopFloor);
    let delta = delta_of(kind, *reason, &count);
    let before: Quantity = props
        .view
        .levels
        .iter()
        .filter(|level| level.location == location)
        .map(|level| level.confirmed_milli + level.pending_milli)
        .sum();
    let asked = use_state(|| None::<Permission>);
    let send = {
        let (note, is_busy, failure) = (note.clone(), is_busy.clone(), failure.clone());
        let (reason, draft_id, asked) = (*reason, *draft_id, asked.clone());
        let product_id = props.view.product.product_id;
        let on_recorded = props.on_recorded.clone();
        Callback::from(move |()| {
            let Some(delta_milli) = delta.filter(|_| !*is_busy) else {
                return;
            };
            is_busy.set(true);
            failure.set(None);
            asked.set(None);
            let command = AdjustStock {
                draft_id,
                reason: match kind {
                    Kind::Receive => MovementReason::Received,
                    Kind::Adjust => reason,
                },
                note: (*note).clone(),
                lines: vec![AdjustLine {
                    product_id,
                    location,
                    delta_milli,
                }],
            };
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let (on_recorded, asked) = (on_recorded.clone(), asked.clone());
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(_) => on_recorded.emit(()),
                    Err(refused) => {
                        match asked_for(&refused) {
                            Some(permission) => asked.set(Some(permission)),
                            None => failure.set(Some(refused)),
                        }
                        is_busy.set(false);
                    }
                }
            });
        })
    };
    let onsubmit = send.reform(|event: SubmitEvent| event.prevent_default());
    let set = |state: &yew::UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |text: String| state.set(text))
    };
    let (title, label, hint) = match kind {
        Kind::Receive => (words.stock.receive_title, words.stock.how_many, ""),
        Kind::Adjust if *reason == MovementReason::Correction => (
            words.stock.adjust_title,
            words.stock.delta,
            words.stock.delta_hint,
        ),
        Kind::Adjust => (words.stock.adjust_title, words.stock.how_many, ""),
    };
    let wrong = if delta.is_none() && !count.trim().is_empty() {
        words.sell.quantity_invalid
    } else {
        ""
    };
    let places = PLACES.map(|place| Choice {
        label: place_name(place, &locale).into(),
        shape: None,
        test: format!("place-{}", place.name()).into(),
    });
    html! {
        <>
        <Dialog {title} on_close={props.on_close.clone()} class="w-[min(30rem,calc(100vw-2rem))]" test="dialog-adjust">
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <p class="text-sm font-medium">{ &props.view.product.name }</p>
                if kind == Kind::Adjust {
                    { reasons(&reason, &locale) }
                }
                <Field
                    id="adjust-count"
                    {label}
                    {hint}
                    {wrong}
                    value={(*count).clone()}
                    on_input={set(&count)}
                    inputmode="decimal"
                    required=true
                    autofocus=true
                    test="adjust-count"
                />
                <div class="flex flex-col gap-1.5">
                    <p class="text-sm font-medium">{ words.stock.location }</p>
                    <Segmented
                        label={words.stock.location}
                        choices={places.to_vec()}
                        chosen={*place}
                        on_choose={ { let place = place.clone(); Callback::from(move |at| place.set(at)) } }
                    />
                </div>
                <Field id="adjust-note" label={words.stock.note} value={(*note).clone()} on_input={set(&note)} test="adjust-note" />
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <div class="flex items-center justify-between gap-4 border-t border-base-300 pt-4">
                    <span class="muted tabular text-sm" aria-live="polite">
                        if let Some(delta) = delta {
                            { fill(words.stock.after, &[("n", &format::quantity(before + delta, &locale))]) }
                        }
                    </span>
                    <button type="submit" class="btn btn-primary h-12 px-6" disabled={delta.is_none() || *is_busy} data-test="adjust-save">
                        { words.stock.record }
                    </button>
                </div>
            </form>
        </Dialog>
        if let Some(permission) = *asked {
            <ApprovalDialog
                draft_id={*draft_id}
                permissions={vec![permission]}
                on_approved={send}
                on_close={ { let asked = asked.clone(); Callback::from(move |()| asked.set(None)) } }
            />
        }
        </>
    }
}

/// A reason's name.
fn reason_name(reason: MovementReason, locale: &Locale) -> &'static str {
    let words = locale.words().stock;
    match reason {
        MovementReason::Damaged => words.damaged,
        MovementReason::Lost => words.lost,
        MovementReason::Found => words.found,
        MovementReason::Received => words.received,
        _ => words.correction,
    }
}

fn reasons(chosen: &yew::UseStateHandle<MovementReason>, locale: &Locale) -> Html {
    let choices = REASONS.map(|reason| Choice {
        label: reason_name(reason, locale).into(),
        shape: None,
        test: format!("reason-{}", reason.name()).into(),
    });
    let choosing = chosen.clone();
    let label = locale.words().stock.reason;
    html! {
        <div class="flex flex-col gap-1.5">
            <p class="text-sm font-medium">{ label }</p>
            <Segmented
                {label}
                choices={choices.to_vec()}
                chosen={REASONS.iter().position(|reason| *reason == **chosen).unwrap_or(0)}
                on_choose={Callback::from(move |place: usize| {
                    if let Some(reason) = REASONS.get(place) {
                        choosing.set(*reason);
                    }
                })}
            />
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_leaves_and_what_is_found_comes_whatever_the_sign() {
        let of = |reason, typed| delta_of(Kind::Adjust, reason, typed);
        assert_eq!(of(MovementReason::Lost, "2"), Some(Quantity::units(-2)));
        assert_eq!(of(MovementReason::Damaged, "-2"), Some(Quantity::units(-2)));
        assert_eq!(of(MovementReason::Found, "2"), Some(Quantity::units(2)));
        assert_eq!(
            of(MovementReason::Correction, "-1,5"),
            Some(Quantity(-1_500))
        );
        assert_eq!(of(MovementReason::Correction, "0"), None);
    }

    #[test]
    fn nothing_negative_is_received() {
        let of = |typed| delta_of(Kind::Receive, MovementReason::Received, typed);
        assert_eq!(of("12"), Some(Quantity::units(12)));
        assert_eq!(of("-1"), None);
    }
}
