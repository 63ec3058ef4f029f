//! Searches the catalogue as one types.

use domain::{
    contract::ipc::{ProductPage, SearchProducts},
    limit::SEARCH_RESULTS_MAX,
};

use crate::{error::Error, search::product_query, store, till::Shared};

pub(crate) async fn search_products(
    till: &Shared,
    command: SearchProducts,
) -> Result<ProductPage, Error> {
    till.identity()?;
    let limit = command.limit.min(SEARCH_RESULTS_MAX);
    let mut connection = till.db.reader().await?;
    let mut hits = store::catalog::search(
        &mut connection,
        &product_query(&command.text),
        command.category_id,
        command.offset,
        limit,
    )
    .await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = hits.len() > shown;
    hits.truncate(shown);
    Ok(ProductPage { hits, more })
}
