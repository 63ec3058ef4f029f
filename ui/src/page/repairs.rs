//! The bench: a board of six columns, a ticket, and the intake.

pub mod board;
pub mod intake;
pub mod ticket;

use domain::{
    contract::{
        failure::Failure,
        ipc::{ListRepairs, MoveRepair},
    },
    id::RepairId,
    repair::{BOARD, Repair, RepairState},
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, component, html, use_effect_with, use_state};

use self::{board::Board, intake::IntakeDialog, ticket::Ticket};
use crate::{
    component::{
        dialog::Dialog,
        feedback::{Empty, Key, Problem, Skeleton},
        icon::{Icon, Shape},
    },
    format::Locale,
    hook::{
        Shop, keyboard::is_dialog_open, shop::new_draft, use_ipc, use_keydown, use_locale,
        use_scanner,
    },
    ipc,
    text::fill,
};

/// What opens from outside of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepairWish {
    Intake,
}

/// A state's name.
#[must_use]
pub fn state_name(state: RepairState, locale: &Locale) -> &'static str {
    use RepairState as S;
    let words = locale.words().repair;
    match state {
        S::Received => words.received,
        S::Diagnosing => words.diagnosing,
        S::AwaitingApproval => words.awaiting_approval,
        S::Approved => words.approved,
        S::AwaitingParts => words.awaiting_parts,
        S::Repairing => words.repairing,
        S::QualityCheck => words.quality_check,
        S::Ready => words.ready,
        S::Delivered => words.delivered,
        S::Declined => words.declined,
        S::Unrepairable => words.unrepairable,
        S::Cancelled => words.cancelled,
        S::Abandoned => words.abandoned,
    }
}

/// The states of a column that the repair may go to by hand.
#[must_use]
pub fn targets(from: RepairState, column: usize) -> Vec<RepairState> {
    let Some((_, states)) = BOARD.get(column) else {
        return Vec::new();
    };
    let next = from.next().iter().copied();
    next.filter(|state| states.contains(state)).collect()
}

#[derive(Debug, Clone, PartialEq)]
enum Over {
    Nothing,
    Intake,
    Choose(Box<Repair>, Vec<RepairState>),
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct RepairsProps {
    pub shop: Shop,
    pub now_ms: i64,
    #[prop_or_default]
    pub wish: Option<(u32, RepairWish)>,
}

#[component]
pub fn RepairsPage(props: &RepairsProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let opened = use_state(|| None::<RepairId>);
    let over = use_state(|| Over::Nothing);
    let shows_closed = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let said = use_state(String::new);
    let version = props.shop.changes.repairs;
    let open_repairs = use_ipc(Some(ListRepairs { states: Vec::new() }), version);
    let closed = BOARD.last().map_or(&[][..], |(_, states)| *states).to_vec();
    let closed_repairs = use_ipc(
        shows_closed.then_some(ListRepairs { states: closed }),
        version,
    );
    use_effect_with(props.wish, {
        let over = over.clone();
        move |wish| {
            if wish.is_some() {
                over.set(Over::Intake);
            }
        }
    });
    let may = props.shop.may(Permission::WorkRepair);
    let all: Vec<Repair> = [&open_repairs.data, &closed_repairs.data]
        .into_iter()
        .flatten()
        .flat_map(|repairs| repairs.iter().cloned())
        .collect();
    let go = {
        let (failure, said, over) = (failure.clone(), said.clone(), over.clone());
        let (again, closed_again) = (open_repairs.again.clone(), closed_repairs.again.clone());
        let locale = locale.clone();
        Callback::from(move |(repair, to): (Repair, RepairState)| {
            over.set(Over::Nothing);
            failure.set(None);
            let (failure, said) = (failure.clone(), said.clone());
            let (again, closed_again) = (again.clone(), closed_again.clone());
            let name = state_name(to, &locale);
            let text = fill(locale.words().repair.moved, &[("state", name)]);
            spawn_local(async move {
                let command = MoveRepair {
                    draft_id: new_draft(),
                    repair_id: repair.repair_id,
                    to,
                };
                match ipc::call(&command).await {
                    Ok(_) => said.set(format!("{}: {text}", repair.number)),
                    Err(refused) => failure.set(Some(refused)),
                }
                again.emit(());
                closed_again.emit(());
            });
        })
    };
    let drop_on = {
        let (go, over, said) = (go.clone(), over.clone(), said.clone());
        let locale = locale.clone();
        Callback::from(move |(repair, column): (Repair, usize)| {
            let mut states = targets(repair.state, column);
            match states.len() {
                0 => {
                    let from = state_name(repair.state, &locale);
                    said.set(fill(locale.words().repair.cannot_drop, &[("from", from)]));
                }
                1 => {
                    if let Some(to) = states.pop() {
                        go.emit((repair, to));
                    }
                }
                _ => over.set(Over::Choose(Box::new(repair), states)),
            }
        })
    };
    use_scanner(*over == Over::Nothing, {
        let (opened, all) = (opened.clone(), all.clone());
        Callback::from(move |code: String| {
            if let Some(repair) = all
                .iter()
                .find(|repair| repair.number.eq_ignore_ascii_case(&code))
            {
                opened.set(Some(repair.repair_id));
            }
        })
    });
    {
        let over = over.clone();
        use_keydown(move |event| {
            if event.key() == "F2" && may && !is_dialog_open() {
                event.prevent_default();
                over.set(Over::Intake);
            }
        });
    }
    let close = {
        let over = over.clone();
        Callback::from(move |()| over.set(Over::Nothing))
    };
    if let Some(repair_id) = *opened {
        return html! {
            <Ticket
                {repair_id}
                shop={props.shop.clone()}
                can_work={may}
                on_back={ { let opened = opened.clone(); Callback::from(move |()| opened.set(None)) } }
            />
        };
    }
    html! {
        <div class="flex h-full flex-col" data-test="page-repairs">
            <header class="flex items-center gap-4 px-5 pb-3 pt-4">
                <h1 class="text-xl font-semibold tracking-tight">{ words.repair.title }</h1>
                <p class="muted min-w-0 grow truncate text-sm" role="status" aria-live="polite" data-test="repair-notice">
                    if said.is_empty() { { words.repair.keys_hint } } else { { &*said } }
                </p>
                if may {
                    <button
                        type="button"
                        class="btn btn-primary h-12"
                        data-test="repair-new"
                        onclick={ { let over = over.clone(); Callback::from(move |_| over.set(Over::Intake)) } }
                    >
                        <Icon shape={Shape::Plus} />{ words.repair.intake }<Key label="F2" />
                    </button>
                }
            </header>
            if let Some(failure) = (*failure).clone() {
                <div class="px-5 pb-3"><Problem {failure} /></div>
            }
            if let Some(failure) = open_repairs.failure.clone() {
                <div class="px-5"><Problem {failure} on_retry={open_repairs.again.clone()} /></div>
            } else if open_repairs.is_first_wait() {
                <Skeleton />
            } else if all.is_empty() && !*shows_closed {
                <Empty shape={Shape::Wrench} title={words.repair.none} lead={words.repair.none_lead}>
                    { closed_button(&shows_closed, words.repair.show_closed) }
                </Empty>
            } else {
                <Board
                    repairs={all}
                    now_ms={props.now_ms}
                    utc_offset_min={props.shop.utc_offset_min}
                    shows_closed={*shows_closed}
                    can_move={may}
                    on_open={ { let opened = opened.clone(); Callback::from(move |id| opened.set(Some(id))) } }
                    on_drop={drop_on}
                    on_closed={ { let shows_closed = shows_closed.clone(); Callback::from(move |()| shows_closed.set(true)) } }
                />
            }
            { match &*over {
                Over::Nothing => Html::default(),
                Over::Intake => html! {
                    <IntakeDialog
                        shop={props.shop.clone()}
                        on_close={close}
                        on_done={ {
                            let (over, opened) = (over.clone(), opened.clone());
                            Callback::from(move |id: RepairId| {
                                over.set(Over::Nothing);
                                opened.set(Some(id));
                            })
                        } }
                    />
                },
                Over::Choose(repair, states) => choose(repair, states, &go, &close, &locale),
            } }
        </div>
    }
}

fn closed_button(shows_closed: &yew::UseStateHandle<bool>, label: &'static str) -> Html {
    let shows_closed = shows_closed.clone();
    html! {
        <button
            type="button"
            class="btn btn-ghost mt-2"
            data-test="show-closed"
            onclick={Callback::from(move |_| shows_closed.set(true))}
        >
            { label }
        </button>
    }
}

fn choose(
    repair: &Repair,
    states: &[RepairState],
    go: &Callback<(Repair, RepairState)>,
    close: &Callback<()>,
    locale: &Locale,
) -> Html {
    html! {
        <Dialog
            title={locale.words().repair.choose_state}
            on_close={close.clone()}
            class="w-[min(24rem,calc(100vw-2rem))]"
            test="dialog-choose-state"
        >
            <div class="flex flex-col gap-2 p-5">
                { for states.iter().enumerate().map(|(place, state)| {
                    let state = *state;
                    let repair = repair.clone();
                    html! {
                        <button
                            type="button"
                            class="btn h-13 justify-start"
                            autofocus={place == 0}
                            data-test={format!("move-{}", state.name())}
                            onclick={go.reform(move |_| (repair.clone(), state))}
                        >
                            { state_name(state, locale) }
                        </button>
                    }
                }) }
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_offers_only_what_the_table_allows() {
        assert_eq!(targets(RepairState::Received, 1), [RepairState::Diagnosing]);
        assert_eq!(targets(RepairState::Received, 2), []);
        assert_eq!(
            targets(RepairState::Repairing, 2),
            [RepairState::AwaitingApproval, RepairState::AwaitingParts]
        );
        assert_eq!(targets(RepairState::Delivered, 0), []);
    }
}
