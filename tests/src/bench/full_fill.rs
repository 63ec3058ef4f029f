//! A new till of a shop with many stores and full shelves: every product, what this store has of
//! each, and what the others have. A million rows at full size.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use sqlx::{Connection, PgConnection};

use super::{
    Figure, Shop, catalogue,
    first_fill::{TILL, wait_filled},
    past, process, raw,
    shop::create_store,
};

/// Rows a second that a first fill must reach.
pub(super) const ROWS_PER_SECOND_MIN: f64 = 50_000.0;
/// The longest until the server has told every store what the others have.
const GATHERED_MAX: Duration = Duration::from_secs(900);
/// What a full shop's fill brings, by the tables that hold nearly all of it.
const TABLES: [&str; 3] = ["product", "stock_level", "stock_elsewhere"];

pub(super) async fn figure(shop: &mut Shop) -> Result<Figure> {
    stock(shop)?;
    wait_gathered(shop).await?;
    // The server writes its snapshot for the first till that asks; a shop does so once.
    let first = shop.till(1).await?;
    wait_filled(&first, shop.size.products as u64).await?;
    first.close().await?;
    let started = Instant::now();
    let till = shop.till(TILL).await?;
    wait_filled(&till, shop.size.products as u64).await?;
    let elapsed = started.elapsed().as_secs_f64();
    till.close().await?;
    let mut connection = past::open(&shop.till_folder(TILL)).await?;
    let mut rows = 0;
    for table in TABLES {
        let count: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
                .fetch_one(&mut connection)
                .await?;
        rows += usize::try_from(count)?;
    }
    connection.close().await?;
    let raw = raw::sqlite_rows_per_second(&shop.folder, rows).await?;
    let value = rows as f64 / elapsed;
    Ok(Figure {
        name: "full_fill",
        what: format!("rows a second into a ready replica ({elapsed:.1} s in all)"),
        value,
        unit: "rows/s",
        raw,
        raw_what: "SQLite inserting as many plain rows in one transaction",
        ratio: value / raw,
        bar: ROWS_PER_SECOND_MIN,
        holds: value >= ROWS_PER_SECOND_MIN,
        conditions: format!(
            "{rows} rows: {} products with search index, their stock here and in {} stores, \
             snapshot ready, loopback; {:.0} MiB resident for both sides of the till",
            shop.size.products,
            shop.size.stocked_stores,
            process::resident_mib(std::process::id())?
        ),
    })
}

/// Counts every product in every store.
fn stock(shop: &Shop) -> Result<()> {
    let skus = catalogue::skus(shop.size.products)?;
    for store in 1..=shop.size.stocked_stores {
        let code = format!("S{store}");
        if store > 1 {
            create_store(&shop.server, &code)?;
        }
        let mut text = String::from("sku,store,on_hand\n");
        for (n, sku) in skus.iter().enumerate() {
            writeln!(text, "{sku},{code},{}", 1 + (n + store) % 40)?;
        }
        let path = shop.folder.join("stock.csv");
        std::fs::write(&path, text)?;
        let path = path.to_str().unwrap_or_default();
        shop.server.command(&["import", "stock", path])?;
    }
    Ok(())
}

/// Waits until the server's job has gathered what every store has.
async fn wait_gathered(shop: &Shop) -> Result<()> {
    let wanted = i64::try_from(shop.size.products * shop.size.stocked_stores)?;
    let mut connection = PgConnection::connect(&shop.server.ready.owner_database_url).await?;
    let started = Instant::now();
    let mut looks = tokio::time::interval(Duration::from_millis(500));
    loop {
        looks.tick().await;
        let told: i64 = sqlx::query_scalar("SELECT count(*) FROM stock_elsewhere")
            .fetch_one(&mut connection)
            .await?;
        if told >= wanted {
            connection.close().await?;
            return Ok(());
        }
        if started.elapsed() > GATHERED_MAX {
            bail!("the server has told of {told} of {wanted} after {GATHERED_MAX:?}");
        }
    }
}
