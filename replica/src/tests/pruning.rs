//! What a till lets go of at a feed's boundary, and which envelopes it forgets.

use domain::{
    contract::{
        ipc::{CloseShift, MoveRepair, OpenShift, TakeInRepair},
        sync_v1::{Checkpoint, CheckpointBody},
    },
    hlc::Hlc,
    id::RepairId,
    money::Money,
    repair::{RepairDevice, RepairState},
    replication::{
        Rows,
        chain::{Digest, SignatureBytes},
        row::Boundary,
    },
};

use super::fixture::{DEVICE, Desk, cable, charger, draft, line, organization, server_key, signed};
use crate::store;

fn boundary(before_hlc: Hlc) -> Rows {
    Rows {
        boundary: vec![Boundary { before_hlc }],
        ..Rows::default()
    }
}

async fn take_in(desk: &Desk) -> RepairId {
    let device = RepairDevice {
        kind: "phone".to_owned(),
        ..RepairDevice::default()
    };
    desk.till
        .call(TakeInRepair {
            draft_id: draft(),
            customer_id: None,
            device,
            fault: "no sound".to_owned(),
            accessories: String::new(),
            promised_date: None,
        })
        .await
        .unwrap()
        .repair
        .repair_id
}

async fn documents(desk: &Desk) -> i64 {
    desk.number("SELECT count(*) FROM document").await
}

#[tokio::test]
async fn what_is_closed_goes_at_the_boundary_and_what_is_open_or_newer_stays() {
    let mut desk = Desk::at_work().await;
    desk.sell(vec![line(&cable(), 2)]).await.unwrap();
    let (_open, closed) = (take_in(&desk).await, take_in(&desk).await);
    desk.till
        .call(MoveRepair {
            draft_id: draft(),
            repair_id: closed,
            to: RepairState::Cancelled,
        })
        .await
        .unwrap();
    desk.deliver().await;
    desk.pull().await;
    let until = desk.store.last_hlc.next();
    desk.sell(vec![line(&charger(), 1)]).await.unwrap();
    let newer = desk.unsent().await.remove(0);
    desk.store.op(newer);
    desk.store.server(boundary(until));
    // Never sent until now: it waits, whatever its age.
    desk.sell(vec![line(&charger(), 3)]).await.unwrap();
    let levels = "SELECT sum(confirmed_milli) FROM stock_level";
    desk.pull().await;
    assert_eq!(documents(&desk).await, 2);
    for (sql, expected) in [
        ("SELECT count(*) FROM document WHERE pending = 1", 1),
        ("SELECT count(*) FROM document_line", 2),
        ("SELECT count(*) FROM payment", 2),
        ("SELECT count(*) FROM stock_movement", 2),
        ("SELECT count(*) FROM repair_event", 1),
        ("SELECT count(*) FROM repair", 2),
        (levels, -3_000),
        ("SELECT sum(pending_milli) FROM stock_level", -3_000),
        ("SELECT count(*) FROM feed WHERE boundary_hlc > 0", 1),
    ] {
        assert_eq!(desk.number(sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn what_comes_behind_the_boundary_s_row_stays_until_the_next_however_old_it_is() {
    let mut desk = Desk::at_work().await;
    desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    let late = desk.unsent().await.remove(0);
    desk.store.server(boundary(Hlc::from_ms(1_000_000)));
    desk.store.op(late);
    desk.pull().await;
    assert_eq!(documents(&desk).await, 1);
    desk.store.server(boundary(Hlc::from_ms(1_000_001)));
    desk.pull().await;
    assert_eq!(documents(&desk).await, 0);
}

#[tokio::test]
async fn an_open_shift_keeps_its_documents_and_a_closed_one_its_row_alone() {
    let mut desk = Desk::at_work().await;
    open_shift(&desk).await;
    desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    let close = CloseShift {
        draft_id: draft(),
        shift_id: None,
        pieces: Vec::new(),
        others: Vec::new(),
        float_left_minor: Money::ZERO,
        note: String::new(),
    };
    desk.till.call(close).await.unwrap();
    open_shift(&desk).await;
    desk.sell(vec![line(&charger(), 1)]).await.unwrap();
    desk.deliver().await;
    desk.pull().await;
    desk.store.server(boundary(desk.store.last_hlc.next()));
    desk.pull().await;
    for (sql, expected) in [
        ("SELECT count(*) FROM document", 1),
        ("SELECT count(*) FROM document_line", 1),
        ("SELECT count(*) FROM payment", 1),
        ("SELECT count(*) FROM stock_movement", 1),
        ("SELECT count(*) FROM log_event", 1),
        ("SELECT count(*) FROM log_row", 2),
    ] {
        assert_eq!(desk.number(sql).await, expected, "{sql}");
    }
}

async fn open_shift(desk: &Desk) {
    let open = OpenShift {
        draft_id: draft(),
        float_minor: Money::ZERO,
    };
    desk.till.call(open).await.unwrap();
}

#[tokio::test]
async fn own_envelopes_go_only_where_the_server_has_signed_that_it_holds_them() {
    let mut desk = Desk::at_work().await;
    for _ in 0..4 {
        desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    }
    for envelope in desk.unsent().await.into_iter().take(3) {
        desk.store.op(envelope);
    }
    desk.pull().await;
    assert_eq!(forget(&desk, 500, 501).await, 0, "nothing is signed");
    let body = CheckpointBody {
        organization_id: organization().organization_id,
        device_id: DEVICE,
        epoch: 1,
        branch: 0,
        seq: 2,
        hash: Digest::default(),
    };
    let (body, signature) = signed(&body);
    let checkpoint = |signature| Rows {
        checkpoint: vec![Checkpoint {
            body: body.clone(),
            server_key: server_key(),
            signature,
        }],
        ..Rows::default()
    };
    desk.store.server(checkpoint(SignatureBytes([7; 64])));
    desk.pull().await;
    assert_eq!(
        forget(&desk, 700, 600).await,
        0,
        "the server did not sign it"
    );
    desk.store.server(checkpoint(signature));
    desk.pull().await;
    assert_eq!(forget(&desk, 900, 500).await, 0, "nothing is old");
    assert_eq!(forget(&desk, 900, 501).await, 2);
    let seqs = "SELECT group_concat(device_seq, '') + 0 FROM
        (SELECT device_seq FROM journal WHERE is_own = 1 ORDER BY device_seq)";
    assert_eq!(desk.number(seqs).await, 34);
    assert_eq!(desk.unsent().await.len(), 1, "the last still waits");
}

/// At a time of the server, what arrived before another one.
async fn forget(desk: &Desk, server_ms: u64, before_ms: u64) -> u64 {
    let mut writer = desk.shared().db.writer().await;
    let mut transaction = writer.begin().await.unwrap();
    store::prune::note_arrived(&mut transaction, server_ms, 100)
        .await
        .unwrap();
    let gone = store::prune::forget_envelopes(&mut transaction, before_ms, 100)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    gone
}
