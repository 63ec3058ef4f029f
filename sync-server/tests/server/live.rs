//! Heads told as they go up, also by an instance that did not take the push.

use std::time::Duration;

use domain::contract::sync_v1::{FeedRows, FeedType, HeadEvent};
use futures_util::StreamExt;
use reqwest::Method;
use sync_server::{job, state::HttpConfig};

use crate::kit::*;

const EVENT_TIME_MAX: Duration = Duration::from_secs(20);

/// Waits for the head of a scope to reach a number.
async fn wait_for_head(till: &Till, scope: &str, head: u64, go: impl Future<Output = ()>) {
    let response = till
        .request(Method::GET, "/api/v1/sync/events")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert!(!response.headers().contains_key("content-encoding"));
    let mut stream = response.bytes_stream();
    let waiting = async {
        let mut text = String::new();
        while let Some(bytes) = stream.next().await {
            text.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
            let heads = text.lines().filter_map(|line| line.strip_prefix("data: "));
            let reached = heads
                .map(|data| serde_json::from_str::<HeadEvent>(data).unwrap())
                .any(|event| event.scope.to_string() == scope && event.head >= head);
            if reached {
                return;
            }
        }
        panic!("the stream ended: {text}");
    };
    let both = async { tokio::join!(waiting, go) };
    tokio::time::timeout(EVENT_TIME_MAX, both).await.unwrap();
}

#[tokio::test]
async fn a_connected_till_hears_of_another_s_sale() {
    let server = Server::start().await;
    let (organization, store, mut seller) = server.shop("Shop").await;
    let listener = server.till(&organization, &store, 2).await;
    let scope = listener.store_scope();
    wait_for_head(&listener, &scope, 2, async {
        for _ in 0..2 {
            let sale = seller.sale(&[(product(), 1)]);
            let op = seller.seal(&sale);
            seller.push(vec![op]).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_till_connected_to_another_instance_hears_of_it_too() {
    let server = Server::start().await;
    let (organization, store, mut seller) = server.shop("Shop").await;
    let mut listener = server.till(&organization, &store, 2).await;
    let (address, _) = Server::instance(&server.database, HttpConfig::default()).await;
    listener.address = address;
    let scope = listener.store_scope();
    wait_for_head(&listener, &scope, 1, async {
        let sale = seller.sale(&[(product(), 1)]);
        let op = seller.seal(&sale);
        seller.push(vec![op]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn live_connections_end_when_the_server_stops() {
    let server = Server::start().await;
    let (_, _, till) = server.shop("Shop").await;
    let response = till
        .request(Method::GET, "/api/v1/sync/events")
        .send()
        .await
        .unwrap();
    server.state.stopping.send_replace(true);
    let ended = tokio::time::timeout(EVENT_TIME_MAX, response.bytes());
    assert!(ended.await.unwrap().is_ok());
}

#[tokio::test]
async fn other_stores_stock_is_told_in_the_org_s_feed_without_repetition() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let second = server.store(&organization, "M2").await;
    let neighbour = server.till(&organization, &second, 1).await;
    let item = product();
    let received = till.adjustment(item, 5);
    let op = till.seal(&received);
    till.push(vec![op]).await.unwrap();
    job::run_once(&server.state).await.unwrap();
    job::run_once(&server.state).await.unwrap();
    let rows = neighbour.pull("org", 100).await;
    let derived: Vec<_> = rows
        .iter()
        .filter(|row| row.row_type == FeedType::Derived)
        .collect();
    assert_eq!(derived.len(), 1);
    let told: FeedRows = serde_json::from_str(derived[0].bytes.get()).unwrap();
    let [elsewhere] = &told.rows.stock_elsewhere[..] else {
        panic!("{told:?}")
    };
    assert_eq!(
        (elsewhere.product_id, elsewhere.on_hand_milli.milli()),
        (item, 5_000)
    );
    assert_eq!(elsewhere.store_id, till.store.store_id);
}
