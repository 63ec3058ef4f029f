//! The category tree.

use domain::{catalog::Category, contract::ipc::ListCategories};

use crate::{error::Error, store, till::Shared};

pub(crate) async fn list_categories(
    till: &Shared,
    _: ListCategories,
) -> Result<Vec<Category>, Error> {
    till.identity()?;
    let mut connection = till.db.reader().await?;
    store::catalog::categories(&mut connection).await
}
