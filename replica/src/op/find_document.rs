//! Finds a document by its number, as typed or scanned; the code on a receipt carries its id.

use domain::{
    contract::ipc::{DocumentView, FindDocument},
    id::OpId,
};

use super::document_view::load_view;
use crate::{error::Error, store, till::Shared};

pub(crate) async fn find_document(
    till: &Shared,
    command: FindDocument,
) -> Result<DocumentView, Error> {
    let identity = till.identity()?;
    let typed = command.number.trim();
    let mut connection = till.db.reader().await?;
    let document_id = match typed.parse::<OpId>() {
        Ok(document_id) => document_id,
        Err(_) => store::document::by_number(&mut connection, &typed.to_uppercase())
            .await?
            .ok_or(Error::DocumentUnknown)?,
    };
    load_view(&mut connection, &identity, document_id).await
}
