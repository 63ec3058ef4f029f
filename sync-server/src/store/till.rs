//! How every till stands with the server, as its owner reads it, and when each was last heard.

use std::collections::HashMap;

use domain::{
    contract::rest::{ExceptionListed, HeldCount, MissingListed, TillListed},
    id::{DeviceId, OrganizationId},
};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::exception::OF_THE_PAST;
use crate::database::Tx;

/// Notes that a till was heard, once a minute at most and never waiting for its pushes.
pub async fn see(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE device SET seen_at = clock_timestamp()
         WHERE organization_id = $1 AND device_id = (
             SELECT device_id FROM device WHERE organization_id = $1 AND device_id = $2
               AND (seen_at IS NULL OR seen_at < clock_timestamp() - interval '1 minute')
             FOR UPDATE SKIP LOCKED)",
        organization_id.0,
        device_id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Every till with what is held of it and what is open about it, by store and number.
pub async fn list(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<TillListed>, sqlx::Error> {
    let mut held = held(tx, organization_id).await?;
    let mut exceptions = exceptions(tx, organization_id).await?;
    let rows = sqlx::query!(
        r#"SELECT device.device_id, store.code AS store_code, store.name AS store_name,
             device.number, device.name, device.series, device.epoch, device.revoked,
             device.skew_ms, coalesce(own.fenced, false) AS "fenced!",
             (extract(epoch FROM coalesce(own.enrolled_at, device.enrolled_at)) * 1000)::bigint
                 AS "enrolled_ms!",
             (extract(epoch FROM device.seen_at) * 1000)::bigint AS last_contact_ms,
             (SELECT coalesce(sum(last_seq - first_seq + 1), 0)::bigint FROM chain
              WHERE chain.organization_id = $1 AND chain.device_id = device.device_id)
                 AS "received!",
             EXISTS (SELECT FROM device_epoch AS next WHERE next.organization_id = $1
               AND next.store_id = device.store_id AND next.number = device.number
               AND next.epoch > device.epoch AND next.device_id <> device.device_id)
                 AS "replaced!"
           FROM device
           JOIN store ON store.organization_id = $1 AND store.store_id = device.store_id
           LEFT JOIN device_epoch AS own ON own.organization_id = $1
               AND own.device_id = device.device_id AND own.epoch = device.epoch
           WHERE device.organization_id = $1
           ORDER BY store.code, device.number, device.epoch DESC, device.device_id"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let tills = rows.into_iter().map(|row| TillListed {
        device_id: row.device_id.into(),
        store_code: row.store_code,
        store_name: row.store_name,
        number: row.number.cast_unsigned(),
        name: row.name,
        series: row.series,
        epoch: row.epoch.cast_unsigned(),
        enrolled_ms: row.enrolled_ms,
        last_contact_ms: row.last_contact_ms,
        skew_ms: row.skew_ms,
        received: row.received.cast_unsigned(),
        held: held.remove(&row.device_id).unwrap_or_default(),
        revoked: row.revoked,
        fenced: row.fenced,
        replaced: row.replaced,
        exceptions: exceptions.remove(&row.device_id).unwrap_or_default(),
    });
    Ok(tills.collect())
}

async fn held(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<HashMap<Uuid, Vec<HeldCount>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT device_id, reason, count(*) AS "count!" FROM held_operation
           WHERE organization_id = $1 GROUP BY device_id, reason ORDER BY device_id, reason"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut held: HashMap<Uuid, Vec<HeldCount>> = HashMap::new();
    for row in rows {
        held.entry(row.device_id).or_default().push(HeldCount {
            reason: row.reason,
            count: row.count.cast_unsigned(),
        });
    }
    Ok(held)
}

/// What an exception may say.
#[derive(Debug, Deserialize)]
struct Detail {
    epoch: Option<u64>,
    from: Option<u64>,
    to: Option<u64>,
    #[serde(default)]
    numbers: Vec<String>,
}

async fn exceptions(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<HashMap<Uuid, Vec<ExceptionListed>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT exception_id, device_id AS "device_id!", kind,
             (extract(epoch FROM opened_at) * 1000)::bigint AS "opened_ms!",
             detail AS "detail: Json<Detail>"
           FROM exception
           WHERE organization_id = $1 AND device_id IS NOT NULL AND closed_at IS NULL
           ORDER BY opened_at, exception_id"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut exceptions: HashMap<Uuid, Vec<ExceptionListed>> = HashMap::new();
    for row in rows {
        let Detail {
            epoch,
            from,
            to,
            numbers,
        } = row.detail.0;
        let listed = ExceptionListed {
            exception_id: row.exception_id.to_string(),
            may_close: OF_THE_PAST.contains(&row.kind.as_str()),
            kind: row.kind,
            opened_ms: row.opened_ms,
            missing: match (epoch, from, to) {
                (Some(epoch), Some(from), Some(to)) => Some(MissingListed { epoch, from, to }),
                _ => None,
            },
            numbers,
        };
        exceptions.entry(row.device_id).or_default().push(listed);
    }
    Ok(exceptions)
}
