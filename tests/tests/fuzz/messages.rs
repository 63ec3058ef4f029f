//! Every message of the sync protocol, with any field broken.

use domain::contract::{failure::Failure, sync_v1::*};
use domain::replication::Envelope;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{fuzzer::fuzz, golden};

/// Reads bytes as a message; what can be read is written and read as the same.
type Read = fn(&[u8]) -> bool;

fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> bool {
    let Ok(message) = serde_json::from_slice::<T>(bytes) else {
        return false;
    };
    let written = serde_json::to_vec(&message).unwrap();
    let again: T = serde_json::from_slice(&written).unwrap();
    assert_eq!(serde_json::to_vec(&again).unwrap(), written);
    true
}

/// A page, and each of its rows as what its type says.
fn read_page(bytes: &[u8]) -> bool {
    if !read::<PullReply>(bytes) {
        return false;
    }
    let page: PullReply = serde_json::from_slice(bytes).unwrap();
    for row in &page.rows {
        if let Ok(op) = row.op() {
            let header = op.envelope.decode_header();
            if let Ok(header) = header {
                let _ = op.envelope.decode_body(&header);
            }
        }
        let _ = row.rows();
    }
    true
}

fn messages() -> Vec<(Value, Read)> {
    let envelope = golden::envelope();
    let hash = envelope["hash"].clone();
    let page = golden::page();
    let rows = page["rows"][1]["bytes"]["rows"].clone();
    let mut op = page["rows"][0]["bytes"].clone();
    op["envelope"] = envelope.clone();
    let certificate = golden::healing("certificate_body");
    let device = certificate["device_id"].clone();
    let till = json!({"incarnation": "1-00000001-0", "device_id": device, "epoch": 1,
        "first_seq": 1, "sent_ms": 1_700_000_000_000_i64, "ops": [envelope, envelope],
        "damaged": [envelope]});
    let reply = json!({"acked_seq": 2, "outcomes": [{"seq": 1, "outcome": "applied",
        "flags": ["late"]}, {"seq": 2, "outcome": "held"}], "heads": {"org": 7},
        "server_ms": 1, "incarnation": "1", "keep_days": 400, "kinds": {"sale": 1},
        "fenced": false, "revoked": false});
    let chunk = json!({"snapshot": "1", "chunk": 1, "rows": rows, "ops": [op]});
    let header = json!({"snapshot": "1", "scope": "org", "incarnation": "1", "seq": 7,
        "digest": hash, "chunks": 2, "rows": 9, "devices": [{"device_id": device, "epoch": 1,
        "branch": 0, "last_seq": 3, "last_hash": hash, "held": [2]}]});
    let enrol = json!({"code": "ABCD-EFGH", "public_key": certificate["public_key"],
        "signature": envelope["signature"], "prev_hash": hash, "name": "counter",
        "certificate": golden::have()["certificates"][0]});
    let failure = json!({"type": "about:blank", "title": "No", "status": 409, "code": "gap",
        "detail": "send from 3", "expected_seq": 3, "expected_prev_hash": hash});
    let all: Vec<(Value, Read)> = vec![
        (envelope, read::<Envelope>),
        (till, read::<PushRequest>),
        (reply, read::<PushReply>),
        (page, read_page),
        (chunk, read::<SnapshotChunk>),
        (header, read::<SnapshotHeader>),
        (enrol, read::<EnrolRequest>),
        (certificate, read::<CertificateBody>),
        (golden::healing("erasure_body"), read::<ErasureBody>),
        (golden::have(), read::<HaveRequest>),
        (golden::healing("have_reply"), read::<HaveReply>),
        (golden::healing("relay_reply"), read::<RelayReply>),
        (golden::healing("relay_expected"), read::<RelayExpected>),
        (golden::healing("token"), read::<TokenRequest>),
        (failure, read::<Failure>),
        (json!({"scope": "org", "head": 7}), read::<HeadEvent>),
    ];
    for (message, read) in &all {
        assert!(read(message.to_string().as_bytes()), "{message}");
    }
    all
}

#[test]
fn messages_with_any_field_broken() {
    let messages = messages();
    fuzz(10_000, |input| {
        let (message, read) = input.of(&messages);
        read(&input.breakage.of_json(message));
    });
}
