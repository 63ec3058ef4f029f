//! The sale and its undoing: a cart is priced, paid and becomes a document; a refund gives back
//! what a document took, and never a cent more.

pub mod advance;
pub mod cart;
pub mod details;
pub mod document;
pub mod exchange;
pub mod invoice;
pub mod number;
pub mod parked;
pub mod payment;
pub mod payout;
pub mod price_list;
pub mod pricing;
pub mod promotion;
pub mod quote;
pub mod refund;
pub mod rounding;
pub mod tender;

pub use advance::deduct_advances;
pub use cart::{CartLine, LineTerms, Wish, price_cart};
pub use details::{DocumentDetails, LineDetails};
pub use document::{
    Document, DocumentKind, DocumentLine, Payment, SaleContext, complete_sale, name_balances,
};
pub use exchange::{ExchangedWith, SetOff, set_off};
pub use invoice::Invoice;
pub use parked::{ParkedCart, ParkedSale};
pub use payment::{Settlement, TenderedPayment, cash_suggestions, settle};
pub use payout::{Payout, TenderBalance, spread};
pub use price_list::{ListPrice, PriceList};
pub use pricing::{Discount, PricedCart, PricedLine, SaleTerms, needs, price};
pub use promotion::{Gift, Promotion};
pub use quote::{Quote, Quoted};
pub use refund::{RefundLine, RefundRequest, complete_refund};
pub use rounding::{CashRounding, CashRoundingMode, round_cash};
pub use tender::{
    Tender, TenderCode, TenderError, TenderKind, all_tenders, check_payments, check_payouts,
    check_tender, default_tenders, owned_names,
};

use crate::{
    balance::BalanceError,
    limit::DOCUMENT_LINES_MAX,
    money::{Money, MoneyError},
    quantity::{QUANTITY_MAX, Quantity},
    serial::SerialError,
};

/// Why a sale or refund is refused before anything is recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaleError {
    #[error("a document needs at least one line")]
    NoLines,
    #[error("a document has at most {DOCUMENT_LINES_MAX} lines")]
    TooManyLines,
    #[error("line {n}: the quantity must be more than zero and at most {QUANTITY_MAX}")]
    QuantityInvalid { n: u32 },
    #[error("line {n}: the price must not be negative")]
    PriceInvalid { n: u32 },
    #[error("line {n}: the discount must lie between zero and the line's amount")]
    DiscountInvalid { n: u32 },
    #[error("the discount on all must lie between zero and what the lines come to")]
    CartDiscountInvalid,
    #[error("the advances come to more than the sale does at their rates")]
    AdvanceExceedsSale,
    #[error("a payment must not be negative")]
    PaymentInvalid,
    #[error("{due_minor} is due and {paid_minor} was paid", due_minor = due.minor(),
        paid_minor = paid.minor())]
    PaymentShort { due: Money, paid: Money },
    #[error("only cash gives change")]
    OverpaidWithoutCash { due: Money, paid: Money },
    #[error("payments by {} need a reference", tender.name())]
    ReferenceMissing { tender: TenderCode },
    #[error("{} is not a tender in use", tender.name())]
    TenderUnknown { tender: TenderCode },
    #[error("money does not go back by {}", tender.name())]
    TenderNotRefundable { tender: TenderCode },
    #[error("{} can still give back {left_minor}", tender.name(), left_minor = left.minor())]
    RefundExceedsTender { tender: TenderCode, left: Money },
    #[error("line {n}: {left} can still be refunded")]
    RefundExceedsSale { n: u32, left: Quantity },
    #[error("the receipt has no line {n}")]
    LineUnknown { n: u32 },
    #[error("a line with a serial number is one unit, and line {n} is not")]
    SerialQuantity { n: u32 },
    #[error("{serial} is on two lines")]
    SerialTwice { serial: String },
    #[error(transparent)]
    Balance(#[from] BalanceError),
    #[error("{} has {left_minor} to spend", tender.name(), left_minor = left.minor())]
    BalanceShort { tender: TenderCode, left: Money },
    #[error(transparent)]
    SerialInvalid(#[from] SerialError),
    #[error("a refund can only give back a receipt, not another refund")]
    NotRefundable,
    #[error(transparent)]
    Money(#[from] MoneyError),
}
