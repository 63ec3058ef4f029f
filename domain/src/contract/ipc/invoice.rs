//! What a window asks of invoices.

use serde::{Deserialize, Serialize};

use crate::{
    id::{CustomerId, DraftId, OpId},
    sale::invoice::BilledTo,
};

/// Makes an invoice of a receipt, once. Sending the same `draft_id` again returns the one made the
/// first time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MakeInvoice {
    pub draft_id: DraftId,
    pub receipt_id: OpId,
    /// Who it is made out to; without one, the customer of the receipt.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
}

/// What an invoice's paper says beside its receipt's figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoicePaper {
    pub billed_to: BilledTo,
    /// `YYYY-MM-DD`.
    pub receipt_date: String,
    /// False where another till had issued one of the same receipt before.
    pub counts: bool,
}
