//! One of a few, all in sight.

use yew::{AttrValue, Callback, Html, Properties, classes, component, html};

use super::icon::{Icon, Shape};

/// One choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub label: AttrValue,
    pub shape: Option<Shape>,
    pub test: AttrValue,
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SegmentedProps {
    pub label: AttrValue,
    pub choices: Vec<Choice>,
    pub chosen: usize,
    pub on_choose: Callback<usize>,
}

#[component]
pub fn Segmented(props: &SegmentedProps) -> Html {
    html! {
        <div
            class="grid auto-cols-fr grid-flow-col gap-1 rounded-field bg-base-200 p-1"
            role="group"
            aria-label={props.label.clone()}
        >
            { for props.choices.iter().enumerate().map(|(place, choice)| {
                let is_on = place == props.chosen;
                html! {
                    <button
                        type="button"
                        class={classes!(
                            "touch", "flex", "items-center", "justify-center", "gap-2", "rounded-lg",
                            "px-2", "text-sm", "font-medium", "transition-colors",
                            if is_on { "bg-base-100 shadow-card" } else { "muted hover:bg-base-300/60" },
                        )}
                        aria-pressed={is_on.to_string()}
                        data-test={choice.test.clone()}
                        onclick={props.on_choose.reform(move |_| place)}
                    >
                        if let Some(shape) = choice.shape {
                            <Icon {shape} />
                        }
                        { choice.label.clone() }
                    </button>
                }
            }) }
        </div>
    }
}
