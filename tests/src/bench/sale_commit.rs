//! A sale at the till: five lines, two tenders, durable when the receipt may print.

use std::time::{Duration, Instant};

use anyhow::Result;
use domain::{
    contract::ipc::{AskedTerms, CompleteSale, ProductHit, SaleLine, SearchProducts},
    money::Money,
    quantity::Quantity,
    sale::{TenderCode, TenderedPayment},
};
use replica::Till;

use super::{Figure, Shop, percentile_ms, raw, shop::draft};

/// Times the raw transaction that the median may take.
const P50_RATIO_MAX: f64 = 6.0;
/// Times its median that the 99th percentile may take.
const P99_RATIO_MAX: f64 = 20.0;

/// Sells without network, `first` sales having been made before; returns how long each sale took,
/// sorted.
pub(super) async fn sell(shop: &Shop, till: &Till, first: usize) -> Result<Vec<Duration>> {
    shop.sign_in(till).await?;
    till.set_network(false);
    let search = SearchProducts {
        text: String::new(),
        category_id: None,
        offset: 0,
        limit: 200,
    };
    let hits = till.call(search).await?.hits;
    let mut samples = Vec::with_capacity(shop.size.sales);
    for n in first..first + shop.size.sales {
        let command = sale(n, &hits);
        let started = Instant::now();
        till.call(command).await?;
        samples.push(started.elapsed());
    }
    samples.sort();
    Ok(samples)
}

pub(super) fn sale(n: usize, hits: &[ProductHit]) -> CompleteSale {
    let lines = (0..5).map(|line| {
        SaleLine::of(
            hits[(n * 5 + line) % hits.len()].product.product_id,
            Quantity::ONE,
        )
    });
    let paid = |tender, minor| TenderedPayment {
        tender,
        tendered_minor: Money(minor),
        reference: String::new(),
    };
    CompleteSale {
        draft_id: draft(n),
        lines: lines.collect(),
        payments: vec![
            paid(TenderCode::CARD, 1),
            paid(TenderCode::CASH, 100_000_000),
        ],
        customer_id: None,
        terms: AskedTerms::default(),
        quote_id: None,
        exchange: None,
    }
}

/// A till that holds so many sales already.
struct Held {
    names: [&'static str; 2],
    past: usize,
}

/// Of sales in a replica that held none before.
pub(super) async fn figures(shop: &Shop, samples: &[Duration]) -> Result<Vec<Figure>> {
    let held = Held {
        names: ["sale_commit", "sale_commit_p99"],
        past: 0,
    };
    beside_raw(shop, samples, &held).await
}

/// Of sales in a replica that holds a long past.
pub(super) async fn figures_with_past(
    shop: &Shop,
    samples: &[Duration],
    past: usize,
) -> Result<Vec<Figure>> {
    let held = Held {
        names: ["sale_commit_past", "sale_commit_past_p99"],
        past,
    };
    beside_raw(shop, samples, &held).await
}

async fn beside_raw(shop: &Shop, samples: &[Duration], held: &Held) -> Result<Vec<Figure>> {
    let raw = raw::sqlite_transactions(&shop.folder, samples.len()).await?;
    let (p50, p99) = (percentile_ms(samples, 0.5), percentile_ms(samples, 0.99));
    let raw_p50 = percentile_ms(&raw, 0.5);
    let conditions = format!(
        "{} products, {} past sales, {} sales one after another, no network",
        shop.size.products,
        held.past,
        samples.len()
    );
    Ok(vec![
        Figure {
            name: held.names[0],
            what: "sale of 5 lines and 2 tenders, durable, p50".into(),
            value: p50,
            unit: "ms",
            raw: raw_p50,
            raw_what: "SQLite transaction of 12 rows, durable, p50",
            ratio: p50 / raw_p50,
            bar: P50_RATIO_MAX,
            holds: p50 / raw_p50 <= P50_RATIO_MAX,
            conditions: conditions.clone(),
        },
        Figure {
            name: held.names[1],
            what: "the same, p99".into(),
            value: p99,
            unit: "ms",
            raw: p50,
            raw_what: "its own p50",
            ratio: p99 / p50,
            bar: P99_RATIO_MAX,
            holds: p99 / p50 <= P99_RATIO_MAX,
            conditions,
        },
    ])
}
