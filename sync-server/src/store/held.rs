//! Held operations: read and taken out again when they can be applied.

use domain::{
    hlc::Hlc,
    id::{DeviceId, OrganizationId},
    replication::Envelope,
};
use sqlx::types::Json;

use super::{chain::Enrolment, document::place, operation::stored_u64};
use crate::database::Tx;

/// Where a held operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldKey {
    pub of: Enrolment,
    pub branch: u32,
    pub seq: u64,
}

/// A held operation as it came.
#[derive(Debug)]
pub struct Held {
    pub effective: Hlc,
    pub envelope: Envelope,
}

/// Held operations whose reason may have gone, in the order of their facts; those that wait for a
/// person's decision are left out.
pub async fn waiting(
    tx: &mut Tx,
    organization_id: OrganizationId,
    for_a_person: &[&str],
) -> Result<Vec<HeldKey>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT device_id, epoch, branch, device_seq FROM held_operation
         WHERE organization_id = $1 AND reason <> ALL($2)
         ORDER BY effective_hlc, device_id, epoch, branch, device_seq",
        organization_id.0,
        for_a_person as &[&str],
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| HeldKey {
            of: Enrolment {
                device_id: row.device_id.into(),
                epoch: row.epoch.cast_unsigned(),
            },
            branch: row.branch.cast_unsigned(),
            seq: row.device_seq.cast_unsigned(),
        })
        .collect())
}

/// A held operation, under the lock of its device's row.
pub async fn get(
    tx: &mut Tx,
    organization_id: OrganizationId,
    key: HeldKey,
) -> Result<Option<Held>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT effective_hlc, envelope AS "envelope: Json<Envelope>" FROM held_operation
           WHERE organization_id = $1 AND device_id = $2 AND epoch = $3 AND branch = $4
             AND device_seq = $5"#,
        organization_id.0,
        key.of.device_id.0,
        stored_u64(key.of.epoch)?,
        place(key.branch)?,
        stored_u64(key.seq)?,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Held {
        effective: Hlc(row.effective_hlc.cast_unsigned()),
        envelope: row.envelope.0,
    }))
}

/// Held operations that carry private texts.
pub async fn with_private(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<(HeldKey, Held)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT device_id, epoch, branch, device_seq, effective_hlc,
             envelope AS "envelope: Json<Envelope>"
           FROM held_operation
           WHERE organization_id = $1 AND envelope -> 'private' IS NOT NULL
           ORDER BY device_id, epoch, branch, device_seq"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let key = HeldKey {
                of: Enrolment {
                    device_id: row.device_id.into(),
                    epoch: row.epoch.cast_unsigned(),
                },
                branch: row.branch.cast_unsigned(),
                seq: row.device_seq.cast_unsigned(),
            };
            let held = Held {
                effective: Hlc(row.effective_hlc.cast_unsigned()),
                envelope: row.envelope.0,
            };
            (key, held)
        })
        .collect())
}

/// Takes the private texts of a held operation away.
pub async fn strip(
    tx: &mut Tx,
    organization_id: OrganizationId,
    key: HeldKey,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE held_operation SET envelope = envelope - 'private'
         WHERE organization_id = $1 AND device_id = $2 AND epoch = $3 AND branch = $4
           AND device_seq = $5",
        organization_id.0,
        key.of.device_id.0,
        stored_u64(key.of.epoch)?,
        place(key.branch)?,
        stored_u64(key.seq)?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a held operation out: it is applied in the same transaction.
pub async fn delete(
    tx: &mut Tx,
    organization_id: OrganizationId,
    key: HeldKey,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM held_operation
         WHERE organization_id = $1 AND device_id = $2 AND epoch = $3 AND branch = $4
           AND device_seq = $5",
        organization_id.0,
        key.of.device_id.0,
        stored_u64(key.of.epoch)?,
        place(key.branch)?,
        stored_u64(key.seq)?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes why a held operation still is.
pub async fn explain(
    tx: &mut Tx,
    organization_id: OrganizationId,
    key: HeldKey,
    reason: &str,
    detail: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE held_operation SET reason = $6, detail = $7
         WHERE organization_id = $1 AND device_id = $2 AND epoch = $3 AND branch = $4
           AND device_seq = $5",
        organization_id.0,
        key.of.device_id.0,
        stored_u64(key.of.epoch)?,
        place(key.branch)?,
        stored_u64(key.seq)?,
        reason,
        detail,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether anything of a device is held.
pub async fn is_any(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM held_operation
             WHERE organization_id = $1 AND device_id = $2) AS "is_any!""#,
        organization_id.0,
        device_id.0,
    )
    .fetch_one(&mut **tx)
    .await
}
