//! Carts that were put aside: who parked what, when, and for whom; one key takes one up.

use std::rc::Rc;

use domain::{
    contract::{
        failure::Failure,
        ipc::{DiscardParked, ParkedSummary, ResumeParked, ResumedCart},
    },
    id::{DraftId, OpId},
    sale::parked::ParkedEnding,
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, Properties, UseReducerHandle, classes, component, html, use_effect_with,
    use_memo, use_reducer, use_state,
};

use super::{
    aside::{IN_HAND_ID, InHand, REASON_ID, ReasonForm},
    park::parking,
};
use crate::{
    component::{
        dialog::Dialog,
        feedback::{Empty, Key, Problem, Skeleton},
        icon::{Icon, Shape},
    },
    format::{
        self, Locale,
        time::{clock, day},
    },
    hook::{keyboard::focus, shop::new_draft, use_keydown, use_locale},
    ipc,
    state::{
        cart::Cart,
        shelf::{Shelf, ShelfAction, Step, waits},
    },
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ParkedProps {
    /// What waits; none before the first answer.
    pub list: Option<Rc<Vec<ParkedSummary>>>,
    /// Why it cannot be read.
    pub failure: Option<Failure>,
    pub on_retry: Callback<()>,
    /// The cart in hand.
    pub cart: Cart,
    /// The cart in hand was parked on the way.
    pub on_set_aside: Callback<()>,
    /// A cart was taken up.
    pub on_resumed: Callback<ResumedCart>,
    pub on_close: Callback<()>,
}

#[component]
pub fn ParkedDialog(props: &ParkedProps) -> Html {
    let locale = use_locale();
    let words = locale.words().park;
    let state = use_reducer(Shelf::default);
    // One for all tries: an answer that was lost comes again.
    let draft_id = *use_state(new_draft);
    // Another one for what is let go of, and a new one each time that this is asked.
    let let_go_draft = use_memo(state.step, |_| new_draft());
    let all = props.list.clone().unwrap_or_default();
    let choose = {
        let (state, props) = (state.clone(), props.clone());
        Callback::from(move |parked_id: OpId| {
            if props.cart.needs_parking() {
                state.dispatch(ShelfAction::Ask(Step::ParkFirst(parked_id)));
            } else {
                take_up(&props, &state, draft_id, parked_id);
            }
        })
    };
    {
        let (state, all) = (state.clone(), all.clone());
        use_keydown(move |event| {
            if state.step != Step::Choose {
                return;
            }
            let by = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Delete" => {
                    event.prevent_default();
                    if let Some(row) = state.row(&all).filter(|row| waits(row)) {
                        state.dispatch(ShelfAction::Ask(Step::LetGo(row.parked_id)));
                    }
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            if let Some(row) = state.neighbour(&all, by) {
                state.dispatch(ShelfAction::Mark(row.parked_id));
                focus(&row_id(row.parked_id));
            }
        });
    }
    use_effect_with((props.list.is_some(), state.step), {
        let marked = state.row(&all).map(|row| row.parked_id);
        move |(_, step)| match step {
            Step::Choose => {
                if let Some(parked_id) = marked {
                    focus(&row_id(parked_id));
                }
            }
            Step::ParkFirst(_) => focus(IN_HAND_ID),
            Step::LetGo(_) => focus(REASON_ID),
        }
    });
    let body = if let Some(failure) = props.failure.clone() {
        html! { <div class="p-6"><Problem {failure} on_retry={props.on_retry.clone()} /></div> }
    } else if props.list.is_none() {
        html! { <Skeleton /> }
    } else {
        match state.step {
            Step::LetGo(parked_id) => let_go(&state, *let_go_draft, parked_id, &locale),
            Step::ParkFirst(parked_id) => park_first(props, &state, (draft_id, parked_id), &locale),
            Step::Choose if all.is_empty() => html! {
                <Empty shape={Shape::CircleParking} title={words.none} lead={words.none_lead} />
            },
            Step::Choose => list(&all, &state, &choose, &locale),
        }
    };
    html! {
        <Dialog
            title={words.parked}
            on_close={props.on_close.clone()}
            class="w-[min(46rem,calc(100vw-2rem))]"
            test="dialog-parked"
        >
            { body }
        </Dialog>
    }
}

fn list(
    all: &[ParkedSummary],
    state: &UseReducerHandle<Shelf>,
    choose: &Callback<OpId>,
    locale: &Locale,
) -> Html {
    let marked = state.row(all).map(|row| row.parked_id);
    html! {
        <>
            if let Some(failure) = state.failure.clone() {
                <div class="px-6 pt-4"><Problem {failure} /></div>
            }
            <ul class="max-h-[min(34rem,calc(100vh-9rem))] overflow-y-auto" data-test="parked-list">
                { for all.iter().map(|one| row(one, marked == Some(one.parked_id), state, choose, locale)) }
            </ul>
        </>
    }
}

fn row_id(parked_id: OpId) -> String {
    format!("parked-{parked_id}")
}

fn row(
    one: &ParkedSummary,
    is_marked: bool,
    state: &UseReducerHandle<Shelf>,
    choose: &Callback<OpId>,
    locale: &Locale,
) -> Html {
    let words = locale.words();
    let parked_id = one.parked_id;
    let can_take_up = waits(one);
    let let_go = {
        let state = state.clone();
        Callback::from(move |_| state.dispatch(ShelfAction::Ask(Step::LetGo(parked_id))))
    };
    html! {
        <li
            key={parked_id.to_string()}
            class={classes!(
                "flex", "items-center", "border-b", "border-base-300/70", "pr-3",
                if is_marked { "bg-primary/8 shadow-[inset_3px_0_0_var(--color-primary)]" } else { "hover:bg-base-200" },
            )}
        >
            <button
                id={row_id(parked_id)}
                type="button"
                class="flex min-h-18 min-w-0 grow items-center gap-4 px-6 py-2.5 text-left -outline-offset-2"
                disabled={state.is_busy || !can_take_up}
                data-test="parked-row"
                onclick={choose.reform(move |_| parked_id)}
            >
                <Icon shape={if can_take_up { Shape::CircleParking } else { Shape::TriangleAlert }} class="size-5 opacity-60" />
                <span class="min-w-0 grow">
                    <span class="block truncate font-medium">{ title(one, locale) }</span>
                    <span class="muted tabular block truncate text-xs">{ by_whom(one, locale) }</span>
                    if !can_take_up {
                        <span class="block text-xs text-warning" data-test="parked-twice">
                            { words.park.twice }{ " " }{ ends(one, locale) }
                        </span>
                    }
                </span>
                if one.is_pending {
                    <span role="img" title={words.common.pending_note} aria-label={words.common.pending_note}>
                        <Icon shape={Shape::HardDrive} class="size-4 text-info" />
                    </span>
                }
                <span class="num font-semibold">{ format::money(one.total_minor, locale) }</span>
            </button>
            if can_take_up {
                <button
                    type="button"
                    class="btn btn-ghost gap-2 px-2"
                    title={words.park.let_go}
                    disabled={state.is_busy}
                    data-test="parked-let-go"
                    onclick={let_go}
                >
                    <Icon shape={Shape::Trash2} class="size-4" />
                    <span class="sr-only">{ words.park.let_go }</span>
                    if is_marked { <Key label="Del" /> }
                </button>
            }
        </li>
    }
}

/// What a person knows it by: the note, else the customer, else its goods.
fn title(one: &ParkedSummary, locale: &Locale) -> String {
    let words = locale.words().park;
    let goods = match one.lines.saturating_sub(1) {
        0 => one.first_line.clone(),
        more => {
            let more = more.to_string();
            fill(words.and_more, &[("name", &one.first_line), ("n", &more)])
        }
    };
    let parts = [&one.note, &one.customer_name, &goods];
    let parts: Vec<&str> = (parts.into_iter().map(String::as_str))
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" · ")
}

fn by_whom(one: &ParkedSummary, locale: &Locale) -> String {
    let words = locale.words();
    let mut parts = vec![clock(one.parked_ms, one.utc_offset_min, locale)];
    if one.is_old {
        let date = day(&one.business_date, locale);
        parts.insert(0, fill(words.park.of_day, &[("date", &date)]));
    }
    if let Some(number) = one.till_number {
        parts.push(fill(words.shop.till, &[("n", &number.to_string())]));
    }
    if !one.parked_by.is_empty() {
        parts.push(one.parked_by.clone());
    }
    parts.join(" · ")
}

/// Who took it up where, for the people to settle it.
fn ends(one: &ParkedSummary, locale: &Locale) -> String {
    let words = locale.words();
    let told = one.ends.iter().map(|end| {
        let how = match end.ending {
            ParkedEnding::Resumed => words.park.end_resumed,
            ParkedEnding::Discarded { .. } => words.park.end_discarded,
        };
        let till = (end.till_number).map_or_else(String::new, |number| {
            fill(words.shop.till, &[("n", &number.to_string())])
        });
        let at = clock(end.wall_ms, one.utc_offset_min, locale);
        let parts = [till.as_str(), &end.staff_name, how, &at];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    });
    told.collect::<Vec<String>>().join("; ")
}

fn park_first(
    props: &ParkedProps,
    state: &UseReducerHandle<Shelf>,
    (draft_id, parked_id): (DraftId, OpId),
    locale: &Locale,
) -> Html {
    let on_go = {
        let (props, state) = (props.clone(), state.clone());
        Callback::from(move |()| take_up(&props, &state, draft_id, parked_id))
    };
    let on_back = {
        let state = state.clone();
        Callback::from(move |()| state.dispatch(ShelfAction::Ask(Step::Choose)))
    };
    html! {
        <InHand
            go={locale.words().park.in_hand_go}
            is_busy={state.is_busy}
            failure={state.failure.clone()}
            {on_go}
            {on_back}
        />
    }
}

/// Parks what is in hand, if anything is, and takes the other up.
fn take_up(
    props: &ParkedProps,
    state: &UseReducerHandle<Shelf>,
    draft_id: DraftId,
    parked_id: OpId,
) {
    if state.is_busy {
        return;
    }
    state.dispatch(ShelfAction::Begin);
    let in_hand = (props.cart.needs_parking()).then(|| parking(&props.cart, String::new()));
    let (state, on_resumed) = (state.clone(), props.on_resumed.clone());
    let on_set_aside = props.on_set_aside.clone();
    spawn_local(async move {
        let taken = async {
            if let Some(in_hand) = &in_hand {
                ipc::call(in_hand).await?;
                on_set_aside.emit(());
            }
            let asked = ResumeParked {
                draft_id,
                parked_id,
            };
            ipc::call(&asked).await
        };
        match taken.await {
            Ok(cart) => on_resumed.emit(cart),
            Err(failure) => state.dispatch(ShelfAction::Fail(failure)),
        }
    });
}

/// Asks why it is let go of, and does it.
fn let_go(
    state: &UseReducerHandle<Shelf>,
    draft_id: DraftId,
    parked_id: OpId,
    locale: &Locale,
) -> Html {
    let words = locale.words().park;
    let on_reason = {
        let state = state.clone();
        Callback::from(move |reason: String| {
            state.dispatch(ShelfAction::Begin);
            let command = DiscardParked {
                draft_id,
                parked_id,
                reason,
            };
            let state = state.clone();
            spawn_local(async move {
                state.dispatch(match ipc::call(&command).await {
                    Ok(_) => ShelfAction::Done,
                    Err(failure) => ShelfAction::Fail(failure),
                });
            });
        })
    };
    let on_back = {
        let state = state.clone();
        Callback::from(move |()| state.dispatch(ShelfAction::Ask(Step::Choose)))
    };
    html! {
        <ReasonForm
            title={words.let_go_title}
            go={words.let_go}
            usual={vec![words.reason_left, words.reason_twice]}
            is_busy={state.is_busy}
            failure={state.failure.clone()}
            {on_reason}
            {on_back}
        />
    }
}
