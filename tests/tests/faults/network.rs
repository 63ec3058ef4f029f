//! The network and the database break in the middle of an exchange, and two servers share one
//! database.

use std::time::{Duration, Instant};

use domain::contract::ipc;
use sqlx::{Connection, PgConnection};
use tests::{
    fault::{
        books,
        proxy::{Fate, Proxy},
        shop::Shop,
    },
    pooler::Pooler,
    server::{Database, Server},
};

/// The longest that the faults of a test may take to happen.
const FAULTS_MAX: Duration = Duration::from_secs(120);

#[test]
fn what_is_sold_through_a_network_that_breaks_in_every_way_arrives_once() {
    let mut shop = Shop::open().unwrap();
    let proxy = Proxy::start(&[&shop.server.ready.address], 7).unwrap();
    let mut clerks = vec![
        shop.clerk(&proxy.address, 1).unwrap(),
        shop.clerk(&proxy.address, 2).unwrap(),
    ];
    proxy.rough();
    let started = Instant::now();
    while proxy.happened_least() < 1 {
        for clerk in &mut clerks {
            clerk.act().unwrap();
            // Waiting for the next turn would take as long as the back-off is.
            clerk
                .till()
                .unwrap()
                .call(&ipc::SyncNow {})
                .unwrap()
                .unwrap();
        }
        let told = Fate::ALL.map(|fate| (fate, proxy.happened(fate)));
        assert!(started.elapsed() < FAULTS_MAX, "{told:?}");
    }
    proxy.calm();
    let books = books::close(&mut shop, &mut clerks).unwrap();
    assert!(books.documents > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_connections_to_postgresql_are_ended_goes_on_by_itself() {
    let books = tokio::task::spawn_blocking(sell_while_back_ends_are_terminated)
        .await
        .unwrap();
    assert!(books.documents >= 30);
}

fn sell_while_back_ends_are_terminated() -> books::Books {
    let mut shop = Shop::open().unwrap();
    let address = shop.server.ready.address.clone();
    let url = shop.server.ready.database_url.clone();
    let mut clerks = vec![
        shop.clerk(&address, 3).unwrap(),
        shop.clerk(&address, 4).unwrap(),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut ended = 0;
    for _ in 0..20 {
        for clerk in &mut clerks {
            clerk.act().unwrap();
        }
        // The sales are on their way to the server while its connections end.
        ended += runtime.block_on(terminate_back_ends(&url));
    }
    assert!(ended >= 20, "{ended} were there to be ended");
    books::close(&mut shop, &mut clerks).unwrap()
}

/// Ends every connection of the server's role but the one that asks; returns how many.
async fn terminate_back_ends(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let ended = sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity
             WHERE usename = current_user AND pid <> pg_backend_pid()) AS ended WHERE done",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    ended
}

#[test]
fn a_server_whose_pooler_is_killed_goes_on_when_it_is_back() {
    let mut shop = Shop::open().unwrap();
    let url = shop.server.ready.database_url.clone();
    let mut pooler = Pooler::start(&shop.folder.join("pooler"), &url).unwrap();
    let pooled = Database {
        url: pooler.url(),
        owner_url: None,
        pooled_listen_url: Some(url),
    };
    let folder = shop.folder.join("pooled");
    let mut front = shop.server.start_over(&folder, pooled).unwrap();
    let address = front.ready.address.clone();
    let mut clerks = vec![
        shop.clerk(&address, 8).unwrap(),
        shop.clerk(&address, 9).unwrap(),
    ];
    for _ in 0..6 {
        for clerk in &mut clerks {
            clerk.act().unwrap();
        }
        // The sales are on their way to the database while the pooler goes.
        pooler.kill().unwrap();
        for clerk in &mut clerks {
            clerk.act().unwrap();
        }
        pooler.run().unwrap();
    }
    let books = books::close(&mut shop, &mut clerks).unwrap();
    assert!(books.documents > 6);
    front.stop().unwrap();
}

#[test]
fn two_servers_over_one_database_are_one_to_the_tills() {
    let mut shop = Shop::open().unwrap();
    let mut second = Server::start_beside(&shop.server, &shop.folder.join("second")).unwrap();
    let proxy = Proxy::start(&[&shop.server.ready.address, &second.ready.address], 0).unwrap();
    let mut clerks = Vec::new();
    for seed in 5..8 {
        clerks.push(shop.clerk(&proxy.address, seed).unwrap());
    }
    for turn in 0..6 {
        let receipt = clerks[turn % 3].sell().unwrap();
        let sold = Instant::now();
        let asked = ipc::FindDocument {
            number: receipt.document.number.clone(),
        };
        for other in [(turn + 1) % 3, (turn + 2) % 3] {
            let till = clerks[other].till().unwrap();
            while till.call(&asked).unwrap().is_err() {
                // Tills ask by themselves after 15 s at the soonest: what is heard before was told.
                assert!(
                    sold.elapsed() < Duration::from_secs(10),
                    "till {other} has not heard of {}",
                    receipt.document.number
                );
            }
        }
        for clerk in &mut clerks {
            clerk.act().unwrap();
        }
    }
    for clerk in &mut clerks {
        clerk.wait_quiet().unwrap();
    }
    second.stop().unwrap();
    books::close(&mut shop, &mut clerks).unwrap();
}
