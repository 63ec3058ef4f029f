//! Folded rows as the feed brings them: stored whole, the last of each key, nothing computed.

use domain::replication::Rows;
use serde::Serialize;
use sqlx::SqliteConnection;

use super::{catalog, customer, log, many::Insert, promotion, tender};
use crate::error::Error;

const STOCK_ELSEWHERE: Insert = Insert {
    into: "stock_elsewhere (product_id, store_id, on_hand_milli, as_of_ms)",
    columns: 4,
    on_conflict: "ON CONFLICT (product_id, store_id) DO UPDATE SET
        on_hand_milli = excluded.on_hand_milli, as_of_ms = excluded.as_of_ms",
};
const STOCK_LEVEL: Insert = Insert {
    into: "stock_level (product_id, location, store_id, confirmed_milli, pending_milli,
        is_confirmed)",
    columns: 6,
    on_conflict: "ON CONFLICT (product_id, location, store_id) DO UPDATE SET
        confirmed_milli = excluded.confirmed_milli, is_confirmed = 1",
};

/// Stores every row; each key at most once in `rows`.
pub(crate) async fn put(connection: &mut SqliteConnection, rows: &Rows) -> Result<(), Error> {
    put_organization(connection, rows).await?;
    put_people(connection, rows).await?;
    promotion::put(connection, &rows.promotion).await?;
    promotion::put_price_lists(connection, &rows.price_list).await?;
    catalog::put_products(connection, &rows.product).await?;
    customer::put_confirmed(connection, &rows.customer).await?;
    put_stock(connection, rows).await?;
    put_repairs(connection, rows).await?;
    tender::put(connection, &rows.tender).await?;
    log::put_rows(connection, &rows.log_row).await
}

/// The JSON of a list, or nothing to do.
pub(crate) fn json_of<T: Serialize>(list: &[T]) -> Result<Option<String>, Error> {
    if list.is_empty() {
        Ok(None)
    } else {
        Ok(Some(serde_json::to_string(list)?))
    }
}

async fn put_organization(connection: &mut SqliteConnection, rows: &Rows) -> Result<(), Error> {
    if let Some(json) = json_of(&rows.organization)? {
        sqlx::query!(
            "INSERT INTO organization (organization_id, name, currency, minor_digits, tax_mode,
                 country, settings)
             SELECT unhex(value ->> 'organization_id', '-'), value ->> 'name',
                 value ->> '$.currency.code', value ->> '$.currency.minor_digits',
                 value ->> 'tax_mode', value ->> 'country', coalesce(value -> 'settings', '{}')
             FROM jsonb_each(?1) WHERE true
             ON CONFLICT (organization_id) DO UPDATE SET name = excluded.name,
                 currency = excluded.currency, minor_digits = excluded.minor_digits,
                 tax_mode = excluded.tax_mode, country = excluded.country,
                 settings = excluded.settings",
            json
        )
        .execute(&mut *connection)
        .await?;
    }
    if let Some(json) = json_of(&rows.store)? {
        sqlx::query!(
            "INSERT INTO store (store_id, code, name, address, time_zone, cut_over_hour)
             SELECT unhex(value ->> 'store_id', '-'), value ->> 'code', value ->> 'name',
                 value ->> 'address', value ->> 'time_zone', value ->> 'cut_over_hour'
             FROM jsonb_each(?1) WHERE true
             ON CONFLICT (store_id) DO UPDATE SET code = excluded.code, name = excluded.name,
                 address = excluded.address, time_zone = excluded.time_zone,
                 cut_over_hour = excluded.cut_over_hour",
            json
        )
        .execute(&mut *connection)
        .await?;
    }
    if let Some(json) = json_of(&rows.till)? {
        sqlx::query!(
            "INSERT INTO till (device_id, store_id, number, name, epoch, series, revoked)
             SELECT unhex(value ->> 'device_id', '-'), unhex(value ->> 'store_id', '-'),
                 value ->> 'number', value ->> 'name', value ->> 'epoch', value ->> 'series',
                 value ->> 'revoked'
             FROM jsonb_each(?1) WHERE true
             ON CONFLICT (device_id) DO UPDATE SET store_id = excluded.store_id,
                 number = excluded.number, name = excluded.name, epoch = excluded.epoch,
                 series = excluded.series, revoked = excluded.revoked",
            json
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn put_people(connection: &mut SqliteConnection, rows: &Rows) -> Result<(), Error> {
    if let Some(json) = json_of(&rows.staff)? {
        sqlx::query!(
            "INSERT INTO staff (staff_id, name, role, store_id, language, active)
             SELECT unhex(value ->> 'staff_id', '-'), value ->> 'name', value ->> 'role',
                 unhex(value ->> 'store_id', '-'), value ->> 'language', value ->> 'active'
             FROM jsonb_each(?1) WHERE true
             ON CONFLICT (staff_id) DO UPDATE SET name = excluded.name, role = excluded.role,
                 store_id = excluded.store_id, language = excluded.language,
                 active = excluded.active",
            json
        )
        .execute(&mut *connection)
        .await?;
    }
    if let Some(json) = json_of(&rows.tax_class)? {
        sqlx::query!(
            "INSERT INTO tax_class (code, name, rate_ppm, components, scheme, note)
             SELECT value ->> 'code', value ->> 'name', value ->> 'rate_ppm',
                 coalesce(value -> 'components', '[]'),
                 coalesce(value ->> 'scheme', 'standard'), coalesce(value ->> 'note', '')
             FROM jsonb_each(?1) WHERE true
             ON CONFLICT (code) DO UPDATE SET name = excluded.name, rate_ppm = excluded.rate_ppm,
                 components = excluded.components, scheme = excluded.scheme, note = excluded.note",
            json
        )
        .execute(&mut *connection)
        .await?;
    }
    if let Some(json) = json_of(&rows.category)? {
        sqlx::query!(
            "INSERT INTO category (category_id, parent_id, name, position)
             SELECT unhex(value ->> 'category_id', '-'), unhex(value ->> 'parent_id', '-'),
                 value ->> 'name', value ->> 'position'
             FROM jsonb_each(?1) WHERE true
             ON CONFLICT (category_id) DO UPDATE SET parent_id = excluded.parent_id,
                 name = excluded.name, position = excluded.position",
            json
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn put_stock(connection: &mut SqliteConnection, rows: &Rows) -> Result<(), Error> {
    STOCK_ELSEWHERE
        .rows(&rows.stock_elsewhere, |query, row| {
            query
                .bind(row.product_id.0)
                .bind(row.store_id.0)
                .bind(row.on_hand_milli.0)
                .bind(row.as_of_ms)
        })?
        .execute(&mut *connection)
        .await?;
    STOCK_LEVEL
        .rows(&rows.stock_level, |query, row| {
            query
                .bind(row.product_id.0)
                .bind(row.location.name())
                .bind(row.store_id.0)
                .bind(row.on_hand_milli.0)
                .bind(0)
                .bind(true)
        })?
        .execute(&mut *connection)
        .await
}

async fn put_repairs(connection: &mut SqliteConnection, rows: &Rows) -> Result<(), Error> {
    if let Some(json) = json_of(&rows.repair)? {
        sqlx::query!(
            "INSERT INTO repair (repair_id, store_id, number, customer_id, device_kind,
                 device_brand, device_model, device_serial, fault, accessories, promised_date,
                 state, received_ms, changed_ms, rejected)
             SELECT unhex(value ->> 'repair_id', '-'), unhex(value ->> 'store_id', '-'),
                 value ->> 'number', unhex(value ->> 'customer_id', '-'),
                 value ->> '$.device.kind', value ->> '$.device.brand',
                 value ->> '$.device.model', value ->> '$.device.serial', value ->> 'fault',
                 value ->> 'accessories', value ->> 'promised_date', value ->> 'state',
                 value ->> 'received_ms', value ->> 'changed_ms', value -> 'rejected'
             FROM jsonb_each(?1) WHERE true
             ON CONFLICT (repair_id) DO UPDATE SET number = excluded.number,
                 customer_id = excluded.customer_id, device_kind = excluded.device_kind,
                 device_brand = excluded.device_brand, device_model = excluded.device_model,
                 device_serial = excluded.device_serial, fault = excluded.fault,
                 accessories = excluded.accessories, promised_date = excluded.promised_date,
                 state = excluded.state, received_ms = excluded.received_ms,
                 changed_ms = excluded.changed_ms, rejected = excluded.rejected",
            json
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
