//! What a code that was scanned or typed stands for: goods, a document, a quote, a unit or a gift card.

use domain::{
    balance::gift_code,
    catalog::Product,
    contract::{
        failure::{Failure, code},
        ipc::{
            DocumentView, FindBalances, FindDocument, FindSerial, FoundSerial, GetQuote,
            ProductHit, ScanCode,
        },
    },
    id::OpId,
};

use crate::ipc;

/// What a code stands for.
pub(super) enum Found {
    Product(Box<Product>),
    Several(Vec<ProductHit>),
    Document(Box<DocumentView>),
    Quote(OpId),
    Unit(FoundSerial),
    GiftCard(String),
    Nothing,
}

/// Asks the till for one after the other, goods first.
pub(super) async fn found(code_text: &str) -> Result<Found, Failure> {
    let code = code_text.to_owned();
    let mut hits = ipc::call(&ScanCode { code }).await?;
    if hits.len() > 1 {
        return Ok(Found::Several(hits));
    }
    if let Some(hit) = hits.pop() {
        return Ok(Found::Product(Box::new(hit.product)));
    }
    // Numbers hold capitals only, however they were typed.
    let number = code_text.to_uppercase();
    let document = FindDocument {
        number: number.clone(),
    };
    match ipc::call(&document).await {
        Ok(view) => return Ok(Found::Document(Box::new(view))),
        Err(failure) if failure.code == code::DOCUMENT_UNKNOWN => {}
        Err(failure) => return Err(failure),
    }
    match ipc::call(&GetQuote { number }).await {
        Ok(view) => Ok(Found::Quote(view.quote.quote_id)),
        Err(failure) if failure.code == code::QUOTE_UNKNOWN => found_unit(code_text).await,
        Err(failure) => Err(failure),
    }
}

async fn found_unit(code_text: &str) -> Result<Found, Failure> {
    let asked = FindSerial {
        serial: code_text.to_owned(),
        product_id: None,
    };
    match ipc::call(&asked).await {
        Ok(found) if found.is_empty() => found_gift_card(code_text).await,
        Ok(found) => Ok(Found::Unit(found)),
        Err(failure) if failure.code == code::SERIAL_INVALID => found_gift_card(code_text).await,
        Err(failure) => Err(failure),
    }
}

async fn found_gift_card(code_text: &str) -> Result<Found, Failure> {
    let Ok(code) = gift_code(code_text) else {
        return Ok(Found::Nothing);
    };
    let asked = FindBalances {
        code: Some(code.clone()),
        customer_id: None,
    };
    let known = ipc::call(&asked).await?;
    Ok(if known.is_empty() {
        Found::Nothing
    } else {
        Found::GiftCard(code)
    })
}
