//! What an operation says: everything that was decided, each thing once. Movements, payments and
//! points follow from it by [`super::apply()`].

use serde::{Deserialize, Serialize};

use crate::{
    balance::BalanceId,
    card_payment::CardPaymentEvent,
    catalog::{Category, Product, TaxClass},
    contract::sync_v1::Certificate,
    customer::CustomerField,
    id::{CardPaymentId, CustomerId, OpId, ProductId, RepairId, ShiftId},
    money::{Currency, Money, UnitPrice},
    quantity::Quantity,
    repair::{RepairDevice, RepairState},
    replication::{
        chain::Digest,
        op::OpHeader,
        row::{Organization, Store, Till},
        table::Scope,
        upcast::{STEPS, upcast},
    },
    sale::{
        DocumentDetails, DocumentKind, LineDetails, ParkedCart, PriceList, Promotion, Quoted,
        Tender, TenderCode, details::ApprovedBy, invoice::Invoiced,
    },
    shift::{CashMovementKind, ShiftClosing, ShiftOpening, SpotCount},
    staff::Staff,
    stock::{Location, MovementReason},
    tax::{RatePpm, TaxMode, TaxTotal},
};

/// A finished sale or refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentBody {
    pub number: String,
    pub series: String,
    pub count: u64,
    /// `YYYY-MM-DD`.
    pub business_date: String,
    pub utc_offset_min: i32,
    pub currency: Currency,
    pub tax_mode: TaxMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// The receipt that a credit note gives back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_id: Option<OpId>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What the customer pays or gets, tax included.
    pub total_minor: Money,
    pub tax_minor: Money,
    /// What rounding cash adds to the total; the payments add up to both.
    #[serde(default, skip_serializing_if = "Money::is_zero")]
    pub rounding_minor: Money,
    /// The shift that it was made in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift_id: Option<ShiftId>,
    pub lines: Vec<LineBody>,
    pub taxes: Vec<TaxTotal>,
    pub payments: Vec<PaymentBody>,
    /// What not every document has.
    #[serde(default, skip_serializing_if = "DocumentDetails::is_empty")]
    pub details: DocumentDetails,
}

/// One line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineBody {
    /// Place on the document, from 1.
    pub n: u32,
    pub product_id: ProductId,
    pub sku: String,
    pub name: String,
    pub quantity_milli: Quantity,
    pub unit_price_e4: UnitPrice,
    #[serde(default)]
    pub discount_minor: Money,
    /// Quantity × price − discount + levies; with or without tax as the document's mode says.
    pub total_minor: Money,
    pub tax_class: String,
    pub rate_ppm: RatePpm,
    /// This line's share of the document's tax.
    pub tax_minor: Money,
    /// Where the goods left or went to; none for what is not stocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The receipt's line that a credit note's line gives back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_n: Option<u32>,
    /// How it came to its price, and whatever else not every line has.
    #[serde(default, skip_serializing_if = "LineDetails::is_empty")]
    pub details: LineDetails,
}

/// One payment of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentBody {
    pub n: u32,
    pub tender: TenderCode,
    /// What it covers of the total.
    pub amount_minor: Money,
    /// What was handed over; amount + change.
    pub tendered_minor: Money,
    pub change_minor: Money,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reference: String,
}

/// Goods received or adjusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockAdjustmentBody {
    pub reason: MovementReason,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    pub lines: Vec<StockAdjustmentLine>,
    /// Who allowed it, when the person at the till may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<ApprovedBy>,
}

/// One product of an adjustment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockAdjustmentLine {
    pub n: u32,
    pub product_id: ProductId,
    pub location: Location,
    pub delta_milli: Quantity,
}

/// Fields of a customer's record that were changed. The texts are personal data: the body holds
/// their salted hashes and the operation's private part the texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerPutBody {
    pub customer_id: CustomerId,
    pub fields: Vec<PrivateField>,
}

/// A field whose text is kept out of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateField {
    pub field: CustomerField,
    /// `SHA-256(salt || text)`.
    pub hash: Digest,
}

/// A device taken in at the counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairIntakeBody {
    pub repair_id: RepairId,
    pub number: String,
    pub count: u64,
    pub business_date: String,
    pub utc_offset_min: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    pub device: RepairDevice,
    pub fault: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub accessories: String,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_date: Option<String>,
}

/// A step of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairMoveBody {
    pub repair_id: RepairId,
    /// What the till showed; the fold judges the step by the state at its turn.
    pub from: RepairState,
    pub to: RepairState,
}

/// A note on a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairNoteBody {
    pub repair_id: RepairId,
    pub text: String,
}

/// A drawer opened with its float.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftOpenBody {
    pub shift_id: ShiftId,
    #[serde(flatten)]
    pub opening: ShiftOpening,
}

/// Cash that moved beside sales; the amount is positive and the kind says which way it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashMovementBody {
    pub shift_id: ShiftId,
    pub movement: CashMovementKind,
    pub amount_minor: Money,
    pub reason: String,
}

/// A drawer counted while its shift goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpotCountBody {
    pub shift_id: ShiftId,
    #[serde(flatten)]
    pub count: SpotCount,
}

/// A shift counted, added up and closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftCloseBody {
    pub shift_id: ShiftId,
    /// The shift's own, whenever it is closed.
    pub business_date: String,
    pub utc_offset_min: i32,
    #[serde(flatten)]
    pub closing: ShiftClosing,
}

/// A step of a card payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPaymentBody {
    pub card_payment_id: CardPaymentId,
    #[serde(flatten)]
    pub event: CardPaymentEvent,
}

/// A parked sale taken up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleResumeBody {
    pub parked_id: OpId,
}

/// A parked sale that nobody takes up any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleDiscardBody {
    pub parked_id: OpId,
    pub reason: String,
}

/// A quote that the customer does not want.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteDeclineBody {
    pub quote_id: OpId,
    pub reason: String,
}

/// A balance changed beside any document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceChangeBody {
    pub of: BalanceId,
    pub change: BalanceChange,
}

/// What is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BalanceChange {
    /// Put right by hand; more than zero for the holder.
    Adjust { delta_minor: Money, reason: String },
    /// How much the customer may owe.
    Limit { limit_minor: Money },
}

/// Rows that only the server writes, replaced whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServerPutBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Organization>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<Store>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tills: Vec<Till>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub staff: Vec<Staff>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tax_classes: Vec<TaxClass>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promotions: Vec<Promotion>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub price_lists: Vec<PriceList>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<Product>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenders: Vec<Tender>,
    /// What the server signed for the tills that it enrolled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<Certificate>,
}

fn has_units(body: &DocumentBody) -> bool {
    body.lines.iter().any(is_unit)
}

fn is_unit(line: &LineBody) -> bool {
    line.details.serial.is_some()
}

/// The body of an operation. Its kind and version stand in the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpBody {
    Sale(DocumentBody),
    Refund(DocumentBody),
    StockAdjustment(StockAdjustmentBody),
    CustomerPut(CustomerPutBody),
    RepairIntake(RepairIntakeBody),
    RepairMove(RepairMoveBody),
    RepairNote(RepairNoteBody),
    ShiftOpen(ShiftOpenBody),
    CashMovement(CashMovementBody),
    SpotCount(SpotCountBody),
    ShiftClose(Box<ShiftCloseBody>),
    CardPayment(CardPaymentBody),
    SalePark(Box<ParkedCart>),
    SaleResume(SaleResumeBody),
    SaleDiscard(SaleDiscardBody),
    QuoteMake(Box<Quoted>),
    QuoteDecline(QuoteDeclineBody),
    InvoiceMake(Box<Invoiced>),
    BalanceChange(BalanceChangeBody),
    /// Written by the server alone.
    ServerPut(ServerPutBody),
}

/// Every kind and the highest version of it that this build reads and writes; lower ones are read
/// too ([`super::upcast`]).
pub const KINDS: [(&str, u32); 20] = [
    ("sale", 5),
    ("refund", 4),
    ("stock_adjustment", 1),
    ("customer_put", 2),
    ("repair_intake", 1),
    ("repair_move", 1),
    ("repair_note", 1),
    ("shift_open", 1),
    ("cash_movement", 1),
    ("spot_count", 1),
    ("shift_close", 1),
    ("card_payment", 1),
    ("sale_park", 2),
    ("sale_resume", 1),
    ("sale_discard", 1),
    ("quote_make", 2),
    ("quote_decline", 1),
    ("invoice_make", 1),
    ("balance_change", 1),
    ("server_put", 1),
];

/// Why a body cannot be read. The operation is then held, never dropped.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("operations of kind {kind} version {version} are not known to this program")]
    KindUnknown { kind: String, version: u32 },
    #[error("the body does not fit its kind: {0}")]
    Undecodable(#[from] serde_json::Error),
}

impl OpBody {
    /// The kind for the header.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sale(_) => "sale",
            Self::Refund(_) => "refund",
            Self::StockAdjustment(_) => "stock_adjustment",
            Self::CustomerPut(_) => "customer_put",
            Self::RepairIntake(_) => "repair_intake",
            Self::RepairMove(_) => "repair_move",
            Self::RepairNote(_) => "repair_note",
            Self::ShiftOpen(_) => "shift_open",
            Self::CashMovement(_) => "cash_movement",
            Self::SpotCount(_) => "spot_count",
            Self::ShiftClose(_) => "shift_close",
            Self::CardPayment(_) => "card_payment",
            Self::SalePark(_) => "sale_park",
            Self::SaleResume(_) => "sale_resume",
            Self::SaleDiscard(_) => "sale_discard",
            Self::QuoteMake(_) => "quote_make",
            Self::QuoteDecline(_) => "quote_decline",
            Self::InvoiceMake(_) => "invoice_make",
            Self::BalanceChange(_) => "balance_change",
            Self::ServerPut(_) => "server_put",
        }
    }

    /// The lowest version of its kind that says all of it, for the header: a server that is not
    /// updated yet reads what it can read.
    #[must_use]
    pub fn version(&self) -> u32 {
        match self {
            // An older server would keep the document and leave the balance as it was.
            Self::Sale(body) if !body.details.balances.is_empty() => 5,
            Self::Refund(body) if !body.details.balances.is_empty() => 4,
            // An older server would forget which units they were.
            Self::Sale(body) if has_units(body) => 4,
            Self::Refund(body) if has_units(body) => 3,
            Self::QuoteMake(quoted) if quoted.lines.iter().any(is_unit) => 2,
            Self::SalePark(cart) if cart.lines.iter().any(|line| line.asked.serial.is_some()) => 2,
            // An older server would forget what it was exchanged with, or which invoice it corrects.
            Self::Sale(body) if body.details.exchange.is_some() => 3,
            Self::Refund(body)
                if body.details.exchange.is_some() || body.details.invoice.is_some() =>
            {
                2
            }
            // An older server would keep the sale and leave its quote or its charges open.
            Self::Sale(body)
                if body.details.quote.is_some() || !body.details.card_payments.is_empty() =>
            {
                2
            }
            Self::CustomerPut(body) => {
                let fields = body.fields.iter();
                fields
                    .map(|one| one.field.since_version())
                    .max()
                    .unwrap_or(1)
            }
            _ => 1,
        }
    }

    /// The bytes that are hashed, stored and sent as written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BodyError> {
        Ok(match self {
            Self::Sale(body) | Self::Refund(body) => serde_json::to_vec(body)?,
            Self::StockAdjustment(body) => serde_json::to_vec(body)?,
            Self::CustomerPut(body) => serde_json::to_vec(body)?,
            Self::RepairIntake(body) => serde_json::to_vec(body)?,
            Self::RepairMove(body) => serde_json::to_vec(body)?,
            Self::RepairNote(body) => serde_json::to_vec(body)?,
            Self::ShiftOpen(body) => serde_json::to_vec(body)?,
            Self::CashMovement(body) => serde_json::to_vec(body)?,
            Self::SpotCount(body) => serde_json::to_vec(body)?,
            Self::ShiftClose(body) => serde_json::to_vec(body)?,
            Self::CardPayment(body) => serde_json::to_vec(body)?,
            Self::SalePark(body) => serde_json::to_vec(body)?,
            Self::SaleResume(body) => serde_json::to_vec(body)?,
            Self::SaleDiscard(body) => serde_json::to_vec(body)?,
            Self::QuoteMake(body) => serde_json::to_vec(body)?,
            Self::QuoteDecline(body) => serde_json::to_vec(body)?,
            Self::InvoiceMake(body) => serde_json::to_vec(body)?,
            Self::BalanceChange(body) => serde_json::to_vec(body)?,
            Self::ServerPut(body) => serde_json::to_vec(body)?,
        })
    }

    /// Reads a body of the kind and version in its header, of any version ever written.
    pub fn from_bytes(kind: &str, version: u32, bytes: &[u8]) -> Result<OpBody, BodyError> {
        let newest = KINDS.iter().find(|(known, _)| *known == kind);
        let newest = newest.map_or(0, |(_, newest)| *newest);
        let bytes = &*upcast(STEPS, kind, version, newest, bytes)?;
        Ok(match kind {
            "sale" => Self::Sale(serde_json::from_slice(bytes)?),
            "refund" => Self::Refund(serde_json::from_slice(bytes)?),
            "stock_adjustment" => Self::StockAdjustment(serde_json::from_slice(bytes)?),
            "customer_put" => Self::CustomerPut(serde_json::from_slice(bytes)?),
            "repair_intake" => Self::RepairIntake(serde_json::from_slice(bytes)?),
            "repair_move" => Self::RepairMove(serde_json::from_slice(bytes)?),
            "repair_note" => Self::RepairNote(serde_json::from_slice(bytes)?),
            "shift_open" => Self::ShiftOpen(serde_json::from_slice(bytes)?),
            "cash_movement" => Self::CashMovement(serde_json::from_slice(bytes)?),
            "spot_count" => Self::SpotCount(serde_json::from_slice(bytes)?),
            "shift_close" => Self::ShiftClose(serde_json::from_slice(bytes)?),
            "card_payment" => Self::CardPayment(serde_json::from_slice(bytes)?),
            "sale_park" => Self::SalePark(serde_json::from_slice(bytes)?),
            "sale_resume" => Self::SaleResume(serde_json::from_slice(bytes)?),
            "sale_discard" => Self::SaleDiscard(serde_json::from_slice(bytes)?),
            "quote_make" => Self::QuoteMake(serde_json::from_slice(bytes)?),
            "quote_decline" => Self::QuoteDecline(serde_json::from_slice(bytes)?),
            "invoice_make" => Self::InvoiceMake(serde_json::from_slice(bytes)?),
            "balance_change" => Self::BalanceChange(serde_json::from_slice(bytes)?),
            "server_put" => Self::ServerPut(serde_json::from_slice(bytes)?),
            _ => {
                return Err(BodyError::KindUnknown {
                    kind: kind.to_owned(),
                    version,
                });
            }
        })
    }

    /// The scope whose feed carries the operation whole; none when it names no store.
    #[must_use]
    pub fn home_scope(&self, header: &OpHeader) -> Option<Scope> {
        match self {
            Self::CustomerPut(_) | Self::ServerPut(_) => Some(Scope::Org),
            _ => header.store_id.map(Scope::Store),
        }
    }

    /// The document kind that a sale or refund makes.
    #[must_use]
    pub const fn document_kind(&self) -> Option<DocumentKind> {
        match self {
            Self::Sale(_) => Some(DocumentKind::Receipt),
            Self::Refund(_) => Some(DocumentKind::CreditNote),
            _ => None,
        }
    }
}
