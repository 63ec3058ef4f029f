//! Snapshots as they are sent: a header and compressed chunks.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{SeqRange, SnapshotDevice, SnapshotHeader},
    id::OrganizationId,
    replication::table::Scope,
};
use sqlx::types::Json;
use uuid::Uuid;

use super::{digest, document::place};
use crate::database::Tx;

/// The newest snapshot of a scope.
#[derive(Debug)]
pub struct Newest {
    pub snapshot_id: Uuid,
    pub seq: u64,
    pub incarnation: String,
}

/// The newest snapshot of a scope.
pub async fn newest(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &str,
) -> Result<Option<Newest>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT snapshot_id, seq, header ->> 'incarnation' AS "incarnation!" FROM snapshot
           WHERE organization_id = $1 AND scope = $2 ORDER BY seq DESC, created_at DESC LIMIT 1"#,
        organization_id.0,
        scope,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Newest {
        snapshot_id: row.snapshot_id,
        seq: row.seq.cast_unsigned(),
        incarnation: row.incarnation,
    }))
}

/// Lets one writer at a time take a scope's snapshot, until the transaction ends.
pub async fn lock_scope(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1::text || $2, 0))",
        organization_id.to_string(),
        scope,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes a scope's snapshots that are more than a day old: a till that began one has finished.
pub async fn delete_old(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH old AS (
             DELETE FROM snapshot WHERE organization_id = $1 AND scope = $2
               AND created_at < now() - interval '1 day'
             RETURNING snapshot_id)
         DELETE FROM snapshot_chunk WHERE organization_id = $1
           AND snapshot_id IN (SELECT snapshot_id FROM old)",
        organization_id.0,
        scope,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that a till began to read a snapshot: the feed behind it stays for a day.
pub async fn note_download(
    tx: &mut Tx,
    organization_id: OrganizationId,
    snapshot_id: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE snapshot SET downloaded_at = now()
         WHERE organization_id = $1 AND snapshot_id = $2",
        organization_id.0,
        snapshot_id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A snapshot's header as JSON.
pub async fn header(
    tx: &mut Tx,
    organization_id: OrganizationId,
    snapshot_id: Uuid,
    scope: &str,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT header::text AS "header!" FROM snapshot
           WHERE organization_id = $1 AND snapshot_id = $2 AND scope = $3"#,
        organization_id.0,
        snapshot_id,
        scope,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// A snapshot's compressed chunk.
pub async fn chunk(
    tx: &mut Tx,
    organization_id: OrganizationId,
    snapshot_id: Uuid,
    scope: &str,
    chunk: u32,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let Ok(chunk) = place(chunk) else {
        return Ok(None);
    };
    sqlx::query_scalar!(
        "SELECT snapshot_chunk.bytes FROM snapshot_chunk
         JOIN snapshot ON snapshot.organization_id = $1 AND snapshot.snapshot_id = $2
         WHERE snapshot_chunk.organization_id = $1 AND snapshot_chunk.snapshot_id = $2
           AND snapshot.scope = $3 AND snapshot_chunk.chunk = $4",
        organization_id.0,
        snapshot_id,
        scope,
        chunk,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Stores a chunk.
pub async fn insert_chunk(
    tx: &mut Tx,
    organization_id: OrganizationId,
    snapshot_id: Uuid,
    chunk: u32,
    bytes: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO snapshot_chunk (organization_id, snapshot_id, chunk, bytes)
         VALUES ($1, $2, $3, $4)",
        organization_id.0,
        snapshot_id,
        place(chunk)?,
        bytes,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores the header, which makes the snapshot known.
pub async fn insert(
    tx: &mut Tx,
    organization_id: OrganizationId,
    snapshot_id: Uuid,
    header: &SnapshotHeader,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO snapshot (organization_id, snapshot_id, scope, seq, header)
         VALUES ($1, $2, $3, $4, $5)",
        organization_id.0,
        snapshot_id,
        header.scope.to_string(),
        header.seq.cast_signed(),
        Json(header) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How far each history of each device is: a store's devices in its scope, all of them in the org's.
pub async fn devices(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<Vec<SnapshotDevice>, sqlx::Error> {
    let (store_id, device_id) = match scope {
        Scope::Org => (None, None),
        Scope::Store(id) => (Some(id.0), None),
        Scope::Device(id) => (None, Some(id.0)),
    };
    let rows = sqlx::query!(
        "SELECT chain.device_id, chain.epoch, chain.branch, chain.first_seq, chain.last_seq,
             chain.last_hash, chain.missing_from
         FROM chain
         JOIN device_epoch AS own ON own.organization_id = $1
             AND own.device_id = chain.device_id AND own.epoch = chain.epoch
         WHERE chain.organization_id = $1
           AND ($2::uuid IS NULL OR own.store_id = $2)
           AND ($3::uuid IS NULL OR chain.device_id = $3)
         ORDER BY chain.device_id, chain.epoch, chain.branch",
        organization_id.0,
        store_id,
        device_id,
    )
    .fetch_all(&mut **tx)
    .await?;
    let held_rows = sqlx::query!(
        "SELECT device_id, epoch, branch, device_seq FROM held_operation
         WHERE organization_id = $1 ORDER BY device_id, epoch, branch, device_seq",
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut held: BTreeMap<(Uuid, i64, i32), Vec<u64>> = BTreeMap::new();
    for row in held_rows {
        let seqs = held
            .entry((row.device_id, row.epoch, row.branch))
            .or_default();
        seqs.push(row.device_seq.cast_unsigned());
    }
    rows.into_iter()
        .map(|row| {
            let key = (row.device_id, row.epoch, row.branch);
            Ok(SnapshotDevice {
                device_id: row.device_id.into(),
                epoch: row.epoch.cast_unsigned(),
                branch: row.branch.cast_unsigned(),
                last_seq: row.last_seq.cast_unsigned(),
                last_hash: digest(&row.last_hash)?,
                held: held.remove(&key).unwrap_or_default(),
                missing: row.missing_from.map(|from| SeqRange {
                    from: from.cast_unsigned(),
                    to: row.first_seq.cast_unsigned() - 1,
                }),
            })
        })
        .collect()
}
