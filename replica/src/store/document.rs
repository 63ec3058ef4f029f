//! Reading documents back.

use domain::{
    contract::ipc::DocumentSummary,
    id::{CustomerId, OpId},
    money::{Currency, Money, UnitPrice},
    quantity::Quantity,
    sale::{Document, DocumentKind, DocumentLine, Payment, TenderBalance, TenderCode},
    stock::Location,
    tax::{RatePpm, TaxMode},
};
use serde::de::DeserializeOwned;
use sqlx::SqliteConnection;

use super::{count, id, id_list, named, optional_id};
use crate::error::Error;

/// What a plain one does not have.
fn details<T: Default + DeserializeOwned>(json: Option<&str>) -> Result<T, Error> {
    Ok(json
        .map(serde_json::from_str)
        .transpose()?
        .unwrap_or_default())
}

/// The id under a number; of several, the latest.
pub(crate) async fn by_number(
    connection: &mut SqliteConnection,
    number: &str,
) -> Result<Option<OpId>, Error> {
    let found = sqlx::query_scalar!(
        "SELECT document_id FROM document WHERE number = ?1 ORDER BY wall_ms DESC LIMIT 1",
        number
    )
    .fetch_optional(connection)
    .await?;
    found.as_deref().map(id).transpose()
}

/// A document whole, and whether it is still pending.
pub(crate) async fn load(
    connection: &mut SqliteConnection,
    document_id: OpId,
) -> Result<Option<(Document, bool)>, Error> {
    let key = document_id.0;
    let Some(row) = sqlx::query!(
        r#"SELECT kind, number, series, count, store_id, device_id, staff_id, customer_id,
             original_id, business_date, utc_offset_min, wall_ms, currency, minor_digits, tax_mode,
             total_minor, tax_minor, rounding_minor, reason, shift_id, taxes, details,
             pending AS "pending: bool"
         FROM document WHERE document_id = ?1"#,
        key
    )
    .fetch_optional(&mut *connection)
    .await?
    else {
        return Ok(None);
    };
    let lines = lines(connection, document_id).await?;
    let payments = payments(connection, document_id).await?;
    let document = Document {
        document_id,
        kind: named(DocumentKind::from_name(&row.kind))?,
        number: row.number,
        series: row.series,
        count: count(row.count)?,
        store_id: id(&row.store_id)?,
        device_id: id(&row.device_id)?,
        staff_id: optional_id(row.staff_id.as_deref())?,
        customer_id: optional_id(row.customer_id.as_deref())?,
        original_id: optional_id(row.original_id.as_deref())?,
        business_date: row.business_date,
        utc_offset_min: count(row.utc_offset_min)?,
        wall_ms: row.wall_ms,
        currency: Currency {
            code: row.currency,
            minor_digits: count(row.minor_digits)?,
        },
        tax_mode: named(TaxMode::from_name(&row.tax_mode))?,
        total_minor: Money(row.total_minor),
        tax_minor: Money(row.tax_minor),
        rounding_minor: Money(row.rounding_minor),
        reason: row.reason,
        shift_id: optional_id(row.shift_id.as_deref())?,
        lines,
        taxes: serde_json::from_str(&row.taxes)?,
        payments,
        details: details(row.details.as_deref())?,
    };
    Ok(Some((document, row.pending)))
}

async fn lines(
    connection: &mut SqliteConnection,
    document_id: OpId,
) -> Result<Vec<DocumentLine>, Error> {
    let document_id = document_id.0;
    let rows = sqlx::query!(
        "SELECT n, product_id, sku, name, quantity_milli, unit_price_e4, discount_minor,
             total_minor, tax_class, rate_ppm, tax_minor, location, original_n, details
         FROM document_line WHERE document_id = ?1 ORDER BY n",
        document_id
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DocumentLine {
                n: count(row.n)?,
                product_id: id(&row.product_id)?,
                sku: row.sku,
                name: row.name,
                quantity_milli: Quantity(row.quantity_milli),
                unit_price_e4: UnitPrice(row.unit_price_e4),
                discount_minor: Money(row.discount_minor),
                total_minor: Money(row.total_minor),
                tax_class: row.tax_class,
                rate_ppm: RatePpm(count(row.rate_ppm)?),
                tax_minor: Money(row.tax_minor),
                location: row
                    .location
                    .map(|name| named(Location::from_name(&name)))
                    .transpose()?,
                original_n: row.original_n.map(count).transpose()?,
                details: details(row.details.as_deref())?,
            })
        })
        .collect()
}

async fn payments(
    connection: &mut SqliteConnection,
    document_id: OpId,
) -> Result<Vec<Payment>, Error> {
    let document_id = document_id.0;
    let rows = sqlx::query!(
        "SELECT n, tender, amount_minor, tendered_minor, change_minor, reference FROM payment
         WHERE document_id = ?1 ORDER BY n",
        document_id
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Payment {
                n: count(row.n)?,
                tender: named(TenderCode::from_name(&row.tender))?,
                amount_minor: Money(row.amount_minor),
                tendered_minor: Money(row.tendered_minor),
                change_minor: Money(row.change_minor),
                reference: row.reference,
            })
        })
        .collect()
}

/// Per line of a receipt: what known credit notes gave back, pending ones included.
pub(crate) async fn refunded(
    connection: &mut SqliteConnection,
    document_id: OpId,
) -> Result<Vec<(u32, Quantity)>, Error> {
    let document_id = document_id.0;
    let rows = sqlx::query!(
        r#"SELECT line.original_n AS "n!: i64", sum(line.quantity_milli) AS "quantity!: i64"
         FROM document JOIN document_line line ON line.document_id = document.document_id
         WHERE document.original_id = ?1 AND line.original_n IS NOT NULL
         GROUP BY line.original_n ORDER BY line.original_n"#,
        document_id
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| Ok((count(row.n)?, Quantity(row.quantity))))
        .collect()
}

/// Per tender of a receipt: what it took, and what known credit notes gave back by it.
pub(crate) async fn balances(
    connection: &mut SqliteConnection,
    document_id: OpId,
) -> Result<Vec<TenderBalance>, Error> {
    let document_id = document_id.0;
    let rows = sqlx::query!(
        r#"SELECT payment.tender AS "tender!: String",
             sum(iif(document.document_id = ?1, amount_minor, 0)) AS "taken!: i64",
             sum(iif(document.document_id = ?1, 0, amount_minor)) AS "given!: i64"
         FROM document JOIN payment ON payment.document_id = document.document_id
         WHERE document.document_id = ?1 OR document.original_id = ?1
         GROUP BY payment.tender"#,
        document_id
    )
    .fetch_all(&mut *connection)
    .await?;
    let rounding = sqlx::query!(
        r#"SELECT coalesce(sum(iif(document_id = ?1, rounding_minor, 0)), 0) AS "taken!: i64",
             coalesce(sum(iif(document_id = ?1, 0, rounding_minor)), 0) AS "given!: i64"
         FROM document WHERE document_id = ?1 OR original_id = ?1"#,
        document_id
    )
    .fetch_one(connection)
    .await?;
    let mut balances = rows
        .into_iter()
        .map(|row| {
            let tender = named(TenderCode::from_name(&row.tender))?;
            let mut balance = TenderBalance::new(tender);
            balance.taken_minor = Money(row.taken);
            balance.given_minor = Money(row.given);
            // Nothing but cash is rounded.
            if tender == TenderCode::CASH {
                balance.taken_rounding_minor = Money(rounding.taken);
                balance.given_rounding_minor = Money(rounding.given);
            }
            Ok(balance)
        })
        .collect::<Result<Vec<_>, Error>>()?;
    balances.sort_unstable_by_key(|balance| balance.tender);
    Ok(balances)
}

/// The number of a document.
pub(crate) async fn number(
    connection: &mut SqliteConnection,
    document_id: OpId,
) -> Result<Option<String>, Error> {
    let document_id = document_id.0;
    Ok(sqlx::query_scalar!(
        "SELECT number FROM document WHERE document_id = ?1",
        document_id
    )
    .fetch_optional(connection)
    .await?)
}

/// A row of a list.
struct SummaryRow {
    document_id: Vec<u8>,
    kind: String,
    number: String,
    wall_ms: i64,
    utc_offset_min: i64,
    business_date: String,
    total_minor: i64,
    lines: i64,
    staff_name: String,
    pending: bool,
}

impl SummaryRow {
    fn into_summary(self) -> Result<DocumentSummary, Error> {
        Ok(DocumentSummary {
            document_id: id(&self.document_id)?,
            kind: named(DocumentKind::from_name(&self.kind))?,
            number: self.number,
            wall_ms: self.wall_ms,
            utc_offset_min: count(self.utc_offset_min)?,
            business_date: self.business_date,
            total_minor: Money(self.total_minor),
            lines: count(self.lines)?,
            staff_name: self.staff_name,
            is_pending: self.pending,
        })
    }
}

/// The latest documents, newest first.
pub(crate) async fn latest(
    connection: &mut SqliteConnection,
    limit: u32,
) -> Result<Vec<DocumentSummary>, Error> {
    let rows = sqlx::query_as!(
        SummaryRow,
        r#"SELECT document_id, kind, number, wall_ms, utc_offset_min, business_date, total_minor,
             (SELECT count(*) FROM document_line line
              WHERE line.document_id = document.document_id) AS "lines!: i64",
             coalesce((SELECT name FROM staff WHERE staff.staff_id = document.staff_id), '')
                 AS "staff_name!: String",
             pending AS "pending: bool"
         FROM document ORDER BY wall_ms DESC, document_id DESC LIMIT ?1"#,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(SummaryRow::into_summary).collect()
}

/// The documents of these customers, newest first.
pub(crate) async fn of_customers(
    connection: &mut SqliteConnection,
    ids: &[CustomerId],
    limit: u32,
) -> Result<Vec<DocumentSummary>, Error> {
    let list = id_list(ids.iter().map(CustomerId::as_bytes));
    let rows = sqlx::query_as!(
        SummaryRow,
        r#"SELECT document_id, kind, number, wall_ms, utc_offset_min, business_date, total_minor,
             (SELECT count(*) FROM document_line line
              WHERE line.document_id = document.document_id) AS "lines!: i64",
             coalesce((SELECT name FROM staff WHERE staff.staff_id = document.staff_id), '')
                 AS "staff_name!: String",
             pending AS "pending: bool"
         FROM document WHERE customer_id IN (SELECT unhex(value) FROM json_each(?1))
         ORDER BY wall_ms DESC, document_id DESC LIMIT ?2"#,
        list,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(SummaryRow::into_summary).collect()
}

/// What these customers bought, less what they gave back.
pub(crate) async fn bought(
    connection: &mut SqliteConnection,
    ids: &[CustomerId],
) -> Result<Money, Error> {
    let list = id_list(ids.iter().map(CustomerId::as_bytes));
    let credit_note = DocumentKind::CreditNote.name();
    let sum = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(iif(kind = ?2, -total_minor, total_minor)), 0) AS "sum!: i64"
         FROM document WHERE customer_id IN (SELECT unhex(value) FROM json_each(?1))"#,
        list,
        credit_note
    )
    .fetch_one(connection)
    .await?;
    Ok(Money(sum))
}
