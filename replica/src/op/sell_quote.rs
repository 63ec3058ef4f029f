//! Loads a quote to be sold at its prices. Nothing is recorded before it is paid.

use domain::{
    contract::ipc::{QuotedCart, SellQuote},
    sale::{self, CartLine},
    staff::Permission,
};

use super::quote_view::{quoted_lines, require_quote};
use crate::{error::Error, store, till::Shared};

pub(crate) async fn sell_quote(till: &Shared, command: SellQuote) -> Result<QuotedCart, Error> {
    till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let mut connection = till.db.reader().await?;
    let today = identity.day(till.clock.now_ms()).date;
    let quote = require_quote(&mut connection, &identity, command.quote_id).await?;
    quote.check_sellable(&today)?;
    let lines = quoted_lines(&mut connection, &identity, &quote).await?;
    let cart: Vec<CartLine> = lines.iter().map(|line| line.line.clone()).collect();
    let organization = &identity.place.organization;
    let minor_digits = organization.currency.minor_digits;
    let terms = quote.quoted.terms(identity.plain_terms());
    let priced = sale::price(&cart, organization.tax_mode, minor_digits, &terms)?;
    let customer = match quote.quoted.customer_id {
        Some(customer_id) => store::customer::one_shown(&mut connection, customer_id).await?,
        None => None,
    };
    Ok(QuotedCart {
        quote_id: quote.quote_id,
        number: quote.quoted.number,
        lines,
        customer,
        quoted_minor: quote.quoted.total_minor,
        now_minor: priced.total,
    })
}
