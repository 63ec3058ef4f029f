//! What can be said of an operation from its bytes alone, before any lock: whether hash and
//! signature fit, what it states, and why it must be held.

use domain::{
    contract::sync_v1::PushRequest,
    id::OpId,
    replication::{
        Envelope, Facts, OpBody, OpHeader, apply, body::BodyError, chain::Digest, table::Scope,
    },
};
use serde_json::value::RawValue;

use crate::store::{
    chain::{DAMAGED, Enrolment},
    device::Device,
};

/// An operation with its verdict.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) enrolment: Enrolment,
    pub(crate) seq: u64,
    pub(crate) envelope: Envelope,
    /// None when not even the header can be trusted.
    pub(crate) header: Option<OpHeader>,
    /// What the chain before it must end with; a damaged one without a readable header is taken at
    /// its place.
    pub(crate) prev_hash: Option<Digest>,
    pub(crate) verdict: Verdict,
}

/// What is to be done with it once its turn comes.
#[derive(Debug)]
pub(crate) enum Verdict {
    Sound {
        envelope_json: Box<RawValue>,
        scope: Scope,
        facts: Box<Facts>,
    },
    Hold {
        reason: &'static str,
        detail: String,
    },
    /// Neither hash nor signature vouches for the bytes: to be sent again.
    Damaged { reason: String },
}

impl Checked {
    pub(crate) fn hold(&mut self, reason: &'static str, detail: String) {
        self.verdict = Verdict::Hold { reason, detail };
    }

    pub(crate) fn is_sound(&self) -> bool {
        matches!(self.verdict, Verdict::Sound { .. })
    }

    pub(crate) fn op_id(&self) -> Option<OpId> {
        self.header.as_ref().map(|header| header.op_id)
    }
}

/// Checks all operations of a push.
pub(crate) fn check_push(device: &Device, request: PushRequest) -> Vec<Checked> {
    let sound = request.ops.into_iter().map(|envelope| (envelope, false));
    let damaged = request.damaged.into_iter().map(|envelope| (envelope, true));
    (request.first_seq..)
        .zip(sound.chain(damaged))
        .map(|(seq, (envelope, is_damaged))| {
            if is_damaged {
                damaged_at_the_till(device, seq, envelope)
            } else {
                check_one(device, seq, envelope)
            }
        })
        .collect()
}

/// Nothing vouches for these bytes but the till that sent them; their header says at most where in
/// the chain they stood.
fn damaged_at_the_till(device: &Device, seq: u64, envelope: Envelope) -> Checked {
    let header = envelope.decode_header().ok();
    let prev_hash = header
        .filter(|header| header.device_id == device.device_id && header.device_seq == seq)
        .map(|header| header.prev_hash);
    Checked {
        enrolment: device.enrolment(),
        seq,
        envelope,
        header: None,
        prev_hash,
        verdict: Verdict::Hold {
            reason: DAMAGED,
            detail: "the till's own copy no longer fits its hash".to_owned(),
        },
    }
}

/// Checks an operation that is said to stand at a sequence of an enrolment.
pub(crate) fn check_one(device: &Device, seq: u64, envelope: Envelope) -> Checked {
    let (header, verdict) = examine(device, seq, &envelope);
    Checked {
        enrolment: device.enrolment(),
        seq,
        envelope,
        prev_hash: header.as_ref().map(|header| header.prev_hash),
        header,
        verdict,
    }
}

fn examine(device: &Device, seq: u64, envelope: &Envelope) -> (Option<OpHeader>, Verdict) {
    let damaged = |reason: &dyn std::fmt::Display| Verdict::Damaged {
        reason: reason.to_string(),
    };
    if let Err(error) = envelope.verify(&device.public_key) {
        return (None, damaged(&error));
    }
    let header = match envelope.decode_header() {
        Ok(header) => header,
        Err(error) => return (None, damaged(&error)),
    };
    let (device_id, epoch) = (device.device_id, device.epoch);
    if header.device_id != device_id || header.epoch != epoch || header.device_seq != seq {
        let found = format!(
            "it says device {}, epoch {}, sequence {}",
            header.device_id, header.epoch, header.device_seq
        );
        return (None, damaged(&found));
    }
    let verdict = judge(device, &header, envelope);
    (Some(header), verdict)
}

/// Whether trusted bytes can be read and may be said by this till.
fn judge(device: &Device, header: &OpHeader, envelope: &Envelope) -> Verdict {
    let hold = |reason, detail: String| Verdict::Hold { reason, detail };
    if header
        .store_id
        .is_some_and(|store_id| store_id != device.store_id)
    {
        let detail = "it names a store that is not the till's".to_owned();
        return hold("other_store", detail);
    }
    let body = match envelope.decode_body(header) {
        Ok(OpBody::ServerPut(_)) => {
            return hold("not_a_till", "only the server writes such rows".to_owned());
        }
        Ok(body) => body,
        Err(error @ BodyError::KindUnknown { .. }) => {
            return hold("kind_unknown", error.to_string());
        }
        Err(error @ BodyError::Undecodable(_)) => return hold("undecodable", error.to_string()),
    };
    let facts = match apply(header, &body, &envelope.private) {
        Ok(facts) => facts,
        Err(error) => return hold("not_applicable", error.to_string()),
    };
    let Some(scope) = body.home_scope(header) else {
        return hold("not_applicable", "it names no store".to_owned());
    };
    match serde_json::value::to_raw_value(&envelope.bare()) {
        Ok(envelope_json) => Verdict::Sound {
            envelope_json,
            scope,
            facts: Box::new(facts),
        },
        Err(error) => hold("not_storable", error.to_string()),
    }
}
