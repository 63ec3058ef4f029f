//! What a till refuses of a feed, and how fast it takes it in.

use domain::replication::{OpBody, chain::Digest, table::Scope};

use super::fixture::{Desk, STORE, cable, charger, line};
use crate::{store, sync::pull};

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
async fn what_came_back_before_its_answer_leaves_a_gap_that_no_request_bridges() {
    let mut desk = Desk::at_work().await;
    for _ in 0..4 {
        desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    }
    let second = desk.unsent().await.remove(1);
    desk.store.op(second);
    desk.pull().await;
    assert_eq!(desk.number("SELECT count(*) FROM outbox").await, 3);
    let unsent = desk.unsent().await;
    let seqs: Vec<u64> = unsent
        .iter()
        .map(|envelope| envelope.decode_header().unwrap().device_seq)
        .collect();
    assert_eq!(seqs, [1]);
}
