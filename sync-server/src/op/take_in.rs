//! Takes sealed operations in, whether their till pushes them or another relays them: each once, in
//! the history that its hash continues. What cannot be trusted or read is held and blocks nothing
//! behind it; bytes that are damaged on the way change nothing and are asked for again.

mod check;
mod place;
mod write;

use domain::{
    contract::sync_v1::Outcome,
    id::{DeviceId, OpId, OrganizationId, StoreId},
    limit::{OP_BYTES_MAX, PUSH_BYTES_MAX, PUSH_OPS_MAX, SAFE_INTEGER_MAX},
    replication::{Envelope, table::Scope},
};

use self::write::write_retrying;
pub(crate) use self::{
    check::{Checked, Verdict, check_one, check_push},
    write::{Stop, Written, close_if_none_held},
};
use super::{complete_texts::complete_texts, record_operations::RecordError};
use crate::{
    clock,
    database::is_about_values,
    state::AppState,
    store::{chain::Enrolment, device::Device},
};

/// The largest sequence that can be stored here and told in JSON.
pub(crate) const SEQ_MAX: u64 = SAFE_INTEGER_MAX.unsigned_abs();

/// What holds for all operations of one request.
#[derive(Debug, Clone)]
pub(crate) struct Intake {
    /// Why every new one is held, where the caller is not trusted.
    pub(crate) hold_all: Option<(&'static str, &'static str)>,
    /// What the first operations follow is kept by nobody who was asked: they are taken in behind a
    /// gap.
    pub(crate) may_skip: bool,
    /// The till that sends its own.
    pub(crate) heard: Option<Heard>,
    /// The scopes whose heads the answer tells.
    pub(crate) scopes: [Scope; 3],
}

/// A till that told its time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    pub(crate) device_id: DeviceId,
    pub(crate) store_id: StoreId,
    pub(crate) skew_ms: i64,
}

/// What became of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) seq: u64,
    pub(crate) op_id: Option<OpId>,
    pub(crate) outcome: Outcome,
}

impl Taken {
    fn new(one: &Checked, outcome: Outcome) -> Self {
        Self {
            seq: one.seq,
            op_id: one.op_id(),
            outcome,
        }
    }
}

/// Why operations were not taken in. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum TakeInError {
    #[error("a request has at most {PUSH_OPS_MAX} operations and {PUSH_BYTES_MAX} bytes of them")]
    TooLarge,
    #[error("a request has at least one operation")]
    Empty,
    #[error("no till ever reaches a sequence above {SEQ_MAX}")]
    SeqTooLarge,
    #[error("the device is not enrolled any more")]
    DeviceUnknown,
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Random(#[from] clock::RandomError),
    #[error("checking the operations was broken off")]
    BrokenOff,
}

impl From<sqlx::Error> for TakeInError {
    fn from(error: sqlx::Error) -> Self {
        Self::Record(error.into())
    }
}

/// The scopes that a till reads.
pub(crate) fn scopes_of(device: &Device) -> [Scope; 3] {
    [
        Scope::Org,
        Scope::Store(device.store_id),
        Scope::Device(device.device_id),
    ]
}

/// Refuses a request that is empty or too large.
pub(crate) fn limits<'a>(
    operations: impl Iterator<Item = &'a Envelope> + Clone,
) -> Result<(), TakeInError> {
    let count = operations.clone().count();
    let bytes: usize = operations.clone().map(Envelope::size_bytes).sum();
    if count == 0 {
        return Err(TakeInError::Empty);
    }
    let one_too_large = operations
        .into_iter()
        .any(|operation| operation.body.0.len() > OP_BYTES_MAX);
    if count > PUSH_OPS_MAX || (bytes > PUSH_BYTES_MAX && count > 1) || one_too_large {
        return Err(TakeInError::TooLarge);
    }
    Ok(())
}

/// Writes all in one transaction. If a value has no place in the tables, each goes alone, and the
/// one at fault is held.
pub(crate) async fn take_in(
    state: &AppState,
    organization_id: OrganizationId,
    operations: &mut [Checked],
    intake: &Intake,
) -> Result<Written, TakeInError> {
    let written = write_all(state, organization_id, operations, intake).await?;
    if !written.without_texts.is_empty() {
        let late: Vec<&Checked> = operations
            .iter()
            .filter(|one| {
                one.op_id()
                    .is_some_and(|id| written.without_texts.contains(&id))
            })
            .collect();
        complete_texts(state, organization_id, &late).await?;
    }
    state.live.publish(organization_id, &written.raised);
    state
        .metrics
        .taken(written.taken.iter().map(|one| one.outcome));
    Ok(written)
}

async fn write_all(
    state: &AppState,
    organization_id: OrganizationId,
    operations: &mut [Checked],
    intake: &Intake,
) -> Result<Written, TakeInError> {
    match write_retrying(state, organization_id, operations, intake).await {
        Err(TakeInError::Record(RecordError::Sql(error))) if is_about_values(&error) => {
            tracing::warn!(%error, "they cannot be stored together; each operation goes alone");
        }
        done => return done,
    }
    let mut all: Option<Written> = None;
    for one in operations {
        let alone = std::slice::from_mut(one);
        let tried = write_retrying(state, organization_id, alone, intake).await;
        let written = match tried {
            Err(TakeInError::Record(RecordError::Sql(error))) if is_about_values(&error) => {
                alone[0].hold("not_storable", error.to_string());
                write_retrying(state, organization_id, alone, intake).await?
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
    all.ok_or(TakeInError::Empty)
}

impl Written {
    fn follow(&mut self, next: Written) {
        self.taken.extend(next.taken);
        self.raised.extend(next.raised);
        self.without_texts.extend(next.without_texts);
        self.heads = next.heads;
        for device in next.devices {
            self.devices
                .retain(|known| known.enrolment() != device.enrolment());
            self.devices.push(device);
        }
        self.stop = next.stop;
    }

    /// An enrolment as it is after the transaction.
    pub(crate) fn device(&self, of: Enrolment) -> Option<&Device> {
        self.devices.iter().find(|device| device.enrolment() == of)
    }
}
