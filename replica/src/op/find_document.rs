//! Finds a document by its number, as typed or scanned; the code on a receipt carries its id.

use domain::{
    contract::ipc::{DocumentView, FindDocument},
    id::OpId,
};

use super::{document_view::load_view, invoice_view::paper};
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
        Err(_) => {
            let number = typed.to_uppercase();
            match store::document::by_number(&mut connection, &number).await? {
                Some(document_id) => document_id,
                None => {
                    let invoice = paper(&mut connection, &identity, &number).await?;
                    return invoice.ok_or(Error::DocumentUnknown);
                }
            }
        }
    };
    load_view(&mut connection, &identity, document_id).await
}
