//! How fast: run by hand in release, `cargo test -p replica --release speed -- --ignored
//! --nocapture`. What is asserted is far below what is expected, so that only a collapse fails.

use std::time::Instant;

use domain::{
    contract::ipc::{SaleLine, SearchProducts},
    replication::Rows,
};

use super::fixture::{Desk, line, product};
use crate::store;

const PRODUCTS: u128 = 20_000;
const SALES: usize = 1_000;
const LINES: u128 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a test"]
async fn speed_of_sales_pages_and_searches() {
    let mut desk = Desk::at_work().await;
    let words = [
        "Galaxy", "Cable", "Case", "Charger", "Screen", "Cargador", "Funda", "Set",
    ];
    let products: Vec<_> = (0..PRODUCTS)
        .map(|n| {
            let pick = |at: u128| words[usize::try_from((n / at) % 8).unwrap()];
            let name = format!("{} {} {} {n}", pick(1), pick(8), pick(64));
            product(n + 1_000, &format!("SKU{n}"), &name, 10_000)
        })
        .collect();
    let began = Instant::now();
    for part in products.chunks(500) {
        desk.org.server(Rows {
            product: part.to_vec(),
            ..Rows::default()
        });
    }
    desk.pull().await;
    let spent = began.elapsed();
    println!("catalogue: {PRODUCTS} products in {spent:?}");

    for text in [
        "galaxy",
        "g",
        "ga",
        "case char",
        "sku19",
        "cargador set 77",
        "4000000001",
    ] {
        let command = SearchProducts {
            text: text.into(),
            category_id: None,
            offset: 0,
            limit: 50,
        };
        desk.till.call(command.clone()).await.unwrap();
        let began = Instant::now();
        for _ in 0..20 {
            desk.till.call(command.clone()).await.unwrap();
        }
        println!("search {text:?}: {:?}", began.elapsed() / 20);
    }

    let began = Instant::now();
    for sale in 0..SALES {
        let at = u128::try_from(sale).unwrap() * 7;
        let lines: Vec<SaleLine> = (0..LINES)
            .map(|n| {
                let index = usize::try_from((at + n * 31) % PRODUCTS).unwrap();
                line(&products[index], 1)
            })
            .collect();
        desk.sell(lines).await.unwrap();
    }
    let per_sale = began.elapsed() / u32::try_from(SALES).unwrap();
    println!("sale of {LINES} lines: {per_sale:?}");

    // The same operations as another till's: taken in as foreign facts, page by page.
    let mut other = Desk::new().await;
    let ops: Vec<_> = {
        let mut connection = desk.shared().db.reader().await.unwrap();
        store::journal::unsent(&mut connection, SALES, usize::MAX)
            .await
            .unwrap()
    };
    for part in ops.chunks(500) {
        for (_, _, envelope) in part {
            other.store.op(envelope.clone());
        }
        let began = Instant::now();
        other.pull().await;
        let spent = began.elapsed();
        // A document, its payment, and a line and a movement for each of its lines.
        let rows = u32::try_from(part.len()).unwrap() * (2 + 2 * 20);
        let rate = f64::from(rows) / spent.as_secs_f64();
        println!("foreign page: {rows} fact rows in {spent:?}: {rate:.0} rows/s");
        assert!(rate > 500.0);
    }
    for part in ops.chunks(500) {
        for (_, _, envelope) in part {
            desk.store.op(envelope.clone());
        }
        let began = Instant::now();
        desk.pull().await;
        println!("own page back: {:?}", began.elapsed());
    }
}
