//! The board: six columns of cards, moved by dragging or by keys.

use domain::{
    id::RepairId,
    repair::{BOARD, Repair},
};
use web_sys::{DragEvent, KeyboardEvent};
use yew::{
    Callback, Html, Properties, classes, component, html, use_effect_with, use_mut_ref, use_state,
};

use super::{state_name, targets};
use crate::{
    component::icon::{Icon, Shape},
    format::{
        Locale,
        time::{ago, day, iso_day},
    },
    hook::{keyboard::focus, use_locale},
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct BoardProps {
    pub repairs: Vec<Repair>,
    pub now_ms: i64,
    pub utc_offset_min: i32,
    pub shows_closed: bool,
    pub can_move: bool,
    pub on_open: Callback<RepairId>,
    /// A repair wanted in the column of that place.
    pub on_drop: Callback<(Repair, usize)>,
    pub on_closed: Callback<()>,
}

/// The repairs of each column: overdue first, then those that wait longest.
#[must_use]
pub fn columns(repairs: &[Repair], today: &str) -> Vec<Vec<Repair>> {
    BOARD
        .iter()
        .map(|(_, states)| {
            let mut column: Vec<Repair> = repairs
                .iter()
                .filter(|repair| states.contains(&repair.state))
                .cloned()
                .collect();
            column.sort_by(|a, b| {
                let order = |repair: &Repair| (!is_overdue(repair, today), repair.received_ms);
                order(a).cmp(&order(b))
            });
            column
        })
        .collect()
}

/// Promised for a day before today and not yet ready or gone.
#[must_use]
pub fn is_overdue(repair: &Repair, today: &str) -> bool {
    let is_open = BOARD
        .iter()
        .take(4)
        .any(|(_, states)| states.contains(&repair.state));
    is_open
        && repair
            .promised_date
            .as_deref()
            .is_some_and(|promised| promised < today)
}

fn card_id(repair_id: RepairId) -> String {
    format!("repair-{repair_id}")
}

#[component]
pub fn Board(props: &BoardProps) -> Html {
    let locale = use_locale();
    let words = locale.words().repair;
    let dragged = use_state(|| None::<Repair>);
    let hovered = use_state(|| None::<usize>);
    let current = use_state(|| None::<RepairId>);
    let today = iso_day(props.now_ms, props.utc_offset_min);
    let columns = columns(&props.repairs, &today);
    let titles = [
        words.received_column,
        words.diagnosing_column,
        words.waiting_column,
        words.repairing_column,
        words.ready_column,
        words.closed_column,
    ];
    let first = columns
        .iter()
        .flatten()
        .next()
        .map(|repair| repair.repair_id);
    let reachable = (*current)
        .filter(|id| props.repairs.iter().any(|repair| repair.repair_id == *id))
        .or(first);
    // A card moved by keys is drawn anew in its column: the focus goes with it.
    let moved = use_mut_ref(|| None::<RepairId>);
    use_effect_with(props.repairs.clone(), {
        let moved = moved.clone();
        move |_| {
            if let Some(id) = moved.take() {
                focus(&card_id(id));
            }
        }
    });
    let onkeydown = {
        let (columns, current) = (columns.clone(), current.clone());
        let (on_open, on_drop) = (props.on_open.clone(), props.on_drop.clone());
        let can_move = props.can_move;
        Callback::from(move |event: KeyboardEvent| {
            let Some(id) = reachable else {
                return;
            };
            let Some((x, y)) = place_of(&columns, id) else {
                return;
            };
            let key = event.key();
            if event.shift_key() && can_move && (key == "ArrowRight" || key == "ArrowLeft") {
                event.prevent_default();
                if let Some(repair) = columns.get(x).and_then(|column| column.get(y)) {
                    let to = next_column(repair, x, key == "ArrowRight");
                    moved.replace(Some(repair.repair_id));
                    on_drop.emit((repair.clone(), to));
                }
                return;
            }
            if key == "Enter" {
                event.prevent_default();
                on_open.emit(id);
                return;
            }
            if let Some(next) = neighbour(&columns, x, y, &key) {
                event.prevent_default();
                current.set(Some(next));
                focus(&card_id(next));
            }
        })
    };
    html! {
        <div
            class="grid min-h-0 grow auto-cols-[minmax(8.5rem,1fr)] grid-flow-col gap-2 overflow-x-auto px-4 pb-4"
            aria-label={words.board}
            role="group"
            {onkeydown}
        >
            { for columns.iter().zip(titles).enumerate().map(|(place, (repairs, title))| {
                let is_last = place + 1 == BOARD.len();
                let may_take = dragged.as_ref().is_some_and(|repair| !targets(repair.state, place).is_empty());
                let is_hovered = *hovered == Some(place);
                html! {
                    <section
                        class={classes!(
                            "flex", "min-h-0", "flex-col", "rounded-box", "bg-base-300/45", "transition-shadow",
                            may_take.then_some("ring-1 ring-primary/50"),
                            (may_take && is_hovered).then_some("ring-2! ring-primary!"),
                        )}
                        aria-label={title}
                        data-test={format!("column-{}", BOARD.get(place).map_or("", |(name, _)| name))}
                        ondragover={ {
                            let hovered = hovered.clone();
                            Callback::from(move |event: DragEvent| {
                                event.prevent_default();
                                hovered.set(Some(place));
                            })
                        } }
                        ondrop={ {
                            let (dragged, hovered) = (dragged.clone(), hovered.clone());
                            let on_drop = props.on_drop.clone();
                            Callback::from(move |event: DragEvent| {
                                event.prevent_default();
                                if let Some(repair) = (*dragged).clone() {
                                    on_drop.emit((repair, place));
                                }
                                dragged.set(None);
                                hovered.set(None);
                            })
                        } }
                    >
                        <h2 class="flex items-center gap-2 px-3 py-2.5 text-sm font-semibold">
                            { title }
                            <span class="muted tabular font-normal">{ repairs.len() }</span>
                        </h2>
                        <ul class="flex min-h-0 grow flex-col gap-2 overflow-y-auto px-2 pb-2">
                            { for repairs.iter().map(|repair| card(props, repair, &today, reachable, &dragged, &current, &locale)) }
                            if is_last && !props.shows_closed {
                                <li>
                                    <button
                                        type="button"
                                        class="btn btn-ghost btn-block h-11 text-sm font-normal"
                                        data-test="show-closed"
                                        onclick={props.on_closed.reform(|_| ())}
                                    >
                                        { words.show_closed }
                                    </button>
                                </li>
                            } else if repairs.is_empty() {
                                <li class="muted px-1 py-2 text-xs">{ words.empty_column }</li>
                            }
                        </ul>
                    </section>
                }
            }) }
        </div>
    }
}

fn place_of(columns: &[Vec<Repair>], id: RepairId) -> Option<(usize, usize)> {
    columns.iter().enumerate().find_map(|(x, column)| {
        let y = column.iter().position(|repair| repair.repair_id == id)?;
        Some((x, y))
    })
}

/// The nearest column that way which takes the repair; the neighbour when none does, so that the
/// page can say why not.
fn next_column(repair: &Repair, x: usize, is_right: bool) -> usize {
    let takes = |place: &usize| !targets(repair.state, *place).is_empty();
    if is_right {
        (x + 1..BOARD.len())
            .find(takes)
            .unwrap_or_else(|| (x + 1).min(BOARD.len() - 1))
    } else {
        (0..x)
            .rev()
            .find(takes)
            .unwrap_or_else(|| x.saturating_sub(1))
    }
}

fn neighbour(columns: &[Vec<Repair>], x: usize, y: usize, key: &str) -> Option<RepairId> {
    let at = |x: usize, y: usize| columns.get(x)?.get(y).map(|repair| repair.repair_id);
    let side = |mut all: Box<dyn Iterator<Item = usize>>| {
        let filled = all.find(|x| columns.get(*x).is_some_and(|column| !column.is_empty()))?;
        let last = columns.get(filled)?.len().checked_sub(1)?;
        at(filled, y.min(last))
    };
    match key {
        "ArrowDown" => at(x, y + 1),
        "ArrowUp" => at(x, y.checked_sub(1)?),
        "ArrowRight" => side(Box::new(x + 1..columns.len())),
        "ArrowLeft" => side(Box::new((0..x).rev())),
        _ => None,
    }
}

fn card(
    props: &BoardProps,
    repair: &Repair,
    today: &str,
    reachable: Option<RepairId>,
    dragged: &yew::UseStateHandle<Option<Repair>>,
    current: &yew::UseStateHandle<Option<RepairId>>,
    locale: &Locale,
) -> Html {
    let words = locale.words().repair;
    let id = repair.repair_id;
    let overdue = is_overdue(repair, today);
    let device = device_name(repair);
    let has_several = BOARD
        .iter()
        .any(|(_, states)| states.len() > 1 && states.contains(&repair.state));
    let due = repair
        .promised_date
        .as_deref()
        .map(|promised| day(promised, locale));
    let (on_start, on_end) = (dragged.clone(), dragged.clone());
    let moved = repair.clone();
    let on_focus = current.clone();
    html! {
        <li key={id.to_string()}>
            <button
                id={card_id(id)}
                type="button"
                class={classes!(
                    "card-surface", "flex", "w-full", "flex-col", "gap-1", "p-2.5", "text-left",
                    "hover:border-primary/60", overdue.then_some("border-l-4! border-l-error!"),
                )}
                tabindex={if reachable == Some(id) { "0" } else { "-1" }}
                draggable={props.can_move.to_string()}
                data-test={format!("repair-{}", repair.number)}
                data-state={repair.state.name()}
                onclick={props.on_open.reform(move |_| id)}
                onfocus={Callback::from(move |_| on_focus.set(Some(id)))}
                ondragstart={Callback::from(move |event: DragEvent| {
                    if let Some(data) = event.data_transfer() {
                        // Some browsers start no drag without data.
                        let _ = data.set_data("text/plain", &moved.number);
                    }
                    on_start.set(Some(moved.clone()));
                })}
                ondragend={Callback::from(move |_| on_end.set(None))}
            >
                <span class="muted tabular text-xs">{ &repair.number }</span>
                <span class="text-sm font-medium leading-snug">{ device }</span>
                <span class="muted line-clamp-2 text-xs">{ &repair.fault }</span>
                <span class="flex flex-wrap items-center gap-1.5 pt-0.5">
                    if has_several {
                        <span class="badge badge-sm badge-soft h-auto min-h-5 py-0.5">{ state_name(repair.state, locale) }</span>
                    }
                    if overdue {
                        <span class="flex items-center gap-1 text-xs font-medium text-error">
                            <Icon shape={Shape::TriangleAlert} class="size-3.5" />{ words.overdue }
                        </span>
                    } else if let Some(due) = due {
                        <span class="muted text-xs">{ fill(words.due, &[("date", &due)]) }</span>
                    } else {
                        <span class="muted text-xs">{ ago(repair.received_ms, props.now_ms, locale) }</span>
                    }
                </span>
            </button>
        </li>
    }
}

/// What a device is called: brand and model, or its kind.
#[must_use]
pub fn device_name(repair: &Repair) -> String {
    let device = &repair.device;
    let name = [device.brand.as_str(), device.model.as_str()].join(" ");
    let name = name.trim();
    if name.is_empty() {
        device.kind.clone()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        id::{StoreId, uuid_v7},
        repair::{RepairDevice, RepairState},
    };

    fn repair(n: u8, state: RepairState, received_ms: i64, promised: Option<&str>) -> Repair {
        Repair {
            repair_id: RepairId(uuid_v7(1, [n; 10])),
            store_id: StoreId(uuid_v7(1, [0; 10])),
            number: format!("W{n}"),
            customer_id: None,
            device: RepairDevice::default(),
            fault: String::new(),
            accessories: String::new(),
            promised_date: promised.map(str::to_owned),
            state,
            received_ms,
            changed_ms: received_ms,
            rejected: Vec::new(),
        }
    }

    #[test]
    fn overdue_repairs_lead_their_column() {
        let all = [
            repair(1, RepairState::Repairing, 10, None),
            repair(2, RepairState::Approved, 20, Some("2026-11-20")),
            repair(3, RepairState::Ready, 5, Some("2026-11-20")),
        ];
        let columns = columns(&all, "2026-11-21");
        let names: Vec<&str> = columns[3].iter().map(|r| r.number.as_str()).collect();
        assert_eq!(names, ["W2", "W1"]);
        assert!(!is_overdue(&all[2], "2026-11-21"));
    }

    #[test]
    fn keys_move_to_the_nearest_column_that_takes_the_repair() {
        let received = repair(1, RepairState::Received, 0, None);
        assert_eq!(next_column(&received, 0, true), 1);
        let quality = repair(1, RepairState::QualityCheck, 0, None);
        assert_eq!(next_column(&quality, 3, true), 4);
        assert_eq!(next_column(&quality, 3, false), 2);
    }

    #[test]
    fn arrows_skip_empty_columns() {
        let all = [
            repair(1, RepairState::Received, 0, None),
            repair(2, RepairState::Repairing, 0, None),
        ];
        let columns = columns(&all, "2026-11-21");
        assert_eq!(
            neighbour(&columns, 0, 0, "ArrowRight"),
            Some(all[1].repair_id)
        );
        assert_eq!(neighbour(&columns, 3, 0, "ArrowRight"), None);
    }
}
