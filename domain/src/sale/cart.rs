//! Pricing a cart. Order: quantity × unit price, rounded; less the line's discount; tax per rate
//! on the sums of the line totals.

use serde::{Deserialize, Serialize};

use crate::{
    id::ProductId,
    limit::DOCUMENT_LINES_MAX,
    money::{Money, UnitPrice, line_amount},
    quantity::Quantity,
    sale::SaleError,
    tax::{RatePpm, TaxMode, TaxTotal, breakdown},
};

/// One line as the cashier made it, with what the catalogue says of the product at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    pub product_id: ProductId,
    pub sku: String,
    pub name: String,
    pub quantity_milli: Quantity,
    pub unit_price_e4: UnitPrice,
    #[serde(default)]
    pub discount_minor: Money,
    pub tax_class: String,
    pub rate_ppm: RatePpm,
    pub stocked: bool,
}

/// A cart with its totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedCart {
    /// In line order: the line's total and its share of the tax.
    pub lines: Vec<(Money, Money)>,
    pub taxes: Vec<TaxTotal>,
    pub total: Money,
    pub tax: Money,
}

/// Prices a cart.
pub fn price_cart(
    lines: &[CartLine],
    mode: TaxMode,
    minor_digits: u8,
) -> Result<PricedCart, SaleError> {
    if lines.len() > DOCUMENT_LINES_MAX {
        return Err(SaleError::TooManyLines);
    }
    let mut totals = Vec::with_capacity(lines.len());
    for (n, line) in (1_u32..).zip(lines) {
        if !line.quantity_milli.is_sellable() {
            return Err(SaleError::QuantityInvalid { n });
        }
        if line.unit_price_e4 < UnitPrice(0) {
            return Err(SaleError::PriceInvalid { n });
        }
        let amount = line_amount(line.quantity_milli, line.unit_price_e4, minor_digits)?;
        if line.discount_minor < Money::ZERO || line.discount_minor > amount {
            return Err(SaleError::DiscountInvalid { n });
        }
        totals.push((amount - line.discount_minor, line.rate_ppm));
    }
    price_totals(&totals, mode)
}

/// Adds tax to line totals that are decided already.
pub(crate) fn price_totals(
    totals: &[(Money, RatePpm)],
    mode: TaxMode,
) -> Result<PricedCart, SaleError> {
    let (taxes, shares) = breakdown(totals, mode)?;
    let total = Money::sum(taxes.iter().map(|tax| tax.gross_minor))?;
    let tax = Money::sum(taxes.iter().map(|tax| tax.tax_minor))?;
    let lines = totals
        .iter()
        .map(|(amount, _)| *amount)
        .zip(shares)
        .collect();
    Ok(PricedCart {
        lines,
        taxes,
        total,
        tax,
    })
}
