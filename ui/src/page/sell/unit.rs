//! What is known of a serial number that was scanned: whose it is, until when it is under warranty,
//! and the way to its receipt.

use std::rc::Rc;

use domain::{
    contract::ipc::{DocumentView, FindDocument, FoundSerial, UnitView},
    repair::Repair,
    serial::{UnitStep, UnitStepKind},
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, UseStateHandle, component, html, use_state};

use super::serial::label_of;
use crate::{
    component::{
        dialog::Dialog,
        feedback::Problem,
        icon::{Icon, Shape},
    },
    format::{Locale, time::day},
    hook::{Shop, use_locale},
    ipc,
    page::repairs::state_name,
    text::fill,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct UnitProps {
    pub shop: Shop,
    pub found: Rc<FoundSerial>,
    pub on_document: Callback<DocumentView>,
    /// Goods of the receipt of that number come back; none for who may not take them.
    pub on_return: Option<Callback<String>>,
    pub on_close: Callback<()>,
}

#[component]
pub fn UnitDialog(props: &UnitProps) -> Html {
    let locale = use_locale();
    let words = locale.words().serial;
    let failure = use_state(|| None);
    let serial = (props.found.units.first())
        .map(|known| known.unit.serial.clone())
        .or_else(|| (props.found.repairs.first()).map(|repair| repair.device.serial.clone()));
    let serial = serial.unwrap_or_default();
    html! {
        <Dialog
            title={fill(words.title, &[("serial", &serial)])}
            on_close={props.on_close.clone()}
            class="w-[min(38rem,calc(100vw-2rem))]"
            test="dialog-unit"
        >
            <div class="flex max-h-[calc(100vh-9rem)] flex-col gap-6 overflow-y-auto p-6">
                { for props.found.units.iter().map(|known| unit(props, known, &failure, &locale)) }
                if !props.found.repairs.is_empty() {
                    { repairs(&props.found.repairs, &locale) }
                }
                if let Some(failure) = (*failure).clone() {
                    <Problem {failure} />
                }
            </div>
        </Dialog>
    }
}

fn unit(
    props: &UnitProps,
    known: &UnitView,
    failure: &UseStateHandle<Option<domain::contract::failure::Failure>>,
    locale: &Locale,
) -> Html {
    let words = locale.words().serial;
    let unit = &known.unit;
    let sold = unit.sold();
    let (state, tone) = match sold {
        Some(_) => (words.with_customer, "badge badge-soft badge-primary"),
        None => (words.in_shop, "badge badge-soft badge-success"),
    };
    let kind = known
        .product
        .as_ref()
        .map(|product| product.serial_kind)
        .unwrap_or_default();
    html! {
        <section class="flex flex-col gap-4" data-test="unit">
            <div class="flex items-start gap-3">
                <div class="min-w-0 grow">
                    <h3 class="font-semibold leading-snug">{ &unit.name }</h3>
                    <p class="muted tabular text-sm">
                        { label_of(kind, locale) }{ " " }{ &unit.serial }{ " · " }{ &unit.sku }
                    </p>
                </div>
                <span class={tone} data-test="unit-state">{ state }</span>
            </div>
            if let Some(until) = &known.warranty_until {
                <p class="flex items-center gap-2 rounded-field bg-base-200 px-4 py-3 text-sm font-medium" data-test="unit-warranty">
                    <Icon shape={Shape::CircleCheck} class="size-5 text-primary" />
                    { warranty(until, props.shop.business_date(), locale) }
                </p>
            }
            <div>
                <h4 class="muted pb-1 text-xs font-semibold uppercase tracking-wide">{ words.history }</h4>
                <ol>
                    { for unit.steps.iter().rev().map(|one| step(props, one, failure, locale)) }
                </ol>
            </div>
            if let (Some(sold), Some(on_return)) = (sold.filter(|sold| is_here(props, sold)), &props.on_return) {
                <button
                    type="button"
                    class="btn h-12 gap-2"
                    data-test="unit-return"
                    onclick={ { let number = sold.number.clone(); on_return.reform(move |_| number.clone()) } }
                >
                    <Icon shape={Shape::Undo2} class="size-4" />
                    { words.make_return }
                </button>
            }
        </section>
    }
}

/// Until when, or since when no more.
#[must_use]
pub fn warranty(until: &str, today: &str, locale: &Locale) -> String {
    let words = locale.words().serial;
    let text = if until < today {
        words.warranty_over
    } else {
        words.warranty_until
    };
    fill(text, &[("date", &day(until, locale))])
}

/// Whether the document is one of this store, which alone has it.
fn is_here(props: &UnitProps, step: &UnitStep) -> bool {
    step.store_id == Some(props.shop.place.store.store_id)
}

fn step(
    props: &UnitProps,
    step: &UnitStep,
    failure: &UseStateHandle<Option<domain::contract::failure::Failure>>,
    locale: &Locale,
) -> Html {
    let words = locale.words().serial;
    let (said, shape) = match step.kind {
        UnitStepKind::Sold => (words.sold, Shape::ShoppingCart),
        UnitStepKind::Returned => (words.returned, Shape::Undo2),
    };
    let place = &props.shop.place;
    let store = std::iter::once(&place.store)
        .chain(&place.stores)
        .find(|store| Some(store.store_id) == step.store_id)
        .map_or("", |store| store.name.as_str());
    let open = {
        let (on_document, failure) = (props.on_document.clone(), failure.clone());
        let document_id = step.document_id;
        Callback::from(move |_| {
            let (on_document, failure) = (on_document.clone(), failure.clone());
            spawn_local(async move {
                let asked = FindDocument {
                    number: document_id.to_string(),
                };
                match ipc::call(&asked).await {
                    Ok(view) => on_document.emit(view),
                    Err(refused) => failure.set(Some(refused)),
                }
            });
        })
    };
    html! {
        <li class="flex items-center gap-3 border-t border-base-300/70 py-2" data-test="unit-step">
            <Icon {shape} class="size-4 opacity-60" />
            <div class="min-w-0 grow">
                <p class="text-sm font-medium">{ said }{ " · " }{ day(&step.business_date, locale) }</p>
                <p class="muted truncate text-xs">{ store }</p>
            </div>
            if is_here(props, step) {
                <button type="button" class="btn btn-ghost tabular h-11 text-sm" data-test="unit-open" onclick={open}>
                    { fill(words.open_document, &[("number", &step.number)]) }
                </button>
            } else {
                <p class="text-right text-xs" data-test="unit-elsewhere">
                    <span class="tabular block font-medium">{ &step.number }</span>
                    <span class="muted">{ words.elsewhere }</span>
                </p>
            }
        </li>
    }
}

fn repairs(repairs: &[Repair], locale: &Locale) -> Html {
    html! {
        <section>
            <h4 class="muted pb-1 text-xs font-semibold uppercase tracking-wide">{ locale.words().serial.repairs }</h4>
            <ul>
                { for repairs.iter().map(|repair| html! {
                    <li key={repair.number.clone()} class="flex items-center gap-3 border-t border-base-300/70 py-2 text-sm">
                        <Icon shape={Shape::Wrench} class="size-4 opacity-60" />
                        <span class="tabular font-medium">{ &repair.number }</span>
                        <span class="muted min-w-0 grow truncate">{ &repair.fault }</span>
                        <span class="badge badge-soft">{ state_name(repair.state, locale) }</span>
                    </li>
                }) }
            </ul>
        </section>
    }
}
