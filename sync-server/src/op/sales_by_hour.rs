//! One business day's sales by the hour, beside the same weekday a week before.

use domain::{
    contract::rest::SalesByHour,
    id::{OrganizationId, StoreId},
};
use jiff::{Timestamp, tz::TimeZone};
use time::{Date, Duration};

use crate::{
    clock,
    database::{Tx, begin},
    state::AppState,
    store::{self, document::day},
};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("{0:?} is not a day (YYYY-MM-DD)")]
    DayInvalid(String),
    #[error("there is no such store")]
    StoreUnknown,
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// The report of a day; of the newest with a document when none is named.
pub async fn sales_by_hour(
    state: &AppState,
    organization_id: OrganizationId,
    date: Option<&str>,
    store_id: Option<StoreId>,
) -> Result<SalesByHour, ReportError> {
    let asked = read_day(date)?;
    let mut tx = begin(&state.pool, organization_id).await?;
    check_store(&mut tx, organization_id, store_id).await?;
    let on = match asked {
        Some(on) => on,
        None => match store::report::newest_day(&mut tx, organization_id, store_id).await? {
            Some(newest) => newest,
            None => today(&mut tx, organization_id).await?,
        },
    };
    let before = on.saturating_sub(Duration::WEEK);
    let report = SalesByHour {
        business_date: on.to_string(),
        compared_date: before.to_string(),
        today: store::report::day_totals(&mut tx, organization_id, store_id, on).await?,
        compared: store::report::day_totals(&mut tx, organization_id, store_id, before).await?,
        hours: store::report::hours(&mut tx, organization_id, store_id, on, before).await?,
    };
    tx.commit().await?;
    Ok(report)
}

/// A day as it was asked for.
pub(crate) fn read_day(date: Option<&str>) -> Result<Option<Date>, ReportError> {
    date.filter(|date| !date.is_empty())
        .map(|date| day(date).map_err(|_| ReportError::DayInvalid(date.to_owned())))
        .transpose()
}

/// Another organization's store is as unknown as one that does not exist.
pub(crate) async fn check_store(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: Option<StoreId>,
) -> Result<(), ReportError> {
    let Some(store_id) = store_id else {
        return Ok(());
    };
    let store = store::organization::store(tx, organization_id, store_id).await?;
    store.map(|_| ()).ok_or(ReportError::StoreUnknown)
}

/// Today where the first store is.
async fn today(tx: &mut Tx, organization_id: OrganizationId) -> Result<Date, ReportError> {
    let stores = store::organization::stores(tx, organization_id).await?;
    let zone = stores
        .first()
        .and_then(|store| TimeZone::get(&store.time_zone).ok())
        .unwrap_or(TimeZone::UTC);
    let now = Timestamp::from_millisecond(clock::now_ms().cast_signed()).unwrap_or_default();
    let date = now.to_zoned(zone).date().to_string();
    Ok(day(&date)?)
}
