//! A window over the page: the browser's own dialog, which keeps the focus inside, makes the rest
//! inert and closes on Escape.

use gloo_events::{EventListener, EventListenerOptions};
use web_sys::HtmlDialogElement;
use yew::{
    AttrValue, Callback, Html, Properties, classes, component, html, use_effect_with, use_mut_ref,
    use_node_ref,
};

use super::icon::{Icon, Shape};
use crate::hook::use_words;

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct DialogProps {
    pub title: AttrValue,
    pub on_close: Callback<()>,
    /// Width; a medium one when empty.
    #[prop_or_default]
    pub class: AttrValue,
    #[prop_or_default]
    pub test: AttrValue,
    /// No title bar: the content has its own heading.
    #[prop_or_default]
    pub bare: bool,
    pub children: Html,
}

/// Open for as long as it is rendered.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    let words = use_words();
    let on_close = use_mut_ref(|| props.on_close.clone());
    *on_close.borrow_mut() = props.on_close.clone();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            let listener = dialog.as_ref().map(|dialog| {
                if !dialog.open() {
                    let _ = dialog.show_modal();
                    // What takes the focus may lie below: a dialog opens at its beginning.
                    dialog.set_scroll_top(0);
                }
                let options = EventListenerOptions::enable_prevent_default();
                EventListener::new_with_options(dialog, "cancel", options, move |event| {
                    event.prevent_default();
                    on_close.borrow().emit(());
                })
            });
            move || {
                drop(listener);
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        });
    }
    let close = props.on_close.reform(|_| ());
    let width = if props.class.is_empty() {
        "w-[min(36rem,calc(100vw-2rem))]"
    } else {
        ""
    };
    html! {
        <dialog
            ref={node}
            class={classes!(
                "arrives", "m-auto", "max-h-[calc(100vh-2rem)]", "overflow-y-auto", "rounded-box",
                "border", "border-base-300", "bg-base-100", "text-base-content", "p-0",
                "shadow-float", width, props.class.to_string(),
            )}
            aria-label={props.title.clone()}
            data-test={props.test.clone()}
        >
            if !props.bare {
                <header class="sticky top-0 z-10 flex items-center gap-3 border-b border-base-300 bg-base-100 py-3 pl-6 pr-3">
                    <h2 class="grow text-lg font-semibold">{ props.title.clone() }</h2>
                    <button
                        type="button"
                        class="btn btn-ghost btn-square"
                        aria-label={words.common.close}
                        data-test="dialog-close"
                        onclick={close}
                    >
                        <Icon shape={Shape::X} />
                    </button>
                </header>
            }
            { props.children.clone() }
        </dialog>
    }
}
