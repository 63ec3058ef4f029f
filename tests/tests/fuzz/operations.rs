//! What an envelope carries: headers of bytes, and bodies of every kind.

use domain::replication::{
    Envelope, OpBody, apply,
    chain::{decode_header, encode_header},
};

use crate::{fuzzer::fuzz, golden};

#[test]
fn operations_with_any_field_broken() {
    let bodies = golden::bodies();
    let envelope: Envelope = serde_json::from_value(golden::envelope()).unwrap();
    let header = envelope.decode_header().unwrap();
    for (kind, body) in &bodies {
        let bytes = serde_json::to_vec(body).unwrap();
        OpBody::from_bytes(kind, 1, &bytes).unwrap();
    }
    fuzz(10_000, |input| {
        let bytes = input.breakage.of_bytes(envelope.header.0.clone());
        if let Ok(read) = decode_header(&bytes) {
            assert_eq!(encode_header(&read), bytes);
        }
        let (kind, body) = input.of(&bodies);
        let bytes = input.breakage.of_json(body);
        let Ok(body) = OpBody::from_bytes(kind, 1, &bytes) else {
            return;
        };
        let written = body.to_bytes().unwrap();
        assert_eq!(OpBody::from_bytes(kind, 1, &written).unwrap(), body);
        let mut header = header.clone();
        header.kind = (*kind).to_owned();
        let _ = apply(&header, &body, &envelope.private);
        let _ = body.home_scope(&header);
    });
}
