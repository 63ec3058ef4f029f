//! Documents with their lines, taxes and payments: facts, inserted in bulk and never changed.

use domain::{
    hlc::Hlc,
    id::{OpId, OrganizationId},
    money::{Currency, Money, UnitPrice},
    quantity::Quantity,
    replication::body::{LineBody, PaymentBody},
    sale::{Document, DocumentDetails, DocumentKind, LineDetails, TenderCode},
    stock::Location,
    tax::{RatePpm, TaxMode, TaxTotal},
};
use sqlx::types::Json;
use time::Date;

use super::{operation::stored_u64, unreadable, unstorable};
use crate::database::Tx;

/// A calendar day as documents carry it.
pub(crate) fn day(text: &str) -> Result<Date, sqlx::Error> {
    Date::parse(
        text,
        time::macros::format_description!("[year]-[month]-[day]"),
    )
    .map_err(|_| sqlx::Error::Encode(format!("{text:?} is not a day").into()))
}

/// The tax mode of that name.
pub(crate) fn tax_mode(name: &str) -> Result<TaxMode, sqlx::Error> {
    TaxMode::from_name(name).ok_or_else(|| unreadable("a tax mode"))
}

pub(crate) fn place(n: u32) -> Result<i32, sqlx::Error> {
    n.try_into().map_err(|_| unstorable("a place"))
}

fn rate(rate: RatePpm) -> Result<i32, sqlx::Error> {
    rate.0.try_into().map_err(|_| unstorable("a tax rate"))
}

/// Inserts documents and all that belongs to them.
pub async fn insert(
    tx: &mut Tx,
    organization_id: OrganizationId,
    documents: &[(&Document, Hlc)],
) -> Result<(), sqlx::Error> {
    if documents.is_empty() {
        return Ok(());
    }
    insert_heads(tx, organization_id, documents).await?;
    insert_lines(tx, organization_id, documents).await?;
    insert_taxes(tx, organization_id, documents).await?;
    insert_payments(tx, organization_id, documents).await
}

async fn insert_heads(
    tx: &mut Tx,
    organization_id: OrganizationId,
    documents: &[(&Document, Hlc)],
) -> Result<(), sqlx::Error> {
    let of = |get: fn(&Document) -> &str| -> Vec<&str> {
        documents
            .iter()
            .map(|(document, _)| get(document))
            .collect()
    };
    let ids: Vec<_> = documents.iter().map(|(d, _)| d.document_id.0).collect();
    let counts = documents
        .iter()
        .map(|(d, _)| stored_u64(d.count))
        .collect::<Result<Vec<_>, _>>()?;
    let store_ids: Vec<_> = documents.iter().map(|(d, _)| d.store_id.0).collect();
    let device_ids: Vec<_> = documents.iter().map(|(d, _)| d.device_id.0).collect();
    let staff_ids: Vec<_> = documents
        .iter()
        .map(|(d, _)| d.staff_id.map(|id| id.0))
        .collect();
    let customer_ids: Vec<_> = documents
        .iter()
        .map(|(d, _)| d.customer_id.map(|id| id.0))
        .collect();
    let original_ids: Vec<_> = documents
        .iter()
        .map(|(d, _)| d.original_id.map(|id| id.0))
        .collect();
    let days = documents
        .iter()
        .map(|(d, _)| day(&d.business_date))
        .collect::<Result<Vec<_>, _>>()?;
    let offsets: Vec<_> = documents.iter().map(|(d, _)| d.utc_offset_min).collect();
    let walls: Vec<_> = documents.iter().map(|(d, _)| d.wall_ms).collect();
    let stamps = documents
        .iter()
        .map(|(_, hlc)| stored_u64(hlc.0))
        .collect::<Result<Vec<_>, _>>()?;
    let digits: Vec<_> = documents
        .iter()
        .map(|(d, _)| i16::from(d.currency.minor_digits))
        .collect();
    let totals: Vec<_> = documents.iter().map(|(d, _)| d.total_minor.0).collect();
    let roundings: Vec<_> = (documents.iter().map(|(d, _)| d.rounding_minor.0)).collect();
    let shifts: Vec<_> = (documents.iter().map(|(d, _)| d.shift_id.map(|id| id.0))).collect();
    let taxes: Vec<_> = documents.iter().map(|(d, _)| d.tax_minor.0).collect();
    let details: Vec<_> = documents
        .iter()
        .map(|(d, _)| d.details.stored().map(Json))
        .collect();
    sqlx::query!(
        "INSERT INTO document (organization_id, document_id, kind, number, series, count, store_id,
             device_id, staff_id, customer_id, original_id, business_date, utc_offset_min, wall_ms,
             effective_hlc, currency, minor_digits, tax_mode, total_minor, tax_minor, reason,
             rounding_minor, shift_id, details)
         SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[],
             $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[], $11::uuid[], $12::date[], $13::int[],
             $14::bigint[], $15::bigint[], $16::text[], $17::smallint[], $18::text[],
             $19::bigint[], $20::bigint[], $21::text[], $22::bigint[], $23::uuid[], $24::jsonb[])
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &ids,
        &of(|d| d.kind.name()) as &[&str],
        &of(|d| &d.number) as &[&str],
        &of(|d| &d.series) as &[&str],
        &counts,
        &store_ids,
        &device_ids,
        &staff_ids as _,
        &customer_ids as _,
        &original_ids as _,
        &days,
        &offsets,
        &walls,
        &stamps,
        &of(|d| &d.currency.code) as &[&str],
        &digits,
        &of(|d| d.tax_mode.name()) as &[&str],
        &totals,
        &taxes,
        &of(|d| &d.reason) as &[&str],
        &roundings,
        &shifts as _,
        &details as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_lines(
    tx: &mut Tx,
    organization_id: OrganizationId,
    documents: &[(&Document, Hlc)],
) -> Result<(), sqlx::Error> {
    let lines: Vec<(OpId, &LineBody)> = documents
        .iter()
        .flat_map(|(d, _)| d.lines.iter().map(|line| (d.document_id, line)))
        .collect();
    let of = |get: fn(&LineBody) -> &str| -> Vec<&str> {
        lines.iter().map(|(_, line)| get(line)).collect()
    };
    let amount = |get: fn(&LineBody) -> i64| -> Vec<i64> {
        lines.iter().map(|(_, line)| get(line)).collect()
    };
    let ids: Vec<_> = lines.iter().map(|(id, _)| id.0).collect();
    let places = lines
        .iter()
        .map(|(_, line)| place(line.n))
        .collect::<Result<Vec<_>, _>>()?;
    let product_ids: Vec<_> = lines.iter().map(|(_, line)| line.product_id.0).collect();
    let rates = lines
        .iter()
        .map(|(_, line)| rate(line.rate_ppm))
        .collect::<Result<Vec<_>, _>>()?;
    let locations: Vec<_> = lines
        .iter()
        .map(|(_, line)| line.location.map(Location::name))
        .collect();
    let details: Vec<_> = lines
        .iter()
        .map(|(_, line)| line.details.stored().map(Json))
        .collect();
    let originals = lines
        .iter()
        .map(|(_, line)| line.original_n.map(place).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    sqlx::query!(
        "INSERT INTO document_line (organization_id, document_id, n, product_id, sku, name,
             quantity_milli, unit_price_e4, discount_minor, total_minor, tax_class, rate_ppm,
             tax_minor, location, original_n, details)
         SELECT $1, * FROM unnest($2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::text[],
             $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::int[],
             $13::bigint[], $14::text[], $15::int[], $16::jsonb[])
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &ids,
        &places,
        &product_ids,
        &of(|line| &line.sku) as &[&str],
        &of(|line| &line.name) as &[&str],
        &amount(|line| line.quantity_milli.0),
        &amount(|line| line.unit_price_e4.0),
        &amount(|line| line.discount_minor.0),
        &amount(|line| line.total_minor.0),
        &of(|line| &line.tax_class) as &[&str],
        &rates,
        &amount(|line| line.tax_minor.0),
        &locations as _,
        &originals as _,
        &details as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_taxes(
    tx: &mut Tx,
    organization_id: OrganizationId,
    documents: &[(&Document, Hlc)],
) -> Result<(), sqlx::Error> {
    let taxes: Vec<(OpId, &TaxTotal)> = documents
        .iter()
        .flat_map(|(d, _)| d.taxes.iter().map(|tax| (d.document_id, tax)))
        .collect();
    let amount =
        |get: fn(&TaxTotal) -> i64| -> Vec<i64> { taxes.iter().map(|(_, tax)| get(tax)).collect() };
    let ids: Vec<_> = taxes.iter().map(|(id, _)| id.0).collect();
    let rates = taxes
        .iter()
        .map(|(_, tax)| rate(tax.rate_ppm))
        .collect::<Result<Vec<_>, _>>()?;
    sqlx::query!(
        "INSERT INTO document_tax (organization_id, document_id, rate_ppm, net_minor, tax_minor,
             gross_minor)
         SELECT $1, * FROM unnest($2::uuid[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[])
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &ids,
        &rates,
        &amount(|tax| tax.net_minor.0),
        &amount(|tax| tax.tax_minor.0),
        &amount(|tax| tax.gross_minor.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn insert_payments(
    tx: &mut Tx,
    organization_id: OrganizationId,
    documents: &[(&Document, Hlc)],
) -> Result<(), sqlx::Error> {
    let payments: Vec<(OpId, &PaymentBody)> = documents
        .iter()
        .flat_map(|(d, _)| d.payments.iter().map(|payment| (d.document_id, payment)))
        .collect();
    let amount = |get: fn(&PaymentBody) -> i64| -> Vec<i64> {
        payments.iter().map(|(_, payment)| get(payment)).collect()
    };
    let ids: Vec<_> = payments.iter().map(|(id, _)| id.0).collect();
    let places = payments
        .iter()
        .map(|(_, payment)| place(payment.n))
        .collect::<Result<Vec<_>, _>>()?;
    let tenders: Vec<_> = payments.iter().map(|(_, p)| p.tender.name()).collect();
    let references: Vec<_> = payments.iter().map(|(_, p)| p.reference.as_str()).collect();
    sqlx::query!(
        "INSERT INTO payment (organization_id, document_id, n, tender, amount_minor,
             tendered_minor, change_minor, reference)
         SELECT $1, * FROM unnest($2::uuid[], $3::int[], $4::text[], $5::bigint[], $6::bigint[],
             $7::bigint[], $8::text[])
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &ids,
        &places,
        &tenders as &[&str],
        &amount(|payment| payment.amount_minor.0),
        &amount(|payment| payment.tendered_minor.0),
        &amount(|payment| payment.change_minor.0),
        &references as &[&str],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One document with all that belongs to it.
pub async fn get(
    tx: &mut Tx,
    organization_id: OrganizationId,
    document_id: OpId,
) -> Result<Option<Document>, sqlx::Error> {
    let Some(head) = sqlx::query!(
        r#"SELECT kind, number, series, count, store_id, device_id, staff_id, customer_id,
             original_id, business_date::text AS "business_date!", utc_offset_min, wall_ms,
             currency, minor_digits, tax_mode, total_minor, tax_minor, rounding_minor, reason,
             shift_id, details AS "details: Json<DocumentDetails>"
           FROM document WHERE organization_id = $1 AND document_id = $2"#,
        organization_id.0,
        document_id.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(None);
    };
    Ok(Some(Document {
        document_id,
        kind: DocumentKind::from_name(&head.kind).ok_or_else(|| unreadable("a document's kind"))?,
        number: head.number,
        series: head.series,
        count: head.count.cast_unsigned(),
        store_id: head.store_id.into(),
        device_id: head.device_id.into(),
        staff_id: head.staff_id.map(Into::into),
        customer_id: head.customer_id.map(Into::into),
        original_id: head.original_id.map(Into::into),
        business_date: head.business_date,
        utc_offset_min: head.utc_offset_min,
        wall_ms: head.wall_ms,
        currency: Currency {
            code: head.currency,
            minor_digits: u8::try_from(head.minor_digits).map_err(|_| unreadable("a currency"))?,
        },
        tax_mode: tax_mode(&head.tax_mode)?,
        total_minor: Money(head.total_minor),
        tax_minor: Money(head.tax_minor),
        rounding_minor: Money(head.rounding_minor),
        reason: head.reason,
        shift_id: head.shift_id.map(Into::into),
        lines: lines(tx, organization_id, document_id).await?,
        taxes: taxes(tx, organization_id, document_id).await?,
        payments: payments(tx, organization_id, document_id).await?,
        details: head
            .details
            .map(|Json(details)| details)
            .unwrap_or_default(),
    }))
}

async fn lines(
    tx: &mut Tx,
    organization_id: OrganizationId,
    document_id: OpId,
) -> Result<Vec<LineBody>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT n, product_id, sku, name, quantity_milli, unit_price_e4, discount_minor,
             total_minor, tax_class, rate_ppm, tax_minor, location, original_n,
             details AS "details: Json<LineDetails>"
         FROM document_line WHERE organization_id = $1 AND document_id = $2 ORDER BY n"#,
        organization_id.0,
        document_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(LineBody {
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
                location: row
                    .location
                    .map(|name| Location::from_name(&name).ok_or_else(|| unreadable("a location")))
                    .transpose()?,
                original_n: row.original_n.map(i32::cast_unsigned),
                details: row.details.map(|Json(details)| details).unwrap_or_default(),
            })
        })
        .collect()
}

async fn taxes(
    tx: &mut Tx,
    organization_id: OrganizationId,
    document_id: OpId,
) -> Result<Vec<TaxTotal>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT rate_ppm, net_minor, tax_minor, gross_minor
         FROM document_tax WHERE organization_id = $1 AND document_id = $2 ORDER BY rate_ppm",
        organization_id.0,
        document_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| TaxTotal {
            rate_ppm: RatePpm(row.rate_ppm.cast_unsigned()),
            net_minor: Money(row.net_minor),
            tax_minor: Money(row.tax_minor),
            gross_minor: Money(row.gross_minor),
        })
        .collect())
}

async fn payments(
    tx: &mut Tx,
    organization_id: OrganizationId,
    document_id: OpId,
) -> Result<Vec<PaymentBody>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT n, tender, amount_minor, tendered_minor, change_minor, reference
         FROM payment WHERE organization_id = $1 AND document_id = $2 ORDER BY n",
        organization_id.0,
        document_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PaymentBody {
                n: row.n.cast_unsigned(),
                tender: TenderCode::from_name(&row.tender).ok_or_else(|| unreadable("a tender"))?,
                amount_minor: Money(row.amount_minor),
                tendered_minor: Money(row.tendered_minor),
                change_minor: Money(row.change_minor),
                reference: row.reference,
            })
        })
        .collect()
}
