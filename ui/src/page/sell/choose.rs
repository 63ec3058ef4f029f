//! One code, several products: which one is in the hand.

use domain::contract::ipc::ProductHit;
use web_sys::KeyboardEvent;
use yew::{Callback, Html, Properties, component, html, use_state};

use crate::{
    component::{dialog::Dialog, product_list::ProductList},
    hook::{use_keydown, use_words},
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ChooseProps {
    pub code: String,
    pub hits: Vec<ProductHit>,
    pub on_choose: Callback<ProductHit>,
    pub on_close: Callback<()>,
}

#[component]
pub fn ChooseDialog(props: &ChooseProps) -> Html {
    let words = use_words().sell;
    let marked = use_state(|| 0_usize);
    {
        let (marked, hits) = (marked.clone(), props.hits.clone());
        let on_choose = props.on_choose.clone();
        use_keydown(move |event: &KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => marked.set((*marked + 1).min(hits.len().saturating_sub(1))),
                "ArrowUp" => marked.set(marked.saturating_sub(1)),
                "Enter" => {
                    if let Some(hit) = hits.get(*marked) {
                        on_choose.emit(hit.clone());
                    }
                }
                _ => return,
            }
            event.prevent_default();
        });
    }
    html! {
        <Dialog
            title={fill(words.which_one, &[("code", &props.code)])}
            on_close={props.on_close.clone()}
            test="dialog-choose"
        >
            <p class="muted px-6 pt-4 text-sm">{ words.which_one_lead }</p>
            <div class="p-4">
                <ProductList
                    hits={props.hits.clone()}
                    marked={Some(*marked)}
                    on_choose={props.on_choose.clone()}
                />
            </div>
        </Dialog>
    }
}
