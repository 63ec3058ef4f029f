//! One till's clock stands a year ahead.

use domain::{contract::ipc, replication::chain::decode_header};
use serde_json::json;
use tests::{
    fault::{books, shop::Shop},
    figures::open_replica,
};

const DAY_MS: i64 = 86_400_000;

#[test]
fn a_till_that_is_a_year_ahead_drags_no_other_along() {
    let mut shop = Shop::open().unwrap();
    let address = shop.server.ready.address.clone();
    let mut ahead = shop.clerk(&address, 11).unwrap();
    let mut right = shop.clerk(&address, 12).unwrap();
    let session = right
        .till()
        .unwrap()
        .call(&ipc::GetSession {})
        .unwrap()
        .unwrap();
    let now_ms = session.now_ms;
    ahead
        .till()
        .unwrap()
        .ask("advance_clock", &json!({ "ms": 365 * DAY_MS }))
        .unwrap();
    for _ in 0..3 {
        for clerk in [&mut ahead, &mut right] {
            clerk.sell().unwrap();
            clerk.wait_quiet().unwrap();
        }
    }
    // What the right till makes after it has read the other's sales bears today's stamp.
    right.wait_quiet().unwrap();
    right.sell().unwrap();
    let right_data = right.data.clone();
    let mut clerks = [ahead, right];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    books::close(&mut shop, &mut clerks).unwrap();
    let newest = runtime.block_on(newest_own_stamp_ms(&right_data));
    assert!(
        newest < now_ms + DAY_MS,
        "the right till's stamps were dragged to {newest}"
    );
}

/// The newest stamp of the till's own operations, in milliseconds since 1970.
async fn newest_own_stamp_ms(data: &std::path::Path) -> i64 {
    let mut replica = open_replica(data).await.unwrap();
    let headers: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT header FROM journal JOIN chain USING (device_id) ORDER BY journal.device_seq",
    )
    .fetch_all(&mut replica)
    .await
    .unwrap();
    let newest = headers
        .iter()
        .map(|header| decode_header(header).unwrap().hlc)
        .max()
        .unwrap();
    i64::try_from(newest.ms()).unwrap()
}
