//! Questions of the console, answered from documents.

use std::fmt::Display;

use domain::{
    contract::rest::{DayTotals, DocumentListed, HeldListed, HourTotals},
    id::{OpId, OrganizationId, StoreId},
    money::Money,
    replication::chain::Digest,
    sale::DocumentKind,
};
use time::Date;
use uuid::Uuid;

use super::{digest, unreadable};
use crate::database::Tx;

/// The newest business day of a store, or of any.
pub async fn newest_day(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: Option<StoreId>,
) -> Result<Option<Date>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT max(business_date) FROM document
         WHERE organization_id = $1 AND ($2::uuid IS NULL OR store_id = $2)",
        organization_id.0,
        store_id.map(|id| id.0),
    )
    .fetch_one(&mut **tx)
    .await
}

/// Totals of a business day.
pub async fn day_totals(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: Option<StoreId>,
    day: Date,
) -> Result<DayTotals, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE kind = 'receipt') AS "sales!",
             count(*) FILTER (WHERE kind = 'credit_note') AS "refunds!",
             coalesce(sum(total_minor) FILTER (WHERE kind = 'receipt'), 0)::bigint AS "gross!",
             coalesce(sum(total_minor) FILTER (WHERE kind = 'credit_note'), 0)::bigint
                 AS "refunded!",
             coalesce(sum(CASE kind WHEN 'receipt' THEN tax_minor ELSE -tax_minor END), 0)::bigint
                 AS "tax!",
             (SELECT coalesce(sum(line.quantity_milli), 0)::bigint
              FROM document AS receipt
              JOIN document_line AS line ON line.organization_id = $1
                  AND line.document_id = receipt.document_id
              WHERE receipt.organization_id = $1 AND receipt.business_date = $3
                AND ($2::uuid IS NULL OR receipt.store_id = $2) AND receipt.kind = 'receipt')
                 AS "units!"
           FROM document
           WHERE organization_id = $1 AND business_date = $3
             AND ($2::uuid IS NULL OR store_id = $2)"#,
        organization_id.0,
        store_id.map(|id| id.0),
        day,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(DayTotals {
        sales: row.sales.cast_unsigned(),
        refunds: row.refunds.cast_unsigned(),
        gross_minor: Money(row.gross),
        refunded_minor: Money(row.refunded),
        tax_minor: Money(row.tax),
        units_sold_milli: row.units,
    })
}

/// Sales of two business days by the till's local hour: 24 entries.
pub async fn hours(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: Option<StoreId>,
    day: Date,
    compared: Date,
) -> Result<Vec<HourTotals>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT mod((wall_ms + utc_offset_min * 60000::bigint) / 3600000, 24) AS "hour!",
             coalesce(sum(total_minor) FILTER (WHERE business_date = $3), 0)::bigint AS "gross!",
             count(*) FILTER (WHERE business_date = $3) AS "sales!",
             coalesce(sum(total_minor) FILTER (WHERE business_date = $4), 0)::bigint
                 AS "compared!"
           FROM document
           WHERE organization_id = $1 AND business_date IN ($3, $4) AND kind = 'receipt'
             AND ($2::uuid IS NULL OR store_id = $2)
           GROUP BY 1"#,
        organization_id.0,
        store_id.map(|id| id.0),
        day,
        compared,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut hours: Vec<HourTotals> = (0..24)
        .map(|hour| HourTotals {
            hour,
            ..HourTotals::default()
        })
        .collect();
    for row in rows {
        let entry = usize::try_from(row.hour)
            .ok()
            .and_then(|hour| hours.get_mut(hour));
        if let Some(entry) = entry {
            entry.gross_minor = Money(row.gross);
            entry.sales = row.sales.cast_unsigned();
            entry.compared_gross_minor = Money(row.compared);
        }
    }
    Ok(hours)
}

/// Which documents are listed.
#[derive(Debug, Default)]
pub struct DocumentFilter<'a> {
    /// Part of a number.
    pub number: Option<&'a str>,
    pub day: Option<Date>,
    pub store_id: Option<StoreId>,
    pub kind: Option<DocumentKind>,
    pub original_id: Option<OpId>,
    /// Goes on after this document, newest first.
    pub after: Option<(i64, Uuid)>,
}

/// Documents, newest first.
pub async fn documents(
    tx: &mut Tx,
    organization_id: OrganizationId,
    filter: &DocumentFilter<'_>,
    limit: i64,
) -> Result<Vec<DocumentListed>, sqlx::Error> {
    let pattern = filter.number.map(contains);
    let rows = sqlx::query!(
        r#"SELECT document.document_id, document.kind, document.number,
             coalesce(store.code, '') AS "store_code!", coalesce(staff.name, '') AS "staff_name!",
             coalesce(customer.name, '') AS "customer_name!",
             document.business_date::text AS "business_date!", document.wall_ms,
             document.utc_offset_min, document.total_minor, document.tax_minor,
             (SELECT count(*) FROM document_line AS line
              WHERE line.organization_id = $1 AND line.document_id = document.document_id)
                 AS "lines!"
           FROM document
           LEFT JOIN store ON store.organization_id = $1 AND store.store_id = document.store_id
           LEFT JOIN staff ON staff.organization_id = $1 AND staff.staff_id = document.staff_id
           LEFT JOIN customer ON customer.organization_id = $1
               AND customer.customer_id = document.customer_id
           WHERE document.organization_id = $1
             AND ($2::text IS NULL OR document.number ILIKE $2)
             AND ($3::date IS NULL OR document.business_date = $3)
             AND ($4::uuid IS NULL OR document.store_id = $4)
             AND ($5::text IS NULL OR document.kind = $5)
             AND ($6::uuid IS NULL OR document.original_id = $6)
             AND ($7::bigint IS NULL
                  OR (document.wall_ms, document.document_id) < ($7, $8::uuid))
           ORDER BY document.wall_ms DESC, document.document_id DESC LIMIT $9"#,
        organization_id.0,
        pattern,
        filter.day,
        filter.store_id.map(|id| id.0),
        filter.kind.map(DocumentKind::name),
        filter.original_id.map(|id| id.0),
        filter.after.map(|after| after.0),
        filter.after.map(|after| after.1),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DocumentListed {
                document_id: row.document_id.into(),
                kind: DocumentKind::from_name(&row.kind)
                    .ok_or_else(|| unreadable("a document's kind"))?,
                number: row.number,
                store_code: row.store_code,
                staff_name: row.staff_name,
                customer_name: row.customer_name,
                business_date: row.business_date,
                wall_ms: row.wall_ms,
                utc_offset_min: row.utc_offset_min,
                lines: u32::try_from(row.lines).unwrap_or(u32::MAX),
                total_minor: Money(row.total_minor),
                tax_minor: Money(row.tax_minor),
            })
        })
        .collect()
}

/// A pattern that finds a text anywhere, whatever signs it holds.
fn contains(text: impl Display) -> String {
    let text = text.to_string();
    let plain = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{plain}%")
}

/// Names beside a document, and how it came.
#[derive(Debug)]
pub struct Surroundings {
    pub till_number: Option<u32>,
    pub staff_name: String,
    pub customer_name: String,
    pub original_number: Option<String>,
    pub received_ms: i64,
    pub hash: Digest,
}

/// What stands around a document.
pub async fn surroundings(
    tx: &mut Tx,
    organization_id: OrganizationId,
    document_id: OpId,
) -> Result<Surroundings, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT device.number AS "till_number?", coalesce(staff.name, '') AS "staff_name!",
             coalesce(customer.name, '') AS "customer_name!",
             original.number AS "original_number?",
             (extract(epoch FROM operation.received_at) * 1000)::bigint AS "received_ms!",
             operation.hash
           FROM document
           JOIN operation ON operation.organization_id = $1
               AND operation.op_id = document.document_id
           LEFT JOIN device_epoch AS device ON device.organization_id = $1
               AND device.device_id = operation.device_id AND device.epoch = operation.epoch
           LEFT JOIN staff ON staff.organization_id = $1 AND staff.staff_id = document.staff_id
           LEFT JOIN customer ON customer.organization_id = $1
               AND customer.customer_id = document.customer_id
           LEFT JOIN document AS original ON original.organization_id = $1
               AND original.document_id = document.original_id
           WHERE document.organization_id = $1 AND document.document_id = $2"#,
        organization_id.0,
        document_id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Surroundings {
        till_number: row.till_number.map(i32::cast_unsigned),
        staff_name: row.staff_name,
        customer_name: row.customer_name,
        original_number: row.original_number,
        received_ms: row.received_ms,
        hash: digest(&row.hash)?,
    })
}

/// How many operations are held, and the newest of them.
pub async fn held(
    tx: &mut Tx,
    organization_id: OrganizationId,
    limit: i64,
) -> Result<(u64, Vec<HeldListed>), sqlx::Error> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM held_operation WHERE organization_id = $1"#,
        organization_id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let rows = sqlx::query!(
        r#"SELECT held.device_id, held.epoch, held.branch, held.device_seq, held.reason, held.detail,
             (extract(epoch FROM held.received_at) * 1000)::bigint AS "received_ms!",
             coalesce(device.number, 0) AS "till_number!", coalesce(store.code, '') AS "store_code!"
           FROM held_operation AS held
           LEFT JOIN device_epoch AS device ON device.organization_id = $1
               AND device.device_id = held.device_id AND device.epoch = held.epoch
           LEFT JOIN store ON store.organization_id = $1 AND store.store_id = device.store_id
           WHERE held.organization_id = $1
           ORDER BY held.received_at DESC, held.device_seq DESC LIMIT $2"#,
        organization_id.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let listed = rows
        .into_iter()
        .map(|row| HeldListed {
            device_id: row.device_id.into(),
            till_number: row.till_number.cast_unsigned(),
            store_code: row.store_code,
            epoch: row.epoch.cast_unsigned(),
            branch: row.branch.cast_unsigned(),
            device_seq: row.device_seq.cast_unsigned(),
            reason: row.reason,
            detail: row.detail,
            received_ms: row.received_ms,
        })
        .collect();
    Ok((count.cast_unsigned(), listed))
}
