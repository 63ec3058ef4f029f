//! One repair: what it is, what happened to it, what comes next.

use domain::{
    contract::{
        failure::Failure,
        ipc::{GetRepair, MoveRepair, NoteRepair, RepairEventView, RepairView},
    },
    id::RepairId,
    repair::{RepairHappening, RepairState},
};
use wasm_bindgen_futures::spawn_local;
use web_sys::{InputEvent, KeyboardEvent};
use yew::{Callback, Html, Properties, SubmitEvent, classes, component, html, use_state};

use super::{board::device_name, state_name};
use crate::{
    component::{
        feedback::{Problem, Skeleton},
        field::typed,
        icon::{Icon, Shape},
    },
    format::{
        Locale,
        time::{day, moment},
    },
    hook::{Shop, keyboard::is_dialog_open, shop::new_draft, use_ipc, use_keydown, use_locale},
    ipc,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct TicketProps {
    pub repair_id: RepairId,
    pub shop: Shop,
    pub can_work: bool,
    pub on_back: Callback<()>,
}

#[component]
pub fn Ticket(props: &TicketProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let repair_id = props.repair_id;
    let asked = use_ipc(Some(GetRepair { repair_id }), props.shop.changes.repairs);
    let failure = use_state(|| None::<Failure>);
    let note = use_state(String::new);
    let draft_id = use_state(new_draft);
    {
        let on_back = props.on_back.clone();
        use_keydown(move |event: &KeyboardEvent| {
            if event.key() == "Escape" && !is_dialog_open() {
                event.prevent_default();
                on_back.emit(());
            }
        });
    }
    let move_to = {
        let (failure, again) = (failure.clone(), asked.again.clone());
        Callback::from(move |to: RepairState| {
            let (failure, again) = (failure.clone(), again.clone());
            failure.set(None);
            spawn_local(async move {
                let command = MoveRepair {
                    draft_id: new_draft(),
                    repair_id,
                    to,
                };
                failure.set(ipc::call(&command).await.err());
                again.emit(());
            });
        })
    };
    let add_note = {
        let (failure, again) = (failure.clone(), asked.again.clone());
        let (note, draft_id) = (note.clone(), draft_id.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if note.trim().is_empty() {
                return;
            }
            let command = NoteRepair {
                draft_id: *draft_id,
                repair_id,
                text: (*note).clone(),
            };
            let (failure, again) = (failure.clone(), again.clone());
            let (note, draft_id) = (note.clone(), draft_id.clone());
            failure.set(None);
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(_) => {
                        note.set(String::new());
                        draft_id.set(new_draft());
                    }
                    Err(refused) => failure.set(Some(refused)),
                }
                again.emit(());
            });
        })
    };
    let Some(view) = asked.data.as_ref() else {
        return match asked.failure.clone() {
            Some(failure) => {
                html! { <div class="p-6"><Problem {failure} on_retry={asked.again.clone()} /></div> }
            }
            None => html! { <Skeleton /> },
        };
    };
    html! {
        <div class="grid h-full grid-cols-[minmax(0,1fr)] overflow-y-auto md:grid-cols-[minmax(0,1fr)_minmax(21rem,36%)] md:overflow-hidden" data-test="page-ticket">
            <section class="flex flex-col gap-5 p-5 md:min-h-0 md:overflow-y-auto">
                <header class="flex items-center gap-3">
                    <button
                        type="button"
                        class="btn btn-ghost btn-square"
                        aria-label={words.common.back}
                        title={words.common.back}
                        data-test="ticket-back"
                        onclick={props.on_back.reform(|_| ())}
                    >
                        <Icon shape={Shape::ArrowLeft} />
                    </button>
                    <div class="min-w-0 grow">
                        <p class="muted tabular text-sm" data-test="ticket-number">{ &view.repair.number }</p>
                        <h1 class="truncate text-xl font-semibold tracking-tight">{ device_name(&view.repair) }</h1>
                    </div>
                    <span class="badge badge-lg bg-primary/10 font-medium text-primary" data-test="ticket-state" data-state={view.repair.state.name()}>
                        { state_name(view.repair.state, &locale) }
                    </span>
                </header>
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                if props.can_work {
                    { next_steps(view, &move_to, &locale) }
                    <form class="card-surface flex flex-col gap-3 p-4" onsubmit={add_note}>
                        <label for="repair-note" class="text-sm font-medium">{ words.repair.note }</label>
                        <textarea
                            id="repair-note"
                            class="field min-h-20 py-2.5"
                            rows="2"
                            placeholder={words.repair.note_placeholder}
                            value={(*note).clone()}
                            data-test="note"
                            oninput={ { let note = note.clone(); Callback::from(move |event: InputEvent| note.set(typed(&event))) } }
                        />
                        <button type="submit" class="btn self-end h-11" disabled={note.trim().is_empty()} data-test="note-add">
                            <Icon shape={Shape::MessageSquare} class="size-4" />{ words.repair.note_add }
                        </button>
                    </form>
                }
                { timeline(view, &locale, props.shop.utc_offset_min) }
            </section>
            { about(view, &locale, props.shop.utc_offset_min) }
        </div>
    }
}

fn next_steps(view: &RepairView, move_to: &Callback<RepairState>, locale: &Locale) -> Html {
    let words = locale.words().repair;
    let next = view.repair.state.next();
    html! {
        <section class="flex flex-col gap-2" aria-label={words.move_to}>
            <h2 class="text-sm font-medium">{ words.move_to }</h2>
            if next.is_empty() {
                <p class="muted text-sm">{ words.no_next }</p>
            }
            <div class="flex flex-wrap gap-2">
                { for next.iter().enumerate().map(|(place, state)| {
                    let state = *state;
                    html! {
                        <button
                            type="button"
                            class={if place == 0 { "btn btn-primary h-12" } else { "btn h-12" }}
                            data-test={format!("move-{}", state.name())}
                            onclick={move_to.reform(move |_| state)}
                        >
                            { state_name(state, locale) }
                        </button>
                    }
                }) }
            </div>
        </section>
    }
}

fn timeline(view: &RepairView, locale: &Locale, utc_offset_min: i32) -> Html {
    let words = locale.words().repair;
    html! {
        <section>
            <h2 class="pb-3 font-semibold">{ words.timeline }</h2>
            <ol class="flex flex-col" data-test="timeline">
                { for view.events.iter().rev().map(|event| happened(event, locale, utc_offset_min)) }
            </ol>
        </section>
    }
}

fn happened(event: &RepairEventView, locale: &Locale, utc_offset_min: i32) -> Html {
    let words = locale.words();
    let (shape, text) = match &event.event.happening {
        RepairHappening::TakenIn { .. } => (Shape::PackagePlus, words.repair.taken_in.to_owned()),
        RepairHappening::Moved { to } => {
            let name = state_name(*to, locale);
            (
                Shape::ChevronRight,
                fill(words.repair.moved, &[("state", name)]),
            )
        }
        RepairHappening::Noted { text } => (Shape::MessageSquare, text.clone()),
    };
    let who = match (event.event.staff_id, event.staff_name.as_str()) {
        (None, _) => words.repair.by_server,
        (Some(_), "") => words.repair.by_unknown,
        (Some(_), name) => name,
    };
    html! {
        <li
            key={event.event.op_id.to_string()}
            class="relative flex gap-4 pb-5 pl-1 before:absolute before:bottom-0 before:left-[1.2rem] before:top-9 before:w-px before:bg-base-300 last:before:hidden"
            data-test="event"
            data-rejected={event.is_rejected.to_string()}
        >
            <span class={classes!(
                "grid", "size-8", "shrink-0", "place-items-center", "rounded-full",
                if event.is_rejected { "bg-warning/15 text-warning" } else { "bg-base-300/70" },
            )}>
                <Icon shape={if event.is_rejected { Shape::TriangleAlert } else { shape }} class="size-4" />
            </span>
            <div class="min-w-0 pt-1">
                <p class={classes!("whitespace-pre-line", "text-sm", event.is_rejected.then_some("line-through opacity-70"))}>{ text }</p>
                if event.is_rejected {
                    <p class="text-sm text-warning">{ words.repair.rejected }</p>
                }
                <p class="muted tabular mt-0.5 flex items-center gap-1.5 text-xs">
                    { who }{ " · " }{ moment(event.event.wall_ms, utc_offset_min, locale) }
                    if event.is_pending {
                        <span role="img" title={words.common.pending_note} aria-label={words.common.pending_note}>
                            <Icon shape={Shape::HardDrive} class="size-3.5 text-info" />
                        </span>
                    }
                </p>
            </div>
        </li>
    }
}

fn about(view: &RepairView, locale: &Locale, utc_offset_min: i32) -> Html {
    let words = locale.words();
    let repair = &view.repair;
    let row = |label: &'static str, value: &str| {
        if value.is_empty() {
            return Html::default();
        }
        html! {
            <div class="py-2.5">
                <dt class="muted text-xs">{ label }</dt>
                <dd class="mt-0.5 whitespace-pre-line text-sm font-medium">{ value.to_owned() }</dd>
            </div>
        }
    };
    let promised = repair
        .promised_date
        .as_deref()
        .map_or_else(String::new, |promised| day(promised, locale));
    html! {
        <aside class="md:min-h-0 md:overflow-y-auto border-l border-base-300 bg-base-100 p-6">
            <section class="pb-4">
                <h2 class="pb-2 font-semibold">{ words.repair.customer }</h2>
                if let Some(customer) = view.customer.as_ref() {
                    <p class="font-medium" data-test="ticket-customer">{ &customer.name }</p>
                    <p class="muted tabular text-sm">{ &customer.phone }</p>
                    <p class="muted text-sm">{ &customer.email }</p>
                } else {
                    <p class="muted text-sm">{ words.repair.no_customer }</p>
                }
            </section>
            <h2 class="border-t border-base-300 pt-4 font-semibold">{ words.repair.device }</h2>
            <dl class="divide-y divide-base-300/70">
                { row(words.repair.kind, kind_name(&repair.device.kind, locale)) }
                { row(words.repair.brand, &repair.device.brand) }
                { row(words.repair.model, &repair.device.model) }
                { row(words.repair.serial, &repair.device.serial) }
                { row(words.repair.fault, &repair.fault) }
                { row(words.repair.accessories, &repair.accessories) }
                { row(words.repair.promised, &promised) }
                { row(words.repair.taken_in, &moment(repair.received_ms, utc_offset_min, locale)) }
            </dl>
        </aside>
    }
}

/// A kind in the person's language when it is one of ours, as written otherwise.
#[must_use]
pub fn kind_name<'a>(kind: &'a str, locale: &Locale) -> &'a str {
    let words = locale.words().repair;
    match kind {
        "phone" => words.kind_phone,
        "laptop" => words.kind_laptop,
        "tablet" => words.kind_tablet,
        "desktop" => words.kind_desktop,
        "console" => words.kind_console,
        "other" => words.kind_other,
        _ => kind,
    }
}
