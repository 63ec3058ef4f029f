//! Folded rows as the feed carries them and every replica stores them: what the server made of the
//! facts, whole, so that a till copies and never computes.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Category, Product, TaxClass},
    contract::sync_v1::{Certificate, Checkpoint, Erasure},
    customer::Customer,
    hlc::Hlc,
    id::{DeviceId, OrganizationId, StoreId},
    money::{Currency, Money},
    repair::Repair,
    replication::log::{LogRow, known_rows},
    sale::{CashRounding, PriceList, Promotion, Tender},
    staff::Staff,
    stock::{StockElsewhere, StockLevel},
    tax::TaxMode,
};

/// The business and what holds for all its stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    pub organization_id: OrganizationId,
    pub name: String,
    pub currency: Currency,
    pub tax_mode: TaxMode,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    #[serde(default, skip_serializing_if = "Settings::is_default")]
    pub settings: Settings,
}

/// What the owner decided for all stores.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Whether a till sells only while a shift is open.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shift_required: bool,
    /// Difference at closing above which a manager must agree; none is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift_difference_limit_minor: Option<Money>,
    /// None where every amount can be paid in coins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cash_rounding: Option<CashRounding>,
    /// Minutes without a key or a touch after which a till asks who is there; 0 is never, none is
    /// the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_after_minutes: Option<u16>,
}

/// After so many minutes a till locks where nobody decided.
const LOCK_AFTER_MINUTES: u16 = 10;

impl Settings {
    /// After how many minutes without a sign of life a till locks; none where it never does.
    #[must_use]
    pub fn lock_after_min(&self) -> Option<u16> {
        let minutes = self.lock_after_minutes.unwrap_or(LOCK_AFTER_MINUTES);
        (minutes > 0).then_some(minutes)
    }

    /// Whether nothing was ever decided.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    pub store_id: StoreId,
    /// Starts its document numbers: capital letters and digits.
    pub code: String,
    pub name: String,
    pub address: String,
    /// IANA name.
    pub time_zone: String,
    /// Hour of local time at which a new business day begins.
    pub cut_over_hour: u8,
}

/// An enrolled till.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Till {
    pub device_id: DeviceId,
    pub store_id: StoreId,
    pub number: u32,
    pub name: String,
    pub epoch: u64,
    pub series: String,
    pub revoked: bool,
}

/// Up to where the replicas of a scope have let go of what is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boundary {
    /// Facts of rows before this one that are stamped before it go, those of open repairs aside.
    pub before_hlc: Hlc,
}

/// Folded rows, by table. Each replaces the row of its key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rows {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organization: Vec<Organization>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub store: Vec<Store>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub till: Vec<Till>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub staff: Vec<Staff>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tax_class: Vec<TaxClass>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<Category>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promotion: Vec<Promotion>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub price_list: Vec<PriceList>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product: Vec<Product>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub customer: Vec<Customer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stock_elsewhere: Vec<StockElsewhere>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stock_level: Vec<StockLevel>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repair: Vec<Repair>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tender: Vec<Tender>,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "known_rows"
    )]
    pub log_row: Vec<LogRow>,
    /// In the org's feed, one per enrolment: with it a till can vouch for another's envelopes to a
    /// server that forgot it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificate: Vec<Certificate>,
    /// In a device's feed, one per history; the newest counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checkpoint: Vec<Checkpoint>,
    /// In the org's feed, one per customer; the newest counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erasure: Vec<Erasure>,
    /// In the org's and a store's feed; the newest counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boundary: Vec<Boundary>,
}

impl Rows {
    /// Whether there is no row at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Rows::default()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.organization.len()
            + self.store.len()
            + self.till.len()
            + self.staff.len()
            + self.tax_class.len()
            + self.category.len()
            + self.promotion.len()
            + self.price_list.len()
            + self.product.len()
            + self.customer.len()
            + self.stock_elsewhere.len()
            + self.stock_level.len()
            + self.repair.len()
            + self.tender.len()
            + self.log_row.len()
            + self.certificate.len()
            + self.checkpoint.len()
            + self.erasure.len()
            + self.boundary.len()
    }
}
