//! Answers what a till keeps (sync protocol, section 7): which of it the server lacks, after taking
//! back the devices that it forgot.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{HaveRange, HaveReply, HaveRequest, WantRange},
    id::{DeviceId, OrganizationId},
    limit::HAVE_ITEMS_MAX,
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
    store::{
        self,
        chain::{Branch, Enrolment, Known},
    },
};

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
    let (mut want, mut welcome) = (Vec::new(), Vec::new());
    for (of, ranges) in ranges {
        want.extend(missing(&mut tx, organization_id, of, &ranges).await?);
        welcome.extend(imperfect(&mut tx, organization_id, of, &ranges).await?);
    }
    tx.commit().await?;
    Ok(HaveReply {
        want,
        welcome,
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
    // Where a range ends, and where a gap in what is held of it begins.
    let gaps = branches.iter().filter(|one| one.missing_from.is_some());
    let joints = branches.iter().map(|one| one.first_seq - 1);
    let seqs: Vec<u64> = ranges.iter().map(|range| range.to).chain(joints).collect();
    let known = store::chain::known(tx, organization_id, of, &seqs).await?;
    let gaps: Vec<&Branch> = gaps.collect();
    let mut want = Vec::new();
    for range in ranges {
        match known.get(&(range.to, range.last_hash)) {
            None => want.push(WantRange {
                device_id: of.device_id,
                epoch: of.epoch,
                // A range of another history is asked for from its end, and then from before that.
                from: range.from.max(longest.min(range.to - 1) + 1),
                to: range.to,
                last_hash: range.last_hash,
            }),
            Some(_) if gaps.is_empty() => {}
            Some(taken) => want.extend(gap_below(of, range, taken.branch, &branches, &known)),
        }
    }
    Ok(want)
}

/// The first gap that is met from a range's end down to its beginning.
fn gap_below(
    of: Enrolment,
    range: &HaveRange,
    branch: u32,
    branches: &[Branch],
    known: &Known,
) -> Option<WantRange> {
    let mut at = branches.iter().find(|one| one.branch == branch)?;
    // Each history leaves one with a smaller number or fills a gap before one: never a circle.
    for _ in 0..branches.len() {
        if at.first_seq <= range.from {
            return None;
        }
        let (to, last_hash) = (at.first_seq - 1, at.prev_hash?);
        match known.get(&(to, last_hash)) {
            Some(taken) => at = branches.iter().find(|one| one.branch == taken.branch)?,
            None => {
                let (from, _) = at.missing()?;
                return Some(WantRange {
                    device_id: of.device_id,
                    epoch: of.epoch,
                    from: from.max(range.from),
                    to,
                    last_hash,
                });
            }
        }
    }
    None
}

/// What is held damaged or stored without its texts, within ranges that the till keeps.
async fn imperfect(
    tx: &mut Tx,
    organization_id: OrganizationId,
    of: Enrolment,
    ranges: &[&HaveRange],
) -> Result<Vec<WantRange>, sqlx::Error> {
    let seqs = store::chain::imperfect(tx, organization_id, of).await?;
    let is_kept = |seq: u64| {
        let mut ranges = ranges.iter();
        ranges.any(|range| (range.from..=range.to).contains(&seq))
    };
    let kept = seqs.into_iter().filter(|(seq, _)| is_kept(*seq));
    Ok(kept
        .map(|(seq, last_hash)| WantRange {
            device_id: of.device_id,
            epoch: of.epoch,
            from: seq,
            to: seq,
            last_hash,
        })
        .collect())
}
