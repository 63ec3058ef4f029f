//! What a person sees while waiting, when there is nothing, and when something failed.

use domain::contract::failure::{Failure, code};
use yew::{AttrValue, Callback, Html, Properties, component, html};

use super::icon::{Icon, Shape};
use crate::{
    hook::{use_locale, use_words},
    text::{failure::sentence, fill},
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct EmptyProps {
    pub shape: Shape,
    pub title: AttrValue,
    #[prop_or_default]
    pub lead: AttrValue,
    /// What to do about it.
    #[prop_or_default]
    pub children: Html,
}

/// Nothing here, and what that means.
#[component]
pub fn Empty(props: &EmptyProps) -> Html {
    html! {
        <div class="flex h-full min-h-48 flex-col items-center justify-center gap-2 p-6 text-center">
            <span class="mb-2 grid size-14 place-items-center rounded-full bg-base-200 text-base-content/60">
                <Icon shape={props.shape} class="size-7" />
            </span>
            <p class="text-base font-semibold">{ props.title.clone() }</p>
            <p class="muted max-w-sm text-sm">{ props.lead.clone() }</p>
            { props.children.clone() }
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SkeletonProps {
    #[prop_or(6)]
    pub rows: usize,
}

/// The shape of a list that is on its way.
#[component]
pub fn Skeleton(props: &SkeletonProps) -> Html {
    let words = use_words();
    html! {
        <div class="flex flex-col gap-3 p-4" role="status" aria-label={words.common.loading}>
            for _ in 0..props.rows {
                <div class="skeleton h-11 w-full rounded-field"></div>
            }
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ProblemProps {
    pub failure: Failure,
    /// Offers to try again.
    #[prop_or_default]
    pub on_retry: Option<Callback<()>>,
}

/// What happened, what is safe, what to do.
#[component]
pub fn Problem(props: &ProblemProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    // Only what a programmer has to look up carries its reference.
    let trace = props.failure.trace_id.as_deref().filter(|_| {
        matches!(
            props.failure.code.as_str(),
            code::INTERNAL | code::SERVER_REFUSED
        )
    });
    html! {
        <div
            class="flex items-start gap-3 rounded-field border border-error/30 bg-error/8 px-4 py-3 text-sm"
            role="alert"
            data-test="problem"
            data-code={props.failure.code.clone()}
        >
            <Icon shape={Shape::CircleAlert} class="mt-0.5 size-5 text-error" />
            <div class="grow">
                <p>{ sentence(&props.failure, &locale) }</p>
                if let Some(trace) = trace {
                    <p class="muted mt-1 text-xs">{ fill(words.common.trace, &[("id", trace)]) }</p>
                }
            </div>
            if let Some(on_retry) = props.on_retry.as_ref() {
                <button type="button" class="btn btn-sm" onclick={on_retry.reform(|_| ())}>
                    { words.common.try_again }
                </button>
            }
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct KeyProps {
    pub label: AttrValue,
}

/// The key that does the same; read out as part of no label.
#[component]
pub fn Key(props: &KeyProps) -> Html {
    html! { <kbd class="key" aria-hidden="true">{ props.label.clone() }</kbd> }
}
