//! What the owner should look at.

use domain::id::{DeviceId, OrganizationId, StoreId};
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
