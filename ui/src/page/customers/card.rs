//! A customer's whole page: who they are, what they bought and brought, and who may be the same.

use domain::{
    contract::{
        failure::Failure,
        ipc::{CustomerView, DocumentSummary, GetCustomer, SplitCustomer},
    },
    customer::{Consent, Customer},
    id::CustomerId,
    repair::Repair,
    sale::DocumentKind,
    staff::Permission,
};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, Html, Properties, classes, component, html, use_state};

use super::{balances::Balances, duplicates::PairCard, form::consent_name};
use crate::{
    component::{
        feedback::{Problem, Skeleton},
        icon::{Icon, Shape},
    },
    format::{self, Locale, time::moment},
    hook::{Shop, shop::new_draft, use_ipc, use_locale},
    ipc,
    page::repairs::state_name,
};

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct CardProps {
    pub customer_id: CustomerId,
    pub version: u32,
    pub can_edit: bool,
    pub shop: Shop,
    pub on_edit: Callback<Customer>,
    /// Another record was chosen.
    pub on_open: Callback<CustomerId>,
}

#[component]
pub fn CustomerCard(props: &CardProps) -> Html {
    let locale = use_locale();
    let words = locale.words();
    let found = use_ipc(
        Some(GetCustomer {
            customer_id: props.customer_id,
        }),
        props.version,
    );
    let failure = use_state(|| None::<Failure>);
    if let Some(failed) = found.failure.clone() {
        return html! { <div class="p-6"><Problem failure={failed} on_retry={found.again.clone()} /></div> };
    }
    let Some(view) = found.data.clone() else {
        return html! { <Skeleton /> };
    };
    let on_split = {
        let (failure, again) = (failure.clone(), found.again.clone());
        Callback::from(move |customer_id: CustomerId| {
            let (failure, again) = (failure.clone(), again.clone());
            let command = SplitCustomer {
                draft_id: new_draft(),
                customer_id,
            };
            spawn_local(async move {
                failure.set(ipc::call(&command).await.err());
                again.emit(());
            });
        })
    };
    html! {
        <div class="flex flex-col gap-6 p-6" data-test="customer-card">
            { head(&view, props, &locale) }
            if let Some(failure) = (*failure).clone() {
                <Problem {failure} />
            }
            if props.can_edit {
                if let Some(pair) = view.duplicates.first() {
                    <section class="flex flex-col gap-2" aria-label={words.customer.duplicate_title}>
                        <h3 class="flex items-center gap-2 text-sm font-semibold">
                            <Icon shape={Shape::Users} class="size-4 text-warning" />
                            { words.customer.duplicate_title }
                        </h3>
                        <PairCard
                            key={pair.second.customer_id.to_string()}
                            pair={pair.clone()}
                            on_done={ {
                                let again = found.again.clone();
                                Callback::from(move |_| again.emit(()))
                            } }
                        />
                    </section>
                }
            }
            <Balances
                customer_id={view.customer.customer_id}
                version={props.shop.changes.balances}
                can_manage={props.shop.may(Permission::ManageBalances)}
                minor_digits={props.shop.place.organization.currency.minor_digits}
                utc_offset_min={props.shop.utc_offset_min}
            />
            { documents(&view, &locale) }
            { repairs(&view.repairs, &locale) }
            if !view.merged.is_empty() {
                <section class="flex flex-col gap-2">
                    <h3 class="text-sm font-semibold">{ words.customer.merged }</h3>
                    <p class="muted text-xs">{ words.customer.merged_lead }</p>
                    <ul class="divide-y divide-base-300/70 rounded-field border border-base-300">
                        { for view.merged.iter().map(|one| {
                            let customer_id = one.customer_id;
                            html! {
                                <li key={customer_id.to_string()} class="flex items-center gap-3 px-4 py-2">
                                    <span class="min-w-0 grow">
                                        <span class="block truncate text-sm font-medium">{ &one.name }</span>
                                        <span class="muted tabular block truncate text-xs">{ contact(one) }</span>
                                    </span>
                                    if props.can_edit {
                                        <button
                                            type="button"
                                            class="btn btn-ghost btn-sm min-h-11"
                                            data-test="customer-split"
                                            onclick={on_split.reform(move |_| customer_id)}
                                        >
                                            { words.customer.split }
                                        </button>
                                    }
                                </li>
                            }
                        }) }
                    </ul>
                </section>
            }
        </div>
    }
}

/// How to reach a customer, in a line.
pub(super) fn contact(customer: &Customer) -> String {
    [&customer.phone, &customer.email, &customer.address]
        .into_iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

fn head(view: &CustomerView, props: &CardProps, locale: &Locale) -> Html {
    let words = locale.words();
    let customer = &view.customer;
    let facts = [
        (words.shop.phone, &customer.phone),
        (words.shop.email, &customer.email),
        (words.shop.address, &customer.address),
        (words.shop.tax_id, &customer.tax_id),
        (words.customer.legal_name, &customer.legal_name),
        (words.customer.fiscal_address, &customer.fiscal_address),
        (words.shop.notes, &customer.notes),
    ];
    let ways: Vec<_> = Consent::read(&customer.consent)
        .into_iter()
        .map(|way| consent_name(way, words))
        .collect();
    let consent = if ways.is_empty() {
        words.customer.consent_none.to_owned()
    } else {
        format!("{}: {}", words.customer.consent, ways.join(", "))
    };
    html! {
        <header class="flex flex-col gap-4">
            <div class="flex items-start gap-4">
                <span class="grid size-12 shrink-0 place-items-center rounded-full bg-primary/10 text-lg font-semibold text-primary" aria-hidden="true">
                    { customer.name.chars().take(1).collect::<String>() }
                </span>
                <div class="min-w-0 grow">
                    <h2 class="text-lg font-semibold leading-snug" data-test="customer-name">{ &customer.name }</h2>
                    <p class="muted text-sm">{ words.customer.bought }</p>
                    <p class="tabular text-2xl font-bold tracking-tight" data-test="customer-bought">
                        { format::money(view.bought_minor, locale) }
                    </p>
                </div>
                if props.can_edit {
                    <button
                        type="button"
                        class="btn"
                        data-test="customer-edit"
                        onclick={ {
                            let customer = customer.clone();
                            props.on_edit.reform(move |_| customer.clone())
                        } }
                    >
                        <Icon shape={Shape::Pencil} class="size-4" />{ words.customer.edit }
                    </button>
                }
            </div>
            <dl class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
                { for facts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| html! {
                    <>
                        <dt class="muted">{ name }</dt>
                        <dd class="whitespace-pre-line break-words">{ text }</dd>
                    </>
                }) }
            </dl>
            <p class="muted flex items-center gap-2 text-xs">
                <Icon shape={if ways.is_empty() { Shape::Lock } else { Shape::MessageSquare }} class="size-4" />
                { consent }
            </p>
        </header>
    }
}

fn documents(view: &CustomerView, locale: &Locale) -> Html {
    let words = locale.words();
    html! {
        <section class="flex flex-col gap-2">
            <h3 class="text-sm font-semibold">{ words.customer.documents }</h3>
            if view.documents.is_empty() {
                <p class="muted text-sm">{ words.customer.documents_none }</p>
            } else {
                <ul class="divide-y divide-base-300/70 rounded-field border border-base-300" data-test="customer-documents">
                    { for view.documents.iter().map(|one| document(one, locale)) }
                </ul>
            }
        </section>
    }
}

fn document(one: &DocumentSummary, locale: &Locale) -> Html {
    let is_refund = one.kind == DocumentKind::CreditNote;
    let total = if is_refund {
        -one.total_minor
    } else {
        one.total_minor
    };
    html! {
        <li key={one.document_id.to_string()} class="flex items-center gap-3 px-4 py-2 text-sm">
            <Icon shape={if is_refund { Shape::Undo2 } else { Shape::Receipt }} class="size-4 opacity-60" />
            <span class="min-w-0 grow">
                <span class="tabular block font-medium">{ &one.number }</span>
                <span class="muted tabular block truncate text-xs">{ moment(one.wall_ms, one.utc_offset_min, locale) }</span>
            </span>
            <span class={classes!("num", "font-semibold", is_refund.then_some("text-error"))}>
                { format::money(total, locale) }
            </span>
        </li>
    }
}

fn repairs(all: &[Repair], locale: &Locale) -> Html {
    let words = locale.words();
    html! {
        <section class="flex flex-col gap-2">
            <h3 class="text-sm font-semibold">{ words.customer.repairs }</h3>
            if all.is_empty() {
                <p class="muted text-sm">{ words.customer.repairs_none }</p>
            } else {
                <ul class="divide-y divide-base-300/70 rounded-field border border-base-300" data-test="customer-repairs">
                    { for all.iter().map(|repair| html! {
                        <li key={repair.repair_id.to_string()} class="flex items-center gap-3 px-4 py-2 text-sm">
                            <Icon shape={Shape::Wrench} class="size-4 opacity-60" />
                            <span class="min-w-0 grow">
                                <span class="block truncate font-medium">
                                    { [&repair.device.brand, &repair.device.model].map(String::as_str).join(" ").trim().to_owned() }
                                </span>
                                <span class="muted tabular block truncate text-xs">{ &repair.number }{ " · " }{ &repair.fault }</span>
                            </span>
                            <span class="badge badge-soft badge-sm h-auto min-h-5 py-0.5">{ state_name(repair.state, locale) }</span>
                        </li>
                    }) }
                </ul>
            }
        </section>
    }
}
