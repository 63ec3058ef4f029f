//! Searches customers by any part of what identifies them. A merged record is found by its own
//! texts and shown as the one that stands for it.

use std::collections::BTreeSet;

use domain::{
    contract::ipc::SearchCustomers, customer::Customer, customer::link, limit::SEARCH_RESULTS_MAX,
};

use crate::{error::Error, search::customer_query, store, till::Shared};

pub(crate) async fn search_customers(
    till: &Shared,
    command: SearchCustomers,
) -> Result<Vec<Customer>, Error> {
    till.signed_in()?;
    let limit = command.limit.min(SEARCH_RESULTS_MAX);
    let mut connection = till.db.reader().await?;
    let query = customer_query(&command.text);
    let found = store::customer::search(&mut connection, &query, limit).await?;
    if found.iter().all(|one| link::target(one).is_none()) {
        return Ok(found);
    }
    let links = store::customer::links(&mut connection).await?;
    let mut seen = BTreeSet::new();
    let roots: Vec<_> = found
        .iter()
        .map(|one| link::resolve(one.customer_id, |from| links.get(&from).copied()))
        .filter(|id| seen.insert(*id))
        .collect();
    store::customer::shown(&mut connection, &roots).await
}
