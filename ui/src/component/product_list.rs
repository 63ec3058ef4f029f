//! Products found, one of them marked for the keyboard.

use domain::{contract::ipc::ProductHit, quantity::Quantity};
use yew::{Callback, Html, Properties, classes, component, html};

use crate::{
    format::{self, Locale},
    hook::use_locale,
    text::fill,
};

/// The id of the list, for the search field that steers it.
pub const LIST_ID: &str = "product-list";

/// The id of one row.
#[must_use]
pub fn row_id(place: usize) -> String {
    format!("{LIST_ID}-{place}")
}

#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ProductListProps {
    pub hits: Vec<ProductHit>,
    pub marked: Option<usize>,
    pub on_choose: Callback<ProductHit>,
}

#[component]
pub fn ProductList(props: &ProductListProps) -> Html {
    let locale = use_locale();
    html! {
        <ul id={LIST_ID} role="listbox" tabindex="0" aria-label={locale.words().sell.search_label} class="flex flex-col">
            { for props.hits.iter().enumerate().map(|(place, hit)| {
                let is_marked = props.marked == Some(place);
                let chosen = hit.clone();
                let product = &hit.product;
                let about: Vec<&str> = [&product.brand, &product.model]
                    .into_iter()
                    .map(String::as_str)
                    .filter(|text| !text.is_empty())
                    .collect();
                html! {
                    <li
                        key={product.product_id.to_string()}
                        id={row_id(place)}
                        role="option"
                        aria-selected={is_marked.to_string()}
                        class={classes!(
                            "flex", "min-h-16", "cursor-pointer", "items-center", "gap-4",
                            "border-b", "border-base-300/70", "px-4", "py-2", "last:border-b-0",
                            if is_marked {
                                "bg-primary/8 shadow-[inset_3px_0_0_var(--color-primary)]"
                            } else {
                                "hover:bg-base-200"
                            },
                        )}
                        data-test={format!("hit-{}", product.sku)}
                        onclick={props.on_choose.reform(move |_| chosen.clone())}
                    >
                        <div class="min-w-0 grow">
                            <p class="line-clamp-2 text-sm font-medium leading-snug">{ &product.name }</p>
                            <p class="muted mt-0.5 truncate text-xs">
                                { about.join(" · ") }
                                if !about.is_empty() { { " · " } }
                                <span class="tabular">{ &product.sku }</span>
                            </p>
                        </div>
                        { on_hand(hit, &locale) }
                        <span class="num w-24 shrink-0 text-base font-semibold">
                            { format::unit_price(product.price_e4, &locale) }
                        </span>
                    </li>
                }
            }) }
        </ul>
    }
}

/// What is on hand, in words and never by colour alone.
pub(crate) fn on_hand(hit: &ProductHit, locale: &Locale) -> Html {
    let words = locale.words().sell;
    let (class, text) = if !hit.product.stocked {
        ("muted", words.not_stocked.to_owned())
    } else if hit.on_hand_milli <= Quantity::ZERO {
        ("text-warning", words.none_on_hand.to_owned())
    } else {
        let count = format::quantity(hit.on_hand_milli, locale);
        ("muted", fill(words.on_hand, &[("n", &count)]))
    };
    html! { <span class={classes!("tabular", "shrink-0", "text-xs", class)}>{ text }</span> }
}
