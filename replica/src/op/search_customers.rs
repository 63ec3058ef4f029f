//! Searches customers by any part of what identifies them.

use domain::{contract::ipc::SearchCustomers, customer::Customer, limit::SEARCH_RESULTS_MAX};

use crate::{error::Error, search::customer_query, store, till::Shared};

pub(crate) async fn search_customers(
    till: &Shared,
    command: SearchCustomers,
) -> Result<Vec<Customer>, Error> {
    till.signed_in()?;
    let limit = command.limit.min(SEARCH_RESULTS_MAX);
    let mut connection = till.db.reader().await?;
    store::customer::search(&mut connection, &customer_query(&command.text), limit).await
}
