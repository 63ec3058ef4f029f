//! Takes a till's operations in (sync protocol, section 3): each once, in the order of its chain.
//! What cannot be trusted or read is held and blocks nothing behind it; bytes that are damaged on
//! the way change nothing and are asked for again.

mod check;
mod write;

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{PushReply, PushRequest, SeqOutcome},
    id::{DeviceId, OrganizationId},
    limit::{OP_BYTES_MAX, PUSH_BYTES_MAX, PUSH_OPS_MAX},
    replication::{body::KINDS, chain::Digest},
};

use self::{
    check::{Checked, check},
    write::{Stop, Written, write_retrying},
};
use super::record_operations::RecordError;
use crate::{clock, database::is_about_values, state::AppState, store::device::Device};

/// How long a till keeps signed envelopes: four weeks of backups and seven days.
pub const KEEP_DAYS: u32 = 35;

/// Why a push, or what is left of it, was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("the request is of device {named}, the token of another")]
    OtherDevice { named: DeviceId },
    #[error("a push has at most {PUSH_OPS_MAX} operations and {PUSH_BYTES_MAX} bytes of them")]
    TooLarge,
    #[error("a push has at least one operation")]
    Empty,
    #[error("the chain goes on at {expected_seq}")]
    NotNext {
        expected_seq: u64,
        expected_prev_hash: Digest,
    },
    #[error("operation {seq} is damaged: {reason}")]
    Damaged { seq: u64, reason: String },
    #[error("the device is not enrolled any more")]
    DeviceUnknown,
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Random(#[from] clock::RandomError),
    #[error("checking the operations was broken off")]
    BrokenOff,
}

impl From<sqlx::Error> for PushError {
    fn from(error: sqlx::Error) -> Self {
        Self::Record(error.into())
    }
}

/// Takes a push in.
pub async fn push_operations(
    state: &AppState,
    organization_id: OrganizationId,
    device: &Device,
    request: PushRequest,
) -> Result<PushReply, PushError> {
    limits(device, &request)?;
    let received_ms = clock::now_ms();
    let skew_ms = request.sent_ms - received_ms.cast_signed();
    let own = device.clone();
    let mut operations = tokio::task::spawn_blocking(move || check(&own, request))
        .await
        .map_err(|_| PushError::BrokenOff)?;
    let written = write_all(state, organization_id, device, &mut operations, skew_ms).await?;
    state.live.publish(organization_id, &written.raised);
    state.metrics.pushed(&written.outcomes);
    match written.stop {
        Some(Stop::NotNext { seq, prev_hash }) => {
            return Err(PushError::NotNext {
                expected_seq: seq,
                expected_prev_hash: prev_hash,
            });
        }
        Some(Stop::Damaged { seq, reason }) => return Err(PushError::Damaged { seq, reason }),
        None => {}
    }
    Ok(PushReply {
        acked_seq: written.chain.last_seq,
        outcomes: written.outcomes,
        heads: written.heads,
        server_ms: clock::now_ms(),
        incarnation: state.incarnation(),
        keep_days: KEEP_DAYS,
        kinds: kinds(),
        fenced: written.chain.fenced,
        revoked: written.chain.revoked,
    })
}

fn limits(device: &Device, request: &PushRequest) -> Result<(), PushError> {
    if request.device_id != device.device_id {
        return Err(PushError::OtherDevice {
            named: request.device_id,
        });
    }
    let all = || request.ops.iter().chain(&request.damaged);
    let count = request.ops.len() + request.damaged.len();
    let bytes: usize = all().map(domain::replication::Envelope::size_bytes).sum();
    if count == 0 {
        return Err(PushError::Empty);
    }
    let one_too_large = all().any(|operation| operation.body.0.len() > OP_BYTES_MAX);
    if count > PUSH_OPS_MAX || (bytes > PUSH_BYTES_MAX && count > 1) || one_too_large {
        return Err(PushError::TooLarge);
    }
    Ok(())
}

fn kinds() -> BTreeMap<String, u32> {
    KINDS
        .iter()
        .filter(|(kind, _)| *kind != "server_put")
        .map(|(kind, version)| ((*kind).to_owned(), *version))
        .collect()
}

/// Writes all in one transaction. If a value has no place in the tables, each goes alone, and the
/// one at fault is held.
async fn write_all(
    state: &AppState,
    organization_id: OrganizationId,
    device: &Device,
    operations: &mut [Checked],
    skew_ms: i64,
) -> Result<Written, PushError> {
    match write_retrying(state, organization_id, device, operations, skew_ms).await {
        Err(PushError::Record(RecordError::Sql(error))) if is_about_values(&error) => {
            tracing::warn!(%error, "a push cannot be stored whole; each operation goes alone");
        }
        done => return done,
    }
    let mut all: Option<Written> = None;
    for one in operations {
        let alone = std::slice::from_mut(one);
        let tried = write_retrying(state, organization_id, device, alone, skew_ms).await;
        let written = match tried {
            Err(PushError::Record(RecordError::Sql(error))) if is_about_values(&error) => {
                alone[0].hold("not_storable", error.to_string());
                write_retrying(state, organization_id, device, alone, skew_ms).await?
            }
            done => done?,
        };
        let stopped = written.stop.is_some();
        match &mut all {
            None => all = Some(written),
            Some(all) => all.follow(written),
        }
        if stopped {
            break;
        }
    }
    all.ok_or(PushError::Empty)
}

impl Written {
    fn follow(&mut self, next: Written) {
        self.outcomes.extend(next.outcomes);
        self.raised.extend(next.raised);
        self.heads = next.heads;
        self.chain = next.chain;
        self.stop = next.stop;
    }
}

/// The outcome of one sequence without flags.
fn outcome(seq: u64, outcome: domain::contract::sync_v1::Outcome) -> SeqOutcome {
    SeqOutcome {
        seq,
        outcome,
        flags: Vec::new(),
    }
}
