//! Takes counted stock in from CSV: what the shop floor holds becomes what the file says, by
//! movements like any other.

use std::collections::{BTreeMap, HashMap};

use domain::{
    id::{OrganizationId, ProductId, StoreId},
    limit::DOCUMENT_LINES_MAX,
    quantity::{QUANTITY_MAX, Quantity},
    replication::{OpBody, body::StockAdjustmentLine},
    stock::{Location, MovementReason, adjust},
};
use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{
    import_products::{ImportError, ImportReport},
    read_csv::{BadRow, rows},
    record_server_operation::{ServerOperation, record_server_operations},
};
use crate::{
    database::begin,
    state::AppState,
    store::{
        self,
        stock::{LevelKey, lock_order},
    },
};

/// What a row says.
struct Counted {
    line: u64,
    text: String,
    sku: String,
    store_id: StoreId,
    on_hand: Quantity,
}

/// Imports stock from a file with the columns `sku`, `store` (its code) and `on_hand`.
pub async fn import_stock(
    state: &AppState,
    organization_id: OrganizationId,
    file: impl std::io::Read + Send,
    mut progress: impl FnMut(u64) + Send,
) -> Result<ImportReport, ImportError> {
    let mut csv = rows(file, &["sku", "store", "on_hand"])?;
    let mut tx = begin(&state.pool, organization_id).await?;
    let stores: HashMap<String, StoreId> = store::organization::stores(&mut tx, organization_id)
        .await?
        .into_iter()
        .map(|store| (store.code, store.store_id))
        .collect();
    drop(tx);
    let mut report = ImportReport::default();
    let mut by_store: BTreeMap<StoreId, Vec<Counted>> = BTreeMap::new();
    let mut done = 0;
    loop {
        let row = csv.next();
        let is_end = row.is_none();
        match row {
            Some(Ok(row)) => {
                let store = csv.columns.get(&row, "store").trim();
                let on_hand = csv.columns.get(&row, "on_hand").trim();
                match (stores.get(store), quantity(on_hand)) {
                    (None, _) => report
                        .bad
                        .push(row.bad(format!("there is no store {store:?}"))),
                    (_, None) => {
                        report
                            .bad
                            .push(row.bad(format!("{on_hand:?} is not a quantity")));
                    }
                    (Some(store_id), Some(on_hand)) => {
                        let counted = Counted {
                            line: row.line,
                            text: row.bad(String::new()).text,
                            sku: csv.columns.get(&row, "sku").trim().to_owned(),
                            store_id: *store_id,
                            on_hand,
                        };
                        by_store.entry(*store_id).or_default().push(counted);
                    }
                }
            }
            Some(Err(bad)) => report.bad.push(bad),
            None => {}
        }
        for counted in by_store.values_mut() {
            if counted.len() == DOCUMENT_LINES_MAX || (is_end && !counted.is_empty()) {
                let batch = std::mem::take(counted);
                done += u64::try_from(batch.len()).unwrap_or(0);
                write(state, organization_id, batch, &mut report).await?;
                progress(done);
            }
        }
        if is_end {
            return Ok(report);
        }
    }
}

/// A quantity with up to three decimals.
fn quantity(text: &str) -> Option<Quantity> {
    let milli = Decimal::from_str_exact(text).ok()? * Decimal::from(1_000);
    let quantity = Quantity(milli.is_integer().then(|| milli.to_i64()).flatten()?);
    (quantity.milli().unsigned_abs() <= QUANTITY_MAX.milli().unsigned_abs()).then_some(quantity)
}

async fn write(
    state: &AppState,
    organization_id: OrganizationId,
    batch: Vec<Counted>,
    report: &mut ImportReport,
) -> Result<(), ImportError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let skus: Vec<&str> = batch.iter().map(|counted| counted.sku.as_str()).collect();
    let known = store::catalogue::ids_by_sku(&mut tx, organization_id, &skus).await?;
    let mut wanted: BTreeMap<ProductId, Quantity> = BTreeMap::new();
    let mut store_id = None;
    for counted in &batch {
        store_id = Some(counted.store_id);
        match known.get(&counted.sku) {
            None => report.bad.push(BadRow {
                line: counted.line,
                reason: format!("there is no product {:?}", counted.sku),
                text: counted.text.clone(),
            }),
            Some(id) => {
                if wanted.insert(*id, counted.on_hand).is_none() {
                    report.updated += 1;
                }
            }
        }
    }
    let Some(store_id) = store_id.filter(|_| !wanted.is_empty()) else {
        return Ok(());
    };
    // The server's row first, then the levels: nothing is sold between the look and the movement.
    store::device::lock_server(&mut tx, organization_id, &state.key.public()).await?;
    let mut keys: Vec<LevelKey> = wanted
        .keys()
        .map(|product_id| (store_id, Location::ShopFloor, *product_id))
        .collect();
    keys.sort_unstable_by_key(lock_order);
    let levels = store::stock::lock_known_levels(&mut tx, organization_id, &keys).await?;
    let on_hand: HashMap<ProductId, Quantity> = levels
        .into_iter()
        .map(|level| (level.product_id, level.on_hand_milli))
        .collect();
    let mut lines: BTreeMap<&'static str, Vec<StockAdjustmentLine>> = BTreeMap::new();
    for (product_id, counted) in wanted {
        let known = on_hand.get(&product_id);
        let delta_milli = counted - known.copied().unwrap_or(Quantity::ZERO);
        if delta_milli == Quantity::ZERO {
            continue;
        }
        let reason = match known {
            None => MovementReason::Opening,
            Some(_) => MovementReason::Correction,
        };
        let lines = lines.entry(reason.name()).or_default();
        lines.push(StockAdjustmentLine {
            n: u32::try_from(lines.len() + 1).unwrap_or(u32::MAX),
            product_id,
            location: Location::ShopFloor,
            delta_milli,
        });
    }
    let mut operations = Vec::new();
    for (reason, lines) in lines {
        let reason = MovementReason::from_name(reason).unwrap_or(MovementReason::Correction);
        let Ok(body) = adjust(reason, "import", lines) else {
            continue;
        };
        operations.push(ServerOperation {
            body: OpBody::StockAdjustment(body),
            private: Vec::new(),
            store_id: Some(store_id),
            staff_id: None,
        });
    }
    let raised = record_server_operations(&mut tx, organization_id, &state.key, operations).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}
