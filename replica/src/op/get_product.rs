//! One product with its stock here and elsewhere.

use domain::{
    contract::ipc::{GetProduct, ProductView},
    replication::table::Scope,
};

use crate::{error::Error, store, till::Shared};

pub(crate) async fn get_product(till: &Shared, command: GetProduct) -> Result<ProductView, Error> {
    let identity = till.identity()?;
    let store_id = identity.enrolment.store.store_id;
    let mut connection = till.db.reader().await?;
    let product = store::catalog::products(&mut connection, &[command.product_id])
        .await?
        .pop()
        .ok_or(Error::ProductUnknown(command.product_id))?;
    let levels = store::stock::levels(&mut connection, command.product_id, store_id).await?;
    let elsewhere = store::stock::elsewhere(&mut connection, command.product_id, store_id).await?;
    let scope = Scope::Store(store_id).to_string();
    let cursor = store::feed::one(&mut connection, &scope).await?;
    Ok(ProductView {
        product,
        levels,
        elsewhere,
        synced_ms: cursor.and_then(|cursor| cursor.synced_ms),
    })
}
