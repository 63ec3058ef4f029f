//! Movements of stock and the levels that are their sums. Levels are locked in the order of their
//! keys before they are read, so that tills that sell the same goods wait for each other in line.

use domain::{
    id::{OrganizationId, ProductId, StoreId},
    quantity::Quantity,
    stock::{Location, StockElsewhere, StockLevel, StockMovement},
};

use super::{document::place, unreadable};
use crate::database::Tx;

/// What a level is of.
pub type LevelKey = (StoreId, Location, ProductId);

/// The one order in which levels are locked.
#[must_use]
pub fn lock_order(key: &LevelKey) -> (StoreId, &'static str, ProductId) {
    (key.0, key.1.name(), key.2)
}

/// Inserts movements.
pub async fn insert_movements(
    tx: &mut Tx,
    organization_id: OrganizationId,
    movements: &[&StockMovement],
) -> Result<(), sqlx::Error> {
    if movements.is_empty() {
        return Ok(());
    }
    let op_ids: Vec<_> = movements.iter().map(|m| m.op_id.0).collect();
    let places = movements
        .iter()
        .map(|m| place(m.n))
        .collect::<Result<Vec<_>, _>>()?;
    let store_ids: Vec<_> = movements.iter().map(|m| m.store_id.0).collect();
    let locations: Vec<_> = movements.iter().map(|m| m.location.name()).collect();
    let product_ids: Vec<_> = movements.iter().map(|m| m.product_id.0).collect();
    let deltas: Vec<_> = movements.iter().map(|m| m.delta_milli.0).collect();
    let reasons: Vec<_> = movements.iter().map(|m| m.reason.name()).collect();
    sqlx::query!(
        "INSERT INTO stock_movement (organization_id, op_id, n, store_id, location, product_id,
             delta_milli, reason)
         SELECT $1, * FROM unnest($2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::uuid[],
             $7::bigint[], $8::text[])
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &op_ids,
        &places,
        &store_ids,
        &locations as &[&str],
        &product_ids,
        &deltas,
        &reasons as &[&str],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes the levels that are missing, locks all of them in order, and reads them. `keys` are
/// sorted by [`lock_order`] and without repetition.
pub async fn lock_levels(
    tx: &mut Tx,
    organization_id: OrganizationId,
    keys: &[LevelKey],
) -> Result<Vec<StockLevel>, sqlx::Error> {
    let (store_ids, locations, product_ids) = columns(keys);
    sqlx::query!(
        "INSERT INTO stock_level (organization_id, store_id, location, product_id, on_hand_milli)
         SELECT $1, store_id, location, product_id, 0
         FROM unnest($2::uuid[], $3::text[], $4::uuid[])
             WITH ORDINALITY AS key (store_id, location, product_id, n)
         ORDER BY n
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &store_ids,
        &locations as &[&str],
        &product_ids,
    )
    .execute(&mut **tx)
    .await?;
    lock_known_levels(tx, organization_id, keys).await
}

/// Locks in order those levels that are there, and reads them.
pub async fn lock_known_levels(
    tx: &mut Tx,
    organization_id: OrganizationId,
    keys: &[LevelKey],
) -> Result<Vec<StockLevel>, sqlx::Error> {
    let (store_ids, locations, product_ids) = columns(keys);
    let rows = sqlx::query!(
        r#"SELECT level.store_id, level.location, level.product_id, level.on_hand_milli
         FROM unnest($2::uuid[], $3::text[], $4::uuid[])
             WITH ORDINALITY AS key (store_id, location, product_id, n)
         JOIN stock_level AS level ON level.organization_id = $1
             AND level.store_id = key.store_id AND level.location = key.location
             AND level.product_id = key.product_id
         ORDER BY key.n
         FOR UPDATE OF level"#,
        organization_id.0,
        &store_ids,
        &locations as &[&str],
        &product_ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StockLevel {
                store_id: row.store_id.into(),
                location: Location::from_name(&row.location)
                    .ok_or_else(|| unreadable("a location"))?,
                product_id: row.product_id.into(),
                on_hand_milli: Quantity(row.on_hand_milli),
            })
        })
        .collect()
}

/// Writes levels that the transaction holds locked.
pub async fn write_levels(
    tx: &mut Tx,
    organization_id: OrganizationId,
    levels: &[&StockLevel],
) -> Result<(), sqlx::Error> {
    let keys: Vec<LevelKey> = levels
        .iter()
        .map(|level| (level.store_id, level.location, level.product_id))
        .collect();
    let (store_ids, locations, product_ids) = columns(&keys);
    let on_hand: Vec<_> = levels.iter().map(|level| level.on_hand_milli.0).collect();
    sqlx::query!(
        "UPDATE stock_level AS level SET on_hand_milli = now_is.on_hand_milli
         FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::bigint[])
             AS now_is (store_id, location, product_id, on_hand_milli)
         WHERE level.organization_id = $1 AND level.store_id = now_is.store_id
           AND level.location = now_is.location AND level.product_id = now_is.product_id",
        organization_id.0,
        &store_ids,
        &locations as &[&str],
        &product_ids,
        &on_hand,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn columns(keys: &[LevelKey]) -> (Vec<uuid::Uuid>, Vec<&'static str>, Vec<uuid::Uuid>) {
    (
        keys.iter().map(|key| key.0.0).collect(),
        keys.iter().map(|key| key.1.name()).collect(),
        keys.iter().map(|key| key.2.0).collect(),
    )
}

/// All levels of a store, by key.
pub async fn all_levels(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: StoreId,
) -> Result<Vec<StockLevel>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT location, product_id, on_hand_milli FROM stock_level
         WHERE organization_id = $1 AND store_id = $2 ORDER BY location, product_id",
        organization_id.0,
        store_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StockLevel {
                store_id,
                location: Location::from_name(&row.location)
                    .ok_or_else(|| unreadable("a location"))?,
                product_id: row.product_id.into(),
                on_hand_milli: Quantity(row.on_hand_milli),
            })
        })
        .collect()
}

/// What the org scope last said about other stores' stock.
pub async fn all_elsewhere(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<StockElsewhere>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT store_id, product_id, on_hand_milli, as_of_ms FROM stock_elsewhere
         WHERE organization_id = $1 ORDER BY store_id, product_id",
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| StockElsewhere {
            store_id: row.store_id.into(),
            product_id: row.product_id.into(),
            on_hand_milli: Quantity(row.on_hand_milli),
            as_of_ms: row.as_of_ms,
        })
        .collect())
}

/// Stores whose feed went on since their levels were last gathered, with the head to gather to.
pub async fn stores_to_gather(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<(StoreId, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT store.store_id, feed_head.head
         FROM store
         JOIN feed_head ON feed_head.organization_id = $1
             AND feed_head.scope = 'store:' || store.store_id
         LEFT JOIN stock_gathered AS gathered ON gathered.organization_id = $1
             AND gathered.store_id = store.store_id
         WHERE store.organization_id = $1 AND feed_head.head > coalesce(gathered.head, 0)
         ORDER BY store.store_id",
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.store_id.into(), row.head))
        .collect())
}

/// Gathers a store's shop floor: writes what changed and returns it.
pub async fn gather(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: StoreId,
    head: i64,
    as_of_ms: i64,
) -> Result<Vec<StockElsewhere>, sqlx::Error> {
    let rows = sqlx::query!(
        "INSERT INTO stock_elsewhere AS told (organization_id, store_id, product_id,
             on_hand_milli, as_of_ms)
         SELECT organization_id, store_id, product_id, on_hand_milli, $3
         FROM stock_level
         WHERE organization_id = $1 AND store_id = $2 AND location = 'shop_floor'
         ORDER BY product_id
         ON CONFLICT (organization_id, store_id, product_id)
             DO UPDATE SET on_hand_milli = excluded.on_hand_milli, as_of_ms = excluded.as_of_ms
             WHERE told.on_hand_milli <> excluded.on_hand_milli
         RETURNING product_id, on_hand_milli",
        organization_id.0,
        store_id.0,
        as_of_ms,
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO stock_gathered (organization_id, store_id, head) VALUES ($1, $2, $3)
         ON CONFLICT (organization_id, store_id) DO UPDATE SET head = excluded.head",
        organization_id.0,
        store_id.0,
        head,
    )
    .execute(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| StockElsewhere {
            store_id,
            product_id: row.product_id.into(),
            on_hand_milli: Quantity(row.on_hand_milli),
            as_of_ms,
        })
        .collect())
}
