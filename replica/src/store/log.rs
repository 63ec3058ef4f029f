//! Event logs of every kind: confirmed rows and their events. What a screen shows is the confirmed
//! row with the pending events folded over it.

use std::collections::BTreeMap;

use domain::{
    hlc::Hlc,
    id::{OpId, StoreId},
    replication::{
        fold::fold_log_event,
        log::{LogEvent, LogKey, LogKind, LogPlace, LogRow, LogState},
    },
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{count, id, int, many::Insert, optional_id};
use crate::error::Error;

const EVENT: Insert = Insert {
    into: "log_event (op_id, n, kind, home, key, store_id, device_id, staff_id, wall_ms,
        effective_hlc, happening, pending)",
    columns: 12,
    on_conflict: "ON CONFLICT (op_id, n) DO UPDATE SET pending = min(pending, excluded.pending),
        effective_hlc = coalesce(excluded.effective_hlc, effective_hlc)",
};
const ROW: Insert = Insert {
    into: "log_row (kind, home, key, subject, state, is_open, at_ms, folded)",
    columns: 8,
    on_conflict: "ON CONFLICT (kind, home, key) DO UPDATE SET subject = excluded.subject,
        state = excluded.state, is_open = excluded.is_open, at_ms = excluded.at_ms,
        folded = excluded.folded",
};

/// An event with its place in the order, once the server has fixed it.
#[derive(Debug)]
pub(crate) struct LogFact {
    pub(crate) event: LogEvent,
    pub(crate) effective_hlc: Option<Hlc>,
}

/// Inserts events.
pub(crate) async fn insert_events(
    connection: &mut SqliteConnection,
    events: impl IntoIterator<Item = &LogFact>,
    is_pending: bool,
) -> Result<(), Error> {
    let events: Vec<&LogFact> = events.into_iter().collect();
    let texts = (events.iter())
        .map(|fact| serde_json::to_string(&fact.event.happening))
        .collect::<Result<Vec<_>, _>>()?;
    let places: Vec<LogPlace> = events.iter().map(|fact| fact.event.place()).collect();
    EVENT
        .rows(
            events.iter().zip(texts.iter().zip(&places)),
            |query, (fact, (happening, place))| {
                let event = &fact.event;
                query
                    .bind(event.op_id.0)
                    .bind(event.n)
                    .bind(place.kind.name())
                    .bind(place.home_id())
                    .bind(place.key.as_str())
                    .bind(event.store_id.map(|id| id.0))
                    .bind(event.device_id.0)
                    .bind(event.staff_id.map(|id| id.0))
                    .bind(event.wall_ms)
                    .bind(fact.effective_hlc.map(|hlc| int(hlc.0)))
                    .bind(happening.as_str())
                    .bind(is_pending)
            },
        )?
        .execute(connection)
        .await
}

/// Stores rows as the feed brings them.
pub(crate) async fn put_rows(
    connection: &mut SqliteConnection,
    rows: &[LogRow],
) -> Result<(), Error> {
    let texts = (rows.iter())
        .map(|row| serde_json::to_string(&row.state))
        .collect::<Result<Vec<_>, _>>()?;
    ROW.rows(rows.iter().zip(&texts), |query, (row, folded)| {
        let (place, index) = (row.place(), row.state.index());
        query
            .bind(place.kind.name())
            .bind(place.home_id())
            .bind(row.key.as_str())
            .bind(index.subject)
            .bind(index.state)
            .bind(index.is_open)
            .bind(index.at_ms)
            .bind(folded.as_str())
    })?
    .execute(connection)
    .await
}

/// Events of one log in the order in which they count, and whether each is pending.
pub(crate) async fn events(
    connection: &mut SqliteConnection,
    place: &LogPlace,
) -> Result<Vec<(LogEvent, bool)>, Error> {
    let (kind, home, key) = (place.kind.name(), place.home_id(), place.key.as_str());
    let rows = sqlx::query!(
        r#"SELECT event.op_id, event.n AS "n!: i64", event.key, event.store_id, event.device_id, event.staff_id,
             event.wall_ms, event.happening, event.pending AS "pending: bool"
         FROM log_event event LEFT JOIN journal ON journal.op_id = event.op_id
         WHERE event.kind = ?1 AND event.home = ?2 AND event.key = ?3
         ORDER BY event.pending,
             CASE WHEN event.pending THEN journal.device_seq ELSE event.effective_hlc END,
             event.op_id, event.n"#,
        kind,
        home,
        key
    )
    .fetch_all(connection)
    .await?;
    let mut events = rows
        .into_iter()
        .map(|row| {
            let event = LogEvent {
                op_id: id(&row.op_id)?,
                n: count(row.n)?,
                key: LogKey::stored(row.key),
                store_id: optional_id(row.store_id.as_deref())?,
                device_id: id(&row.device_id)?,
                staff_id: optional_id(row.staff_id.as_deref())?,
                wall_ms: row.wall_ms,
                happening: serde_json::from_str(&row.happening)?,
            };
            Ok((event, row.pending))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    // What begins a log leads, whatever its stamp.
    events.sort_by_key(|(event, is_pending)| (*is_pending, !event.happening.is_opening()));
    Ok(events)
}

/// The first event that an operation states.
pub(crate) async fn first_of(
    connection: &mut SqliteConnection,
    op_id: OpId,
) -> Result<Option<LogEvent>, Error> {
    let key = op_id.0;
    let row = sqlx::query!(
        "SELECT n, key, store_id, device_id, staff_id, wall_ms, happening FROM log_event
         WHERE op_id = ?1 ORDER BY n LIMIT 1",
        key
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(LogEvent {
            op_id,
            n: count(row.n)?,
            key: LogKey::stored(row.key),
            store_id: optional_id(row.store_id.as_deref())?,
            device_id: id(&row.device_id)?,
            staff_id: optional_id(row.staff_id.as_deref())?,
            wall_ms: row.wall_ms,
            happening: serde_json::from_str(&row.happening)?,
        })
    })
    .transpose()
}

/// Pending events of a kind, in the order in which this till made them.
pub(super) async fn pending_events(
    connection: &mut SqliteConnection,
    kind: LogKind,
    home: Uuid,
) -> Result<Vec<LogEvent>, Error> {
    let kind = kind.name();
    let rows = sqlx::query!(
        r#"SELECT event.op_id, event.n AS "n!: i64", event.key, event.store_id, event.device_id,
             event.staff_id, event.wall_ms, event.happening
         FROM log_event event JOIN journal ON journal.op_id = event.op_id
         WHERE event.pending = 1 AND event.kind = ?1 AND event.home = ?2
         ORDER BY journal.epoch, journal.device_seq, event.n"#,
        kind,
        home
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(LogEvent {
                op_id: id(&row.op_id)?,
                n: count(row.n)?,
                key: LogKey::stored(row.key),
                store_id: optional_id(row.store_id.as_deref())?,
                device_id: id(&row.device_id)?,
                staff_id: optional_id(row.staff_id.as_deref())?,
                wall_ms: row.wall_ms,
                happening: serde_json::from_str(&row.happening)?,
            })
        })
        .collect()
}

/// One row as shown; none when what begins it is not known here.
pub(crate) async fn one_shown(
    connection: &mut SqliteConnection,
    place: &LogPlace,
) -> Result<Option<LogState>, Error> {
    let (kind, home, key) = (place.kind.name(), place.home_id(), place.key.as_str());
    let confirmed = sqlx::query_scalar!(
        "SELECT folded FROM log_row WHERE kind = ?1 AND home = ?2 AND key = ?3",
        kind,
        home,
        key
    )
    .fetch_optional(&mut *connection)
    .await?;
    let confirmed: Option<LogState> = confirmed
        .map(|folded| serde_json::from_str(&folded))
        .transpose()?;
    let events = events(connection, place).await?;
    let pending = events.iter().filter(|(_, is_pending)| *is_pending);
    Ok(pending.fold(confirmed, |state, (event, _)| fold_log_event(state, event)))
}

/// The newest rows of a kind in a home as shown, newest first.
pub(crate) async fn latest(
    connection: &mut SqliteConnection,
    kind: LogKind,
    home: Option<StoreId>,
    limit: u32,
) -> Result<Vec<LogState>, Error> {
    let home = home.map_or(Uuid::nil(), |store| store.0);
    let pending = pending_events(connection, kind, home).await?;
    let touched: Vec<&str> = pending.iter().map(|event| event.key.as_str()).collect();
    let touched = serde_json::to_string(&touched)?;
    let name = kind.name();
    let confirmed = sqlx::query!(
        "SELECT key, folded FROM log_row WHERE kind = ?1 AND home = ?2
             AND (key IN (SELECT value FROM json_each(?4)) OR key IN
                 (SELECT key FROM log_row WHERE kind = ?1 AND home = ?2
                  ORDER BY at_ms DESC, key DESC LIMIT ?3))",
        name,
        home,
        limit,
        touched
    )
    .fetch_all(connection)
    .await?;
    let confirmed = confirmed.into_iter().map(|row| (row.key, row.folded));
    let mut shown = with_pending(confirmed, pending)?;
    shown.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(shown)
}

/// The rows of a kind in a home that are open as shown, oldest first.
pub(crate) async fn open_rows(
    connection: &mut SqliteConnection,
    kind: LogKind,
    home: Option<StoreId>,
) -> Result<Vec<LogState>, Error> {
    let mut shown = open_and_latest(connection, kind, home, 0).await?;
    shown.retain(|state| state.index().is_open);
    shown.reverse();
    Ok(shown)
}

/// All rows of a kind in a home on which work goes on, however old, and the newest others; newest
/// first.
pub(crate) async fn open_and_latest(
    connection: &mut SqliteConnection,
    kind: LogKind,
    home: Option<StoreId>,
    latest: u32,
) -> Result<Vec<LogState>, Error> {
    let home = home.map_or(Uuid::nil(), |store| store.0);
    let pending = pending_events(connection, kind, home).await?;
    let touched: Vec<&str> = pending.iter().map(|event| event.key.as_str()).collect();
    let touched = serde_json::to_string(&touched)?;
    let name = kind.name();
    let confirmed = sqlx::query!(
        "SELECT key, folded FROM log_row WHERE kind = ?1 AND home = ?2
             AND key IN (SELECT key FROM log_row WHERE kind = ?1 AND home = ?2 AND is_open = 1
                         UNION ALL SELECT value FROM json_each(?4)
                         UNION ALL SELECT key FROM (SELECT key FROM log_row
                             WHERE kind = ?1 AND home = ?2 ORDER BY at_ms DESC, key DESC LIMIT ?3))",
        name,
        home,
        latest,
        touched
    )
    .fetch_all(connection)
    .await?;
    let confirmed = confirmed.into_iter().map(|row| (row.key, row.folded));
    with_pending(confirmed, pending)
}

/// Confirmed rows, by key and folded text, with pending events over them; newest first.
fn with_pending(
    confirmed: impl Iterator<Item = (String, String)>,
    pending: Vec<LogEvent>,
) -> Result<Vec<LogState>, Error> {
    let mut rows: BTreeMap<LogKey, Option<LogState>> = BTreeMap::new();
    for (key, folded) in confirmed {
        rows.insert(LogKey::stored(key), Some(serde_json::from_str(&folded)?));
    }
    for event in pending {
        let place = rows.entry(event.key.clone()).or_default();
        *place = fold_log_event(place.take(), &event);
    }
    let mut shown: Vec<(LogKey, LogState)> = rows
        .into_iter()
        .filter_map(|(key, state)| Some((key, state?)))
        .collect();
    shown.sort_by(|a, b| (b.1.index().at_ms, &b.0).cmp(&(a.1.index().at_ms, &a.0)));
    Ok(shown.into_iter().map(|(_, state)| state).collect())
}

/// Whether an event of the log has yet to come back from the server.
pub(crate) async fn is_pending(
    connection: &mut SqliteConnection,
    place: &LogPlace,
) -> Result<bool, Error> {
    let (kind, home, key) = (place.kind.name(), place.home_id(), place.key.as_str());
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM log_event
             WHERE kind = ?1 AND home = ?2 AND key = ?3 AND pending = 1) AS "is_pending!: bool""#,
        kind,
        home,
        key
    )
    .fetch_one(connection)
    .await?)
}
