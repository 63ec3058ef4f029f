//! A till that was copied, or put back to an old backup: two histories under one key. Both are
//! taken in, neither acknowledges the other's operations, and the till is told to enrol anew.

use domain::{
    contract::sync_v1::{Expected, Outcome, SnapshotHeader},
    replication::chain::Digest,
};
use reqwest::{Method, StatusCode};

use sync_server::op::verify::verify;

use crate::kit::*;

async fn branches(till: &Till) -> Vec<(u64, u32)> {
    till.pull(&till.store_scope(), 100)
        .await
        .iter()
        .map(|row| row.op().unwrap())
        .map(|op| {
            let header = op.envelope.decode_header().unwrap();
            (header.device_seq, op.branch)
        })
        .collect()
}

const FORKS: &str = "SELECT count(*) FROM exception WHERE kind = 'fork' AND closed_at IS NULL";

#[tokio::test]
async fn both_histories_of_a_copied_till_are_applied_and_it_is_fenced() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let shared = till.seal(&body);
    assert!(!till.push(vec![shared.clone()]).await.unwrap().fenced);
    let mut copy = till.clone();
    let own: Vec<_> = (0..2).map(|_| till.seal(&body)).collect();
    let others: Vec<_> = (0..3).map(|_| copy.seal(&body)).collect();
    assert!(!till.push(own.clone()).await.unwrap().fenced);

    let reply = copy.push(others.clone()).await.unwrap();
    assert!(reply.fenced);
    assert_eq!(reply.acked_seq, 4);
    assert!(
        reply
            .outcomes
            .iter()
            .all(|one| one.outcome == Outcome::Applied)
    );
    let more = till.seal(&body);
    let reply = till.push(vec![more]).await.unwrap();
    assert!(reply.fenced, "either of them may be the copy");
    assert_eq!(reply.acked_seq, 4);

    let expected = [(1, 0), (2, 0), (3, 0), (2, 1), (3, 1), (4, 1), (4, 0)];
    assert_eq!(branches(&till).await, expected);
    assert_eq!(number(&server, FORKS).await, 1);
    for ops in [own, others, vec![shared]] {
        copy.push(ops).await.unwrap();
    }
    assert_eq!(branches(&till).await, expected, "nothing is booked twice");
    let report = verify(&server.state.pool, &server.state.key.public()).await;
    assert_eq!(report.unwrap().findings, []);
}

#[tokio::test]
async fn an_answer_never_acknowledges_what_only_the_other_history_sent() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let shared = till.seal(&body);
    let mut copy = till.clone();
    let ops = vec![shared.clone(), till.seal(&body), till.seal(&body)];
    till.push(ops).await.unwrap();
    // The copy lost the answer to its first operation.
    assert_eq!(copy.push(vec![shared]).await.unwrap().acked_seq, 1);
    let own = copy.seal(&body);
    let reply = copy.push(vec![own]).await.unwrap();
    assert_eq!((reply.acked_seq, reply.fenced), (2, true));
}

#[tokio::test]
async fn a_history_whose_beginning_is_not_known_is_asked_for_it() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let shared = till.seal(&body);
    till.push(vec![shared.clone()]).await.unwrap();
    let mut copy = till.clone();
    let own: Vec<_> = (0..5).map(|_| till.seal(&body)).collect();
    till.push(own).await.unwrap();
    let others: Vec<_> = (0..3).map(|_| copy.seal(&body)).collect();
    // As if its first ones had been acknowledged by a server that is gone.
    let refused = copy.push(others[2..].to_vec()).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let fields = serde_json::to_value(&refused.failure.fields).unwrap();
    let expected: Expected = serde_json::from_value(fields).unwrap();
    assert_eq!(expected.expected_seq, 1);
    assert_eq!(expected.expected_prev_hash, Digest::default());
    let mut all = vec![shared];
    all.extend(others);
    let reply = copy.push(all).await.unwrap();
    assert_eq!((reply.acked_seq, reply.fenced), (4, true));
}

#[tokio::test]
async fn a_fork_of_a_fork_gets_a_history_of_its_own_in_the_snapshot_too() {
    let server = Server::start().await;
    let (_, _, mut first) = server.shop("Shop").await;
    let body = first.adjustment(product(), 1);
    let shared = first.seal(&body);
    first.push(vec![shared]).await.unwrap();
    let mut second = first.clone();
    let own = first.seal(&body);
    first.push(vec![own]).await.unwrap();
    let op = second.seal(&body);
    second.push(vec![op]).await.unwrap();
    let mut third = second.clone();
    for till in [&mut second, &mut third] {
        let op = till.seal(&body);
        till.push(vec![op]).await.unwrap();
    }
    let scope = first.store_scope();
    let query = [("scope", scope.as_str()), ("chunk", "0")];
    let request = first.request(Method::GET, "/api/v1/sync/snapshot");
    let header: SnapshotHeader = answer(request.query(&query)).await.unwrap();
    let ends: Vec<_> = header
        .devices
        .iter()
        .map(|one| (one.branch, one.last_seq, one.last_hash))
        .collect();
    assert_eq!(
        ends,
        [(0, 2, first.hash), (1, 3, second.hash), (2, 3, third.hash)]
    );
}

#[tokio::test]
async fn a_fork_at_the_first_sequence_is_a_fork() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let mut copy = till.clone();
    let body = till.adjustment(product(), 1);
    let own = till.seal(&body);
    till.push(vec![own]).await.unwrap();
    let other = copy.seal(&body);
    assert!(copy.push(vec![other]).await.unwrap().fenced);
    assert_eq!(branches(&till).await, [(1, 0), (1, 1)]);
}

#[tokio::test]
async fn bytes_that_do_not_verify_begin_no_history() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let mut thief = till.clone();
    thief.key = ed25519_dalek::SigningKey::from_bytes(&[8; 32]);
    let body = till.adjustment(product(), 1);
    let own = till.seal(&body);
    till.push(vec![own]).await.unwrap();
    let forged = thief.seal(&body);
    let refused = thief.push(vec![forged]).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(number(&server, FORKS).await, 0);
    assert_eq!(branches(&till).await, [(1, 0)]);
}

#[tokio::test]
async fn a_fenced_till_that_enrols_anew_goes_on_and_its_copy_still_sends_what_it_sold() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let mut copy = till.clone();
    let body = till.adjustment(product(), 1);
    for one in [&mut till, &mut copy] {
        let op = one.seal(&body);
        one.push(vec![op]).await.unwrap();
    }
    let code = server.code(&organization, &store, 1).await;
    let mut anew = server.enrol_anew(&till, &code).await.unwrap();
    assert_eq!(anew.row.device_id, till.row.device_id);
    assert_eq!((anew.row.epoch, anew.row.series.as_str()), (2, "B"));
    assert_eq!(number(&server, FORKS).await, 0, "the exception is closed");
    let op = anew.seal(&body);
    let reply = anew.push(vec![op]).await.unwrap();
    assert!(!reply.fenced);

    let late = copy.seal(&body);
    let reply = copy.push(vec![late]).await.unwrap();
    assert!(reply.fenced);
    assert_eq!(reply.outcomes[0].outcome, Outcome::Applied);
    assert_eq!(branches(&anew).await, [(1, 0), (1, 1), (1, 0), (2, 1)]);
    let levels = "SELECT sum(on_hand_milli)::bigint FROM stock_level";
    assert_eq!(number(&server, levels).await, 4_000);
}

#[tokio::test]
async fn a_new_enrolment_begins_with_the_hash_that_it_named() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let op = till.seal(&body);
    till.push(vec![op]).await.unwrap();
    let code = server.code(&organization, &store, 1).await;
    let mut anew = server.enrol_anew(&till, &code).await.unwrap();
    let mut stray = anew.clone();
    stray.hash = Digest([5; 32]);
    let op = stray.seal(&body);
    let refused = stray.push(vec![op]).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let op = anew.seal(&body);
    assert_eq!(anew.push(vec![op]).await.unwrap().acked_seq, 1);
}

#[tokio::test]
async fn a_certificate_of_another_place_makes_a_new_till() {
    let server = Server::start().await;
    let (organization, store, till) = server.shop("Shop").await;
    let code = server.code(&organization, &store, 2).await;
    let other = server.enrol_anew(&till, &code).await.unwrap();
    assert_ne!(other.row.device_id, till.row.device_id);
    assert_eq!((other.row.number, other.row.epoch), (2, 1));
}
