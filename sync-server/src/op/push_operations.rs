//! Takes a till's own operations in (sync protocol, section 3) and tells it what became of each.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{Outcome, PushReply, PushRequest, SeqOutcome},
    id::{DeviceId, OrganizationId},
    limit::SAFE_INTEGER_MAX,
    replication::{body::KINDS, chain::Digest},
};

use super::take_in::{
    Heard, Intake, SEQ_MAX, Stop, TakeInError, Taken, check_push, limits, scopes_of, take_in,
};
use crate::{
    clock,
    database::begin,
    state::AppState,
    store::{self, device::Device},
};

/// How long a till keeps signed envelopes: four weeks of backups and seven days.
pub const KEEP_DAYS: u32 = 35;

/// The flag of an operation that waits for the owner, and the exception's kind.
pub const HELD_FLAG: &str = "held_operation";

/// Why a push, or what is left of it, was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("the request is of device {named}, the token of another")]
    OtherDevice { named: DeviceId },
    #[error("the till never had an enrolment {epoch}")]
    EpochUnknown { epoch: u64 },
    #[error("the chain goes on at {expected_seq}")]
    NotNext {
        expected_seq: u64,
        expected_prev_hash: Digest,
    },
    #[error("operation {seq} is damaged: {reason}")]
    Damaged { seq: u64, reason: String },
    #[error(transparent)]
    TakeIn(#[from] TakeInError),
}

impl From<sqlx::Error> for PushError {
    fn from(error: sqlx::Error) -> Self {
        Self::TakeIn(error.into())
    }
}

/// Takes a push in.
pub async fn push_operations(
    state: &AppState,
    organization_id: OrganizationId,
    caller: &Device,
    request: PushRequest,
) -> Result<PushReply, PushError> {
    if request.device_id != caller.device_id {
        return Err(PushError::OtherDevice {
            named: request.device_id,
        });
    }
    limits(request.ops.iter().chain(&request.damaged))?;
    let count = request.ops.len() + request.damaged.len();
    last_seq(request.first_seq, count).ok_or(TakeInError::SeqTooLarge)?;
    let received_ms = clock::now_ms();
    let device = enrolment(state, organization_id, caller, request.epoch).await?;
    let intake = Intake {
        hold_all: None,
        may_skip: false,
        heard: Some(Heard {
            device_id: device.device_id,
            store_id: device.store_id,
            skew_ms: skew_ms(request.sent_ms, received_ms),
        }),
        scopes: scopes_of(&device),
    };
    let of = device.enrolment();
    let before = request.first_seq.saturating_sub(1);
    let mut operations = tokio::task::spawn_blocking(move || check_push(&device, request))
        .await
        .map_err(|_| TakeInError::BrokenOff)?;
    let written = take_in(state, organization_id, &mut operations, &intake).await?;
    match written.stop {
        Some(Stop::NotNext { seq, prev_hash, .. }) => {
            return Err(PushError::NotNext {
                expected_seq: seq,
                expected_prev_hash: prev_hash.unwrap_or_default(),
            });
        }
        Some(Stop::Damaged { seq, reason, .. }) => {
            return Err(PushError::Damaged { seq, reason });
        }
        None => {}
    }
    let device = written.device(of).ok_or(TakeInError::DeviceUnknown)?;
    Ok(PushReply {
        // Never beyond what was sent: a copy of the till may have gone on from here otherwise.
        acked_seq: written.taken.last().map_or(before, |one| one.seq),
        outcomes: written.taken.iter().map(outcome).collect(),
        fenced: device.fenced,
        revoked: device.revoked,
        heads: written.heads,
        server_ms: clock::now_ms(),
        incarnation: state.incarnation(),
        keep_days: KEEP_DAYS,
        kinds: kinds(),
    })
}

/// The last sequence of so many from the first; none beyond what can be stored and sent.
fn last_seq(first: u64, count: usize) -> Option<u64> {
    let last = first.checked_add(u64::try_from(count).ok()?)?;
    (last <= SEQ_MAX).then_some(last)
}

/// How far a till's clock is ahead, whatever it says that the time is.
fn skew_ms(sent_ms: i64, received_ms: u64) -> i64 {
    let skew_ms = sent_ms.saturating_sub(received_ms.cast_signed());
    skew_ms.clamp(-SAFE_INTEGER_MAX, SAFE_INTEGER_MAX)
}

/// The enrolment that the operations are of: the token's, or an older one of the same till.
async fn enrolment(
    state: &AppState,
    organization_id: OrganizationId,
    caller: &Device,
    epoch: u64,
) -> Result<Device, PushError> {
    if epoch == caller.epoch {
        return Ok(caller.clone());
    }
    let mut tx = begin(&state.pool, organization_id).await?;
    let all = store::device::enrolments(&mut tx, organization_id, &[caller.device_id]).await?;
    tx.commit().await?;
    all.into_iter()
        .find(|device| device.epoch == epoch)
        .ok_or(PushError::EpochUnknown { epoch })
}

fn outcome(taken: &Taken) -> SeqOutcome {
    SeqOutcome {
        seq: taken.seq,
        outcome: taken.outcome,
        flags: match taken.outcome {
            Outcome::Applied => Vec::new(),
            Outcome::Held => vec![HELD_FLAG.to_owned()],
        },
    }
}

fn kinds() -> BTreeMap<String, u32> {
    KINDS
        .iter()
        .filter(|(kind, _)| *kind != "server_put")
        .map(|(kind, version)| ((*kind).to_owned(), *version))
        .collect()
}
