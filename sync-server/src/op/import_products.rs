//! Takes a catalogue in from CSV, row by row: a bad row is told with its line and reason, and stops
//! no other. Products are found again by their exact code, so a file can be imported twice.

use std::collections::{HashMap, HashSet};

use domain::{
    barcode,
    catalog::{Category, Product, check_product},
    id::{CategoryId, OrganizationId, ProductId},
    limit::TEXT_CHARS_MAX,
    money::UnitPrice,
    quantity::Quantity,
    replication::body::ServerPutBody,
    serial::SerialKind,
};

use super::{
    create_organization::STANDARD_TAX_CLASS,
    read_csv::{BadRow, Columns, ReadCsvError, Row, rows},
    record_server_operation::{ServerOperation, ServerOperationError, record_server_operations},
};
use crate::{
    clock::{self, RandomError},
    database::{Tx, begin},
    state::AppState,
    store,
};

/// Products in one operation and one row of the feed.
pub const BATCH_PRODUCTS: usize = 500;
/// Divides the levels of a category's path.
const PATH_DIVIDER: char = '>';
const BARCODE_CHARS_MAX: usize = 64;

/// What an import did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ImportReport {
    pub created: u64,
    pub updated: u64,
    pub bad: Vec<BadRow>,
}

/// Why an import broke off. What was reported before stays imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Csv(#[from] ReadCsvError),
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// A product as its row says, before it is known whether the shop has it already.
struct Read {
    product: Product,
    path: Vec<String>,
    cost: Option<UnitPrice>,
}

/// Imports products; `progress` hears how many rows were taken in so far.
pub async fn import_products(
    state: &AppState,
    organization_id: OrganizationId,
    file: impl std::io::Read + Send,
    mut progress: impl FnMut(u64) + Send,
) -> Result<ImportReport, ImportError> {
    let mut csv = rows(file, &["sku", "name", "price"])?;
    let tax_classes = tax_classes(state, organization_id).await?;
    let mut categories = Categories::load(state, organization_id).await?;
    let mut report = ImportReport::default();
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut batch: Vec<Read> = Vec::new();
    let mut done = 0;
    loop {
        let row = csv.next();
        let is_end = row.is_none();
        match row {
            Some(Ok(row)) => match read(&row, &csv.columns, &tax_classes) {
                Ok(read) => match seen.insert(read.product.sku.clone(), row.line) {
                    None => batch.push(read),
                    Some(line) => {
                        seen.insert(read.product.sku, line);
                        report
                            .bad
                            .push(row.bad(format!("the code stands on line {line} already")));
                    }
                },
                Err(reason) => report.bad.push(row.bad(reason)),
            },
            Some(Err(bad)) => report.bad.push(bad),
            None => {}
        }
        if batch.len() == BATCH_PRODUCTS || (is_end && !batch.is_empty()) {
            let taken = u64::try_from(batch.len()).unwrap_or(0);
            let full = std::mem::take(&mut batch);
            write(state, organization_id, full, &mut categories, &mut report).await?;
            done += taken;
            progress(done);
        }
        if is_end {
            return Ok(report);
        }
    }
}

async fn tax_classes(
    state: &AppState,
    organization_id: OrganizationId,
) -> Result<HashSet<String>, sqlx::Error> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let classes = store::catalogue::tax_classes(&mut tx, organization_id).await?;
    Ok(classes.into_iter().map(|class| class.code).collect())
}

fn read(row: &Row, columns: &Columns, tax_classes: &HashSet<String>) -> Result<Read, String> {
    let text = |name: &str| columns.get(row, name).trim().to_owned();
    let price = |name: &str| UnitPrice::parse(&text(name)).map_err(|e| format!("{name}: {e}"));
    let tax_class = match text("tax_class") {
        none if none.is_empty() => STANDARD_TAX_CLASS.to_owned(),
        named => named,
    };
    if !tax_classes.contains(&tax_class) {
        return Err(format!("there is no tax class {tax_class:?}"));
    }
    let whole = |name: &str| -> Result<i64, String> {
        let text = text(name);
        if text.is_empty() {
            return Ok(0);
        }
        let number: Option<u32> = text.parse().ok();
        number
            .map(i64::from)
            .ok_or_else(|| format!("{name}: {text:?} is not a whole number"))
    };
    let barcodes: Vec<String> = text("barcode")
        .split([' ', ';', '|'])
        .map(barcode::normalize)
        .filter(|code| !code.is_empty())
        .collect();
    if barcodes
        .iter()
        .any(|code| code.chars().count() > BARCODE_CHARS_MAX)
    {
        return Err(format!(
            "a barcode has at most {BARCODE_CHARS_MAX} characters"
        ));
    }
    let path: Vec<String> = text("category")
        .split(PATH_DIVIDER)
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    if path
        .iter()
        .any(|part| part.chars().count() > TEXT_CHARS_MAX)
    {
        return Err(format!(
            "a category's name has at most {TEXT_CHARS_MAX} characters"
        ));
    }
    let product = Product {
        product_id: ProductId(uuid::Uuid::nil()),
        sku: text("sku"),
        name: text("name"),
        brand: text("brand"),
        model: text("model"),
        category_id: None,
        tax_class,
        price_e4: price("price")?,
        barcodes,
        stocked: !matches!(text("stocked").as_str(), "0" | "false" | "no"),
        reorder_point_milli: Quantity::units(whole("reorder_point")?),
        warranty_months: u16::try_from(whole("warranty_months")?)
            .map_err(|_| "warranty_months: too many".to_owned())?,
        list_prices: Vec::new(),
        levies: Vec::new(),
        serial_kind: serial_kind(&text("serial_kind"))?,
        active: !matches!(text("active").as_str(), "0" | "false" | "no"),
    };
    check_product(&product).map_err(|error| error.to_string())?;
    let cost = if text("cost").is_empty() {
        None
    } else {
        Some(price("cost")?)
    };
    Ok(Read {
        product,
        path,
        cost,
    })
}

fn serial_kind(text: &str) -> Result<SerialKind, String> {
    if text.is_empty() {
        return Ok(SerialKind::None);
    }
    SerialKind::from_name(text)
        .ok_or_else(|| format!("serial_kind: {text:?} is not serial, imei or none"))
}

async fn write(
    state: &AppState,
    organization_id: OrganizationId,
    batch: Vec<Read>,
    categories: &mut Categories,
    report: &mut ImportReport,
) -> Result<(), ImportError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let skus: Vec<&str> = batch.iter().map(|read| read.product.sku.as_str()).collect();
    let known = store::catalogue::ids_by_sku(&mut tx, organization_id, &skus).await?;
    let mut new_categories = Vec::new();
    let mut products = Vec::with_capacity(batch.len());
    let mut costs = Vec::new();
    let (mut created, mut updated) = (0, 0);
    for read in batch {
        let mut product = read.product;
        product.product_id = match known.get(&product.sku) {
            Some(id) => {
                updated += 1;
                *id
            }
            None => {
                created += 1;
                clock::new_id()?
            }
        };
        product.category_id = categories.find_or_make(&read.path, &mut new_categories)?;
        costs.extend(read.cost.map(|cost| (product.product_id, cost)));
        products.push(product);
    }
    let put = ServerOperation::put(ServerPutBody {
        categories: new_categories,
        products,
        ..ServerPutBody::default()
    });
    let raised = record_server_operations(&mut tx, organization_id, &state.key, vec![put]).await?;
    store::catalogue::put_costs(&mut tx, organization_id, &costs).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    report.created += created;
    report.updated += updated;
    Ok(())
}

/// The category tree by parent and name.
struct Categories(HashMap<(Option<CategoryId>, String), CategoryId>);

impl Categories {
    async fn load(state: &AppState, organization_id: OrganizationId) -> Result<Self, sqlx::Error> {
        let mut tx: Tx = begin(&state.pool, organization_id).await?;
        let all = store::catalogue::categories(&mut tx, organization_id).await?;
        Ok(Self(
            all.into_iter()
                .map(|category| ((category.parent_id, category.name), category.category_id))
                .collect(),
        ))
    }

    fn find_or_make(
        &mut self,
        path: &[String],
        made: &mut Vec<Category>,
    ) -> Result<Option<CategoryId>, RandomError> {
        let mut parent_id = None;
        for name in path {
            let key = (parent_id, name.clone());
            let id = match self.0.get(&key) {
                Some(id) => *id,
                None => {
                    let category_id = clock::new_id()?;
                    made.push(Category {
                        category_id,
                        parent_id,
                        name: name.clone(),
                        position: i32::try_from(self.0.len()).unwrap_or(i32::MAX),
                    });
                    self.0.insert(key, category_id);
                    category_id
                }
            };
            parent_id = Some(id);
        }
        Ok(parent_id)
    }
}
