//! Old rows of a feed go at a boundary that the feed names; a till that is behind them fills anew
//! and gets everything that is kept.

use domain::{
    contract::sync_v1::{FeedType, SnapshotChunk, SnapshotHeader},
    repair::RepairDevice,
    replication::{
        OpBody,
        body::RepairIntakeBody,
        chain::{feed_digest, feed_genesis},
    },
};
use reqwest::{Method, StatusCode};
use sync_server::{
    clock,
    op::{
        prune_feed::{RETENTION_MS, prune_feeds},
        verify::verify,
    },
};

use crate::kit::*;

const HOUR_MS: u64 = 3_600_000;

/// Lets everything so far be two hours old.
async fn age(server: &Server) {
    let mut owner = owner(server).await;
    for sql in [
        "UPDATE feed SET committed_at = committed_at - interval '2 hours'",
        "UPDATE snapshot SET downloaded_at = downloaded_at - interval '2 days'",
    ] {
        sqlx::query(sql).execute(&mut owner).await.unwrap();
    }
}

async fn snapshot<T: serde::de::DeserializeOwned>(till: &Till, chunk: u32) -> T {
    let (scope, chunk) = (till.store_scope(), chunk.to_string());
    let query = [("scope", scope.as_str()), ("chunk", &chunk)];
    let request = till.request(Method::GET, "/api/v1/sync/snapshot");
    answer(request.query(&query)).await.unwrap()
}

fn intake() -> OpBody {
    OpBody::RepairIntake(RepairIntakeBody {
        repair_id: clock::new_id().unwrap(),
        number: "M1T1W0A000001".to_owned(),
        count: 1,
        business_date: "2024-05-14".to_owned(),
        utc_offset_min: 60,
        customer_id: None,
        device: RepairDevice {
            kind: "phone".to_owned(),
            ..RepairDevice::default()
        },
        fault: "no sound".to_owned(),
        accessories: String::new(),
        promised_date: None,
    })
}

#[tokio::test]
async fn rows_older_than_the_retention_go_and_a_till_before_them_fills_anew() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let id = organization.organization_id;
    let scope = till.store_scope();
    let three_hours_ago = domain::hlc::Hlc::from_ms(clock::now_ms() - 3 * HOUR_MS);
    let body = till.adjustment(product(), 1);
    let mut old = vec![till.seal_with(&intake(), Vec::new(), |header| {
        header.hlc = three_hours_ago;
    })];
    for _ in 0..4 {
        old.push(till.seal_with(&body, Vec::new(), |header| header.hlc = three_hours_ago));
    }
    till.push(old.clone()).await.unwrap();
    let first = till.pull(&scope, 10).await;
    let mut digest = feed_genesis(&scope);
    for row in &first {
        digest = feed_digest(&scope, row.seq, &digest, row.bytes.get().as_bytes());
    }
    age(&server).await;
    let new: Vec<_> = (0..2).map(|_| till.seal(&body)).collect();
    till.push(new.clone()).await.unwrap();

    prune_feeds(&server.state, id, RETENTION_MS).await.unwrap();
    assert_eq!(till.pull(&scope, 10).await.len(), 7, "400 days are kept");
    prune_feeds(&server.state, id, HOUR_MS).await.unwrap();
    let behind = till.pull_page(&scope, 0, &feed_genesis(&scope), 10).await;
    let refused = behind.map(|_| ()).unwrap_err();
    assert_eq!(refused.status, StatusCode::GONE);
    // One that had read exactly what went goes on.
    let page = till.pull_page(&scope, 5, &digest, 10).await.unwrap();
    assert_eq!((page.rows.len(), page.head), (3, 8));
    let last = page.rows.last().unwrap();
    assert_eq!(last.row_type, FeedType::Derived);
    let before = last.rows().unwrap().rows.boundary[0].before_hlc;
    assert!(before > three_hours_ago);
    prune_feeds(&server.state, id, HOUR_MS).await.unwrap();
    let page = till.pull_page(&scope, 5, &digest, 10).await.unwrap();
    assert_eq!(page.head, 8, "nothing more to let go, nothing more to say");

    // A fresh snapshot holds what is kept: the open repair, and what is new.
    sqlx::query("DELETE FROM snapshot")
        .execute(&mut owner(&server).await)
        .await
        .unwrap();
    let header: SnapshotHeader = snapshot(&till, 0).await;
    let mut hashes = Vec::new();
    for chunk in 1..=header.chunks {
        let chunk: SnapshotChunk = snapshot(&till, chunk).await;
        hashes.extend(chunk.ops.into_iter().map(|op| op.envelope.hash));
    }
    assert_eq!(hashes, [old[0].hash, new[0].hash, new[1].hash]);
    let facts = "SELECT count(*) FROM operation WHERE kind <> 'server_put'";
    assert_eq!(number(&server, facts).await, 7, "operations stay for good");
    let report = verify(&server.state.pool, &server.state.key.public()).await;
    assert_eq!(report.unwrap().findings, []);
}

#[tokio::test]
async fn the_rows_behind_a_snapshot_that_a_till_reads_stay_for_a_day() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let id = organization.organization_id;
    let body = till.adjustment(product(), 1);
    let op = till.seal(&body);
    till.push(vec![op]).await.unwrap();
    let begun: SnapshotHeader = snapshot(&till, 0).await;
    let more: Vec<_> = (0..3).map(|_| till.seal(&body)).collect();
    till.push(more).await.unwrap();
    sqlx::query("UPDATE feed SET committed_at = committed_at - interval '2 hours'")
        .execute(&mut owner(&server).await)
        .await
        .unwrap();
    prune_feeds(&server.state, id, HOUR_MS).await.unwrap();
    let scope = till.store_scope();
    let page = till.pull_page(&scope, begun.seq, &begun.digest, 10).await;
    assert_eq!(page.unwrap().rows.len(), 4, "three and the boundary");
}
