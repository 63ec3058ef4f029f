//! What no till holds is lost and listed; what lies behind it is taken in and blocked by nothing.
//! What comes after all takes its place.

use domain::{
    contract::{
        rest::{MissingListed, TillsPage},
        sync_v1::{FeedOp, HaveRequest, Outcome, RelayReply, SeqRange, SnapshotHeader},
    },
    customer::CustomerField,
    replication::{Envelope, OpBody},
};
use reqwest::{Method, StatusCode};
use sync_server::{
    clock,
    op::{
        list_tills::list_tills, make_checkpoints::make_checkpoints, revoke_till::revoke_till,
        verify::verify,
    },
};

use crate::{console::sign_in, erase::put, kit::*};

const OPEN: &str =
    "SELECT count(*) FROM exception WHERE kind = 'operations_missing' AND closed_at IS NULL";
const FORKS: &str = "SELECT count(*) FROM exception WHERE kind = 'fork'";

/// A shop put back to before its first till's ten operations, with another till that relays.
struct Shop {
    server: Server,
    organization: domain::replication::row::Organization,
    till: Till,
    other: Till,
    ops: Vec<Envelope>,
}

impl Shop {
    async fn restored() -> Shop {
        let server = Server::start().await;
        let (organization, store, mut till) = server.shop("Shop").await;
        let other = server.till(&organization, &store, 2).await;
        let body = till.adjustment(product(), 1);
        let ops: Vec<_> = (0..10).map(|_| till.seal(&body)).collect();
        till.push(ops.clone()).await.unwrap();
        restore_early_backup(&server, &[]).await;
        Shop {
            server,
            organization,
            till,
            other,
            ops,
        }
    }

    /// Operations of these sequences.
    fn ops(&self, from: usize, to: usize) -> Vec<Envelope> {
        self.ops[from - 1..to].to_vec()
    }

    async fn relay(&self, from: usize, to: usize) -> RelayReply {
        let reply = self
            .other
            .relay_after_gap(&self.ops(from, to))
            .await
            .unwrap();
        assert!(
            reply
                .outcomes
                .iter()
                .all(|one| one.outcome == Outcome::Applied)
        );
        reply
    }

    /// What a till that keeps these is asked for.
    async fn wanted(&self, from: usize, to: usize) -> Vec<(u64, u64)> {
        let request = HaveRequest {
            ranges: vec![Till::range(&self.ops(from, to))],
            ..HaveRequest::default()
        };
        let want = self.other.have(&request).await.unwrap().want;
        want.iter().map(|one| (one.from, one.to)).collect()
    }

    async fn listed(&self) -> Vec<(u64, u64)> {
        let id = self.organization.organization_id;
        let page = list_tills(&self.server.state, id).await.unwrap();
        let till = page.tills.iter().find(|till| till.number == 1).unwrap();
        let missing = till.exceptions.iter().filter_map(|one| one.missing);
        let mut missing: Vec<_> = missing
            .map(|MissingListed { epoch, from, to }| {
                assert_eq!(epoch, 1);
                (from, to)
            })
            .collect();
        missing.sort_unstable();
        missing
    }

    async fn booked(&self) -> i64 {
        let sql = "SELECT count(*) FROM operation WHERE kind <> 'server_put'";
        number(&self.server, sql).await
    }

    async fn assert_sound(&self) {
        let report = verify(&self.server.state.pool, &self.server.state.key.public()).await;
        assert_eq!(report.unwrap().findings, []);
    }
}

#[tokio::test]
async fn what_lies_behind_a_gap_is_applied_and_the_gap_is_listed_until_it_is_filled() {
    let shop = Shop::restored().await;
    shop.relay(1, 3).await;
    let refused = shop.other.relay(&shop.ops(6, 10)).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.failure.fields["expected_seq"], 4);
    shop.relay(6, 10).await;
    assert_eq!(shop.booked().await, 8);
    assert_eq!(shop.listed().await, [(4, 5)]);
    assert_eq!(number(&shop.server, FORKS).await, 0);
    assert!(shop.wanted(6, 10).await.is_empty(), "it can give no more");
    assert_eq!(shop.wanted(1, 10).await, [(4, 5)]);
    assert_eq!(shop.wanted(5, 8).await, [(5, 5)]);
    shop.assert_sound().await;

    shop.relay(4, 4).await;
    assert_eq!(shop.listed().await, [(5, 5)], "what is left of it");
    shop.relay(5, 5).await;
    assert!(shop.listed().await.is_empty());
    assert_eq!(number(&shop.server, OPEN).await, 0);
    assert!(shop.wanted(1, 10).await.is_empty());
    assert_eq!(shop.booked().await, 10);
    let levels = "SELECT sum(on_hand_milli)::bigint FROM stock_level";
    assert_eq!(number(&shop.server, levels).await, 10_000);
    shop.assert_sound().await;
}

#[tokio::test]
async fn gaps_within_gaps_close_one_by_one() {
    let shop = Shop::restored().await;
    shop.relay(9, 9).await;
    assert_eq!(shop.listed().await, [(1, 8)]);
    shop.relay(4, 5).await;
    assert_eq!(shop.listed().await, [(1, 3), (6, 8)]);
    // The range is asked for from its end down.
    assert_eq!(shop.wanted(1, 9).await, [(6, 8)]);
    shop.relay(8, 8).await;
    assert_eq!(shop.listed().await, [(1, 3), (6, 7)]);
    shop.relay(6, 7).await;
    assert_eq!(shop.listed().await, [(1, 3)]);
    assert_eq!(shop.wanted(1, 9).await, [(1, 3)]);
    shop.relay(1, 3).await;
    assert!(shop.listed().await.is_empty());
    assert_eq!(shop.booked().await, 9);
    shop.assert_sound().await;
}

#[tokio::test]
async fn the_till_itself_goes_on_behind_what_others_brought_of_it() {
    let mut shop = Shop::restored().await;
    shop.relay(3, 4).await;
    shop.relay(7, 8).await;
    let reply = shop.till.push(shop.ops.clone()).await.unwrap();
    assert_eq!((reply.acked_seq, reply.fenced), (10, false));
    let body = shop.till.adjustment(product(), 1);
    let next = shop.till.seal(&body);
    let reply = shop.till.push(vec![next]).await.unwrap();
    assert_eq!((reply.acked_seq, reply.fenced), (11, false));
    assert!(shop.listed().await.is_empty());
    assert_eq!(shop.booked().await, 11);
    assert_eq!(number(&shop.server, FORKS).await, 0);
    shop.assert_sound().await;
}

#[tokio::test]
async fn two_histories_that_a_gap_kept_apart_are_a_fork_once_they_meet() {
    let mut shop = Shop::restored().await;
    shop.relay(1, 2).await;
    shop.relay(5, 6).await;
    // The till's disk is an old copy: it went its own way from the second operation on.
    (shop.till.seq, shop.till.hash) = (2, shop.ops[1].hash);
    let body = shop.till.adjustment(product(), 1);
    let own: Vec<_> = (0..3).map(|_| shop.till.seal(&body)).collect();
    let reply = shop.till.push(own[..2].to_vec()).await.unwrap();
    assert_eq!((reply.acked_seq, reply.fenced), (4, false));
    let reply = shop.till.push(own[2..].to_vec()).await.unwrap();
    assert_eq!((reply.acked_seq, reply.fenced), (5, true));
    assert_eq!(number(&shop.server, FORKS).await, 1);
    assert_eq!(
        number(&shop.server, OPEN).await,
        1,
        "3 and 4 are missing still"
    );
    assert_eq!(shop.booked().await, 7);
    shop.assert_sound().await;
}

#[tokio::test]
async fn what_fills_a_gap_is_ordered_before_what_lies_behind_it() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let other = server.till(&organization, &store, 2).await;
    let customer_id = clock::new_id().unwrap();
    let year_ms = 365 * 86_400_000;
    // Its clock is a year ahead: the server's stamps leave no time between them.
    till.hlc = domain::hlc::Hlc::from_ms(clock::now_ms() + year_ms);
    let names = ["one", "two", "three", "four"];
    let ops = names.map(|name| put(&mut till, customer_id, CustomerField::Name, name));
    other.relay_after_gap(&ops[..1]).await.unwrap();
    other.relay_after_gap(&ops[3..]).await.unwrap();
    other.relay(&ops[1..3]).await.unwrap();
    let mut stamps: Vec<_> = till
        .pull("org", 100)
        .await
        .iter()
        .filter_map(|row| row.op().ok())
        .map(|op: FeedOp| {
            let seq = op.envelope.decode_header().unwrap().device_seq;
            (op.effective_hlc, seq, op.rows.customer[0].name.clone())
        })
        .collect();
    assert_eq!(stamps.last().unwrap().2, "four", "the last writer's");
    stamps.sort();
    let order: Vec<_> = stamps.iter().map(|(_, seq, _)| *seq).collect();
    assert_eq!(order, [1, 2, 3, 4]);
    let report = verify(&server.state.pool, &server.state.key.public()).await;
    assert_eq!(report.unwrap().findings, []);
}

#[tokio::test]
async fn the_server_signs_for_no_history_of_which_something_is_missing() {
    let shop = Shop::restored().await;
    let id = shop.organization.organization_id;
    shop.relay(1, 2).await;
    shop.relay(5, 10).await;
    let signed = "SELECT count(*) FROM chain WHERE checkpoint IS NOT NULL";
    make_checkpoints(&shop.server.state, id, 1).await.unwrap();
    assert_eq!(number(&shop.server, signed).await, 0);
    shop.relay(3, 4).await;
    make_checkpoints(&shop.server.state, id, 1).await.unwrap();
    assert_eq!(number(&shop.server, signed).await, 2, "both its parts");
}

#[tokio::test]
async fn a_snapshot_says_what_of_a_history_is_not_in_it() {
    let shop = Shop::restored().await;
    shop.relay(1, 2).await;
    shop.relay(5, 6).await;
    let request = shop.till.request(Method::GET, "/api/v1/sync/snapshot");
    let query = [
        ("scope", shop.till.store_scope()),
        ("chunk", "0".to_owned()),
    ];
    let header: SnapshotHeader = answer(request.query(&query)).await.unwrap();
    let own = header
        .devices
        .iter()
        .filter(|one| one.device_id == shop.till.row.device_id);
    let parts: Vec<_> = own.map(|one| (one.last_seq, one.missing)).collect();
    let missing = Some(SeqRange { from: 3, to: 4 });
    assert_eq!(parts, [(2, None), (6, missing)]);
}

#[tokio::test]
async fn a_push_never_skips_what_its_own_till_may_have() {
    let shop = Shop::restored().await;
    let refused = shop.till.push(shop.ops(4, 6)).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.failure.fields["expected_seq"], 1);
    assert_eq!(shop.booked().await, 0);
}

#[tokio::test]
async fn the_owner_closes_what_stays_missing_and_nothing_opens_it_again() {
    let shop = Shop::restored().await;
    shop.relay(4, 6).await;
    let browser = sign_in(&shop.server, &shop.organization).await;
    let page: TillsPage = answer(browser.get("/api/v1/tills")).await.unwrap();
    let listed = &page.tills[0].exceptions[0];
    assert!(listed.may_close);
    let path = format!("/api/v1/exceptions/{}/close", listed.exception_id);
    let close = || {
        let request = browser.request(Method::POST, &path);
        request.header("x-csrf-token", &browser.me.csrf_token)
    };
    assert_eq!(
        close().send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        close().send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    assert!(shop.listed().await.is_empty());
    shop.relay(2, 2).await;
    shop.relay(7, 7).await;
    assert_eq!(
        shop.listed().await,
        [(1, 1)],
        "another gap is another thing"
    );
}

#[tokio::test]
async fn only_what_a_machine_cannot_settle_is_closed_by_hand() {
    let shop = Shop::restored().await;
    let mut till = shop.till.clone();
    let op = till.seal_with(&till.adjustment(product(), 1), Vec::new(), |header| {
        header.kind = "teleport".to_owned();
    });
    till.push(shop.ops.clone()).await.unwrap();
    till.push(vec![op]).await.unwrap();
    let browser = sign_in(&shop.server, &shop.organization).await;
    let page: TillsPage = answer(browser.get("/api/v1/tills")).await.unwrap();
    let held = &page.tills[0].exceptions[0];
    assert_eq!(
        (held.kind.as_str(), held.may_close),
        ("held_operation", false)
    );
    let path = format!("/api/v1/exceptions/{}/close", held.exception_id);
    let request = browser.request(Method::POST, &path);
    let request = request.header("x-csrf-token", &browser.me.csrf_token);
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_till_that_was_withdrawn_or_enrolled_anew_shares_nothing_any_more() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let open = "SELECT count(*) FROM exception WHERE kind = 'number_shared' \
        AND closed_at IS NULL AND detail -> 'numbers' = '[\"M1T1A000001\"]'";
    let sell = |till: &mut Till| -> OpBody { till.sale(&[(product(), 1)]) };
    let mut copy = till.clone();
    for one in [&mut till, &mut copy] {
        let sale = sell(one);
        let op = one.seal(&sale);
        one.push(vec![op]).await.unwrap();
    }
    assert_eq!(number(&server, open).await, 1);
    assert_eq!(number(&server, "SELECT count(*) FROM document").await, 2);
    let code = server.code(&organization, &store, 1).await;
    let mut anew = server.enrol_anew(&till, &code).await.unwrap();
    assert_eq!(number(&server, open).await, 0);
    anew.count = 0;
    let sale = sell(&mut anew);
    let op = anew.seal(&sale);
    anew.push(vec![op]).await.unwrap();
    assert_eq!(number(&server, open).await, 0, "its series is another one");
    // Its copy goes on under the old name, until it is withdrawn.
    let sale = sell(&mut copy);
    let op = copy.seal(&sale);
    copy.push(vec![op]).await.unwrap();
    let sale = sell(&mut till);
    let op = till.seal(&sale);
    till.push(vec![op]).await.unwrap();
    let any = "SELECT count(*) FROM exception WHERE closed_at IS NULL";
    assert_eq!(number(&server, any).await, 1);
    let id = organization.organization_id;
    revoke_till(&server.state, id, till.row.device_id)
        .await
        .unwrap();
    assert_eq!(number(&server, any).await, 0);
}
