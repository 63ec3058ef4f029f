//! What a till refuses of a feed, and how fast it takes it in.

use domain::{
    contract::sync_v1::{FeedOp, SnapshotChunk, SnapshotDevice, SnapshotHeader},
    replication::{OpBody, chain::Digest, table::Scope},
};

use super::fixture::{DEVICE, Desk, STORE, cable, charger, line};
use crate::{
    store,
    sync::{pull, snapshot},
};

async fn cursor(desk: &Desk) -> store::feed::Cursor {
    let mut connection = desk.shared().db.reader().await.unwrap();
    store::feed::one(&mut connection, &Scope::Store(STORE).to_string())
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn page_with_a_gap_or_a_wrong_digest_changes_nothing() {
    let mut desk = Desk::at_work().await;
    for _ in 0..3 {
        desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    }
    desk.deliver().await;
    let at = cursor(&desk).await;
    let mut gap = desk.store.after(0);
    gap.rows.remove(1);
    assert!(pull::take_reply(desk.shared(), &at, &gap).await.is_err());
    let mut touched = desk.store.after(0);
    touched.digest = Digest([9; 32]);
    assert!(
        pull::take_reply(desk.shared(), &at, &touched)
            .await
            .is_err()
    );
    let mut swapped = desk.store.after(0);
    let bytes = swapped.rows[0].bytes.clone();
    swapped.rows[1].bytes = bytes;
    assert!(
        pull::take_reply(desk.shared(), &at, &swapped)
            .await
            .is_err()
    );
    assert_eq!(cursor(&desk).await, at);
    assert_eq!(
        desk.number("SELECT count(*) FROM document WHERE pending = 0")
            .await,
        0
    );
    desk.pull().await;
    assert_eq!(
        desk.number("SELECT count(*) FROM document WHERE pending = 0")
            .await,
        3
    );
}

#[tokio::test]
async fn same_page_twice_is_the_same_replica() {
    let mut desk = Desk::at_work().await;
    desk.sell(vec![line(&cable(), 1), line(&charger(), 2)])
        .await
        .unwrap();
    desk.deliver().await;
    let at = cursor(&desk).await;
    let reply = desk.store.after(0);
    for _ in 0..2 {
        pull::take_reply(desk.shared(), &at, &reply).await.unwrap();
    }
    assert_eq!(desk.number("SELECT count(*) FROM document_line").await, 2);
    assert_eq!(
        desk.number("SELECT sum(confirmed_milli) FROM stock_level")
            .await,
        -3_000
    );
    assert_eq!(
        desk.number("SELECT sum(pending_milli) FROM stock_level")
            .await,
        0
    );
}

#[tokio::test]
async fn journal_gives_back_the_exact_bytes() {
    let desk = Desk::at_work().await;
    desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    let before = desk.unsent().await;
    let header = before[0].decode_header().unwrap();
    assert!(matches!(
        before[0].decode_body(&header).unwrap(),
        OpBody::Sale(_)
    ));
    let desk = desk.restart().await;
    assert_eq!(desk.unsent().await, before);
}

#[tokio::test]
async fn refill_takes_the_server_s_word_and_keeps_own_work_that_it_lacks() {
    let mut desk = Desk::at_work().await;
    for product in [charger(), cable()] {
        desk.sell(vec![line(&product, 1)]).await.unwrap();
    }
    desk.deliver().await;
    desk.pull().await;
    desk.sell(vec![line(&cable(), 5)]).await.unwrap();
    // The server was restored from a copy that holds the first sale alone.
    let first: FeedOp = serde_json::from_str(desk.store.after(0).rows[0].bytes.get()).unwrap();
    let header = SnapshotHeader {
        snapshot: "s".into(),
        scope: Scope::Store(STORE),
        incarnation: "two".into(),
        seq: 1,
        digest: Digest([1; 32]),
        chunks: 1,
        rows: 2,
        devices: vec![SnapshotDevice {
            device_id: DEVICE,
            epoch: 1,
            branch: 0,
            last_seq: 1,
            last_hash: first.envelope.hash,
            held: Vec::new(),
        }],
    };
    let chunk = SnapshotChunk {
        snapshot: "s".into(),
        chunk: 1,
        rows: first.rows.clone(),
        ops: vec![first],
    };
    let scope = header.scope.to_string();
    let fill = store::feed::Fill {
        header,
        chunks_done: 1,
        rows_done: 2,
        is_refill: true,
    };
    let mut writer = desk.shared().db.writer().await;
    let mut transaction = writer.begin().await.unwrap();
    let bytes = serde_json::to_vec(&chunk).unwrap();
    store::feed::stage_chunk(&mut transaction, &scope, 1, &bytes)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    drop(writer);
    snapshot::finish(desk.shared(), &scope, &fill)
        .await
        .unwrap();

    let identity = desk.shared().identity().unwrap();
    assert_eq!(identity.enrolment.incarnation, "two");
    for (sql, expected) in [
        ("SELECT count(*) FROM document WHERE pending = 0", 1),
        ("SELECT count(*) FROM document WHERE pending = 1", 2),
        ("SELECT count(*) FROM document_line WHERE pending = 1", 2),
        ("SELECT count(*) FROM stock_movement WHERE pending = 1", 2),
        ("SELECT count(*) FROM outbox", 2),
        ("SELECT count(*) FROM pending_op", 2),
        ("SELECT sum(confirmed_milli) FROM stock_level", -1_000),
        ("SELECT sum(pending_milli) FROM stock_level", -6_000),
        ("SELECT count(*) FROM fill_chunk", 0),
    ] {
        assert_eq!(desk.number(sql).await, expected, "{sql}");
    }
    let unsent = desk.unsent().await;
    let seqs: Vec<u64> = unsent
        .iter()
        .map(|envelope| envelope.decode_header().unwrap().device_seq)
        .collect();
    assert_eq!(seqs, [2, 3]);
}
