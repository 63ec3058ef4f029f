//! Sales and returns, newest first, a page at a time from the server.

use std::rc::Rc;

use domain::{
    contract::rest::{DocumentListed, DocumentsQuery, Me},
    money::Money,
    sale::DocumentKind,
};
use yew::{Callback, Html, Properties, component, html, use_effect_with, use_state};
use yew_router::prelude::Link;

use crate::{
    api,
    component::{
        feedback::{Empty, Problem, Skeleton},
        field::{chosen, typed},
        icon::{Icon, Shape},
    },
    format::{self, Locale, time::moment},
    hook::{use_api, use_locale},
    program::console::Route,
};

const PAGE: u32 = 25;

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ListProps {
    pub me: Rc<Me>,
    /// Id of the store to show; empty for all.
    pub store: String,
}

#[component]
pub fn DocumentList(props: &ListProps) -> Html {
    let locale = use_locale();
    let words = locale.words().console;
    let number = use_state(String::new);
    let date = use_state(String::new);
    let kind = use_state(|| None::<DocumentKind>);
    // The pages behind the one that is shown.
    let trail = use_state(Vec::<String>::new);
    let text = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let filters = (text(&number), text(&date), props.store.parse().ok(), *kind);
    use_effect_with(filters.clone(), {
        let trail = trail.clone();
        move |_| trail.set(Vec::new())
    });
    let query = DocumentsQuery {
        number: filters.0.map(|number| number.to_uppercase()),
        date: filters.1,
        store: filters.2,
        kind: filters.3,
        after: trail.last().cloned(),
        limit: Some(PAGE),
    };
    let found = {
        let key = serde_json::to_string(&query).ok();
        use_api(key, 0, move || {
            let query = query.clone();
            async move { api::documents(&query).await }
        })
    };
    let has_filter = !number.is_empty() || !date.is_empty() || kind.is_some();
    let clear = {
        let (number, date, kind) = (number.clone(), date.clone(), kind.clone());
        Callback::from(move |_| {
            number.set(String::new());
            date.set(String::new());
            kind.set(None);
        })
    };
    let next = found.data.as_ref().and_then(|page| page.next.clone());
    html! {
        <section class="card-surface">
            <div class="flex flex-wrap items-center gap-3 p-5">
                <h2 class="grow font-semibold">{ words.documents }</h2>
                <input
                    type="search"
                    class="field max-w-44 text-sm"
                    placeholder={words.number}
                    aria-label={words.number}
                    value={(*number).clone()}
                    data-test="number-filter"
                    oninput={ { let number = number.clone(); Callback::from(move |event| number.set(typed(&event))) } }
                />
                <input
                    type="date"
                    class="field tabular max-w-44 text-sm"
                    aria-label={words.date}
                    value={(*date).clone()}
                    data-test="list-date-filter"
                    oninput={ { let date = date.clone(); Callback::from(move |event| date.set(typed(&event))) } }
                />
                { kind_filter(&kind, &locale) }
                if has_filter {
                    <button type="button" class="btn btn-ghost h-11" data-test="clear-filters" onclick={clear}>
                        <Icon shape={Shape::X} class="size-4" />{ words.clear_filters }
                    </button>
                }
            </div>
            if let Some(failure) = found.failure.clone() {
                <div class="p-5"><Problem {failure} on_retry={found.again.clone()} /></div>
            } else if let Some(page) = found.data.as_ref() {
                if page.documents.is_empty() {
                    <Empty
                        shape={Shape::Receipt}
                        title={if has_filter { words.none } else { words.no_sales_day }}
                        lead={if has_filter { words.none_lead } else { words.no_sales_day_lead }}
                    />
                } else {
                    { table(&page.documents, &locale) }
                    <div class="flex items-center justify-between gap-3 border-t border-base-300 p-3">
                        if trail.is_empty() { <span></span> } else {
                            <button
                                type="button"
                                class="btn btn-ghost h-11"
                                data-test="newest"
                                onclick={ { let trail = trail.clone(); Callback::from(move |_| trail.set(Vec::new())) } }
                            >
                                <Icon shape={Shape::ArrowUp} class="size-4" />{ words.newest }
                            </button>
                        }
                        if let Some(next) = next {
                            <button
                                type="button"
                                class="btn h-11"
                                data-test="older"
                                onclick={ {
                                    let trail = trail.clone();
                                    Callback::from(move |_| {
                                        let mut pages = (*trail).clone();
                                        pages.push(next.clone());
                                        trail.set(pages);
                                    })
                                } }
                            >
                                { words.older }<Icon shape={Shape::ChevronRight} class="size-4" />
                            </button>
                        }
                    </div>
                }
            } else {
                <Skeleton rows=8 />
            }
        </section>
    }
}

fn kind_filter(kind: &yew::UseStateHandle<Option<DocumentKind>>, locale: &Locale) -> Html {
    let words = locale.words();
    let choices = [
        (None, words.console.all_kinds),
        (Some(DocumentKind::Receipt), words.common.receipt),
        (Some(DocumentKind::CreditNote), words.common.credit_note),
    ];
    let setting = kind.clone();
    html! {
        <select
            class="field max-w-52 text-sm"
            aria-label={words.console.kind}
            data-test="kind-filter"
            onchange={Callback::from(move |event| setting.set(DocumentKind::from_name(&chosen(&event))))}
        >
            { for choices.into_iter().map(|(choice, label)| html! {
                <option
                    value={choice.map_or("", DocumentKind::name)}
                    selected={**kind == choice}
                >
                    { label }
                </option>
            }) }
        </select>
    }
}

/// Documents as a table; also one receipt's returns on its page.
pub(crate) fn table(documents: &[DocumentListed], locale: &Locale) -> Html {
    let words = locale.words().console;
    html! {
        <div class="overflow-x-auto" role="region" tabindex="0" aria-label={words.documents}>
            <table class="table" data-test="documents">
                <thead>
                    <tr>
                        <th scope="col">{ words.number }</th>
                        <th scope="col">{ words.date }</th>
                        <th scope="col">{ words.store }</th>
                        <th scope="col">{ words.person }</th>
                        <th scope="col">{ words.customer }</th>
                        <th scope="col" class="num">{ words.lines }</th>
                        <th scope="col" class="num">{ words.tax }</th>
                        <th scope="col" class="num">{ words.total }</th>
                    </tr>
                </thead>
                <tbody>
                    { for documents.iter().map(|one| row(one, locale)) }
                </tbody>
            </table>
        </div>
    }
}

fn row(one: &DocumentListed, locale: &Locale) -> Html {
    let words = locale.words();
    let is_refund = one.kind == DocumentKind::CreditNote;
    let sign = |amount: Money| if is_refund { -amount } else { amount };
    let to = Route::Document {
        id: one.document_id.to_string(),
    };
    html! {
        <tr key={one.document_id.to_string()} class="hover:bg-base-200" data-test={format!("document-{}", one.number)}>
            <td>
                <Link<Route> {to} classes="tabular inline-flex min-h-11 items-center gap-2 font-medium text-primary hover:underline">
                    { &one.number }
                </Link<Route>>
                if is_refund {
                    <span class="badge badge-sm ml-2">{ words.common.credit_note }</span>
                }
            </td>
            <td class="tabular whitespace-nowrap">{ moment(one.wall_ms, one.utc_offset_min, locale) }</td>
            <td>{ &one.store_code }</td>
            <td>{ &one.staff_name }</td>
            <td class="max-w-48 truncate">{ &one.customer_name }</td>
            <td class="num">{ one.lines }</td>
            <td class="num">{ format::money(sign(one.tax_minor), locale) }</td>
            <td class={if is_refund { "num font-semibold text-error" } else { "num font-semibold" }}>
                { format::money(sign(one.total_minor), locale) }
            </td>
        </tr>
    }
}
