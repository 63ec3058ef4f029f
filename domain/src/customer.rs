//! A customer's record: independent fields, the last writer of each winning, all of them personal
//! data that travels beside the chain and never in it.

pub mod duplicate;
pub mod link;

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
    /// Who stands on an invoice, where it is another name.
    LegalName,
    /// Where the tax office knows the customer, where it is another address.
    FiscalAddress,
    /// Ways in which the customer agreed to hear from the shop: [`Consent`]s, joined by commas.
    Consent,
    /// The record that this one turned out to be the same person as; see [`link`].
    MergedInto,
    /// Records that somebody said are other people, however alike: ids, joined by commas.
    ApartFrom,
}

impl CustomerField {
    pub const ALL: [CustomerField; 11] = [
        Self::Name,
        Self::Phone,
        Self::Email,
        Self::Address,
        Self::TaxId,
        Self::Notes,
        Self::LegalName,
        Self::FiscalAddress,
        Self::Consent,
        Self::MergedInto,
        Self::ApartFrom,
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
            Self::LegalName => "legal_name",
            Self::FiscalAddress => "fiscal_address",
            Self::Consent => "consent",
            Self::MergedInto => "merged_into",
            Self::ApartFrom => "apart_from",
        }
    }

    /// The version of `customer_put` that first wrote the field.
    #[must_use]
    pub const fn since_version(self) -> u32 {
        match self {
            Self::Name | Self::Phone | Self::Email | Self::Address | Self::TaxId | Self::Notes => 1,
            Self::LegalName
            | Self::FiscalAddress
            | Self::Consent
            | Self::MergedInto
            | Self::ApartFrom => 2,
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    const fn chars_max(self) -> usize {
        match self {
            Self::Notes | Self::ApartFrom => NOTE_CHARS_MAX,
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
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub legal_name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fiscal_address: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub consent: String,
    /// An id as text, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub merged_into: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub apart_from: String,
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
            legal_name: String::new(),
            fiscal_address: String::new(),
            consent: String::new(),
            merged_into: String::new(),
            apart_from: String::new(),
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
            CustomerField::LegalName => &self.legal_name,
            CustomerField::FiscalAddress => &self.fiscal_address,
            CustomerField::Consent => &self.consent,
            CustomerField::MergedInto => &self.merged_into,
            CustomerField::ApartFrom => &self.apart_from,
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
            CustomerField::LegalName => self.legal_name = value,
            CustomerField::FiscalAddress => self.fiscal_address = value,
            CustomerField::Consent => self.consent = value,
            CustomerField::MergedInto => self.merged_into = value,
            CustomerField::ApartFrom => self.apart_from = value,
        }
    }
}

/// A way to reach a customer that needs the customer's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    Email,
    Phone,
    Message,
}

impl Consent {
    pub const ALL: [Self; 3] = [Self::Email, Self::Phone, Self::Message];

    /// The name in the record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Message => "message",
        }
    }

    /// The ways named in a record's text; what is not known is passed over.
    #[must_use]
    pub fn read(text: &str) -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|way| text.split(',').any(|name| name == way.name()))
            .collect()
    }

    /// The record's text for these ways.
    #[must_use]
    pub fn write(ways: &[Self]) -> String {
        let names: Vec<_> = Self::ALL
            .into_iter()
            .filter(|way| ways.contains(way))
            .map(Self::name)
            .collect();
        names.join(",")
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
