//! A customer's whole page: the record that stands for them, the records merged into it, what they
//! bought and brought, and who may be the same.

use domain::{
    contract::ipc::{CustomerView, DuplicateView, GetCustomer},
    customer::{Customer, duplicate::likeness, link},
    id::CustomerId,
};
use sqlx::SqliteConnection;

use crate::{error::Error, store, till::Shared};

/// Documents on the page; the rest is in the list of documents.
const DOCUMENTS_SHOWN: u32 = 50;

pub(crate) async fn get_customer(
    till: &Shared,
    command: GetCustomer,
) -> Result<CustomerView, Error> {
    till.signed_in()?;
    let mut connection = till.db.reader().await?;
    load_customer(&mut connection, command.customer_id).await
}

pub(crate) async fn load_customer(
    connection: &mut SqliteConnection,
    customer_id: CustomerId,
) -> Result<CustomerView, Error> {
    let links = store::customer::links(connection).await?;
    let root = |id| link::resolve(id, |from| links.get(&from).copied());
    let kept = root(customer_id);
    let customer = store::customer::known(connection, kept).await?;
    let merged: Vec<CustomerId> = links
        .keys()
        .copied()
        .filter(|id| *id != kept && root(*id) == kept)
        .collect();
    let merged = store::customer::shown(connection, &merged).await?;
    let group: Vec<CustomerId> = std::iter::once(kept)
        .chain(merged.iter().map(|one| one.customer_id))
        .collect();
    let documents = store::document::of_customers(connection, &group, DOCUMENTS_SHOWN).await?;
    let bought_minor = store::document::bought(connection, &group).await?;
    let repairs = store::repair::of_customers(connection, &group).await?;
    let duplicates = duplicates_of(connection, &customer).await?;
    Ok(CustomerView {
        customer,
        merged,
        duplicates,
        documents,
        bought_minor,
        repairs,
    })
}

async fn duplicates_of(
    connection: &mut SqliteConnection,
    customer: &Customer,
) -> Result<Vec<DuplicateView>, Error> {
    let others = store::customer::all_shown(connection).await?;
    let mut found: Vec<DuplicateView> = others
        .into_iter()
        .filter(|other| {
            other.customer_id != customer.customer_id
                && link::target(other).is_none()
                && !link::is_apart(customer, other)
        })
        .filter_map(|second| {
            let likeness = likeness(customer, &second);
            (!likeness.is_empty()).then(|| DuplicateView {
                first: customer.clone(),
                second,
                likeness,
            })
        })
        .collect();
    found.sort_by(|a, b| a.likeness.cmp(&b.likeness));
    Ok(found)
}
