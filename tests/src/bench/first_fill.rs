//! A new till from enrolment to a replica that is ready to sell: rows a second.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use domain::contract::ipc::GetSyncStatus;
use replica::Till;

use super::{Figure, Shop, full_fill::ROWS_PER_SECOND_MIN, raw};

/// The longest that a first fill may take before the measurement gives up.
const FILL_MAX: Duration = Duration::from_secs(600);

/// The number of the till that is measured.
pub(super) const TILL: u32 = 2;

/// A filled till and how long it took.
pub(super) struct Filled {
    pub(super) till: Till,
    pub(super) elapsed: Duration,
    pub(super) products: u64,
}

pub(super) async fn fill(shop: &mut Shop) -> Result<Filled> {
    // The server writes its snapshot for the first till that asks; a shop does so once.
    let first = shop.till(1).await?;
    wait_filled(&first, shop.size.products as u64).await?;
    first.close().await?;
    let started = Instant::now();
    let till = shop.till(TILL).await?;
    let products = wait_filled(&till, shop.size.products as u64).await?;
    let elapsed = started.elapsed();
    Ok(Filled {
        till,
        elapsed,
        products,
    })
}

/// Waits for the till's own announcements until it holds the whole catalogue.
pub(super) async fn wait_filled(till: &Till, products: u64) -> Result<u64> {
    let started = Instant::now();
    let mut changes = till.changes();
    loop {
        let status = till.call(GetSyncStatus {}).await?;
        let is_whole = !status.scopes.is_empty()
            && status
                .scopes
                .iter()
                .all(|scope| scope.filling.is_none() && scope.cursor >= scope.head);
        if is_whole && status.products >= products {
            return Ok(status.products);
        }
        if started.elapsed() > FILL_MAX {
            bail!(
                "the first fill has {} of {products} products after {FILL_MAX:?}",
                status.products
            );
        }
        // The reason for waking does not matter: the status is asked for again.
        let _ = tokio::time::timeout(Duration::from_millis(200), changes.recv()).await;
    }
}

pub(super) async fn figure(shop: &Shop, filled: &Filled) -> Result<Figure> {
    let value = filled.products as f64 / filled.elapsed.as_secs_f64();
    let raw = raw::sqlite_rows_per_second(&shop.folder, filled.products as usize).await?;
    let bar = ROWS_PER_SECOND_MIN;
    Ok(Figure {
        name: "first_fill",
        what: "rows a second from enrolment to a replica ready to sell".into(),
        value,
        unit: "rows/s",
        raw,
        raw_what: "SQLite inserting as many plain rows in one transaction",
        ratio: value / raw,
        bar,
        holds: value >= bar,
        conditions: format!(
            "{} products with search index, snapshot ready, loopback",
            filled.products
        ),
    })
}
