//! What a window may ask of its till: one struct per command, one reply each. The window, the
//! Tauri handler and `till-headless` all use these and nothing else.

mod balance;
mod card_payment;
mod invoice;
mod parked;
mod quote;
mod serial;
mod shift;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use balance::{BalanceView, ChangeBalance, FindBalances};
pub use card_payment::{
    AskTerminal, CancelCard, CardPaymentView, CardPayments, ChargeCard, GetCardPayment,
    GetTerminal, ListCardPayments, PutTerminal, ReturnCardPayment, SettleCardPayment,
    TerminalStatus,
};
pub use invoice::{InvoicePaper, MakeInvoice};
pub use parked::{
    DiscardParked, ListParked, ParkSale, ParkedEndView, ParkedSummary, ResumeParked, ResumedCart,
    ResumedLine,
};
pub use quote::{
    DeclineQuote, GetQuote, ListQuotes, MakeQuote, QuoteEndView, QuoteSummary, QuoteTerms,
    QuoteView, QuotedCart, QuotedLine, SellQuote,
};
pub use serial::{FindSerial, FoundSerial, UnitView};
pub use shift::{
    CloseShift, CountCash, Drawer, GetShift, GetShiftReport, ListShifts, MoveCash, OpenShift,
    ShiftMove, ShiftReport, ShiftSummary,
};

use crate::{
    catalog::{Category, Product, TaxClass},
    customer::{Customer, duplicate::Likeness},
    id::{CategoryId, CustomerId, DraftId, OpId, ProductId, RepairId, StaffId},
    money::{Money, UnitPrice},
    quantity::Quantity,
    receipt::{Form, PrintFault, PrinterSettings, Proof},
    repair::{Repair, RepairDevice, RepairEvent, RepairState},
    replication::row::{Organization, Store, Till},
    sale::{
        Discount, Document, DocumentKind, Payout, PriceList, Promotion, RefundLine, Tender,
        TenderBalance, TenderCode, TenderedPayment,
    },
    staff::{Permission, Role},
    stock::{Location, MovementReason, StockElsewhere},
    tax::RatePpm,
};

/// A command with its name and reply.
pub trait Command: Serialize + DeserializeOwned + Send + 'static {
    const NAME: &'static str;
    type Reply: Serialize + DeserializeOwned + Send + 'static;
}

macro_rules! commands {
    ($($(#[$doc:meta])* $command:ident, $name:literal => $reply:ty;)+) => {
        $(impl Command for $command {
            const NAME: &'static str = $name;
            type Reply = $reply;
        })+
        /// Every command's name.
        pub const NAMES: &[&str] = &[$($name),+];
    };
}

commands! {
    GetSession, "get_session" => Session;
    Enrol, "enrol" => Session;
    ListStaff, "list_staff" => Vec<StaffName>;
    SignIn, "sign_in" => Session;
    SignOut, "sign_out" => Session;
    Approve, "approve" => Approved;
    ListCategories, "list_categories" => Vec<Category>;
    SearchProducts, "search_products" => ProductPage;
    ScanCode, "scan_code" => Vec<ProductHit>;
    GetProduct, "get_product" => ProductView;
    CompleteSale, "complete_sale" => DocumentView;
    ParkSale, "park_sale" => ParkedSummary;
    ListParked, "list_parked" => Vec<ParkedSummary>;
    ResumeParked, "resume_parked" => ResumedCart;
    DiscardParked, "discard_parked" => Recorded;
    MakeQuote, "make_quote" => QuoteView;
    ListQuotes, "list_quotes" => Vec<QuoteSummary>;
    GetQuote, "get_quote" => QuoteView;
    SellQuote, "sell_quote" => QuotedCart;
    DeclineQuote, "decline_quote" => QuoteView;
    MakeInvoice, "make_invoice" => DocumentView;
    FindDocument, "find_document" => DocumentView;
    FindSerial, "find_serial" => FoundSerial;
    FindBalances, "find_balances" => Vec<BalanceView>;
    ChangeBalance, "change_balance" => BalanceView;
    ListDocuments, "list_documents" => Vec<DocumentSummary>;
    CompleteRefund, "complete_refund" => DocumentView;
    AdjustStock, "adjust_stock" => Recorded;
    SearchCustomers, "search_customers" => Vec<Customer>;
    PutCustomer, "put_customer" => Customer;
    GetCustomer, "get_customer" => CustomerView;
    ListDuplicates, "list_duplicates" => Vec<DuplicateView>;
    MergeCustomers, "merge_customers" => CustomerView;
    SplitCustomer, "split_customer" => CustomerView;
    TellCustomersApart, "tell_customers_apart" => CustomerView;
    TakeInRepair, "take_in_repair" => RepairView;
    ListRepairs, "list_repairs" => Vec<Repair>;
    GetRepair, "get_repair" => RepairView;
    MoveRepair, "move_repair" => RepairView;
    NoteRepair, "note_repair" => RepairView;
    GetPrinter, "get_printer" => PrinterStatus;
    PutPrinter, "put_printer" => PrinterStatus;
    PrintTest, "print_test" => PrinterStatus;
    PrintDocument, "print_document" => PrinterStatus;
    RetryPrint, "retry_print" => PrinterStatus;
    CancelPrint, "cancel_print" => PrinterStatus;
    SavePdf, "save_pdf" => SavedFile;
    GetTerminal, "get_terminal" => TerminalStatus;
    PutTerminal, "put_terminal" => TerminalStatus;
    ChargeCard, "charge_card" => CardPaymentView;
    CancelCard, "cancel_card" => CardPaymentView;
    AskTerminal, "ask_terminal" => CardPaymentView;
    GetCardPayment, "get_card_payment" => CardPaymentView;
    ListCardPayments, "list_card_payments" => CardPayments;
    SettleCardPayment, "settle_card_payment" => CardPaymentView;
    ReturnCardPayment, "return_card_payment" => CardPaymentView;
    GetShift, "get_shift" => Drawer;
    OpenShift, "open_shift" => ShiftReport;
    MoveCash, "move_cash" => ShiftReport;
    CountCash, "count_cash" => ShiftReport;
    CloseShift, "close_shift" => ShiftReport;
    ListShifts, "list_shifts" => Vec<ShiftSummary>;
    GetShiftReport, "get_shift_report" => ShiftReport;
    GetSyncStatus, "get_sync_status" => SyncStatus;
    SyncNow, "sync_now" => SyncStatus;
}

/// Who and where this till is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetSession {}

/// The till's standing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// None before enrolment.
    pub place: Option<Place>,
    pub staff: Option<SignedIn>,
    /// The till's clock, in milliseconds since 1970, and the store's offset now.
    pub now_ms: i64,
    pub utc_offset_min: i32,
    pub business_date: String,
    /// Set when the device key lies in a file because the computer has no keyring.
    pub key_in_file: bool,
    /// What the enrolment page starts with: server address and code, when the program was given
    /// them.
    pub enrol_hint: Option<EnrolHint>,
}

/// Prefill of the enrolment page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolHint {
    pub server: String,
    pub code: String,
}

/// The till's place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub organization: Organization,
    pub store: Store,
    pub till: Till,
    /// The other stores, to name whose stock is meant.
    pub stores: Vec<Store>,
    pub tax_classes: Vec<TaxClass>,
    /// What is given away by rule, with every category below the ones named.
    #[serde(default)]
    pub promotions: Vec<Promotion>,
    #[serde(default)]
    pub price_lists: Vec<PriceList>,
    /// Means of payment, in the order of screens.
    #[serde(default)]
    pub tenders: Vec<Tender>,
    pub server: String,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub staff_id: StaffId,
    pub name: String,
    pub role: Role,
    pub language: String,
    pub permissions: Vec<Permission>,
    /// How much of a line's amount the person may take off without asking.
    #[serde(default)]
    pub discount_limit_ppm: RatePpm,
}

/// Enrols the till by a one-time code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrol {
    pub server: String,
    pub code: String,
}

/// Who may sign in here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListStaff {}

/// A name for the PIN pad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffName {
    pub staff_id: StaffId,
    pub name: String,
    pub role: Role,
    /// Whether this till can check the person's PIN.
    pub can_sign_in: bool,
    /// What the person may do, to ask the right ones.
    #[serde(default)]
    pub permissions: Vec<Permission>,
}

/// Signs a person in.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignIn {
    pub staff_id: StaffId,
    pub pin: String,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("staff_id", &self.staff_id)
            .finish_non_exhaustive()
    }
}

/// Signs the person out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignOut {}

/// Somebody with a permission allows one entry of a person without it. The till remembers it for
/// that entry until it is recorded or the till is closed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Approve {
    pub draft_id: DraftId,
    pub permission: Permission,
    /// The most that may be given away by hand under it; none where nothing is.
    #[serde(default)]
    pub given_minor: Option<Money>,
    pub staff_id: StaffId,
    pub pin: String,
}

impl std::fmt::Debug for Approve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Approve")
            .field("draft_id", &self.draft_id)
            .field("permission", &self.permission)
            .field("staff_id", &self.staff_id)
            .finish_non_exhaustive()
    }
}

/// Who allowed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    pub staff_id: StaffId,
    pub name: String,
}

/// The category tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListCategories {}

/// Searches as one types: every word's beginning, over name, brand, model, SKU and barcode.
/// Without text: the category's products, or the whole catalogue, by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SearchProducts {
    #[serde(default)]
    pub text: String,
    /// Only this category and those below it.
    #[serde(default)]
    pub category_id: Option<CategoryId>,
    #[serde(default)]
    pub offset: u32,
    /// At most [`crate::limit::SEARCH_RESULTS_MAX`].
    pub limit: u32,
}

/// Results of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductPage {
    pub hits: Vec<ProductHit>,
    /// Whether more follow.
    pub more: bool,
}

/// A product with what is on hand at this store's shop floor, pending included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductHit {
    pub product: Product,
    pub on_hand_milli: Quantity,
}

/// Looks a scanned code up: exact barcode, else exact SKU. Empty when unknown.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScanCode {
    pub code: String,
}

/// One product in full.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetProduct {
    pub product_id: ProductId,
}

/// A product with its stock here and elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    pub product: Product,
    pub levels: Vec<LevelView>,
    pub elsewhere: Vec<StockElsewhere>,
    /// When this store's rows were last known complete, in milliseconds since 1970.
    pub synced_ms: Option<i64>,
}

/// What is on hand at one location of this store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelView {
    pub location: Location,
    /// As the server last said.
    pub confirmed_milli: Quantity,
    /// Moved here and not yet confirmed.
    pub pending_milli: Quantity,
}

/// Completes a sale. Sending the same `draft_id` again returns the document made the first time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CompleteSale {
    pub draft_id: DraftId,
    pub lines: Vec<SaleLine>,
    pub payments: Vec<TenderedPayment>,
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// What holds for all lines.
    #[serde(default)]
    pub terms: AskedTerms,
    /// Sells this quote as it stands: no lines and no terms beside it.
    #[serde(default)]
    pub quote_id: Option<OpId>,
    /// Goods that come back and pay for these, with a credit note of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangedGoods>,
}

/// Goods of a receipt that are exchanged in a sale. The payments of the sale are what is still due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangedGoods {
    pub original_id: OpId,
    pub lines: Vec<RefundLine>,
    /// By what more than the new goods cost goes back.
    pub tender: TenderCode,
    /// How that splits over several tenders; whole by `tender` when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payouts: Vec<Payout>,
    #[serde(default)]
    pub reason: String,
}

/// What somebody asks for beside the lines of a sale.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AskedTerms {
    /// Off all lines, after their own discounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    /// Codes that the customer showed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<String>,
}

/// One line that the cashier sells. The till takes name, tax and price from its catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleLine {
    pub product_id: ProductId,
    pub quantity_milli: Quantity,
    /// A price by hand; needs a permission or an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price_e4: Option<UnitPrice>,
    #[serde(default)]
    pub discount_minor: Money,
    /// The same as a part of what promotions leave; not both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount_ppm: Option<RatePpm>,
    /// Who sold it, when it was not who completes the sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller_id: Option<StaffId>,
    /// Which unit it is, where it is one of a product with serial numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
}

impl SaleLine {
    /// So much of a product at its price.
    #[must_use]
    pub const fn of(product_id: ProductId, quantity_milli: Quantity) -> Self {
        Self {
            product_id,
            quantity_milli,
            unit_price_e4: None,
            discount_minor: Money::ZERO,
            discount_ppm: None,
            seller_id: None,
            serial: None,
        }
    }
}

/// A document with what can still be given back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentView {
    pub document: Document,
    pub store: Option<Store>,
    pub till_number: Option<u32>,
    pub staff_name: String,
    pub customer_name: String,
    /// Number of the receipt that a credit note gives back.
    pub original_number: Option<String>,
    /// Per line: what known refunds gave back already.
    pub refunded: Vec<(u32, Quantity)>,
    /// Of a receipt, per tender: what it took and what known refunds gave back.
    #[serde(default)]
    pub balances: Vec<TenderBalance>,
    /// Not yet confirmed by the server.
    pub is_pending: bool,
    /// What the journal says about it; none where the till does not hold its operation.
    #[serde(default)]
    pub proof: Option<Proof>,
    /// How to reach the customer, for a receipt that is sent.
    #[serde(default)]
    pub customer_phone: String,
    #[serde(default)]
    pub customer_email: String,
    /// Until when its prices hold, where it is a quote and no document.
    #[serde(default)]
    pub quote: Option<QuoteTerms>,
    /// Who it is made out to, where it is the paper of an invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<InvoicePaper>,
    /// Of a receipt: the numbers of its invoices, the one that counts first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invoices: Vec<String>,
}

/// Finds a document by its number, as typed or scanned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FindDocument {
    pub number: String,
}

/// The latest documents of this store, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListDocuments {
    pub limit: u32,
}

/// A line of a list of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentSummary {
    pub document_id: OpId,
    pub kind: DocumentKind,
    pub number: String,
    pub wall_ms: i64,
    pub utc_offset_min: i32,
    pub business_date: String,
    pub total_minor: Money,
    pub lines: u32,
    pub staff_name: String,
    pub is_pending: bool,
}

/// Gives goods back: against a receipt, or without one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CompleteRefund {
    pub draft_id: DraftId,
    /// The receipt; none asks for `loose` lines and a permission.
    #[serde(default)]
    pub original_id: Option<OpId>,
    #[serde(default)]
    pub lines: Vec<RefundLine>,
    #[serde(default)]
    pub loose: Vec<LooseRefundLine>,
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// Gives it all back, where no payouts are said.
    pub tender: TenderCode,
    /// How much goes back by which tender.
    #[serde(default)]
    pub payouts: Vec<Payout>,
    #[serde(default)]
    pub reason: String,
}

/// One line of a refund without receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LooseRefundLine {
    #[serde(flatten)]
    pub line: SaleLine,
    pub location: Location,
}

/// Receives goods or corrects what is on hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AdjustStock {
    pub draft_id: DraftId,
    pub reason: MovementReason,
    #[serde(default)]
    pub note: String,
    pub lines: Vec<AdjustLine>,
}

/// One product of an adjustment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustLine {
    pub product_id: ProductId,
    pub location: Location,
    pub delta_milli: Quantity,
}

/// An operation was recorded, durably.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    pub op_id: OpId,
}

/// Searches customers by any part of name, phone or e-mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SearchCustomers {
    pub text: String,
    pub limit: u32,
}

/// Creates or changes a customer. Fields left as they were are not written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PutCustomer {
    pub draft_id: DraftId,
    /// None creates one.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    pub name: String,
    #[serde(default)]
    pub phone: String,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub tax_id: String,
    #[serde(default)]
    pub notes: String,
    #[serde(default)]
    pub legal_name: String,
    #[serde(default)]
    pub fiscal_address: String,
    /// As [`crate::customer::Consent::write`] makes it.
    #[serde(default)]
    pub consent: String,
}

/// A customer's whole page. The id of a merged record leads to the one that stands for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetCustomer {
    pub customer_id: CustomerId,
}

/// A customer with everything that is known of them at this till.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomerView {
    pub customer: Customer,
    /// Records that were merged into it.
    pub merged: Vec<Customer>,
    /// Records that are probably the same customer.
    pub duplicates: Vec<DuplicateView>,
    /// What they bought and gave back at this store, newest first, of all merged records.
    pub documents: Vec<DocumentSummary>,
    /// Of all their documents at this store: receipts less credit notes.
    pub bought_minor: Money,
    pub repairs: Vec<Repair>,
}

/// Two records that are probably one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateView {
    pub first: Customer,
    pub second: Customer,
    pub likeness: Vec<Likeness>,
}

/// Pairs of records that are probably one customer, surest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListDuplicates {
    /// At most [`crate::limit::SEARCH_RESULTS_MAX`].
    pub limit: u32,
}

/// Says that two records are one customer: `kept` stands for both from now on. What only the other
/// knows goes into it; the other keeps its own texts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MergeCustomers {
    pub draft_id: DraftId,
    pub kept: CustomerId,
    pub merged: CustomerId,
}

/// Takes a merge back: the record stands for itself again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SplitCustomer {
    pub draft_id: DraftId,
    pub customer_id: CustomerId,
}

/// Says that two records are two customers, however alike: they are not offered again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TellCustomersApart {
    pub draft_id: DraftId,
    pub customer_id: CustomerId,
    pub other_id: CustomerId,
}

/// Takes a device in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TakeInRepair {
    pub draft_id: DraftId,
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    pub device: RepairDevice,
    pub fault: String,
    #[serde(default)]
    pub accessories: String,
    /// `YYYY-MM-DD`.
    #[serde(default)]
    pub promised_date: Option<String>,
}

/// The repairs of this store as they stand with pending events over them, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListRepairs {
    /// Only these states; none means all that are not closed.
    #[serde(default)]
    pub states: Vec<RepairState>,
}

/// One repair in full.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetRepair {
    pub repair_id: RepairId,
}

/// A repair with its timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairView {
    pub repair: Repair,
    pub customer: Option<Customer>,
    /// In the order in which they count.
    pub events: Vec<RepairEventView>,
}

/// One event of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairEventView {
    pub event: RepairEvent,
    pub staff_name: String,
    pub is_pending: bool,
    /// Impossible when its turn came: kept without effect.
    pub is_rejected: bool,
}

/// Moves a repair on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MoveRepair {
    pub draft_id: DraftId,
    pub repair_id: RepairId,
    pub to: RepairState,
}

/// Writes a note on a repair.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NoteRepair {
    pub draft_id: DraftId,
    pub repair_id: RepairId,
    pub text: String,
}

/// The printer of this till and what waits for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetPrinter {}

/// Sets the printer up, or takes it away; needs the permission to manage tills.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PutPrinter {
    pub settings: Option<PrinterSettings>,
}

/// Queues a test page, which opens the drawer if sales do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PrintTest {}

/// Queues a document. What this till has printed before, or another made, is marked as a copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PrintDocument {
    pub document_id: OpId,
}

/// Tries at once what waits, instead of at its next turn.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RetryPrint {}

/// Gives up a paper that waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CancelPrint {
    pub job_id: i64,
}

/// Writes a document as a PDF into the till's folder of papers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavePdf {
    pub document_id: OpId,
    pub form: Form,
}

/// A file was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFile {
    pub path: String,
}

/// What the printer page and light show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrinterStatus {
    /// None before it is set up; papers wait until then.
    pub settings: Option<PrinterSettings>,
    /// What waits, oldest first; at most [`crate::limit::SEARCH_RESULTS_MAX`] of them.
    pub waiting: Vec<PrintJob>,
    /// The last papers that have come out or were given up, newest first.
    pub recent: Vec<PrintJob>,
}

/// One paper on its way to the printer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintJob {
    pub job_id: i64,
    pub kind: PrintKind,
    /// The document of [`PrintKind::Document`].
    pub document_id: Option<OpId>,
    pub number: String,
    pub is_copy: bool,
    pub state: PrintState,
    pub queued_ms: i64,
    /// Who asked for it.
    pub staff_name: String,
    /// Of the copy under way, or the last one.
    pub tries: u32,
    /// Why the last try, or the one under way, does not get on.
    pub fault: Option<PrintFault>,
    /// In the words of the computer, for whoever looks after it.
    pub detail: String,
}

/// What a printer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintKind {
    Document,
    Test,
    /// No paper: the drawer opens.
    Drawer,
}

impl PrintKind {
    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Test => "test",
            Self::Drawer => "drawer",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Document, Self::Test, Self::Drawer];
        all.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintState {
    Waiting,
    /// The printer is at it.
    Printing,
    Printed,
    Cancelled,
}

/// How the till stands with the server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetSyncStatus {}

/// Tries at once instead of at the next turn; returns the status when that try has ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SyncNow {}

/// What the sync light and page show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncStatus {
    pub is_connected: bool,
    /// Operations that the server has not confirmed as received.
    pub waiting: u64,
    /// When the oldest of them was made, in milliseconds since 1970.
    pub waiting_since_ms: Option<i64>,
    /// Operations that the server holds for the owner to look at.
    pub held: u64,
    /// Facts not yet back in their feed: `waiting` and those on their way.
    pub pending: u64,
    pub last_contact_ms: Option<i64>,
    pub scopes: Vec<ScopeStatus>,
    /// Why the last exchange failed: a code of [`super::failure::code`].
    pub last_error: Option<String>,
    pub last_error_detail: Option<String>,
    pub is_revoked: bool,
    /// The server saw two histories of this till: it must enrol anew, and sells meanwhile.
    pub is_fenced: bool,
    /// How far this computer's clock was ahead of the server's at the last answer; none before one.
    pub skew_ms: Option<i64>,
    pub products: u64,
}

/// How far one feed has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeStatus {
    pub scope: String,
    pub cursor: u64,
    pub head: u64,
    /// First fill: rows done and all rows of what is needed to sell, while it runs.
    pub filling: Option<(u64, u64)>,
    /// The same while the till is filled anew and sells meanwhile.
    #[serde(default)]
    pub refilling: Option<(u64, u64)>,
    /// Rows done and all rows of the past that is still on its way.
    #[serde(default)]
    pub history: Option<(u64, u64)>,
}

/// A window event: something of these changed; ask again for what is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    Session,
    Catalog,
    Stock,
    Documents,
    Customers,
    Repairs,
    Parked,
    Quotes,
    Shift,
    Sync,
    Printing,
    CardPayments,
    Balances,
}

impl Changed {
    pub const ALL: [Self; 13] = [
        Self::Session,
        Self::Catalog,
        Self::Stock,
        Self::Documents,
        Self::Customers,
        Self::Repairs,
        Self::Parked,
        Self::Quotes,
        Self::Shift,
        Self::Sync,
        Self::Printing,
        Self::CardPayments,
        Self::Balances,
    ];
}

/// The name of the window event that carries a [`Changed`].
pub const CHANGED_EVENT: &str = "replica-changed";
