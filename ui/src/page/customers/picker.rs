//! Choosing a customer for a sale or a repair, or creating one on the spot.

use domain::{contract::ipc::SearchCustomers, customer::Customer};
use wasm_bindgen_futures::spawn_local;
use web_sys::KeyboardEvent;
use yew::{Callback, Html, Properties, component, html, use_state};

use super::{customer_row, form::CustomerForm};
use crate::{
    component::{
        dialog::Dialog,
        feedback::{Problem, Skeleton},
        field::typed,
        icon::{Icon, Shape},
    },
    hook::{use_ipc, use_words},
    ipc,
};

const SHOWN: u32 = 8;

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct PickerProps {
    pub version: u32,
    pub can_edit: bool,
    pub on_choose: Callback<Customer>,
    pub on_close: Callback<()>,
}

/// The search as a dialog.
#[component]
pub fn CustomerPicker(props: &PickerProps) -> Html {
    let words = use_words();
    html! {
        <Dialog title={words.sell.customer} on_close={props.on_close.clone()} test="dialog-customer">
            <div class="p-6">
                <CustomerSearch
                    version={props.version}
                    can_edit={props.can_edit}
                    on_choose={props.on_choose.clone()}
                />
            </div>
        </Dialog>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct SearchProps {
    pub version: u32,
    pub can_edit: bool,
    pub on_choose: Callback<Customer>,
}

/// A field, what it finds, and a form for who is not found.
#[component]
pub fn CustomerSearch(props: &SearchProps) -> Html {
    let words = use_words();
    let text = use_state(String::new);
    let marked = use_state(|| 0_usize);
    let is_new = use_state(|| false);
    let wanted = text.trim().to_owned();
    let found = use_ipc(
        Some(SearchCustomers {
            text: wanted.clone(),
            limit: SHOWN,
        }),
        props.version,
    );
    if *is_new {
        return html! {
            <div class="-m-6">
                <CustomerForm
                    customer={None::<Customer>}
                    can_edit={props.can_edit}
                    name={wanted}
                    on_saved={props.on_choose.clone()}
                />
            </div>
        };
    }
    let all = found.data.clone().unwrap_or_default();
    let onkeydown = {
        let (all, marked) = (all.clone(), marked.clone());
        let (on_choose, is_new) = (props.on_choose.clone(), is_new.clone());
        let (can_edit, wanted) = (props.can_edit, wanted.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => marked.set((*marked + 1).min(all.len().saturating_sub(1))),
                "ArrowUp" => marked.set(marked.saturating_sub(1)),
                "Enter" => match all.get(*marked).filter(|_| *marked > 0) {
                    Some(customer) => on_choose.emit(customer.clone()),
                    None => first(wanted.clone(), on_choose.clone(), {
                        let is_new = is_new.clone();
                        Callback::from(move |()| is_new.set(can_edit))
                    }),
                },
                _ => return,
            }
            event.prevent_default();
        })
    };
    let is_current = !found.is_waiting();
    html! {
        <div class="flex flex-col gap-4" aria-busy={(!is_current).to_string()} data-test="picker" data-found={is_current.then(|| wanted.clone())}>
            <input
                class="field h-13"
                type="text"
                aria-label={words.common.search}
                placeholder={words.shop.customer_search}
                autocomplete="off"
                autofocus=true
                value={(*text).clone()}
                data-test="picker-search"
                oninput={ {
                    let (text, marked) = (text.clone(), marked.clone());
                    Callback::from(move |event| {
                        marked.set(0);
                        text.set(typed(&event));
                    })
                } }
                {onkeydown}
            />
            if let Some(failure) = found.failure.clone() {
                <Problem {failure} on_retry={found.again.clone()} />
            } else if found.is_first_wait() {
                <Skeleton rows=3 />
            } else if all.is_empty() {
                <p class="muted py-4 text-center text-sm">{ words.shop.customer_none }</p>
            } else {
                <ul class="overflow-hidden rounded-field border border-base-300">
                    { for all.iter().enumerate().map(|(place, customer)| {
                        let chosen = customer.clone();
                        let on_open = props.on_choose.reform(move |_| chosen.clone());
                        customer_row(customer, place == *marked, on_open, words.shop.no_phone)
                    }) }
                </ul>
            }
            if props.can_edit {
                <button
                    type="button"
                    class="btn btn-ghost justify-start"
                    data-test="picker-new"
                    onclick={Callback::from(move |_| is_new.set(true))}
                >
                    <Icon shape={Shape::UserPlus} />{ words.shop.customer_new }
                </button>
            }
        </div>
    }
}

/// Enter on what was typed chooses whom it finds first, however fast the hand was: the list on the
/// screen may still be an older text's.
fn first(text: String, on_choose: Callback<Customer>, on_none: Callback<()>) {
    spawn_local(async move {
        let found = ipc::call(&SearchCustomers { text, limit: 1 }).await;
        // A failure stands on the screen already.
        match found.map(|mut found| found.pop()) {
            Ok(Some(customer)) => on_choose.emit(customer),
            Ok(None) => on_none.emit(()),
            Err(_) => {}
        }
    });
}
