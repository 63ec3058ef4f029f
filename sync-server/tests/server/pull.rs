//! What a till may read, and when it must fill anew.

use domain::{
    contract::sync_v1::{FeedType, PushReply},
    replication::chain::{Digest, feed_genesis},
};
use reqwest::{Method, StatusCode};

use crate::kit::*;

#[tokio::test]
async fn a_feed_read_in_pages_of_any_size_is_the_same_chain() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let ops = (0..7).map(|_| till.seal(&body)).collect();
    till.push(ops).await.unwrap();
    let scope = till.store_scope();
    let whole = till.pull(&scope, 500).await;
    assert_eq!(whole.len(), 7);
    for limit in [1, 6, 7, 8] {
        let rows = till.pull(&scope, limit).await;
        let same = rows
            .iter()
            .zip(&whole)
            .all(|(a, b)| a.bytes.get() == b.bytes.get());
        assert!(same && rows.len() == whole.len(), "pages of {limit}");
    }
    let org = till.pull("org", 500).await;
    assert!(org.iter().all(|row| row.row_type == FeedType::Server));
}

#[tokio::test]
async fn a_till_that_holds_something_else_must_fill_anew() {
    let server = Server::start().await;
    let (_, _, till) = server.shop("Shop").await;
    let genesis = feed_genesis("org");
    let first = till.pull_page("org", 0, &genesis, 1).await.unwrap();
    let ahead = till.pull_page("org", first.head + 1, &genesis, 1).await;
    let forged = till.pull_page("org", 1, &Digest([1; 32]), 1).await;
    let mut restored = till.clone();
    restored.incarnation = "another".to_owned();
    let other_life = restored.pull_page("org", 1, &first.digest, 1).await;
    for refused in [ahead, forged, other_life] {
        let refused = refused.map(|_| ()).unwrap_err();
        assert_eq!(refused.status, StatusCode::GONE);
        assert_eq!(refused.failure.code, "must_rebootstrap");
    }
    till.pull_page("org", 1, &first.digest, 1).await.unwrap();
}

#[tokio::test]
async fn a_till_reads_its_own_scopes_and_no_others() {
    let server = Server::start().await;
    let (organization, _, till) = server.shop("Shop").await;
    let second = server.store(&organization, "M2").await;
    let neighbour = server.till(&organization, &second, 1).await;
    let (_, _, stranger) = server.shop("Elsewhere").await;
    let own = format!("device:{}", till.row.device_id);
    assert!(till.pull(&own, 10).await.is_empty());
    for scope in [
        neighbour.store_scope(),
        stranger.store_scope(),
        format!("device:{}", neighbour.row.device_id),
        format!("device:{}", stranger.row.device_id),
    ] {
        let refused = till.pull_page(&scope, 0, &feed_genesis(&scope), 1).await;
        assert_eq!(
            refused.map(|_| ()).unwrap_err().status,
            StatusCode::FORBIDDEN
        );
        let query = [("scope", scope.as_str()), ("chunk", "0")];
        let request = till
            .request(Method::GET, "/api/v1/sync/snapshot")
            .query(&query);
        let refused = refused_by(request).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    let refused = till.pull_page("moon", 0, &feed_genesis("moon"), 1).await;
    assert_eq!(
        refused.map(|_| ()).unwrap_err().status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_till_that_speaks_another_protocol_is_told_to_update_and_may_still_send() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    for spoken in ["9", "0", "new", "\u{fc}"] {
        for path in ["verifiers", "pull", "snapshot", "events"] {
            let request = till
                .request(Method::GET, &format!("/api/v1/sync/{path}"))
                .header("techstore-protocol", spoken);
            let refused = refused_by(request).await;
            assert_eq!(refused.status, StatusCode::UPGRADE_REQUIRED, "{spoken}");
            assert_eq!(refused.failure.code, "upgrade_required");
            assert_eq!(refused.failure.fields["oldest"], 1);
            assert_eq!(refused.failure.fields["newest"], 1);
        }
        let body = till.adjustment(product(), 1);
        let op = till.seal(&body);
        let push = till
            .request(Method::POST, "/api/v1/sync/push")
            .header("techstore-protocol", spoken)
            .json(&till.push_request(vec![op]));
        let reply: PushReply = answer(push).await.unwrap();
        assert_eq!(reply.acked_seq, till.seq);
    }
    let request = till.request(Method::GET, "/api/v1/sync/verifiers");
    let spoken = request.header("techstore-protocol", "1").send();
    assert_eq!(spoken.await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_till_without_a_good_token_reads_nothing() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    till.token = till.token.replace(&till.token[80..], "AAAAAA");
    let refused = till.pull_page("org", 0, &feed_genesis("org"), 1).await;
    assert_eq!(
        refused.map(|_| ()).unwrap_err().status,
        StatusCode::UNAUTHORIZED
    );
    let refused = refused_by(server.request(Method::GET, "/api/v1/sync/verifiers")).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}
