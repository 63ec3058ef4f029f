//! The latest documents of this store.

use domain::{
    contract::ipc::{DocumentSummary, ListDocuments},
    limit::SEARCH_RESULTS_MAX,
};

use crate::{error::Error, store, till::Shared};

pub(crate) async fn list_documents(
    till: &Shared,
    command: ListDocuments,
) -> Result<Vec<DocumentSummary>, Error> {
    till.identity()?;
    let mut connection = till.db.reader().await?;
    store::document::latest(&mut connection, command.limit.min(SEARCH_RESULTS_MAX)).await
}
