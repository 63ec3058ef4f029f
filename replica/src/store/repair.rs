//! Repairs: confirmed rows and their events; what a screen shows is the confirmed row with the
//! pending events folded over it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    id::{CustomerId, RepairId},
    repair::{Repair, RepairDevice, RepairEvent, RepairState},
    replication::fold::fold_repair_event,
};
use sqlx::{FromRow, SqliteConnection};

use super::{id, id_list, named, optional_id};
use crate::error::Error;

/// A confirmed row.
#[derive(Debug, FromRow)]
struct RepairRow {
    repair_id: Vec<u8>,
    store_id: Vec<u8>,
    number: String,
    customer_id: Option<Vec<u8>>,
    device_kind: String,
    device_brand: String,
    device_model: String,
    device_serial: String,
    fault: String,
    accessories: String,
    promised_date: Option<String>,
    state: String,
    received_ms: i64,
    changed_ms: i64,
    rejected: String,
}

impl RepairRow {
    fn into_repair(self) -> Result<Repair, Error> {
        Ok(Repair {
            repair_id: id(&self.repair_id)?,
            store_id: id(&self.store_id)?,
            number: self.number,
            customer_id: optional_id(self.customer_id.as_deref())?,
            device: RepairDevice {
                kind: self.device_kind,
                brand: self.device_brand,
                model: self.device_model,
                serial: self.device_serial,
            },
            fault: self.fault,
            accessories: self.accessories,
            promised_date: self.promised_date,
            state: named(RepairState::from_name(&self.state))?,
            received_ms: self.received_ms,
            changed_ms: self.changed_ms,
            rejected: serde_json::from_str(&self.rejected)?,
        })
    }
}

/// One event, and whether it is still pending.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) event: RepairEvent,
    pub(crate) is_pending: bool,
}

/// The events of one repair in the order in which they count: the intake, then by effective
/// stamp, then the pending ones as this till made them.
pub(crate) async fn events(
    connection: &mut SqliteConnection,
    repair_id: RepairId,
) -> Result<Vec<Event>, Error> {
    let key = repair_id.0;
    let rows = sqlx::query!(
        r#"SELECT event.op_id, event.repair_id, store_id, staff_id, wall_ms, happening,
             pending AS "pending: bool"
         FROM repair_event event JOIN journal ON journal.op_id = event.op_id
         WHERE event.repair_id = ?1
         ORDER BY event.pending, journal.kind <> 'repair_intake',
             CASE WHEN event.pending THEN journal.device_seq ELSE event.effective_hlc END,
             event.op_id"#,
        key
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let event = RepairEvent {
                op_id: id(&row.op_id)?,
                repair_id: id(&row.repair_id)?,
                store_id: id(&row.store_id)?,
                staff_id: optional_id(row.staff_id.as_deref())?,
                wall_ms: row.wall_ms,
                happening: serde_json::from_str(&row.happening)?,
            };
            Ok(Event {
                event,
                is_pending: row.pending,
            })
        })
        .collect()
}

/// Pending events of all repairs, in the order in which this till made them.
async fn pending_events(connection: &mut SqliteConnection) -> Result<Vec<RepairEvent>, Error> {
    let rows = sqlx::query!(
        "SELECT event.op_id, repair_id, store_id, staff_id, wall_ms, happening
         FROM repair_event event JOIN journal ON journal.op_id = event.op_id
         WHERE event.pending = 1 ORDER BY journal.device_seq"
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RepairEvent {
                op_id: id(&row.op_id)?,
                repair_id: id(&row.repair_id)?,
                store_id: id(&row.store_id)?,
                staff_id: optional_id(row.staff_id.as_deref())?,
                wall_ms: row.wall_ms,
                happening: serde_json::from_str(&row.happening)?,
            })
        })
        .collect()
}

/// One repair as shown; none when its intake is not known here.
pub(crate) async fn one_shown(
    connection: &mut SqliteConnection,
    repair_id: RepairId,
) -> Result<Option<Repair>, Error> {
    let key = repair_id.0;
    let confirmed = sqlx::query_as!(
        RepairRow,
        "SELECT repair_id, store_id, number, customer_id, device_kind, device_brand, device_model,
             device_serial, fault, accessories, promised_date, state, received_ms, changed_ms,
             rejected
         FROM repair WHERE repair_id = ?1",
        key
    )
    .fetch_optional(&mut *connection)
    .await?;
    let confirmed = confirmed.map(RepairRow::into_repair).transpose()?;
    let events = events(connection, repair_id).await?;
    Ok(events
        .iter()
        .filter(|event| event.is_pending)
        .fold(confirmed, |repair, event| {
            fold_repair_event(repair, &event.event)
        }))
}

/// Repairs of a device of that serial number as shown, newest first.
pub(crate) async fn of_serial(
    connection: &mut SqliteConnection,
    serial: &str,
) -> Result<Vec<Repair>, Error> {
    let confirmed = sqlx::query_scalar!(
        "SELECT repair_id FROM repair
         WHERE device_serial <> '' AND upper(replace(device_serial, ' ', '')) = ?1",
        serial
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut ids = confirmed
        .iter()
        .map(|repair_id| id(repair_id))
        .collect::<Result<BTreeSet<RepairId>, Error>>()?;
    for event in pending_events(connection).await? {
        ids.insert(event.repair_id);
    }
    let mut repairs = Vec::new();
    for repair_id in ids {
        repairs.extend(one_shown(connection, repair_id).await?);
    }
    let bears = |text: &str| text.replace(' ', "").to_ascii_uppercase() == serial;
    repairs.retain(|repair: &Repair| bears(&repair.device.serial));
    repairs.sort_by_key(|repair| std::cmp::Reverse(repair.received_ms));
    Ok(repairs)
}

/// Repairs in these states as shown, newest first.
pub(crate) async fn shown(
    connection: &mut SqliteConnection,
    states: &[RepairState],
) -> Result<Vec<Repair>, Error> {
    let pending = pending_events(connection).await?;
    let touched = id_list(pending.iter().map(|event| event.repair_id.as_bytes()));
    let names: Vec<&str> = states.iter().map(|state| state.name()).collect();
    let names = serde_json::to_string(&names)?;
    let confirmed = sqlx::query_as!(
        RepairRow,
        "SELECT repair_id, store_id, number, customer_id, device_kind, device_brand, device_model,
             device_serial, fault, accessories, promised_date, state, received_ms, changed_ms,
             rejected
         FROM repair WHERE state IN (SELECT value FROM json_each(?1))
             OR repair_id IN (SELECT unhex(value) FROM json_each(?2))",
        names,
        touched
    )
    .fetch_all(connection)
    .await?;
    let mut repairs: BTreeMap<RepairId, Option<Repair>> = BTreeMap::new();
    for row in confirmed {
        let repair = row.into_repair()?;
        repairs.insert(repair.repair_id, Some(repair));
    }
    for event in pending {
        let place = repairs.entry(event.repair_id).or_default();
        *place = fold_repair_event(place.take(), &event);
    }
    let mut shown: Vec<Repair> = repairs
        .into_values()
        .flatten()
        .filter(|repair| states.contains(&repair.state))
        .collect();
    newest_first(&mut shown);
    Ok(shown)
}

/// All repairs of these customers as shown, newest first.
pub(crate) async fn of_customers(
    connection: &mut SqliteConnection,
    ids: &[CustomerId],
) -> Result<Vec<Repair>, Error> {
    let list = id_list(ids.iter().map(CustomerId::as_bytes));
    let confirmed = sqlx::query_scalar!(
        "SELECT repair_id FROM repair
         WHERE customer_id IN (SELECT unhex(value) FROM json_each(?1))",
        list
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut wanted = confirmed
        .iter()
        .map(|bytes| id(bytes))
        .collect::<Result<BTreeSet<RepairId>, Error>>()?;
    let pending = pending_events(connection).await?;
    wanted.extend(pending.iter().map(|event| event.repair_id));
    let mut repairs = Vec::new();
    for repair_id in wanted {
        repairs.extend(one_shown(connection, repair_id).await?);
    }
    repairs.retain(|repair| repair.customer_id.is_some_and(|id| ids.contains(&id)));
    newest_first(&mut repairs);
    Ok(repairs)
}

fn newest_first(repairs: &mut [Repair]) {
    repairs.sort_by(|a, b| {
        b.received_ms
            .cmp(&a.received_ms)
            .then(b.repair_id.cmp(&a.repair_id))
    });
}
