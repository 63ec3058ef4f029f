//! Pairs of customers' records that are probably one, surest first.

use std::collections::HashMap;

use domain::{
    contract::ipc::{DuplicateView, ListDuplicates},
    customer::{Customer, duplicate::find_duplicates},
    id::CustomerId,
    limit::SEARCH_RESULTS_MAX,
};

use crate::{error::Error, store, till::Shared};

pub(crate) async fn list_duplicates(
    till: &Shared,
    command: ListDuplicates,
) -> Result<Vec<DuplicateView>, Error> {
    till.signed_in()?;
    let mut connection = till.db.reader().await?;
    let all = store::customer::all_shown(&mut connection).await?;
    drop(connection);
    let limit = usize::try_from(command.limit.min(SEARCH_RESULTS_MAX)).unwrap_or(0);
    let mut pairs = find_duplicates(&all);
    pairs.truncate(limit);
    let by_id: HashMap<CustomerId, &Customer> =
        all.iter().map(|one| (one.customer_id, one)).collect();
    Ok(pairs
        .into_iter()
        .filter_map(|pair| {
            Some(DuplicateView {
                first: (*by_id.get(&pair.first)?).clone(),
                second: (*by_id.get(&pair.second)?).clone(),
                likeness: pair.likeness,
            })
        })
        .collect())
}
