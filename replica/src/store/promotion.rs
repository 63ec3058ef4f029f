//! What is given away by rule, and other prices than the catalogue's: rows kept as they came.

use domain::sale::{PriceList, Promotion};
use sqlx::SqliteConnection;

use super::rows::json_of;
use crate::error::Error;

/// Stores promotions whole.
pub(crate) async fn put(
    connection: &mut SqliteConnection,
    promotions: &[Promotion],
) -> Result<(), Error> {
    if let Some(json) = json_of(promotions)? {
        sqlx::query!(
            "INSERT INTO promotion (promotion_id, terms)
             SELECT unhex(value ->> 'promotion_id', '-'), value FROM json_each(?1) WHERE true
             ON CONFLICT (promotion_id) DO UPDATE SET terms = excluded.terms",
            json
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}

/// Stores price lists whole.
pub(crate) async fn put_price_lists(
    connection: &mut SqliteConnection,
    lists: &[PriceList],
) -> Result<(), Error> {
    if let Some(json) = json_of(lists)? {
        sqlx::query!(
            "INSERT INTO price_list (code, terms)
             SELECT value ->> 'code', value FROM json_each(?1) WHERE true
             ON CONFLICT (code) DO UPDATE SET terms = excluded.terms",
            json
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}

/// The promotions that are not put away, in an order of their own that never changes.
pub(crate) async fn active(connection: &mut SqliteConnection) -> Result<Vec<Promotion>, Error> {
    let rows = sqlx::query_scalar!("SELECT terms FROM promotion ORDER BY promotion_id")
        .fetch_all(connection)
        .await?;
    let all = rows.iter().map(|terms| serde_json::from_str(terms));
    let mut all = all.collect::<Result<Vec<Promotion>, _>>()?;
    all.retain(|promotion| promotion.active);
    Ok(all)
}

/// The price lists in use.
pub(crate) async fn price_lists(
    connection: &mut SqliteConnection,
) -> Result<Vec<PriceList>, Error> {
    let rows = sqlx::query_scalar!("SELECT terms FROM price_list ORDER BY code")
        .fetch_all(connection)
        .await?;
    let all = rows.iter().map(|terms| serde_json::from_str(terms));
    let mut all = all.collect::<Result<Vec<PriceList>, _>>()?;
    all.retain(|list| list.active);
    Ok(all)
}
