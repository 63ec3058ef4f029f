//! What a window asks of carts that were put aside.

use serde::{Deserialize, Serialize};

use super::{AskedTerms, SaleLine};
use crate::{
    catalog::Product,
    customer::Customer,
    id::{CustomerId, DraftId, OpId},
    money::Money,
    sale::parked::{ChangedPrice, ParkedEnding, ParkedSaleState},
};

/// Puts a cart aside. Sending the same `draft_id` again returns what was parked the first time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ParkSale {
    pub draft_id: DraftId,
    pub lines: Vec<SaleLine>,
    #[serde(default)]
    pub terms: AskedTerms,
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    #[serde(default)]
    pub note: String,
}

/// What waits at this store, newest first, and what two tills took up on this business day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListParked {}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedSummary {
    pub parked_id: OpId,
    pub state: ParkedSaleState,
    pub business_date: String,
    pub utc_offset_min: i32,
    pub parked_ms: i64,
    /// Of a business day before today's.
    pub is_old: bool,
    pub parked_by: String,
    pub till_number: Option<u32>,
    pub customer_name: String,
    pub note: String,
    /// The first of its goods.
    pub first_line: String,
    pub lines: u32,
    /// What it came to when it was parked.
    pub total_minor: Money,
    /// Something about it is not yet known to the server, nor to other tills.
    pub is_pending: bool,
    /// How it ended, and what came after that without effect, in their order.
    pub ends: Vec<ParkedEndView>,
}

/// Who ended it, where and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedEndView {
    #[serde(flatten)]
    pub ending: ParkedEnding,
    pub staff_name: String,
    pub till_number: Option<u32>,
    pub wall_ms: i64,
}

/// Takes a parked sale up at this till.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResumeParked {
    pub draft_id: DraftId,
    pub parked_id: OpId,
}

/// A cart to go on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumedCart {
    pub parked_id: OpId,
    pub lines: Vec<ResumedLine>,
    pub terms: AskedTerms,
    pub customer: Option<Customer>,
    pub note: String,
    /// What it came to when it was parked, and what the same comes to now.
    pub then_minor: Money,
    pub now_minor: Money,
    pub changed: Vec<ChangedPrice>,
    /// Names of what is not sold any more, and is not among the lines.
    pub missing: Vec<String>,
}

/// One line with its product as the catalogue has it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumedLine {
    pub asked: SaleLine,
    pub product: Product,
}

/// Lets go of a parked sale that nobody takes up any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DiscardParked {
    pub draft_id: DraftId,
    pub parked_id: OpId,
    pub reason: String,
}
