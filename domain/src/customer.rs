//! A customer's record: independent fields, the last writer of each winning, all of them personal
//! data that travels beside the chain and never in it.

use serde::{Deserialize, Serialize};

use crate::{
    id::CustomerId,
    limit::{NOTE_CHARS_MAX, TEXT_CHARS_MAX},
};

/// The fields of the record. The name of each is its column and its key on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerField {
    Name,
    Phone,
    Email,
    /// Street, postal code and place together: half an address from each of two tills is none.
    Address,
    TaxId,
    Notes,
}

impl CustomerField {
    pub const ALL: [CustomerField; 6] = [
        Self::Name,
        Self::Phone,
        Self::Email,
        Self::Address,
        Self::TaxId,
        Self::Notes,
    ];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Address => "address",
            Self::TaxId => "tax_id",
            Self::Notes => "notes",
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    const fn chars_max(self) -> usize {
        match self {
            Self::Notes => NOTE_CHARS_MAX,
            _ => TEXT_CHARS_MAX,
        }
    }
}

/// A customer as the record now is. An empty text is a field nobody filled, or one erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub customer_id: CustomerId,
    pub name: String,
    pub phone: String,
    pub email: String,
    pub address: String,
    pub tax_id: String,
    pub notes: String,
}

impl Customer {
    /// A record without any field.
    #[must_use]
    pub fn empty(customer_id: CustomerId) -> Self {
        Self {
            customer_id,
            name: String::new(),
            phone: String::new(),
            email: String::new(),
            address: String::new(),
            tax_id: String::new(),
            notes: String::new(),
        }
    }

    /// One field's text.
    #[must_use]
    pub fn get(&self, field: CustomerField) -> &str {
        match field {
            CustomerField::Name => &self.name,
            CustomerField::Phone => &self.phone,
            CustomerField::Email => &self.email,
            CustomerField::Address => &self.address,
            CustomerField::TaxId => &self.tax_id,
            CustomerField::Notes => &self.notes,
        }
    }

    /// Sets one field.
    pub fn set(&mut self, field: CustomerField, value: String) {
        match field {
            CustomerField::Name => self.name = value,
            CustomerField::Phone => self.phone = value,
            CustomerField::Email => self.email = value,
            CustomerField::Address => self.address = value,
            CustomerField::TaxId => self.tax_id = value,
            CustomerField::Notes => self.notes = value,
        }
    }
}

/// Why a record cannot be kept as typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustomerError {
    #[error("a customer needs a name")]
    NameMissing,
    #[error("{field} is longer than {max} characters")]
    TextTooLong { field: &'static str, max: usize },
    #[error("nothing was changed")]
    NothingChanged,
}

/// The fields that a typed record changes against the one on file, trimmed.
pub fn changed_fields(
    before: Option<&Customer>,
    typed: &Customer,
) -> Result<Vec<(CustomerField, String)>, CustomerError> {
    if typed.name.trim().is_empty() {
        return Err(CustomerError::NameMissing);
    }
    let mut changed = Vec::new();
    for field in CustomerField::ALL {
        let value = typed.get(field).trim();
        if value.chars().count() > field.chars_max() {
            return Err(CustomerError::TextTooLong {
                field: field.name(),
                max: field.chars_max(),
            });
        }
        if value != before.map_or("", |customer| customer.get(field)) {
            changed.push((field, value.to_owned()));
        }
    }
    if changed.is_empty() {
        Err(CustomerError::NothingChanged)
    } else {
        Ok(changed)
    }
}
