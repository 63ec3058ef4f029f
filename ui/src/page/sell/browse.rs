//! Finding a product: by typing, by category, by code.

use domain::{
    catalog::{Category, Product},
    contract::ipc::{ListCategories, ProductHit, SearchProducts},
    id::CategoryId,
    limit::SEARCH_RESULTS_MAX,
    quantity::Quantity,
};
use web_sys::{InputEvent, KeyboardEvent};
use yew::{Callback, Html, Properties, component, html, use_effect_with, use_state};

use super::keys::split_times;
use crate::{
    component::{
        category_tiles::{CategoryTiles, CategoryTrail, children_of, path_to},
        feedback::{Empty, Key, Problem, Skeleton},
        field::typed,
        icon::{Icon, Shape},
        product_list::{LIST_ID, ProductList, row_id},
    },
    hook::{keyboard::focus, use_ipc, use_locale, use_rested},
    ipc,
    text::fill,
};

/// The search field.
pub const SEARCH_ID: &str = "search";

const PAGE: u32 = 40;

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct BrowseProps {
    /// Grows when products or their stock changed.
    pub version: u32,
    pub text: String,
    pub on_text: Callback<String>,
    pub on_add: Callback<(Product, Quantity)>,
    /// A code to look up exactly, as if it had been scanned.
    pub on_code: Callback<(String, Quantity)>,
}

#[component]
pub fn Browse(props: &BrowseProps) -> Html {
    let locale = use_locale();
    let words = locale.words().sell;
    let category = use_state(|| None::<CategoryId>);
    let marked = use_state(|| 0_usize);
    let limit = use_state(|| PAGE);
    let (times, wanted) = split_times(&props.text);
    let wanted = wanted.trim().to_owned();
    let quantity = times.unwrap_or(Quantity::ONE);
    let is_browsing = wanted.is_empty() && category.is_none();
    let asked = use_rested(&wanted);

    let categories = use_ipc(Some(ListCategories {}), props.version);
    let found = use_ipc(
        (!is_browsing).then(|| SearchProducts {
            text: asked.clone(),
            category_id: *category,
            offset: 0,
            limit: *limit,
        }),
        props.version,
    );
    use_effect_with((wanted.clone(), *category), {
        let (marked, limit) = (marked.clone(), limit.clone());
        move |_| {
            marked.set(0);
            limit.set(PAGE);
        }
    });
    use_effect_with(*marked, |marked| scroll_to(*marked));
    use_effect_with((), |()| focus(SEARCH_ID));

    let hits: Vec<ProductHit> = found
        .data
        .as_ref()
        .map_or_else(Vec::new, |page| page.hits.clone());
    let add = {
        let on_add = props.on_add.clone();
        Callback::from(move |hit: ProductHit| on_add.emit((hit.product, quantity)))
    };
    let onkeydown = {
        let (marked, category) = (marked.clone(), category.clone());
        let (hits, add) = (hits.clone(), add.clone());
        let (on_text, on_code) = (props.on_text.clone(), props.on_code.clone());
        let is_waiting = found.is_waiting() || asked != wanted;
        let wanted = wanted.clone();
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" if !is_browsing => {
                    marked.set((*marked + 1).min(hits.len().saturating_sub(1)));
                }
                "ArrowUp" if !is_browsing => marked.set(marked.saturating_sub(1)),
                "Enter" if !wanted.is_empty() => {
                    let hit = hits.get(*marked).filter(|_| !is_waiting).cloned();
                    enter(&wanted, quantity, hit, &add, &on_code);
                }
                "Enter" => {
                    if let Some(hit) = hits.get(*marked) {
                        add.emit(hit.clone());
                    }
                }
                "Escape" => {
                    on_text.emit(String::new());
                    category.set(None);
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    let open = {
        let category = category.clone();
        Callback::from(move |id: Option<CategoryId>| {
            category.set(id);
            focus(SEARCH_ID);
        })
    };
    let all: &[Category] = categories.data.as_deref().map_or(&[], Vec::as_slice);
    let active = (!hits.is_empty() && !is_browsing).then(|| row_id(*marked));
    html! {
        <>
            <div class="flex flex-col gap-3 px-5 pb-3 pt-4">
                <div class="relative">
                    <Icon shape={Shape::Search} class="pointer-events-none absolute left-4 top-1/2 size-5 -translate-y-1/2 opacity-60" />
                    <input
                        id={SEARCH_ID}
                        class="field h-13 pl-12 pr-16 text-base shadow-card"
                        type="text"
                        role="combobox"
                        aria-label={words.search_label}
                        aria-expanded={(!is_browsing).to_string()}
                        aria-controls={LIST_ID}
                        aria-activedescendant={active}
                        placeholder={words.search_placeholder}
                        autocomplete="off"
                        spellcheck="false"
                        autofocus=true
                        value={props.text.clone()}
                        data-test="search"
                        oninput={props.on_text.reform(|event: InputEvent| typed(&event))}
                        {onkeydown}
                    />
                    <span class="pointer-events-none absolute right-4 top-1/2 -translate-y-1/2"><Key label="F2" /></span>
                </div>
                if category.is_some() {
                    <CategoryTrail
                        path={path_to(all, *category)}
                        children_here={if wanted.is_empty() { children_of(all, *category) } else { Vec::new() }}
                        on_open={open.clone()}
                    />
                }
            </div>
            <div class="grow px-5 pb-5 md:min-h-0 md:overflow-y-auto">
                if is_browsing {
                    if let Some(failure) = categories.failure.clone() {
                        <Problem {failure} on_retry={categories.again.clone()} />
                    } else if categories.is_first_wait() {
                        <Skeleton />
                    } else if all.is_empty() {
                        <Empty shape={Shape::Package} title={words.no_categories} lead={words.no_categories_lead} />
                    } else {
                        <CategoryTiles categories={children_of(all, None)} on_open={open.reform(Some)} />
                    }
                } else if let Some(failure) = found.failure.clone() {
                    <Problem {failure} on_retry={found.again.clone()} />
                } else if found.is_first_wait() {
                    <Skeleton />
                } else if hits.is_empty() && !found.is_waiting() && asked == wanted {
                    <Empty
                        shape={Shape::Search}
                        title={fill(words.nothing, &[("text", &wanted)])}
                        lead={words.nothing_lead}
                    />
                } else {
                    <div class="card-surface overflow-hidden">
                        <ProductList hits={hits.clone()} marked={Some(*marked)} on_choose={add} />
                    </div>
                    if found.data.as_ref().is_some_and(|page| page.more) && *limit < SEARCH_RESULTS_MAX {
                        <button
                            type="button"
                            class="btn btn-ghost btn-block mt-2"
                            data-test="search-more"
                            onclick={ { let limit = limit.clone(); Callback::from(move |_| limit.set((*limit + PAGE).min(SEARCH_RESULTS_MAX))) } }
                        >
                            { locale.words().common.more }
                        </button>
                    }
                }
            </div>
        </>
    }
}

/// Enter on a typed text: the product of exactly that code comes first, then the marked result;
/// when the results are still on their way, the first that fits.
fn enter(
    wanted: &str,
    quantity: Quantity,
    marked: Option<ProductHit>,
    add: &Callback<ProductHit>,
    on_code: &Callback<(String, Quantity)>,
) {
    let (wanted, add, on_code) = (wanted.to_owned(), add.clone(), on_code.clone());
    wasm_bindgen_futures::spawn_local(async move {
        let code = wanted.clone();
        let exact = ipc::call(&domain::contract::ipc::ScanCode { code }).await;
        if exact.is_ok_and(|hits| !hits.is_empty()) {
            on_code.emit((wanted, quantity));
            return;
        }
        let hit = match marked {
            Some(hit) => Some(hit),
            None => {
                let search = SearchProducts {
                    text: wanted.clone(),
                    category_id: None,
                    offset: 0,
                    limit: 1,
                };
                let page = ipc::call(&search).await;
                page.ok().and_then(|mut page| page.hits.pop())
            }
        };
        match hit {
            Some(hit) => add.emit(hit),
            None => on_code.emit((wanted, quantity)),
        }
    });
}

fn scroll_to(place: usize) {
    let row = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(&row_id(place)));
    if let Some(row) = row {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
