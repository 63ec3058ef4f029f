//! Operations that a till signed in good order and that say anything at all: each is applied or
//! held, none is refused, and the chain goes on behind it.

use domain::{
    contract::sync_v1::{Outcome, PushReply},
    hlc::Hlc,
    id::{DeviceId, StoreId},
    limit::{PUSH_BYTES_MAX, PUSH_OPS_MAX},
    replication::{
        Envelope, OpHeader, Private,
        body::KINDS,
        chain::{Base64, Digest, encode_header, op_hash, sign},
    },
};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sync_server::op::{revoke_till::revoke_till, verify::verify};
use uuid::Uuid;

use crate::{
    kit::*,
    mutate::{Class, mutations},
    tables::Tables,
};

/// A body of each kind as tills have always written it.
fn golden(kind: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/tests/golden/kinds");
    let text = std::fs::read_to_string(format!("{folder}/{kind}_v1.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Seals whatever bytes stand for a body.
fn seal_bytes(till: &mut Till, kind: &str, bytes: Vec<u8>, private: &[Private]) -> Envelope {
    let any = till.adjustment(product(), 1);
    let before = (till.seq, till.hash);
    let sealed = till.seal_with(&any, private.to_vec(), |header| {
        header.kind = kind.to_owned()
    });
    (till.seq, till.hash) = before;
    reseal(till, sealed.decode_header().unwrap(), bytes, private)
}

fn reseal(till: &mut Till, header: OpHeader, body: Vec<u8>, private: &[Private]) -> Envelope {
    let header = encode_header(&header);
    let hash = op_hash(&header, &body);
    till.seq += 1;
    till.hash = hash;
    Envelope {
        header: Base64(header),
        body: Base64(body),
        hash,
        signature: sign(&till.key, &hash),
        private: private.to_vec(),
    }
}

/// As many of them in one push as fit.
async fn push_all(till: &Till, ops: &[(String, Envelope)]) -> Vec<(String, Outcome)> {
    let mut outcomes = Vec::new();
    let mut rest = ops;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|(_, op)| {
            bytes += op.size_bytes();
            bytes <= PUSH_BYTES_MAX
        });
        let (part, next) = rest.split_at(fits.count().clamp(1, PUSH_OPS_MAX));
        let envelopes = part.iter().map(|(_, op)| op.clone()).collect();
        let reply = till.push(envelopes).await;
        let reply = reply.unwrap_or_else(|refused| {
            let what: Vec<_> = part.iter().map(|(what, _)| what).collect();
            panic!("{refused:?} for one of {what:#?}")
        });
        assert_eq!(reply.outcomes.len(), part.len());
        let told = part.iter().zip(reply.outcomes);
        outcomes.extend(told.map(|((what, _), told)| (what.clone(), told.outcome)));
        rest = next;
    }
    outcomes
}

async fn assert_chains_hold(server: &Server) {
    let report = verify(&server.state.pool, &server.state.key.public()).await;
    let findings = report.unwrap().findings;
    // What a till itself numbered or added up wrongly is found, and is its own fault.
    let own = ["is number", "add up to", "instead of"];
    let others: Vec<_> = findings
        .iter()
        .filter(|finding| !own.iter().any(|own| finding.what.contains(own)))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
}

#[tokio::test]
async fn a_body_with_anything_wrong_is_applied_or_held_and_what_follows_is_applied() {
    let server = Server::start().await;
    let private = Private::seal("Ada Lovelace", [9; 16]);
    for (kind, _) in KINDS {
        let (_, _, mut till) = server.shop(kind).await;
        let right = golden(kind);
        let mut ops = Vec::new();
        let mut classes = Vec::new();
        for mutation in mutations(&right) {
            let bytes = serde_json::to_vec(&mutation.of(&right)).unwrap();
            // What is too large for an operation is a till's own to refuse.
            if bytes.len() > domain::limit::OP_BYTES_MAX {
                continue;
            }
            let private = std::slice::from_ref(&private);
            let op = seal_bytes(&mut till, kind, bytes, private);
            ops.push((format!("{kind}: {mutation}"), op));
            classes.push(mutation.class);
        }
        let outcomes = push_all(&till, &ops).await;
        for ((what, outcome), class) in outcomes.iter().zip(classes) {
            match class {
                Class::Shape => assert_eq!(*outcome, Outcome::Held, "{what}"),
                // Beside the one entry of a choice nothing can stand.
                Class::Unknown if what.ends_with("discount.unheard_of") => {}
                Class::Unknown if kind != "server_put" => {
                    assert_eq!(*outcome, Outcome::Applied, "{what}");
                }
                _ => {}
            }
        }
        let again = push_all(&till, &ops).await;
        assert_eq!(outcomes, again, "the stored outcomes again");
        let body = till.adjustment(product(), 1);
        let next = till.seal(&body);
        let reply = till.push(vec![next]).await.unwrap();
        assert_eq!(reply.outcomes[0].outcome, Outcome::Applied, "{kind}");
        for scope in ["org".to_owned(), till.store_scope()] {
            for row in till.pull(&scope, 500).await {
                let is_op = row.row_type == domain::contract::sync_v1::FeedType::Op;
                assert!(if is_op {
                    row.op().is_ok()
                } else {
                    row.rows().is_ok()
                });
            }
        }
        let held = outcomes
            .iter()
            .filter(|(_, outcome)| *outcome == Outcome::Held);
        eprintln!("{kind}: {} bodies, {} held", outcomes.len(), held.count());
    }
    assert_chains_hold(&server).await;
}

#[tokio::test]
async fn bytes_that_are_no_body_are_held() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let bodies: [&[u8]; 8] = [
        b"",
        b"null",
        b"{",
        b"\xff\xfe",
        b"\0",
        b"{}{}",
        &[b'['; 100_000],
        &[0xf0; 1_000],
    ];
    let mut ops = Vec::new();
    for bytes in bodies {
        let what = String::from_utf8_lossy(&bytes[..bytes.len().min(8)]).into_owned();
        ops.push((what, seal_bytes(&mut till, "sale", bytes.to_vec(), &[])));
    }
    for (what, outcome) in push_all(&till, &ops).await {
        assert_eq!(outcome, Outcome::Held, "{what}");
    }
    assert_chains_hold(&server).await;
}

/// What becomes of an operation whose header says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    Applied,
    Held,
    /// It is not the operation that it is said to be: to be sent again.
    Damaged,
    /// It follows nothing that is known here: to be sent from before it.
    Nowhere,
}

type Change = fn(&mut OpHeader);

#[tokio::test]
async fn a_header_with_anything_wrong_is_applied_held_or_damaged() {
    use Becomes::{Applied, Damaged, Held, Nowhere};
    let table: [(&str, Change, Becomes); 26] = [
        ("nil op", |h| h.op_id = Uuid::nil().into(), Applied),
        ("greatest op", |h| h.op_id = Uuid::max().into(), Applied),
        ("server", |h| h.device_id = DeviceId::SERVER, Damaged),
        (
            "other device",
            |h| h.device_id = Uuid::max().into(),
            Damaged,
        ),
        ("epoch 0", |h| h.epoch = 0, Damaged),
        ("next epoch", |h| h.epoch += 1, Damaged),
        ("last epoch", |h| h.epoch = u64::MAX, Damaged),
        ("seq 0", |h| h.device_seq = 0, Damaged),
        ("next seq", |h| h.device_seq += 1, Damaged),
        ("last seq", |h| h.device_seq = u64::MAX, Damaged),
        ("no kind", |h| h.kind = String::new(), Held),
        ("a nul in the kind", |h| h.kind = "sale\0".to_owned(), Held),
        ("a long kind", |h| h.kind = "x".repeat(100_000), Held),
        ("another kind", |h| h.kind = "sale".to_owned(), Held),
        (
            "the server's kind",
            |h| h.kind = "server_put".to_owned(),
            Held,
        ),
        ("version 0", |h| h.kind_version = 0, Held),
        ("last version", |h| h.kind_version = u32::MAX, Held),
        ("no time", |h| h.hlc = Hlc(0), Applied),
        ("last time", |h| h.hlc = Hlc(u64::MAX), Applied),
        ("first clock", |h| h.wall_ms = i64::MIN, Applied),
        ("last clock", |h| h.wall_ms = i64::MAX, Applied),
        ("no store", |h| h.store_id = None, Held),
        (
            "other store",
            |h| h.store_id = Some(StoreId(Uuid::max())),
            Held,
        ),
        (
            "anybody",
            |h| h.staff_id = Some(Uuid::max().into()),
            Applied,
        ),
        ("no hash", |h| h.prev_hash = Digest::default(), Nowhere),
        ("other hash", |h| h.prev_hash = Digest([7; 32]), Nowhere),
    ];
    let server = Server::start().await;
    let mut tables = Tables::of(&server, &[]).await;
    for (what, change, becomes) in table {
        let (_, _, mut till) = server.shop(what).await;
        let body = till.adjustment(product(), 1);
        let first = till.seal(&body);
        till.push(vec![first]).await.unwrap();
        let right = till.clone();
        let wrong = till.seal_with(&body, Vec::new(), change);
        let mut request = till.push_request(vec![wrong]);
        request.first_seq = 2;
        let before = tables.read().await;
        let push = till
            .request(Method::POST, "/api/v1/sync/push")
            .json(&request);
        let reply: Result<PushReply, Refused> = answer(push).await;
        let found = match reply {
            Ok(reply) => match reply.outcomes[0].outcome {
                Outcome::Applied => Applied,
                Outcome::Held => Held,
            },
            Err(refused) => {
                assert_eq!(tables.read().await, before, "{what} changed something");
                match refused.status {
                    StatusCode::CONFLICT => Nowhere,
                    status => {
                        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
                        assert_eq!(refused.failure.fields["seq"], 2, "{what}");
                        Damaged
                    }
                }
            }
        };
        assert_eq!(found, becomes, "{what}");
        let is_taken = matches!(becomes, Applied | Held);
        let mut goes_on = if is_taken { till } else { right };
        let next = goes_on.seal(&body);
        let reply = goes_on.push(vec![next]).await.unwrap();
        assert_eq!(reply.outcomes[0].outcome, Applied.outcome(), "{what}");
    }
    assert_chains_hold(&server).await;
}

impl Becomes {
    fn outcome(self) -> Outcome {
        match self {
            Becomes::Applied => Outcome::Applied,
            _ => Outcome::Held,
        }
    }
}

/// Who sends an operation in what state, and what it gets: the first time and ever after.
#[tokio::test]
async fn a_replay_gets_the_stored_outcome_whatever_it_was() {
    let server = Server::start().await;
    for (what, is_damaged, is_revoked, body_is_known, outcome) in [
        ("a good one", false, false, true, Outcome::Applied),
        (
            "one that nobody can read",
            false,
            false,
            false,
            Outcome::Held,
        ),
        ("a damaged one", true, false, true, Outcome::Held),
        ("one of a revoked till", false, true, true, Outcome::Held),
        (
            "a damaged one of a revoked till",
            true,
            true,
            true,
            Outcome::Held,
        ),
    ] {
        let (organization, _, mut till) = server.shop(what).await;
        if is_revoked {
            let id = organization.organization_id;
            revoke_till(&server.state, id, till.row.device_id)
                .await
                .unwrap();
        }
        let body = till.adjustment(product(), 1);
        let mut op = till.seal_with(&body, Vec::new(), |header| {
            if !body_is_known {
                header.kind = "teleport".to_owned();
            }
        });
        let mut request = till.push_request(vec![op.clone()]);
        request.first_seq = 1;
        if is_damaged {
            op.body = Base64(b"damaged".to_vec());
            request.ops = Vec::new();
            request.damaged = vec![op];
        }
        let push = || {
            till.request(Method::POST, "/api/v1/sync/push")
                .json(&request)
        };
        let first: PushReply = answer(push()).await.unwrap();
        assert_eq!(first.outcomes[0].outcome, outcome, "{what}");
        assert_eq!(first.revoked, is_revoked, "{what}");
        let mut tables = Tables::of(&server, &[]).await;
        let before = tables.read().await;
        for _ in 0..3 {
            let again: PushReply = answer(push()).await.unwrap();
            assert_eq!(again.outcomes, first.outcomes, "{what}");
            assert_eq!(again.acked_seq, 1, "{what}");
            assert_eq!(again.heads, first.heads, "{what}");
        }
        assert_eq!(
            tables.read().await,
            before,
            "{what}: a replay changes nothing"
        );
        let next = till.seal(&body);
        let reply = till.push(vec![next]).await.unwrap();
        let expected = if is_revoked {
            Outcome::Held
        } else {
            Outcome::Applied
        };
        assert_eq!(reply.outcomes[0].outcome, expected, "{what}");
    }
}

#[tokio::test]
async fn lines_that_are_there_twice_and_numbers_beyond_counting_are_held() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let right = golden("sale");
    let mut ops = Vec::new();
    for list in ["lines", "payments", "taxes"] {
        let mut twice = right.clone();
        let first = twice[list][0].clone();
        twice[list].as_array_mut().unwrap().push(first);
        let bytes = serde_json::to_vec(&twice).unwrap();
        ops.push((list.to_owned(), seal_bytes(&mut till, "sale", bytes, &[])));
    }
    let safe = domain::limit::SAFE_INTEGER_MAX;
    for (pointer, value) in [
        ("/lines/0/quantity_milli", 1_000_000_001),
        ("/lines/0/quantity_milli", i64::MIN),
        ("/lines/0/total_minor", safe + 1),
        ("/payments/0/tendered_minor", -safe - 1),
        ("/taxes/0/net_minor", i64::MAX),
        ("/total_minor", i64::MAX),
    ] {
        let mut beyond = right.clone();
        *beyond.pointer_mut(pointer).unwrap() = value.into();
        let bytes = serde_json::to_vec(&beyond).unwrap();
        let what = format!("{pointer} {value}");
        ops.push((what, seal_bytes(&mut till, "sale", bytes, &[])));
    }
    for (what, outcome) in push_all(&till, &ops).await {
        assert_eq!(outcome, Outcome::Held, "{what}");
    }
    let sale = seal_bytes(&mut till, "sale", serde_json::to_vec(&right).unwrap(), &[]);
    let reply = till.push(vec![sale]).await.unwrap();
    assert_eq!(reply.outcomes[0].outcome, Outcome::Applied);
}
