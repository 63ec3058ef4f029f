//! What is on hand here, confirmed and pending apart, and what other stores have.

use domain::{
    contract::ipc::LevelView,
    id::{ProductId, StoreId},
    quantity::Quantity,
    stock::{Location, StockElsewhere},
};
use sqlx::SqliteConnection;

use super::{id, named};
use crate::error::Error;

/// Levels of a product at a store, by location.
pub(crate) async fn levels(
    connection: &mut SqliteConnection,
    product_id: ProductId,
    store_id: StoreId,
) -> Result<Vec<LevelView>, Error> {
    let (product_id, store_id) = (product_id.0, store_id.0);
    let rows = sqlx::query!(
        "SELECT location, confirmed_milli, pending_milli FROM stock_level
         WHERE product_id = ?1 AND store_id = ?2 ORDER BY location = 'shop_floor' DESC, location",
        product_id,
        store_id
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(LevelView {
                location: named(Location::from_name(&row.location))?,
                confirmed_milli: Quantity(row.confirmed_milli),
                pending_milli: Quantity(row.pending_milli),
            })
        })
        .collect()
}

/// What other stores have of a product.
pub(crate) async fn elsewhere(
    connection: &mut SqliteConnection,
    product_id: ProductId,
    store_id: StoreId,
) -> Result<Vec<StockElsewhere>, Error> {
    let (product_id, store_id) = (product_id.0, store_id.0);
    let rows = sqlx::query!(
        "SELECT store_id, product_id, on_hand_milli, as_of_ms FROM stock_elsewhere
         WHERE product_id = ?1 AND store_id <> ?2 ORDER BY store_id",
        product_id,
        store_id
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StockElsewhere {
                store_id: id(&row.store_id)?,
                product_id: id(&row.product_id)?,
                on_hand_milli: Quantity(row.on_hand_milli),
                as_of_ms: row.as_of_ms,
            })
        })
        .collect()
}
