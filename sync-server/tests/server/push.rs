//! What a till sends in: once, in order, nothing lost, nothing stuck.

use domain::{
    contract::sync_v1::{Expected, FeedOp, Outcome},
    hlc::Hlc,
    replication::{
        OpBody,
        body::{RepairNoteBody, ServerPutBody},
        chain::Base64,
    },
};
use reqwest::{Method, StatusCode};
use sync_server::op::revoke_till::revoke_till;

use crate::kit::*;

fn outcomes(reply: &domain::contract::sync_v1::PushReply) -> Vec<(u64, Outcome)> {
    let outcomes = reply.outcomes.iter();
    outcomes
        .map(|outcome| (outcome.seq, outcome.outcome))
        .collect()
}

#[tokio::test]
async fn a_sale_pushed_twice_is_booked_once_and_comes_back_in_the_feed() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let item = product();
    let sale = till.sale(&[(item, 2), (product(), 1)]);
    let envelope = till.seal(&sale);

    let first = till.push(vec![envelope.clone()]).await.unwrap();
    let second = till.push(vec![envelope.clone()]).await.unwrap();
    assert_eq!(first.outcomes, second.outcomes);
    assert_eq!((first.acked_seq, second.acked_seq), (1, 1));
    assert_eq!(first.heads[&till.store_scope()], 1);
    assert_eq!(second.heads, first.heads);
    for (sql, count) in [
        (
            "SELECT count(*) FROM operation WHERE device_seq = 1 AND kind = 'sale'",
            1,
        ),
        ("SELECT count(*) FROM document", 1),
        ("SELECT count(*) FROM document_line", 2),
        ("SELECT count(*) FROM document_tax", 1),
        ("SELECT count(*) FROM payment", 1),
        ("SELECT count(*) FROM stock_movement", 2),
        ("SELECT sum(on_hand_milli)::bigint FROM stock_level", -3_000),
    ] {
        assert_eq!(number(&server, sql).await, count, "{sql}");
    }

    let rows = till.pull(&till.store_scope(), 1).await;
    assert_eq!(rows.len(), 1);
    let op = rows[0].op().unwrap();
    assert_eq!(op.envelope, envelope);
    assert_eq!(op.rows.stock_level.len(), 2);
    let level = op
        .rows
        .stock_level
        .iter()
        .find(|level| level.product_id == item);
    assert_eq!(level.unwrap().on_hand_milli.milli(), -2_000);
    assert_eq!(serde_json::to_string(&op).unwrap(), rows[0].bytes.get());
}

#[tokio::test]
async fn each_feed_row_carries_the_levels_as_they_stood_after_it() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let item = product();
    let mut ops = Vec::new();
    for units in [10, -3, 5] {
        let body = till.adjustment(item, units);
        ops.push(till.seal(&body));
    }
    till.push(ops).await.unwrap();
    let levels: Vec<i64> = till
        .pull(&till.store_scope(), 2)
        .await
        .iter()
        .map(|row| row.op().unwrap())
        .map(|op| op.rows.stock_level[0].on_hand_milli.milli())
        .collect();
    assert_eq!(levels, [10_000, 7_000, 12_000]);
}

#[tokio::test]
async fn a_gap_is_answered_with_where_the_chain_goes_on() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let first = till.seal(&body);
    till.push(vec![first.clone()]).await.unwrap();
    till.seal(&body);
    let third = till.seal(&body);
    let refused = till.push(vec![third]).await.unwrap_err();
    assert_eq!(
        (refused.status, refused.failure.code.as_str()),
        (StatusCode::CONFLICT, "conflict")
    );
    let fields = serde_json::to_value(&refused.failure.fields).unwrap();
    let expected: Expected = serde_json::from_value(fields).unwrap();
    assert_eq!(expected.expected_seq, 2);
    assert_eq!(expected.expected_prev_hash, first.hash);
}

#[tokio::test]
async fn damaged_bytes_change_nothing_and_what_came_before_them_counts() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let ops: Vec<_> = (0..3).map(|_| till.seal(&body)).collect();
    for broken in [0, 1] {
        let mut sent = ops.clone();
        match broken {
            0 => sent[1].body.0[0] ^= 1,
            _ => sent[1].signature.0[0] ^= 1,
        }
        let refused = till.push(sent).await.unwrap_err();
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.failure.code, "damaged_operation");
        assert_eq!(refused.failure.fields["seq"], 2);
        assert_eq!(
            number(&server, "SELECT count(*) FROM stock_movement").await,
            1
        );
    }
    assert_eq!(till.push(ops).await.unwrap().acked_seq, 3);
}

#[tokio::test]
async fn an_operation_that_does_not_follow_the_one_before_is_damaged() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    till.hash = domain::replication::chain::Digest([5; 32]);
    let body = till.adjustment(product(), 1);
    let stray = till.seal(&body);
    let refused = till.push(vec![stray]).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_cannot_be_read_is_held_and_the_queue_goes_on() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let other_store = sync_server::clock::new_id().unwrap();
    let ops = vec![
        till.seal(&body),
        till.seal_with(&body, Vec::new(), |header| {
            header.kind = "teleport".to_owned()
        }),
        till.seal_with(&body, Vec::new(), |header| header.kind = "sale".to_owned()),
        till.seal_with(&body, Vec::new(), |header| header.kind_version = 99),
        till.seal_with(&body, Vec::new(), |header| {
            header.store_id = Some(other_store)
        }),
        till.seal_with(&body, Vec::new(), |header| header.store_id = None),
        till.seal(&OpBody::ServerPut(ServerPutBody::default())),
        till.seal(&body),
    ];
    let reply = till.push(ops.clone()).await.unwrap();
    let held: Vec<u64> = (2..=7).collect();
    for (seq, outcome) in outcomes(&reply) {
        let is_held = outcome == Outcome::Held;
        assert_eq!(is_held, held.contains(&seq), "sequence {seq}");
    }
    assert_eq!(reply.acked_seq, 8);
    let again = till.push(ops).await.unwrap();
    assert_eq!(outcomes(&again), outcomes(&reply));
    assert_eq!(
        number(&server, "SELECT count(*) FROM held_operation").await,
        6
    );
    assert_eq!(till.pull(&till.store_scope(), 100).await.len(), 2);
}

#[tokio::test]
async fn a_value_without_a_place_in_the_tables_holds_its_operation_alone() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let mut ops = Vec::new();
    for reason in ["fine", "nul \0 inside", "fine too"] {
        let OpBody::Sale(mut sale) = till.sale(&[(product(), 1)]) else {
            unreachable!("a sale is a sale")
        };
        sale.reason = reason.to_owned();
        ops.push(till.seal(&OpBody::Sale(sale)));
    }
    let OpBody::Sale(mut sale) = till.sale(&[(product(), 1)]) else {
        unreachable!("a sale is a sale")
    };
    sale.business_date = "yesterday".to_owned();
    ops.push(till.seal(&OpBody::Sale(sale)));
    let reply = till.push(ops.clone()).await.unwrap();
    let expected = [
        (1, Outcome::Applied),
        (2, Outcome::Held),
        (3, Outcome::Applied),
        (4, Outcome::Held),
    ];
    assert_eq!(outcomes(&reply), expected);
    assert_eq!(outcomes(&till.push(ops).await.unwrap()), expected);
    assert_eq!(number(&server, "SELECT count(*) FROM document").await, 2);
}

#[tokio::test]
async fn a_damaged_copy_is_held_and_the_chain_goes_on_from_its_stated_hash() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let mut lost = till.seal(&body);
    lost.body = Base64(b"garbage".to_vec());
    let next = till.seal(&body);
    let mut request = till.push_request(Vec::new());
    request.first_seq = 1;
    request.damaged = vec![lost];
    let reply: domain::contract::sync_v1::PushReply = answer(
        till.request(Method::POST, "/api/v1/sync/push")
            .json(&request),
    )
    .await
    .unwrap();
    assert_eq!(outcomes(&reply), [(1, Outcome::Held)]);
    let reply = till.push(vec![next]).await.unwrap();
    assert_eq!(outcomes(&reply), [(2, Outcome::Applied)]);
}

#[tokio::test]
async fn a_revoked_till_s_operations_are_held_and_it_reads_nothing() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let before = till.seal(&body);
    till.push(vec![before]).await.unwrap();
    revoke_till(
        &server.state,
        organization.organization_id,
        till.row.device_id,
    )
    .await
    .unwrap();
    let after = till.seal(&body);
    let reply = till.push(vec![after]).await.unwrap();
    assert!(reply.revoked);
    assert_eq!(outcomes(&reply), [(2, Outcome::Held)]);
    for path in ["pull", "snapshot", "events", "verifiers"] {
        let response = till
            .request(Method::GET, &format!("/api/v1/sync/{path}"))
            .send();
        let refused = refused(response.await.unwrap()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(refused.failure.code, "till_revoked");
    }
}

#[tokio::test]
async fn a_till_cannot_push_for_another() {
    let server = Server::start().await;
    let (organization, store, mut one) = server.shop("Shop").await;
    let other = server.till(&organization, &store, 2).await;
    let body = one.adjustment(product(), 1);
    let op = one.seal(&body);
    one.token = other.token;
    let refused = one.push(vec![op]).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(
        number(&server, "SELECT count(*) FROM stock_movement").await,
        0
    );
}

#[tokio::test]
async fn an_operation_s_id_taken_by_another_till_holds_the_later_one() {
    let server = Server::start().await;
    let (organization, store, mut one) = server.shop("Shop").await;
    let mut other = server.till(&organization, &store, 2).await;
    let body = one.adjustment(product(), 1);
    let first = one.seal(&body);
    let op_id = first.decode_header().unwrap().op_id;
    one.push(vec![first]).await.unwrap();
    let second = other.seal_with(&body, Vec::new(), |header| header.op_id = op_id);
    let third = other.seal(&body);
    let reply = other.push(vec![second, third]).await.unwrap();
    assert_eq!(
        outcomes(&reply),
        [(1, Outcome::Held), (2, Outcome::Applied)]
    );
}

#[tokio::test]
async fn a_till_a_year_ahead_does_not_drag_the_order_there() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let now_ms = sync_server::clock::now_ms();
    let ahead = Hlc::from_ms(now_ms + 365 * 24 * 3_600_000);
    let ops = vec![
        till.seal_with(&body, Vec::new(), |header| header.hlc = ahead),
        till.seal_with(&body, Vec::new(), |header| header.hlc = ahead),
    ];
    till.push(ops).await.unwrap();
    let rows = till.pull(&till.store_scope(), 10).await;
    let stamps: Vec<Hlc> = rows
        .iter()
        .map(|row| {
            serde_json::from_str::<FeedOp>(row.bytes.get())
                .unwrap()
                .effective_hlc
        })
        .collect();
    assert!(stamps[0].ms() <= now_ms + 120_000 && stamps[1] > stamps[0]);
}

#[tokio::test]
async fn five_hundred_sales_go_in_one_push_and_one_more_is_too_many() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let items: Vec<_> = (0..50).map(|_| product()).collect();
    let mut ops = Vec::new();
    for n in 0..501 {
        let lines: Vec<_> = (0..5).map(|k| (items[(n * 7 + k * 11) % 50], 1)).collect();
        let sale = till.sale(&lines);
        ops.push(till.seal(&sale));
    }
    let refused = till.push(ops.clone()).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.failure.code, "body_too_large");
    ops.truncate(500);
    let size: usize = ops
        .iter()
        .map(domain::replication::Envelope::size_bytes)
        .sum();
    let fits = ops.len() * domain::limit::PUSH_BYTES_MAX / size;
    let started = std::time::Instant::now();
    for part in ops.chunks(fits.min(500)) {
        till.push(part.to_vec()).await.unwrap();
    }
    eprintln!("500 sales of 5 lines: {:?}", started.elapsed());
    assert_eq!(
        number(&server, "SELECT count(*) FROM document_line").await,
        2_500
    );
    assert_eq!(
        number(
            &server,
            "SELECT sum(on_hand_milli)::bigint FROM stock_level"
        )
        .await,
        -2_500_000
    );
}

#[tokio::test]
async fn a_note_for_a_repair_that_is_not_known_yet_waits_for_its_intake() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let repair_id = sync_server::clock::new_id().unwrap();
    let note = till.seal(&OpBody::RepairNote(RepairNoteBody {
        repair_id,
        text: "screen ordered".to_owned(),
    }));
    let reply = till.push(vec![note]).await.unwrap();
    assert_eq!(outcomes(&reply), [(1, Outcome::Applied)]);
    let rows = till.pull(&till.store_scope(), 10).await;
    let op = rows[0].op().unwrap();
    assert!(op.rows.repair.is_empty());
}

#[tokio::test]
async fn a_till_whose_clock_is_wrong_is_told_of_once_until_it_is_right_and_refused_nothing() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    for (ahead_min, told, open) in [(6, 1, 1), (6, 1, 1), (4, 1, 0), (-6, 2, 1), (0, 2, 0)] {
        let op = till.seal(&body);
        let mut request = till.push_request(vec![op]);
        request.sent_ms += ahead_min * 60_000;
        let reply: domain::contract::sync_v1::PushReply = answer(
            till.request(Method::POST, "/api/v1/sync/push")
                .json(&request),
        )
        .await
        .unwrap();
        assert_eq!(reply.outcomes[0].outcome, Outcome::Applied);
        let all = "SELECT count(*) FROM exception WHERE kind = 'clock_skew'";
        assert_eq!(number(&server, all).await, told);
        let left = "SELECT count(*) FROM exception WHERE closed_at IS NULL";
        assert_eq!(number(&server, left).await, open);
    }
}
