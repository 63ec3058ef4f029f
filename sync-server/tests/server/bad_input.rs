//! Every field of every message of the sync protocol, wrong in every way: a problem document and
//! nothing changed, or, where the protocol leaves a field to the till, an ordinary answer.

use domain::{
    contract::sync_v1::*,
    customer::CustomerField,
    replication::{
        Envelope,
        chain::{Base64, feed_genesis},
    },
};
use ed25519_dalek::{Signer, SigningKey};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_server::op::erase_customer::erase_customer;

use crate::{
    erase::put,
    kit::*,
    refuse::{Message, Rules, Sender, query, refuse_all},
    tables::Tables,
};

fn post(path: &'static str, till: Option<&Till>, body: &impl serde::Serialize) -> Message {
    Message {
        method: Method::POST,
        path,
        token: till.map(|till| till.token.clone()),
        json: serde_json::to_value(body).unwrap(),
    }
}

fn get(path: &'static str, till: &Till, query: Value) -> Message {
    Message {
        method: Method::GET,
        path,
        token: Some(till.token.clone()),
        json: query,
    }
}

#[tokio::test]
async fn an_enrolment_with_anything_wrong_enrols_nobody() {
    let server = Server::start().await;
    let (organization, store, till) = server.shop("Shop").await;
    let rules = Rules {
        optional: &["certificate"],
        // The till's own words; what no server signed makes a new till of it; and of a code its
        // letters and digits count.
        free: &["name", "prev_hash", "certificate*", "code: a nul inside"],
        ..Rules::default()
    };
    refuse_all(&server, &rules, async || {
        let code = server.code(&organization, &store, 1).await;
        let mut request = enrol_request(&code, &SigningKey::from_bytes(&[3; 32]));
        request.certificate = Some(till.certificate.clone());
        post("/api/v1/sync/enrol", None, &request)
    })
    .await;
}

#[tokio::test]
async fn a_challenge_with_anything_wrong_is_none() {
    let server = Server::start().await;
    let (_, _, till) = server.shop("Shop").await;
    let rules = Rules {
        // Nobody learns which devices there are.
        free: &["device_id"],
        ..Rules::default()
    };
    refuse_all(&server, &rules, async || {
        let device_id = till.row.device_id;
        post(
            "/api/v1/sync/challenge",
            None,
            &ChallengeRequest { device_id },
        )
    })
    .await;
}

#[tokio::test]
async fn a_signed_challenge_with_anything_wrong_gives_no_token() {
    let server = Server::start().await;
    let (_, _, till) = server.shop("Shop").await;
    let rules = Rules {
        optional: &["certificate"],
        // It is asked for only where the device is forgotten.
        free: &["certificate*"],
        // A nonce is spent whatever comes of it.
        except: &["challenge"],
        is_used_up: true,
        ..Rules::default()
    };
    let device_id = till.row.device_id;
    refuse_all(&server, &rules, async || {
        let asked = ChallengeRequest { device_id };
        let reply: ChallengeReply = server.post("/api/v1/sync/challenge", &asked).await.unwrap();
        let signed = till.key.sign(&token_bytes(&device_id, &reply.nonce.0));
        let request = TokenRequest {
            device_id,
            nonce: reply.nonce,
            signature: signed.to_bytes().as_slice().try_into().unwrap(),
            certificate: Some(till.certificate.clone()),
        };
        post("/api/v1/sync/token", None, &request)
    })
    .await;
}

/// A till of its own with an operation to push, personal texts beside it.
async fn pusher(server: &Server) -> (Till, Envelope) {
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let first = till.seal(&body);
    till.push(vec![first]).await.unwrap();
    let customer_id = sync_server::clock::new_id().unwrap();
    let envelope = put(&mut till, customer_id, CustomerField::Name, "Ada Lovelace");
    (till, envelope)
}

#[tokio::test]
async fn a_push_with_anything_wrong_is_refused() {
    let server = Server::start().await;
    let rules = Rules {
        optional: &["damaged", "ops[].private"],
        free: &["incarnation", "sent_ms", "ops[].private*", "damaged: empty"],
        begun: &["each twice at ops"],
        ..Rules::default()
    };
    refuse_all(&server, &rules, async || {
        let (till, envelope) = pusher(&server).await;
        post(
            "/api/v1/sync/push",
            Some(&till),
            &till.push_request(vec![envelope]),
        )
    })
    .await;
}

#[tokio::test]
async fn a_push_of_a_damaged_operation_holds_it_whatever_it_says_and_nothing_else() {
    let server = Server::start().await;
    let rules = Rules {
        optional: &["damaged[].private"],
        // Nothing vouches for these bytes.
        free: &[
            "incarnation",
            "sent_ms",
            "damaged[].*",
            "damaged: each twice",
            "ops: empty",
        ],
        ..Rules::default()
    };
    refuse_all(&server, &rules, async || {
        let (till, mut envelope) = pusher(&server).await;
        envelope.body = Base64(b"what the disk gave instead".to_vec());
        let mut request = till.push_request(vec![envelope]);
        std::mem::swap(&mut request.ops, &mut request.damaged);
        post("/api/v1/sync/push", Some(&till), &request)
    })
    .await;
}

#[tokio::test]
async fn a_have_with_anything_wrong_changes_nothing() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let customer_id = sync_server::clock::new_id().unwrap();
    let op = put(&mut till, customer_id, CustomerField::Name, "Ada Lovelace");
    till.push(vec![op.clone()]).await.unwrap();
    let erased = erase_customer(&server.state, organization.organization_id, customer_id).await;
    erased.unwrap();
    let rows = till.pull("org", 100).await;
    let mut erasures = rows.iter().filter_map(|row| row.rows().ok());
    let erasure = erasures
        .find_map(|rows| rows.rows.erasure.first().cloned())
        .unwrap();
    let rules = Rules {
        optional: &["erasures", "certificates"],
        // A till tells what it has; what nobody signed is left aside.
        free: &["ranges*", "erasures*", "certificates*"],
        ..Rules::default()
    };
    refuse_all(&server, &rules, async || {
        let request = HaveRequest {
            ranges: vec![Till::range(std::slice::from_ref(&op))],
            erasures: vec![erasure.clone()],
            certificates: vec![till.certificate.clone()],
        };
        post("/api/v1/sync/have", Some(&till), &request)
    })
    .await;
}

#[tokio::test]
async fn a_relay_with_anything_wrong_is_refused() {
    let server = Server::start().await;
    let rules = Rules {
        optional: &["ops[].private"],
        // Each operation counts once, however often it comes.
        free: &["ops[].private*", "ops: each twice"],
        ..Rules::default()
    };
    refuse_all(&server, &rules, async || {
        let (till, envelope) = pusher(&server).await;
        post(
            "/api/v1/sync/relay",
            Some(&till),
            &RelayRequest {
                ops: vec![envelope],
                after_gap: false,
            },
        )
    })
    .await;
}

#[tokio::test]
async fn a_pull_with_anything_wrong_reads_nothing() {
    let server = Server::start().await;
    let (till, envelope) = pusher(&server).await;
    till.push(vec![envelope]).await.unwrap();
    let scope = till.store_scope();
    let genesis = feed_genesis(&scope);
    let page = till.pull_page(&scope, 0, &genesis, 1).await.unwrap();
    let rules = Rules {
        optional: &["limit"],
        free: &["limit", "limit: a number"],
        ..Rules::default()
    };
    refuse_all(&server, &rules, async || {
        let query = json!({
            "incarnation": till.incarnation, "scope": scope, "after": page.to.to_string(),
            "digest": page.digest, "limit": "5",
        });
        get("/api/v1/sync/pull", &till, query)
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_asked_for_with_anything_wrong_is_not_given() {
    let server = Server::start().await;
    let (_, _, till) = server.shop("Shop").await;
    let scope = till.store_scope();
    let asked = json!({ "scope": scope, "chunk": 0 });
    let request = till.request(Method::GET, "/api/v1/sync/snapshot");
    let header: SnapshotHeader = answer(request.query(&query(&asked))).await.unwrap();
    let rules = Rules {
        optional: &["snapshot"],
        ..Rules::default()
    };
    refuse_all(&server, &rules, async || {
        let query = json!({ "scope": scope, "chunk": "0", "snapshot": header.snapshot });
        get("/api/v1/sync/snapshot", &till, query)
    })
    .await;
}

#[tokio::test]
async fn what_has_no_fields_still_wants_a_good_token_and_a_version() {
    let server = Server::start().await;
    let (_, _, till) = server.shop("Shop").await;
    for path in ["/api/v1/sync/events", "/api/v1/sync/verifiers"] {
        let (mut sender, mut tables) = (Sender::default(), Tables::of(&server, &[]).await);
        let before = tables.read().await;
        for version in ["", "0", "2", "-1", "one", "1.0", "99999999999999999999"] {
            let request = till.request(Method::GET, path);
            let request = request.header("techstore-protocol", version);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UPGRADE_REQUIRED, "{version}");
            sender.expect_refusal(response, version).await;
        }
        assert_eq!(tables.read().await, before);
        let message = get(path, &till, json!({}));
        for token in ["", "a", "not base64!", &till.token[..80]] {
            let bad = Message {
                token: Some(token.to_owned()),
                ..get(path, &till, json!({}))
            };
            let response = sender.send(&server, &bad, &bad.json).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{token}");
            sender.expect_refusal(response, token).await;
        }
        assert!(sender.faults.is_empty(), "{:#?}", sender.faults);
        let good = sender.send(&server, &message, &message.json).await;
        assert_eq!(good.status(), StatusCode::OK);
    }
}
