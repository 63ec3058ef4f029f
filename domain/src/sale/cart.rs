//! The cart: lines as the cashier made them, with what the catalogue says of each product at that
//! moment. What they cost is [`super::pricing`]'s.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Levy, Product, TaxClass},
    id::{CategoryId, ProductId, StaffId},
    money::{Money, UnitPrice},
    quantity::Quantity,
    sale::{PriceList, PricedCart, SaleError, SaleTerms, price, price_list::price_on},
    serial::normalize,
    tax::{RatePpm, TaxComponent, TaxMode, TaxScheme},
};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    pub product_id: ProductId,
    pub sku: String,
    pub name: String,
    pub quantity_milli: Quantity,
    /// What a unit is sold at: the catalogue's price, a list's, or one by hand.
    pub unit_price_e4: UnitPrice,
    /// Off the line by hand, as an amount.
    #[serde(default)]
    pub discount_minor: Money,
    pub tax_class: String,
    pub rate_ppm: RatePpm,
    pub stocked: bool,
    #[serde(default)]
    pub terms: LineTerms,
}

/// What not every line has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LineTerms {
    /// The catalogue's price and why the line has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<InsteadOf>,
    /// Off the line by hand, as a part of what promotions leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount_ppm: Option<RatePpm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller_id: Option<StaffId>,
    /// Which unit it is, as [`crate::serial::normalize`] writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levies: Vec<Levy>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<TaxComponent>,
    #[serde(default)]
    pub scheme: TaxScheme,
    /// Why the class is exempt.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What a unit had cost, for tax on the margin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_cost_e4: Option<UnitPrice>,
}

/// A price that another one took the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsteadOf {
    pub price_e4: UnitPrice,
    /// The list that said so; none for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
}

/// What somebody asks for of a product.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    pub quantity_milli: Quantity,
    /// A price by hand.
    pub unit_price_e4: Option<UnitPrice>,
    pub discount_minor: Money,
    pub discount_ppm: Option<RatePpm>,
    pub seller_id: Option<StaffId>,
    /// Which unit, as it was typed or scanned.
    pub serial: Option<&'a str>,
    /// The customer's.
    pub list: Option<&'a PriceList>,
}

impl CartLine {
    /// The line of a product: its price by hand, else the list's, else the catalogue's.
    pub fn of(
        product: &Product,
        class: &TaxClass,
        wish: Wish<'_>,
        minor_digits: u8,
    ) -> Result<CartLine, SaleError> {
        let base = product.price_e4;
        let listed = match wish.list {
            Some(list) => Some((price_on(product, list, minor_digits)?, &list.name)),
            None => None,
        };
        let instead_of = |list| InsteadOf {
            price_e4: base,
            list,
        };
        let serial = wish
            .serial
            .map(|serial| normalize(product.serial_kind, serial));
        let (unit_price_e4, instead_of) = match (wish.unit_price_e4, listed) {
            (Some(by_hand), Some((listed, name))) if by_hand == listed => {
                (listed, Some(instead_of(Some(name.clone()))))
            }
            (Some(by_hand), _) => (by_hand, Some(instead_of(None))),
            (None, Some((listed, name))) => (listed, Some(instead_of(Some(name.clone())))),
            (None, None) => (base, None),
        };
        Ok(CartLine {
            product_id: product.product_id,
            sku: product.sku.clone(),
            name: product.name.clone(),
            quantity_milli: wish.quantity_milli,
            unit_price_e4,
            discount_minor: wish.discount_minor,
            tax_class: class.code.clone(),
            rate_ppm: class.rate_ppm,
            stocked: product.stocked,
            terms: LineTerms {
                instead_of: instead_of.filter(|_| unit_price_e4 != base),
                discount_ppm: wish.discount_ppm.filter(|off| off.0 > 0),
                category_id: product.category_id,
                seller_id: wish.seller_id,
                serial: serial.transpose()?,
                levies: product.levies.clone(),
                components: class.components.clone(),
                scheme: class.scheme,
                note: class.note.clone(),
                unit_cost_e4: None,
            },
        })
    }

    /// Whether a person gave the line its price.
    #[must_use]
    pub fn is_overridden(&self) -> bool {
        let instead_of = self.terms.instead_of.as_ref();
        instead_of.is_some_and(|instead| instead.list.is_none())
    }
}

/// Prices a cart of which nothing else is known: no promotion, no discount on all of it.
pub fn price_cart(
    lines: &[CartLine],
    mode: TaxMode,
    minor_digits: u8,
) -> Result<PricedCart, SaleError> {
    price(lines, mode, minor_digits, &SaleTerms::default())
}
