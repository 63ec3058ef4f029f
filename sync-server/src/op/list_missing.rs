//! Answers what a till keeps (sync protocol, section 7): which of it the server lacks, after taking
//! back the devices that it forgot.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{HaveRange, HaveReply, HaveRequest, WantRange},
    id::{DeviceId, OrganizationId},
};

use super::{
    adopt_certificate::{AdoptError, adopt_certificates},
    erase_customer::{EraseError, erase_again},
    take_in::SEQ_MAX,
};
use crate::{
    clock,
    database::{Tx, begin},
    state::AppState,
    store::{self, chain::Enrolment},
};

/// Most ranges, erasures and certificates of one request.
pub const HAVE_ITEMS_MAX: usize = 10_000;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum MissingError {
    #[error("a request has at most {HAVE_ITEMS_MAX} ranges, erasures and certificates of each")]
    TooLarge,
    #[error("a range goes from 1 or more to its end, which no till has above {SEQ_MAX}")]
    RangeInvalid,
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    #[error(transparent)]
    Erase(#[from] EraseError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// What the server lacks of a till's envelopes. What nobody vouches for, because the device is
/// unknown and no certificate came, is not wanted: it could not be checked.
pub async fn list_missing(
    state: &AppState,
    organization_id: OrganizationId,
    request: &HaveRequest,
) -> Result<HaveReply, MissingError> {
    let counts = [
        request.ranges.len(),
        request.erasures.len(),
        request.certificates.len(),
    ];
    if counts.into_iter().any(|count| count > HAVE_ITEMS_MAX) {
        return Err(MissingError::TooLarge);
    }
    let is_valid = |range: &HaveRange| {
        range.from >= 1 && range.from <= range.to && range.to.max(range.epoch) <= SEQ_MAX
    };
    if !request.ranges.iter().all(is_valid) {
        return Err(MissingError::RangeInvalid);
    }
    adopt_certificates(state, organization_id, &request.certificates).await?;
    erase_again(state, organization_id, &request.erasures).await?;
    let mut tx = begin(&state.pool, organization_id).await?;
    let mut ranges: BTreeMap<Enrolment, Vec<&HaveRange>> = BTreeMap::new();
    for range in request
        .ranges
        .iter()
        .filter(|range| range.device_id != DeviceId::SERVER)
    {
        let of = Enrolment {
            device_id: range.device_id,
            epoch: range.epoch,
        };
        ranges.entry(of).or_default().push(range);
    }
    let mut want = Vec::new();
    for (of, ranges) in ranges {
        want.extend(missing(&mut tx, organization_id, of, &ranges).await?);
    }
    tx.commit().await?;
    Ok(HaveReply {
        want,
        incarnation: state.incarnation(),
        server_ms: clock::now_ms(),
    })
}

async fn missing(
    tx: &mut Tx,
    organization_id: OrganizationId,
    of: Enrolment,
    ranges: &[&HaveRange],
) -> Result<Vec<WantRange>, sqlx::Error> {
    let branches = store::chain::branches(tx, organization_id, of).await?;
    let Some(longest) = branches.iter().map(|branch| branch.last_seq).max() else {
        return Ok(Vec::new());
    };
    let ends: Vec<u64> = ranges.iter().map(|range| range.to).collect();
    let known = store::chain::known(tx, organization_id, of, &ends).await?;
    let lacking = ranges
        .iter()
        .filter(|range| !known.contains_key(&(range.to, range.last_hash)));
    Ok(lacking
        .map(|range| WantRange {
            device_id: of.device_id,
            epoch: of.epoch,
            // A range of another history is asked for from its end, and then from before that.
            from: range.from.max(longest.min(range.to - 1) + 1),
            to: range.to,
            last_hash: range.last_hash,
        })
        .collect())
}
