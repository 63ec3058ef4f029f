//! What is known of units by their serial numbers.

use serde::{Deserialize, Serialize};

use crate::{catalog::Product, id::ProductId, repair::Repair, serial::SerialUnit};

/// Finds what is known of a serial number or IMEI, as typed or scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindSerial {
    pub serial: String,
    /// Of this product alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
}

/// Everything that bears a number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FoundSerial {
    /// Units of products; makers number alike, so there can be several.
    pub units: Vec<UnitView>,
    /// Repairs of a device of that number, newest first.
    pub repairs: Vec<Repair>,
}

impl FoundSerial {
    /// Whether nothing bears it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty() && self.repairs.is_empty()
    }
}

/// A unit with what its product says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitView {
    pub unit: SerialUnit,
    /// As the catalogue has it now, if it does.
    pub product: Option<Product>,
    /// The last day of the maker's warranty, `YYYY-MM-DD`, where a customer has the unit and the
    /// product has one.
    pub warranty_until: Option<String>,
}
