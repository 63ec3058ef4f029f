//! A quote with its paper and the names around it, and the cart that it is sold as.

use domain::{
    contract::ipc::{DocumentView, QuoteEndView, QuoteTerms, QuoteView, QuotedLine},
    id::OpId,
    sale::Quote,
};
use sqlx::SqliteConnection;

use super::{document_view::view, price_lines::products_of};
use crate::{error::Error, identity::Identity, store};

/// A quote of this store; refused where it is not known.
pub(super) async fn require_quote(
    connection: &mut SqliteConnection,
    identity: &Identity,
    quote_id: OpId,
) -> Result<Quote, Error> {
    let store_id = identity.enrolment.store.store_id;
    let quote = store::quote::one_shown(connection, store_id, quote_id).await?;
    quote.ok_or(Error::QuoteUnknown)
}

/// What its paper is drawn from.
pub(crate) async fn paper(
    connection: &mut SqliteConnection,
    identity: &Identity,
    quote: &Quote,
) -> Result<DocumentView, Error> {
    let store_id = identity.enrolment.store.store_id;
    let is_pending = store::quote::is_pending(connection, store_id, quote.quote_id).await?;
    let mut paper = view(connection, identity, quote.as_document(), is_pending).await?;
    paper.quote = Some(QuoteTerms {
        valid_until: quote.quoted.valid_until.clone(),
        note: quote.quoted.note.clone(),
    });
    Ok(paper)
}

pub(super) async fn quote_view(
    connection: &mut SqliteConnection,
    identity: &Identity,
    quote: Quote,
    now_ms: i64,
) -> Result<QuoteView, Error> {
    let mut ends = Vec::new();
    for end in quote.ended.iter().chain(&quote.rejected) {
        ends.push(QuoteEndView {
            ending: end.ending.clone(),
            staff_name: store::staff::name(connection, end.by.staff_id).await?,
            wall_ms: end.by.wall_ms,
        });
    }
    Ok(QuoteView {
        paper: paper(connection, identity, &quote).await?,
        state: quote.state(),
        is_expired: quote.is_expired(&identity.day(now_ms).date),
        quote,
        ends,
    })
}

/// The lines as they are sold: as quoted, under the taxes and levies of today.
pub(super) async fn quoted_lines(
    connection: &mut SqliteConnection,
    identity: &Identity,
    quote: &Quote,
) -> Result<Vec<QuotedLine>, Error> {
    let lines = &quote.quoted.lines;
    let ids = lines.iter().map(|line| line.product_id);
    let products = products_of(connection, ids).await?;
    lines
        .iter()
        .map(|line| {
            let id = line.product_id;
            let product = products.get(&id).ok_or(Error::ProductUnknown(id))?;
            let mut classes = identity.place.tax_classes.iter();
            let class = classes
                .find(|class| class.code == product.tax_class)
                .ok_or(Error::TaxClassUnknown(id))?;
            Ok(QuotedLine {
                line: quote.quoted.cart_line(line, product, class),
                product: product.clone(),
            })
        })
        .collect()
}
