//! The messages that give a server back what it lost, as they always were on the wire.

use domain::{
    contract::sync_v1::{
        Certificate, CertificateBody, Erasure, ErasureBody, HaveRange, HaveReply, HaveRequest,
        Outcome, RelayExpected, RelayOutcome, RelayReply, TokenRequest, WantRange,
    },
    hlc::Hlc,
    id::{CustomerId, OrganizationId, StoreId},
    replication::chain::{Base64, Digest, PublicKey, SignatureBytes},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::header;

fn messages() -> Value {
    let (device_id, op_id) = (header("sale").device_id, header("sale").op_id);
    let organization_id = OrganizationId(Uuid::from_u128(6));
    let body = CertificateBody {
        organization_id,
        device_id,
        public_key: PublicKey([1; 32]),
        store_id: StoreId(Uuid::from_u128(3)),
        till_number: 2,
        epoch: 3,
        series: "C".into(),
    };
    let certificate = Certificate {
        body: Base64(serde_json::to_vec(&body).unwrap()),
        server_key: PublicKey([2; 32]),
        signature: SignatureBytes([3; 64]),
    };
    let erased = ErasureBody {
        organization_id,
        customer_id: CustomerId(Uuid::from_u128(7)),
        effective_hlc: Hlc::from_ms(1_301_104_800_000),
    };
    let erasure = Erasure {
        body: Base64(serde_json::to_vec(&erased).unwrap()),
        server_key: PublicKey([2; 32]),
        signature: SignatureBytes([4; 64]),
    };
    let last_hash = Digest([5; 32]);
    let have = HaveRequest {
        ranges: vec![HaveRange {
            device_id,
            epoch: 3,
            from: 1,
            to: 9,
            last_hash,
        }],
        erasures: vec![erasure],
        certificates: vec![certificate.clone()],
    };
    let reply = HaveReply {
        want: vec![WantRange {
            device_id,
            epoch: 3,
            from: 4,
            to: 9,
            last_hash,
        }],
        welcome: Vec::new(),
        incarnation: "7-00000001-1".into(),
        server_ms: 1_301_104_800_000,
    };
    let relayed = RelayReply {
        outcomes: vec![RelayOutcome {
            op_id,
            outcome: Outcome::Applied,
        }],
        heads: [("org".to_owned(), 12)].into(),
        incarnation: "7-00000001-1".into(),
        server_ms: 1_301_104_800_000,
    };
    let expected = RelayExpected {
        device_id,
        epoch: 3,
        expected_seq: 4,
    };
    let token = TokenRequest {
        device_id,
        nonce: Base64(vec![8; 32]),
        signature: SignatureBytes([9; 64]),
        certificate: Some(certificate),
    };
    json!({
        "certificate_body": body,
        "erasure_body": erased,
        "have": have,
        "have_reply": reply,
        "relay_reply": relayed,
        "relay_expected": expected,
        "token": token,
    })
}

#[test]
fn the_messages_of_a_repair_have_the_shape_they_always_had() {
    let wire = serde_json::to_string_pretty(&messages()).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/heal_v1.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &wire).unwrap();
    }
    assert_eq!(wire, std::fs::read_to_string(path).unwrap());
}

#[test]
fn an_old_message_still_reads_and_a_certificate_may_be_missing() {
    let golden: Value = serde_json::from_str(include_str!("../golden/heal_v1.json")).unwrap();
    let have: HaveRequest = serde_json::from_value(golden["have"].clone()).unwrap();
    assert_eq!(have.ranges[0].to, 9);
    let mut token = golden["token"].clone();
    token.as_object_mut().unwrap().remove("certificate");
    let token: TokenRequest = serde_json::from_value(token).unwrap();
    assert!(token.certificate.is_none());
    let body = &have.certificates[0].body.0;
    let body: CertificateBody = serde_json::from_slice(body).unwrap();
    assert_eq!((body.epoch, body.series.as_str()), (3, "C"));
}
