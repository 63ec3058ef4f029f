//! Organizations and their stores. The organization's own row stands outside row-level security:
//! it is asked for by id, or by name at the command line.

use domain::{
    id::{OrganizationId, StoreId},
    money::Currency,
    replication::row::{Organization, Settings, Store},
};
use sqlx::types::Json;

use super::{document::tax_mode, unreadable};
use crate::database::{Pool, Tx};

/// Inserts or replaces the organization's row.
pub async fn put(tx: &mut Tx, organization: &Organization) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO organization (organization_id, name, currency, minor_digits, tax_mode, country,
             settings)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (organization_id) DO UPDATE SET name = excluded.name,
             currency = excluded.currency, minor_digits = excluded.minor_digits,
             tax_mode = excluded.tax_mode, country = excluded.country,
             settings = excluded.settings",
        organization.organization_id.0,
        organization.name,
        organization.currency.code,
        i16::from(organization.currency.minor_digits),
        organization.tax_mode.name(),
        organization.country,
        Json(&organization.settings) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The organization's row.
pub async fn get(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Option<Organization>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT name, currency, minor_digits, tax_mode, country,
             settings AS "settings: Json<Settings>"
           FROM organization WHERE organization_id = $1"#,
        organization_id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Organization {
            organization_id,
            name: row.name,
            currency: Currency {
                code: row.currency,
                minor_digits: u8::try_from(row.minor_digits)
                    .map_err(|_| unreadable("a currency"))?,
            },
            tax_mode: tax_mode(&row.tax_mode)?,
            country: row.country,
            settings: row.settings.0,
        })
    })
    .transpose()
}

/// Every organization's id and name, for jobs and the command line.
pub async fn all(pool: &Pool) -> Result<Vec<(OrganizationId, String)>, sqlx::Error> {
    let mut tx = pool.begin().await?;
    let rows = sqlx::query!("SELECT organization_id, name FROM organization ORDER BY created_at")
        .fetch_all(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.organization_id.into(), row.name))
        .collect())
}

/// Inserts or replaces stores.
pub async fn put_stores(
    tx: &mut Tx,
    organization_id: OrganizationId,
    stores: &[Store],
) -> Result<(), sqlx::Error> {
    for store in stores {
        sqlx::query!(
            "INSERT INTO store (organization_id, store_id, code, name, address, time_zone,
                 cut_over_hour)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (organization_id, store_id) DO UPDATE SET code = excluded.code,
                 name = excluded.name, address = excluded.address,
                 time_zone = excluded.time_zone, cut_over_hour = excluded.cut_over_hour",
            organization_id.0,
            store.store_id.0,
            store.code,
            store.name,
            store.address,
            store.time_zone,
            i16::from(store.cut_over_hour),
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// All stores, by code.
pub async fn stores(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<Store>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT store_id, code, name, address, time_zone, cut_over_hour FROM store
         WHERE organization_id = $1 ORDER BY code",
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Store {
                store_id: row.store_id.into(),
                code: row.code,
                name: row.name,
                address: row.address,
                time_zone: row.time_zone,
                cut_over_hour: u8::try_from(row.cut_over_hour)
                    .map_err(|_| unreadable("a cut-over hour"))?,
            })
        })
        .collect()
}

/// One store.
pub async fn store(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: StoreId,
) -> Result<Option<Store>, sqlx::Error> {
    let stores = stores(tx, organization_id).await?;
    Ok(stores.into_iter().find(|store| store.store_id == store_id))
}
