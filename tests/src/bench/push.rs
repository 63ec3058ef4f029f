//! Sales made without network, drained: applied and durable at the server, rows a second.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use domain::contract::ipc::GetSyncStatus;
use replica::Till;

use super::{Figure, Shop, raw};

/// Part of the raw rate that the server must reach.
const RATIO_MIN: f64 = 0.15;
/// Rows that one sale of five lines and two tenders leaves in PostgreSQL: operation, feed row,
/// document, tax, five lines, two payments, five movements; levels are updated, not counted.
const ROWS_PER_SALE: f64 = 16.0;
const DRAIN_MAX: Duration = Duration::from_secs(600);

pub(super) async fn figure(shop: &Shop, till: &Till) -> Result<Figure> {
    let waiting = till.call(GetSyncStatus {}).await?.waiting;
    let mut changes = till.changes();
    let started = Instant::now();
    till.set_network(true);
    while till.call(GetSyncStatus {}).await?.waiting > 0 {
        if started.elapsed() > DRAIN_MAX {
            bail!("the outbox is not empty after {DRAIN_MAX:?}");
        }
        // The reason for waking does not matter: the status is asked for again.
        let _ = tokio::time::timeout(Duration::from_millis(20), changes.recv()).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    let sales = waiting as f64 / seconds;
    let value = sales * ROWS_PER_SALE;
    let rows = waiting * ROWS_PER_SALE as u64;
    let raw = raw::postgres_rows_per_second(&shop.server.ready.owner_database_url, rows).await?;
    Ok(Figure {
        name: "push",
        what: format!("sales of 5 lines drained, applied and durable ({sales:.0} sales/s)"),
        value,
        unit: "rows/s",
        raw,
        raw_what: "PostgreSQL inserting as many plain rows, 500 a statement",
        ratio: value / raw,
        bar: RATIO_MIN,
        holds: value / raw >= RATIO_MIN,
        conditions: format!("{waiting} sales of one till over loopback, pulled back meanwhile"),
    })
}
