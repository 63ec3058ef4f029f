//! What a till shows is what the server confirmed with its own waiting work over it; when that
//! comes back it is counted once.

use domain::{
    contract::{
        failure::code,
        ipc::{
            AdjustLine, AdjustStock, GetProduct, GetRepair, GetSyncStatus, ListRepairs, MoveRepair,
            NoteRepair, PutCustomer, TakeInRepair,
        },
    },
    hlc::Hlc,
    id::{DeviceId, OpId, RepairId},
    quantity::Quantity,
    repair::{RepairDevice, RepairState},
    replication::{
        Envelope, OpBody, OpHeader, Private,
        body::{
            CustomerPutBody, PrivateField, RepairMoveBody, StockAdjustmentBody, StockAdjustmentLine,
        },
        chain::Digest,
    },
    stock::{Location, MovementReason},
};
use ed25519_dalek::SigningKey;
use uuid::Uuid;

use super::fixture::{Desk, NOW_MS, STORE, cable, draft, line};

/// An operation of another till of the store.
fn of_other_till(n: u128, body: &OpBody, private: Vec<Private>) -> Envelope {
    let header = OpHeader {
        op_id: OpId(Uuid::from_u128(0x9000 + n)),
        device_id: DeviceId(Uuid::from_u128(0x72)),
        epoch: 1,
        device_seq: u64::try_from(n).unwrap(),
        kind: body.kind().to_owned(),
        kind_version: 1,
        hlc: Hlc::from_ms(1),
        wall_ms: NOW_MS,
        store_id: Some(STORE),
        staff_id: None,
        prev_hash: Digest::default(),
    };
    Envelope::seal(&header, body, private, &SigningKey::from_bytes(&[7; 32])).unwrap()
}

async fn levels(desk: &Desk) -> (i64, i64) {
    let product_id = cable().product_id;
    let view = desk.till.call(GetProduct { product_id }).await.unwrap();
    view.levels.first().map_or((0, 0), |level| {
        (level.confirmed_milli.milli(), level.pending_milli.milli())
    })
}

#[tokio::test]
async fn own_movements_wait_over_the_level_and_are_counted_once() {
    let mut desk = Desk::at_work().await;
    let received = AdjustStock {
        draft_id: draft(),
        reason: MovementReason::Received,
        note: String::new(),
        lines: vec![AdjustLine {
            product_id: cable().product_id,
            location: Location::ShopFloor,
            delta_milli: Quantity::units(10),
        }],
    };
    desk.till.call(received).await.unwrap();
    desk.sell(vec![line(&cable(), 2), line(&cable(), 1)])
        .await
        .unwrap();
    assert_eq!(levels(&desk).await, (0, 7_000));
    // The sale is not on its way back yet, another till's work is.
    let own = desk.unsent().await;
    desk.store.op(own[0].clone());
    let other = StockAdjustmentBody {
        reason: MovementReason::Lost,
        note: String::new(),
        lines: vec![StockAdjustmentLine {
            n: 1,
            product_id: cable().product_id,
            location: Location::ShopFloor,
            delta_milli: Quantity::units(-4),
        }],
        approvals: Vec::new(),
    };
    let other = of_other_till(1, &OpBody::StockAdjustment(other), Vec::new());
    desk.store.op(other);
    desk.pull().await;
    assert_eq!(levels(&desk).await, (6_000, -3_000));
    desk.store.op(own[1].clone());
    desk.pull().await;
    assert_eq!(levels(&desk).await, (3_000, 0));
    let status = desk.till.call(GetSyncStatus {}).await.unwrap();
    // Coming back acknowledges what the lost answer did not.
    assert_eq!((status.waiting, status.pending), (0, 0));
    for table in ["document", "document_line", "payment", "stock_movement"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE pending <> 0");
        assert_eq!(desk.number(&sql).await, 0, "{table}");
    }
    assert_eq!(desk.number("SELECT count(*) FROM stock_movement").await, 4);
}

#[tokio::test]
async fn own_fields_wait_over_the_record_and_fields_of_others_stay() {
    let mut desk = Desk::at_work().await;
    let put = PutCustomer {
        draft_id: draft(),
        customer_id: None,
        name: "Ana".into(),
        phone: "1".into(),
        email: String::new(),
        address: String::new(),
        tax_id: String::new(),
        notes: String::new(),
        legal_name: String::new(),
        fiscal_address: String::new(),
        consent: String::new(),
    };
    let ana = desk.till.call(put.clone()).await.unwrap();
    desk.deliver().await;
    desk.pull().await;
    let edit = PutCustomer {
        draft_id: draft(),
        customer_id: Some(ana.customer_id),
        phone: "2".into(),
        ..put.clone()
    };
    let edited = desk.till.call(edit.clone()).await.unwrap();
    assert_eq!(edited.phone, "2");
    let unchanged = PutCustomer {
        draft_id: draft(),
        ..edit
    };
    let failure = desk.till.call(unchanged).await.unwrap_err();
    assert_eq!(failure.code, code::NOTHING_CHANGED);
    // Meanwhile another till writes phone and e-mail.
    let sealed = [Private::seal("3", [1; 16]), Private::seal("a@b.c", [2; 16])];
    let body = CustomerPutBody {
        customer_id: ana.customer_id,
        fields: vec![
            PrivateField {
                field: domain::customer::CustomerField::Phone,
                hash: sealed[0].hash,
            },
            PrivateField {
                field: domain::customer::CustomerField::Email,
                hash: sealed[1].hash,
            },
        ],
    };
    desk.org.op(of_other_till(
        1,
        &OpBody::CustomerPut(body),
        sealed.to_vec(),
    ));
    desk.pull().await;
    let mut connection = desk.shared().db.reader().await.unwrap();
    let shown = crate::store::customer::one_shown(&mut connection, ana.customer_id)
        .await
        .unwrap()
        .unwrap();
    drop(connection);
    assert_eq!((shown.phone.as_str(), shown.email.as_str()), ("2", "a@b.c"));
    desk.deliver().await;
    desk.pull().await;
    assert_eq!(desk.number("SELECT count(*) FROM pending_field").await, 0);
    assert_eq!(
        desk.number("SELECT count(*) FROM customer WHERE phone = '2'")
            .await,
        1
    );
}

#[tokio::test]
async fn own_steps_of_a_repair_are_shown_over_the_confirmed_state() {
    let mut desk = Desk::at_work().await;
    let intake = TakeInRepair {
        draft_id: draft(),
        customer_id: None,
        device: RepairDevice {
            kind: "Phone".into(),
            ..RepairDevice::default()
        },
        fault: "Cracked glass".into(),
        accessories: String::new(),
        promised_date: Some("2026-03-05".into()),
    };
    let taken = desk.till.call(intake.clone()).await.unwrap();
    let repair_id = taken.repair.repair_id;
    assert_eq!(taken.repair.number, "S1T3W0A000001");
    assert_eq!(desk.till.call(intake).await.unwrap(), taken);
    let step = |to| MoveRepair {
        draft_id: draft(),
        repair_id,
        to,
    };
    desk.till.call(step(RepairState::Diagnosing)).await.unwrap();
    let failure = desk.till.call(step(RepairState::Ready)).await.unwrap_err();
    assert_eq!(failure.code, code::ILLEGAL_TRANSITION);
    let note = NoteRepair {
        draft_id: draft(),
        repair_id,
        text: "Needs a new screen".into(),
    };
    let view = desk.till.call(note).await.unwrap();
    assert_eq!(
        (view.repair.state, view.events.len()),
        (RepairState::Diagnosing, 3)
    );
    assert!(view.events.iter().all(|event| event.is_pending));

    desk.deliver().await;
    desk.pull().await;
    desk.till
        .call(step(RepairState::AwaitingApproval))
        .await
        .unwrap();
    // Another till cancelled it first: the own step is impossible when its turn comes.
    let cancel = OpBody::RepairMove(RepairMoveBody {
        repair_id,
        from: RepairState::Diagnosing,
        to: RepairState::Cancelled,
    });
    desk.store.op(of_other_till(1, &cancel, Vec::new()));
    desk.pull().await;
    for is_pending in [true, false] {
        let view = desk.till.call(GetRepair { repair_id }).await.unwrap();
        assert_eq!(view.repair.state, RepairState::Cancelled);
        let last = view.events.last().unwrap();
        assert_eq!((last.is_pending, last.is_rejected), (is_pending, true));
        let listed = desk
            .till
            .call(ListRepairs { states: Vec::new() })
            .await
            .unwrap();
        assert_eq!(listed, [view.repair]);
        desk.deliver().await;
        desk.pull().await;
    }
    let unknown = GetRepair {
        repair_id: RepairId(Uuid::from_u128(1)),
    };
    let failure = desk.till.call(unknown).await.unwrap_err();
    assert_eq!(failure.code, code::REPAIR_UNKNOWN);
}
