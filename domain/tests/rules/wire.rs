//! The bytes that never change: a golden operation, its hash, its signature, and a feed's digests.
//! When one of these tests fails, every till in the field could no longer be verified.

use domain::{
    contract::sync_v1::{enrol_bytes, token_bytes},
    replication::{
        Envelope, OpBody, Private, apply,
        chain::{
            Base64, Digest, PublicKey, decode_header, encode_header, feed_digest, feed_genesis,
        },
    },
    tax::TaxMode,
};
use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use crate::{cart_line, header, sell};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn public_key() -> PublicKey {
    PublicKey(key().verifying_key().to_bytes())
}

fn golden() -> Envelope {
    let body = OpBody::Sale(sell(
        &[cart_line(6_000, 25_500, 200_000)],
        TaxMode::Inclusive,
    ));
    let private = vec![Private::seal("José Ñandú", [9; 16])];
    Envelope::seal(&header("sale"), &body, private, &key()).unwrap()
}

#[test]
fn a_sale_has_the_bytes_it_always_had() {
    let wire = serde_json::to_string_pretty(&golden()).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/sale_v1.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &wire).unwrap();
    }
    assert_eq!(wire, std::fs::read_to_string(path).unwrap());
}

#[test]
fn the_feed_s_digests_are_what_they_always_were() {
    let genesis = feed_genesis("org");
    let first = feed_digest("org", 1, &genesis, br#"{"rows":{}}"#);
    assert_eq!(
        [genesis.to_string(), first.to_string()],
        [
            "97fd23b76ef4efface4df5b20cd2704e0101527ce798c539df25903e5b458d43",
            "2229a649006cfd7d79826a4fae3b245ac12de737d73bc52999a36512bee57884",
        ]
    );
}

#[test]
fn an_old_envelope_still_opens_verifies_and_applies() {
    let wire = include_str!("../golden/sale_v1.json");
    let envelope: Envelope = serde_json::from_str(wire).unwrap();
    envelope.verify(&public_key()).unwrap();
    let header = envelope.decode_header().unwrap();
    assert_eq!(header, crate::header("sale"));
    let body = envelope.decode_body(&header).unwrap();
    let facts = apply(&header, &body, &envelope.private).unwrap();
    assert_eq!(facts.documents[0].total_minor.minor(), 1_530);
    assert_eq!(facts.movements[0].delta_milli.milli(), -6_000);
}

#[test]
fn a_private_text_opens_only_under_its_own_hash() {
    let sealed = Private::seal("612 345 678", [1; 16]);
    assert_eq!(sealed.open(&sealed.hash).as_deref(), Some("612 345 678"));
    assert_eq!(sealed.open(&Digest::default()), None);
    let forged = Private {
        bytes: Base64(b"600 000 000".to_vec()),
        ..sealed.clone()
    };
    assert_eq!(forged.open(&sealed.hash), None);
}

#[test]
fn what_an_enrolling_till_signs_ignores_how_the_code_was_typed() {
    assert_eq!(
        enrol_bytes("abcd-efgh", &public_key()),
        enrol_bytes("ABCD EFGH", &public_key())
    );
    let device = header("sale").device_id;
    assert_ne!(token_bytes(&device, b"1"), token_bytes(&device, b"2"));
}

proptest! {
    #[test]
    fn a_header_reads_back_as_it_was_written(
        seq: u64, epoch: u64, wall_ms: i64, stamp: u64, kind in "\\PC{0,40}",
        has_store: bool, has_staff: bool, prev: [u8; 32],
    ) {
        let mut header = header(&kind);
        header.device_seq = seq;
        header.epoch = epoch;
        header.wall_ms = wall_ms;
        header.hlc = domain::hlc::Hlc(stamp);
        header.prev_hash = Digest(prev);
        if !has_store { header.store_id = None; }
        if !has_staff { header.staff_id = None; }
        prop_assert_eq!(decode_header(&encode_header(&header)).unwrap(), header);
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(bytes: Vec<u8>) {
        let _ = decode_header(&bytes);
    }

    #[test]
    fn one_changed_bit_is_noticed(at: prop::sample::Index, bit in 0_u8..8, which in 0_u8..3) {
        let mut envelope = golden();
        let bytes: &mut [u8] = match which {
            0 => &mut envelope.header.0,
            1 => &mut envelope.body.0,
            _ => &mut envelope.signature.0,
        };
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(envelope.verify(&public_key()).is_err());
    }
}

#[test]
fn the_longest_sale_fits_into_one_operation() {
    let line = cart_line(6_000, 25_500, 200_000);
    let cart = vec![line; domain::limit::DOCUMENT_LINES_MAX];
    let body = OpBody::Sale(sell(&cart, TaxMode::Inclusive));
    let envelope = Envelope::seal(&header("sale"), &body, Vec::new(), &key()).unwrap();
    assert!(
        envelope.size_bytes() <= domain::limit::OP_BYTES_MAX,
        "{}",
        envelope.size_bytes()
    );
}
