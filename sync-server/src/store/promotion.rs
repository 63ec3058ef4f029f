//! What is given away by rule, and other prices than the catalogue's: rows that the server alone
//! writes, replaced whole.

use domain::{
    id::OrganizationId,
    sale::{PriceList, Promotion},
};
use sqlx::types::Json;

use crate::database::Tx;

/// Inserts or replaces promotions.
pub async fn put(
    tx: &mut Tx,
    organization_id: OrganizationId,
    promotions: &[Promotion],
) -> Result<(), sqlx::Error> {
    for promotion in promotions {
        sqlx::query!(
            "INSERT INTO promotion (organization_id, promotion_id, terms) VALUES ($1, $2, $3)
             ON CONFLICT (organization_id, promotion_id) DO UPDATE SET terms = excluded.terms",
            organization_id.0,
            promotion.promotion_id.0,
            Json(promotion) as _,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// All promotions, by id.
pub async fn all(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<Promotion>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT terms AS "terms: Json<Promotion>" FROM promotion
         WHERE organization_id = $1 ORDER BY promotion_id"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|Json(promotion)| promotion).collect())
}

/// Inserts or replaces price lists.
pub async fn put_price_lists(
    tx: &mut Tx,
    organization_id: OrganizationId,
    lists: &[PriceList],
) -> Result<(), sqlx::Error> {
    for list in lists {
        sqlx::query!(
            "INSERT INTO price_list (organization_id, code, terms) VALUES ($1, $2, $3)
             ON CONFLICT (organization_id, code) DO UPDATE SET terms = excluded.terms",
            organization_id.0,
            list.code,
            Json(list) as _,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// All price lists, by code.
pub async fn price_lists(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<PriceList>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT terms AS "terms: Json<PriceList>" FROM price_list
         WHERE organization_id = $1 ORDER BY code"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|Json(list)| list).collect())
}
