//! One attempt at writing operations, and its repetition when PostgreSQL asks for it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    contract::sync_v1::Outcome,
    hlc::Hlc,
    id::{DeviceId, OpId, OrganizationId},
    replication::{Envelope, chain::Digest},
};

use super::{
    Heard, Intake, TakeInError, Taken,
    check::{Checked, Verdict},
    place::{Histories, Place},
};
use crate::{
    clock,
    database::{Tx, begin, is_retryable},
    op::{
        push_operations::HELD_FLAG,
        record_operations::{Decided, RecordError, record_operations},
    },
    state::AppState,
    store::{
        self,
        chain::{DAMAGED, Enrolment, Taken as TakenIn, TakenState},
        device::{Device, Locked},
        exception::CLOCK_SKEW,
        held::HeldKey,
        operation::NewHeld,
    },
};

/// How often a transaction is repeated that lost a race.
const ATTEMPTS_MAX: u32 = 20;

/// Distance of a till's clock from ours above which the owner is told. Nothing is refused for it.
const SKEW_MS_MAX: u64 = 5 * 60_000;

/// What a transaction did.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) taken: Vec<Taken>,
    /// Heads of every scope that the caller reads.
    pub(crate) heads: BTreeMap<String, u64>,
    /// Heads that went up.
    pub(crate) raised: BTreeMap<String, u64>,
    /// Operations that were known without the texts that came now.
    pub(crate) without_texts: Vec<OpId>,
    /// The enrolments that it was about, as they are after it.
    pub(crate) devices: Vec<Device>,
    pub(crate) stop: Option<Stop>,
}

/// Why the rest was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// What the operation follows is not known: to be sent from this sequence.
    NotNext {
        of: Enrolment,
        seq: u64,
        /// What that sequence must follow; looked up where none is said.
        prev_hash: Option<Digest>,
    },
    Damaged {
        of: Enrolment,
        seq: u64,
        reason: String,
    },
}

/// Writes until PostgreSQL lets it: deadlocks and serialization failures are tried again.
pub(super) async fn write_retrying(
    state: &AppState,
    organization_id: OrganizationId,
    operations: &[Checked],
    intake: &Intake,
) -> Result<Written, TakeInError> {
    let mut attempt = 1;
    loop {
        match write(state, organization_id, operations, intake).await {
            Err(TakeInError::Record(error)) if attempt < ATTEMPTS_MAX && may_retry(&error) => {
                tracing::debug!(%error, attempt, "the operations are tried again");
                attempt += 1;
            }
            done => return done,
        }
    }
}

fn may_retry(error: &RecordError) -> bool {
    match error {
        RecordError::Raced => true,
        RecordError::Sql(error) => is_retryable(error),
        RecordError::Json(_) | RecordError::Random(_) => false,
    }
}

async fn write(
    state: &AppState,
    organization_id: OrganizationId,
    operations: &[Checked],
    intake: &Intake,
) -> Result<Written, TakeInError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let device_ids: BTreeSet<DeviceId> = operations
        .iter()
        .map(|one| one.enrolment.device_id)
        .collect();
    let device_ids: Vec<_> = device_ids.into_iter().collect();
    let mut locked: BTreeMap<DeviceId, Locked> =
        store::device::lock(&mut tx, organization_id, &device_ids)
            .await?
            .into_iter()
            .map(|device| (device.device_id, device))
            .collect();
    let mut histories = read_histories(&mut tx, organization_id, &device_ids, operations).await?;
    let known = known(&mut tx, organization_id, operations).await?;
    let mut turn = take_turns(intake, &mut locked, &mut histories, operations, &known)?;
    for key in &turn.replaced {
        store::held::delete(&mut tx, organization_id, *key).await?;
    }
    store::operation::hold(&mut tx, organization_id, &turn.held).await?;
    tell_of_held(&mut tx, organization_id, &turn.held, &histories).await?;
    for device_id in turn.replaced.iter().map(|key| key.of.device_id) {
        close_if_none_held(&mut tx, organization_id, device_id).await?;
    }
    let raised = record_operations(&mut tx, organization_id, &turn.decided).await?;
    for one in histories.values_mut() {
        keep_ends(&mut tx, organization_id, one).await?;
    }
    for device in locked.values() {
        let heard = intake
            .heard
            .filter(|heard| heard.device_id == device.device_id);
        let skew_ms = heard.map(|heard| heard.skew_ms);
        let (id, stamp) = (device.device_id, device.last_effective);
        store::device::advance(&mut tx, organization_id, id, stamp, skew_ms).await?;
    }
    if let Some(heard) = intake.heard {
        tell_of_skew(&mut tx, organization_id, heard).await?;
    }
    if let Some(Stop::NotNext { of, seq, prev_hash }) = &mut turn.stop
        && prev_hash.is_none()
    {
        *prev_hash = match *seq {
            0 | 1 => histories.get(of).and_then(|own| own.device.genesis),
            _ => store::chain::hash_at(&mut tx, organization_id, *of, *seq - 1).await?,
        };
    }
    let heads = store::feed::heads(&mut tx, organization_id, &intake.scopes).await?;
    let (taken, stop) = (turn.taken, turn.stop);
    #[cfg(feature = "simulation")]
    if crate::simulation::is_broken(crate::simulation::Mutation::AckWithoutCommit) {
        tx.rollback().await?;
        tx = begin(&state.pool, organization_id).await?;
    }
    tx.commit().await?;
    let without_texts = turn.without_texts;
    Ok(Written {
        taken,
        heads,
        raised,
        without_texts,
        devices: histories.into_values().map(|own| own.device).collect(),
        stop,
    })
}

async fn read_histories(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_ids: &[DeviceId],
    operations: &[Checked],
) -> Result<BTreeMap<Enrolment, Histories>, TakeInError> {
    let mut seqs: BTreeMap<Enrolment, BTreeSet<u64>> = BTreeMap::new();
    for one in operations {
        let wanted = seqs.entry(one.enrolment).or_default();
        wanted.extend([one.seq.saturating_sub(1), one.seq]);
    }
    let devices = store::device::enrolments(tx, organization_id, device_ids).await?;
    let mut histories = BTreeMap::new();
    for (of, seqs) in seqs {
        let device = devices.iter().find(|device| device.enrolment() == of);
        let device = device.ok_or(TakeInError::DeviceUnknown)?.clone();
        let branches = store::chain::branches(tx, organization_id, of).await?;
        let seqs: Vec<u64> = seqs.into_iter().collect();
        let known = store::chain::known(tx, organization_id, of, &seqs).await?;
        histories.insert(of, Histories::new(device, branches, known));
    }
    Ok(histories)
}

/// Writes the ends of histories that moved; a fork fences the enrolment and is told to the owner.
async fn keep_ends(
    tx: &mut Tx,
    organization_id: OrganizationId,
    histories: &mut Histories,
) -> Result<(), TakeInError> {
    for (of, branch) in histories.changed() {
        store::chain::put(tx, organization_id, of, branch).await?;
    }
    for branch in histories.gaps() {
        #[cfg(feature = "simulation")]
        if crate::simulation::is_broken(crate::simulation::Mutation::SilentGap) {
            continue;
        }
        let device = &histories.device;
        let (id, place) = (clock::new_id()?, (device.store_id, device.device_id));
        let gap = store::exception::Gap {
            epoch: device.epoch,
            branch: branch.branch,
            missing: branch.missing(),
        };
        store::exception::tell_gap(tx, organization_id, id, place, gap).await?;
    }
    let Some(fork) = histories.forks.first().copied() else {
        return Ok(());
    };
    let device = &mut histories.device;
    store::device::fence(tx, organization_id, device.enrolment()).await?;
    device.fenced = true;
    let detail = serde_json::json!({
        "epoch": device.epoch,
        "seq": fork.seq,
        "branch": fork.branch,
    });
    let place = (device.store_id, device.device_id);
    let id = clock::new_id()?;
    store::exception::open_for_device(tx, organization_id, id, "fork", place, &detail).await?;
    Ok(())
}

/// One exception per device tells the owner that something of it is held, until nothing is.
async fn tell_of_held(
    tx: &mut Tx,
    organization_id: OrganizationId,
    held: &[NewHeld<'_>],
    histories: &BTreeMap<Enrolment, Histories>,
) -> Result<(), TakeInError> {
    let mut told = BTreeSet::new();
    for one in held {
        let of = Enrolment {
            device_id: one.device_id,
            epoch: one.epoch,
        };
        let Some(own) = histories.get(&of).filter(|_| told.insert(one.device_id)) else {
            continue;
        };
        let detail = serde_json::json!({ "reason": one.reason, "seq": one.device_seq });
        let (id, place) = (clock::new_id()?, (own.device.store_id, one.device_id));
        store::exception::open_for_device(tx, organization_id, id, HELD_FLAG, place, &detail)
            .await?;
    }
    Ok(())
}

/// The last held operation of a device is held no longer.
pub(crate) async fn close_if_none_held(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<(), sqlx::Error> {
    if store::held::is_any(tx, organization_id, device_id).await? {
        return Ok(());
    }
    store::exception::close_for_device(tx, organization_id, HELD_FLAG, device_id).await
}

/// The owner hears of a clock that is far off, until it is right again.
async fn tell_of_skew(
    tx: &mut Tx,
    organization_id: OrganizationId,
    heard: Heard,
) -> Result<(), TakeInError> {
    if heard.skew_ms.unsigned_abs() > SKEW_MS_MAX {
        let place = (heard.store_id, heard.device_id);
        let detail = serde_json::json!({ "skew_ms": heard.skew_ms });
        let id = clock::new_id()?;
        store::exception::open_for_device(tx, organization_id, id, CLOCK_SKEW, place, &detail)
            .await?;
    } else {
        store::exception::close_for_device(tx, organization_id, CLOCK_SKEW, heard.device_id)
            .await?;
    }
    Ok(())
}

async fn known(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[Checked],
) -> Result<HashMap<OpId, Digest>, sqlx::Error> {
    let op_ids: Vec<_> = operations.iter().filter_map(Checked::op_id).collect();
    store::operation::known(tx, organization_id, &op_ids).await
}

/// What each operation becomes, in the order in which they came.
#[derive(Debug, Default)]
struct Turn<'a> {
    decided: Vec<Decided<'a>>,
    held: Vec<NewHeld<'a>>,
    /// Damaged ones that something readable takes the place of.
    replaced: Vec<HeldKey>,
    without_texts: Vec<OpId>,
    taken: Vec<Taken>,
    stop: Option<Stop>,
}

fn take_turns<'a>(
    intake: &Intake,
    locked: &mut BTreeMap<DeviceId, Locked>,
    histories: &mut BTreeMap<Enrolment, Histories>,
    operations: &'a [Checked],
    known: &HashMap<OpId, Digest>,
) -> Result<Turn<'a>, TakeInError> {
    let mut turn = Turn::default();
    let mut here = HashSet::new();
    for one in operations {
        let own = histories.get_mut(&one.enrolment);
        let own = own.ok_or(TakeInError::DeviceUnknown)?;
        let device = locked.get_mut(&one.enrolment.device_id);
        let device = device.ok_or(TakeInError::DeviceUnknown)?;
        let damaged = |reason: &str| {
            Some(Stop::Damaged {
                of: one.enrolment,
                seq: one.seq,
                reason: reason.to_owned(),
            })
        };
        let hash = one.envelope.hash;
        // A hash that is known vouches for what is stored, whatever came with it.
        let is_damaged =
            matches!(one.verdict, Verdict::Damaged { .. }) && !own.knows(one.seq, &hash);
        if let (true, Verdict::Damaged { reason }) = (is_damaged, &one.verdict) {
            turn.stop = damaged(reason);
            break;
        }
        let place = own.place(one.seq, &hash, one.prev_hash.as_ref(), intake.may_skip);
        let is_readable = one.header.is_some() && !matches!(one.verdict, Verdict::Damaged { .. });
        let (branch, stamp, at) = match place {
            Place::Known(known) if known.state == TakenState::HeldDamaged && is_readable => {
                turn.replaced.push(HeldKey {
                    of: one.enrolment,
                    branch: known.branch,
                    seq: one.seq,
                });
                (known.branch, known.effective, None)
            }
            Place::Known(known) => {
                turn.know(one, known);
                continue;
            }
            Place::Next { branch, at } => (branch, own.stamp(at, one, device), Some(at)),
            Place::Astray => {
                turn.stop = damaged("it does not follow the operation before it");
                break;
            }
            Place::Nowhere => {
                turn.stop = Some(own.expected(one.seq));
                break;
            }
        };
        let repeated = one
            .op_id()
            .is_some_and(|op_id| known.contains_key(&op_id) || !here.insert(op_id));
        let hold = match &one.verdict {
            Verdict::Hold { reason, detail } => Some((*reason, detail.as_str())),
            _ if device.revoked => Some(("revoked", "the till's rights were taken away")),
            _ if repeated => Some(("op_id_taken", "its id belongs to another operation")),
            _ => intake.hold_all,
        };
        let outcome = decide(&mut turn, one, branch, stamp, hold);
        turn.taken.push(Taken::new(one, outcome));
        let taken = TakenIn {
            branch,
            effective: stamp,
            state: state_of(outcome, hold, &one.envelope),
        };
        match at {
            Some(at) => own.follow(at, one.seq, hash, taken),
            None => own.replace(one.seq, hash, taken),
        }
        device.last_effective = device.last_effective.max(stamp);
    }
    Ok(turn)
}

impl Turn<'_> {
    /// It was taken in before; texts that it lacked may have come now.
    fn know(&mut self, one: &Checked, known: TakenIn) {
        self.taken.push(Taken::new(one, known.outcome()));
        let lacks = known.state == TakenState::AppliedWithoutTexts;
        if lacks && !one.envelope.private.is_empty() && one.is_sound() {
            self.without_texts.extend(one.op_id());
        }
    }
}

fn state_of(outcome: Outcome, hold: Option<(&str, &str)>, envelope: &Envelope) -> TakenState {
    match outcome {
        Outcome::Held if hold.is_none_or(|(reason, _)| reason == DAMAGED) => {
            TakenState::HeldDamaged
        }
        Outcome::Held => TakenState::Held,
        Outcome::Applied if envelope.private.is_empty() => TakenState::AppliedWithoutTexts,
        Outcome::Applied => TakenState::Applied,
    }
}

fn decide<'a>(
    turn: &mut Turn<'a>,
    one: &'a Checked,
    branch: u32,
    effective: Hlc,
    hold: Option<(&'static str, &'a str)>,
) -> Outcome {
    match (hold, &one.verdict, &one.header) {
        (
            None,
            Verdict::Sound {
                envelope_json,
                scope,
                facts,
            },
            Some(header),
        ) => {
            turn.decided.push(Decided {
                header,
                envelope: &one.envelope,
                envelope_json,
                scope: *scope,
                branch,
                effective,
                facts,
            });
            Outcome::Applied
        }
        (hold, _, _) => {
            let (reason, detail) = hold.unwrap_or((DAMAGED, ""));
            turn.held.push(NewHeld {
                device_id: one.enrolment.device_id,
                epoch: one.enrolment.epoch,
                branch,
                device_seq: one.seq,
                op_id: one.op_id(),
                effective,
                envelope: &one.envelope,
                reason,
                detail,
            });
            Outcome::Held
        }
    }
}
