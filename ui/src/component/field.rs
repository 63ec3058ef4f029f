//! A labelled field of a form.

use wasm_bindgen::JsCast;
use web_sys::{FocusEvent, HtmlInputElement, HtmlTextAreaElement, InputEvent};
use yew::{AttrValue, Callback, Html, Properties, TargetCast, component, html};

use crate::hook::use_words;

/// The text of the field that the event happened in.
#[must_use]
pub fn typed(event: &InputEvent) -> String {
    let Some(target) = event.target() else {
        return String::new();
    };
    match target.dyn_into::<HtmlInputElement>() {
        Ok(input) => input.value(),
        Err(target) => target
            .dyn_into::<HtmlTextAreaElement>()
            .map_or_else(|_| String::new(), |area| area.value()),
    }
}

/// The choice of the list that the event happened in.
#[must_use]
pub fn chosen(event: &yew::Event) -> String {
    event
        .target_dyn_into::<web_sys::HtmlSelectElement>()
        .map_or_else(String::new, |select| select.value())
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct FieldProps {
    /// The element's id; labels point at it.
    pub id: AttrValue,
    pub label: AttrValue,
    pub value: AttrValue,
    pub on_input: Callback<String>,
    #[prop_or(AttrValue::Static("text"))]
    pub kind: AttrValue,
    #[prop_or_default]
    pub hint: AttrValue,
    #[prop_or_default]
    pub placeholder: AttrValue,
    /// What is wrong with what was typed.
    #[prop_or_default]
    pub wrong: AttrValue,
    #[prop_or_default]
    pub required: bool,
    #[prop_or_default]
    pub autofocus: bool,
    #[prop_or_default]
    pub area: bool,
    /// The next key replaces what stands in it.
    #[prop_or_default]
    pub replaces: bool,
    #[prop_or(AttrValue::Static("off"))]
    pub autocomplete: AttrValue,
    #[prop_or(AttrValue::Static("text"))]
    pub inputmode: AttrValue,
    #[prop_or_default]
    pub test: AttrValue,
}

#[component]
pub fn Field(props: &FieldProps) -> Html {
    let words = use_words();
    let oninput = props.on_input.reform(|event: InputEvent| typed(&event));
    let replaces = props.replaces;
    let onfocus = Callback::from(move |event: FocusEvent| {
        let input = event.target_dyn_into::<HtmlInputElement>();
        if let Some(input) = input.filter(|_| replaces) {
            input.select();
        }
    });
    let note_id = format!("{}-note", props.id);
    let note = if props.wrong.is_empty() {
        props.hint.clone()
    } else {
        props.wrong.clone()
    };
    let is_wrong = !props.wrong.is_empty();
    html! {
        <div class="flex flex-col gap-1.5">
            <label for={props.id.clone()} class="flex items-baseline gap-2 text-sm font-medium">
                { props.label.clone() }
                if !props.required {
                    <span class="muted text-xs font-normal">{ words.common.optional }</span>
                }
            </label>
            if props.area {
                <textarea
                    id={props.id.clone()}
                    class="field min-h-24 py-2.5"
                    rows="3"
                    value={props.value.clone()}
                    placeholder={props.placeholder.clone()}
                    autofocus={props.autofocus}
                    aria-describedby={note_id.clone()}
                    data-test={props.test.clone()}
                    {oninput}
                />
            } else {
                <input
                    id={props.id.clone()}
                    class="field"
                    type={props.kind.clone()}
                    value={props.value.clone()}
                    placeholder={props.placeholder.clone()}
                    autofocus={props.autofocus}
                    autocomplete={props.autocomplete.clone()}
                    inputmode={props.inputmode.clone()}
                    spellcheck="false"
                    aria-invalid={is_wrong.to_string()}
                    aria-describedby={note_id.clone()}
                    data-test={props.test.clone()}
                    {oninput}
                    {onfocus}
                />
            }
            if !note.is_empty() {
                <p
                    id={note_id}
                    class={if is_wrong { "text-xs text-error" } else { "muted text-xs" }}
                >
                    { note }
                </p>
            }
        </div>
    }
}
