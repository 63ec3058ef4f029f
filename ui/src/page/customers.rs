//! Customers: found by any part, created and edited, network or not.

pub mod balances;
pub mod card;
pub mod duplicates;
pub mod form;
pub mod picker;

use domain::{
    contract::ipc::{ListDuplicates, SearchCustomers},
    customer::Customer,
    id::CustomerId,
    limit::SEARCH_RESULTS_MAX,
    staff::Permission,
};
use yew::{Callback, Html, Properties, classes, component, html, use_effect_with, use_state};

use self::{card::CustomerCard, duplicates::DuplicatesDialog, form::CustomerForm};
use crate::{
    component::{
        feedback::{Empty, Problem, Skeleton},
        field::typed,
        icon::{Icon, Shape},
    },
    hook::{Shop, keyboard::focus, use_ipc, use_locale},
};

const SHOWN: u32 = 60;
const SEARCH_ID: &str = "customer-search";

/// What stands at the right.
#[derive(Debug, Clone, PartialEq)]
enum Side {
    Nothing,
    New,
    Card(CustomerId),
    Edit(Box<Customer>),
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct CustomersProps {
    pub shop: Shop,
}

#[component]
pub fn CustomersPage(props: &CustomersProps) -> Html {
    let words = use_locale().words();
    let text = use_state(String::new);
    let side = use_state(|| Side::Nothing);
    let said = use_state(|| "");
    let found = use_ipc(
        Some(SearchCustomers {
            text: text.trim().to_owned(),
            limit: SHOWN,
        }),
        props.shop.changes.customers,
    );
    use_effect_with((), |()| focus(SEARCH_ID));
    let can_edit = props.shop.may(Permission::EditCustomer);
    let open_new = {
        let (side, said) = (side.clone(), said.clone());
        Callback::from(move |_| {
            said.set("");
            side.set(Side::New);
        })
    };
    let on_saved = {
        let (side, said) = (side.clone(), said.clone());
        let again = found.again.clone();
        Callback::from(move |customer: Customer| {
            said.set(words.shop.customer_saved);
            side.set(Side::Card(customer.customer_id));
            again.emit(());
        })
    };
    let on_edit = {
        let (side, said) = (side.clone(), said.clone());
        Callback::from(move |customer: Customer| {
            said.set("");
            side.set(Side::Edit(Box::new(customer)));
        })
    };
    let on_open = {
        let (side, said) = (side.clone(), said.clone());
        Callback::from(move |customer_id: CustomerId| {
            said.set("");
            side.set(Side::Card(customer_id));
        })
    };
    let alike = use_ipc(
        can_edit.then_some(ListDuplicates {
            limit: SEARCH_RESULTS_MAX,
        }),
        props.shop.changes.customers,
    );
    let pairs = alike.data.as_ref().map_or(0, |pairs| pairs.len());
    let is_reviewing = use_state(|| false);
    let open_id = match &*side {
        Side::Card(customer_id) => Some(*customer_id),
        Side::Edit(customer) => Some(customer.customer_id),
        Side::Nothing | Side::New => None,
    };
    html! {
        <div class="grid h-full grid-cols-[minmax(0,1fr)] overflow-y-auto md:grid-cols-[minmax(0,1fr)_minmax(24rem,40%)] md:overflow-hidden" data-test="page-customers">
            <h1 class="sr-only">{ words.shop.customers_title }</h1>
            <section class="flex flex-col md:min-h-0">
                <div class="flex gap-3 px-5 pb-3 pt-4">
                    <div class="relative grow">
                        <Icon shape={Shape::Search} class="pointer-events-none absolute left-4 top-1/2 size-5 -translate-y-1/2 opacity-60" />
                        <input
                            id={SEARCH_ID}
                            class="field h-13 pl-12"
                            type="text"
                            aria-label={words.common.search}
                            placeholder={words.shop.customer_search}
                            autocomplete="off"
                            value={(*text).clone()}
                            data-test="customer-search"
                            oninput={ { let text = text.clone(); Callback::from(move |event| text.set(typed(&event))) } }
                        />
                    </div>
                    if pairs > 0 {
                        <button
                            type="button"
                            class="btn h-13"
                            data-test="customer-duplicates"
                            onclick={ { let is_reviewing = is_reviewing.clone(); Callback::from(move |_| is_reviewing.set(true)) } }
                        >
                            <Icon shape={Shape::Users} />{ words.customer.duplicates }
                            <span class="badge badge-warning tabular">{ pairs }</span>
                        </button>
                    }
                    if can_edit {
                        <button type="button" class="btn btn-primary h-13" data-test="customer-new" onclick={open_new}>
                            <Icon shape={Shape::UserPlus} />{ words.shop.customer_new }
                        </button>
                    }
                </div>
                <div class="grow px-5 pb-5 md:min-h-0 md:overflow-y-auto">
                    if let Some(failure) = found.failure.clone() {
                        <Problem {failure} on_retry={found.again.clone()} />
                    } else if let Some(all) = found.data.as_ref() {
                        if all.is_empty() {
                            <Empty shape={Shape::Users} title={words.shop.customer_none} lead={words.shop.customer_none_lead} />
                        } else {
                            <ul class="card-surface overflow-hidden">
                                { for all.iter().map(|customer| {
                                    let customer_id = customer.customer_id;
                                    let on_open = on_open.reform(move |_| customer_id);
                                    customer_row(customer, open_id == Some(customer.customer_id), on_open, words.shop.no_phone)
                                }) }
                            </ul>
                        }
                    } else {
                        <Skeleton />
                    }
                </div>
            </section>
            <aside class="md:min-h-0 md:overflow-y-auto border-l border-base-300 bg-base-100">
                <p class="sr-only" role="status">{ *said }</p>
                { match &*side {
                    Side::Nothing => html! {
                        <Empty shape={Shape::User} title={words.shop.customer_pick} lead={words.shop.customer_pick_lead} />
                    },
                    Side::New => html! {
                        <CustomerForm key="new" customer={None::<Customer>} {can_edit} on_saved={on_saved} />
                    },
                    Side::Card(customer_id) => html! {
                        <>
                            if !said.is_empty() {
                                <p class="flex items-center gap-2 px-6 pt-5 text-sm text-success" data-test="customer-saved">
                                    <Icon shape={Shape::CircleCheck} />{ *said }
                                </p>
                            }
                            <CustomerCard
                                key={customer_id.to_string()}
                                customer_id={*customer_id}
                                version={props.shop.changes.customers.wrapping_add(props.shop.changes.documents).wrapping_add(props.shop.changes.repairs)}
                                {can_edit}
                                shop={props.shop.clone()}
                                {on_edit}
                                on_open={on_open.clone()}
                            />
                        </>
                    },
                    Side::Edit(customer) => html! {
                        <CustomerForm
                            key={customer.customer_id.to_string()}
                            customer={Some((**customer).clone())}
                            {can_edit}
                            on_saved={on_saved}
                        />
                    },
                } }
            </aside>
            if *is_reviewing {
                <DuplicatesDialog
                    pairs={alike.data.as_deref().cloned().unwrap_or_default()}
                    on_open={on_open}
                    on_close={ { let is_reviewing = is_reviewing.clone(); Callback::from(move |()| is_reviewing.set(false)) } }
                />
            }
        </div>
    }
}

/// A customer in a list.
pub(crate) fn customer_row(
    customer: &Customer,
    is_open: bool,
    onclick: Callback<yew::MouseEvent>,
    no_phone: &str,
) -> Html {
    let contact: Vec<&str> = [&customer.phone, &customer.email]
        .into_iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    let contact = if contact.is_empty() {
        no_phone.to_owned()
    } else {
        contact.join(" · ")
    };
    html! {
        <li key={customer.customer_id.to_string()}>
            <button
                type="button"
                class={classes!(
                    "flex", "min-h-16", "w-full", "items-center", "gap-4", "border-b",
                    "border-base-300/70", "px-4", "py-2", "text-left", "-outline-offset-2",
                    if is_open { "bg-primary/8 shadow-[inset_3px_0_0_var(--color-primary)]" } else { "hover:bg-base-200" },
                )}
                data-test={format!("customer-{}", customer.name)}
                {onclick}
            >
                <span class="grid size-10 shrink-0 place-items-center rounded-full bg-base-200 text-sm font-semibold" aria-hidden="true">
                    { customer.name.chars().take(1).collect::<String>() }
                </span>
                <span class="min-w-0">
                    <span class="block truncate font-medium">{ &customer.name }</span>
                    <span class="muted tabular block truncate text-xs">{ contact }</span>
                </span>
            </button>
        </li>
    }
}
