//! What the shop sells, as every replica holds it: folded rows that the server made.

use serde::{Deserialize, Serialize};

use crate::{
    id::{CategoryId, ProductId},
    limit::TEXT_CHARS_MAX,
    money::UnitPrice,
    quantity::Quantity,
    sale::ListPrice,
    serial::SerialKind,
    tax::{RatePpm, TaxComponent, TaxScheme},
};

/// A product as it now is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub product_id: ProductId,
    /// The shop's own code: exact, case kept; two products may differ by case alone.
    pub sku: String,
    pub name: String,
    #[serde(default)]
    pub brand: String,
    #[serde(default)]
    pub model: String,
    pub category_id: Option<CategoryId>,
    /// Names a [`TaxClass`].
    pub tax_class: String,
    pub price_e4: UnitPrice,
    /// Normalised by [`crate::barcode::normalize`].
    #[serde(default)]
    pub barcodes: Vec<String>,
    /// False for services and whatever else is not counted.
    pub stocked: bool,
    #[serde(default)]
    pub reorder_point_milli: Quantity,
    #[serde(default)]
    pub warranty_months: u16,
    /// Its own prices on price lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list_prices: Vec<ListPrice>,
    /// Fixed charges that ride on every unit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levies: Vec<Levy>,
    /// What its units are told apart by.
    #[serde(default, skip_serializing_if = "SerialKind::is_none")]
    pub serial_kind: SerialKind,
    pub active: bool,
}

/// A fixed charge on each unit of a product, such as a copying or recycling fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levy {
    pub name: String,
    /// Per unit; with or without tax as the shop's prices are.
    pub amount_e4: UnitPrice,
    /// Whether the product's tax is taken on it too.
    pub is_taxed: bool,
}

/// A node of the category tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    pub category_id: CategoryId,
    pub parent_id: Option<CategoryId>,
    pub name: String,
    pub position: i32,
}

/// The rate that products of a class carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxClass {
    pub code: String,
    pub name: String,
    /// The sum of the components.
    pub rate_ppm: RatePpm,
    /// The taxes that the rate is made of, when there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<TaxComponent>,
    #[serde(default, skip_serializing_if = "TaxScheme::is_standard")]
    pub scheme: TaxScheme,
    /// What papers say of such a line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl TaxClass {
    /// A class of that code that takes no tax.
    #[must_use]
    pub fn without_tax(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            name: String::new(),
            rate_ppm: RatePpm(0),
            components: Vec::new(),
            scheme: TaxScheme::Standard,
            note: String::new(),
        }
    }
}

/// Why a product cannot be taken into the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    #[error("a product needs a code")]
    SkuMissing,
    #[error("a product needs a name")]
    NameMissing,
    #[error("{field} is longer than {max} characters")]
    TextTooLong { field: &'static str, max: usize },
    #[error("a price cannot be negative")]
    PriceNegative,
}

/// Checks what every product must fulfil, wherever it comes from.
pub fn check_product(product: &Product) -> Result<(), CatalogError> {
    if product.sku.trim().is_empty() {
        return Err(CatalogError::SkuMissing);
    }
    if product.name.trim().is_empty() {
        return Err(CatalogError::NameMissing);
    }
    let texts = [
        ("sku", &product.sku),
        ("name", &product.name),
        ("brand", &product.brand),
        ("model", &product.model),
    ];
    for (field, text) in texts {
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(CatalogError::TextTooLong {
                field,
                max: TEXT_CHARS_MAX,
            });
        }
    }
    let listed = product.list_prices.iter().map(|own| own.price_e4);
    let levied = product.levies.iter().map(|levy| levy.amount_e4);
    let mut prices = std::iter::once(product.price_e4)
        .chain(listed)
        .chain(levied);
    if prices.any(|price| price < UnitPrice(0)) {
        return Err(CatalogError::PriceNegative);
    }
    Ok(())
}
