//! Takes customers in from CSV, row by row: a bad row is told with its line and reason, and stops no
//! other. A customer is found again by the row's key, or by all that the row says, so a file can be
//! imported twice. Rows that are probably one person are not made one here: tills find such records
//! and offer them to people, who can take a merge back.

use std::collections::HashMap;

use domain::{
    customer::{Customer, CustomerError, CustomerField, changed_fields},
    id::{CustomerId, OrganizationId},
};
use sha2::{Digest, Sha256};

use super::{
    import_products::{ImportError, ImportReport},
    read_csv::{Columns, Row, rows},
    record_server_operation::{ServerOperation, record_server_operations},
    write_customer::write_customer,
};
use crate::{database::begin, state::AppState, store};

/// Customers in one transaction.
const BATCH_CUSTOMERS: usize = 500;
/// What a file can say of a customer, each in the column of its name.
const FIELDS: [CustomerField; 8] = [
    CustomerField::Name,
    CustomerField::Phone,
    CustomerField::Email,
    CustomerField::Address,
    CustomerField::TaxId,
    CustomerField::Notes,
    CustomerField::LegalName,
    CustomerField::FiscalAddress,
];
/// The column that names a customer in the program that wrote the file.
const KEY: &str = "key";

/// Imports customers; `progress` hears how many rows were taken in so far.
pub async fn import_customers(
    state: &AppState,
    organization_id: OrganizationId,
    file: impl std::io::Read + Send,
    mut progress: impl FnMut(u64) + Send,
) -> Result<ImportReport, ImportError> {
    let mut csv = rows(file, &[CustomerField::Name.name()])?;
    let known = known(state, organization_id).await?;
    let mut report = ImportReport::default();
    let mut seen: HashMap<CustomerId, u64> = HashMap::new();
    let mut batch: Vec<ServerOperation> = Vec::new();
    let mut done = 0;
    loop {
        let row = csv.next();
        let is_end = row.is_none();
        match row {
            Some(Ok(row)) => {
                let typed = read(organization_id, &row, &csv.columns);
                if let Some(line) = seen.get(&typed.customer_id) {
                    let reason = format!("the same customer stands on line {line} already");
                    report.bad.push(row.bad(reason));
                } else {
                    seen.insert(typed.customer_id, row.line);
                    let before = known.get(&typed.customer_id);
                    match changes(before, &typed) {
                        Ok(texts) if texts.is_empty() => {}
                        Ok(texts) => {
                            batch.push(write_customer(typed.customer_id, texts)?);
                            match before {
                                None => report.created += 1,
                                Some(_) => report.updated += 1,
                            }
                        }
                        Err(reason) => report.bad.push(row.bad(reason)),
                    }
                    done += 1;
                }
            }
            Some(Err(bad)) => report.bad.push(bad),
            None => {}
        }
        if batch.len() == BATCH_CUSTOMERS || (is_end && !batch.is_empty()) {
            let full = std::mem::take(&mut batch);
            let mut tx = begin(&state.pool, organization_id).await?;
            let key = &state.key;
            let raised = record_server_operations(&mut tx, organization_id, key, full).await?;
            tx.commit().await?;
            state.live.publish(organization_id, &raised);
            progress(done);
        }
        if is_end {
            return Ok(report);
        }
    }
}

async fn known(
    state: &AppState,
    organization_id: OrganizationId,
) -> Result<HashMap<CustomerId, Customer>, sqlx::Error> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let all = store::customer::all(&mut tx, organization_id).await?;
    Ok(all.into_iter().map(|one| (one.customer_id, one)).collect())
}

/// The record as the row says it.
fn read(organization_id: OrganizationId, row: &Row, columns: &Columns) -> Customer {
    let text = |name: &str| columns.get(row, name).trim().to_owned();
    let mut typed = Customer::empty(CustomerId(uuid::Uuid::nil()));
    for field in FIELDS {
        typed.set(field, text(field.name()));
    }
    let key = match text(KEY) {
        none if none.is_empty() => FIELDS.map(|field| typed.get(field)).join("\0"),
        named => named,
    };
    typed.customer_id = id_of(organization_id, &key);
    typed
}

/// The same key is the same customer, at every import: a version 8 UUID (RFC 9562, section 5.8) of
/// its SHA-256.
fn id_of(organization_id: OrganizationId, key: &str) -> CustomerId {
    let mut hash = Sha256::new();
    hash.update(b"techstore customer import\0");
    hash.update(organization_id.0.as_bytes());
    hash.update(key.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    CustomerId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// What the row changes in the record on file. An empty field says nothing: a file that lacks a
/// column takes nothing away.
fn changes(
    before: Option<&Customer>,
    typed: &Customer,
) -> Result<Vec<(CustomerField, String)>, String> {
    if before.is_some_and(|record| record.name.is_empty()) {
        // What somebody asked to be forgotten does not come back by a file.
        return Err("this customer's data were erased".to_owned());
    }
    let mut merged = before.unwrap_or(typed).clone();
    for field in FIELDS {
        if !typed.get(field).is_empty() {
            merged.set(field, typed.get(field).to_owned());
        }
    }
    if typed.name.is_empty() {
        merged.name.clear();
    }
    match changed_fields(before, &merged) {
        Err(CustomerError::NothingChanged) => Ok(Vec::new()),
        changed => changed.map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, phone: &str) -> Customer {
        let mut record = Customer::empty(CustomerId(uuid::Uuid::nil()));
        record.set(CustomerField::Name, name.to_owned());
        record.set(CustomerField::Phone, phone.to_owned());
        record
    }

    #[test]
    fn an_empty_field_takes_nothing_away() {
        let before = record("Cole CPC", "5346857");
        assert_eq!(
            changes(Some(&before), &record("Cole CPC", "")),
            Ok(Vec::new())
        );
        assert_eq!(
            changes(Some(&before), &record("Cole CPC", "1")),
            Ok(vec![(CustomerField::Phone, "1".to_owned())])
        );
    }

    #[test]
    fn a_row_without_a_name_and_one_of_an_erased_customer_are_bad() {
        assert!(changes(None, &record("", "5346857")).is_err());
        let before = record("Cole CPC", "5346857");
        assert!(changes(Some(&before), &record("", "5346857")).is_err());
        assert!(changes(Some(&record("", "")), &before).is_err());
    }
}
