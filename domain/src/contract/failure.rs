//! A failure that crosses a process: a code for programs, fields for words, a trace id for logs.
//! The same JSON goes over IPC and, as an RFC 9457 problem document, over HTTP.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Failure {
    /// One of [`code`].
    pub code: String,
    /// An English sentence for logs and programmers; people read the text of the code.
    pub detail: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

impl Failure {
    /// A failure without fields.
    #[must_use]
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            detail: detail.into(),
            fields: BTreeMap::new(),
            trace_id: None,
        }
    }

    /// Adds one field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }
}

/// Every code. The window has a sentence in each language for each of them.
pub mod code {
    macro_rules! codes {
        ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
            $($(#[$doc])* pub const $name: &str = $text;)+
            /// All codes, for the test that each has a text.
            pub const ALL: &[&str] = &[$($text),+];
        };
    }

    codes! {
        // Signing in. Fields: attempts_left; locked_until_ms.
        WRONG_PIN = "wrong_pin",
        PIN_LOCKED = "pin_locked",
        NOT_SIGNED_IN = "not_signed_in",
        /// Field: permission.
        PERMISSION_DENIED = "permission_denied",
        WRONG_PASSWORD = "wrong_password",
        // Enrolling.
        NOT_ENROLLED = "not_enrolled",
        ALREADY_ENROLLED = "already_enrolled",
        STILL_WAITING = "still_waiting",
        CODE_FOR_OTHER_TILL = "code_for_other_till",
        ENROL_CODE_UNKNOWN = "enrol_code_unknown",
        ENROL_CODE_EXPIRED = "enrol_code_expired",
        ENROL_CODE_SPENT = "enrol_code_spent",
        TILL_REVOKED = "till_revoked",
        INSECURE_ADDRESS = "insecure_address",
        // Selling. Fields: n, left_milli, due_minor, paid_minor.
        NO_LINES = "no_lines",
        TOO_MANY_LINES = "too_many_lines",
        QUANTITY_INVALID = "quantity_invalid",
        PRICE_INVALID = "price_invalid",
        DISCOUNT_INVALID = "discount_invalid",
        PAYMENT_INVALID = "payment_invalid",
        PAYMENT_SHORT = "payment_short",
        OVERPAID_WITHOUT_CASH = "overpaid_without_cash",
        REFUND_EXCEEDS_SALE = "refund_exceeds_sale",
        LINE_UNKNOWN = "line_unknown",
        NOT_REFUNDABLE = "not_refundable",
        // Units. Fields: n, serial.
        SERIAL_INVALID = "serial_invalid",
        SERIAL_QUANTITY = "serial_quantity",
        SERIAL_TWICE = "serial_twice",
        // Balances. Fields: tender, left_minor.
        GIFT_CODE_INVALID = "gift_code_invalid",
        BALANCE_CUSTOMER_MISSING = "balance_customer_missing",
        BALANCE_SHORT = "balance_short",
        CREDIT_LIMIT_INVALID = "credit_limit_invalid",
        ADJUSTMENT_INVALID = "adjustment_invalid",
        // Tenders. Fields: tender, left_minor.
        TENDER_UNKNOWN = "tender_unknown",
        TENDER_NOT_REFUNDABLE = "tender_not_refundable",
        REFERENCE_MISSING = "reference_missing",
        REFUND_EXCEEDS_TENDER = "refund_exceeds_tender",
        // The drawer. Fields: business_date; limit_minor; tender.
        SHIFT_NOT_OPEN = "shift_not_open",
        SHIFT_OPEN_ALREADY = "shift_open_already",
        SHIFT_OVERDUE = "shift_overdue",
        SHIFT_UNKNOWN = "shift_unknown",
        COUNT_INCOMPLETE = "count_incomplete",
        FLOAT_LEFT_TOO_HIGH = "float_left_too_high",
        DIFFERENCE_OVER_LIMIT = "difference_over_limit",
        AMOUNT_INVALID = "amount_invalid",
        // Card payments. Fields: amount_minor; n; state; field.
        TERMINAL_MISSING = "terminal_missing",
        TERMINAL_BUSY = "terminal_busy",
        TERMINAL_INVALID = "terminal_invalid",
        CARD_PAYMENT_UNKNOWN = "card_payment_unknown",
        CARD_PAYMENT_ELSEWHERE = "card_payment_elsewhere",
        CARD_PAYMENTS_OPEN = "card_payments_open",
        CARD_UNDECIDED = "card_undecided",
        CARD_NOT_CHARGED = "card_not_charged",
        CARD_LEFT_OVER = "card_left_over",
        CARD_STEP_IMPOSSIBLE = "card_step_impossible",
        SALE_FINISHED = "sale_finished",
        // Parked sales. Field: state.
        PARKED_UNKNOWN = "parked_unknown",
        PARKED_ENDED = "parked_ended",
        // Quotes. Fields: state; valid_until.
        QUOTE_UNKNOWN = "quote_unknown",
        QUOTE_ENDED = "quote_ended",
        QUOTE_EXPIRED = "quote_expired",
        DAYS_INVALID = "days_invalid",
        // Invoices. Field: number.
        INVOICE_ISSUED = "invoice_issued",
        INVOICE_NEEDS_RECEIPT = "invoice_needs_receipt",
        INVOICE_NEEDS_NAME = "invoice_needs_name",
        INVOICE_NEEDS_TAX_ID = "invoice_needs_tax_id",
        INVOICE_NEEDS_ADDRESS = "invoice_needs_address",
        PRODUCT_UNKNOWN = "product_unknown",
        DOCUMENT_UNKNOWN = "document_unknown",
        CUSTOMER_UNKNOWN = "customer_unknown",
        REPAIR_UNKNOWN = "repair_unknown",
        OPERATION_TOO_LARGE = "operation_too_large",
        // Forms. Fields: field, max.
        TEXT_MISSING = "text_missing",
        TEXT_TOO_LONG = "text_too_long",
        NOTHING_CHANGED = "nothing_changed",
        REASON_INVALID = "reason_invalid",
        /// Fields: from, to.
        ILLEGAL_TRANSITION = "illegal_transition",
        /// Field: field.
        PRINTER_INVALID = "printer_invalid",
        PRINTER_MISSING = "printer_missing",
        PRINT_JOB_UNKNOWN = "print_job_unknown",
        // The till's disk. Field: folder.
        ALREADY_RUNNING = "already_running",
        FOLDER_UNUSABLE = "folder_unusable",
        DISK_FULL = "disk_full",
        DATABASE_NEWER = "database_newer",
        DATABASE_MISSING = "database_missing",
        DATABASE_DAMAGED = "database_damaged",
        // The server and the way to it.
        SERVER_UNREACHABLE = "server_unreachable",
        SERVER_REFUSED = "server_refused",
        MALFORMED = "malformed",
        BODY_TOO_LARGE = "body_too_large",
        UNAUTHORIZED = "unauthorized",
        FORBIDDEN = "forbidden",
        NOT_FOUND = "not_found",
        CONFLICT = "conflict",
        DAMAGED_OPERATION = "damaged_operation",
        MUST_REBOOTSTRAP = "must_rebootstrap",
        UPGRADE_REQUIRED = "upgrade_required",
        TOO_MANY_REQUESTS = "too_many_requests",
        COMMAND_UNKNOWN = "command_unknown",
        INTERNAL = "internal",
    }
}
