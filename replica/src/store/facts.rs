//! Facts, inserted once: pending when this till made them, confirmed when the feed brings them.
//! A fact that comes back flips to confirmed and never the other way.

use domain::{
    hlc::Hlc,
    repair::RepairEvent,
    sale::Document,
    stock::{Location, StockMovement},
};
use serde::Serialize;
use sqlx::SqliteConnection;

use super::{int, many::Insert};
use crate::error::Error;

const DOCUMENT: Insert = Insert {
    into: "document (document_id, kind, number, series, count, store_id, device_id, staff_id,
        customer_id, original_id, business_date, utc_offset_min, wall_ms, currency, minor_digits,
        tax_mode, total_minor, tax_minor, rounding_minor, reason, shift_id, taxes, details,
        pending, effective_hlc)",
    columns: 25,
    on_conflict: "ON CONFLICT (document_id)
        DO UPDATE SET pending = min(pending, excluded.pending),
            effective_hlc = coalesce(excluded.effective_hlc, effective_hlc)",
};
const LINE: Insert = Insert {
    into: "document_line (document_id, n, product_id, sku, name, quantity_milli, unit_price_e4,
        discount_minor, total_minor, tax_class, rate_ppm, tax_minor, location, original_n,
        details, pending)",
    columns: 16,
    on_conflict: "ON CONFLICT (document_id, n)
        DO UPDATE SET pending = min(pending, excluded.pending)",
};
const PAYMENT: Insert = Insert {
    into: "payment (document_id, n, tender, amount_minor, tendered_minor, change_minor, reference,
        pending)",
    columns: 8,
    on_conflict: "ON CONFLICT (document_id, n)
        DO UPDATE SET pending = min(pending, excluded.pending)",
};
const MOVEMENT: Insert = Insert {
    into: "stock_movement (op_id, n, store_id, location, product_id, delta_milli, reason,
        pending, effective_hlc)",
    columns: 9,
    on_conflict: "ON CONFLICT (op_id, n) DO UPDATE SET pending = min(pending, excluded.pending),
        effective_hlc = coalesce(excluded.effective_hlc, effective_hlc)",
};
const PENDING_LEVEL: Insert = Insert {
    into: "stock_level (product_id, location, store_id, pending_milli, confirmed_milli,
        is_confirmed)",
    columns: 6,
    on_conflict: "ON CONFLICT (product_id, location, store_id)
        DO UPDATE SET pending_milli = pending_milli + excluded.pending_milli",
};

/// A document or movement with its place in the order, as the server has fixed it.
#[derive(Debug)]
pub(crate) struct Fact<T> {
    what: T,
    effective_hlc: Hlc,
}

impl<T> Fact<T> {
    pub(crate) fn new(what: T, effective_hlc: Hlc) -> Fact<T> {
        Fact {
            what,
            effective_hlc,
        }
    }
}

/// What states a fact: itself while it is pending, [`Fact`] of it from then on.
pub(crate) trait States<T> {
    fn what(&self) -> &T;
    fn effective_hlc(&self) -> Option<i64>;
}

impl States<Document> for Document {
    fn what(&self) -> &Document {
        self
    }
    fn effective_hlc(&self) -> Option<i64> {
        None
    }
}

impl States<StockMovement> for StockMovement {
    fn what(&self) -> &StockMovement {
        self
    }
    fn effective_hlc(&self) -> Option<i64> {
        None
    }
}

impl<T> States<T> for Fact<T> {
    fn what(&self) -> &T {
        &self.what
    }
    fn effective_hlc(&self) -> Option<i64> {
        Some(int(self.effective_hlc.0))
    }
}

fn stored<T: Serialize>(details: Option<&T>) -> Result<Option<String>, Error> {
    Ok(details.map(serde_json::to_string).transpose()?)
}

/// Documents with their lines and payments.
pub(crate) async fn insert_documents<D: States<Document>>(
    connection: &mut SqliteConnection,
    stated: &[D],
    is_pending: bool,
) -> Result<(), Error> {
    let stamps: Vec<Option<i64>> = stated.iter().map(|one| one.effective_hlc()).collect();
    let documents: Vec<&Document> = stated.iter().map(|one| one.what()).collect();
    let taxes = documents
        .iter()
        .map(|document| serde_json::to_string(&document.taxes))
        .collect::<Result<Vec<_>, _>>()?;
    let details = documents
        .iter()
        .map(|document| stored(document.details.stored()))
        .collect::<Result<Vec<_>, _>>()?;
    DOCUMENT
        .rows(
            documents.iter().zip(taxes.iter().zip(&details).zip(stamps)),
            |query, row| {
                let (document, ((taxes, details), stamp)) = row;
                query
                    .bind(document.document_id.0)
                    .bind(document.kind.name())
                    .bind(document.number.as_str())
                    .bind(document.series.as_str())
                    .bind(int(document.count))
                    .bind(document.store_id.0)
                    .bind(document.device_id.0)
                    .bind(document.staff_id.map(|id| id.0))
                    .bind(document.customer_id.map(|id| id.0))
                    .bind(document.original_id.map(|id| id.0))
                    .bind(document.business_date.as_str())
                    .bind(document.utc_offset_min)
                    .bind(document.wall_ms)
                    .bind(document.currency.code.as_str())
                    .bind(i64::from(document.currency.minor_digits))
                    .bind(document.tax_mode.name())
                    .bind(document.total_minor.0)
                    .bind(document.tax_minor.0)
                    .bind(document.rounding_minor.0)
                    .bind(document.reason.as_str())
                    .bind(document.shift_id.map(|id| id.0))
                    .bind(taxes.as_str())
                    .bind(details.as_deref())
                    .bind(is_pending)
                    .bind(*stamp)
            },
        )?
        .execute(&mut *connection)
        .await?;
    let lines = documents.iter().flat_map(|document| {
        document
            .lines
            .iter()
            .map(|line| (document.document_id, line))
    });
    let lines = lines
        .map(|(id, line)| Ok((id, line, stored(line.details.stored())?)))
        .collect::<Result<Vec<_>, Error>>()?;
    LINE.rows(&lines, |query, (document_id, line, details)| {
        query
            .bind(document_id.0)
            .bind(line.n)
            .bind(line.product_id.0)
            .bind(line.sku.as_str())
            .bind(line.name.as_str())
            .bind(line.quantity_milli.0)
            .bind(line.unit_price_e4.0)
            .bind(line.discount_minor.0)
            .bind(line.total_minor.0)
            .bind(line.tax_class.as_str())
            .bind(line.rate_ppm.0)
            .bind(line.tax_minor.0)
            .bind(line.location.map(Location::name))
            .bind(line.original_n)
            .bind(details.as_deref())
            .bind(is_pending)
    })?
    .execute(&mut *connection)
    .await?;
    let payments = documents.iter().flat_map(|document| {
        let id = document.document_id;
        document.payments.iter().map(move |payment| (id, payment))
    });
    PAYMENT
        .rows(payments, |query, (document_id, payment)| {
            query
                .bind(document_id.0)
                .bind(payment.n)
                .bind(payment.tender.name())
                .bind(payment.amount_minor.0)
                .bind(payment.tendered_minor.0)
                .bind(payment.change_minor.0)
                .bind(payment.reference.as_str())
                .bind(is_pending)
        })?
        .execute(&mut *connection)
        .await
}

/// Movements; pending ones also move the pending half of their levels.
pub(crate) async fn insert_movements<M: States<StockMovement>>(
    connection: &mut SqliteConnection,
    stated: &[M],
    is_pending: bool,
) -> Result<(), Error> {
    MOVEMENT
        .rows(stated, |query, stated| {
            let movement = stated.what();
            query
                .bind(movement.op_id.0)
                .bind(movement.n)
                .bind(movement.store_id.0)
                .bind(movement.location.name())
                .bind(movement.product_id.0)
                .bind(movement.delta_milli.0)
                .bind(movement.reason.name())
                .bind(is_pending)
                .bind(stated.effective_hlc())
        })?
        .execute(&mut *connection)
        .await?;
    if is_pending {
        PENDING_LEVEL
            .rows(stated, |query, stated| {
                let movement = stated.what();
                query
                    .bind(movement.product_id.0)
                    .bind(movement.location.name())
                    .bind(movement.store_id.0)
                    .bind(movement.delta_milli.0)
                    .bind(0)
                    .bind(false)
            })?
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
