//! The server alone under pushes: batches of one, fifty and five hundred sales, one scope and many,
//! one till and many at once; each beside PostgreSQL inserting the very same rows.

use std::time::Instant;

use anyhow::{Context, Result};
use domain::{id::ProductId, limit::PUSH_BYTES_MAX, replication::Envelope};
use futures_util::future::try_join_all;

use super::{Figure, Shop, client::Client, process, raw};

/// Part of the raw rate that the server must reach.
const RATIO_MIN: f64 = 0.15;
/// Requests a second that one scope must take from many tills.
const REQUESTS_MIN: f64 = 500.0;
/// Tills that push at once.
const TILLS: u32 = 8;

/// One way of pushing.
struct Load {
    name: &'static str,
    stores: u32,
    tills: u32,
    batch: usize,
    sales_per_till: usize,
}

pub(super) async fn figures(shop: &Shop) -> Result<Vec<Figure>> {
    let sales = shop.size.sales;
    let each = sales / TILLS as usize;
    let loads = [
        load("push_500", 1, 1, 500, sales),
        load("push_50", 1, 1, 50, sales),
        load("push_1", 1, 1, 1, each),
        load("push_scopes", TILLS, TILLS, 50, each),
        load("push_crowd", 1, TILLS, 1, each),
    ];
    let products = raw::product_ids(&shop.server.ready.owner_database_url).await?;
    let mut figures = Vec::new();
    let mut first_store = 100;
    for load in loads {
        figures.push(measure(shop, &load, first_store, &products).await?);
        first_store += load.stores;
    }
    Ok(figures)
}

const fn load(
    name: &'static str,
    stores: u32,
    tills: u32,
    batch: usize,
    sales_per_till: usize,
) -> Load {
    Load {
        name,
        stores,
        tills,
        batch,
        sales_per_till,
    }
}

/// Cuts operations into requests of so many, or fewer where their bytes would be too many.
fn batches(ops: Vec<Envelope>, size: usize) -> Vec<Vec<Envelope>> {
    let mut batches: Vec<Vec<Envelope>> = Vec::new();
    let mut bytes = 0;
    for op in ops {
        let more = op.size_bytes();
        match batches.last_mut() {
            Some(last) if last.len() < size && bytes + more <= PUSH_BYTES_MAX => {
                bytes += more;
                last.push(op);
            }
            _ => {
                bytes = more;
                batches.push(vec![op]);
            }
        }
    }
    batches
}

async fn measure(
    shop: &Shop,
    load: &Load,
    first_store: u32,
    products: &[ProductId],
) -> Result<Figure> {
    let http = reqwest::Client::new();
    let address = &shop.server.ready.address;
    let mut crowd = Vec::new();
    for index in 0..load.tills {
        let store = first_store + index % load.stores;
        let code = shop.code(store, 1 + index / load.stores)?;
        let seed = format!("{}-{index}", load.name);
        let mut client = Client::enrol(&http, address, &code, &seed).await?;
        let ops = (0..load.sales_per_till)
            .map(|_| client.sale(products))
            .collect::<Result<Vec<_>>>()?;
        crowd.push((client, batches(ops, load.batch)));
    }
    let url = &shop.server.ready.owner_database_url;
    let before = raw::fact_rows(url).await?;
    let pid = shop.server.pid().context("the server is down")?;
    let cpu = process::cpu_seconds(pid)?;
    let started = Instant::now();
    let requests = try_join_all(crowd.into_iter().map(|(client, batches)| async move {
        let requests = batches.len();
        for batch in batches {
            client.push(batch).await?;
        }
        anyhow::Ok(requests)
    }))
    .await?
    .into_iter()
    .sum::<usize>() as f64;
    let seconds = started.elapsed().as_secs_f64();
    let cpu = (process::cpu_seconds(pid)? - cpu) / seconds;
    let resident = process::resident_mib(pid)?;
    let rows = raw::fact_rows(url).await? - before;
    let sales = (load.sales_per_till * load.tills as usize) as f64;
    let value = rows as f64 / seconds;
    let rows_per_statement = (rows as f64 / requests).round().max(1.0) as u64;
    let raw = raw::same_rows_per_second(url, rows, rows_per_statement.min(500))
        .await
        .context("the raw side")?;
    let is_crowd = load.name == "push_crowd";
    let (bar, holds) = if is_crowd {
        (REQUESTS_MIN, requests / seconds >= REQUESTS_MIN)
    } else {
        (RATIO_MIN, value / raw >= RATIO_MIN)
    };
    Ok(Figure {
        name: load.name,
        what: format!(
            "sales of 5 lines applied ({:.0} sales/s, {:.0} requests/s)",
            sales / seconds,
            requests / seconds
        ),
        value,
        unit: "rows/s",
        raw,
        raw_what: "PostgreSQL inserting the same rows into like tables, as many a statement",
        ratio: value / raw,
        bar,
        holds,
        conditions: format!(
            "{} tills at once in {} stores, {:.0} sales a request; server: {cpu:.2} cores, \
             {resident:.0} MiB{}",
            load.tills,
            load.stores,
            sales / requests,
            if is_crowd { ", bar in requests/s" } else { "" }
        ),
    })
}
