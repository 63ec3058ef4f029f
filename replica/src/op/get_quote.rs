//! One quote, by its number as typed or scanned, or by its id.

use domain::{
    contract::ipc::{GetQuote, QuoteView},
    id::OpId,
};

use super::quote_view::{quote_view, require_quote};
use crate::{error::Error, store, till::Shared};

pub(crate) async fn get_quote(till: &Shared, command: GetQuote) -> Result<QuoteView, Error> {
    till.signed_in()?;
    let identity = till.identity()?;
    let mut connection = till.db.reader().await?;
    let typed = command.number.trim();
    let store_id = identity.enrolment.store.store_id;
    let quote_id = match typed.parse::<OpId>() {
        Ok(quote_id) => quote_id,
        Err(_) => store::quote::by_number(&mut connection, store_id, &typed.to_uppercase())
            .await?
            .ok_or(Error::QuoteUnknown)?,
    };
    let quote = require_quote(&mut connection, &identity, quote_id).await?;
    quote_view(&mut connection, &identity, quote, till.clock.now_ms()).await
}
