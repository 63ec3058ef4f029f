//! Operations that the server holds, each with its reason and the button that tries it again.

use std::rc::Rc;

use domain::contract::{
    failure::Failure,
    rest::{HeldListed, HeldPage},
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, component, html, use_reducer};

use crate::{
    api,
    component::{
        feedback::{Empty, Problem, Skeleton},
        icon::{Icon, Shape},
    },
    format::{
        self, Locale,
        time::{ago, moment},
    },
    hook::{time::offset_min, use_locale},
    state::tills::{Retries, Retry, RetryAction, key},
    text::{failure::sentence, fill},
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct HeldProps {
    pub csrf_token: String,
    pub page: Option<Rc<HeldPage>>,
    pub failure: Option<Failure>,
    pub now_ms: i64,
    /// Something was tried: what is shown is old.
    pub on_retried: Callback<()>,
}

#[component]
pub fn HeldList(props: &HeldProps) -> Html {
    let locale = use_locale();
    let words = locale.words().tills;
    let retries = use_reducer(Retries::default);
    let retry = {
        let retries = retries.dispatcher();
        let (csrf_token, on_retried) = (props.csrf_token.clone(), props.on_retried.clone());
        Callback::from(move |operations: Vec<HeldListed>| {
            let keys: Vec<String> = operations.iter().map(key).collect();
            for key in &keys {
                retries.dispatch(RetryAction::Try(key.clone()));
            }
            let (retries, csrf_token) = (retries.clone(), csrf_token.clone());
            let on_retried = on_retried.clone();
            spawn_local(async move {
                // One after the other: a later one may need what an earlier one brings.
                for key in keys {
                    let answer = api::retry_held(&csrf_token, &key).await;
                    retries.dispatch(RetryAction::Answer(key, answer));
                }
                on_retried.emit(());
            });
        })
    };
    html! {
        <section class="card-surface">
            <div class="flex flex-wrap items-center gap-3 p-5">
                <div class="grow">
                    <h2 class="font-semibold">{ words.held }</h2>
                    if props.page.as_ref().is_some_and(|page| page.count > 0) {
                        <p class="muted max-w-2xl text-sm">{ words.held_lead }</p>
                    }
                    <p class="flex items-center gap-2 text-sm text-success empty:hidden" role="status" data-test="held-applied">
                        if retries.applied > 0 {
                            <Icon shape={Shape::CircleCheck} class="size-4" />
                            { fill(words.applied, &[("n", &format::count(retries.applied, &locale))]) }
                        }
                    </p>
                </div>
                { retry_all(props, retries.is_busy(), &retry, &locale) }
            </div>
            if let Some(failure) = props.failure.clone() {
                <div class="px-5 pb-5"><Problem {failure} on_retry={props.on_retried.clone()} /></div>
            }
            if let Some(page) = props.page.as_ref() {
                if page.operations.is_empty() {
                    <div data-test="held-none"><Empty shape={Shape::CircleCheck} title={words.held_none} lead={words.held_none_lead} /></div>
                } else {
                    { table(props, page, &retries, &retry, &locale) }
                }
            } else if props.failure.is_none() {
                <Skeleton rows=2 />
            }
        </section>
    }
}

fn retry_all(
    props: &HeldProps,
    is_busy: bool,
    retry: &Callback<Vec<HeldListed>>,
    locale: &Locale,
) -> Html {
    let Some(page) = props.page.clone().filter(|page| page.operations.len() > 1) else {
        return Html::default();
    };
    // The list has the newest first; what came first is tried first.
    let onclick = retry.reform(move |_| page.operations.iter().rev().cloned().collect::<Vec<_>>());
    html! {
        <button type="button" class="btn h-11" disabled={is_busy} data-test="held-retry-all" {onclick}>
            <Icon shape={Shape::RefreshCw} class="size-4" />{ locale.words().tills.retry_all }
        </button>
    }
}

fn table(
    props: &HeldProps,
    page: &HeldPage,
    retries: &Retries,
    retry: &Callback<Vec<HeldListed>>,
    locale: &Locale,
) -> Html {
    let words = locale.words().tills;
    let shown = u64::try_from(page.operations.len()).unwrap_or(u64::MAX);
    html! {
        <>
            <div class="overflow-x-auto" role="region" tabindex="0" aria-label={words.held}>
                <table class="table" data-test="held">
                    <thead>
                        <tr>
                            <th scope="col">{ words.operation }</th>
                            <th scope="col">{ words.reason }</th>
                            <th scope="col">{ words.arrived }</th>
                            <th scope="col"><span class="sr-only">{ words.retry }</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        { for page.operations.iter().map(|one| {
                            row(one, props.now_ms, retries.of(&key(one)), retry, locale)
                        }) }
                    </tbody>
                </table>
            </div>
            if page.count > shown {
                <p class="muted border-t border-base-300 p-4 text-sm">
                    { fill(words.held_more, &[
                        ("shown", &format::count(shown, locale)),
                        ("n", &format::count(page.count, locale)),
                    ]) }
                </p>
            }
        </>
    }
}

fn row(
    one: &HeldListed,
    now_ms: i64,
    tried: Option<&Retry>,
    retry: &Callback<Vec<HeldListed>>,
    locale: &Locale,
) -> Html {
    let words = locale.words().tills;
    let number = one.device_seq.to_string();
    let till = fill(words.number, &[("n", &one.till_number.to_string())]);
    let till = format!("{} · {till}", one.store_code);
    let is_trying = tried == Some(&Retry::Trying);
    let onclick = {
        let one = one.clone();
        retry.reform(move |_| vec![one.clone()])
    };
    html! {
        <tr key={key(one)} class="[&>td]:align-top" data-test={format!("held-{}-{}-{number}", one.store_code, one.till_number)}>
            <td>
                <p class="tabular font-medium">{ fill(words.operation_n, &[("n", &number)]) }</p>
                <p class="muted text-xs">{ &till }</p>
            </td>
            <td>
                <p>{ reason(&one.reason, locale) }</p>
                <p class="muted max-w-md text-xs break-words" lang="en">{ &one.detail }</p>
                <p class="mt-1 flex items-center gap-1.5 text-sm empty:hidden" role="status">
                    { match tried {
                        Some(Retry::StillHeld) => html! {
                            <><Icon shape={Shape::Info} class="size-4 text-warning" />{ words.still }</>
                        },
                        Some(Retry::Failed(failure)) => html! {
                            <><Icon shape={Shape::CircleAlert} class="size-4 text-error" />{ sentence(failure, locale) }</>
                        },
                        Some(Retry::Trying) | None => Html::default(),
                    } }
                </p>
            </td>
            <td class="tabular whitespace-nowrap">
                <span title={moment(one.received_ms, offset_min(), locale)}>{ ago(one.received_ms, now_ms, locale) }</span>
            </td>
            <td class="text-right">
                <button
                    type="button"
                    class="btn h-11 whitespace-nowrap"
                    disabled={is_trying}
                    aria-label={fill(words.retry_of, &[("n", &number), ("till", &till)])}
                    data-test={format!("retry-{number}")}
                    {onclick}
                >
                    if is_trying { { words.trying } } else { { words.retry } }
                </button>
            </td>
        </tr>
    }
}

fn reason(code: &str, locale: &Locale) -> String {
    let words = locale.words().tills;
    let text = match code {
        "revoked" => words.why_revoked,
        "relayed_by_revoked" => words.why_relayed,
        "other_store" => words.why_store,
        "not_a_till" => words.why_server_only,
        "kind_unknown" => words.why_kind,
        "undecodable" => words.why_unreadable,
        "not_applicable" => words.why_not_applicable,
        "not_storable" => words.why_not_storable,
        "damaged" => words.why_damaged,
        "op_id_taken" => words.why_taken,
        other => return fill(words.why_other, &[("reason", other)]),
    };
    text.to_owned()
}
