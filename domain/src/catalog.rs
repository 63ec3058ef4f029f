//! What the shop sells, as every replica holds it: folded rows that the server made.

use serde::{Deserialize, Serialize};

use crate::{
    id::{CategoryId, ProductId},
    limit::TEXT_CHARS_MAX,
    money::UnitPrice,
    quantity::Quantity,
    tax::RatePpm,
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
    pub active: bool,
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
    pub rate_ppm: RatePpm,
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
    if product.price_e4 < UnitPrice(0) {
        return Err(CatalogError::PriceNegative);
    }
    Ok(())
}
