//! Several tills at once: no deadlock reaches a till, nothing is folded half.

use std::collections::BTreeMap;

use domain::{
    customer::CustomerField,
    hlc::Hlc,
    id::{OpId, ProductId},
    repair::{RepairDevice, RepairEvent, RepairHappening, RepairState},
    replication::{
        OpBody, Private, apply,
        body::{CustomerPutBody, PrivateField, RepairIntakeBody, RepairMoveBody},
        fold::fold_repair,
    },
};
use sync_server::clock;

use crate::kit::*;

const TILLS: u32 = 4;
const ROUNDS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tills_that_sell_the_same_goods_in_opposite_orders_agree_on_what_is_left() {
    let server = Server::start().await;
    let (organization, store, first) = server.shop("Shop").await;
    let mut tills = vec![first];
    for number in 2..=TILLS {
        tills.push(server.till(&organization, &store, number).await);
    }
    let items: Vec<ProductId> = (0..8).map(|_| product()).collect();
    let mut selling = Vec::new();
    for (n, mut till) in tills.clone().into_iter().enumerate() {
        let mut items = items.clone();
        if n % 2 == 1 {
            items.reverse();
        }
        selling.push(tokio::spawn(async move {
            for _ in 0..ROUNDS {
                let mut ops = Vec::new();
                for part in items.chunks(2) {
                    let lines: Vec<_> = part.iter().map(|item| (*item, 1)).collect();
                    let sale = till.sale(&lines);
                    ops.push(till.seal(&sale));
                }
                let reply = till.push(ops).await.unwrap();
                assert_eq!(reply.acked_seq, till.seq);
            }
        }));
    }
    for one in selling {
        one.await.unwrap();
    }
    let sold = i64::from(TILLS) * ROUNDS as i64 * 1_000;
    let mut levels: BTreeMap<ProductId, i64> = BTreeMap::new();
    for row in tills[0].pull(&tills[0].store_scope(), 500).await {
        let op = row.op().unwrap();
        for level in op.rows.stock_level {
            // The feed's rows go down one by one: none was folded without the one before.
            let before = levels.insert(level.product_id, level.on_hand_milli.milli());
            assert_eq!(level.on_hand_milli.milli(), before.unwrap_or(0) - 1_000);
        }
    }
    assert_eq!(levels.len(), items.len());
    assert!(levels.values().all(|level| *level == -sold));
    let differing = "SELECT count(*) FROM stock_level AS level
         WHERE on_hand_milli <> (SELECT sum(delta_milli) FROM stock_movement AS movement
             WHERE movement.store_id = level.store_id AND movement.location = level.location
               AND movement.product_id = level.product_id)";
    assert_eq!(number(&server, differing).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_repair_and_a_customer_changed_at_two_tills_at_once_are_folded_from_all_events() {
    let server = Server::start().await;
    let (organization, store, mut one) = server.shop("Shop").await;
    let two = server.till(&organization, &store, 2).await;
    let (repair_id, customer_id) = (clock::new_id().unwrap(), clock::new_id().unwrap());
    let intake = OpBody::RepairIntake(RepairIntakeBody {
        repair_id,
        number: "M1T1W0A000001".to_owned(),
        count: 1,
        business_date: "2024-05-14".to_owned(),
        utc_offset_min: 60,
        customer_id: Some(customer_id),
        device: RepairDevice {
            kind: "phone".to_owned(),
            ..RepairDevice::default()
        },
        fault: "no sound".to_owned(),
        accessories: String::new(),
        promised_date: None,
    });
    let op = one.seal(&intake);
    one.push(vec![op]).await.unwrap();
    let steps = [
        RepairState::Diagnosing,
        RepairState::Repairing,
        RepairState::QualityCheck,
        RepairState::Ready,
        RepairState::AwaitingApproval,
    ];
    let mut working = Vec::new();
    for mut till in [one.clone(), two] {
        working.push(tokio::spawn(async move {
            for (n, to) in steps.into_iter().enumerate() {
                let step = OpBody::RepairMove(RepairMoveBody {
                    repair_id,
                    from: RepairState::Received,
                    to,
                });
                let name = Private::seal(&format!("{} {n}", till.row.number), [3; 16]);
                let put = OpBody::CustomerPut(CustomerPutBody {
                    customer_id,
                    fields: vec![PrivateField {
                        field: CustomerField::Name,
                        hash: name.hash,
                    }],
                });
                let ops = vec![till.seal(&step), till.seal_with(&put, vec![name], |_| {})];
                till.push(ops).await.unwrap();
            }
        }));
    }
    for till in working {
        till.await.unwrap();
    }
    let mut events: Vec<(Hlc, RepairEvent)> = Vec::new();
    let mut last = None;
    for row in one.pull(&one.store_scope(), 500).await {
        let op = row.op().unwrap();
        let header = op.envelope.decode_header().unwrap();
        let body = op.envelope.decode_body(&header).unwrap();
        let facts = apply(&header, &body, &op.envelope.private).unwrap();
        for event in facts.repair_events {
            events.push((op.effective_hlc, event));
        }
        assert_eq!(op.rows.repair[0], fold_repair(&events).unwrap());
        last = op.rows.repair.into_iter().next();
    }
    assert_eq!(events.len(), 11);
    let moves = |event: &RepairEvent| matches!(event.happening, RepairHappening::Moved { .. });
    assert_eq!(events.iter().filter(|(_, event)| moves(event)).count(), 10);
    let mut written: Vec<(Hlc, OpId, String)> = Vec::new();
    let mut shown = String::new();
    for row in one.pull("org", 500).await {
        if row.row_type != domain::contract::sync_v1::FeedType::Op {
            continue;
        }
        let op = row.op().unwrap();
        let text = String::from_utf8(op.envelope.private[0].bytes.0.clone()).unwrap();
        let op_id = op.envelope.decode_header().unwrap().op_id;
        written.push((op.effective_hlc, op_id, text));
        shown.clone_from(&op.rows.customer[0].name);
        assert_eq!(shown, written.iter().max().unwrap().2);
    }
    assert_eq!(written.len(), 10);
    let stored: serde_json::Value = sqlx::query_scalar("SELECT folded FROM repair")
        .fetch_one(&mut owner(&server).await)
        .await
        .unwrap();
    assert_eq!(stored, serde_json::to_value(last.unwrap()).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_push_sent_many_times_at_once_is_booked_once() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let sale = till.sale(&[(product(), 1)]);
    let op = till.seal(&sale);
    let sending: Vec<_> = (0..8)
        .map(|_| {
            let (till, op) = (till.clone(), op.clone());
            tokio::spawn(async move { till.push(vec![op]).await.unwrap().outcomes })
        })
        .collect();
    let mut outcomes = Vec::new();
    for one in sending {
        outcomes.push(one.await.unwrap());
    }
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(number(&server, "SELECT count(*) FROM document").await, 1);
}
