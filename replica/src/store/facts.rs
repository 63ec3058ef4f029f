//! Facts, inserted once: pending when this till made them, confirmed when the feed brings them.
//! A fact that comes back flips to confirmed and never the other way.

use domain::{hlc::Hlc, repair::RepairEvent, sale::Document, stock::StockMovement};
use serde::Serialize;
use sqlx::SqliteConnection;

use super::int;
use crate::error::Error;

/// Documents with their lines and payments.
pub(crate) async fn insert_documents(
    connection: &mut SqliteConnection,
    documents: &[Document],
    is_pending: bool,
) -> Result<(), Error> {
    if documents.is_empty() {
        return Ok(());
    }
    let json = serde_json::to_string(documents)?;
    sqlx::query!(
        "INSERT INTO document (document_id, kind, number, series, count, store_id, device_id,
             staff_id, customer_id, original_id, business_date, utc_offset_min, wall_ms, currency,
             minor_digits, tax_mode, total_minor, tax_minor, reason, taxes, pending)
         SELECT unhex(value ->> 'document_id', '-'), value ->> 'kind', value ->> 'number',
             value ->> 'series', value ->> 'count', unhex(value ->> 'store_id', '-'),
             unhex(value ->> 'device_id', '-'), unhex(value ->> 'staff_id', '-'),
             unhex(value ->> 'customer_id', '-'), unhex(value ->> 'original_id', '-'),
             value ->> 'business_date', value ->> 'utc_offset_min', value ->> 'wall_ms',
             value ->> '$.currency.code', value ->> '$.currency.minor_digits',
             value ->> 'tax_mode', value ->> 'total_minor', value ->> 'tax_minor',
             value ->> 'reason', value -> 'taxes', ?2
         FROM jsonb_each(?1) WHERE true
         ON CONFLICT (document_id) DO UPDATE SET pending = min(pending, excluded.pending)",
        json,
        is_pending
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO document_line (document_id, n, product_id, sku, name, quantity_milli,
             unit_price_e4, discount_minor, total_minor, tax_class, rate_ppm, tax_minor, location,
             original_n, pending)
         SELECT unhex(d.value ->> 'document_id', '-'), l.value ->> 'n',
             unhex(l.value ->> 'product_id', '-'), l.value ->> 'sku', l.value ->> 'name',
             l.value ->> 'quantity_milli', l.value ->> 'unit_price_e4',
             l.value ->> 'discount_minor', l.value ->> 'total_minor', l.value ->> 'tax_class',
             l.value ->> 'rate_ppm', l.value ->> 'tax_minor', l.value ->> 'location',
             l.value ->> 'original_n', ?2
         FROM jsonb_each(?1) d, jsonb_each(d.value, '$.lines') l WHERE true
         ON CONFLICT (document_id, n) DO UPDATE SET pending = min(pending, excluded.pending)",
        json,
        is_pending
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO payment (document_id, n, tender, amount_minor, tendered_minor, change_minor,
             reference, pending)
         SELECT unhex(d.value ->> 'document_id', '-'), p.value ->> 'n', p.value ->> 'tender',
             p.value ->> 'amount_minor', p.value ->> 'tendered_minor',
             p.value ->> 'change_minor', coalesce(p.value ->> 'reference', ''), ?2
         FROM jsonb_each(?1) d, jsonb_each(d.value, '$.payments') p WHERE true
         ON CONFLICT (document_id, n) DO UPDATE SET pending = min(pending, excluded.pending)",
        json,
        is_pending
    )
    .execute(&mut *connection)
    .await?;
    Ok(())
}

/// Movements; pending ones also move the pending half of their levels.
pub(crate) async fn insert_movements(
    connection: &mut SqliteConnection,
    movements: &[StockMovement],
    is_pending: bool,
) -> Result<(), Error> {
    if movements.is_empty() {
        return Ok(());
    }
    let json = serde_json::to_string(movements)?;
    sqlx::query!(
        "INSERT INTO stock_movement (op_id, n, store_id, location, product_id, delta_milli,
             reason, pending)
         SELECT unhex(value ->> 'op_id', '-'), value ->> 'n', unhex(value ->> 'store_id', '-'),
             value ->> 'location', unhex(value ->> 'product_id', '-'), value ->> 'delta_milli',
             value ->> 'reason', ?2
         FROM jsonb_each(?1) WHERE true
         ON CONFLICT (op_id, n) DO UPDATE SET pending = min(pending, excluded.pending)",
        json,
        is_pending
    )
    .execute(&mut *connection)
    .await?;
    if is_pending {
        sqlx::query!(
            "INSERT INTO stock_level (product_id, location, store_id, confirmed_milli,
                 pending_milli, is_confirmed)
             SELECT unhex(value ->> 'product_id', '-'), value ->> 'location',
                 unhex(value ->> 'store_id', '-'), 0, sum(value ->> 'delta_milli'), 0
             FROM jsonb_each(?1) GROUP BY 1, 2, 3
             ON CONFLICT (product_id, location, store_id)
             DO UPDATE SET pending_milli = pending_milli + excluded.pending_milli",
            json
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The pending half of every level that these operations moved, from the movements that are still
/// pending.
pub(crate) async fn settle_levels(
    connection: &mut SqliteConnection,
    op_ids: &str,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE stock_level AS level SET pending_milli = coalesce(
             (SELECT sum(movement.delta_milli) FROM stock_movement movement
              WHERE movement.pending = 1 AND movement.product_id = level.product_id
                AND movement.location = level.location
                AND movement.store_id = level.store_id), 0)
         WHERE level.product_id IN (SELECT product_id FROM stock_movement
                WHERE op_id IN (SELECT unhex(value) FROM json_each(?1)))",
        op_ids
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A repair's event with its place in the order, once the server has fixed it.
#[derive(Debug, Serialize)]
pub(crate) struct EventFact {
    pub(crate) event: RepairEvent,
    effective_hlc: Option<i64>,
}

impl EventFact {
    pub(crate) fn new(event: RepairEvent, effective_hlc: Option<Hlc>) -> EventFact {
        EventFact {
            event,
            effective_hlc: effective_hlc.map(|hlc| int(hlc.0)),
        }
    }
}

/// Events of repairs.
pub(crate) async fn insert_events(
    connection: &mut SqliteConnection,
    events: &[EventFact],
    is_pending: bool,
) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    let json = serde_json::to_string(events)?;
    sqlx::query!(
        "INSERT INTO repair_event (op_id, repair_id, store_id, staff_id, wall_ms, effective_hlc,
             happening, pending)
         SELECT unhex(value ->> '$.event.op_id', '-'), unhex(value ->> '$.event.repair_id', '-'),
             unhex(value ->> '$.event.store_id', '-'), unhex(value ->> '$.event.staff_id', '-'),
             value ->> '$.event.wall_ms', value ->> 'effective_hlc', value -> '$.event.happening',
             ?2
         FROM jsonb_each(?1) WHERE true
         ON CONFLICT (op_id) DO UPDATE SET pending = min(pending, excluded.pending),
             effective_hlc = excluded.effective_hlc",
        json,
        is_pending
    )
    .execute(connection)
    .await?;
    Ok(())
}
