//! Tax classes, categories and products: rows that the server alone writes, replaced whole.

use std::collections::HashMap;

use domain::{
    catalog::{Category, Levy, Product, TaxClass},
    id::{OrganizationId, ProductId},
    money::UnitPrice,
    quantity::Quantity,
    sale::ListPrice,
    serial::SerialKind,
    tax::{RatePpm, TaxComponent, TaxScheme},
};
use sqlx::types::Json;

use super::{unreadable, unstorable};
use crate::database::Tx;

/// Inserts or replaces tax classes.
pub async fn put_tax_classes(
    tx: &mut Tx,
    organization_id: OrganizationId,
    classes: &[TaxClass],
) -> Result<(), sqlx::Error> {
    for class in classes {
        let rate = i32::try_from(class.rate_ppm.0).map_err(|_| unstorable("a tax rate"))?;
        sqlx::query!(
            "INSERT INTO tax_class (organization_id, code, name, rate_ppm, components, scheme, note)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (organization_id, code)
                 DO UPDATE SET name = excluded.name, rate_ppm = excluded.rate_ppm,
                     components = excluded.components, scheme = excluded.scheme,
                     note = excluded.note",
            organization_id.0,
            class.code,
            class.name,
            rate,
            Json(&class.components) as _,
            class.scheme.name(),
            class.note,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// All tax classes, by code.
pub async fn tax_classes(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<TaxClass>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT code, name, rate_ppm, components AS "components: Json<Vec<TaxComponent>>", scheme,
             note
         FROM tax_class WHERE organization_id = $1 ORDER BY code"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(TaxClass {
                code: row.code,
                name: row.name,
                rate_ppm: RatePpm(row.rate_ppm.cast_unsigned()),
                components: row.components.0,
                scheme: TaxScheme::from_name(&row.scheme)
                    .ok_or_else(|| unreadable("a tax scheme"))?,
                note: row.note,
            })
        })
        .collect()
}

/// Inserts or replaces categories.
pub async fn put_categories(
    tx: &mut Tx,
    organization_id: OrganizationId,
    categories: &[Category],
) -> Result<(), sqlx::Error> {
    if categories.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = categories.iter().map(|c| c.category_id.0).collect();
    let parents: Vec<_> = categories
        .iter()
        .map(|c| c.parent_id.map(|id| id.0))
        .collect();
    let names: Vec<_> = categories.iter().map(|c| c.name.as_str()).collect();
    let positions: Vec<_> = categories.iter().map(|c| c.position).collect();
    sqlx::query!(
        "INSERT INTO category (organization_id, category_id, parent_id, name, position)
         SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::int[])
         ON CONFLICT (organization_id, category_id) DO UPDATE
             SET parent_id = excluded.parent_id, name = excluded.name,
                 position = excluded.position",
        organization_id.0,
        &ids,
        &parents as _,
        &names as &[&str],
        &positions,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All categories, by place and name.
pub async fn categories(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<Category>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT category_id, parent_id, name, position FROM category
         WHERE organization_id = $1 ORDER BY category_id",
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Category {
            category_id: row.category_id.into(),
            parent_id: row.parent_id.map(Into::into),
            name: row.name,
            position: row.position,
        })
        .collect())
}

/// Inserts or replaces products. What they cost is set apart ([`put_costs`]).
pub async fn put_products(
    tx: &mut Tx,
    organization_id: OrganizationId,
    products: &[Product],
) -> Result<(), sqlx::Error> {
    if products.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO product (organization_id, product_id, sku, name, brand, model, category_id,
             tax_class, price_e4, barcodes, stocked, reorder_point_milli, warranty_months,
             list_prices, levies, serial_kind, active)
         SELECT $1, product_id, sku, name, brand, model, category_id, tax_class, price_e4,
             ARRAY(SELECT jsonb_array_elements_text(barcodes)), stocked, reorder_point_milli,
             warranty_months, coalesce(list_prices, '[]'), coalesce(levies, '[]'),
             coalesce(serial_kind, 'none'), active
         FROM jsonb_to_recordset($2) AS row (product_id uuid, sku text, name text, brand text,
             model text, category_id uuid, tax_class text, price_e4 bigint, barcodes jsonb,
             stocked boolean, reorder_point_milli bigint, warranty_months int,
             list_prices jsonb, levies jsonb, serial_kind text, active boolean)
         ON CONFLICT (organization_id, product_id) DO UPDATE
             SET sku = excluded.sku, name = excluded.name, brand = excluded.brand,
                 model = excluded.model, category_id = excluded.category_id,
                 tax_class = excluded.tax_class, price_e4 = excluded.price_e4,
                 barcodes = excluded.barcodes, stocked = excluded.stocked,
                 reorder_point_milli = excluded.reorder_point_milli,
                 warranty_months = excluded.warranty_months, list_prices = excluded.list_prices,
                 levies = excluded.levies, serial_kind = excluded.serial_kind,
                 active = excluded.active",
        organization_id.0,
        Json(products) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Sets what products cost. It stays on the server.
pub async fn put_costs(
    tx: &mut Tx,
    organization_id: OrganizationId,
    costs: &[(ProductId, UnitPrice)],
) -> Result<(), sqlx::Error> {
    if costs.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = costs.iter().map(|(id, _)| id.0).collect();
    let costs: Vec<_> = costs.iter().map(|(_, cost)| cost.0).collect();
    sqlx::query!(
        "UPDATE product SET cost_e4 = now_is.cost_e4
         FROM unnest($2::uuid[], $3::bigint[]) AS now_is (product_id, cost_e4)
         WHERE product.organization_id = $1 AND product.product_id = now_is.product_id",
        organization_id.0,
        &ids,
        &costs,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All products, by id.
pub async fn products(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<Product>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT product_id, sku, name, brand, model, category_id, tax_class, price_e4, barcodes,
             stocked, reorder_point_milli, warranty_months,
             list_prices AS "list_prices: Json<Vec<ListPrice>>", levies AS "levies: Json<Vec<Levy>>",
             serial_kind, active
         FROM product WHERE organization_id = $1 ORDER BY product_id"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Product {
            product_id: row.product_id.into(),
            sku: row.sku,
            name: row.name,
            brand: row.brand,
            model: row.model,
            category_id: row.category_id.map(Into::into),
            tax_class: row.tax_class,
            price_e4: UnitPrice(row.price_e4),
            barcodes: row.barcodes,
            stocked: row.stocked,
            reorder_point_milli: Quantity(row.reorder_point_milli),
            warranty_months: u16::try_from(row.warranty_months).unwrap_or(u16::MAX),
            list_prices: row.list_prices.0,
            levies: row.levies.0,
            serial_kind: SerialKind::from_name(&row.serial_kind).unwrap_or_default(),
            active: row.active,
        })
        .collect())
}

/// Products by their code, the oldest of those that share one.
pub async fn ids_by_sku(
    tx: &mut Tx,
    organization_id: OrganizationId,
    skus: &[&str],
) -> Result<HashMap<String, ProductId>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT DISTINCT ON (sku) sku, product_id FROM product
         WHERE organization_id = $1 AND sku = ANY($2) ORDER BY sku, product_id",
        organization_id.0,
        &skus as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.sku, row.product_id.into()))
        .collect())
}
