//! What waits for the printer and why, and what has come out.

use domain::{
    contract::{
        failure::Failure,
        ipc::{CancelPrint, PrintJob, PrintKind, PrintState, PrinterStatus, RetryPrint},
    },
    receipt::PrintFault,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, component, html, use_state};

use crate::{
    component::{
        feedback::Problem,
        icon::{Icon, Shape},
    },
    format::{Locale, time::ago},
    hook::use_locale,
    ipc,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub(super) struct QueueProps {
    pub status: PrinterStatus,
    pub now_ms: i64,
}

#[component]
pub(super) fn Queue(props: &QueueProps) -> Html {
    let locale = use_locale();
    let words = locale.words().printing;
    let failure = use_state(|| None::<Failure>);
    let retry = {
        let failure = failure.clone();
        Callback::from(move |_| {
            let failure = failure.clone();
            spawn_local(async move {
                failure.set(ipc::call(&RetryPrint {}).await.err());
            });
        })
    };
    let cancel = {
        let failure = failure.clone();
        Callback::from(move |job_id: i64| {
            let failure = failure.clone();
            spawn_local(async move {
                failure.set(ipc::call(&CancelPrint { job_id }).await.err());
            });
        })
    };
    let waiting = &props.status.waiting;
    html! {
        <div class="flex flex-col gap-5">
            <section class="card-surface flex flex-col gap-3 p-5" aria-live="polite" data-test="print-queue">
                <header class="flex items-center gap-3">
                    <h2 class="grow font-semibold">{ words.waiting }</h2>
                    if !waiting.is_empty() {
                        <button type="button" class="btn h-11 gap-2 px-4" data-test="print-retry" onclick={retry}>
                            <Icon shape={Shape::RefreshCw} class="size-4" />{ words.retry }
                        </button>
                    }
                </header>
                if waiting.is_empty() {
                    <p class="muted text-sm">{ words.nothing_waiting }</p>
                } else {
                    <p class="muted text-sm">{ words.safe }</p>
                    <ul class="flex flex-col">
                        { for waiting.iter().map(|job| row(job, Some(&cancel), props.now_ms, &locale)) }
                    </ul>
                }
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
            </section>
            if !props.status.recent.is_empty() {
                <section class="card-surface flex flex-col gap-3 p-5">
                    <h2 class="font-semibold">{ words.recent }</h2>
                    <ul class="flex flex-col" data-test="print-recent">
                        { for props.status.recent.iter().map(|job| row(job, None, props.now_ms, &locale)) }
                    </ul>
                </section>
            }
        </div>
    }
}

fn row(job: &PrintJob, cancel: Option<&Callback<i64>>, now_ms: i64, locale: &Locale) -> Html {
    let words = locale.words().printing;
    let name = match job.kind {
        PrintKind::Test => words.test_page.to_owned(),
        PrintKind::Drawer => words.drawer_job.to_owned(),
        PrintKind::Document if job.is_copy => format!("{} · {}", job.number, words.copy),
        PrintKind::Document => job.number.clone(),
    };
    let state = match job.state {
        PrintState::Waiting => words.state_waiting,
        PrintState::Printing => words.state_printing,
        PrintState::Printed => words.state_printed,
        PrintState::Cancelled => words.state_cancelled,
    };
    let mut about = vec![state.to_owned(), ago(job.queued_ms, now_ms, locale)];
    if !job.staff_name.is_empty() {
        about.push(job.staff_name.clone());
    }
    if job.tries > 1 {
        about.push(fill(words.tries, &[("n", &job.tries.to_string())]));
    }
    let job_id = job.job_id;
    html! {
        <li key={job_id.to_string()} class="flex items-start gap-3 border-t border-base-300/70 py-2.5 first:border-t-0">
            <div class="min-w-0 grow">
                <p class="tabular font-medium">{ name }</p>
                <p class="muted text-xs">{ about.join(" · ") }</p>
                if let Some(fault) = job.fault {
                    <p class="mt-1 flex items-start gap-2 text-sm" title={job.detail.clone()} data-test={format!("print-fault-{}", fault.name())}>
                        <Icon shape={Shape::TriangleAlert} class="mt-0.5 size-4 text-warning" />
                        { sentence(fault, locale) }
                    </p>
                }
            </div>
            if let Some(cancel) = cancel.filter(|_| job.state == PrintState::Waiting) {
                <button
                    type="button"
                    class="btn btn-ghost h-11 px-3 text-sm"
                    data-test={format!("print-cancel-{job_id}")}
                    onclick={cancel.reform(move |_| job_id)}
                >
                    { words.cancel }
                </button>
            }
        </li>
    }
}

fn sentence(fault: PrintFault, locale: &Locale) -> &'static str {
    let words = locale.words().printing;
    match fault {
        PrintFault::Unreachable => words.unreachable,
        PrintFault::OutOfPaper => words.out_of_paper,
        PrintFault::CoverOpen => words.cover_open,
        PrintFault::NotReady => words.not_ready,
        PrintFault::NotTaking => words.not_taking,
        PrintFault::BrokeOff => words.broke_off,
        PrintFault::Unconfirmed => words.unconfirmed,
        PrintFault::Stopped => words.stopped,
        PrintFault::DocumentMissing => words.document_missing,
        PrintFault::Unreadable => words.unreadable,
    }
}
