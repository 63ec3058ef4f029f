//! Facts as their tables hold them, by the operations that made them.

use std::collections::HashMap;

use domain::{
    hlc::Hlc,
    id::{OpId, OrganizationId},
    money::{Currency, Money, UnitPrice},
    quantity::Quantity,
    repair::{RepairEvent, RepairHappening},
    replication::body::{LineBody, PaymentBody},
    sale::{Document, DocumentDetails, DocumentKind, LineDetails, TenderCode},
    stock::{Location, MovementReason, StockMovement},
    tax::{RatePpm, TaxTotal},
};
use sqlx::types::Json;

use crate::{
    database::Tx,
    store::{document::tax_mode, unreadable},
};

/// Documents made by these operations, whole, with their stamps.
pub async fn documents(
    tx: &mut Tx,
    organization_id: OrganizationId,
    ids: &[uuid::Uuid],
) -> Result<HashMap<OpId, (Document, Hlc)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT document_id, kind, number, series, count, store_id, device_id, staff_id,
             customer_id, original_id, business_date::text AS "business_date!", utc_offset_min,
             wall_ms, effective_hlc, currency, minor_digits, tax_mode, total_minor, tax_minor,
             rounding_minor, reason, shift_id, details AS "details: Json<DocumentDetails>"
           FROM document WHERE organization_id = $1 AND document_id = ANY($2)"#,
        organization_id.0,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut documents = HashMap::with_capacity(rows.len());
    for row in rows {
        let document_id = OpId(row.document_id);
        let document = Document {
            document_id,
            kind: DocumentKind::from_name(&row.kind)
                .ok_or_else(|| unreadable("a document's kind"))?,
            number: row.number,
            series: row.series,
            count: row.count.cast_unsigned(),
            store_id: row.store_id.into(),
            device_id: row.device_id.into(),
            staff_id: row.staff_id.map(Into::into),
            customer_id: row.customer_id.map(Into::into),
            original_id: row.original_id.map(Into::into),
            business_date: row.business_date,
            utc_offset_min: row.utc_offset_min,
            wall_ms: row.wall_ms,
            currency: Currency {
                code: row.currency,
                minor_digits: u8::try_from(row.minor_digits).unwrap_or(u8::MAX),
            },
            tax_mode: tax_mode(&row.tax_mode)?,
            total_minor: Money(row.total_minor),
            tax_minor: Money(row.tax_minor),
            rounding_minor: Money(row.rounding_minor),
            reason: row.reason,
            shift_id: row.shift_id.map(Into::into),
            lines: Vec::new(),
            taxes: Vec::new(),
            payments: Vec::new(),
            details: row.details.map(|Json(details)| details).unwrap_or_default(),
        };
        let stamp = Hlc(row.effective_hlc.cast_unsigned());
        documents.insert(document_id, (document, stamp));
    }
    lines(tx, organization_id, ids, &mut documents).await?;
    taxes(tx, organization_id, ids, &mut documents).await?;
    payments(tx, organization_id, ids, &mut documents).await?;
    Ok(documents)
}

type Documents = HashMap<OpId, (Document, Hlc)>;

async fn lines(
    tx: &mut Tx,
    organization_id: OrganizationId,
    ids: &[uuid::Uuid],
    documents: &mut Documents,
) -> Result<(), sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT document_id, n, product_id, sku, name, quantity_milli, unit_price_e4,
             discount_minor, total_minor, tax_class, rate_ppm, tax_minor, location, original_n,
             details AS "details: Json<LineDetails>"
         FROM document_line WHERE organization_id = $1 AND document_id = ANY($2)
         ORDER BY document_id, n"#,
        organization_id.0,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    for row in rows {
        let Some((document, _)) = documents.get_mut(&OpId(row.document_id)) else {
            continue;
        };
        document.lines.push(LineBody {
            n: row.n.cast_unsigned(),
            product_id: row.product_id.into(),
            sku: row.sku,
            name: row.name,
            quantity_milli: Quantity(row.quantity_milli),
            unit_price_e4: UnitPrice(row.unit_price_e4),
            discount_minor: Money(row.discount_minor),
            total_minor: Money(row.total_minor),
            tax_class: row.tax_class,
            rate_ppm: RatePpm(row.rate_ppm.cast_unsigned()),
            tax_minor: Money(row.tax_minor),
            location: row.location.as_deref().and_then(Location::from_name),
            original_n: row.original_n.map(i32::cast_unsigned),
            details: row.details.map(|Json(details)| details).unwrap_or_default(),
        });
    }
    Ok(())
}

async fn taxes(
    tx: &mut Tx,
    organization_id: OrganizationId,
    ids: &[uuid::Uuid],
    documents: &mut Documents,
) -> Result<(), sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT document_id, rate_ppm, net_minor, tax_minor, gross_minor
         FROM document_tax WHERE organization_id = $1 AND document_id = ANY($2)
         ORDER BY document_id, rate_ppm",
        organization_id.0,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    for row in rows {
        let Some((document, _)) = documents.get_mut(&OpId(row.document_id)) else {
            continue;
        };
        document.taxes.push(TaxTotal {
            rate_ppm: RatePpm(row.rate_ppm.cast_unsigned()),
            net_minor: Money(row.net_minor),
            tax_minor: Money(row.tax_minor),
            gross_minor: Money(row.gross_minor),
        });
    }
    Ok(())
}

async fn payments(
    tx: &mut Tx,
    organization_id: OrganizationId,
    ids: &[uuid::Uuid],
    documents: &mut Documents,
) -> Result<(), sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT document_id, n, tender, amount_minor, tendered_minor, change_minor, reference
         FROM payment WHERE organization_id = $1 AND document_id = ANY($2)
         ORDER BY document_id, n",
        organization_id.0,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    for row in rows {
        let Some((document, _)) = documents.get_mut(&OpId(row.document_id)) else {
            continue;
        };
        document.payments.push(PaymentBody {
            n: row.n.cast_unsigned(),
            tender: TenderCode::from_name(&row.tender).ok_or_else(|| unreadable("a tender"))?,
            amount_minor: Money(row.amount_minor),
            tendered_minor: Money(row.tendered_minor),
            change_minor: Money(row.change_minor),
            reference: row.reference,
        });
    }
    Ok(())
}

/// Movements made by these operations, in their places.
pub async fn movements(
    tx: &mut Tx,
    organization_id: OrganizationId,
    ids: &[uuid::Uuid],
) -> Result<HashMap<OpId, Vec<StockMovement>>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT op_id, n, store_id, location, product_id, delta_milli, reason
         FROM stock_movement WHERE organization_id = $1 AND op_id = ANY($2) ORDER BY op_id, n",
        organization_id.0,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut movements: HashMap<OpId, Vec<StockMovement>> = HashMap::new();
    for row in rows {
        let movement = StockMovement {
            op_id: row.op_id.into(),
            n: row.n.cast_unsigned(),
            store_id: row.store_id.into(),
            location: Location::from_name(&row.location).ok_or_else(|| unreadable("a location"))?,
            product_id: row.product_id.into(),
            delta_milli: Quantity(row.delta_milli),
            reason: MovementReason::from_name(&row.reason)
                .ok_or_else(|| unreadable("a movement's reason"))?,
        };
        movements.entry(movement.op_id).or_default().push(movement);
    }
    Ok(movements)
}

/// Events of repairs made by these operations, with their stamps.
pub async fn events_of(
    tx: &mut Tx,
    organization_id: OrganizationId,
    ids: &[uuid::Uuid],
) -> Result<HashMap<OpId, (RepairEvent, Hlc)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT op_id, repair_id, store_id, staff_id, wall_ms, effective_hlc,
             happening AS "happening: Json<RepairHappening>"
           FROM repair_event WHERE organization_id = $1 AND op_id = ANY($2)"#,
        organization_id.0,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let event = RepairEvent {
                op_id: row.op_id.into(),
                repair_id: row.repair_id.into(),
                store_id: row.store_id.into(),
                staff_id: row.staff_id.map(Into::into),
                wall_ms: row.wall_ms,
                happening: row.happening.0,
            };
            let stamp = Hlc(row.effective_hlc.cast_unsigned());
            (event.op_id, (event, stamp))
        })
        .collect())
}
