//! Events of repairs and the rows folded from them.

use domain::{
    hlc::Hlc,
    id::{OpId, OrganizationId, RepairId, StoreId},
    repair::{Repair, RepairEvent, RepairHappening},
};
use sqlx::types::Json;

use super::operation::stored_u64;
use crate::database::Tx;

/// Inserts events.
pub async fn insert_events(
    tx: &mut Tx,
    organization_id: OrganizationId,
    events: &[(&RepairEvent, Hlc)],
) -> Result<(), sqlx::Error> {
    let op_ids: Vec<_> = events.iter().map(|(e, _)| e.op_id.0).collect();
    let repair_ids: Vec<_> = events.iter().map(|(e, _)| e.repair_id.0).collect();
    let store_ids: Vec<_> = events.iter().map(|(e, _)| e.store_id.0).collect();
    let staff_ids: Vec<_> = events
        .iter()
        .map(|(e, _)| e.staff_id.map(|id| id.0))
        .collect();
    let walls: Vec<_> = events.iter().map(|(e, _)| e.wall_ms).collect();
    let stamps = events
        .iter()
        .map(|(_, hlc)| stored_u64(hlc.0))
        .collect::<Result<Vec<_>, _>>()?;
    let happenings: Vec<_> = events.iter().map(|(e, _)| Json(&e.happening)).collect();
    sqlx::query!(
        "INSERT INTO repair_event (organization_id, op_id, repair_id, store_id, staff_id, wall_ms,
             effective_hlc, happening)
         SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[],
             $7::bigint[], $8::jsonb[])
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &op_ids,
        &repair_ids,
        &store_ids,
        &staff_ids as _,
        &walls,
        &stamps,
        &happenings as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes the rows that are missing and locks all of them in order. `repairs` are sorted and
/// without repetition.
pub async fn lock(
    tx: &mut Tx,
    organization_id: OrganizationId,
    repairs: &[(RepairId, StoreId)],
) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = repairs.iter().map(|(id, _)| id.0).collect();
    let store_ids: Vec<_> = repairs.iter().map(|(_, id)| id.0).collect();
    sqlx::query!(
        "INSERT INTO repair (organization_id, repair_id, store_id)
         SELECT $1, repair_id, store_id
         FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS key (repair_id, store_id, n)
         ORDER BY n
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &ids,
        &store_ids,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "SELECT repair_id FROM repair WHERE organization_id = $1 AND repair_id = ANY($2)
         ORDER BY repair_id FOR UPDATE",
        organization_id.0,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// Every event of these repairs with its stamp. Asked after the lock, in a statement of its own,
/// so that it sees what the lock waited for.
pub async fn events(
    tx: &mut Tx,
    organization_id: OrganizationId,
    repair_ids: &[RepairId],
) -> Result<Vec<(Hlc, RepairEvent)>, sqlx::Error> {
    let ids: Vec<_> = repair_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT op_id, repair_id, store_id, staff_id, wall_ms, effective_hlc,
             happening AS "happening: Json<RepairHappening>"
           FROM repair_event WHERE organization_id = $1 AND repair_id = ANY($2)
           ORDER BY effective_hlc, op_id"#,
        organization_id.0,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let event = RepairEvent {
                op_id: OpId(row.op_id),
                repair_id: row.repair_id.into(),
                store_id: row.store_id.into(),
                staff_id: row.staff_id.map(Into::into),
                wall_ms: row.wall_ms,
                happening: row.happening.0,
            };
            (Hlc(row.effective_hlc.cast_unsigned()), event)
        })
        .collect())
}

/// Writes rows that the transaction holds locked.
pub async fn write(
    tx: &mut Tx,
    organization_id: OrganizationId,
    repairs: &[&Repair],
) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = repairs.iter().map(|repair| repair.repair_id.0).collect();
    let states: Vec<_> = repairs.iter().map(|repair| repair.state.name()).collect();
    let numbers: Vec<_> = repairs
        .iter()
        .map(|repair| repair.number.as_str())
        .collect();
    let folded: Vec<_> = repairs.iter().map(|repair| Json(*repair)).collect();
    sqlx::query!(
        "UPDATE repair SET state = now_is.state, number = now_is.number, folded = now_is.folded
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::jsonb[])
             AS now_is (repair_id, state, number, folded)
         WHERE repair.organization_id = $1 AND repair.repair_id = now_is.repair_id",
        organization_id.0,
        &ids,
        &states as &[&str],
        &numbers as &[&str],
        &folded as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All folded repairs of a store.
pub async fn all(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: StoreId,
) -> Result<Vec<Repair>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT folded AS "folded!: Json<Repair>" FROM repair
           WHERE organization_id = $1 AND store_id = $2 AND folded IS NOT NULL
           ORDER BY repair_id"#,
        organization_id.0,
        store_id.0,
    )
    .fetch_all(&mut **tx)
    .await
    .map(|rows| rows.into_iter().map(|row| row.0).collect())
}
