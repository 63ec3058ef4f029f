//! Price lists: other prices than the catalogue's for customers of a kind, such as the trade.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::Product,
    money::{MoneyError, UNIT_PRICE_DECIMALS, UnitPrice, share},
    sale::promotion::WHOLE_PPM,
    tax::RatePpm,
};

/// A list of prices. A product's own price of the list goes before the percentage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    /// What a customer's record names.
    pub code: String,
    pub name: String,
    /// Off the catalogue's price of products that have no price of this list.
    pub off_ppm: RatePpm,
    pub active: bool,
}

/// A product's price on one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPrice {
    pub list: String,
    pub price_e4: UnitPrice,
}

/// The price of a product on a list, a percentage rounded to the currency's minor unit.
pub fn price_on(
    product: &Product,
    list: &PriceList,
    minor_digits: u8,
) -> Result<UnitPrice, MoneyError> {
    let own = product.list_prices.iter().find(|own| own.list == list.code);
    if let Some(own) = own {
        return Ok(own.price_e4);
    }
    let left = WHOLE_PPM - i64::from(list.off_ppm.0).min(WHOLE_PPM);
    let step = 10_i64.pow(UNIT_PRICE_DECIMALS.saturating_sub(minor_digits.into()));
    let exact = crate::money::Money(product.price_e4.0);
    // Minor units of the price, then back: a till shows no half cents that nobody typed.
    let minor = share(exact, left, WHOLE_PPM * step)?;
    Ok(UnitPrice(minor.minor().saturating_mul(step)))
}
