//! One attempt at writing a push, and its repetition when PostgreSQL asks for it.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    contract::sync_v1::{Outcome, SeqOutcome},
    hlc::effective,
    id::{OpId, OrganizationId},
    replication::{chain::Digest, table::Scope},
};

use super::{
    PushError,
    check::{Checked, Verdict},
    outcome,
};
use crate::{
    clock,
    database::{Tx, begin, is_retryable},
    op::record_operations::{Decided, RecordError, record_operations},
    state::AppState,
    store::{
        self,
        device::{Chain, Device},
        operation::NewHeld,
    },
};

/// How often a transaction is repeated that lost a race.
const ATTEMPTS_MAX: u32 = 20;

/// Distance of a till's clock from ours above which the owner is told. Nothing is refused for it.
const SKEW_MS_MAX: u64 = 5 * 60_000;

/// What a transaction did.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) outcomes: Vec<SeqOutcome>,
    /// Heads of every scope that the till reads.
    pub(super) heads: BTreeMap<String, u64>,
    /// Heads that went up.
    pub(super) raised: BTreeMap<String, u64>,
    pub(super) chain: Chain,
    pub(super) stop: Option<Stop>,
}

/// Why the rest of a push was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    NotNext { seq: u64, prev_hash: Digest },
    Damaged { seq: u64, reason: String },
}

/// Writes until PostgreSQL lets it: deadlocks and serialization failures are tried again.
pub(super) async fn write_retrying(
    state: &AppState,
    organization_id: OrganizationId,
    device: &Device,
    operations: &[Checked],
    skew_ms: i64,
) -> Result<Written, PushError> {
    let mut attempt = 1;
    loop {
        match write(state, organization_id, device, operations, skew_ms).await {
            Err(PushError::Record(error)) if attempt < ATTEMPTS_MAX && may_retry(&error) => {
                tracing::debug!(%error, attempt, "the push is tried again");
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
        RecordError::Json(_) => false,
    }
}

async fn write(
    state: &AppState,
    organization_id: OrganizationId,
    device: &Device,
    operations: &[Checked],
    skew_ms: i64,
) -> Result<Written, PushError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let Some(mut chain) =
        store::device::lock_chain(&mut tx, organization_id, device.device_id).await?
    else {
        return Err(PushError::DeviceUnknown);
    };
    let mut outcomes = Vec::with_capacity(operations.len());
    let (seen, new) = split_seen(operations, chain.last_seq);
    let mut stop = None;
    if !seen.is_empty() {
        let stored = stored(&mut tx, organization_id, device, &chain, seen).await?;
        for one in seen {
            match stored.get(&one.seq) {
                Some((hash, what)) if *hash == one.envelope.hash => {
                    outcomes.push(outcome(one.seq, *what));
                }
                _ => {
                    // The same sequence with other bytes: a copy of the till is at work.
                    store::device::fence(&mut tx, organization_id, device.device_id).await?;
                    chain.fenced = true;
                    stop = Some(not_next(&chain));
                    break;
                }
            }
        }
    }
    let mut raised = BTreeMap::new();
    if stop.is_none() && !new.is_empty() {
        let known = known(&mut tx, organization_id, new).await?;
        let turn = take_turns(device, &mut chain, new, &known);
        store::operation::hold(&mut tx, organization_id, &turn.held).await?;
        raised = record_operations(&mut tx, organization_id, &turn.decided).await?;
        store::device::advance_chain(&mut tx, organization_id, device.device_id, &chain, skew_ms)
            .await?;
        if skew_ms.unsigned_abs() > SKEW_MS_MAX {
            let place = (device.store_id, device.device_id);
            let detail = serde_json::json!({ "skew_ms": skew_ms });
            let id = clock::new_id()?;
            store::exception::open_for_device(
                &mut tx,
                organization_id,
                id,
                "clock_skew",
                place,
                &detail,
            )
            .await?;
        }
        outcomes.extend(turn.outcomes);
        stop = turn.stop;
    }
    let scopes = [
        Scope::Org,
        Scope::Store(device.store_id),
        Scope::Device(device.device_id),
    ];
    let heads = store::feed::heads(&mut tx, organization_id, &scopes).await?;
    tx.commit().await?;
    Ok(Written {
        outcomes,
        heads,
        raised,
        chain,
        stop,
    })
}

fn not_next(chain: &Chain) -> Stop {
    Stop::NotNext {
        seq: chain.last_seq + 1,
        prev_hash: chain.last_hash,
    }
}

fn split_seen(operations: &[Checked], last_seq: u64) -> (&[Checked], &[Checked]) {
    operations.split_at(operations.partition_point(|one| one.seq <= last_seq))
}

async fn stored(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device: &Device,
    chain: &Chain,
    seen: &[Checked],
) -> Result<HashMap<u64, (Digest, Outcome)>, sqlx::Error> {
    let (Some(first), Some(last)) = (seen.first(), seen.last()) else {
        return Ok(HashMap::new());
    };
    let range = first.seq..=last.seq;
    store::operation::outcomes(tx, organization_id, device.device_id, chain.epoch, range).await
}

async fn known(
    tx: &mut Tx,
    organization_id: OrganizationId,
    new: &[Checked],
) -> Result<HashMap<OpId, Digest>, sqlx::Error> {
    let op_ids: Vec<_> = new.iter().filter_map(Checked::op_id).collect();
    store::operation::known(tx, organization_id, &op_ids).await
}

/// What each new operation becomes, in the order of the chain.
#[derive(Debug, Default)]
struct Turn<'a> {
    decided: Vec<Decided<'a>>,
    held: Vec<NewHeld<'a>>,
    outcomes: Vec<SeqOutcome>,
    stop: Option<Stop>,
}

fn take_turns<'a>(
    device: &Device,
    chain: &mut Chain,
    new: &'a [Checked],
    known: &HashMap<OpId, Digest>,
) -> Turn<'a> {
    let mut turn = Turn::default();
    let mut here = HashSet::new();
    for one in new {
        if one.seq != chain.last_seq + 1 {
            turn.stop = Some(not_next(chain));
            break;
        }
        let damaged = match &one.verdict {
            Verdict::Damaged { reason } => Some(reason.clone()),
            _ if one.prev_hash().is_some_and(|prev| prev != chain.last_hash) => {
                Some("it does not follow the operation before it".to_owned())
            }
            _ => None,
        };
        if let Some(reason) = damaged {
            let seq = one.seq;
            turn.stop = Some(Stop::Damaged { seq, reason });
            break;
        }
        let hlc = one
            .header
            .as_ref()
            .map_or(chain.last_effective, |header| header.hlc);
        let effective = effective(hlc, chain.now_ms, chain.last_effective);
        let repeated = one
            .op_id()
            .is_some_and(|op_id| known.contains_key(&op_id) || !here.insert(op_id));
        let hold = match &one.verdict {
            Verdict::Hold { reason, detail } => Some((*reason, detail.as_str())),
            _ if chain.revoked => Some(("revoked", "the till's rights were taken away")),
            _ if repeated => Some(("op_id_taken", "its id belongs to another operation")),
            _ => None,
        };
        let what = match (hold, &one.verdict, &one.header) {
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
                    effective,
                    facts,
                });
                Outcome::Applied
            }
            (hold, _, _) => {
                let (reason, detail) = hold.unwrap_or(("damaged", ""));
                turn.held.push(NewHeld {
                    device_id: device.device_id,
                    epoch: chain.epoch,
                    device_seq: one.seq,
                    op_id: one.op_id(),
                    effective,
                    envelope: &one.envelope,
                    reason,
                    detail,
                });
                Outcome::Held
            }
        };
        turn.outcomes.push(outcome(one.seq, what));
        chain.last_seq = one.seq;
        chain.last_hash = one.envelope.hash;
        chain.last_effective = effective;
    }
    turn
}
