//! A count with a button on either side.

use domain::quantity::Quantity;
use yew::{AttrValue, Callback, Html, Properties, component, html};

use super::icon::{Icon, Shape};
use crate::{format, hook::use_locale};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct StepperProps {
    pub value: Quantity,
    pub on_change: Callback<Quantity>,
    #[prop_or_default]
    pub min: Quantity,
    #[prop_or_default]
    pub max: Option<Quantity>,
    /// What is counted, for who cannot see it.
    pub label: AttrValue,
    #[prop_or_default]
    pub test: AttrValue,
}

#[component]
pub fn Stepper(props: &StepperProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let less = (props.value - Quantity::ONE).max(props.min);
    let more = props.value + Quantity::ONE;
    let more = props.max.map_or(more, |max| more.min(max));
    html! {
        <div class="flex items-center" role="group" aria-label={props.label.clone()}>
            <button
                type="button"
                class="btn btn-ghost btn-square"
                disabled={less == props.value}
                aria-label={format!("{}: {}", words.common.decrease, props.label)}
                data-test={format!("{}-less", props.test)}
                onclick={props.on_change.reform(move |_| less)}
            >
                <Icon shape={Shape::Minus} class="size-4" />
            </button>
            <span class="tabular min-w-10 text-center font-semibold" data-test={format!("{}-value", props.test)}>
                { format::quantity(props.value, &locale) }
            </span>
            <button
                type="button"
                class="btn btn-ghost btn-square"
                disabled={more == props.value}
                aria-label={format!("{}: {}", words.common.increase, props.label)}
                data-test={format!("{}-more", props.test)}
                onclick={props.on_change.reform(move |_| more)}
            >
                <Icon shape={Shape::Plus} class="size-4" />
            </button>
        </div>
    }
}
