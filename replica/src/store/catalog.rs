//! Products and categories: the rows, their search entries, and the reads of the Sell page.

use domain::{
    catalog::{Category, Product},
    contract::ipc::ProductHit,
    id::{CategoryId, ProductId},
    money::UnitPrice,
    quantity::Quantity,
};
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};

use super::{count, id, id_list, optional_id, rows::json_of};
use crate::{
    error::Error,
    search::{ProductQuery, product_words},
};

/// Stores products whole and renews their search entries.
pub(crate) async fn put_products(
    connection: &mut SqliteConnection,
    products: &[Product],
) -> Result<(), Error> {
    let Some(json) = json_of(products)? else {
        return Ok(());
    };
    let ids = id_list(products.iter().map(|product| product.product_id.as_bytes()));
    clear_entries(connection, &ids).await?;
    sqlx::query!(
        "INSERT INTO product (product_id, sku, name, brand, model, category_id, tax_class,
             price_e4, barcodes, stocked, reorder_point_milli, warranty_months, active)
         SELECT unhex(value ->> 'product_id', '-'), value ->> 'sku', value ->> 'name',
             value ->> 'brand', value ->> 'model', unhex(value ->> 'category_id', '-'),
             value ->> 'tax_class', value ->> 'price_e4', value -> 'barcodes',
             value ->> 'stocked', value ->> 'reorder_point_milli', value ->> 'warranty_months',
             value ->> 'active'
         FROM jsonb_each(?1) WHERE true
         ON CONFLICT (product_id) DO UPDATE SET sku = excluded.sku, name = excluded.name,
             brand = excluded.brand, model = excluded.model, category_id = excluded.category_id,
             tax_class = excluded.tax_class, price_e4 = excluded.price_e4,
             barcodes = excluded.barcodes, stocked = excluded.stocked,
             reorder_point_milli = excluded.reorder_point_milli,
             warranty_months = excluded.warranty_months, active = excluded.active",
        json
    )
    .execute(&mut *connection)
    .await?;
    let codes: Vec<(String, &str)> = products
        .iter()
        .flat_map(|product| {
            let id = product.product_id.0.simple().to_string();
            product
                .barcodes
                .iter()
                .map(move |code| (id.clone(), code.as_str()))
        })
        .collect();
    if let Some(codes) = json_of(&codes)? {
        sqlx::query!(
            "INSERT INTO product_barcode (product_id, code)
             SELECT unhex(value ->> 0), value ->> 1 FROM jsonb_each(?1) WHERE true
             ON CONFLICT DO NOTHING",
            codes
        )
        .execute(&mut *connection)
        .await?;
    }
    let entries: Vec<(String, String)> = products
        .iter()
        .filter(|product| product.active)
        .map(|product| {
            (
                product.product_id.0.simple().to_string(),
                product_words(product),
            )
        })
        .collect();
    let entries = serde_json::to_string(&entries)?;
    sqlx::query!(
        "INSERT INTO product_fts (rowid, words)
         SELECT product.n, value ->> 1 FROM jsonb_each(?1)
         JOIN product ON product.product_id = unhex(value ->> 0)",
        entries
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes away what the products that are here already are found by.
async fn clear_entries(connection: &mut SqliteConnection, ids: &str) -> Result<(), Error> {
    let known = sqlx::query_scalar!(
        "SELECT n FROM product WHERE product_id IN (SELECT unhex(value) FROM json_each(?1))",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    if known.is_empty() {
        return Ok(());
    }
    let known = serde_json::to_string(&known)?;
    sqlx::query!(
        "DELETE FROM product_fts WHERE rowid IN (SELECT value FROM json_each(?1))",
        known
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "DELETE FROM product_barcode
         WHERE product_id IN (SELECT unhex(value) FROM json_each(?1))",
        ids
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A product's row.
#[derive(Debug, FromRow)]
pub(crate) struct ProductRow {
    product_id: Vec<u8>,
    sku: String,
    name: String,
    brand: String,
    model: String,
    category_id: Option<Vec<u8>>,
    tax_class: String,
    price_e4: i64,
    barcodes: String,
    stocked: bool,
    reorder_point_milli: i64,
    warranty_months: i64,
    active: bool,
    on_hand_milli: i64,
}

impl ProductRow {
    fn into_hit(self) -> Result<ProductHit, Error> {
        Ok(ProductHit {
            on_hand_milli: Quantity(self.on_hand_milli),
            product: Product {
                product_id: id(&self.product_id)?,
                sku: self.sku,
                name: self.name,
                brand: self.brand,
                model: self.model,
                category_id: optional_id(self.category_id.as_deref())?,
                tax_class: self.tax_class,
                price_e4: UnitPrice(self.price_e4),
                barcodes: serde_json::from_str(&self.barcodes)?,
                stocked: self.stocked,
                reorder_point_milli: Quantity(self.reorder_point_milli),
                warranty_months: count(self.warranty_months)?,
                active: self.active,
            },
        })
    }
}

fn hits(rows: Vec<ProductRow>) -> Result<Vec<ProductHit>, Error> {
    rows.into_iter().map(ProductRow::into_hit).collect()
}

/// Products by id, in no order.
pub(crate) async fn products(
    connection: &mut SqliteConnection,
    ids: &[ProductId],
) -> Result<Vec<Product>, Error> {
    let ids = id_list(ids.iter().map(ProductId::as_bytes));
    let rows = sqlx::query_as!(
        ProductRow,
        r#"SELECT product_id, sku, name, brand, model, category_id, tax_class, price_e4, barcodes,
             stocked AS "stocked: bool", reorder_point_milli, warranty_months,
             active AS "active: bool", 0 AS "on_hand_milli!: i64"
         FROM product WHERE product_id IN (SELECT unhex(value) FROM json_each(?1))"#,
        ids
    )
    .fetch_all(connection)
    .await?;
    Ok(hits(rows)?.into_iter().map(|hit| hit.product).collect())
}

/// Products under an exact barcode, else under an exact SKU; the shop floor's stock with them.
pub(crate) async fn scan(
    connection: &mut SqliteConnection,
    code: &str,
    sku: &str,
) -> Result<Vec<ProductHit>, Error> {
    let by_barcode = sqlx::query_as!(
        ProductRow,
        r#"SELECT product.product_id, sku, name, brand, model, category_id, tax_class, price_e4,
             barcodes, stocked AS "stocked: bool", reorder_point_milli, warranty_months,
             active AS "active: bool",
             coalesce(confirmed_milli + pending_milli, 0) AS "on_hand_milli!: i64"
         FROM product_barcode
         JOIN product ON product.product_id = product_barcode.product_id
         LEFT JOIN stock_level ON stock_level.product_id = product.product_id
             AND stock_level.location = 'shop_floor'
         WHERE product_barcode.code = ?1 AND product.active = 1
         ORDER BY product.name, product.n"#,
        code
    )
    .fetch_all(&mut *connection)
    .await?;
    if !by_barcode.is_empty() {
        return hits(by_barcode);
    }
    let by_sku = sqlx::query_as!(
        ProductRow,
        r#"SELECT product.product_id, sku, name, brand, model, category_id, tax_class, price_e4,
             barcodes, stocked AS "stocked: bool", reorder_point_milli, warranty_months,
             active AS "active: bool",
             coalesce(confirmed_milli + pending_milli, 0) AS "on_hand_milli!: i64"
         FROM product
         LEFT JOIN stock_level ON stock_level.product_id = product.product_id
             AND stock_level.location = 'shop_floor'
         WHERE product.sku = ?1 AND product.active = 1
         ORDER BY product.name, product.n"#,
        sku
    )
    .fetch_all(connection)
    .await?;
    hits(by_sku)
}

/// One page of products in the order of the search: a text's hits in the order of the catalogue,
/// everything by name. Put together at run time because text and category each add their own
/// clause.
pub(crate) async fn search(
    connection: &mut SqliteConnection,
    words: &[String],
    category_id: Option<CategoryId>,
    offset: u32,
    limit: u32,
) -> Result<Vec<ProductHit>, Error> {
    let mut sql = QueryBuilder::<Sqlite>::new("");
    if let Some(category_id) = category_id {
        // UNION, not UNION ALL: a tree that bites its own tail must not loop.
        sql.push("WITH RECURSIVE branch (id) AS (SELECT ")
            .push_bind(category_id.0)
            .push(
                " UNION SELECT category.category_id FROM category
                   JOIN branch ON category.parent_id = branch.id) ",
            );
    }
    sql.push(
        "SELECT product.product_id, product.sku, product.name, product.brand, product.model,
             category_id, tax_class, price_e4, barcodes, stocked, reorder_point_milli,
             warranty_months, active,
             coalesce(confirmed_milli + pending_milli, 0) AS on_hand_milli
         FROM ",
    );
    sql.push(if words.is_empty() {
        "product "
    } else {
        "product_fts CROSS JOIN product ON product.n = product_fts.rowid "
    });
    sql.push(
        "LEFT JOIN stock_level ON stock_level.product_id = product.product_id
             AND stock_level.location = 'shop_floor'
         WHERE product.active = 1 ",
    );
    if !words.is_empty() {
        sql.push("AND product_fts MATCH ")
            .push_bind(ProductQuery::expression(words));
    }
    if category_id.is_some() {
        sql.push(" AND product.category_id IN (SELECT id FROM branch)");
    }
    sql.push(if words.is_empty() {
        " ORDER BY product.name COLLATE NOCASE, product.n"
    } else {
        " ORDER BY product_fts.rowid"
    });
    sql.push(" LIMIT ")
        .push_bind(i64::from(limit))
        .push(" OFFSET ")
        .push_bind(i64::from(offset));
    let rows = sql
        .build_query_as::<ProductRow>()
        .fetch_all(connection)
        .await?;
    hits(rows)
}

/// The category tree in the order of the screen.
pub(crate) async fn categories(connection: &mut SqliteConnection) -> Result<Vec<Category>, Error> {
    let rows = sqlx::query!(
        "SELECT category_id, parent_id, name, position FROM category ORDER BY position, name"
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Category {
                category_id: id(&row.category_id)?,
                parent_id: optional_id(row.parent_id.as_deref())?,
                name: row.name,
                position: count(row.position)?,
            })
        })
        .collect()
}
