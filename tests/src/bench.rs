//! The published figures, each beside the physical limit that was measured in the same run: what
//! counts is the ratio, because machines differ and are shared.

mod catalogue;
mod client;
mod connected;
mod first_fill;
mod full_fill;
mod idle;
mod load;
mod past;
mod process;
mod push;
mod raw;
mod sale_commit;
mod search;
mod shop;

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

pub use shop::Shop;

/// How much to measure with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Size {
    pub products: usize,
    /// Of one till, made without network and drained.
    pub sales: usize,
    /// That the same till holds from years before.
    pub past_sales: usize,
    /// Stores with every product on their shelves, for the first fill of a whole shop.
    pub stocked_stores: usize,
    pub searches: usize,
    /// Whole tills on one server, one size after the other.
    pub connected: [usize; 3],
    /// Tills that only listen.
    pub idle: usize,
}

impl Size {
    /// What the published figures are measured with.
    pub const FULL: Size = Size {
        products: 100_000,
        sales: 5_000,
        past_sales: 1_000_000,
        stocked_stores: 8,
        searches: 2_000,
        connected: [10, 100, 500],
        idle: 2_000,
    };
    /// For a look on the way.
    pub const QUICK: Size = Size {
        products: 5_000,
        sales: 400,
        past_sales: 20_000,
        stocked_stores: 2,
        searches: 300,
        connected: [5, 10, 25],
        idle: 100,
    };
    /// Catalogue of a shop that many tills must fill themselves from.
    const CROWD_PRODUCTS: usize = 500;
}

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub name: &'static str,
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
    pub raw: f64,
    pub raw_what: &'static str,
    /// How the value stands to the raw limit.
    pub ratio: f64,
    /// What the ratio (or, without a raw limit, the value) must reach.
    pub bar: f64,
    pub holds: bool,
    pub conditions: String,
}

/// Names of all groups of figures, in the order in which they are measured.
pub const NAMES: [&str; 9] = [
    "first_fill",
    "search",
    "sale_commit",
    "push",
    "past",
    "full_fill",
    "load",
    "connected",
    "idle",
];

/// Measures the groups of these names.
pub async fn measure(names: &[&str], size: Size) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if NAMES[..5].iter().any(|name| names.contains(name)) {
        one_till(names, size, &mut figures).await?;
    }
    if names.contains(&"full_fill") {
        let mut shop = Shop::open(size)?;
        figures.push(full_fill::figure(&mut shop).await?);
        shop.close()?;
    }
    if NAMES[6..].iter().any(|name| names.contains(name)) {
        many_tills(names, size, &mut figures).await?;
    }
    Ok(figures)
}

/// One till with the whole catalogue.
async fn one_till(names: &[&str], size: Size, figures: &mut Vec<Figure>) -> Result<()> {
    let mut shop = Shop::open(size)?;
    let filled = first_fill::fill(&mut shop).await?;
    if names.contains(&"first_fill") {
        figures.push(first_fill::figure(&shop, &filled).await?);
    }
    let mut till = filled.till;
    if names.contains(&"search") {
        figures.push(search::figure(&shop, &till).await?);
    }
    if ["sale_commit", "push", "past"]
        .iter()
        .any(|name| names.contains(name))
    {
        let sold = sale_commit::sell(&shop, &till, 0).await?;
        if names.contains(&"sale_commit") {
            figures.extend(sale_commit::figures(&shop, &sold).await?);
        }
        if names.contains(&"push") || names.contains(&"past") {
            let drained = push::figures(&shop, &till).await?;
            figures.extend(drained.into_iter().filter(|_| names.contains(&"push")));
        }
    }
    if names.contains(&"past") {
        till.close().await?;
        past::grow(&shop.till_folder(first_fill::TILL), size.past_sales).await?;
        till = shop.open_till(first_fill::TILL).await?;
        let sold = sale_commit::sell(&shop, &till, size.sales).await?;
        figures.extend(sale_commit::figures_with_past(&shop, &sold, size.past_sales).await?);
    }
    till.close().await?;
    shop.close()
}

/// The server and many tills with a small catalogue.
async fn many_tills(names: &[&str], size: Size, figures: &mut Vec<Figure>) -> Result<()> {
    let mut shop = Shop::open(Size {
        products: Size::CROWD_PRODUCTS,
        ..size
    })?;
    if names.contains(&"load") {
        figures.extend(load::figures(&shop).await?);
    }
    if names.contains(&"idle") {
        figures.push(idle::figure(&shop).await?);
    }
    if names.contains(&"connected") {
        figures.extend(connected::figures(&mut shop).await?);
    }
    shop.close()
}

/// The value below which a part of the sorted samples lie, in milliseconds.
fn percentile_ms(sorted: &[Duration], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = ((last as f64) * part).round() as usize;
    sorted
        .get(at)
        .map_or(0.0, |sample| sample.as_secs_f64() * 1_000.0)
}
