//! The published figures, each beside the physical limit that was measured in the same run: what
//! counts is the ratio, because machines differ and are shared.

mod catalogue;
mod first_fill;
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
    pub sales: usize,
    pub searches: usize,
}

impl Size {
    /// What the published figures are measured with.
    pub const FULL: Size = Size {
        products: 100_000,
        sales: 2_000,
        searches: 2_000,
    };
    /// For a look on the way.
    pub const QUICK: Size = Size {
        products: 5_000,
        sales: 300,
        searches: 300,
    };
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

/// Names of all figures, in the order in which they are measured.
pub const NAMES: [&str; 4] = ["first_fill", "search", "sale_commit", "push"];

/// Measures the figures of these names.
pub async fn measure(names: &[&str], size: Size) -> Result<Vec<Figure>> {
    let mut shop = Shop::open(size)?;
    let mut figures = Vec::new();
    let till = first_fill::fill(&mut shop).await?;
    if names.contains(&"first_fill") {
        figures.push(first_fill::figure(&shop, &till).await?);
    }
    if names.contains(&"search") {
        figures.push(search::figure(&shop, &till.till).await?);
    }
    if names.contains(&"sale_commit") || names.contains(&"push") {
        let sold = sale_commit::sell(&shop, &till.till).await?;
        if names.contains(&"sale_commit") {
            figures.extend(sale_commit::figures(&shop, &sold).await?);
        }
        if names.contains(&"push") {
            figures.push(push::figure(&shop, &till.till).await?);
        }
    }
    till.till.close().await?;
    shop.close()?;
    Ok(figures)
}

/// The value below which a part of the sorted samples lie, in milliseconds.
fn percentile_ms(sorted: &[Duration], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = ((last as f64) * part).round() as usize;
    sorted
        .get(at)
        .map_or(0.0, |sample| sample.as_secs_f64() * 1_000.0)
}
