//! A server put back to an old backup gets from its tills what it lost: their own operations and
//! those that they kept of others, with the signatures that they always had.

use std::sync::Arc;

use domain::{
    contract::sync_v1::{
        Certificate, ChallengeReply, ChallengeRequest, FeedRows, HaveRequest, Outcome,
        RelayExpected, TokenReply, TokenRequest, WantRange, token_bytes,
    },
    replication::{Envelope, chain::SignatureBytes},
};
use ed25519_dalek::{Signer, SigningKey};
use reqwest::{Method, StatusCode};
use sync_server::{op::revoke_till::revoke_till, state::ServerKey};
use tokio::sync::Barrier;

use crate::kit::*;

fn have(ops: &[&[Envelope]], certificates: &[&Certificate]) -> HaveRequest {
    HaveRequest {
        ranges: ops.iter().map(|ops| Till::range(ops)).collect(),
        erasures: Vec::new(),
        certificates: certificates.iter().map(|one| (*one).clone()).collect(),
    }
}

fn outcomes(reply: &domain::contract::sync_v1::RelayReply) -> Vec<Outcome> {
    reply.outcomes.iter().map(|one| one.outcome).collect()
}

async fn booked(server: &Server) -> (i64, i64) {
    (
        number(
            server,
            "SELECT count(*) FROM operation WHERE kind <> 'server_put'",
        )
        .await,
        number(server, "SELECT count(*) FROM held_operation").await,
    )
}

/// A shop with two tills that pushed three and two operations, restored to before them.
async fn restored(lost: &[u32]) -> (Server, [Till; 2], [Vec<Envelope>; 2]) {
    let server = Server::start().await;
    let (organization, store, mut one) = server.shop("Shop").await;
    let mut two = server.till(&organization, &store, 2).await;
    let body = one.adjustment(product(), 1);
    let ops: [Vec<Envelope>; 2] = [
        (0..3).map(|_| one.seal(&body)).collect(),
        (0..2).map(|_| two.seal(&body)).collect(),
    ];
    one.push(ops[0].clone()).await.unwrap();
    two.push(ops[1].clone()).await.unwrap();
    let lost: Vec<_> = [&one, &two]
        .into_iter()
        .filter(|till| lost.contains(&till.row.number))
        .map(|till| till.row.device_id)
        .collect();
    restore_early_backup(&server, &lost).await;
    for till in [&mut one, &mut two] {
        if !lost.contains(&till.row.device_id) {
            let reply = till.have(&HaveRequest::default()).await.unwrap();
            assert_ne!(reply.incarnation, till.incarnation);
            till.incarnation = reply.incarnation;
        }
    }
    (server, [one, two], ops)
}

#[tokio::test]
async fn after_a_restore_the_feed_is_refused_and_every_answer_names_the_new_life() {
    let (server, [mut one, two], [own, _]) = restored(&[]).await;
    let before = one.incarnation.replace("-2", "-1");
    let now = std::mem::replace(&mut one.incarnation, before);
    let genesis = domain::replication::chain::feed_genesis("org");
    let refused = one.pull_page("org", 0, &genesis, 1).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::GONE);
    assert_eq!(refused.failure.code, "must_rebootstrap");
    // A push is taken whatever life the till believes in: what it sold counts.
    let reply = one.push(own.clone()).await.unwrap();
    assert_eq!((reply.acked_seq, &reply.incarnation), (3, &now));
    assert_eq!(two.relay(&own).await.unwrap().incarnation, now);
    assert_eq!(server.state.incarnation(), now);
}

#[tokio::test]
async fn what_the_server_has_it_does_not_want_and_what_it_lost_it_takes_back_from_any_till() {
    let (server, [one, _], [own, others]) = restored(&[]).await;
    let request = have(&[&own, &others], &[]);
    let mut want = one.have(&request).await.unwrap().want;
    want.sort_by_key(|want| want.to);
    let wanted = |ops: &[Envelope]| {
        let range = Till::range(ops);
        WantRange {
            device_id: range.device_id,
            epoch: range.epoch,
            from: range.from,
            to: range.to,
            last_hash: range.last_hash,
        }
    };
    assert_eq!(want, [wanted(&others), wanted(&own)]);

    let mixed = [&own[0], &others[0], &own[1], &others[1], &own[2]].map(Clone::clone);
    let reply = one.relay(&mixed).await.unwrap();
    assert_eq!(outcomes(&reply), [Outcome::Applied; 5]);
    for (op, outcome) in mixed.iter().zip(&reply.outcomes) {
        assert_eq!(op.decode_header().unwrap().op_id, outcome.op_id);
    }
    assert!(one.have(&request).await.unwrap().want.is_empty());
    assert_eq!(booked(&server).await, (5, 0));
    assert_eq!(one.pull(&one.store_scope(), 10).await.len(), 5);

    let again = one.relay(&mixed).await.unwrap();
    assert_eq!(again.outcomes, reply.outcomes);
    assert_eq!(booked(&server).await, (5, 0));
}

#[tokio::test]
async fn only_the_part_that_is_missing_is_wanted() {
    let (_server, [one, two], [own, others]) = restored(&[]).await;
    two.relay(&own[..1]).await.unwrap();
    let want = one
        .have(&have(&[&own, &others[1..]], &[]))
        .await
        .unwrap()
        .want;
    let parts: Vec<_> = want.iter().map(|want| (want.from, want.to)).collect();
    assert!(parts.contains(&(2, 3)), "{parts:?}");
    assert!(parts.contains(&(2, 2)), "never more than is offered");
}

#[tokio::test]
async fn a_relay_with_a_gap_is_told_where_that_till_s_chain_goes_on() {
    let (server, [one, two], [own, others]) = restored(&[]).await;
    let reordered = [&own[0], &others[0], &own[2], &own[1]].map(Clone::clone);
    let refused = two.relay(&reordered).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let fields = serde_json::to_value(&refused.failure.fields).unwrap();
    let expected: RelayExpected = serde_json::from_value(fields).unwrap();
    let wanted = RelayExpected {
        device_id: one.row.device_id,
        epoch: 1,
        expected_seq: 2,
    };
    assert_eq!(expected, wanted);
    assert_eq!(booked(&server).await, (2, 0), "what came before it counts");
    let twice = [&own[1], &own[1], &own[2], &own[1]].map(Clone::clone);
    let reply = two.relay(&twice).await.unwrap();
    assert_eq!(outcomes(&reply), [Outcome::Applied; 4]);
    assert_eq!(booked(&server).await, (4, 0));
}

#[tokio::test]
async fn a_range_of_another_history_is_wanted_and_asked_for_from_its_beginning() {
    let (server, [mut one, two], [own, _]) = restored(&[]).await;
    two.relay(&own).await.unwrap();
    // A copy of the first till, from after its first operation.
    (one.seq, one.hash) = (1, own[0].hash);
    let body = one.adjustment(product(), 1);
    let other: Vec<_> = (0..4).map(|_| one.seal(&body)).collect();
    let want = two.have(&have(&[&other], &[])).await.unwrap().want;
    assert_eq!((want[0].from, want[0].to), (4, 5));
    let refused = two.relay(&other[2..]).await.unwrap_err();
    assert_eq!(refused.failure.fields["expected_seq"], 1);
    let reply = two.relay(&other).await.unwrap();
    assert_eq!(outcomes(&reply), [Outcome::Applied; 4]);
    assert_eq!(booked(&server).await, (7, 0));
    let forks = "SELECT count(*) FROM exception WHERE kind = 'fork'";
    assert_eq!(number(&server, forks).await, 1);
}

#[tokio::test]
async fn a_lost_till_comes_back_by_the_certificate_that_another_brings() {
    let (server, [one, two], [_, others]) = restored(&[2]).await;
    assert!(
        one.have(&have(&[&others], &[]))
            .await
            .unwrap()
            .want
            .is_empty()
    );
    let refused = one.relay(&others).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(refused.failure.fields["seq"], 1);

    let request = have(&[&others], &[&one.certificate, &two.certificate]);
    let want = one.have(&request).await.unwrap().want;
    assert_eq!((want[0].from, want[0].to), (1, 2));
    let reply = one.relay(&others).await.unwrap();
    assert_eq!(outcomes(&reply), [Outcome::Applied; 2]);
    assert!(one.have(&request).await.unwrap().want.is_empty());
    let back = "SELECT count(*) FROM device WHERE number = 2";
    assert_eq!(number(&server, back).await, 1);
    let told = one.pull("org", 10).await;
    let id = two.row.device_id.to_string();
    assert!(told.iter().any(|row| row.bytes.get().contains(&id)));
}

async fn token(
    server: &Server,
    till: &Till,
    key: &SigningKey,
    certificate: Option<&Certificate>,
) -> Result<String, Refused> {
    let device_id = till.row.device_id;
    let challenge: ChallengeReply = server
        .post("/api/v1/sync/challenge", &ChallengeRequest { device_id })
        .await
        .unwrap();
    let signed = token_bytes(&device_id, &challenge.nonce.0);
    let request = TokenRequest {
        device_id,
        nonce: challenge.nonce,
        signature: SignatureBytes(key.sign(&signed).to_bytes()),
        certificate: certificate.cloned(),
    };
    let reply: Result<TokenReply, _> = server.post("/api/v1/sync/token", &request).await;
    if reply.is_ok() {
        let again: Result<TokenReply, _> = server.post("/api/v1/sync/token", &request).await;
        assert_eq!(again.unwrap_err().status, StatusCode::UNAUTHORIZED);
    }
    reply.map(|reply| reply.token)
}

#[tokio::test]
async fn a_lost_till_gets_its_token_for_its_own_certificate_and_sends_what_it_kept() {
    let (server, [_, mut two], [_, others]) = restored(&[2]).await;
    assert_eq!(
        two.push(others.clone()).await.unwrap_err().status,
        StatusCode::UNAUTHORIZED
    );
    let refused = token(&server, &two, &two.key, None).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    two.token = token(&server, &two, &two.key, Some(&two.certificate))
        .await
        .unwrap();
    let reply = two.push(others).await.unwrap();
    assert_eq!((reply.acked_seq, reply.fenced), (2, false));
    // A token asked for later needs no certificate.
    token(&server, &two, &two.key, None).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_this_server_did_not_sign_brings_nobody_back() {
    let (server, [one, two], [_, others]) = restored(&[2]).await;
    let stranger = ServerKey::from_seed(&[8; 32]);
    let resigned = Certificate {
        server_key: stranger.public(),
        signature: SignatureBytes(stranger.signing().sign(&two.certificate.body.0).to_bytes()),
        ..two.certificate.clone()
    };
    let mislabelled = Certificate {
        server_key: two.certificate.server_key,
        ..resigned.clone()
    };
    let mut changed = two.certificate.clone();
    let text = String::from_utf8(changed.body.0).unwrap();
    changed.body.0 = text.replace("\"epoch\":1", "\"epoch\":9").into_bytes();
    for bad in [&resigned, &mislabelled, &changed] {
        let request = have(&[&others], &[bad, &one.certificate]);
        assert!(one.have(&request).await.unwrap().want.is_empty());
        let refused = token(&server, &two, &two.key, Some(bad)).await.unwrap_err();
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
    let thief = SigningKey::from_bytes(&[9; 32]);
    let refused = token(&server, &two, &thief, Some(&two.certificate)).await;
    assert_eq!(refused.unwrap_err().status, StatusCode::UNAUTHORIZED);
    let back = "SELECT count(*) FROM device WHERE number = 2";
    assert_eq!(number(&server, back).await, 0);
}

#[tokio::test]
async fn another_organization_s_till_and_certificate_are_refused() {
    let server = Server::start().await;
    let (_, _, ours) = server.shop("Ours").await;
    let (_, _, mut theirs) = server.shop("Theirs").await;
    let body = theirs.adjustment(product(), 1);
    let op = theirs.seal(&body);
    let refused = ours.relay(std::slice::from_ref(&op)).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let request = have(&[std::slice::from_ref(&op)], &[&theirs.certificate]);
    assert!(ours.have(&request).await.unwrap().want.is_empty());
    assert_eq!(booked(&server).await, (0, 0));
}

#[tokio::test]
async fn every_till_reads_the_certificates_of_all_so_that_any_may_bring_one_back() {
    let (server, [one, two], _) = restored(&[2]).await;
    assert_eq!(number(&server, "SELECT count(*) FROM feed").await, 0);
    let request = have(&[], &[&two.certificate]);
    one.have(&request).await.unwrap();
    let told: Vec<Certificate> = one
        .pull("org", 10)
        .await
        .iter()
        .map(|row| serde_json::from_str::<FeedRows>(row.bytes.get()).unwrap())
        .flat_map(|row| row.rows.certificate)
        .collect();
    assert_eq!(told, [two.certificate]);
}

#[tokio::test]
async fn a_relayed_operation_with_another_s_signature_changes_nothing() {
    let (server, [one, two], [own, _]) = restored(&[]).await;
    let mut forged = own.clone();
    forged[1].body.0[0] ^= 1;
    let refused = two.relay(&forged).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.failure.fields["seq"], 2);
    assert_eq!(
        refused.failure.fields["device_id"],
        one.row.device_id.to_string()
    );
    assert_eq!(booked(&server).await, (1, 0));
    let mut thief = one.clone();
    thief.key = two.key.clone();
    (thief.seq, thief.hash) = (1, own[0].hash);
    let body = thief.adjustment(product(), 1);
    let op = thief.seal(&body);
    let refused = two.relay(&[op]).await.unwrap_err();
    assert_eq!(refused.failure.code, "damaged_operation");
    let mut unreadable = own[1].clone();
    unreadable.header.0.pop();
    let refused = two.relay(&[unreadable]).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(booked(&server).await, (1, 0));
}

#[tokio::test]
async fn what_a_revoked_till_relays_and_what_is_relayed_of_one_is_held() {
    let (server, [one, two], [own, others]) = restored(&[]).await;
    let id = one.organization.organization_id;
    revoke_till(&server.state, id, one.row.device_id)
        .await
        .unwrap();
    assert_eq!(
        one.have(&have(&[&own, &others], &[]))
            .await
            .unwrap()
            .want
            .len(),
        2
    );
    let reply = one.relay(&others[..1]).await.unwrap();
    assert_eq!(outcomes(&reply), [Outcome::Held]);
    let reply = two.relay(&own[..1]).await.unwrap();
    assert_eq!(outcomes(&reply), [Outcome::Held]);
    let reply = two.relay(&others).await.unwrap();
    assert_eq!(outcomes(&reply), [Outcome::Held, Outcome::Applied]);
    assert!(
        two.have(&have(&[&others], &[]))
            .await
            .unwrap()
            .want
            .is_empty()
    );
}

#[tokio::test]
async fn an_old_enrolment_s_operations_are_still_relayed_under_its_key() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let other = server.till(&organization, &store, 2).await;
    let body = till.adjustment(product(), 1);
    let old: Vec<_> = (0..2).map(|_| till.seal(&body)).collect();
    till.push(old.clone()).await.unwrap();
    let code = server.code(&organization, &store, 1).await;
    let mut anew = server.enrol_anew(&till, &code).await.unwrap();
    let new = anew.seal(&body);
    anew.push(vec![new.clone()]).await.unwrap();
    restore_early_backup(&server, &[till.row.device_id]).await;

    let request = have(
        &[&old, std::slice::from_ref(&new)],
        &[&anew.certificate, &till.certificate],
    );
    assert_eq!(other.have(&request).await.unwrap().want.len(), 2);
    let all = [old[0].clone(), old[1].clone(), new];
    assert_eq!(
        outcomes(&other.relay(&all).await.unwrap()),
        [Outcome::Applied; 3]
    );
    anew.token = token(&server, &anew, &anew.key, None).await.unwrap();
    let next = anew.seal(&body);
    assert!(!anew.push(vec![next]).await.unwrap().fenced);
    assert_eq!(booked(&server).await, (4, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_operations_from_many_tills_and_their_own_at_once_are_booked_once() {
    let (server, [one, two], [own, others]) = restored(&[]).await;
    let all: Vec<Envelope> = own.iter().chain(&others).cloned().collect();
    let reversed: Vec<Envelope> = others.iter().chain(&own).cloned().collect();
    let barrier = Arc::new(Barrier::new(6));
    let mut sending = tokio::task::JoinSet::new();
    for n in 0..6 {
        let (till, barrier) = ([&one, &two][n % 2].clone(), barrier.clone());
        let (all, reversed) = (all.clone(), reversed.clone());
        let pushed = [own.clone(), others.clone()][n % 2].clone();
        sending.spawn(async move {
            barrier.wait().await;
            match n {
                0 | 1 => {
                    let reply = till.push(pushed).await.unwrap();
                    assert!(!reply.fenced);
                }
                2 | 3 => assert_eq!(till.relay(&all).await.unwrap().outcomes.len(), 5),
                _ => assert_eq!(till.relay(&reversed).await.unwrap().outcomes.len(), 5),
            }
        });
    }
    while let Some(done) = sending.join_next().await {
        done.unwrap();
    }
    assert_eq!(booked(&server).await, (5, 0));
    let levels = "SELECT sum(on_hand_milli)::bigint FROM stock_level";
    assert_eq!(number(&server, levels).await, 5_000);
    assert_eq!(one.pull(&one.store_scope(), 2).await.len(), 5);
}

#[tokio::test]
async fn have_and_relay_answer_tills_of_any_version_and_refuse_what_is_malformed() {
    let (_server, [one, _], [own, _]) = restored(&[]).await;
    let response = one
        .request(Method::POST, "/api/v1/sync/have")
        .header("techstore-protocol", "99")
        .json(&have(&[&own], &[]))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut range = Till::range(&own);
    range.from = range.to + 1;
    let request = HaveRequest {
        ranges: vec![range],
        ..HaveRequest::default()
    };
    let refused = one.have(&request).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let refused = one.relay(&[]).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let many: Vec<_> = (0..501).map(|_| own[0].clone()).collect();
    let refused = one.relay(&many).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    let mut stranger = one.clone();
    stranger.token = "none".to_owned();
    let refused = stranger.relay(&own).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}
