//! Sales made without network, drained: applied and durable at the server, rows a second.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use domain::contract::ipc::GetSyncStatus;
use replica::Till;

use super::{Figure, Shop, raw};

/// Part of the raw rate that the server must reach.
const RATIO_MIN: f64 = 0.15;
/// The longest that a week's sales may take, in seconds.
const WEEK_SECONDS_MAX: f64 = 10.0;
const DRAIN_MAX: Duration = Duration::from_secs(600);

pub(super) async fn figures(shop: &Shop, till: &Till) -> Result<Vec<Figure>> {
    let waiting = till.call(GetSyncStatus {}).await?.waiting;
    let url = &shop.server.ready.owner_database_url;
    let before = raw::fact_rows(url).await?;
    let mut changes = till.changes();
    let started = Instant::now();
    till.set_network(true);
    let mut seconds = None;
    let whole = loop {
        let status = till.call(GetSyncStatus {}).await?;
        let elapsed = started.elapsed();
        if status.waiting == 0 {
            seconds.get_or_insert(elapsed.as_secs_f64());
        }
        if status.pending == 0 {
            break elapsed.as_secs_f64();
        }
        if started.elapsed() > DRAIN_MAX {
            bail!("the outbox is not empty after {DRAIN_MAX:?}");
        }
        // The reason for waking does not matter: the status is asked for again.
        let _ = tokio::time::timeout(Duration::from_millis(20), changes.recv()).await;
    };
    let seconds = seconds.unwrap_or(whole);
    let sales = waiting as f64 / seconds;
    let rows = raw::fact_rows(url).await? - before;
    let value = rows as f64 / seconds;
    let raw = raw::same_rows_per_second(url, rows, 500).await?;
    let conditions = format!("{waiting} sales of one till over loopback, pulled back meanwhile");
    let push = Figure {
        name: "push",
        what: format!("sales of 5 lines drained, applied and durable ({sales:.0} sales/s)"),
        value,
        unit: "rows/s",
        raw,
        raw_what: "PostgreSQL inserting the same rows into like tables, 500 at a time",
        ratio: value / raw,
        bar: RATIO_MIN,
        holds: value / raw >= RATIO_MIN,
        conditions: conditions.clone(),
    };
    let raw_seconds = rows as f64 / raw;
    let week = Figure {
        name: "week_offline",
        what: "the same until all of it is back in the till's feed".into(),
        value: whole,
        unit: "s",
        raw: raw_seconds,
        raw_what: "PostgreSQL inserting the same rows",
        ratio: whole / raw_seconds,
        bar: WEEK_SECONDS_MAX,
        holds: whole <= WEEK_SECONDS_MAX,
        conditions,
    };
    Ok(vec![push, week])
}
