//! Customers' records, with who wrote each field last.

use domain::{
    customer::Customer,
    id::{CustomerId, OrganizationId},
    replication::fold::FieldStamps,
};
use sqlx::types::{Json, Uuid};

use crate::database::Tx;

/// A record with its stamps.
pub type Record = (Customer, FieldStamps);

/// The row.
struct Row {
    customer_id: Uuid,
    name: String,
    phone: String,
    email: String,
    address: String,
    tax_id: String,
    notes: String,
    legal_name: String,
    fiscal_address: String,
    consent: String,
    merged_into: String,
    apart_from: String,
    stamps: Json<FieldStamps>,
}

impl Row {
    fn into_record(self) -> Record {
        let customer = Customer {
            customer_id: self.customer_id.into(),
            name: self.name,
            phone: self.phone,
            email: self.email,
            address: self.address,
            tax_id: self.tax_id,
            notes: self.notes,
            legal_name: self.legal_name,
            fiscal_address: self.fiscal_address,
            consent: self.consent,
            merged_into: self.merged_into,
            apart_from: self.apart_from,
        };
        (customer, self.stamps.0)
    }
}

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
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT customer_id, name, phone, email, address, tax_id, notes, legal_name,
             fiscal_address, consent, merged_into, apart_from,
             stamps AS "stamps: Json<FieldStamps>"
           FROM customer WHERE organization_id = $1 AND customer_id = ANY($2)
           ORDER BY customer_id FOR UPDATE"#,
        organization_id.0,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Row::into_record).collect())
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
             legal_name = now_is.legal_name, fiscal_address = now_is.fiscal_address,
             consent = now_is.consent, merged_into = now_is.merged_into,
             apart_from = now_is.apart_from, stamps = now_is.stamps
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
             $14::jsonb[])
             AS now_is (customer_id, name, phone, email, address, tax_id, notes, legal_name,
                 fiscal_address, consent, merged_into, apart_from, stamps)
         WHERE customer.organization_id = $1 AND customer.customer_id = now_is.customer_id",
        organization_id.0,
        &ids,
        &of(|c| &c.name) as &[&str],
        &of(|c| &c.phone) as &[&str],
        &of(|c| &c.email) as &[&str],
        &of(|c| &c.address) as &[&str],
        &of(|c| &c.tax_id) as &[&str],
        &of(|c| &c.notes) as &[&str],
        &of(|c| &c.legal_name) as &[&str],
        &of(|c| &c.fiscal_address) as &[&str],
        &of(|c| &c.consent) as &[&str],
        &of(|c| &c.merged_into) as &[&str],
        &of(|c| &c.apart_from) as &[&str],
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
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT customer_id, name, phone, email, address, tax_id, notes, legal_name,
             fiscal_address, consent, merged_into, apart_from,
             stamps AS "stamps: Json<FieldStamps>"
           FROM customer WHERE organization_id = $1 ORDER BY customer_id"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| row.into_record().0).collect())
}
