//! The organization, its stores, tills and tax classes, as the feed last said.

use domain::{
    catalog::TaxClass,
    id::{DeviceId, StoreId},
    money::Currency,
    replication::row::{Organization, Store, Till},
    tax::{RatePpm, TaxMode, TaxScheme},
};
use sqlx::SqliteConnection;

use super::{count, id, named};
use crate::error::Error;

/// The organization; none before the feed has brought it.
pub(crate) async fn organization(
    connection: &mut SqliteConnection,
) -> Result<Option<Organization>, Error> {
    let Some(row) = sqlx::query!(
        "SELECT organization_id, name, currency, minor_digits, tax_mode, country, settings
         FROM organization"
    )
    .fetch_optional(connection)
    .await?
    else {
        return Ok(None);
    };
    Ok(Some(Organization {
        organization_id: id(&row.organization_id)?,
        name: row.name,
        currency: Currency {
            code: row.currency,
            minor_digits: count(row.minor_digits)?,
        },
        tax_mode: named(TaxMode::from_name(&row.tax_mode))?,
        country: row.country,
        settings: serde_json::from_str(&row.settings)?,
    }))
}

/// All stores by code.
pub(crate) async fn stores(connection: &mut SqliteConnection) -> Result<Vec<Store>, Error> {
    let rows = sqlx::query!(
        "SELECT store_id, code, name, address, time_zone, cut_over_hour FROM store ORDER BY code"
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Store {
                store_id: id::<StoreId>(&row.store_id)?,
                code: row.code,
                name: row.name,
                address: row.address,
                time_zone: row.time_zone,
                cut_over_hour: count(row.cut_over_hour)?,
            })
        })
        .collect()
}

/// How many tills of the organization are in use.
pub(crate) async fn tills_in_use(connection: &mut SqliteConnection) -> Result<u32, Error> {
    let tills =
        sqlx::query_scalar!(r#"SELECT count(*) AS "tills!: i64" FROM till WHERE revoked = 0"#)
            .fetch_one(connection)
            .await?;
    count(tills)
}

/// One till.
pub(crate) async fn till(
    connection: &mut SqliteConnection,
    device_id: DeviceId,
) -> Result<Option<Till>, Error> {
    let device_id = device_id.0;
    let Some(row) = sqlx::query!(
        r#"SELECT device_id, store_id, number, name, epoch, series, revoked AS "revoked: bool"
         FROM till WHERE device_id = ?1"#,
        device_id
    )
    .fetch_optional(connection)
    .await?
    else {
        return Ok(None);
    };
    Ok(Some(Till {
        device_id: id(&row.device_id)?,
        store_id: id(&row.store_id)?,
        number: count(row.number)?,
        name: row.name,
        epoch: count(row.epoch)?,
        series: row.series,
        revoked: row.revoked,
    }))
}

/// All tax classes by code.
pub(crate) async fn tax_classes(connection: &mut SqliteConnection) -> Result<Vec<TaxClass>, Error> {
    let rows = sqlx::query!(
        "SELECT code, name, rate_ppm, components, scheme, note FROM tax_class ORDER BY code"
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(TaxClass {
                code: row.code,
                name: row.name,
                rate_ppm: RatePpm(count(row.rate_ppm)?),
                components: serde_json::from_str(&row.components)?,
                scheme: named(TaxScheme::from_name(&row.scheme))?,
                note: row.note,
            })
        })
        .collect()
}
