//! Counting by coin and note: the table that both the spot count and the closing use.

use domain::contract::{
    failure::Failure,
    ipc::{CountCash, Drawer},
};
use wasm_bindgen_futures::spawn_local;
use yew::{
    Callback, Html, InputEvent, Properties, SubmitEvent, UseReducerHandle, component, html,
    use_reducer, use_state,
};

use crate::{
    component::{dialog::Dialog, feedback::Problem, field::typed},
    format,
    hook::{shop::new_draft, use_locale},
    ipc,
    state::count::{Count, CountAction},
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct TableProps {
    pub count: UseReducerHandle<Count>,
}

/// One row per coin and note, the largest first, and the sum.
#[component]
pub fn CountTable(props: &TableProps) -> Html {
    let locale = use_locale();
    let words = locale.words().shift;
    let count = &props.count;
    html! {
        <div class="flex flex-col gap-4">
            <ul class="grid grid-cols-1 gap-x-6 gap-y-1.5 sm:grid-cols-2">
                { for count.rows.iter().enumerate().map(|(place, (value, text))| {
                    let name = format::money(*value, &locale);
                    let worth = count.worth_at(place).filter(|worth| !worth.is_zero());
                    let typing = count.clone();
                    html! {
                        <li class="flex items-center gap-3">
                            <span class="num w-20 text-sm font-medium">{ name.clone() }</span>
                            <span class="muted" aria-hidden="true">{ "×" }</span>
                            <input
                                class="field num h-11 w-20 text-base font-semibold"
                                type="text"
                                inputmode="numeric"
                                autocomplete="off"
                                autofocus={place == 0}
                                aria-label={fill(words.pieces_of, &[("value", &name)])}
                                value={text.clone()}
                                placeholder="0"
                                data-test={format!("pieces-{}", value.minor())}
                                oninput={Callback::from(move |event: InputEvent| {
                                    typing.dispatch(CountAction::Type(place, typed(&event)));
                                })}
                            />
                            <span class="num grow text-sm">
                                if let Some(worth) = worth {
                                    { format::money(worth, &locale) }
                                }
                            </span>
                        </li>
                    }
                }) }
            </ul>
            <p class="flex items-baseline justify-between rounded-box bg-base-200 px-5 py-4" aria-live="polite">
                <span class="text-sm font-medium">{ words.sum }</span>
                <span class="tabular text-3xl font-bold tracking-tight" data-test="count-sum">
                    { count.sum().map_or_else(String::new, |sum| format::money(sum, &locale)) }
                </span>
            </p>
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct CountProps {
    pub drawer: Drawer,
    pub on_done: Callback<()>,
    pub on_close: Callback<()>,
}

/// A count while the shift goes on.
#[component]
pub fn CountDialog(props: &CountProps) -> Html {
    let locale = use_locale();
    let words = locale.words().shift;
    let count = {
        let values = props.drawer.denominations.clone();
        let currency = locale.currency.clone();
        use_reducer(move || Count::new(&values, &currency))
    };
    let draft_id = use_state(new_draft);
    let is_busy = use_state(|| false);
    let failure = use_state(|| None::<Failure>);
    let onsubmit = {
        let (count, is_busy, failure) = (count.clone(), is_busy.clone(), failure.clone());
        let (draft_id, on_done) = (*draft_id, props.on_done.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(pieces) = count.pieces().filter(|_| !*is_busy) else {
                return;
            };
            is_busy.set(true);
            failure.set(None);
            let (is_busy, failure) = (is_busy.clone(), failure.clone());
            let on_done = on_done.clone();
            spawn_local(async move {
                match ipc::call(&CountCash { draft_id, pieces }).await {
                    Ok(_) => on_done.emit(()),
                    Err(refused) => {
                        failure.set(Some(refused));
                        is_busy.set(false);
                    }
                }
            });
        })
    };
    html! {
        <Dialog title={words.spot_count} on_close={props.on_close.clone()} class="w-[min(42rem,calc(100vw-2rem))]" test="dialog-count">
            <form class="flex flex-col gap-5 p-6" {onsubmit}>
                <p class="muted text-sm">{ words.spot_count_lead }</p>
                <CountTable count={count.clone()} />
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
                <button type="submit" class="btn btn-primary h-13 text-base font-semibold" disabled={count.sum().is_none() || *is_busy} data-test="count-record">
                    { words.record }
                </button>
            </form>
        </Dialog>
    }
}
