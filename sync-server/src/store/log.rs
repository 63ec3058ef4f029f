//! Event logs of every kind: their events, and the rows folded from them.

use std::collections::BTreeMap;

use domain::{
    hlc::Hlc,
    id::{OpId, OrganizationId, StoreId},
    replication::log::{Happening, LogEvent, LogKey, LogKind, LogPlace, LogRow, LogState},
};
use sqlx::types::Json;
use uuid::Uuid;

use super::{document::place, operation::stored_u64, unreadable};
use crate::database::Tx;

/// An event as it is stored.
struct EventRow {
    op_id: Uuid,
    n: i32,
    key: String,
    store_id: Option<Uuid>,
    device_id: Uuid,
    staff_id: Option<Uuid>,
    wall_ms: i64,
    effective_hlc: i64,
    happening: Json<Happening>,
}

impl EventRow {
    fn read(self) -> (Hlc, LogEvent) {
        let event = LogEvent {
            op_id: OpId(self.op_id),
            n: self.n.cast_unsigned(),
            key: LogKey::stored(self.key),
            store_id: self.store_id.map(Into::into),
            device_id: self.device_id.into(),
            staff_id: self.staff_id.map(Into::into),
            wall_ms: self.wall_ms,
            happening: self.happening.0,
        };
        (Hlc(self.effective_hlc.cast_unsigned()), event)
    }
}

/// Inserts events.
pub async fn insert_events(
    tx: &mut Tx,
    organization_id: OrganizationId,
    events: &[(&LogEvent, Hlc)],
) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let places: Vec<LogPlace> = events.iter().map(|(event, _)| event.place()).collect();
    let op_ids: Vec<_> = events.iter().map(|(e, _)| e.op_id.0).collect();
    let ns = (events.iter().map(|(e, _)| place(e.n))).collect::<Result<Vec<_>, _>>()?;
    let kinds: Vec<_> = places.iter().map(|place| place.kind.name()).collect();
    let homes: Vec<_> = places.iter().map(LogPlace::home_id).collect();
    let keys: Vec<_> = places.iter().map(|place| place.key.as_str()).collect();
    let store_ids: Vec<_> = (events.iter().map(|(e, _)| e.store_id.map(|id| id.0))).collect();
    let device_ids: Vec<_> = events.iter().map(|(e, _)| e.device_id.0).collect();
    let staff_ids: Vec<_> = (events.iter().map(|(e, _)| e.staff_id.map(|id| id.0))).collect();
    let walls: Vec<_> = events.iter().map(|(e, _)| e.wall_ms).collect();
    let stamps =
        (events.iter().map(|(_, hlc)| stored_u64(hlc.0))).collect::<Result<Vec<_>, _>>()?;
    let happenings: Vec<_> = events.iter().map(|(e, _)| Json(&e.happening)).collect();
    sqlx::query!(
        "INSERT INTO log_event (organization_id, op_id, n, kind, home, key, store_id, device_id,
             staff_id, wall_ms, effective_hlc, happening)
         SELECT $1, * FROM unnest($2::uuid[], $3::int[], $4::text[], $5::uuid[], $6::text[],
             $7::uuid[], $8::uuid[], $9::uuid[], $10::bigint[], $11::bigint[], $12::jsonb[])
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &op_ids,
        &ns,
        &kinds as &[&str],
        &homes,
        &keys as &[&str],
        &store_ids as _,
        &device_ids,
        &staff_ids as _,
        &walls,
        &stamps,
        &happenings as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn columns(places: &[LogPlace]) -> (Vec<&str>, Vec<Uuid>, Vec<&str>) {
    (
        places.iter().map(|place| place.kind.name()).collect(),
        places.iter().map(LogPlace::home_id).collect(),
        places.iter().map(|place| place.key.as_str()).collect(),
    )
}

/// Makes the rows that are missing and locks all of them in order. `places` are sorted and without
/// repetition.
pub async fn lock(
    tx: &mut Tx,
    organization_id: OrganizationId,
    places: &[LogPlace],
) -> Result<(), sqlx::Error> {
    let (kinds, homes, keys) = columns(places);
    sqlx::query!(
        "INSERT INTO log_row (organization_id, kind, home, key)
         SELECT $1, kind, home, key
         FROM unnest($2::text[], $3::uuid[], $4::text[]) WITH ORDINALITY AS at (kind, home, key, n)
         ORDER BY n
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &kinds as &[&str],
        &homes,
        &keys as &[&str],
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "SELECT log_row.key FROM log_row
         JOIN unnest($2::text[], $3::uuid[], $4::text[]) AS at (kind, home, key)
             ON log_row.kind = at.kind AND log_row.home = at.home AND log_row.key = at.key
         WHERE organization_id = $1
         ORDER BY log_row.kind, log_row.home, log_row.key FOR UPDATE OF log_row",
        organization_id.0,
        &kinds as &[&str],
        &homes,
        &keys as &[&str],
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// Every event of these logs with its stamp. Asked after the lock, in a statement of its own, so
/// that it sees what the lock waited for.
pub async fn events(
    tx: &mut Tx,
    organization_id: OrganizationId,
    places: &[LogPlace],
) -> Result<Vec<(Hlc, LogEvent)>, sqlx::Error> {
    let (kinds, homes, keys) = columns(places);
    let rows = sqlx::query_as!(
        EventRow,
        r#"SELECT op_id, n, event.key, store_id, device_id, staff_id, wall_ms, effective_hlc,
             happening AS "happening: Json<Happening>"
           FROM log_event AS event
           JOIN unnest($2::text[], $3::uuid[], $4::text[]) AS at (kind, home, key)
               ON event.kind = at.kind AND event.home = at.home AND event.key = at.key
           WHERE organization_id = $1
           ORDER BY effective_hlc, op_id, n"#,
        organization_id.0,
        &kinds as &[&str],
        &homes,
        &keys as &[&str],
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(EventRow::read).collect())
}

/// Writes rows that the transaction holds locked.
pub async fn write(
    tx: &mut Tx,
    organization_id: OrganizationId,
    rows: &BTreeMap<LogPlace, LogState>,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let places: Vec<LogPlace> = rows.keys().cloned().collect();
    let (kinds, homes, keys) = columns(&places);
    let indices: Vec<_> = rows.values().map(LogState::index).collect();
    let subjects: Vec<_> = indices.iter().map(|index| index.subject).collect();
    let states: Vec<_> = indices.iter().map(|index| index.state).collect();
    let are_open: Vec<_> = indices.iter().map(|index| index.is_open).collect();
    let times: Vec<_> = indices.iter().map(|index| index.at_ms).collect();
    let folded: Vec<_> = rows.values().map(Json).collect();
    sqlx::query!(
        "UPDATE log_row SET subject = now_is.subject, state = now_is.state,
             is_open = now_is.is_open, at_ms = now_is.at_ms, folded = now_is.folded
         FROM unnest($2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::bool[],
                 $8::bigint[], $9::jsonb[])
             AS now_is (kind, home, key, subject, state, is_open, at_ms, folded)
         WHERE log_row.organization_id = $1 AND log_row.kind = now_is.kind
           AND log_row.home = now_is.home AND log_row.key = now_is.key",
        organization_id.0,
        &kinds as &[&str],
        &homes,
        &keys as &[&str],
        &subjects,
        &states as &[&str],
        &are_open,
        &times,
        &folded as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All folded rows of a home.
pub async fn all(
    tx: &mut Tx,
    organization_id: OrganizationId,
    home: Option<StoreId>,
) -> Result<Vec<LogRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT key, folded AS "folded!: Json<LogState>" FROM log_row
           WHERE organization_id = $1 AND home = $2 AND folded IS NOT NULL
           ORDER BY kind, key"#,
        organization_id.0,
        home.map_or(Uuid::nil(), |store| store.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| LogRow {
            key: LogKey::stored(row.key),
            home,
            state: row.folded.0,
        })
        .collect())
}

/// Events of the organization's own logs that are still open, in their order.
pub async fn open_of_org(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<(Hlc, LogEvent)>, sqlx::Error> {
    let rows = sqlx::query_as!(
        EventRow,
        r#"SELECT op_id, n, event.key, store_id, device_id, staff_id, wall_ms, effective_hlc,
             happening AS "happening: Json<Happening>"
           FROM log_event AS event
           JOIN log_row ON log_row.organization_id = $1 AND log_row.kind = event.kind
               AND log_row.home = event.home AND log_row.key = event.key
           WHERE event.organization_id = $1 AND event.home = $2
             AND coalesce(log_row.is_open, true)
           ORDER BY effective_hlc, op_id, n"#,
        organization_id.0,
        Uuid::nil(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(EventRow::read).collect())
}

/// A row as stored, for `verify`.
#[derive(Debug)]
pub struct StoredRow {
    pub place: LogPlace,
    /// Subject, state, whether it is open, and when it began.
    pub index: Option<(Uuid, String, bool, i64)>,
    pub folded: Option<serde_json::Value>,
}

/// Rows after a place, in order.
pub async fn stored(
    tx: &mut Tx,
    organization_id: OrganizationId,
    after: Option<&LogPlace>,
    limit: i64,
) -> Result<Vec<StoredRow>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT kind, home, key, subject, state, is_open, at_ms, folded FROM log_row
         WHERE organization_id = $1 AND (kind, home, key) > ($2, $3, $4)
         ORDER BY kind, home, key LIMIT $5",
        organization_id.0,
        after.map_or("", |place| place.kind.name()),
        after.map_or(Uuid::nil(), LogPlace::home_id),
        after.map_or("", |place| place.key.as_str()),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = LogKind::from_name(&row.kind).ok_or_else(|| unreadable("a log's kind"))?;
            let index = row.subject.zip(row.state).zip(row.is_open.zip(row.at_ms));
            Ok(StoredRow {
                place: LogPlace {
                    kind,
                    home: (!row.home.is_nil()).then(|| row.home.into()),
                    key: LogKey::stored(row.key),
                },
                index: index.map(|((subject, state), (open, at))| (subject, state, open, at)),
                folded: row.folded,
            })
        })
        .collect()
}

/// Logs that have events and no row.
pub async fn without_row(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT DISTINCT kind, key FROM log_event AS event
         WHERE organization_id = $1 AND NOT EXISTS (SELECT FROM log_row
             WHERE log_row.organization_id = $1 AND log_row.kind = event.kind
               AND log_row.home = event.home AND log_row.key = event.key)
         ORDER BY kind, key",
        organization_id.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.key)).collect())
}

/// Events that these operations made, with their stamps.
pub async fn events_of(
    tx: &mut Tx,
    organization_id: OrganizationId,
    ids: &[Uuid],
) -> Result<BTreeMap<(OpId, u32), (LogEvent, Hlc)>, sqlx::Error> {
    let rows = sqlx::query_as!(
        EventRow,
        r#"SELECT op_id, n, key, store_id, device_id, staff_id, wall_ms, effective_hlc,
             happening AS "happening: Json<Happening>"
           FROM log_event WHERE organization_id = $1 AND op_id = ANY($2)"#,
        organization_id.0,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(EventRow::read)
        .map(|(stamp, event)| ((event.op_id, event.n), (event, stamp)))
        .collect())
}
