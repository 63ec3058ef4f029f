//! Customers: the confirmed record, own writes that wait over it, and the search entries of what
//! is shown.

use std::collections::BTreeMap;

use domain::{
    customer::{Customer, CustomerField, link},
    folding::fold,
    id::CustomerId,
    replication::FieldWrite,
};
use sqlx::SqliteConnection;

use super::{id, id_list, int, named, rows::json_of};
use crate::{error::Error, search::CustomerQuery};

/// Stores confirmed records and renews their search entries.
pub(crate) async fn put_confirmed(
    connection: &mut SqliteConnection,
    customers: &[Customer],
) -> Result<(), Error> {
    let Some(json) = json_of(customers)? else {
        return Ok(());
    };
    sqlx::query!(
        "INSERT INTO customer (customer_id, name, phone, email, address, tax_id, notes, legal_name,
             fiscal_address, consent, merged_into, apart_from)
         SELECT unhex(value ->> 'customer_id', '-'), value ->> 'name', value ->> 'phone',
             value ->> 'email', value ->> 'address', value ->> 'tax_id', value ->> 'notes',
             coalesce(value ->> 'legal_name', ''), coalesce(value ->> 'fiscal_address', ''),
             coalesce(value ->> 'consent', ''), coalesce(value ->> 'merged_into', ''),
             coalesce(value ->> 'apart_from', '')
         FROM jsonb_each(?1) WHERE true
         ON CONFLICT (customer_id) DO UPDATE SET name = excluded.name, phone = excluded.phone,
             email = excluded.email, address = excluded.address, tax_id = excluded.tax_id,
             notes = excluded.notes, legal_name = excluded.legal_name,
             fiscal_address = excluded.fiscal_address, consent = excluded.consent,
             merged_into = excluded.merged_into, apart_from = excluded.apart_from",
        json
    )
    .execute(&mut *connection)
    .await?;
    let ids: Vec<CustomerId> = customers.iter().map(|one| one.customer_id).collect();
    index(connection, &ids).await
}

/// Lays own writes over the record until they come back.
pub(crate) async fn put_pending(
    connection: &mut SqliteConnection,
    writes: &[FieldWrite],
    device_seq: u64,
) -> Result<(), Error> {
    let device_seq = int(device_seq);
    for write in writes {
        let (op_id, customer_id) = (write.op_id.0, write.customer_id.0);
        let (field, value) = (write.field.name(), write.value.as_deref().unwrap_or(""));
        sqlx::query!(
            "INSERT INTO pending_field (op_id, customer_id, field, value, device_seq)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            op_id,
            customer_id,
            field,
            value,
            device_seq
        )
        .execute(&mut *connection)
        .await?;
    }
    let mut ids: Vec<CustomerId> = writes.iter().map(|write| write.customer_id).collect();
    ids.dedup();
    index(connection, &ids).await
}

/// Takes away the waiting writes of operations that came back.
pub(crate) async fn settle(connection: &mut SqliteConnection, op_ids: &str) -> Result<(), Error> {
    let touched = sqlx::query_scalar!(
        "DELETE FROM pending_field WHERE op_id IN (SELECT unhex(value) FROM json_each(?1))
         RETURNING customer_id",
        op_ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut ids = touched
        .iter()
        .map(|bytes| id(bytes))
        .collect::<Result<Vec<CustomerId>, Error>>()?;
    ids.sort_unstable();
    ids.dedup();
    index(connection, &ids).await
}

/// Renews the search entries of these customers as they are now shown.
async fn index(connection: &mut SqliteConnection, ids: &[CustomerId]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let list = id_list(ids.iter().map(CustomerId::as_bytes));
    sqlx::query!(
        "INSERT INTO customer_entry (customer_id) SELECT unhex(value) FROM json_each(?1)
         WHERE true ON CONFLICT DO NOTHING",
        list
    )
    .execute(&mut *connection)
    .await?;
    let entries = sqlx::query!(
        "DELETE FROM customer_fts WHERE rowid IN (SELECT n FROM customer_entry
             WHERE customer_id IN (SELECT unhex(value) FROM json_each(?1)))",
        list
    );
    entries.execute(&mut *connection).await?;
    let texts: Vec<(String, String)> = shown(connection, ids)
        .await?
        .iter()
        .map(|customer| {
            let texts = [
                &customer.name,
                &customer.phone,
                &customer.email,
                &customer.tax_id,
                &customer.legal_name,
            ];
            (
                customer.customer_id.0.simple().to_string(),
                fold(&texts.map(String::as_str).join("\n")),
            )
        })
        .collect();
    let texts = serde_json::to_string(&texts)?;
    sqlx::query!(
        "INSERT INTO customer_fts (rowid, texts)
         SELECT customer_entry.n, value ->> 1 FROM json_each(?1)
         JOIN customer_entry ON customer_entry.customer_id = unhex(value ->> 0)",
        texts
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// These customers as shown: confirmed, with own waiting writes over them in their order.
pub(crate) async fn shown(
    connection: &mut SqliteConnection,
    ids: &[CustomerId],
) -> Result<Vec<Customer>, Error> {
    let list = id_list(ids.iter().map(CustomerId::as_bytes));
    let confirmed = sqlx::query!(
        "SELECT customer_id, name, phone, email, address, tax_id, notes, legal_name, fiscal_address,
             consent, merged_into, apart_from FROM customer
         WHERE customer_id IN (SELECT unhex(value) FROM json_each(?1))",
        list
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut customers = BTreeMap::new();
    for row in confirmed {
        let customer_id = id(&row.customer_id)?;
        let customer = Customer {
            customer_id,
            name: row.name,
            phone: row.phone,
            email: row.email,
            address: row.address,
            tax_id: row.tax_id,
            notes: row.notes,
            legal_name: row.legal_name,
            fiscal_address: row.fiscal_address,
            consent: row.consent,
            merged_into: row.merged_into,
            apart_from: row.apart_from,
        };
        customers.insert(customer_id, customer);
    }
    let pending = sqlx::query!(
        "SELECT customer_id, field, value FROM pending_field
         WHERE customer_id IN (SELECT unhex(value) FROM json_each(?1)) ORDER BY device_seq",
        list
    )
    .fetch_all(connection)
    .await?;
    for row in pending {
        let customer_id: CustomerId = id(&row.customer_id)?;
        customers
            .entry(customer_id)
            .or_insert_with(|| Customer::empty(customer_id))
            .set(named(CustomerField::from_name(&row.field))?, row.value);
    }
    Ok(ids
        .iter()
        .filter_map(|customer_id| customers.remove(customer_id))
        .collect())
}

/// One customer as shown.
pub(crate) async fn one_shown(
    connection: &mut SqliteConnection,
    customer_id: CustomerId,
) -> Result<Option<Customer>, Error> {
    Ok(shown(connection, &[customer_id]).await?.pop())
}

/// One customer as shown, who must be known here.
pub(crate) async fn known(
    connection: &mut SqliteConnection,
    customer_id: CustomerId,
) -> Result<Customer, Error> {
    one_shown(connection, customer_id)
        .await?
        .ok_or(Error::CustomerUnknown(customer_id))
}

/// Customers found by a query, by their texts.
pub(crate) async fn search(
    connection: &mut SqliteConnection,
    query: &CustomerQuery,
    limit: u32,
) -> Result<Vec<Customer>, Error> {
    let found = match query {
        CustomerQuery::All => {
            sqlx::query_scalar!(
                r#"SELECT entry.customer_id AS "customer_id!: Vec<u8>" FROM customer_fts
                 JOIN customer_entry entry ON entry.n = customer_fts.rowid
                 ORDER BY customer_fts.texts, entry.customer_id LIMIT ?1"#,
                limit
            )
            .fetch_all(&mut *connection)
            .await?
        }
        CustomerQuery::Pieces(text) => {
            sqlx::query_scalar!(
                r#"SELECT entry.customer_id AS "customer_id!: Vec<u8>" FROM customer_fts
                 JOIN customer_entry entry ON entry.n = customer_fts.rowid
                 WHERE customer_fts MATCH ?1 ORDER BY customer_fts.texts, entry.customer_id LIMIT ?2"#,
                text,
                limit
            )
            .fetch_all(&mut *connection)
            .await?
        }
        CustomerQuery::Pattern(pattern) => {
            sqlx::query_scalar!(
                r#"SELECT entry.customer_id AS "customer_id!: Vec<u8>" FROM customer_fts
                 JOIN customer_entry entry ON entry.n = customer_fts.rowid
                 WHERE customer_fts.texts LIKE ?1 ESCAPE '\'
                 ORDER BY customer_fts.texts, entry.customer_id LIMIT ?2"#,
                pattern,
                limit
            )
            .fetch_all(&mut *connection)
            .await?
        }
    };
    let ids = found
        .iter()
        .map(|bytes| id(bytes))
        .collect::<Result<Vec<CustomerId>, Error>>()?;
    shown(connection, &ids).await
}

/// All records as shown.
pub(crate) async fn all_shown(connection: &mut SqliteConnection) -> Result<Vec<Customer>, Error> {
    let found = sqlx::query_scalar!("SELECT customer_id FROM customer_entry ORDER BY customer_id")
        .fetch_all(&mut *connection)
        .await?;
    let ids = found
        .iter()
        .map(|bytes| id(bytes))
        .collect::<Result<Vec<CustomerId>, Error>>()?;
    shown(connection, &ids).await
}

/// Every link from a record to the one that it was merged into.
pub(crate) async fn links(
    connection: &mut SqliteConnection,
) -> Result<BTreeMap<CustomerId, CustomerId>, Error> {
    let found = sqlx::query_scalar!(
        r#"SELECT customer_id AS "customer_id!: Vec<u8>" FROM customer WHERE merged_into <> ''
         UNION SELECT customer_id FROM pending_field WHERE field = 'merged_into'"#
    )
    .fetch_all(&mut *connection)
    .await?;
    let ids = found
        .iter()
        .map(|bytes| id(bytes))
        .collect::<Result<Vec<CustomerId>, Error>>()?;
    Ok(shown(connection, &ids)
        .await?
        .iter()
        .filter_map(|customer| Some((customer.customer_id, link::target(customer)?)))
        .collect())
}
