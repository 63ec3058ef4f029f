//! From what a cashier entered to lines with what the catalogue says of each product now.

use std::collections::HashMap;

use domain::{
    catalog::Product,
    contract::ipc::{SaleLine, SignedIn},
    id::ProductId,
    money::Money,
    sale::CartLine,
    staff::{Permission, may},
};
use sqlx::SqliteConnection;

use crate::{error::Error, identity::Identity, store};

/// The cart; another price than the catalogue's, or a discount, needs a permission.
pub(crate) async fn price_lines(
    connection: &mut SqliteConnection,
    identity: &Identity,
    person: &SignedIn,
    lines: &[&SaleLine],
) -> Result<Vec<CartLine>, Error> {
    let mut ids: Vec<ProductId> = lines.iter().map(|line| line.product_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let products: HashMap<ProductId, Product> = store::catalog::products(connection, &ids)
        .await?
        .into_iter()
        .map(|product| (product.product_id, product))
        .collect();
    lines
        .iter()
        .map(|line| {
            let product = products
                .get(&line.product_id)
                .ok_or(Error::ProductUnknown(line.product_id))?;
            let rate_ppm = identity
                .place
                .tax_classes
                .iter()
                .find(|class| class.code == product.tax_class)
                .map(|class| class.rate_ppm)
                .ok_or(Error::TaxClassUnknown(line.product_id))?;
            let unit_price_e4 = line.unit_price_e4.unwrap_or(product.price_e4);
            let differs = unit_price_e4 != product.price_e4 || line.discount_minor != Money::ZERO;
            if differs && !may(person.role, Permission::OverridePrice) {
                return Err(Error::PermissionDenied(Permission::OverridePrice));
            }
            Ok(CartLine {
                product_id: product.product_id,
                sku: product.sku.clone(),
                name: product.name.clone(),
                quantity_milli: line.quantity_milli,
                unit_price_e4,
                discount_minor: line.discount_minor,
                tax_class: product.tax_class.clone(),
                rate_ppm,
                stocked: product.stocked,
            })
        })
        .collect()
}
