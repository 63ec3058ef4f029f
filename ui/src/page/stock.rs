//! Stock: what is here, what is elsewhere, how old the knowledge is; receiving and adjusting.

pub mod adjust;

use domain::{
    contract::ipc::{GetProduct, ProductHit, ProductView, ScanCode, SearchProducts},
    id::ProductId,
    quantity::Quantity,
    stock::Location,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::KeyboardEvent;
use yew::{Callback, Html, Properties, component, html, use_effect_with, use_state};

use self::adjust::{AdjustDialog, Kind};
use crate::{
    component::{
        feedback::{Empty, Problem, Skeleton},
        field::typed,
        icon::{Icon, Shape},
        product_list::ProductList,
    },
    format::{self, Locale, time::ago},
    hook::{Shop, keyboard::focus, use_ipc, use_locale, use_scanner},
    ipc,
    text::{counted, fill},
};

const SHOWN: u32 = 60;
const SEARCH_ID: &str = "stock-search";

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct StockProps {
    pub shop: Shop,
    pub now_ms: i64,
}

#[component]
pub fn StockPage(props: &StockProps) -> Html {
    let words = use_locale().words();
    let text = use_state(String::new);
    let marked = use_state(|| 0_usize);
    let opened = use_state(|| None::<ProductId>);
    let adjusting = use_state(|| None::<Kind>);
    let said = use_state(|| false);
    let version = props
        .shop
        .changes
        .catalog
        .wrapping_add(props.shop.changes.stock);
    let found = use_ipc(
        Some(SearchProducts {
            text: text.trim().to_owned(),
            category_id: None,
            offset: 0,
            limit: SHOWN,
        }),
        version,
    );
    let asked = use_ipc(opened.map(|product_id| GetProduct { product_id }), version);
    use_effect_with((), |()| focus(SEARCH_ID));
    let open = {
        let (opened, said) = (opened.clone(), said.clone());
        Callback::from(move |hit: ProductHit| {
            said.set(false);
            opened.set(Some(hit.product.product_id));
        })
    };
    use_scanner(adjusting.is_none(), {
        let (open, text) = (open.clone(), text.clone());
        Callback::from(move |code: String| {
            let (open, text) = (open.clone(), text.clone());
            spawn_local(async move {
                let hits = ipc::call(&ScanCode { code: code.clone() })
                    .await
                    .unwrap_or_default();
                match hits.into_iter().next() {
                    Some(hit) => open.emit(hit),
                    None => text.set(code),
                }
            });
        })
    });
    let hits: Vec<ProductHit> = found
        .data
        .as_ref()
        .map_or_else(Vec::new, |page| page.hits.clone());
    let onkeydown = {
        let (marked, hits, open) = (marked.clone(), hits.clone(), open.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => marked.set((*marked + 1).min(hits.len().saturating_sub(1))),
                "ArrowUp" => marked.set(marked.saturating_sub(1)),
                "Enter" => {
                    if let Some(hit) = hits.get(*marked) {
                        open.emit(hit.clone());
                    }
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    html! {
        <div class="grid h-full grid-cols-[minmax(0,1fr)] overflow-y-auto md:grid-cols-[minmax(0,1fr)_minmax(24rem,42%)] md:overflow-hidden" data-test="page-stock">
            <h1 class="sr-only">{ words.stock.title }</h1>
            <section class="flex flex-col md:min-h-0">
                <div class="relative px-5 pb-3 pt-4">
                    <Icon shape={Shape::Search} class="pointer-events-none absolute left-9 top-1/2 size-5 -translate-y-1/2 opacity-60" />
                    <input
                        id={SEARCH_ID}
                        class="field h-13 pl-12"
                        type="text"
                        aria-label={words.common.search}
                        placeholder={words.stock.search}
                        autocomplete="off"
                        value={(*text).clone()}
                        data-test="stock-search"
                        oninput={ {
                            let (text, marked) = (text.clone(), marked.clone());
                            Callback::from(move |event| {
                                marked.set(0);
                                text.set(typed(&event));
                            })
                        } }
                        {onkeydown}
                    />
                </div>
                <div class="grow px-5 pb-5 md:min-h-0 md:overflow-y-auto">
                    if let Some(failure) = found.failure.clone() {
                        <Problem {failure} on_retry={found.again.clone()} />
                    } else if found.is_first_wait() {
                        <Skeleton />
                    } else if hits.is_empty() {
                        <Empty shape={Shape::Package} title={words.common.nothing_found} lead={words.sell.nothing_lead} />
                    } else {
                        <div class="card-surface overflow-hidden">
                            <ProductList {hits} marked={Some(*marked)} on_choose={open} />
                        </div>
                    }
                </div>
            </section>
            <aside class="md:min-h-0 md:overflow-y-auto border-l border-base-300 bg-base-100">
                if let Some(failure) = asked.failure.clone() {
                    <div class="p-6"><Problem {failure} on_retry={asked.again.clone()} /></div>
                } else if let Some(view) = asked.data.as_ref().filter(|_| opened.is_some()) {
                    if *said {
                        <p class="flex items-center gap-2 px-6 pt-5 text-sm text-success" role="status" data-test="stock-recorded">
                            <Icon shape={Shape::CircleCheck} />{ words.stock.recorded }
                        </p>
                    }
                    <ProductCard
                        view={(**view).clone()}
                        shop={props.shop.clone()}
                        now_ms={props.now_ms}
                        on_adjust={ { let adjusting = adjusting.clone(); Callback::from(move |kind| adjusting.set(Some(kind))) } }
                    />
                    if let Some(kind) = *adjusting {
                        <AdjustDialog
                            {kind}
                            view={(**view).clone()}
                            on_close={ { let adjusting = adjusting.clone(); Callback::from(move |()| adjusting.set(None)) } }
                            on_recorded={ {
                                let (adjusting, said, again) = (adjusting.clone(), said.clone(), asked.again.clone());
                                Callback::from(move |()| {
                                    adjusting.set(None);
                                    said.set(true);
                                    again.emit(());
                                })
                            } }
                        />
                    }
                } else {
                    <Empty shape={Shape::ScanBarcode} title={words.stock.pick} lead={words.stock.pick_lead} />
                }
            </aside>
        </div>
    }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct CardProps {
    view: ProductView,
    shop: Shop,
    now_ms: i64,
    on_adjust: Callback<Kind>,
}

/// A place's name.
pub(crate) fn place_name(location: Location, locale: &Locale) -> &'static str {
    let words = locale.words().sell;
    match location {
        Location::ShopFloor => words.to_shelf,
        Location::Bench => words.to_bench,
        Location::Faulty => words.to_faulty,
    }
}

#[component]
fn ProductCard(props: &CardProps) -> Html {
    let locale = use_locale();
    let words = locale.words().stock;
    let product = &props.view.product;
    let shelf: Quantity = props
        .view
        .levels
        .iter()
        .filter(|level| level.location == Location::ShopFloor)
        .map(|level| level.confirmed_milli + level.pending_milli)
        .sum();
    let is_low = product.stocked && shelf <= product.reorder_point_milli;
    html! {
        <div class="flex flex-col gap-6 p-6" data-test="product-card">
            <header>
                <h2 class="text-lg font-semibold leading-snug">{ &product.name }</h2>
                <p class="muted mt-1 text-sm">
                    { [&product.brand, &product.model].into_iter().filter(|t| !t.is_empty()).cloned().collect::<Vec<_>>().join(" · ") }
                </p>
                <p class="tabular mt-3 text-2xl font-semibold">{ format::unit_price(product.price_e4, &locale) }</p>
            </header>
            { levels(props, &locale) }
            if product.stocked {
                    <div class="grid grid-cols-2 gap-3">
                        <button type="button" class="btn btn-primary h-12" data-test="stock-receive"
                            onclick={props.on_adjust.reform(|_| Kind::Receive)}>
                            <Icon shape={Shape::PackagePlus} />{ words.receive }
                        </button>
                        <button type="button" class="btn h-12" data-test="stock-adjust"
                            onclick={props.on_adjust.reform(|_| Kind::Adjust)}>
                            <Icon shape={Shape::SlidersHorizontal} />{ words.adjust }
                        </button>
                    </div>
            }
            { elsewhere(props, &locale) }
            { about(props, is_low, &locale) }
        </div>
    }
}

fn levels(props: &CardProps, locale: &Locale) -> Html {
    let words = locale.words().stock;
    let known = props.view.synced_ms.map_or_else(
        || words.never_known.to_owned(),
        |then| fill(words.known, &[("since", &ago(then, props.now_ms, locale))]),
    );
    html! {
        <section>
            <h3 class="font-semibold">{ words.here }</h3>
            <p class="muted pb-3 text-xs" data-test="stock-age">{ known }</p>
            if props.view.levels.is_empty() {
                <p class="muted text-sm">{ words.no_levels }</p>
            } else {
                <ul class="flex flex-col gap-2">
                    { for props.view.levels.iter().map(|level| {
                        let all = level.confirmed_milli + level.pending_milli;
                        html! {
                            <li class="flex items-center gap-3 rounded-field bg-base-200 px-4 py-3">
                                <span class="grow text-sm font-medium">{ place_name(level.location, locale) }</span>
                                if level.pending_milli != Quantity::ZERO {
                                    <span class="tabular text-xs text-info" data-test={format!("pending-{}", level.location.name())}>
                                        { words.pending }{ " " }{ signed(level.pending_milli, locale) }
                                    </span>
                                }
                                <span class="num text-xl font-semibold" data-test={format!("on-hand-{}", level.location.name())}>
                                    { format::quantity(all, locale) }
                                </span>
                            </li>
                        }
                    }) }
                </ul>
            }
        </section>
    }
}

/// A difference with its sign.
pub(crate) fn signed(quantity: Quantity, locale: &Locale) -> String {
    let text = format::quantity(quantity, locale);
    if quantity > Quantity::ZERO {
        format!("+{text}")
    } else {
        text
    }
}

fn elsewhere(props: &CardProps, locale: &Locale) -> Html {
    let words = locale.words().stock;
    let others: Vec<_> = props.view.elsewhere.iter().collect();
    html! {
        <section>
            <h3 class="pb-3 font-semibold">{ words.elsewhere }</h3>
            if others.is_empty() {
                <p class="muted text-sm">{ words.no_elsewhere }</p>
            } else {
                <ul class="flex flex-col gap-2">
                    { for others.into_iter().map(|other| {
                        let seen = ago(other.as_of_ms, props.now_ms, locale);
                        html! {
                            <li class="flex items-center gap-3 rounded-field border border-base-300 px-4 py-2.5">
                                <Icon shape={Shape::Store} class="size-5 opacity-60" />
                                <span class="grow">
                                    <span class="block text-sm font-medium">{ props.shop.store_name(other.store_id) }</span>
                                    <span class="muted text-xs">{ fill(words.as_of, &[("since", &seen)]) }</span>
                                </span>
                                <span class="num font-semibold">{ format::quantity(other.on_hand_milli, locale) }</span>
                            </li>
                        }
                    }) }
                </ul>
            }
        </section>
    }
}

fn about(props: &CardProps, is_low: bool, locale: &Locale) -> Html {
    let words = locale.words().stock;
    let product = &props.view.product;
    let row = |label: &'static str, value: String| {
        html! {
            <div class="flex justify-between gap-4 py-2 text-sm">
                <dt class="muted">{ label }</dt>
                <dd class="tabular text-right font-medium">{ value }</dd>
            </div>
        }
    };
    html! {
        <dl class="divide-y divide-base-300/70 border-t border-base-300/70">
            { row(words.sku, product.sku.clone()) }
            if !product.barcodes.is_empty() {
                { row(words.barcode, product.barcodes.join(", ")) }
            }
            if product.stocked {
                { row(words.reorder, {
                    let point = format::quantity(product.reorder_point_milli, locale);
                    if is_low { format!("{point} · {}", words.low) } else { point }
                }) }
            }
            if product.warranty_months > 0 {
                { row(words.warranty, counted(words.month_one, words.months, product.warranty_months, locale)) }
            }
        </dl>
    }
}
