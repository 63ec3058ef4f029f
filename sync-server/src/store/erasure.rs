//! Who was erased, and taking their texts out of every table that has them.

use std::collections::HashMap;

use domain::{
    contract::sync_v1::Erasure,
    hlc::Hlc,
    id::{CustomerId, OpId, OrganizationId},
};
use sqlx::types::Json;

use super::operation::stored_u64;
use crate::database::Tx;

/// Up to when each of these customers was erased, under the lock of their rows.
pub async fn erased(
    tx: &mut Tx,
    organization_id: OrganizationId,
    ids: &[CustomerId],
) -> Result<HashMap<CustomerId, Hlc>, sqlx::Error> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "SELECT customer_id, effective_hlc FROM erasure
         WHERE organization_id = $1 AND customer_id = ANY($2)",
        organization_id.0,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let hlc = Hlc(row.effective_hlc.cast_unsigned());
            (row.customer_id.into(), hlc)
        })
        .collect())
}

/// Keeps a tombstone; a later one takes the place of an earlier.
pub async fn put(
    tx: &mut Tx,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    effective: Hlc,
    erasure: &Erasure,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO erasure (organization_id, customer_id, effective_hlc, erasure)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id, customer_id) DO UPDATE
         SET effective_hlc = excluded.effective_hlc, erasure = excluded.erasure
         WHERE erasure.effective_hlc < excluded.effective_hlc",
        organization_id.0,
        customer_id.0,
        stored_u64(effective.0)?,
        Json(erasure) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All erasures as they were signed.
pub async fn all(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<Erasure>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT erasure AS "erasure!: Json<Erasure>" FROM erasure
           WHERE organization_id = $1 ORDER BY customer_id"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Takes the texts out of operations that arrived after their customer was erased.
pub async fn strip_operations(
    tx: &mut Tx,
    organization_id: OrganizationId,
    op_ids: &[OpId],
) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = op_ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "UPDATE operation SET private = NULL WHERE organization_id = $1 AND op_id = ANY($2)",
        organization_id.0,
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a customer's texts out of the operations before a stamp; returns of how many.
pub async fn strip_customer(
    tx: &mut Tx,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    before: Hlc,
) -> Result<u64, sqlx::Error> {
    let stripped = sqlx::query!(
        "UPDATE operation SET private = NULL
         WHERE organization_id = $1 AND kind = 'customer_put' AND private IS NOT NULL
           AND effective_hlc < $3
           AND convert_from(body, 'UTF8')::jsonb ->> 'customer_id' = $2::uuid::text",
        organization_id.0,
        customer_id.0,
        stored_u64(before.0)?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(stripped.rows_affected())
}

/// Takes a customer's texts out of everything that is sent: the feed's rows, and the org's
/// snapshots, which go whole.
pub async fn strip_feed(
    tx: &mut Tx,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE feed SET beside = NULL
         WHERE organization_id = $1 AND beside IS NOT NULL
           AND beside #>> '{customer,0,customer_id}' = $2::uuid::text",
        organization_id.0,
        customer_id.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "WITH old AS (
             DELETE FROM snapshot WHERE organization_id = $1 AND scope = 'org'
             RETURNING snapshot_id)
         DELETE FROM snapshot_chunk WHERE organization_id = $1
           AND snapshot_id IN (SELECT snapshot_id FROM old)",
        organization_id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
