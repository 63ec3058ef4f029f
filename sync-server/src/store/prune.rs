//! What may go out of a feed, and the boundary that says so.

use domain::{
    hlc::Hlc,
    id::{OrganizationId, StoreId},
    replication::{Envelope, Private, chain::SignatureBytes},
};
use sqlx::types::Json;

use super::{digest, operation::stored_u64, unreadable};
use crate::database::Tx;

/// The boundary of a feed: facts stamped before it that a row below `seq` carries have gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Boundary {
    pub hlc: Hlc,
    pub seq: u64,
}

/// Where a feed's boundary is.
pub async fn boundary(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &str,
) -> Result<Boundary, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT boundary_hlc, boundary_seq FROM feed_head
         WHERE organization_id = $1 AND scope = $2",
        organization_id.0,
        scope,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map_or_else(Boundary::default, |row| Boundary {
        hlc: Hlc(row.boundary_hlc.cast_unsigned()),
        seq: row.boundary_seq.cast_unsigned(),
    }))
}

/// Whether the row at a feed's floor was committed before a time.
pub async fn is_any_older(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &str,
    floor: u64,
    kept_since_ms: i64,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM feed
             WHERE organization_id = $1 AND scope = $2 AND seq = $3
               AND committed_at < to_timestamp($4::bigint / 1000.0)) AS "is_any!""#,
        organization_id.0,
        scope,
        stored_u64(floor)?,
        kept_since_ms,
    )
    .fetch_one(&mut **tx)
    .await
}

/// The first row that must stay: it was committed within the time that rows are kept, or follows a
/// snapshot that a till may be reading, or the newest one. None when there is no snapshot.
pub async fn floor(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &str,
    incarnation: &str,
    kept_since_ms: i64,
) -> Result<Option<u64>, sqlx::Error> {
    let floor = sqlx::query_scalar!(
        r#"SELECT least(
             (SELECT coalesce(min(seq), (SELECT head + 1 FROM feed_head
                  WHERE organization_id = $1 AND scope = $2))
              FROM feed WHERE organization_id = $1 AND scope = $2
                AND committed_at >= to_timestamp($4::bigint / 1000.0)),
             (SELECT max(seq) + 1 FROM snapshot
              WHERE organization_id = $1 AND scope = $2 AND header ->> 'incarnation' = $3),
             (SELECT min(seq) + 1 FROM snapshot
              WHERE organization_id = $1 AND scope = $2
                AND downloaded_at > now() - interval '1 day')) AS floor
           WHERE EXISTS (SELECT FROM snapshot
             WHERE organization_id = $1 AND scope = $2 AND header ->> 'incarnation' = $3)"#,
        organization_id.0,
        scope,
        incarnation,
        kept_since_ms,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(floor.flatten().map(i64::cast_unsigned))
}

/// Raises a feed's floor, under the lock of its head, and lets go of what is below; the row before
/// the floor stays, because its digest is what a till at the floor shows.
pub async fn raise_floor(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &str,
    floor: u64,
    boundary: Boundary,
) -> Result<u64, sqlx::Error> {
    sqlx::query!(
        "UPDATE feed_head SET floor = $3, boundary_hlc = $4, boundary_seq = $5
         WHERE organization_id = $1 AND scope = $2",
        organization_id.0,
        scope,
        stored_u64(floor)?,
        stored_u64(boundary.hlc.0)?,
        stored_u64(boundary.seq)?,
    )
    .execute(&mut **tx)
    .await?;
    let gone = sqlx::query!(
        "DELETE FROM feed WHERE organization_id = $1 AND scope = $2 AND seq < $3::bigint - 1",
        organization_id.0,
        scope,
        stored_u64(floor)?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected())
}

/// An operation as a snapshot carries it.
#[derive(Debug)]
pub struct OpenOperation {
    pub envelope: Envelope,
    pub effective: Hlc,
    pub branch: u32,
}

/// Operations of repairs and logs that are still open, and documents of open shifts, in their order.
pub async fn open_operations(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: StoreId,
    closed: &[&str],
) -> Result<Vec<OpenOperation>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT header, body, hash, signature, private AS "private: Json<Vec<Private>>",
             operation.effective_hlc, branch
           FROM operation
           WHERE operation.organization_id = $1 AND operation.op_id IN (
               SELECT op_id FROM repair_event
               JOIN repair ON repair.organization_id = $1
                   AND repair.repair_id = repair_event.repair_id
               WHERE repair_event.organization_id = $1 AND repair_event.store_id = $2
                 AND coalesce(repair.state, '') <> ALL($3)
               UNION ALL
               SELECT op_id FROM log_event
               JOIN log_row ON log_row.organization_id = $1 AND log_row.kind = log_event.kind
                   AND log_row.home = log_event.home AND log_row.key = log_event.key
               WHERE log_event.organization_id = $1 AND log_event.home = $2
                 AND coalesce(log_row.is_open, true)
               UNION ALL
               SELECT document_id FROM document
               JOIN log_row ON log_row.organization_id = $1 AND log_row.kind = 'shift'
                   AND log_row.home = document.store_id
                   AND log_row.key = document.shift_id::text
               WHERE document.organization_id = $1 AND document.store_id = $2
                 AND document.shift_id IS NOT NULL AND log_row.is_open)
           ORDER BY operation.effective_hlc, operation.op_id"#,
        organization_id.0,
        store_id.0,
        closed as &[&str],
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let signature = SignatureBytes::try_from(row.signature.as_slice());
            Ok(OpenOperation {
                envelope: Envelope {
                    header: domain::replication::chain::Base64(row.header),
                    body: domain::replication::chain::Base64(row.body),
                    hash: digest(&row.hash)?,
                    signature: signature.map_err(|_| unreadable("a signature"))?,
                    private: row.private.map(|private| private.0).unwrap_or_default(),
                },
                effective: Hlc(row.effective_hlc.cast_unsigned()),
                branch: row.branch.cast_unsigned(),
            })
        })
        .collect()
}
