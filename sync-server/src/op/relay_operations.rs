//! Takes in what a till kept of other tills and of itself (sync protocol, section 7): the same
//! bytes, checked by the key of the device and enrolment that signed them, each once.

use std::collections::{BTreeSet, HashMap};

use domain::{
    contract::sync_v1::{RelayOutcome, RelayReply, RelayRequest},
    id::{DeviceId, OpId, OrganizationId},
    replication::{Envelope, OpHeader},
};

use super::take_in::{
    Checked, Intake, SEQ_MAX, Stop, TakeInError, check_one, limits, scopes_of, take_in,
};
use crate::{
    clock,
    database::begin,
    state::AppState,
    store::{self, chain::Enrolment, device::Device},
};

/// Why a relay, or what is left of it, was not taken.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error("the header of operation {n} of the request cannot be read")]
    HeaderUnreadable { n: usize },
    #[error("device {} with enrolment {} is not known here", of.device_id, of.epoch)]
    EnrolmentUnknown { of: Enrolment, seq: u64 },
    #[error("the chain of {} goes on at {expected_seq}", of.device_id)]
    NotNext { of: Enrolment, expected_seq: u64 },
    #[error("operation {seq} of {} is damaged: {reason}", of.device_id)]
    Damaged {
        of: Enrolment,
        seq: u64,
        reason: String,
    },
    #[error(transparent)]
    TakeIn(#[from] TakeInError),
}

impl From<sqlx::Error> for RelayError {
    fn from(error: sqlx::Error) -> Self {
        Self::TakeIn(error.into())
    }
}

/// Takes a relay in.
pub async fn relay_operations(
    state: &AppState,
    organization_id: OrganizationId,
    caller: &Device,
    request: RelayRequest,
) -> Result<RelayReply, RelayError> {
    limits(request.ops.iter())?;
    let headers = headers(&request.ops)?;
    let op_ids: Vec<OpId> = headers.iter().map(|header| header.op_id).collect();
    let devices = devices(state, organization_id, &headers).await?;
    let mut operations = tokio::task::spawn_blocking(move || check(&devices, headers, request.ops))
        .await
        .map_err(|_| TakeInError::BrokenOff)??;
    let intake = Intake {
        hold_all: caller
            .revoked
            .then_some(("relayed_by_revoked", "a till without rights relayed it")),
        may_skip: request.after_gap,
        heard: None,
        scopes: scopes_of(caller),
    };
    let written = take_in(state, organization_id, &mut operations, &intake).await?;
    match written.stop {
        Some(Stop::NotNext { of, seq, .. }) => {
            return Err(RelayError::NotNext {
                of,
                expected_seq: seq,
            });
        }
        Some(Stop::Damaged { of, seq, reason }) => {
            return Err(RelayError::Damaged { of, seq, reason });
        }
        None => {}
    }
    let outcomes = op_ids.into_iter().zip(&written.taken);
    Ok(RelayReply {
        outcomes: outcomes
            .map(|(op_id, taken)| RelayOutcome {
                op_id,
                outcome: taken.outcome,
            })
            .collect(),
        heads: written.heads,
        incarnation: state.incarnation(),
        server_ms: clock::now_ms(),
    })
}

fn headers(ops: &[Envelope]) -> Result<Vec<OpHeader>, RelayError> {
    let numbered = ops.iter().enumerate();
    numbered
        .map(|(n, envelope)| {
            let header = envelope.decode_header();
            header.map_err(|_| RelayError::HeaderUnreadable { n })
        })
        .collect()
}

fn enrolment(header: &OpHeader) -> Enrolment {
    Enrolment {
        device_id: header.device_id,
        epoch: header.epoch,
    }
}

/// The enrolments that the headers claim, with the keys that must have signed. What the server
/// itself decided is its own alone to write.
async fn devices(
    state: &AppState,
    organization_id: OrganizationId,
    headers: &[OpHeader],
) -> Result<HashMap<Enrolment, Device>, RelayError> {
    let ids: BTreeSet<DeviceId> = headers.iter().map(|header| header.device_id).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut tx = begin(&state.pool, organization_id).await?;
    let devices = store::device::enrolments(&mut tx, organization_id, &ids).await?;
    tx.commit().await?;
    Ok(devices
        .into_iter()
        .map(|device| (device.enrolment(), device))
        .collect())
}

fn check(
    devices: &HashMap<Enrolment, Device>,
    headers: Vec<OpHeader>,
    ops: Vec<Envelope>,
) -> Result<Vec<Checked>, RelayError> {
    headers
        .iter()
        .zip(ops)
        .map(|(header, envelope)| {
            let (of, seq) = (enrolment(header), header.device_seq);
            if seq > SEQ_MAX {
                return Err(TakeInError::SeqTooLarge.into());
            }
            let device = devices.get(&of);
            let device = device.ok_or(RelayError::EnrolmentUnknown { of, seq })?;
            Ok(check_one(device, seq, envelope))
        })
        .collect()
}
