//! From what a cashier entered to lines with what the catalogue says of each product now.

use std::collections::HashMap;

use domain::{
    catalog::Product,
    contract::ipc::SaleLine,
    id::ProductId,
    sale::{CartLine, PriceList, Wish},
};
use sqlx::SqliteConnection;

use crate::{error::Error, identity::Identity, store};

/// Products by their ids; what the catalogue does not know is not among them.
pub(crate) async fn products_of(
    connection: &mut SqliteConnection,
    ids: impl Iterator<Item = ProductId>,
) -> Result<HashMap<ProductId, Product>, Error> {
    let mut ids: Vec<ProductId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let products = store::catalog::products(connection, &ids).await?;
    let by_id = products.into_iter();
    Ok(by_id.map(|product| (product.product_id, product)).collect())
}

/// The cart, at the customer's price list if there is one.
pub(crate) async fn price_lines(
    connection: &mut SqliteConnection,
    identity: &Identity,
    list: Option<&PriceList>,
    lines: &[&SaleLine],
) -> Result<Vec<CartLine>, Error> {
    let products = products_of(connection, lines.iter().map(|line| line.product_id)).await?;
    let place = &identity.place;
    let minor_digits = place.organization.currency.minor_digits;
    lines
        .iter()
        .map(|line| {
            let product = products
                .get(&line.product_id)
                .ok_or(Error::ProductUnknown(line.product_id))?;
            let mut classes = place.tax_classes.iter();
            let class = classes
                .find(|class| class.code == product.tax_class)
                .ok_or(Error::TaxClassUnknown(line.product_id))?;
            let wish = Wish {
                quantity_milli: line.quantity_milli,
                unit_price_e4: line.unit_price_e4,
                discount_minor: line.discount_minor,
                discount_ppm: line.discount_ppm,
                seller_id: line.seller_id,
                serial: line.serial.as_deref(),
                list,
            };
            Ok(CartLine::of(product, class, wish, minor_digits)?)
        })
        .collect()
}
