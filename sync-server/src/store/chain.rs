//! Chains: where each history of each enrolment stands. A device's chains are read and written
//! under the lock of its row.

use std::collections::HashMap;

use domain::{
    contract::sync_v1::{Checkpoint, Outcome},
    hlc::Hlc,
    id::{DeviceId, OrganizationId},
    replication::chain::Digest,
};

use sqlx::types::Json;

use super::{digest, document::place, operation::stored_u64};
use crate::database::Tx;

/// One enrolment of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Enrolment {
    pub device_id: DeviceId,
    pub epoch: u64,
}

/// The end of one history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    pub branch: u32,
    /// The first sequence that it does not share with the history that it left.
    pub first_seq: u64,
    pub last_seq: u64,
    pub last_hash: Digest,
    /// What its first operation follows, where that is kept.
    pub prev_hash: Option<Digest>,
    /// From here to before `first_seq` nobody has brought what it goes on from.
    pub missing_from: Option<u64>,
    /// The stamp of its first operation, where something is or was missing before it.
    pub first_effective: Option<Hlc>,
}

impl Branch {
    /// A history of an enrolment that begins.
    #[must_use]
    pub fn beginning(last_seq: u64, last_hash: Digest) -> Self {
        Self {
            branch: 0,
            first_seq: 1,
            last_seq,
            last_hash,
            prev_hash: None,
            missing_from: None,
            first_effective: None,
        }
    }

    /// The sequences right before it that are missing, first and last.
    #[must_use]
    pub fn missing(&self) -> Option<(u64, u64)> {
        self.missing_from.map(|from| (from, self.first_seq - 1))
    }
}

/// All histories of an enrolment, in the order of their numbers.
pub async fn branches(
    tx: &mut Tx,
    organization_id: OrganizationId,
    of: Enrolment,
) -> Result<Vec<Branch>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT branch, first_seq, last_seq, last_hash, prev_hash, missing_from,
             first_effective FROM chain
         WHERE organization_id = $1 AND device_id = $2 AND epoch = $3 ORDER BY branch",
        organization_id.0,
        of.device_id.0,
        stored_u64(of.epoch)?,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Branch {
                branch: row.branch.cast_unsigned(),
                first_seq: row.first_seq.cast_unsigned(),
                last_seq: row.last_seq.cast_unsigned(),
                last_hash: digest(&row.last_hash)?,
                prev_hash: row.prev_hash.as_deref().map(digest).transpose()?,
                missing_from: row.missing_from.map(i64::cast_unsigned),
                first_effective: row.first_effective.map(|hlc| Hlc(hlc.cast_unsigned())),
            })
        })
        .collect()
}

/// Writes the end of a history and what is missing before it, a new one too.
pub async fn put(
    tx: &mut Tx,
    organization_id: OrganizationId,
    of: Enrolment,
    branch: &Branch,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO chain (organization_id, device_id, epoch, branch, first_seq, last_seq,
             last_hash, prev_hash, missing_from, first_effective)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (organization_id, device_id, epoch, branch)
         DO UPDATE SET last_seq = excluded.last_seq, last_hash = excluded.last_hash,
             missing_from = excluded.missing_from",
        organization_id.0,
        of.device_id.0,
        stored_u64(of.epoch)?,
        place(branch.branch)?,
        stored_u64(branch.first_seq)?,
        stored_u64(branch.last_seq)?,
        &branch.last_hash.0,
        branch.prev_hash.as_ref().map(|hash| hash.0.as_slice()),
        branch.missing_from.map(stored_u64).transpose()?,
        branch
            .first_effective
            .map(|hlc| stored_u64(hlc.0))
            .transpose()?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A history that went on since its last checkpoint.
#[derive(Debug)]
pub struct Unsigned {
    pub of: Enrolment,
    pub branch: u32,
    pub last_seq: u64,
    pub last_hash: Digest,
}

/// A till's histories that went on by at least so many operations since their last checkpoints,
/// under the lock of its row. Where something is missing the server signs for nothing: whoever still
/// has it must keep it.
pub async fn unsigned(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
    every_ops: u64,
) -> Result<Vec<Unsigned>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT epoch, branch, last_seq, last_hash FROM chain
         WHERE organization_id = $1 AND device_id = $2 AND last_seq - checkpoint_seq >= $3
           AND last_seq >= first_seq
           AND NOT EXISTS (SELECT FROM chain AS other
             WHERE other.organization_id = $1 AND other.device_id = $2
               AND other.epoch = chain.epoch AND other.missing_from IS NOT NULL)
         ORDER BY epoch, branch",
        organization_id.0,
        device_id.0,
        stored_u64(every_ops)?,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Unsigned {
                of: Enrolment {
                    device_id,
                    epoch: row.epoch.cast_unsigned(),
                },
                branch: row.branch.cast_unsigned(),
                last_seq: row.last_seq.cast_unsigned(),
                last_hash: digest(&row.last_hash)?,
            })
        })
        .collect()
}

/// Tills with a history that wants a checkpoint.
pub async fn tills_without_checkpoint(
    tx: &mut Tx,
    organization_id: OrganizationId,
    every_ops: u64,
) -> Result<Vec<DeviceId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT DISTINCT device_id FROM chain
         WHERE organization_id = $1 AND device_id <> $3 AND last_seq - checkpoint_seq >= $2
           AND last_seq >= first_seq
           AND NOT EXISTS (SELECT FROM chain AS other
             WHERE other.organization_id = $1 AND other.device_id = chain.device_id
               AND other.epoch = chain.epoch AND other.missing_from IS NOT NULL)
         ORDER BY device_id",
        organization_id.0,
        stored_u64(every_ops)?,
        DeviceId::SERVER.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Keeps a signed checkpoint.
pub async fn put_checkpoint(
    tx: &mut Tx,
    organization_id: OrganizationId,
    at: &Unsigned,
    checkpoint: &Checkpoint,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE chain SET checkpoint_seq = $5, checkpoint = $6
         WHERE organization_id = $1 AND device_id = $2 AND epoch = $3 AND branch = $4",
        organization_id.0,
        at.of.device_id.0,
        stored_u64(at.of.epoch)?,
        place(at.branch)?,
        stored_u64(at.last_seq)?,
        Json(checkpoint) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The newest checkpoint of each history of a till.
pub async fn checkpoints(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<Vec<Checkpoint>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT checkpoint AS "checkpoint!: Json<Checkpoint>" FROM chain
           WHERE organization_id = $1 AND device_id = $2 AND checkpoint IS NOT NULL
           ORDER BY epoch, branch"#,
        organization_id.0,
        device_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// An operation that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub branch: u32,
    pub effective: Hlc,
    pub state: TakenState,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenState {
    Applied,
    /// Its texts did not come with it, or were erased.
    AppliedWithoutTexts,
    Held,
    /// The bytes that are held do not fit their hash.
    HeldDamaged,
}

impl Taken {
    /// As the till is told.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self.state {
            TakenState::Applied | TakenState::AppliedWithoutTexts => Outcome::Applied,
            TakenState::Held | TakenState::HeldDamaged => Outcome::Held,
        }
    }
}

/// What stands at places of an enrolment, by sequence and hash.
pub type Known = HashMap<(u64, Digest), Taken>;

/// Why an operation is held whose bytes do not fit their hash.
pub const DAMAGED: &str = "damaged";

/// What stands at these sequences, applied or held, in whatever history.
pub async fn known(
    tx: &mut Tx,
    organization_id: OrganizationId,
    of: Enrolment,
    seqs: &[u64],
) -> Result<Known, sqlx::Error> {
    let seqs: Vec<i64> = seqs
        .iter()
        .map(|seq| stored_u64(*seq))
        .collect::<Result<_, _>>()?;
    let rows = sqlx::query!(
        r#"SELECT device_seq AS "device_seq!", branch AS "branch!", hash AS "hash!",
             effective_hlc AS "effective_hlc!", reason, lacks_texts AS "lacks_texts!" FROM (
             SELECT device_seq, branch, hash, effective_hlc, NULL AS reason,
               kind = 'customer_put' AND private IS NULL AS lacks_texts
             FROM operation
             WHERE organization_id = $1 AND device_id = $2 AND epoch = $3
               AND device_seq = ANY($4)
             UNION ALL
             SELECT device_seq, branch, hash, effective_hlc, reason, false FROM held_operation
             WHERE organization_id = $1 AND device_id = $2 AND epoch = $3
               AND device_seq = ANY($4)) AS every_one"#,
        organization_id.0,
        of.device_id.0,
        stored_u64(of.epoch)?,
        &seqs,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let state = match row.reason.as_deref() {
                Some(DAMAGED) => TakenState::HeldDamaged,
                Some(_) => TakenState::Held,
                None if row.lacks_texts => TakenState::AppliedWithoutTexts,
                None => TakenState::Applied,
            };
            let taken = Taken {
                branch: row.branch.cast_unsigned(),
                effective: Hlc(row.effective_hlc.cast_unsigned()),
                state,
            };
            Ok(((row.device_seq.cast_unsigned(), digest(&row.hash)?), taken))
        })
        .collect()
}

/// The hash at a sequence in the oldest history that has one.
pub async fn hash_at(
    tx: &mut Tx,
    organization_id: OrganizationId,
    of: Enrolment,
    seq: u64,
) -> Result<Option<Digest>, sqlx::Error> {
    let known = known(tx, organization_id, of, &[seq]).await?;
    let oldest = known.iter().min_by_key(|(_, taken)| taken.branch);
    Ok(oldest.map(|((_, hash), _)| *hash))
}

/// Operations of an enrolment that are held damaged, or whose texts are not stored although nobody
/// was erased.
pub async fn imperfect(
    tx: &mut Tx,
    organization_id: OrganizationId,
    of: Enrolment,
) -> Result<Vec<(u64, Digest)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT device_seq AS "device_seq!", hash AS "hash!" FROM (
             SELECT device_seq, hash FROM held_operation
             WHERE organization_id = $1 AND device_id = $2 AND epoch = $3 AND reason = 'damaged'
             UNION ALL
             SELECT device_seq, hash FROM operation
             WHERE organization_id = $1 AND device_id = $2 AND epoch = $3
               AND kind = 'customer_put' AND private IS NULL
               AND NOT EXISTS (SELECT FROM erasure WHERE erasure.organization_id = $1
                 AND erasure.customer_id::text
                     = convert_from(operation.body, 'UTF8')::jsonb ->> 'customer_id'
                 AND erasure.effective_hlc > operation.effective_hlc)) AS every_one
           ORDER BY device_seq, hash"#,
        organization_id.0,
        of.device_id.0,
        stored_u64(of.epoch)?,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.device_seq.cast_unsigned(), digest(&row.hash)?)))
        .collect()
}
