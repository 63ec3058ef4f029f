//! A first fill on its way: a bar, the rows done and how long it will still take.

use yew::{Html, Properties, component, html, use_effect_with, use_state};

use crate::{
    format::{self, Locale},
    hook::{time::now_ms, use_locale},
    state::pace::Pace,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Eq, Properties)]
pub struct FillBarProps {
    pub label: yew::AttrValue,
    pub done: u64,
    pub all: u64,
}

#[component]
pub fn FillBar(props: &FillBarProps) -> Html {
    let locale = use_locale();
    let words = locale.words().enrol;
    let pace = use_state(Pace::default);
    use_effect_with((props.done, props.all), {
        let pace = pace.clone();
        move |(done, all)| pace.set(pace.see(*done, *all, now_ms()))
    });
    let rows = fill(
        words.rows,
        &[
            ("done", &format::count(props.done, &locale)),
            ("all", &format::count(props.all, &locale)),
        ],
    );
    html! {
        <div class="flex flex-col gap-2" role="status" data-test="fill-bar">
            <progress
                class="progress progress-primary h-2 w-full"
                value={props.done.to_string()}
                max={props.all.max(1).to_string()}
                aria-label={props.label.clone()}
            ></progress>
            <p class="tabular muted flex flex-wrap justify-between gap-x-4 text-sm">
                <span>{ rows }</span>
                if let Some(left_ms) = pace.left_ms() {
                    <span>{ left(left_ms, &locale) }</span>
                }
            </p>
        </div>
    }
}

fn left(left_ms: i64, locale: &Locale) -> String {
    let words = locale.words().enrol;
    if left_ms < 60_000 {
        return words.left_soon.to_owned();
    }
    // Rounded up: better early than late.
    let minutes = (left_ms + 59_999) / 60_000;
    fill(words.left_minutes, &[("n", &minutes.to_string())])
}
