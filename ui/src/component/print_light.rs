//! A small light in the top bar while a paper waits: how many, and whether something is wrong.

use domain::contract::ipc::PrinterStatus;
use yew::{Callback, Html, Properties, classes, component, html};

use super::icon::{Icon, Shape};
use crate::{hook::use_words, text::fill};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct PrintLightProps {
    pub status: Option<PrinterStatus>,
    pub on_open: Callback<()>,
}

#[component]
pub fn PrintLight(props: &PrintLightProps) -> Html {
    let words = use_words();
    let waiting = props
        .status
        .as_ref()
        .map_or(&[][..], |status| status.waiting.as_slice());
    if waiting.is_empty() {
        return Html::default();
    }
    let is_wrong = waiting.iter().any(|job| job.fault.is_some());
    let count = waiting.len().to_string();
    let label = fill(words.printing.light, &[("n", &count)]);
    html! {
        <button
            type="button"
            class={classes!("btn", "btn-ghost", "gap-2", "px-3", "text-sm", "font-medium", is_wrong.then_some("text-warning"))}
            aria-label={label.clone()}
            title={label}
            data-test="print-light"
            data-wrong={is_wrong.to_string()}
            onclick={props.on_open.reform(|_| ())}
        >
            <Icon shape={Shape::Printer} class="size-4" />
            <span class="tabular">{ count }</span>
        </button>
    }
}
