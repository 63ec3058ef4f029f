//! Filling a new file beside the one in use, and the switch to it.

use domain::{
    contract::{
        ipc::{GetShift, OpenShift},
        sync_v1::{FeedOp, SeqRange, SnapshotChunk, SnapshotDevice, SnapshotHeader, SnapshotPart},
    },
    money::Money,
    replication::{Rows, chain::Digest, table::Scope},
};

use super::fixture::{DEVICE, Desk, MANAGER, STORE, cable, catalogue, charger, draft, line};
use crate::sync::fill;

/// A snapshot of one chunk of rows, with one more of history if there are operations.
fn snapshot(
    scope: Scope,
    rows: Rows,
    history: u32,
    devices: Vec<SnapshotDevice>,
) -> (SnapshotHeader, Vec<SnapshotChunk>) {
    let count = rows.len() as u64;
    let header = SnapshotHeader {
        snapshot: "s".into(),
        scope,
        incarnation: "two".into(),
        seq: 1,
        digest: Digest([1; 32]),
        chunks: 1 + history,
        rows: count + u64::from(history),
        devices,
        now: Some(SnapshotPart {
            chunks: 1,
            rows: count,
        }),
        boundary: None,
    };
    let chunk = SnapshotChunk {
        entries: Vec::new(),
        snapshot: "s".into(),
        chunk: 1,
        rows,
        ops: Vec::new(),
    };
    (header, vec![chunk])
}

/// What a server says that was restored from a copy which holds the first sale alone.
fn restored(first: &FeedOp) -> Vec<(SnapshotHeader, Vec<SnapshotChunk>)> {
    let own = SnapshotDevice {
        device_id: DEVICE,
        epoch: 1,
        branch: 0,
        last_seq: 1,
        last_hash: first.envelope.hash,
        held: Vec::new(),
        missing: None,
    };
    vec![
        snapshot(Scope::Org, catalogue(), 0, vec![own.clone()]),
        snapshot(Scope::Store(STORE), first.rows.clone(), 1, vec![own]),
        snapshot(Scope::Device(DEVICE), Rows::default(), 0, Vec::new()),
    ]
}

async fn desk_with_two_sales_at_the_server() -> (Desk, FeedOp) {
    let mut desk = Desk::at_work().await;
    for product in [charger(), cable()] {
        desk.sell(vec![line(&product, 1)]).await.unwrap();
    }
    desk.deliver().await;
    desk.pull().await;
    let first = serde_json::from_str(desk.store.after(0).rows[0].bytes.get()).unwrap();
    (desk, first)
}

#[tokio::test]
async fn a_fill_takes_the_server_s_word_and_keeps_own_work_that_it_lacks() {
    let (desk, first) = desk_with_two_sales_at_the_server().await;
    desk.sell(vec![line(&cable(), 5)]).await.unwrap();
    // Somebody sells until the very switch.
    let last_sale = async {
        desk.sell(vec![line(&cable(), 7)]).await.unwrap();
    };
    fill::fill_from(desk.shared(), restored(&first), last_sale)
        .await
        .unwrap();
    let identity = desk.shared().identity().unwrap();
    assert_eq!(identity.enrolment.incarnation, "two");
    for (sql, expected) in [
        ("SELECT count(*) FROM document WHERE pending = 0", 0),
        ("SELECT count(*) FROM document WHERE pending = 1", 3),
        ("SELECT count(*) FROM document_line WHERE pending = 1", 3),
        ("SELECT count(*) FROM stock_movement WHERE pending = 1", 3),
        ("SELECT count(*) FROM journal WHERE is_own = 1", 4),
        ("SELECT count(*) FROM draft", 4),
        ("SELECT count(*) FROM outbox", 3),
        ("SELECT count(*) FROM pending_op", 3),
        ("SELECT sum(confirmed_milli) FROM stock_level", -1_000),
        ("SELECT sum(pending_milli) FROM stock_level", -13_000),
        ("SELECT count(*) FROM fill", 1),
        (
            "SELECT count(*) FROM product_fts WHERE product_fts MATCH 'kabel'",
            1,
        ),
    ] {
        assert_eq!(desk.number(sql).await, expected, "{sql}");
    }
    let unsent = desk.unsent().await;
    let seqs: Vec<u64> = unsent
        .iter()
        .map(|envelope| envelope.decode_header().unwrap().device_seq)
        .collect();
    assert_eq!(seqs, [2, 3, 4]);
    let names = files(&desk);
    assert!(names.contains(&"replica-2.db".to_owned()), "{names:?}");
    assert!(!names.contains(&"replica-1.db".to_owned()), "{names:?}");
    // The person stays signed in, and the numbers go on.
    let next = desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    assert_eq!(next.document.count, 5);
}

#[tokio::test]
async fn own_work_that_is_missing_before_what_the_server_has_of_it_waits_to_come_back() {
    let (desk, first) = desk_with_two_sales_at_the_server().await;
    let second: FeedOp = serde_json::from_str(desk.store.after(0).rows[1].bytes.get()).unwrap();
    // Others brought the second sale to a restored server, nobody the first.
    let own = SnapshotDevice {
        device_id: DEVICE,
        epoch: 1,
        branch: 1,
        last_seq: 2,
        last_hash: second.envelope.hash,
        held: Vec::new(),
        missing: Some(SeqRange { from: 1, to: 1 }),
    };
    let behind = vec![
        snapshot(Scope::Org, catalogue(), 0, vec![own.clone()]),
        snapshot(Scope::Store(STORE), Rows::default(), 1, vec![own]),
        snapshot(Scope::Device(DEVICE), Rows::default(), 0, Vec::new()),
    ];
    fill::fill_from(desk.shared(), behind, async {})
        .await
        .unwrap();
    for (sql, expected) in [
        ("SELECT count(*) FROM pending_op WHERE device_seq = 1", 1),
        ("SELECT count(*) FROM pending_op", 1),
        ("SELECT count(*) FROM outbox", 0),
    ] {
        assert_eq!(desk.number(sql).await, expected, "{sql}");
    }
    let id = first.envelope.decode_header().unwrap().op_id;
    let waiting = format!(
        "SELECT count(*) FROM document WHERE pending = 1 AND document_id = x'{}'",
        id.0.simple()
    );
    assert_eq!(desk.number(&waiting).await, 1);
}

#[tokio::test]
async fn after_a_restart_the_new_file_is_the_till() {
    let (desk, first) = desk_with_two_sales_at_the_server().await;
    fill::fill_from(desk.shared(), restored(&first), async {})
        .await
        .unwrap();
    let desk = desk.restart().await;
    desk.sign_in(MANAGER).await.unwrap();
    assert_eq!(files(&desk), ["current", "replica-2.db"]);
    let next = desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    assert_eq!(next.document.count, 3);
}

#[tokio::test]
async fn a_file_whose_place_was_taken_goes_at_the_next_start() {
    let (desk, first) = desk_with_two_sales_at_the_server().await;
    let old = desk.folder.0.join("replica-1.db");
    let kept = desk.folder.0.join("kept");
    std::fs::copy(&old, &kept).unwrap();
    fill::fill_from(desk.shared(), restored(&first), async {})
        .await
        .unwrap();
    // As if the power had gone right behind the pointer's move.
    std::fs::rename(&kept, &old).unwrap();
    let desk = desk.restart().await;
    assert_eq!(files(&desk), ["current", "replica-2.db"]);
}

#[tokio::test]
async fn a_file_that_took_over_but_was_never_pointed_to_is_not_gone_on_with() {
    let (desk, first) = desk_with_two_sales_at_the_server().await;
    let folder = desk.folder.0.clone();
    let pointer = std::fs::read(folder.join("current")).unwrap();
    let kept = folder.join("kept");
    desk.till.close().await.unwrap();
    std::fs::copy(folder.join("replica-1.db"), &kept).unwrap();
    let desk = desk.restart_again().await;
    fill::fill_from(desk.shared(), restored(&first), async {})
        .await
        .unwrap();
    desk.till.close().await.unwrap();
    // The power went before the pointer moved: the old file is in use, and somebody sells.
    std::fs::rename(&kept, folder.join("replica-1.db")).unwrap();
    std::fs::write(folder.join("current"), pointer).unwrap();
    let desk = desk.restart_again().await;
    let sold = desk.sell(vec![line(&cable(), 9)]).await.unwrap();
    assert_eq!(sold.document.count, 3);
    fill::fill_from(desk.shared(), restored(&first), async {})
        .await
        .unwrap();
    let own = "SELECT count(*) FROM journal WHERE is_own = 1";
    assert_eq!(desk.number(own).await, 3);
    assert_eq!(desk.number("SELECT count(*) FROM outbox").await, 2);
}

#[tokio::test]
async fn an_open_drawer_comes_along_and_adds_up_anew() {
    let mut desk = Desk::at_work().await;
    desk.sell(vec![line(&charger(), 1)]).await.unwrap();
    desk.deliver().await;
    desk.pull().await;
    let first: FeedOp = serde_json::from_str(desk.store.after(0).rows[0].bytes.get()).unwrap();
    let open = OpenShift {
        draft_id: draft(),
        float_minor: Money(5_000),
    };
    desk.till.call(open).await.unwrap();
    desk.sell(vec![line(&cable(), 2)]).await.unwrap();
    let before = desk.till.call(GetShift {}).await.unwrap();
    // The server was put back to before the shift.
    fill::fill_from(desk.shared(), restored(&first), async {
        desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    })
    .await
    .unwrap();
    assert_eq!(desk.number("SELECT sum(pending) FROM log_event").await, 1);
    let after = desk.till.call(GetShift {}).await.unwrap().shift.unwrap();
    let before = before.shift.unwrap();
    assert_eq!(after.shift, before.shift);
    let (before, after) = (before.totals.unwrap(), after.totals.unwrap());
    assert_eq!((before.sales, after.sales), (1, 2));
    assert_eq!(
        after.sales_minor.minor(),
        before.sales_minor.minor() / 2 * 3
    );
}

/// What lies in the till's folder, but for its lock, secrets and what SQLite keeps beside a file.
fn files(desk: &Desk) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(&desk.folder.0)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name == "current" || name.ends_with(".db"))
        .collect();
    names.sort();
    names
}
