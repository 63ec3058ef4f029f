//! Shifts with the names around them, and the documents that came too late for theirs.

use domain::{
    contract::rest::LateDocument,
    id::{OpId, OrganizationId, ShiftId, StoreId},
    money::Money,
    replication::log::LogState,
    sale::DocumentKind,
    shift::Shift,
};
use sqlx::types::Json;

use super::unreadable;
use crate::database::Tx;

/// A shift's row with what it speaks of.
#[derive(Debug)]
pub struct Found {
    pub shift: Shift,
    pub store_code: String,
    pub till_number: Option<u32>,
    pub opened_by: String,
    pub closed_by: String,
}

/// The newest shifts, of one store or of all.
pub async fn latest(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: Option<StoreId>,
    limit: u32,
) -> Result<Vec<Found>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT folded AS "folded!: Json<LogState>", coalesce(store.code, '') AS "store_code!",
             device.number AS "number?", coalesce(opener.name, '') AS "opened_by!",
             coalesce(closer.name, '') AS "closed_by!"
           FROM log_row
           LEFT JOIN store ON store.organization_id = $1 AND store.store_id = log_row.home
           LEFT JOIN device ON device.organization_id = $1 AND device.device_id = log_row.subject
           LEFT JOIN staff AS opener ON opener.organization_id = $1
               AND opener.staff_id::text = folded #>> '{shift,opened_by}'
           LEFT JOIN staff AS closer ON closer.organization_id = $1
               AND closer.staff_id::text = folded #>> '{shift,closed,by,staff_id}'
           WHERE log_row.organization_id = $1 AND kind = 'shift' AND folded IS NOT NULL
             AND ($2::uuid IS NULL OR home = $2)
           ORDER BY at_ms DESC, key DESC LIMIT $3"#,
        organization_id.0,
        store_id.map(|id| id.0),
        i64::from(limit),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Found {
                shift: row
                    .folded
                    .0
                    .into_shift()
                    .ok_or_else(|| unreadable("a shift"))?,
                store_code: row.store_code,
                till_number: row.number.and_then(|number| u32::try_from(number).ok()),
                opened_by: row.opened_by,
                closed_by: row.closed_by,
            })
        })
        .collect()
}

/// Documents that name one of these shifts and are not in its totals: whatever its till had not
/// recorded before the closing, in the same history.
pub async fn late(
    tx: &mut Tx,
    organization_id: OrganizationId,
    shift_ids: &[ShiftId],
) -> Result<Vec<(ShiftId, LateDocument)>, sqlx::Error> {
    let ids: Vec<_> = shift_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT document.shift_id AS "shift_id!", document_id, document.kind, number,
             document.wall_ms, total_minor
           FROM document
           JOIN operation AS own ON own.organization_id = $1 AND own.op_id = document.document_id
           JOIN log_row ON log_row.organization_id = $1 AND log_row.kind = 'shift'
               AND log_row.home = document.store_id AND log_row.key = document.shift_id::text
           JOIN operation AS closing ON closing.organization_id = $1
               AND closing.op_id = (log_row.folded #>> '{shift,closed,op_id}')::uuid
           WHERE document.organization_id = $1 AND document.shift_id = ANY($2)
             AND NOT (own.device_id = closing.device_id AND own.branch = closing.branch
                 AND (own.epoch, own.device_seq) < (closing.epoch, closing.device_seq))
           ORDER BY document.wall_ms, document_id"#,
        organization_id.0,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let document = LateDocument {
                document_id: OpId(row.document_id),
                kind: DocumentKind::from_name(&row.kind)
                    .ok_or_else(|| unreadable("a document's kind"))?,
                number: row.number,
                wall_ms: row.wall_ms,
                total_minor: Money(row.total_minor),
            };
            Ok((row.shift_id.into(), document))
        })
        .collect()
}
