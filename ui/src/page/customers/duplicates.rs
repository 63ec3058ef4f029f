//! Records that look like one, side by side: somebody who knows merges them or tells them apart.

use domain::{
    contract::{
        failure::Failure,
        ipc::{DuplicateView, MergeCustomers, SplitCustomer, TellCustomersApart},
    },
    customer::{Customer, duplicate::Likeness},
    id::CustomerId,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, component, html, use_state};

use super::card::contact;
use crate::{
    component::{
        dialog::Dialog,
        feedback::{Empty, Problem},
        icon::{Icon, Shape},
    },
    hook::{shop::new_draft, use_words},
    ipc,
    text::{Words, fill},
};

/// Pairs that are drawn at once; the next follow as these are decided.
const SHOWN: usize = 20;

/// What a person decided about a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The second record now stands behind the first.
    Merged {
        kept: CustomerId,
        merged: CustomerId,
    },
    Apart,
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct DuplicatesProps {
    pub pairs: Vec<DuplicateView>,
    pub on_open: Callback<CustomerId>,
    pub on_close: Callback<()>,
}

#[component]
pub fn DuplicatesDialog(props: &DuplicatesProps) -> Html {
    let words = use_words();
    let last = use_state(|| None::<Decision>);
    let failure = use_state(|| None::<Failure>);
    let on_done = {
        let last = last.clone();
        Callback::from(move |decision| last.set(Some(decision)))
    };
    let on_undo = {
        let (last, failure) = (last.clone(), failure.clone());
        Callback::from(move |merged: CustomerId| {
            let (last, failure) = (last.clone(), failure.clone());
            let command = SplitCustomer {
                draft_id: new_draft(),
                customer_id: merged,
            };
            spawn_local(async move {
                match ipc::call(&command).await {
                    Ok(_) => last.set(None),
                    Err(refused) => failure.set(Some(refused)),
                }
            });
        })
    };
    html! {
        <Dialog
            title={words.customer.duplicates_title}
            on_close={props.on_close.clone()}
            class="w-[min(56rem,calc(100vw-2rem))]"
            test="dialog-duplicates"
        >
            <div class="flex max-h-[calc(100vh-9rem)] flex-col gap-4 overflow-y-auto p-6">
                <p class="muted text-sm">{ words.customer.duplicates_lead }</p>
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                if let Some(Decision::Merged { merged, .. }) = *last {
                    <p class="flex items-center gap-3 rounded-field bg-success/10 px-4 py-2 text-sm" role="status" data-test="duplicates-merged">
                        <Icon shape={Shape::CircleCheck} class="size-5 text-success" />
                        <span class="grow">{ words.customer.merged_done }</span>
                        <button type="button" class="btn btn-ghost btn-sm min-h-11" data-test="duplicates-undo" onclick={on_undo.reform(move |_| merged)}>
                            <Icon shape={Shape::Undo2} class="size-4" />{ words.customer.undo }
                        </button>
                    </p>
                }
                if props.pairs.is_empty() {
                    <Empty shape={Shape::Users} title={words.customer.duplicates_none} lead={words.customer.duplicates_none_lead} />
                }
                { for props.pairs.iter().take(SHOWN).map(|pair| html! {
                    <PairCard
                        key={format!("{}-{}", pair.first.customer_id, pair.second.customer_id)}
                        pair={pair.clone()}
                        on_done={on_done.clone()}
                    />
                }) }
                if props.pairs.len() > SHOWN {
                    <p class="muted text-center text-sm">
                        { fill(words.customer.left, &[("n", &(props.pairs.len() - SHOWN).to_string())]) }
                    </p>
                }
            </div>
        </Dialog>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct PairProps {
    pub pair: DuplicateView,
    pub on_done: Callback<Decision>,
}

/// One pair with what is alike and what can be done about it.
#[component]
pub fn PairCard(props: &PairProps) -> Html {
    let words = use_words();
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let ask = {
        let (is_busy, failure) = (is_busy.clone(), failure.clone());
        let on_done = props.on_done.clone();
        Callback::from(move |decision: (Decision, CustomerId, CustomerId)| {
            if *is_busy {
                return;
            }
            is_busy.set(true);
            let (is_busy, failure, on_done) = (is_busy.clone(), failure.clone(), on_done.clone());
            spawn_local(async move {
                let (decision, one, other) = decision;
                let answer = match decision {
                    Decision::Merged { kept, merged } => ipc::call(&MergeCustomers {
                        draft_id: new_draft(),
                        kept,
                        merged,
                    })
                    .await
                    .err(),
                    Decision::Apart => ipc::call(&TellCustomersApart {
                        draft_id: new_draft(),
                        customer_id: one,
                        other_id: other,
                    })
                    .await
                    .err(),
                };
                is_busy.set(false);
                match answer {
                    None => on_done.emit(decision),
                    Some(refused) => failure.set(Some(refused)),
                }
            });
        })
    };
    let (first, second) = (&props.pair.first, &props.pair.second);
    let keep = |kept: &Customer, merged: &Customer| {
        let (kept, merged) = (kept.customer_id, merged.customer_id);
        ask.reform(move |_| (Decision::Merged { kept, merged }, kept, merged))
    };
    let apart = {
        let (one, other) = (first.customer_id, second.customer_id);
        ask.reform(move |_| (Decision::Apart, one, other))
    };
    let alike: Vec<&str> = props
        .pair
        .likeness
        .iter()
        .map(|why| likeness_name(*why, words))
        .collect();
    html! {
        <article class="flex flex-col gap-3 rounded-box border border-base-300 p-4" data-test="duplicate-pair">
            <p class="flex flex-wrap items-center gap-2 text-xs">
                <span class="muted">{ fill(words.customer.likeness, &[("what", &alike.join(", "))]) }</span>
            </p>
            <div class="grid gap-3 sm:grid-cols-2">
                { side(first, keep(first, second), *is_busy, words) }
                { side(second, keep(second, first), *is_busy, words) }
            </div>
            if let Some(failure) = (*failure).clone() {
                <Problem {failure} />
            }
            <button type="button" class="btn btn-ghost btn-sm min-h-11 self-start" disabled={*is_busy} data-test="duplicate-apart" onclick={apart}>
                <Icon shape={Shape::X} class="size-4" />{ words.customer.not_the_same }
            </button>
        </article>
    }
}

fn side(
    customer: &Customer,
    onclick: Callback<yew::MouseEvent>,
    is_busy: bool,
    words: &'static Words,
) -> Html {
    html! {
        <div class="flex flex-col gap-2 rounded-field bg-base-200 p-3">
            <p class="font-medium leading-snug">{ &customer.name }</p>
            <p class="muted tabular grow text-xs">{ contact(customer) }</p>
            <button type="button" class="btn btn-sm min-h-11" disabled={is_busy} data-test="duplicate-keep" {onclick}>
                { words.customer.keep_first }
            </button>
        </div>
    }
}

const fn likeness_name(why: Likeness, words: &'static Words) -> &'static str {
    match why {
        Likeness::SameTaxId => words.customer.same_tax_id,
        Likeness::SameEmail => words.customer.same_email,
        Likeness::SamePhone => words.customer.same_phone,
        Likeness::SameAddress => words.customer.same_address,
        Likeness::SameName => words.customer.same_name,
        Likeness::SimilarName => words.customer.similar_name,
    }
}
