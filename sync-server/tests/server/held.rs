//! Held operations: told to the owner once, tried again at every start and on a click, and applied
//! in the order in which they first came.

use domain::{
    contract::{
        rest::{HeldPage, HeldRetried},
        sync_v1::{FeedOp, HaveRequest, Outcome, PushReply},
    },
    customer::CustomerField,
    id::CustomerId,
    replication::{
        Envelope, OpBody, Private,
        body::{CustomerPutBody, PrivateField},
    },
};
use reqwest::{Method, StatusCode};
use sync_server::{
    clock,
    op::{
        erase_customer::erase_customer, retry_held::retry_all_held, revoke_till::revoke_till,
        verify::verify,
    },
};

use crate::{
    console::{Browser, sign_in},
    kit::*,
};

const OPEN: &str =
    "SELECT count(*) FROM exception WHERE kind = 'held_operation' AND closed_at IS NULL";

fn named(till: &mut Till, customer_id: CustomerId, name: &str) -> Envelope {
    let name = Private::seal(name, [1; 16]);
    let body = OpBody::CustomerPut(CustomerPutBody {
        customer_id,
        fields: vec![PrivateField {
            field: CustomerField::Name,
            hash: name.hash,
        }],
    });
    till.seal_with(&body, vec![name], |_| {})
}

fn path(till: &Till, seq: u64) -> String {
    let id = till.row.device_id;
    format!("/api/v1/held/{id}/{}/0/{seq}/retry", till.row.epoch)
}

async fn retry(browser: &Browser, path: &str) -> Result<HeldRetried, Refused> {
    let request = browser
        .request(Method::POST, path)
        .header("x-csrf-token", &browser.me.csrf_token);
    answer(request).await
}

fn flags(reply: &PushReply) -> Vec<(u64, Vec<String>)> {
    let outcomes = reply.outcomes.iter();
    outcomes.map(|one| (one.seq, one.flags.clone())).collect()
}

async fn sql(server: &Server, sql: &'static str) {
    sqlx::query(sql)
        .execute(&mut owner(server).await)
        .await
        .unwrap();
}

async fn assert_sound(server: &Server) {
    let report = verify(&server.state.pool, &server.state.key.public()).await;
    assert_eq!(report.unwrap().findings, []);
}

#[tokio::test]
async fn what_a_newer_server_can_read_is_applied_at_its_start_in_its_first_order() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let customer_id = clock::new_id().unwrap();
    let first = named(&mut till, customer_id, "Ada");
    let second = named(&mut till, customer_id, "Ada Lovelace");
    revoke_till(
        &server.state,
        organization.organization_id,
        till.row.device_id,
    )
    .await
    .unwrap();
    let reply = till.push(vec![first.clone()]).await.unwrap();
    assert_eq!(flags(&reply), [(1, vec!["held_operation".to_owned()])]);
    // As a server wrote it that did not know the kind yet; the till was never revoked.
    sql(&server, "UPDATE device SET revoked = false").await;
    sql(&server, "UPDATE held_operation SET reason = 'kind_unknown'").await;
    let reply = till.push(vec![second]).await.unwrap();
    assert_eq!(flags(&reply), [(2, vec![])]);
    assert_eq!(number(&server, OPEN).await, 1);

    retry_all_held(&server.state).await.unwrap();
    assert_eq!(number(&server, OPEN).await, 0);
    assert_eq!(
        number(&server, "SELECT count(*) FROM held_operation").await,
        0
    );
    let ops: Vec<FeedOp> = till
        .pull("org", 100)
        .await
        .iter()
        .filter_map(|row| row.op().ok())
        .collect();
    assert_eq!(ops.len(), 2);
    assert_eq!(ops[1].envelope, first);
    assert!(ops[1].effective_hlc < ops[0].effective_hlc);
    assert_eq!(ops[1].rows.customer[0].name, "Ada Lovelace");
    let again = till.push(vec![first]).await.unwrap();
    assert_eq!(again.outcomes[0].outcome, Outcome::Applied);
    let rows = till.pull("org", 100).await.len();
    retry_all_held(&server.state).await.unwrap();
    assert_eq!(till.pull("org", 100).await.len(), rows);
    assert_sound(&server).await;
}

#[tokio::test]
async fn a_start_leaves_what_a_revoked_till_sent_and_the_owner_s_click_applies_it() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let id = organization.organization_id;
    revoke_till(&server.state, id, till.row.device_id)
        .await
        .unwrap();
    let body = till.adjustment(product(), 3);
    let ops = vec![till.seal(&body), till.seal(&body)];
    till.push(ops).await.unwrap();
    assert_eq!(number(&server, OPEN).await, 1, "one for all of a till's");
    retry_all_held(&server.state).await.unwrap();
    let booked = "SELECT coalesce(sum(on_hand_milli), 0)::bigint FROM stock_level";
    assert_eq!(number(&server, booked).await, 0);

    let browser = sign_in(&server, &organization).await;
    let page: HeldPage = answer(browser.get("/api/v1/held")).await.unwrap();
    assert_eq!((page.count, page.operations[1].branch), (2, 0));
    let tried = retry(&browser, &path(&till, 2)).await.unwrap();
    assert_eq!(tried.outcome, Outcome::Applied);
    assert_eq!(number(&server, booked).await, 3_000);
    assert_eq!(number(&server, OPEN).await, 1, "one is left");
    retry(&browser, &path(&till, 1)).await.unwrap();
    assert_eq!(number(&server, OPEN).await, 0);
    let gone = retry(&browser, &path(&till, 1)).await.unwrap_err();
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_sound(&server).await;
}

#[tokio::test]
async fn what_still_cannot_be_applied_stays_and_says_why() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let op = till.seal(&body);
    let op_id = op.decode_header().unwrap().op_id;
    till.push(vec![op]).await.unwrap();
    let OpBody::Sale(mut sale) = till.sale(&[(product(), 1)]) else {
        unreachable!("a sale is a sale")
    };
    sale.business_date = "yesterday".to_owned();
    let ops = vec![
        till.seal_with(&body, Vec::new(), |header| header.kind = "teleport".into()),
        till.seal(&OpBody::Sale(sale)),
        till.seal_with(&body, Vec::new(), |header| header.op_id = op_id),
    ];
    till.push(ops).await.unwrap();
    retry_all_held(&server.state).await.unwrap();
    let browser = sign_in(&server, &organization).await;
    for (seq, reason) in [(2, "kind_unknown"), (3, "not_storable"), (4, "op_id_taken")] {
        let tried = retry(&browser, &path(&till, seq)).await.unwrap();
        assert_eq!(
            (tried.outcome, tried.reason.as_str()),
            (Outcome::Held, reason)
        );
        assert!(!tried.detail.is_empty());
    }
    let page: HeldPage = answer(browser.get("/api/v1/held")).await.unwrap();
    assert_eq!(page.count, 3);
    assert_eq!(number(&server, OPEN).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_clicks_at_once_apply_it_once() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let id = organization.organization_id;
    revoke_till(&server.state, id, till.row.device_id)
        .await
        .unwrap();
    let sale = till.sale(&[(product(), 1)]);
    let op = till.seal(&sale);
    till.push(vec![op]).await.unwrap();
    let browser = sign_in(&server, &organization).await;
    let place = path(&till, 1);
    let (one, other) = tokio::join!(retry(&browser, &place), retry(&browser, &place));
    let applied = [&one, &other].iter().filter(|tried| tried.is_ok()).count();
    assert_eq!(applied, 1);
    assert_eq!(number(&server, "SELECT count(*) FROM document").await, 1);
}

#[tokio::test]
async fn a_held_operation_of_a_branch_is_tried_on_its_branch() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let mut copy = till.clone();
    let body = till.adjustment(product(), 1);
    let own = till.seal(&body);
    till.push(vec![own]).await.unwrap();
    let id = organization.organization_id;
    revoke_till(&server.state, id, till.row.device_id)
        .await
        .unwrap();
    let other = copy.seal(&body);
    copy.push(vec![other]).await.unwrap();
    let browser = sign_in(&server, &organization).await;
    let missing = retry(&browser, &path(&till, 1)).await.unwrap_err();
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let on_branch = path(&till, 1).replace("/0/1/", "/1/1/");
    let tried = retry(&browser, &on_branch).await.unwrap();
    assert_eq!(tried.outcome, Outcome::Applied);
    assert_sound(&server).await;
}

#[tokio::test]
async fn only_a_signed_in_person_s_own_page_may_ask_for_it() {
    let server = Server::start().await;
    let (organization, _, till) = server.shop("Shop").await;
    let place = path(&till, 1);
    let refused = refused_by(server.request(Method::POST, &place)).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let browser = sign_in(&server, &organization).await;
    let refused = refused_by(browser.request(Method::POST, &place)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let bad = place.replace("/0/1/", "/zero/1/");
    let refused = retry(&browser, &bad).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let other = server.organization("Other").await;
    let stranger = sign_in(&server, &other).await;
    let refused = retry(&stranger, &place).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

/// Pushes an operation as a till does whose disk has damaged it; returns the sound copy.
async fn damaged_in_the_middle(till: &mut Till) -> Vec<Envelope> {
    let body = till.adjustment(product(), 1);
    let ops: Vec<_> = (0..3).map(|_| till.seal(&body)).collect();
    till.push(ops[..1].to_vec()).await.unwrap();
    let mut damaged = ops[1].clone();
    damaged.body.0[3] ^= 1;
    let mut request = till.push_request(vec![ops[1].clone()]);
    request.ops = Vec::new();
    request.damaged = vec![damaged];
    let pushed = till
        .request(Method::POST, "/api/v1/sync/push")
        .json(&request);
    let reply: PushReply = answer(pushed).await.unwrap();
    assert_eq!(reply.outcomes[0].outcome, Outcome::Held);
    let reply = till.push(ops[2..].to_vec()).await.unwrap();
    assert_eq!(reply.outcomes[0].outcome, Outcome::Applied);
    ops
}

#[tokio::test]
async fn a_sound_copy_takes_the_place_of_a_damaged_one_and_is_applied() {
    for is_relayed in [false, true] {
        let server = Server::start().await;
        let (organization, store, mut till) = server.shop("Shop").await;
        let other = server.till(&organization, &store, 2).await;
        let ops = damaged_in_the_middle(&mut till).await;
        assert_eq!(number(&server, OPEN).await, 1);
        let have = HaveRequest {
            ranges: vec![Till::range(&ops)],
            ..HaveRequest::default()
        };
        let reply = other.have(&have).await.unwrap();
        assert!(reply.want.is_empty(), "nothing waits for it");
        let welcome: Vec<_> = reply.welcome.iter().map(|one| (one.from, one.to)).collect();
        assert_eq!(welcome, [(2, 2)]);
        assert_eq!(reply.welcome[0].last_hash, ops[1].hash);
        let sound = ops[1..2].to_vec();
        for _ in 0..2 {
            let outcome = if is_relayed {
                other.relay(&sound).await.unwrap().outcomes[0].outcome
            } else {
                till.push(sound.clone()).await.unwrap().outcomes[0].outcome
            };
            assert_eq!(outcome, Outcome::Applied);
        }
        assert_eq!(number(&server, OPEN).await, 0);
        let levels = "SELECT sum(on_hand_milli)::bigint FROM stock_level";
        assert_eq!(number(&server, levels).await, 3_000);
        let rows = till.pull(&till.store_scope(), 10).await;
        let mut ops: Vec<_> = rows.iter().filter_map(|row| row.op().ok()).collect();
        ops.sort_by_key(|op| op.effective_hlc);
        let seqs = ops
            .iter()
            .map(|op| op.envelope.decode_header().unwrap().device_seq);
        assert_eq!(seqs.collect::<Vec<_>>(), [1, 2, 3], "in its first order");
        assert!(other.have(&have).await.unwrap().welcome.is_empty());
        assert_sound(&server).await;
    }
}

#[tokio::test]
async fn a_damaged_copy_takes_the_place_of_nothing() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let other = server.till(&organization, &store, 2).await;
    let ops = damaged_in_the_middle(&mut till).await;
    let mut worse = ops[1].clone();
    worse.body.0[4] ^= 1;
    let outcome = other.relay(&[worse]).await.unwrap().outcomes[0].outcome;
    assert_eq!(outcome, Outcome::Held);
    assert_eq!(number(&server, OPEN).await, 1);
    // A sound one of a till that has no rights any more is held for the owner, and for that reason.
    let id = organization.organization_id;
    revoke_till(&server.state, id, till.row.device_id)
        .await
        .unwrap();
    other.relay(&ops[1..2]).await.unwrap();
    let revoked = "SELECT count(*) FROM held_operation WHERE reason = 'revoked'";
    assert_eq!(number(&server, revoked).await, 1);
    assert_eq!(number(&server, OPEN).await, 1);
    assert_sound(&server).await;
}

#[tokio::test]
async fn texts_that_come_late_complete_an_operation_that_was_stored_without_them() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let other = server.till(&organization, &store, 2).await;
    let customer_id = clock::new_id().unwrap();
    let whole = named(&mut till, customer_id, "Ada");
    let later = named(&mut till, customer_id, "Ada Lovelace");
    let bare = |op: &Envelope| Envelope {
        private: Vec::new(),
        ..op.clone()
    };
    till.push(vec![bare(&whole), bare(&later)]).await.unwrap();
    let have = HaveRequest {
        ranges: vec![Till::range(&[whole.clone(), later.clone()])],
        ..HaveRequest::default()
    };
    let welcome = other.have(&have).await.unwrap().welcome;
    assert_eq!(welcome.iter().map(|one| one.to).collect::<Vec<_>>(), [1, 2]);
    // Texts that fit no hash are none.
    let mut forged = bare(&later);
    forged.private = vec![Private::seal("Mallory", [2; 16])];
    other.relay(&[forged]).await.unwrap();
    let names = "SELECT count(*) FROM customer WHERE name = ''";
    assert_eq!(number(&server, names).await, 1);

    other.relay(std::slice::from_ref(&later)).await.unwrap();
    let names = "SELECT count(*) FROM customer WHERE name = 'Ada Lovelace'";
    assert_eq!(number(&server, names).await, 1);
    other.relay(&[whole]).await.unwrap();
    assert_eq!(number(&server, names).await, 1, "the last writer's stands");
    assert!(other.have(&have).await.unwrap().welcome.is_empty());
    let rows = till.pull("org", 100).await;
    let told = rows.last().unwrap().beside.as_ref().unwrap();
    assert_eq!(told.customer[0].name, "Ada Lovelace");
    let stored = "SELECT count(*) FROM operation WHERE private IS NOT NULL";
    assert_eq!(number(&server, stored).await, 2);
    assert_sound(&server).await;

    erase_customer(&server.state, organization.organization_id, customer_id)
        .await
        .unwrap();
    assert!(other.have(&have).await.unwrap().welcome.is_empty());
    other.relay(&[later]).await.unwrap();
    assert_eq!(
        number(&server, stored).await,
        0,
        "what was erased stays erased"
    );
}
