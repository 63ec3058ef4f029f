//! Products and categories: the rows, their search entries, and the reads of the Sell page.

use std::collections::BTreeSet;

use domain::{
    catalog::{Category, Product},
    contract::ipc::ProductHit,
    id::{CategoryId, ProductId},
    money::UnitPrice,
    quantity::Quantity,
    serial::SerialKind,
};
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};

use super::{bulk, count, id, id_list, many::Insert, named, optional_id};
use crate::{
    error::Error,
    search::{COMPLETIONS_MAX, Candidate, beginning, has_prefix_index, one_of, product_words},
};

const PRODUCT: Insert = Insert {
    into: "product (n, product_id, sku, name, brand, model, category_id, tax_class, price_e4,
        barcodes, stocked, reorder_point_milli, warranty_months, list_prices, levies,
        serial_kind, active)",
    columns: 17,
    on_conflict: "ON CONFLICT (product_id) DO UPDATE SET sku = excluded.sku, name = excluded.name,
        brand = excluded.brand, model = excluded.model, category_id = excluded.category_id,
        tax_class = excluded.tax_class, price_e4 = excluded.price_e4,
        barcodes = excluded.barcodes, stocked = excluded.stocked,
        reorder_point_milli = excluded.reorder_point_milli,
        warranty_months = excluded.warranty_months, list_prices = excluded.list_prices,
        levies = excluded.levies, serial_kind = excluded.serial_kind, active = excluded.active",
};
const BARCODE: Insert = Insert {
    into: "product_barcode (product_id, code)",
    columns: 2,
    on_conflict: "ON CONFLICT DO NOTHING",
};
const ENTRY: Insert = Insert {
    into: "product_fts (rowid, words)",
    columns: 2,
    on_conflict: "",
};

const WORD: Insert = Insert {
    into: "product_word (word)",
    columns: 1,
    on_conflict: "ON CONFLICT DO NOTHING",
};

/// Stores products whole and renews their search entries.
pub(crate) async fn put_products(
    connection: &mut SqliteConnection,
    products: &[Product],
) -> Result<(), Error> {
    if products.is_empty() {
        return Ok(());
    }
    let ids = id_list(products.iter().map(|product| product.product_id.as_bytes()));
    let are_known = clear_entries(connection, &ids).await?;
    let last = sqlx::query_scalar!(r#"SELECT coalesce(max(n), 0) AS "last!: i64" FROM product"#)
        .fetch_one(&mut *connection)
        .await?;
    let lists = products.iter().map(|product| {
        Ok::<_, Error>((
            serde_json::to_string(&product.barcodes)?,
            serde_json::to_string(&product.list_prices)?,
            serde_json::to_string(&product.levies)?,
        ))
    });
    let lists = lists.collect::<Result<Vec<_>, _>>()?;
    PRODUCT
        .rows(
            (last + 1..).zip(products).zip(&lists),
            |query, ((n, product), (barcodes, list_prices, levies))| {
                query
                    .bind(*n)
                    .bind(product.product_id.0)
                    .bind(product.sku.as_str())
                    .bind(product.name.as_str())
                    .bind(product.brand.as_str())
                    .bind(product.model.as_str())
                    .bind(product.category_id.map(|id| id.0))
                    .bind(product.tax_class.as_str())
                    .bind(product.price_e4.0)
                    .bind(barcodes.as_str())
                    .bind(product.stocked)
                    .bind(product.reorder_point_milli.0)
                    .bind(product.warranty_months)
                    .bind(list_prices.as_str())
                    .bind(levies.as_str())
                    .bind(product.serial_kind.name())
                    .bind(product.active)
            },
        )?
        .execute(&mut *connection)
        .await?;
    let codes = products.iter().flat_map(|product| {
        let id = product.product_id;
        product.barcodes.iter().map(move |code| (id, code))
    });
    BARCODE
        .rows(codes, |query, (product_id, code)| {
            query.bind(product_id.0).bind(code.as_str())
        })?
        .execute(&mut *connection)
        .await?;
    let entries: Vec<Entry<'_>> = (last + 1..)
        .zip(products)
        .filter(|(_, product)| product.active)
        .map(|(n, product)| (n, product, product_words(product)))
        .collect();
    if !bulk::are_deferred(connection).await? {
        put_words(connection, &entries).await?;
    }
    if are_known {
        put_entries(connection, &entries).await
    } else {
        put_new_entries(connection, entries).await
    }
}

/// The number that a product has if it is new, and the words that it is found by.
type Entry<'a> = (i64, &'a Product, String);

/// The words by themselves, in the order of their table.
async fn put_words(connection: &mut SqliteConnection, entries: &[Entry<'_>]) -> Result<(), Error> {
    let words: BTreeSet<&str> = entries
        .iter()
        .flat_map(|(.., words)| words.split(' '))
        .collect();
    WORD.rows(words, |query, word| query.bind((*word).to_owned()))?
        .execute(connection)
        .await
}

/// What products are found by, whatever numbers they have.
async fn put_entries(
    connection: &mut SqliteConnection,
    entries: &[Entry<'_>],
) -> Result<(), Error> {
    let entries: Vec<(String, &str)> = entries
        .iter()
        .map(|(_, product, words)| (product.product_id.0.simple().to_string(), words.as_str()))
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

/// The same for products that were numbered just now.
async fn put_new_entries(
    connection: &mut SqliteConnection,
    entries: Vec<Entry<'_>>,
) -> Result<(), Error> {
    ENTRY
        .rows(entries, |query, (n, _, words)| {
            query.bind(*n).bind(words.clone())
        })?
        .execute(connection)
        .await
}

/// Takes away what the products that are here already are found by; whether there are any.
async fn clear_entries(connection: &mut SqliteConnection, ids: &str) -> Result<bool, Error> {
    let known = sqlx::query_scalar!(
        "SELECT n FROM product WHERE product_id IN (SELECT unhex(value) FROM json_each(?1))",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    if known.is_empty() {
        return Ok(false);
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
    Ok(true)
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
    list_prices: String,
    levies: String,
    serial_kind: String,
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
                list_prices: serde_json::from_str(&self.list_prices)?,
                levies: serde_json::from_str(&self.levies)?,
                serial_kind: named(SerialKind::from_name(&self.serial_kind))?,
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
             list_prices, levies, serial_kind, active AS "active: bool", 0 AS "on_hand_milli!: i64"
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
             list_prices, levies, serial_kind, active AS "active: bool",
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
             list_prices, levies, serial_kind, active AS "active: bool",
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

/// Words that begin as typed, of the index; none when there is no product with such a word.
async fn completions(connection: &mut SqliteConnection, word: &str) -> Result<Vec<String>, Error> {
    // Behind every word that goes on from here.
    let end = format!("{word}{}", char::MAX);
    let limit = i64::from(COMPLETIONS_MAX) + 1;
    Ok(sqlx::query_scalar!(
        "SELECT word FROM product_word WHERE word >= ?1 AND word < ?2 LIMIT ?3",
        word,
        end,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// What the index is asked for typed words; none when a word begins none of its words.
pub(crate) async fn expression(
    connection: &mut SqliteConnection,
    typed: &[String],
) -> Result<Option<String>, Error> {
    let mut parts = Vec::with_capacity(typed.len());
    for word in typed {
        if has_prefix_index(word) {
            parts.push(beginning(word));
            continue;
        }
        let words = completions(connection, word).await?;
        if words.is_empty() {
            return Ok(None);
        }
        parts.push(if words.len() > usize::from(COMPLETIONS_MAX) {
            beginning(word)
        } else {
            one_of(&words)
        });
    }
    Ok(Some(parts.join(" AND ")))
}

/// What a search looks through, and in which order it finds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Searched<'a> {
    /// What the index is asked; none for everything.
    pub(crate) expression: Option<&'a str>,
    /// This category and what lies under it.
    pub(crate) category_id: Option<CategoryId>,
}

impl Searched<'_> {
    /// `SELECT columns` of what is found from an offset on: a text's hits in the order of the
    /// catalogue, everything by name. Put together at run time because text and category each add
    /// their own clause.
    fn select(self, columns: &str, join: &str, offset: u32, limit: u32) -> QueryBuilder<Sqlite> {
        let mut sql = QueryBuilder::<Sqlite>::new("");
        if let Some(category_id) = self.category_id {
            // UNION, not UNION ALL: a tree that bites its own tail must not loop.
            sql.push("WITH RECURSIVE branch (id) AS (SELECT ")
                .push_bind(category_id.0)
                .push(
                    " UNION SELECT category.category_id FROM category
                       JOIN branch ON category.parent_id = branch.id) ",
                );
        }
        sql.push("SELECT ").push(columns).push(" FROM ");
        sql.push(if self.expression.is_none() {
            "product "
        } else {
            "product_fts CROSS JOIN product ON product.n = product_fts.rowid "
        });
        sql.push(join).push(" WHERE product.active = 1 ");
        if let Some(expression) = self.expression {
            sql.push("AND product_fts MATCH ")
                .push_bind(expression.to_owned());
        }
        if self.category_id.is_some() {
            sql.push(" AND product.category_id IN (SELECT id FROM branch)");
        }
        sql.push(if self.expression.is_none() {
            " ORDER BY product.name COLLATE NOCASE, product.n"
        } else {
            " ORDER BY product_fts.rowid"
        });
        sql.push(" LIMIT ")
            .push_bind(i64::from(limit))
            .push(" OFFSET ")
            .push_bind(i64::from(offset));
        sql
    }
}

/// One page of products in the order of the search.
pub(crate) async fn search(
    connection: &mut SqliteConnection,
    searched: Searched<'_>,
    offset: u32,
    limit: u32,
) -> Result<Vec<ProductHit>, Error> {
    const COLUMNS: &str = "product.product_id, product.sku, product.name, product.brand,
        product.model, category_id, tax_class, price_e4, barcodes, stocked, reorder_point_milli,
        warranty_months, list_prices, levies, serial_kind, active,
        coalesce(confirmed_milli + pending_milli, 0) AS on_hand_milli";
    const STOCK: &str = "LEFT JOIN stock_level ON stock_level.product_id = product.product_id
        AND stock_level.location = 'shop_floor'";
    let rows = searched
        .select(COLUMNS, STOCK, offset, limit)
        .build_query_as::<ProductRow>()
        .fetch_all(connection)
        .await?;
    hits(rows)
}

/// The first of what a search finds, with no more than what they are ranked by: most of them are
/// not shown.
pub(crate) async fn candidates(
    connection: &mut SqliteConnection,
    searched: Searched<'_>,
    limit: u32,
) -> Result<Vec<Candidate>, Error> {
    let rows: Vec<(i64, String, String, String)> = searched
        .select("product.n, name, sku, barcodes", "", 0, limit)
        .build_query_as()
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|(n, name, sku, barcodes)| {
            Ok(Candidate {
                n,
                name,
                sku,
                barcodes: serde_json::from_str(&barcodes)?,
            })
        })
        .collect()
}

/// Products by their place in the catalogue, in the order asked for; the shop floor's stock with
/// them.
pub(crate) async fn at_places(
    connection: &mut SqliteConnection,
    places: &[i64],
) -> Result<Vec<ProductHit>, Error> {
    let places = serde_json::to_string(places)?;
    let rows = sqlx::query_as!(
        ProductRow,
        r#"SELECT product.product_id, sku, name, brand, model, category_id, tax_class, price_e4,
             barcodes, stocked AS "stocked: bool", reorder_point_milli, warranty_months,
             list_prices, levies, serial_kind, active AS "active: bool",
             coalesce(confirmed_milli + pending_milli, 0) AS "on_hand_milli!: i64"
         FROM json_each(?1) AS wanted
         CROSS JOIN product ON product.n = wanted.value
         LEFT JOIN stock_level ON stock_level.product_id = product.product_id
             AND stock_level.location = 'shop_floor'
         ORDER BY wanted.key"#,
        places
    )
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
