//! The shapes of `domain::contract` as the API's document describes them. They are read here and
//! made nowhere: a test holds real answers against them, field by field.
#![allow(
    dead_code,
    missing_debug_implementations,
    reason = "described, never made"
)]

use utoipa::ToSchema;
use uuid::Uuid;

/// A failure (RFC 9457).
#[derive(ToSchema)]
pub struct Problem {
    #[schema(rename = "type")]
    problem_type: String,
    title: String,
    status: u16,
    /// For programs.
    code: String,
    /// For logs and programmers.
    detail: String,
    /// What the code speaks of.
    fields: Option<serde_json::Map<String, serde_json::Value>>,
    trace_id: Option<String>,
}

#[derive(ToSchema)]
pub struct Currency {
    /// ISO 4217.
    code: String,
    minor_digits: u8,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum TaxMode {
    Inclusive,
    Exclusive,
}

#[derive(ToSchema)]
pub struct Organization {
    organization_id: Uuid,
    name: String,
    currency: Currency,
    tax_mode: TaxMode,
    /// ISO 3166-1 alpha-2.
    country: String,
    settings: Option<Settings>,
}

/// What the owner decided for all stores.
#[derive(ToSchema)]
pub struct Settings {
    shift_required: Option<bool>,
    shift_difference_limit_minor: Option<i64>,
    cash_rounding: Option<CashRounding>,
}

#[derive(ToSchema)]
pub struct CashRounding {
    step_minor: i64,
    /// `nearest`, `nearest_half_down` or `down`.
    mode: String,
}

#[derive(ToSchema)]
pub struct BalancesPage {
    sums: Vec<BalanceSum>,
    /// The largest first.
    balances: Vec<BalanceListed>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum BalanceKind {
    Account,
    GiftCard,
    StoreCredit,
}

#[derive(ToSchema)]
pub struct BalanceSum {
    kind: BalanceKind,
    /// What the shop owes.
    credit_minor: i64,
    /// What holders owe, or overspent.
    owed_minor: i64,
    balances: u64,
}

#[derive(ToSchema)]
pub struct BalanceListed {
    of: BalanceId,
    /// Empty of a gift card.
    customer_name: String,
    balance_minor: i64,
    limit_minor: i64,
    is_overdrawn: bool,
    /// Number of the last document that moved it.
    last_number: String,
}

/// A gift card by its code, or a customer's account or store credit.
#[derive(ToSchema)]
pub struct BalanceId {
    kind: BalanceKind,
    code: Option<String>,
    customer_id: Option<Uuid>,
}

#[derive(ToSchema)]
pub struct ShiftsPage {
    /// The newest first.
    shifts: Vec<ShiftListed>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum ShiftState {
    Open,
    Closed,
}

#[derive(ToSchema)]
pub struct ShiftListed {
    shift_id: Uuid,
    state: ShiftState,
    store_code: String,
    till_number: Option<u32>,
    business_date: String,
    utc_offset_min: i32,
    opened_ms: i64,
    opened_by: String,
    closed_ms: Option<i64>,
    closed_by: String,
    float_minor: i64,
    /// Sales less refunds, as they were frozen.
    net_minor: Option<i64>,
    documents: Option<u64>,
    expected_minor: Option<i64>,
    counted_minor: Option<i64>,
    difference_minor: Option<i64>,
    note: String,
    /// Documents that name the shift and are not in its totals.
    late: Vec<LateDocument>,
    /// Other operations that came when it was closed: kept without effect.
    rejected: u64,
}

#[derive(ToSchema)]
pub struct LateDocument {
    document_id: Uuid,
    kind: DocumentKind,
    number: String,
    wall_ms: i64,
    total_minor: i64,
}

#[derive(ToSchema)]
pub struct Store {
    store_id: Uuid,
    code: String,
    name: String,
    address: String,
    /// IANA name.
    time_zone: String,
    cut_over_hour: u8,
}

#[derive(ToSchema)]
pub struct Till {
    device_id: Uuid,
    store_id: Uuid,
    number: u32,
    name: String,
    epoch: u64,
    series: String,
    revoked: bool,
}

#[derive(ToSchema)]
pub struct EnrolRequest {
    /// As shown to the owner; dashes are ignored.
    code: String,
    /// Ed25519, in base64.
    public_key: String,
    /// Over `techstore/enrol/1`, the code's letters and digits, and the key; in base64.
    signature: String,
    /// Hash of the till's last operation; all zero for a new till. In base64.
    prev_hash: String,
    name: String,
    /// Of the place that the till had: it keeps its device id.
    certificate: Option<Certificate>,
}

#[derive(ToSchema)]
pub struct Certificate {
    /// JSON of the enrolment, in base64.
    body: String,
    server_key: String,
    signature: String,
}

#[derive(ToSchema)]
pub struct EnrolReply {
    organization: Organization,
    store: Store,
    till: Till,
    token: String,
    incarnation: String,
    certificate: Certificate,
    server_ms: u64,
}

#[derive(ToSchema)]
pub struct ChallengeRequest {
    device_id: Uuid,
}

#[derive(ToSchema)]
pub struct ChallengeReply {
    /// In base64; good for a minute and one use.
    nonce: String,
}

#[derive(ToSchema)]
pub struct TokenRequest {
    device_id: Uuid,
    nonce: String,
    /// Over `techstore/token/1`, the device's id and the nonce.
    signature: String,
    /// The till's own, for a server that forgot it.
    certificate: Option<Certificate>,
}

#[derive(ToSchema)]
pub struct TokenReply {
    token: String,
    server_ms: u64,
}

#[derive(ToSchema)]
pub struct Private {
    hash: String,
    salt: String,
    bytes: String,
}

/// An operation in its exact bytes, in base64.
#[derive(ToSchema)]
pub struct Envelope {
    header: String,
    body: String,
    hash: String,
    signature: String,
    private: Option<Vec<Private>>,
}

#[derive(ToSchema)]
pub struct PushRequest {
    incarnation: String,
    device_id: Uuid,
    epoch: u64,
    first_seq: u64,
    sent_ms: i64,
    ops: Vec<Envelope>,
    damaged: Option<Vec<Envelope>>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Outcome {
    Applied,
    Held,
}

#[derive(ToSchema)]
pub struct SeqOutcome {
    seq: u64,
    outcome: Outcome,
    flags: Vec<String>,
}

#[derive(ToSchema)]
pub struct PushReply {
    acked_seq: u64,
    outcomes: Vec<SeqOutcome>,
    heads: std::collections::BTreeMap<String, u64>,
    server_ms: u64,
    incarnation: String,
    keep_days: u32,
    kinds: std::collections::BTreeMap<String, u32>,
    fenced: bool,
    revoked: bool,
}

/// Envelopes that a till keeps, without gaps.
#[derive(ToSchema)]
pub struct HaveRange {
    device_id: Uuid,
    epoch: u64,
    from: u64,
    to: u64,
    /// Hash of the operation at `to`, in base64.
    last_hash: String,
}

/// Server-signed, in base64.
#[derive(ToSchema)]
pub struct Erasure {
    body: String,
    server_key: String,
    signature: String,
}

#[derive(ToSchema)]
pub struct HaveRequest {
    ranges: Vec<HaveRange>,
    erasures: Option<Vec<Erasure>>,
    /// Of every device in `ranges`.
    certificates: Option<Vec<Certificate>>,
}

#[derive(ToSchema)]
pub struct WantRange {
    device_id: Uuid,
    epoch: u64,
    from: u64,
    to: u64,
    last_hash: String,
}

#[derive(ToSchema)]
pub struct HaveReply {
    want: Vec<WantRange>,
    /// Held damaged, or stored without texts: better copies are welcome.
    welcome: Option<Vec<WantRange>>,
    incarnation: String,
    server_ms: u64,
}

#[derive(ToSchema)]
pub struct RelayRequest {
    /// Of any device, each device's in the order of their sequences.
    ops: Vec<Envelope>,
    /// What the first of a device follows is not kept here: it may be taken in behind a gap.
    after_gap: Option<bool>,
}

#[derive(ToSchema)]
pub struct RelayOutcome {
    op_id: Uuid,
    outcome: Outcome,
}

#[derive(ToSchema)]
pub struct RelayReply {
    outcomes: Vec<RelayOutcome>,
    heads: std::collections::BTreeMap<String, u64>,
    incarnation: String,
    server_ms: u64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum FeedType {
    Op,
    Entry,
    Server,
    Derived,
}

#[derive(ToSchema)]
pub struct FeedRow {
    seq: u64,
    #[schema(rename = "type")]
    row_type: FeedType,
    /// Digested exactly as it stands in the answer.
    bytes: serde_json::Value,
    /// Personal data of the row, outside the digest: `private` and `customer`.
    beside: Option<serde_json::Value>,
}

#[derive(ToSchema)]
pub struct PullReply {
    scope: String,
    incarnation: String,
    to: u64,
    head: u64,
    digest: String,
    server_ms: u64,
    rows: Vec<FeedRow>,
}

#[derive(ToSchema)]
pub struct SnapshotDevice {
    device_id: Uuid,
    epoch: u64,
    branch: u32,
    last_seq: u64,
    last_hash: String,
    held: Vec<u64>,
}

/// Chunk 0. The others hold `rows` and `ops`.
#[derive(ToSchema)]
pub struct SnapshotHeader {
    snapshot: String,
    scope: String,
    incarnation: String,
    seq: u64,
    digest: String,
    chunks: u32,
    rows: u64,
    devices: Vec<SnapshotDevice>,
    /// The first of the chunks, which a till needs to sell; the others are history.
    now: Option<SnapshotPart>,
    /// Facts stamped before it are not in the snapshot, those of open repairs aside.
    boundary: Option<String>,
}

/// How much of a snapshot a part of it is.
#[derive(ToSchema)]
pub struct SnapshotPart {
    chunks: u32,
    rows: u64,
}

#[derive(ToSchema)]
pub struct PinVerifier {
    staff_id: Uuid,
    /// Argon2id, a PHC string.
    phc: String,
}

#[derive(ToSchema)]
pub struct VerifiersReply {
    verifiers: Vec<PinVerifier>,
}

#[derive(ToSchema)]
pub struct SignInRequest {
    email: String,
    password: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Manager,
    Cashier,
    Technician,
}

#[derive(ToSchema)]
pub struct Me {
    organization_id: Uuid,
    organization_name: String,
    currency: Currency,
    staff_id: Uuid,
    name: String,
    role: Role,
    language: String,
    stores: Vec<Store>,
    /// To send back as `X-CSRF-Token` with every writing request.
    csrf_token: String,
}

#[derive(ToSchema)]
pub struct DayTotals {
    sales: u64,
    refunds: u64,
    gross_minor: i64,
    refunded_minor: i64,
    tax_minor: i64,
    units_sold_milli: i64,
}

#[derive(ToSchema)]
pub struct HourTotals {
    hour: u8,
    gross_minor: i64,
    sales: u64,
    compared_gross_minor: i64,
}

#[derive(ToSchema)]
pub struct SalesByHour {
    business_date: String,
    compared_date: String,
    today: DayTotals,
    compared: DayTotals,
    hours: Vec<HourTotals>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum DocumentKind {
    Receipt,
    CreditNote,
}

#[derive(ToSchema)]
pub struct DocumentListed {
    document_id: Uuid,
    kind: DocumentKind,
    number: String,
    store_code: String,
    staff_name: String,
    customer_name: String,
    business_date: String,
    wall_ms: i64,
    utc_offset_min: i32,
    lines: u32,
    total_minor: i64,
    tax_minor: i64,
}

#[derive(ToSchema)]
pub struct DocumentsPage {
    documents: Vec<DocumentListed>,
    next: Option<String>,
}

#[derive(ToSchema)]
pub struct DocumentLine {
    n: u32,
    product_id: Uuid,
    sku: String,
    name: String,
    quantity_milli: i64,
    unit_price_e4: i64,
    discount_minor: i64,
    total_minor: i64,
    tax_class: String,
    /// Parts per million.
    rate_ppm: u32,
    tax_minor: i64,
    location: Option<String>,
    original_n: Option<u32>,
    /// How it came to its price, its seller, the parts of its tax; absent from a plain line.
    #[schema(value_type = Option<Object>)]
    details: Option<()>,
}

#[derive(ToSchema)]
pub struct TaxTotal {
    rate_ppm: u32,
    net_minor: i64,
    tax_minor: i64,
    gross_minor: i64,
}

#[derive(ToSchema)]
pub struct Payment {
    n: u32,
    tender: String,
    amount_minor: i64,
    tendered_minor: i64,
    change_minor: i64,
    reference: Option<String>,
}

#[derive(ToSchema)]
pub struct Document {
    document_id: Uuid,
    kind: DocumentKind,
    number: String,
    series: String,
    count: u64,
    store_id: Uuid,
    device_id: Uuid,
    staff_id: Option<Uuid>,
    customer_id: Option<Uuid>,
    original_id: Option<Uuid>,
    business_date: String,
    utc_offset_min: i32,
    wall_ms: i64,
    currency: Currency,
    tax_mode: TaxMode,
    total_minor: i64,
    tax_minor: i64,
    /// What rounding cash adds to the total.
    rounding_minor: i64,
    reason: String,
    shift_id: Option<Uuid>,
    lines: Vec<DocumentLine>,
    taxes: Vec<TaxTotal>,
    payments: Vec<Payment>,
    /// Approvals, coupons, the taxes that a rate is made of; absent from a plain document.
    #[schema(value_type = Option<Object>)]
    details: Option<()>,
}

#[derive(ToSchema)]
pub struct DocumentDetail {
    document: Document,
    store: Option<Store>,
    till_number: Option<u32>,
    staff_name: String,
    customer_name: String,
    original_number: Option<String>,
    refunds: Vec<DocumentListed>,
    received_ms: i64,
    hash: String,
}

#[derive(ToSchema)]
pub struct HeldListed {
    device_id: Uuid,
    till_number: u32,
    store_code: String,
    epoch: u64,
    branch: u32,
    device_seq: u64,
    reason: String,
    detail: String,
    received_ms: i64,
}

#[derive(ToSchema)]
pub struct Erased {
    /// Of how many operations the texts are gone.
    operations: u64,
}

#[derive(ToSchema)]
pub struct HeldRetried {
    outcome: Outcome,
    /// Why it is still held.
    reason: String,
    detail: String,
}

#[derive(ToSchema)]
pub struct HeldPage {
    count: u64,
    operations: Vec<HeldListed>,
}

#[derive(ToSchema)]
pub struct HeldCount {
    reason: String,
    count: u64,
}

/// Something that the owner should look at.
#[derive(ToSchema)]
pub struct ExceptionListed {
    exception_id: String,
    kind: String,
    opened_ms: i64,
    missing: Option<MissingListed>,
    /// Numbers that two documents bear.
    numbers: Option<Vec<String>>,
    /// Whether a person may close it.
    may_close: bool,
}

/// Operations that no till has brought.
#[derive(ToSchema)]
pub struct MissingListed {
    epoch: u64,
    from: u64,
    to: u64,
}

#[derive(ToSchema)]
pub struct TillListed {
    device_id: Uuid,
    store_code: String,
    store_name: String,
    number: u32,
    name: String,
    series: String,
    epoch: u64,
    enrolled_ms: i64,
    /// To within a minute.
    last_contact_ms: Option<i64>,
    /// How far its clock was ahead of the server's at its last push.
    skew_ms: i64,
    /// Operations that the server has of it, held ones included.
    received: u64,
    held: Vec<HeldCount>,
    revoked: bool,
    /// It must enrol anew.
    fenced: bool,
    /// Another computer was enrolled in its place since.
    replaced: bool,
    exceptions: Vec<ExceptionListed>,
}

#[derive(ToSchema)]
pub struct TillsPage {
    server_ms: i64,
    tills: Vec<TillListed>,
}
