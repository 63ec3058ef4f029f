//! What can go wrong at a till, with its data; and the one place where that becomes the failure
//! that a window shows.

use std::path::PathBuf;

use domain::{
    balance::BalanceError,
    card_payment::CardPaymentError,
    contract::failure::{Failure, code},
    customer::CustomerError,
    id::{CardPaymentId, CustomerId, ProductId, RepairId, ShiftId},
    limit::OP_BYTES_MAX,
    receipt::PrinterError,
    repair::RepairError,
    replication::body::BodyError,
    sale::{SaleError, invoice::InvoiceError, parked::ParkedError, quote::QuoteError},
    shift::ShiftError,
    staff::Permission,
    stock::StockError,
    terminal::TerminalError,
};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Sale(#[from] SaleError),
    #[error(transparent)]
    Stock(#[from] StockError),
    #[error(transparent)]
    Customer(#[from] CustomerError),
    #[error(transparent)]
    Shift(#[from] ShiftError),
    #[error("shift {0} is not known here")]
    ShiftUnknown(ShiftId),
    #[error(transparent)]
    CardPayment(#[from] CardPaymentError),
    #[error("card payment {0} is not known here")]
    CardPaymentUnknown(CardPaymentId),
    #[error("the card was charged at another till's terminal")]
    CardPaymentElsewhere,
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    #[error("no payment terminal is set up")]
    TerminalMissing,
    #[error("the payment terminal is at a card")]
    TerminalBusy,
    #[error("this sale is finished already")]
    SaleFinished,
    #[error(transparent)]
    Parked(#[from] ParkedError),
    #[error("no such parked sale is known here")]
    ParkedUnknown,
    #[error(transparent)]
    Quote(#[from] QuoteError),
    #[error(transparent)]
    Invoice(#[from] InvoiceError),
    #[error("no such quote is known here")]
    QuoteUnknown,
    #[error(transparent)]
    Repair(#[from] RepairError),
    #[error(transparent)]
    Printer(#[from] PrinterError),
    #[error("no printer is set up")]
    PrinterMissing,
    #[error("no such paper waits")]
    PrintJobUnknown,
    #[error("the PDF cannot be made: {0}")]
    Pdf(String),
    #[error("this till is not enrolled")]
    NotEnrolled,
    #[error("this till is enrolled already")]
    AlreadyEnrolled,
    #[error("{waiting} operations must reach the server before the till can enrol anew")]
    StillWaiting { waiting: u64 },
    #[error("this code is for another till")]
    CodeForOtherTill,
    #[error("the owner has withdrawn this till")]
    TillRevoked,
    #[error("nobody is signed in")]
    NotSignedIn,
    #[error("the signed-in person may not do this")]
    PermissionDenied(Permission),
    #[error("the PIN is wrong")]
    WrongPin { attempts_left: u32 },
    #[error("the person is locked after too many wrong PINs")]
    PinLocked { locked_until_ms: i64 },
    #[error("this till cannot check that person's PIN")]
    StaffUnknown,
    #[error("product {0} is not in the catalogue")]
    ProductUnknown(ProductId),
    #[error("product {0} has a tax class that is not known here")]
    TaxClassUnknown(ProductId),
    #[error("no document with that number or id is known here")]
    DocumentUnknown,
    #[error("customer {0} is not known here")]
    CustomerUnknown(CustomerId),
    #[error("repair {0} is not known here")]
    RepairUnknown(RepairId),
    #[error("{field} is longer than {max} characters")]
    TextTooLong { field: &'static str, max: usize },
    #[error("the operation has {bytes} bytes, more than {OP_BYTES_MAX}")]
    OperationTooLarge { bytes: usize },
    #[error("{0} is not an address that a till may talk to")]
    InsecureAddress(String),
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    #[error("the server refused: {0}")]
    Refused(Failure),
    #[error("the server's answer does not fit the protocol: {0}")]
    Protocol(String),
    #[error("the database was written by a newer program (migration {version})")]
    DatabaseNewer { version: i64 },
    #[error("another till has {folder} open")]
    AlreadyRunning { folder: PathBuf },
    #[error("{folder} cannot be used")]
    FolderUnusable { folder: PathBuf },
    #[error("the database {path} is missing")]
    DatabaseMissing { path: PathBuf },
    #[error("SQLite {version} is too old to be safe")]
    SqliteTooOld { version: i32 },
    #[error("the database cannot be brought to this version: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("file: {0}")]
    Io(#[from] std::io::Error),
    #[error("a stored text cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("an operation cannot be written or read: {0}")]
    Body(#[from] BodyError),
    #[error("stored bytes of {0} cannot be read")]
    Unreadable(&'static str),
    #[error("the secrets of this till cannot be read: {0}")]
    Secret(String),
    #[error("the request is malformed: {0}")]
    Malformed(String),
    #[error("there is no command {0:?}")]
    CommandUnknown(String),
    #[error("{0}")]
    Internal(&'static str),
}

impl Error {
    /// Whether the same request may work a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(failure) => failure.code == code::TOO_MANY_REQUESTS,
            _ => false,
        }
    }

    /// The code of the failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sale(error) => sale_code(error),
            Self::Stock(error) => match error {
                StockError::NoLines => code::NO_LINES,
                StockError::TooManyLines => code::TOO_MANY_LINES,
                StockError::QuantityInvalid { .. } => code::QUANTITY_INVALID,
                StockError::ReasonNotByHand { .. } => code::REASON_INVALID,
            },
            Self::Customer(error) => match error {
                CustomerError::NameMissing => code::TEXT_MISSING,
                CustomerError::TextTooLong { .. } => code::TEXT_TOO_LONG,
                CustomerError::NothingChanged => code::NOTHING_CHANGED,
            },
            Self::Printer(PrinterError::TextTooLong { .. }) => code::TEXT_TOO_LONG,
            Self::Printer(_) => code::PRINTER_INVALID,
            Self::PrinterMissing => code::PRINTER_MISSING,
            Self::PrintJobUnknown => code::PRINT_JOB_UNKNOWN,
            Self::Pdf(_) => code::INTERNAL,
            Self::Repair(error) => match error {
                RepairError::FaultMissing
                | RepairError::DeviceKindMissing
                | RepairError::NoteEmpty => code::TEXT_MISSING,
                RepairError::TextTooLong { .. } => code::TEXT_TOO_LONG,
                RepairError::IllegalTransition { .. } => code::ILLEGAL_TRANSITION,
            },
            Self::Shift(error) => shift_code(error),
            Self::ShiftUnknown(_) => code::SHIFT_UNKNOWN,
            Self::CardPayment(error) => card_code(error),
            Self::CardPaymentUnknown(_) => code::CARD_PAYMENT_UNKNOWN,
            Self::CardPaymentElsewhere => code::CARD_PAYMENT_ELSEWHERE,
            Self::Terminal(_) => code::TERMINAL_INVALID,
            Self::TerminalMissing => code::TERMINAL_MISSING,
            Self::TerminalBusy => code::TERMINAL_BUSY,
            Self::SaleFinished => code::SALE_FINISHED,
            Self::Parked(error) => match error {
                ParkedError::Ended { .. } => code::PARKED_ENDED,
                ParkedError::ReasonMissing => code::TEXT_MISSING,
                ParkedError::TextTooLong { .. } => code::TEXT_TOO_LONG,
                ParkedError::Sale(error) => sale_code(error),
            },
            Self::ParkedUnknown => code::PARKED_UNKNOWN,
            Self::Quote(error) => match error {
                QuoteError::Ended { .. } => code::QUOTE_ENDED,
                QuoteError::Expired { .. } => code::QUOTE_EXPIRED,
                QuoteError::DaysInvalid => code::DAYS_INVALID,
                QuoteError::ReasonMissing => code::TEXT_MISSING,
                QuoteError::TextTooLong { .. } => code::TEXT_TOO_LONG,
                QuoteError::Sale(error) => sale_code(error),
            },
            Self::Invoice(error) => match error {
                InvoiceError::Issued { .. } => code::INVOICE_ISSUED,
                InvoiceError::NotAReceipt => code::INVOICE_NEEDS_RECEIPT,
                InvoiceError::FieldMissing { field: "tax_id" } => code::INVOICE_NEEDS_TAX_ID,
                InvoiceError::FieldMissing {
                    field: "fiscal_address",
                } => code::INVOICE_NEEDS_ADDRESS,
                InvoiceError::FieldMissing { .. } => code::INVOICE_NEEDS_NAME,
            },
            Self::QuoteUnknown => code::QUOTE_UNKNOWN,
            Self::NotEnrolled => code::NOT_ENROLLED,
            Self::AlreadyEnrolled => code::ALREADY_ENROLLED,
            Self::StillWaiting { .. } => code::STILL_WAITING,
            Self::CodeForOtherTill => code::CODE_FOR_OTHER_TILL,
            Self::TillRevoked => code::TILL_REVOKED,
            Self::NotSignedIn => code::NOT_SIGNED_IN,
            Self::PermissionDenied(_) => code::PERMISSION_DENIED,
            Self::WrongPin { .. } => code::WRONG_PIN,
            Self::PinLocked { .. } => code::PIN_LOCKED,
            Self::StaffUnknown => code::NOT_FOUND,
            Self::ProductUnknown(_) | Self::TaxClassUnknown(_) => code::PRODUCT_UNKNOWN,
            Self::DocumentUnknown => code::DOCUMENT_UNKNOWN,
            Self::CustomerUnknown(_) => code::CUSTOMER_UNKNOWN,
            Self::RepairUnknown(_) => code::REPAIR_UNKNOWN,
            Self::TextTooLong { .. } => code::TEXT_TOO_LONG,
            Self::OperationTooLarge { .. } => code::OPERATION_TOO_LARGE,
            Self::InsecureAddress(_) => code::INSECURE_ADDRESS,
            Self::Unreachable(_) => code::SERVER_UNREACHABLE,
            Self::Refused(failure) => known_code(&failure.code),
            Self::Protocol(_) => code::SERVER_REFUSED,
            Self::DatabaseNewer { .. } => code::DATABASE_NEWER,
            Self::AlreadyRunning { .. } => code::ALREADY_RUNNING,
            Self::FolderUnusable { .. } => code::FOLDER_UNUSABLE,
            Self::DatabaseMissing { .. } => code::DATABASE_MISSING,
            Self::Sql(error) => sql_code(error),
            Self::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => code::DISK_FULL,
            Self::Malformed(_) => code::MALFORMED,
            Self::CommandUnknown(_) => code::COMMAND_UNKNOWN,
            Self::Migrate(_) | Self::Unreadable(_) => code::DATABASE_DAMAGED,
            Self::SqliteTooOld { .. }
            | Self::Io(_)
            | Self::Json(_)
            | Self::Body(_)
            | Self::Secret(_)
            | Self::Internal(_) => code::INTERNAL,
        }
    }
}

fn known_code(text: &str) -> &'static str {
    code::ALL
        .iter()
        .find(|known| **known == text)
        .copied()
        .unwrap_or(code::SERVER_REFUSED)
}

fn shift_code(error: &ShiftError) -> &'static str {
    match error {
        ShiftError::NotOpen => code::SHIFT_NOT_OPEN,
        ShiftError::AlreadyOpen => code::SHIFT_OPEN_ALREADY,
        ShiftError::Overdue { .. } => code::SHIFT_OVERDUE,
        ShiftError::AmountInvalid | ShiftError::PieceUnknown { .. } | ShiftError::Money(_) => {
            code::AMOUNT_INVALID
        }
        ShiftError::ReasonMissing => code::TEXT_MISSING,
        ShiftError::TextTooLong { .. } => code::TEXT_TOO_LONG,
        ShiftError::CountIncomplete { .. } => code::COUNT_INCOMPLETE,
        ShiftError::FloatLeftTooHigh => code::FLOAT_LEFT_TOO_HIGH,
        ShiftError::DifferenceOverLimit { .. } => code::DIFFERENCE_OVER_LIMIT,
    }
}

fn card_code(error: &CardPaymentError) -> &'static str {
    match error {
        CardPaymentError::AmountInvalid => code::AMOUNT_INVALID,
        CardPaymentError::TenderNotCard { .. } => code::TENDER_UNKNOWN,
        CardPaymentError::Undecided { .. } => code::CARD_UNDECIDED,
        CardPaymentError::NotCharged { .. } => code::CARD_NOT_CHARGED,
        CardPaymentError::LeftOver { .. } => code::CARD_LEFT_OVER,
        CardPaymentError::StepImpossible { .. } => code::CARD_STEP_IMPOSSIBLE,
        CardPaymentError::Open { .. } => code::CARD_PAYMENTS_OPEN,
        CardPaymentError::ReferenceMissing => code::TEXT_MISSING,
        CardPaymentError::TextTooLong { .. } => code::TEXT_TOO_LONG,
    }
}

fn sale_code(error: &SaleError) -> &'static str {
    match error {
        SaleError::NoLines => code::NO_LINES,
        SaleError::TooManyLines => code::TOO_MANY_LINES,
        SaleError::QuantityInvalid { .. } => code::QUANTITY_INVALID,
        SaleError::PriceInvalid { .. } => code::PRICE_INVALID,
        SaleError::DiscountInvalid { .. } | SaleError::CartDiscountInvalid => {
            code::DISCOUNT_INVALID
        }
        SaleError::AdvanceExceedsSale => code::PAYMENT_INVALID,
        SaleError::PaymentInvalid => code::PAYMENT_INVALID,
        SaleError::PaymentShort { .. } => code::PAYMENT_SHORT,
        SaleError::OverpaidWithoutCash { .. } => code::OVERPAID_WITHOUT_CASH,
        SaleError::RefundExceedsSale { .. } => code::REFUND_EXCEEDS_SALE,
        SaleError::LineUnknown { .. } => code::LINE_UNKNOWN,
        SaleError::NotRefundable => code::NOT_REFUNDABLE,
        SaleError::Balance(error) => match error {
            BalanceError::CodeInvalid => code::GIFT_CODE_INVALID,
            BalanceError::CustomerMissing => code::BALANCE_CUSTOMER_MISSING,
            BalanceError::LimitInvalid => code::CREDIT_LIMIT_INVALID,
            BalanceError::AdjustmentInvalid => code::ADJUSTMENT_INVALID,
        },
        SaleError::BalanceShort { .. } => code::BALANCE_SHORT,
        SaleError::SerialInvalid(_) => code::SERIAL_INVALID,
        SaleError::SerialQuantity { .. } => code::SERIAL_QUANTITY,
        SaleError::SerialTwice { .. } => code::SERIAL_TWICE,
        SaleError::ReferenceMissing { .. } => code::REFERENCE_MISSING,
        SaleError::TenderUnknown { .. } => code::TENDER_UNKNOWN,
        SaleError::TenderNotRefundable { .. } => code::TENDER_NOT_REFUNDABLE,
        SaleError::RefundExceedsTender { .. } => code::REFUND_EXCEEDS_TENDER,
        SaleError::Money(_) => code::AMOUNT_INVALID,
    }
}

/// SQLite's primary result codes: 13 full, 11 corrupt, 26 not a database.
fn sql_code(error: &sqlx::Error) -> &'static str {
    let result = match error {
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<i32>().ok()),
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => Some(13),
        _ => None,
    };
    match result.map(|code| code & 0xff) {
        Some(13) => code::DISK_FULL,
        Some(11 | 26) => code::DATABASE_DAMAGED,
        _ => code::INTERNAL,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        if let Error::Refused(failure) = &error {
            let mut failure = failure.clone();
            failure.code = error.code().to_owned();
            return failure;
        }
        let failure = Failure::new(error.code(), error.to_string());
        match error {
            Error::Sale(error) => sale_fields(failure, &error),
            Error::Stock(StockError::QuantityInvalid { n }) => failure.with("n", n),
            Error::Customer(CustomerError::NameMissing) => failure.with("field", "name"),
            Error::TextTooLong { field, max }
            | Error::Customer(CustomerError::TextTooLong { field, max })
            | Error::Parked(ParkedError::TextTooLong { field, max })
            | Error::Quote(QuoteError::TextTooLong { field, max })
            | Error::Repair(RepairError::TextTooLong { field, max }) => {
                failure.with("field", field).with("max", max)
            }
            Error::Repair(RepairError::FaultMissing) => failure.with("field", "fault"),
            Error::Repair(RepairError::DeviceKindMissing) => failure.with("field", "kind"),
            Error::Repair(RepairError::NoteEmpty) => failure.with("field", "note"),
            Error::Repair(RepairError::IllegalTransition { from, to }) => {
                failure.with("from", from.name()).with("to", to.name())
            }
            Error::Printer(error) => printer_fields(failure, error),
            Error::Shift(error) => shift_fields(failure, &error),
            Error::CardPayment(error) => card_fields(failure, &error),
            Error::Terminal(error) => failure.with(
                "field",
                match error {
                    TerminalError::WaitInvalid => "wait_ms",
                    TerminalError::AnswerTooLate => "answers_after_ms",
                },
            ),
            Error::Parked(ParkedError::Ended { state }) => failure.with("state", state.name()),
            Error::Parked(ParkedError::ReasonMissing) | Error::Quote(QuoteError::ReasonMissing) => {
                failure.with("field", "reason")
            }
            Error::Parked(ParkedError::Sale(error)) | Error::Quote(QuoteError::Sale(error)) => {
                sale_fields(failure, &error)
            }
            Error::Invoice(InvoiceError::Issued { number }) => failure.with("number", number),
            Error::Quote(QuoteError::Ended { state }) => failure.with("state", state.name()),
            Error::Quote(QuoteError::Expired { valid_until }) => {
                failure.with("valid_until", valid_until)
            }
            Error::PermissionDenied(permission) => failure.with(
                "permission",
                serde_json::to_value(permission).unwrap_or_default(),
            ),
            Error::StillWaiting { waiting } => failure.with("waiting", waiting),
            Error::WrongPin { attempts_left } => failure.with("attempts_left", attempts_left),
            Error::PinLocked { locked_until_ms } => {
                failure.with("locked_until_ms", locked_until_ms)
            }
            Error::AlreadyRunning { folder } | Error::FolderUnusable { folder } => {
                failure.with("folder", folder.display().to_string())
            }
            Error::OperationTooLarge { .. } => failure.with("max", OP_BYTES_MAX),
            _ => failure,
        }
    }
}

fn printer_fields(failure: Failure, error: PrinterError) -> Failure {
    let field = match error {
        PrinterError::AddressInvalid => "address",
        PrinterError::ColumnsInvalid(_) => "columns",
        PrinterError::CopiesInvalid => "copies",
        PrinterError::ReturnDaysInvalid => "return_days",
        PrinterError::TextTooLong { field, max } => {
            return failure.with("field", field).with("max", max);
        }
    };
    failure.with("field", field)
}

fn shift_fields(failure: Failure, error: &ShiftError) -> Failure {
    match error {
        ShiftError::Overdue { business_date } => {
            failure.with("business_date", business_date.as_str())
        }
        ShiftError::ReasonMissing => failure.with("field", "reason"),
        ShiftError::TextTooLong { field, max } => failure.with("field", *field).with("max", *max),
        ShiftError::CountIncomplete { tender } => failure.with("tender", tender.as_str()),
        ShiftError::DifferenceOverLimit { limit_minor } => {
            failure.with("limit_minor", *limit_minor)
        }
        _ => failure,
    }
}

fn card_fields(failure: Failure, error: &CardPaymentError) -> Failure {
    match error {
        CardPaymentError::TenderNotCard { tender } => failure.with("tender", tender.name()),
        CardPaymentError::Undecided { amount }
        | CardPaymentError::NotCharged { amount }
        | CardPaymentError::LeftOver { amount } => failure.with("amount_minor", amount.minor()),
        CardPaymentError::StepImpossible { state } => failure.with("state", state.name()),
        CardPaymentError::Open { count, amount } => failure
            .with("n", *count)
            .with("amount_minor", amount.minor()),
        CardPaymentError::ReferenceMissing => failure.with("field", "reference"),
        CardPaymentError::TextTooLong { field, max } => {
            failure.with("field", *field).with("max", *max)
        }
        CardPaymentError::AmountInvalid => failure,
    }
}

fn sale_fields(failure: Failure, error: &SaleError) -> Failure {
    match error {
        SaleError::QuantityInvalid { n }
        | SaleError::PriceInvalid { n }
        | SaleError::DiscountInvalid { n }
        | SaleError::SerialQuantity { n }
        | SaleError::LineUnknown { n } => failure.with("n", *n),
        SaleError::SerialTwice { serial } => failure.with("serial", serial.as_str()),
        SaleError::ReferenceMissing { tender }
        | SaleError::TenderUnknown { tender }
        | SaleError::TenderNotRefundable { tender } => failure.with("tender", tender.name()),
        SaleError::RefundExceedsTender { tender, left }
        | SaleError::BalanceShort { tender, left } => failure
            .with("tender", tender.name())
            .with("left_minor", left.minor()),
        SaleError::RefundExceedsSale { n, left } => {
            failure.with("n", *n).with("left_milli", left.milli())
        }
        SaleError::PaymentShort { due, paid } | SaleError::OverpaidWithoutCash { due, paid } => {
            failure
                .with("due_minor", due.minor())
                .with("paid_minor", paid.minor())
        }
        _ => failure,
    }
}
