//! What a window asks of quotes.

use serde::{Deserialize, Serialize};

use super::{AskedTerms, DocumentView, SaleLine};
use crate::{
    catalog::Product,
    customer::Customer,
    id::{CustomerId, DraftId, OpId},
    money::Money,
    sale::{
        CartLine, Quote,
        quote::{QuoteEnding, QuoteState},
    },
};

/// Makes a quote of a cart. Sending the same `draft_id` again returns the one made the first time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MakeQuote {
    pub draft_id: DraftId,
    pub lines: Vec<SaleLine>,
    #[serde(default)]
    pub terms: AskedTerms,
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    #[serde(default)]
    pub note: String,
    /// Days after today's on which it can still be sold; at most
    /// [`crate::sale::quote::QUOTE_DAYS_MAX`].
    pub valid_days: u16,
}

/// Quotes of this store, newest first: all that are open, and the latest others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListQuotes {
    pub limit: u32,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteSummary {
    pub quote_id: OpId,
    pub number: String,
    pub state: QuoteState,
    pub is_expired: bool,
    pub business_date: String,
    pub valid_until: String,
    pub utc_offset_min: i32,
    pub quoted_ms: i64,
    pub quoted_by: String,
    pub customer_name: String,
    pub note: String,
    pub lines: u32,
    pub total_minor: Money,
    /// Something about it is not yet known to the server, nor to other tills.
    pub is_pending: bool,
}

/// One quote, by its number as typed or scanned, or by its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetQuote {
    pub number: String,
}

/// A quote with its paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuoteView {
    pub quote: Quote,
    pub state: QuoteState,
    pub is_expired: bool,
    /// What its paper is drawn from.
    pub paper: DocumentView,
    /// How it ended, and what came beside that, in their order.
    pub ends: Vec<QuoteEndView>,
}

/// Who ended it, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteEndView {
    #[serde(flatten)]
    pub ending: QuoteEnding,
    pub staff_name: String,
    pub wall_ms: i64,
}

/// Until when a paper's prices hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteTerms {
    /// `YYYY-MM-DD`.
    pub valid_until: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Loads a quote to be sold; [`super::CompleteSale`] with its id sells it. Refused once it has
/// ended or its day is over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SellQuote {
    pub quote_id: OpId,
}

/// A quote as a cart. Nothing of it can be changed: it is sold as it was quoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedCart {
    pub quote_id: OpId,
    pub number: String,
    pub lines: Vec<QuotedLine>,
    pub customer: Option<Customer>,
    /// What was quoted, and what it comes to under the taxes and levies of today.
    pub quoted_minor: Money,
    pub now_minor: Money,
}

/// One line with its product as the catalogue has it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedLine {
    pub line: CartLine,
    pub product: Product,
}

/// Says that the customer does not want it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeclineQuote {
    pub draft_id: DraftId,
    pub quote_id: OpId,
    pub reason: String,
}
