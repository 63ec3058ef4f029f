//! Tills that do nothing but listen: what they cost the server.

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Figure, Shop, client::Client, process};

/// Resident memory that the server may have with two thousand, in MiB.
const MIB_MAX: f64 = 250.0;
/// Tills of one store.
const PER_STORE: usize = 50;
/// Enrolments under way at once.
const AT_ONCE: usize = 4;

pub(super) async fn figure(shop: &Shop) -> Result<Figure> {
    let pid = shop.server.pid().context("the server is down")?;
    let before = process::resident_mib(pid)?;
    let http = reqwest::Client::new();
    let address = shop.server.ready.address.as_str();
    let mut codes = Vec::new();
    for index in 0..shop.size.idle {
        let (store, number) = (5_000 + index / PER_STORE, 1 + index % PER_STORE);
        codes.push(shop.code(u32::try_from(store)?, u32::try_from(number)?)?);
    }
    let connect = |(index, code): (usize, String)| {
        let http = http.clone();
        async move {
            let client = Client::enrol(&http, address, &code, &format!("idle-{index}")).await?;
            client.events().await
        }
    };
    let streams: Vec<_> = stream::iter(codes.into_iter().enumerate().map(connect))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let value = process::resident_mib(pid)?;
    Ok(Figure {
        name: "idle",
        what: "resident memory of the server with listening tills".into(),
        value,
        unit: "MiB",
        raw: before,
        raw_what: "the same server before they came",
        ratio: value / before,
        bar: MIB_MAX,
        holds: value <= MIB_MAX,
        conditions: format!(
            "{} tills enrolled, each with an open stream of events ({:.0} KiB each)",
            streams.len(),
            (value - before) * 1_024.0 / streams.len() as f64
        ),
    })
}
