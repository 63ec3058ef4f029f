//! Customers' records, with who wrote each field last.

use domain::{
    customer::Customer,
    id::{CustomerId, OrganizationId},
    replication::fold::FieldStamps,
};
use sqlx::types::Json;

use crate::database::Tx;

/// A record with its stamps.
pub type Record = (Customer, FieldStamps);

/// Makes the records that are missing, locks all of them in order, and reads them. `ids` are
/// sorted and without repetition.
pub async fn lock(
    tx: &mut Tx,
    organization_id: OrganizationId,
    ids: &[CustomerId],
) -> Result<Vec<Record>, sqlx::Error> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "INSERT INTO customer (organization_id, customer_id)
         SELECT $1, customer_id
         FROM unnest($2::uuid[]) WITH ORDINALITY AS key (customer_id, n)
         ORDER BY n
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    let rows = sqlx::query!(
        r#"SELECT customer_id, name, phone, email, address, tax_id, notes,
             stamps AS "stamps: Json<FieldStamps>"
           FROM customer WHERE organization_id = $1 AND customer_id = ANY($2)
           ORDER BY customer_id FOR UPDATE"#,
        organization_id.0,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let customer = Customer {
                customer_id: row.customer_id.into(),
                name: row.name,
                phone: row.phone,
                email: row.email,
                address: row.address,
                tax_id: row.tax_id,
                notes: row.notes,
            };
            (customer, row.stamps.0)
        })
        .collect())
}

/// Writes records that the transaction holds locked.
pub async fn write(
    tx: &mut Tx,
    organization_id: OrganizationId,
    records: &[&Record],
) -> Result<(), sqlx::Error> {
    let of = |get: fn(&Customer) -> &str| -> Vec<&str> {
        records.iter().map(|(customer, _)| get(customer)).collect()
    };
    let ids: Vec<_> = records.iter().map(|(c, _)| c.customer_id.0).collect();
    let stamps: Vec<_> = records.iter().map(|(_, stamps)| Json(stamps)).collect();
    sqlx::query!(
        "UPDATE customer SET name = now_is.name, phone = now_is.phone, email = now_is.email,
             address = now_is.address, tax_id = now_is.tax_id, notes = now_is.notes,
             stamps = now_is.stamps
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::text[], $9::jsonb[])
             AS now_is (customer_id, name, phone, email, address, tax_id, notes, stamps)
         WHERE customer.organization_id = $1 AND customer.customer_id = now_is.customer_id",
        organization_id.0,
        &ids,
        &of(|c| &c.name) as &[&str],
        &of(|c| &c.phone) as &[&str],
        &of(|c| &c.email) as &[&str],
        &of(|c| &c.address) as &[&str],
        &of(|c| &c.tax_id) as &[&str],
        &of(|c| &c.notes) as &[&str],
        &stamps as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether anything was ever recorded of a customer.
pub async fn exists(
    tx: &mut Tx,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM customer
             WHERE organization_id = $1 AND customer_id = $2) AS "exists!""#,
        organization_id.0,
        customer_id.0,
    )
    .fetch_one(&mut **tx)
    .await
}

/// All records, by id.
pub async fn all(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<Customer>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT customer_id, name, phone, email, address, tax_id, notes FROM customer
         WHERE organization_id = $1 ORDER BY customer_id",
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Customer {
            customer_id: row.customer_id.into(),
            name: row.name,
            phone: row.phone,
            email: row.email,
            address: row.address,
            tax_id: row.tax_id,
            notes: row.notes,
        })
        .collect())
}
