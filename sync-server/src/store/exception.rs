//! What the owner should look at.

use domain::id::{DeviceId, OpId, OrganizationId, RepairId, StoreId};
use serde_json::Value;
use uuid::Uuid;

use crate::database::Tx;

/// Opens an exception about a device, unless one of its kind is open already.
pub async fn open_for_device(
    tx: &mut Tx,
    organization_id: OrganizationId,
    exception_id: Uuid,
    kind: &str,
    (store_id, device_id): (StoreId, DeviceId),
    detail: &Value,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO exception (organization_id, exception_id, kind, store_id, device_id, detail)
         SELECT $1, $2, $3::text, $4, $5::uuid, $6
         WHERE NOT EXISTS (SELECT FROM exception
             WHERE organization_id = $1 AND kind = $3 AND device_id = $5 AND closed_at IS NULL)",
        organization_id.0,
        exception_id,
        kind,
        store_id.0,
        device_id.0,
        detail,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Closes the exceptions of a kind about a device.
pub async fn close_for_device(
    tx: &mut Tx,
    organization_id: OrganizationId,
    kind: &str,
    device_id: DeviceId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE exception SET closed_at = now()
         WHERE organization_id = $1 AND kind = $2 AND device_id = $3 AND closed_at IS NULL",
        organization_id.0,
        kind,
        device_id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The kind of an exception that lists what nobody has brought.
pub const OPERATIONS_MISSING: &str = "operations_missing";

/// What is missing before a history, first and last; none when it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub epoch: u64,
    pub branch: u32,
    pub missing: Option<(u64, u64)>,
}

/// Lists a gap, what is left of it, or that it is closed.
pub async fn tell_gap(
    tx: &mut Tx,
    organization_id: OrganizationId,
    exception_id: Uuid,
    (store_id, device_id): (StoreId, DeviceId),
    gap: Gap,
) -> Result<(), sqlx::Error> {
    let mut detail = serde_json::json!({ "epoch": gap.epoch, "branch": gap.branch });
    let key = detail.clone();
    let Some((from, to)) = gap.missing else {
        sqlx::query!(
            "UPDATE exception SET closed_at = now()
             WHERE organization_id = $1 AND kind = $2 AND device_id = $3 AND closed_at IS NULL
               AND detail @> $4",
            organization_id.0,
            OPERATIONS_MISSING,
            device_id.0,
            key,
        )
        .execute(&mut **tx)
        .await?;
        return Ok(());
    };
    detail["from"] = from.into();
    detail["to"] = to.into();
    sqlx::query!(
        "WITH told AS (
             UPDATE exception SET detail = $7
             WHERE organization_id = $1 AND kind = $3 AND device_id = $5 AND detail @> $6
             RETURNING exception_id)
         INSERT INTO exception (organization_id, exception_id, kind, store_id, device_id, detail)
         SELECT $1, $2, $3, $4, $5, $7 WHERE NOT EXISTS (SELECT FROM told)",
        organization_id.0,
        exception_id,
        OPERATIONS_MISSING,
        store_id.0,
        device_id.0,
        key,
        detail,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The kind of an exception that lists numbers which two documents bear.
pub const NUMBER_SHARED: &str = "number_shared";
/// How many of them it lists.
const NUMBERS_LISTED_MAX: i32 = 100;

/// Which of these new documents and repairs bear a number that another one bears.
pub async fn shared_numbers(
    tx: &mut Tx,
    organization_id: OrganizationId,
    documents: &[OpId],
    repairs: &[RepairId],
) -> Result<Vec<(Uuid, String)>, sqlx::Error> {
    let documents: Vec<_> = documents.iter().map(|id| id.0).collect();
    let repairs: Vec<_> = repairs.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT new.document_id AS "id!", new.number AS "number!" FROM document AS new
           WHERE new.organization_id = $1 AND new.document_id = ANY($2)
             AND EXISTS (SELECT FROM document AS other WHERE other.organization_id = $1
               AND other.number = new.number AND other.document_id <> new.document_id)
           UNION ALL
           SELECT new.repair_id, new.number FROM repair AS new
           WHERE new.organization_id = $1 AND new.repair_id = ANY($3) AND new.number IS NOT NULL
             AND EXISTS (SELECT FROM repair AS other WHERE other.organization_id = $1
               AND other.number = new.number AND other.repair_id <> new.repair_id)"#,
        organization_id.0,
        &documents,
        &repairs,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.number)).collect())
}

/// The kind of an exception that lists invoices of receipts which had one already.
pub const INVOICED_TWICE: &str = "invoiced_twice";
/// The kind of an exception that lists serial numbers of units which were sold while sold.
pub const SERIAL_SOLD_TWICE: &str = "serial_sold_twice";

/// The kind of an exception that lists documents which spent more of a balance than there was.
pub const BALANCE_OVERDRAWN: &str = "balance_overdrawn";

/// Lists one more number of a kind of exception about numbers, by a device of a store.
pub async fn tell_number(
    tx: &mut Tx,
    organization_id: OrganizationId,
    exception_id: Uuid,
    (store_id, device_id): (Option<StoreId>, DeviceId),
    (kind, number): (&str, &str),
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH told AS (
             UPDATE exception SET detail = CASE
                 WHEN detail -> 'numbers' ? $6
                   OR jsonb_array_length(detail -> 'numbers') >= $7 THEN detail
                 ELSE jsonb_set(detail, '{numbers}', (detail -> 'numbers') || to_jsonb($6::text))
               END
             WHERE organization_id = $1 AND kind = $3 AND device_id = $5 AND closed_at IS NULL
             RETURNING exception_id)
         INSERT INTO exception (organization_id, exception_id, kind, store_id, device_id, detail)
         SELECT $1, $2, $3, $4, $5, jsonb_build_object('numbers', jsonb_build_array($6::text))
         WHERE NOT EXISTS (SELECT FROM told)",
        organization_id.0,
        exception_id,
        kind,
        store_id.map(|id| id.0),
        device_id.0,
        number,
        NUMBERS_LISTED_MAX,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The kinds that say that two tills, or two copies of one, work under one name.
const OF_COPIES: [&str; 3] = ["fork", "series_shared", NUMBER_SHARED];

/// A till has a series of its own again: what it shared with others at its place is settled.
pub async fn close_copies(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE exception SET closed_at = now()
         WHERE organization_id = $1 AND closed_at IS NULL
           AND (device_id = $2 AND kind = ANY($3)
             OR kind = 'series_shared' AND device_id IN (
               SELECT other.device_id FROM device_epoch AS own
               JOIN device_epoch AS other ON other.organization_id = $1
                 AND (other.store_id, other.number, other.epoch)
                   = (own.store_id, own.number, own.epoch)
               WHERE own.organization_id = $1 AND own.device_id = $2))",
        organization_id.0,
        device_id.0,
        &OF_COPIES as &[&str],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A till that was withdrawn gives out nothing more; what is held of it and what is missing stays.
pub async fn close_withdrawn(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<(), sqlx::Error> {
    close_copies(tx, organization_id, device_id).await?;
    close_for_device(tx, organization_id, CLOCK_SKEW, device_id).await
}

/// The kind of an exception about a till's clock.
pub const CLOCK_SKEW: &str = "clock_skew";

/// The kinds about what has happened: nothing that happens later settles it for sure.
pub const OF_THE_PAST: [&str; 5] = [
    OPERATIONS_MISSING,
    NUMBER_SHARED,
    INVOICED_TWICE,
    SERIAL_SOLD_TWICE,
    BALANCE_OVERDRAWN,
];

/// The owner has looked at what no machine can settle; false if nothing of the kind is open.
pub async fn close_seen(
    tx: &mut Tx,
    organization_id: OrganizationId,
    exception_id: Uuid,
) -> Result<bool, sqlx::Error> {
    let closed = sqlx::query!(
        "UPDATE exception SET closed_at = now()
         WHERE organization_id = $1 AND exception_id = $2 AND closed_at IS NULL
           AND kind = ANY($3)",
        organization_id.0,
        exception_id,
        &OF_THE_PAST as &[&str],
    )
    .execute(&mut **tx)
    .await?;
    Ok(closed.rows_affected() > 0)
}
