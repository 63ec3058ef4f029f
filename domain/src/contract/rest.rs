//! What the console and other programs exchange with the server over REST.

use serde::{Deserialize, Serialize};

use crate::{
    balance::{BalanceId, BalanceKind},
    contract::sync_v1::Outcome,
    id::{DeviceId, OpId, OrganizationId, ShiftId, StaffId, StoreId},
    money::{Currency, Money},
    replication::row::Store,
    sale::{Document, DocumentKind},
    shift::ShiftState,
    staff::Role,
};

/// `POST /api/v1/session`: the owner signs in; the answer sets a cookie.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignInRequest {
    pub email: String,
    pub password: String,
}

impl std::fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInRequest")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

/// `GET /api/v1/session`: who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub organization_id: OrganizationId,
    pub organization_name: String,
    pub currency: Currency,
    pub staff_id: StaffId,
    pub name: String,
    pub role: Role,
    pub language: String,
    pub stores: Vec<Store>,
    /// To send back as `X-CSRF-Token` with every writing request.
    pub csrf_token: String,
}

/// `GET /api/v1/reports/sales-by-hour?date=&store=`: one business day against the one a week before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesByHour {
    /// `YYYY-MM-DD`; the newest business day of any store when none was asked.
    pub business_date: String,
    pub compared_date: String,
    pub today: DayTotals,
    pub compared: DayTotals,
    /// 24 entries, by local hour of the till.
    pub hours: Vec<HourTotals>,
}

/// Totals of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DayTotals {
    pub sales: u64,
    pub refunds: u64,
    pub gross_minor: Money,
    pub refunded_minor: Money,
    pub tax_minor: Money,
    pub units_sold_milli: i64,
}

/// Totals of an hour, on the day and a week before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HourTotals {
    pub hour: u8,
    pub gross_minor: Money,
    pub sales: u64,
    pub compared_gross_minor: Money,
}

/// `GET /api/v1/documents`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DocumentsQuery {
    /// Part of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<DocumentKind>,
    /// From the reply before, to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// One page of documents, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentsPage {
    pub documents: Vec<DocumentListed>,
    /// Pass as `after` for the next page; none at the end.
    pub next: Option<String>,
}

/// A document in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentListed {
    pub document_id: OpId,
    pub kind: DocumentKind,
    pub number: String,
    pub store_code: String,
    pub staff_name: String,
    pub customer_name: String,
    pub business_date: String,
    pub wall_ms: i64,
    pub utc_offset_min: i32,
    pub lines: u32,
    pub total_minor: Money,
    pub tax_minor: Money,
}

/// `GET /api/v1/documents/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentDetail {
    pub document: Document,
    pub store: Option<Store>,
    pub till_number: Option<u32>,
    pub staff_name: String,
    pub customer_name: String,
    pub original_number: Option<String>,
    /// Credit notes that give this receipt back.
    pub refunds: Vec<DocumentListed>,
    /// When the server took it in, in milliseconds since 1970.
    pub received_ms: i64,
    pub hash: String,
}

/// `GET /api/v1/shifts`: shifts of every till, the newest first, at most 200.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShiftsQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Shifts, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftsPage {
    pub shifts: Vec<ShiftListed>,
}

/// What the shop owes and is owed beside goods, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalancesPage {
    /// By kind; a kind that nobody has is left out.
    pub sums: Vec<BalanceSum>,
    /// Those that are not settled, the largest first.
    pub balances: Vec<BalanceListed>,
}

/// All balances of a kind that are not settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceSum {
    pub kind: BalanceKind,
    /// What holders have: what the shop owes.
    pub credit_minor: Money,
    /// What holders owe, or overspent.
    pub owed_minor: Money,
    pub balances: u64,
}

/// A balance in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceListed {
    pub of: BalanceId,
    /// Empty of a gift card.
    pub customer_name: String,
    pub balance_minor: Money,
    pub limit_minor: Money,
    pub is_overdrawn: bool,
    /// Number of the last document that moved it; empty where there is none.
    pub last_number: String,
}

/// A shift in a list, with what came too late for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftListed {
    pub shift_id: ShiftId,
    pub state: ShiftState,
    pub store_code: String,
    pub till_number: Option<u32>,
    pub business_date: String,
    pub utc_offset_min: i32,
    pub opened_ms: i64,
    pub opened_by: String,
    pub closed_ms: Option<i64>,
    pub closed_by: String,
    pub float_minor: Money,
    /// Sales less refunds, as they were frozen.
    pub net_minor: Option<Money>,
    pub documents: Option<u64>,
    pub expected_minor: Option<Money>,
    pub counted_minor: Option<Money>,
    pub difference_minor: Option<Money>,
    pub note: String,
    /// Documents that name the shift and are not in its totals.
    pub late: Vec<LateDocument>,
    /// Other operations that came when it was closed: kept without effect.
    pub rejected: u64,
}

/// A document that came after its shift was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateDocument {
    pub document_id: OpId,
    pub kind: DocumentKind,
    pub number: String,
    pub wall_ms: i64,
    pub total_minor: Money,
}

/// `GET /api/v1/held`: what the server took in without trusting or understanding it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldPage {
    pub count: u64,
    /// The newest of them.
    pub operations: Vec<HeldListed>,
}

/// A held operation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldListed {
    pub device_id: DeviceId,
    pub till_number: u32,
    pub store_code: String,
    pub epoch: u64,
    /// Which of the enrolment's histories; 0 for the first.
    #[serde(default)]
    pub branch: u32,
    pub device_seq: u64,
    /// Why, in one word: `undecodable`, `revoked` and so on.
    pub reason: String,
    pub detail: String,
    pub received_ms: i64,
}

/// `POST /api/v1/held/{device_id}/{epoch}/{branch}/{seq}/retry`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRetried {
    pub outcome: Outcome,
    /// Why it is still held; empty when it is applied.
    pub reason: String,
    pub detail: String,
}

/// `POST /api/v1/customers/{id}/erase`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Of how many operations the texts are gone.
    pub operations: u64,
}

/// `GET /api/v1/tills`: every till and how it stands with the server, by store and number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TillsPage {
    /// The server's clock, to tell ages by.
    pub server_ms: i64,
    pub tills: Vec<TillListed>,
}

/// A till in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TillListed {
    pub device_id: DeviceId,
    pub store_code: String,
    pub store_name: String,
    pub number: u32,
    /// What its computer was called at enrolment; may be empty.
    pub name: String,
    pub series: String,
    pub epoch: u64,
    pub enrolled_ms: i64,
    /// When it last pushed or pulled, to within a minute; none before it ever did.
    pub last_contact_ms: Option<i64>,
    /// How far its clock was ahead of the server's at its last push.
    pub skew_ms: i64,
    /// Operations that the server has of it, in all its enrolments, held ones included.
    pub received: u64,
    pub held: Vec<HeldCount>,
    pub revoked: bool,
    /// It must enrol anew: two histories of it were seen.
    pub fenced: bool,
    /// Another computer was enrolled in its place since.
    pub replaced: bool,
    pub exceptions: Vec<ExceptionListed>,
}

/// How many operations of a till are held for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldCount {
    pub reason: String,
    pub count: u64,
}

/// Something that the owner should look at and that is still open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionListed {
    /// As in the address that closes it.
    pub exception_id: String,
    /// In one word: `fork`, `held_operation`, `clock_skew`, `series_shared`, `operations_missing`,
    /// `number_shared`, `invoiced_twice`, `serial_sold_twice`, `balance_overdrawn`.
    pub kind: String,
    pub opened_ms: i64,
    /// Operations that no till has brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<MissingListed>,
    /// Numbers that two documents bear, of invoices of one receipt, of units sold twice, or
    /// of documents that overdrew a balance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<String>,
    /// Nothing but a person's look at it can settle it.
    #[serde(default)]
    pub may_close: bool,
}

/// A part of a till's history, first and last number included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingListed {
    pub epoch: u64,
    pub from: u64,
    pub to: u64,
}
