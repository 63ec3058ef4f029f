//! The console's list of tills: what the server knows of each, and nothing of anybody else's.

use domain::contract::rest::{HeldCount, TillsPage};
use reqwest::{Method, StatusCode};
use sync_server::op::revoke_till::revoke_till;

use crate::{console::sign_in, kit::*};

async fn tills(server: &Server, of: &domain::replication::row::Organization) -> TillsPage {
    let browser = sign_in(server, of).await;
    answer(browser.get("/api/v1/tills")).await.unwrap()
}

#[tokio::test]
async fn every_till_is_told_with_what_is_held_of_it_and_what_is_open_about_it() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let code = server.code(&organization, &store, 2).await;
    let silent = server.enrol(&code).await.unwrap();
    let body = till.adjustment(product(), 1);
    let ops = vec![
        till.seal(&body),
        till.seal_with(&body, Vec::new(), |header| header.kind = "teleport".into()),
    ];
    let mut push = till.push_request(ops);
    push.sent_ms += 3_600_000;
    let pushed = till.request(Method::POST, "/api/v1/sync/push").json(&push);
    let _: serde_json::Value = answer(pushed).await.unwrap();
    let open = |page: &TillsPage| -> Vec<String> {
        let mut kinds: Vec<String> = page.tills[0]
            .exceptions
            .iter()
            .map(|it| it.kind.clone())
            .collect();
        kinds.sort_unstable();
        kinds
    };
    let browser = sign_in(&server, &organization).await;
    let at_work: TillsPage = answer(browser.get("/api/v1/tills")).await.unwrap();
    assert_eq!(open(&at_work), ["clock_skew", "held_operation"]);
    revoke_till(
        &server.state,
        organization.organization_id,
        till.row.device_id,
    )
    .await
    .unwrap();

    let page: TillsPage = answer(browser.get("/api/v1/tills")).await.unwrap();
    let numbers: Vec<u32> = page.tills.iter().map(|till| till.number).collect();
    assert_eq!(numbers, [1, 2]);
    let first = &page.tills[0];
    assert_eq!(first.device_id, till.row.device_id);
    assert_eq!(first.series, till.row.series);
    assert_eq!(
        (&first.store_code, &first.store_name),
        (&store.code, &store.name)
    );
    let kind_unknown = HeldCount {
        reason: "kind_unknown".to_owned(),
        count: 1,
    };
    assert_eq!((first.received, &first.held), (2, &vec![kind_unknown]));
    // The clock of a till that is revoked matters to nobody any more.
    assert_eq!(open(&page), ["held_operation"]);
    assert!((3_590_000..3_610_000).contains(&first.skew_ms));
    assert_eq!(
        (first.revoked, first.fenced, first.replaced),
        (true, false, false)
    );
    let contact_ms = first.last_contact_ms.unwrap();
    assert!((first.enrolled_ms..=page.server_ms + 1_000).contains(&contact_ms));

    let second = &page.tills[1];
    assert_eq!(second.device_id, silent.row.device_id);
    assert_eq!((second.received, second.last_contact_ms), (0, None));
    assert!(second.held.is_empty() && second.exceptions.is_empty() && !second.revoked);
}

#[tokio::test]
async fn a_till_that_only_pulls_is_in_contact_too() {
    let server = Server::start().await;
    let (organization, _, till) = server.shop("Shop").await;
    let before = tills(&server, &organization).await;
    assert_eq!(before.tills[0].last_contact_ms, None);
    till.pull("org", 100).await;
    let first: i64 = number(
        &server,
        "SELECT (extract(epoch FROM seen_at) * 1000000)::bigint FROM device WHERE number = 1",
    )
    .await;
    till.pull("org", 100).await;
    let second: i64 = number(
        &server,
        "SELECT (extract(epoch FROM seen_at) * 1000000)::bigint FROM device WHERE number = 1",
    )
    .await;
    assert_eq!(first, second, "written once a minute at most");
    let after = tills(&server, &server.organization("Other").await).await;
    assert!(after.tills.is_empty());
}

#[tokio::test]
async fn a_copy_is_told_as_fenced_and_a_replaced_computer_as_replaced() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let mut copy = till.clone();
    let body = till.adjustment(product(), 1);
    let own = till.seal(&body);
    till.push(vec![own]).await.unwrap();
    let other = copy.seal(&body);
    copy.push(vec![other]).await.unwrap();
    let code = server.code(&organization, &store, 1).await;
    let next = server.enrol(&code).await.unwrap();
    let page = tills(&server, &organization).await;
    let standing: Vec<_> = page
        .tills
        .iter()
        .map(|it| (it.device_id, it.fenced, it.replaced, it.received))
        .collect();
    assert_eq!(
        standing,
        [
            (next.row.device_id, false, false, 0),
            (till.row.device_id, true, true, 2),
        ]
    );
    assert_eq!(page.tills[1].exceptions[0].kind, "fork");
}

#[tokio::test]
async fn nobody_sees_another_organization_s_tills_and_a_stranger_sees_none() {
    let server = Server::start().await;
    let (_, _, mut theirs) = server.shop("Theirs").await;
    let body = theirs.adjustment(product(), 1);
    let op = theirs.seal_with(&body, Vec::new(), |header| header.kind = "teleport".into());
    theirs.push(vec![op]).await.unwrap();
    let ours = server.organization("Ours").await;
    assert!(tills(&server, &ours).await.tills.is_empty());
    let refused = refused_by(server.request(Method::GET, "/api/v1/tills")).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}
