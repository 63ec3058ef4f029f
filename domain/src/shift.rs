//! A shift of a till: the drawer from its float to its count. What the cash should be follows from
//! the shift's own events and from the documents that name it; closing freezes both, and what
//! arrives later never changes them.

pub mod count;
pub mod totals;

use serde::{Deserialize, Serialize};

use crate::{
    id::{DeviceId, OpId, ShiftId, StaffId, StoreId},
    limit::{NOTE_CHARS_MAX, SAFE_INTEGER_MAX},
    money::{Currency, Money, MoneyError},
    replication::{body::CashMovementBody, log::LogEvent},
    sale::{TenderCode, details::ApprovedBy},
};

pub use count::{Pieces, TenderCount, denominations, sum_pieces};
pub use totals::{ShiftNumbers, ShiftTax, ShiftTender, ShiftTotals};

/// Why cash goes in or out beside sales.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CashMovementKind {
    /// Change brought to the drawer.
    In,
    Out,
    /// Taken to the safe.
    SafeDrop,
    /// Paid for something small for the shop.
    PettyExpense,
    /// The drawer was opened and no money moved.
    NoSale,
}

impl CashMovementKind {
    pub const ALL: [Self; 5] = [
        Self::In,
        Self::Out,
        Self::SafeDrop,
        Self::PettyExpense,
        Self::NoSale,
    ];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::SafeDrop => "safe_drop",
            Self::PettyExpense => "petty_expense",
            Self::NoSale => "no_sale",
        }
    }
}

/// Cash that moved beside sales, added up; amounts are positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CashMoved {
    pub in_minor: Money,
    pub out_minor: Money,
    pub safe_drop_minor: Money,
    pub petty_expense_minor: Money,
    /// How often the drawer was opened without a sale.
    pub no_sales: u64,
}

impl CashMoved {
    /// Adds one movement.
    fn add(&mut self, kind: CashMovementKind, amount: Money) {
        match kind {
            CashMovementKind::In => self.in_minor = self.in_minor + amount,
            CashMovementKind::Out => self.out_minor = self.out_minor + amount,
            CashMovementKind::SafeDrop => self.safe_drop_minor = self.safe_drop_minor + amount,
            CashMovementKind::PettyExpense => {
                self.petty_expense_minor = self.petty_expense_minor + amount;
            }
            CashMovementKind::NoSale => self.no_sales = self.no_sales.saturating_add(1),
        }
    }

    /// What it adds to the drawer; less than zero where more went out.
    #[must_use]
    pub fn net(&self) -> Money {
        self.in_minor - self.out_minor - self.safe_drop_minor - self.petty_expense_minor
    }
}

/// How a shift began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftOpening {
    /// `YYYY-MM-DD`, decided at the till.
    pub business_date: String,
    pub utc_offset_min: i32,
    pub currency: Currency,
    /// Cash in the drawer at the start.
    pub float_minor: Money,
}

/// A count of the drawer while the shift goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpotCount {
    pub counted_minor: Money,
    /// What should have been there; none where it is shown to somebody who counts blind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_minor: Option<Money>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<Pieces>,
}

/// How a shift ended: what was counted, and everything that it added up to, frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftClosing {
    /// Of each countable tender.
    pub counts: Vec<TenderCount>,
    /// Cash that stays in the drawer for the next shift.
    pub float_left_minor: Money,
    /// Counted less expected, over all counts.
    pub difference_minor: Money,
    pub totals: ShiftTotals,
    pub cash: CashMoved,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Who allowed the difference, when the person at the till may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<ApprovedBy>,
}

/// What happens to a shift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ShiftEvent {
    Opened(ShiftOpening),
    Moved {
        movement: CashMovementKind,
        amount_minor: Money,
        reason: String,
    },
    Counted(SpotCount),
    Closed(Box<ShiftClosing>),
}

/// Whether a shift goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShiftState {
    Open,
    Closed,
}

impl ShiftState {
    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// Who did something, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    pub staff_id: Option<StaffId>,
    pub wall_ms: i64,
}

/// A closed shift's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedShift {
    /// The operation that closed it: what its till recorded after it is late.
    pub op_id: OpId,
    pub by: By,
    pub closing: ShiftClosing,
}

/// A shift as its events make it: a folded row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    pub shift_id: ShiftId,
    pub store_id: Option<StoreId>,
    /// The till whose drawer it is.
    pub device_id: DeviceId,
    pub opened_by: Option<StaffId>,
    pub opened_ms: i64,
    pub opening: ShiftOpening,
    pub cash: CashMoved,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_count: Option<(By, SpotCount)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosedShift>,
    /// Operations that came when it was closed, or from another till that did not close it: kept and
    /// shown, without effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<OpId>,
}

impl Shift {
    /// Whether it goes on.
    #[must_use]
    pub const fn state(&self) -> ShiftState {
        if self.closed.is_some() {
            ShiftState::Closed
        } else {
            ShiftState::Open
        }
    }

    /// Cash that should be in the drawer, by what the documents took and gave.
    pub fn expected_cash(&self, totals: &ShiftTotals) -> Result<Money, MoneyError> {
        let cash = totals.net_of(TenderCode::CASH);
        Money::sum([self.opening.float_minor, self.cash.net(), cash])
    }

    /// Whether its business day is over.
    #[must_use]
    pub fn is_overdue(&self, business_date: &str) -> bool {
        self.closed.is_none() && self.opening.business_date.as_str() < business_date
    }
}

/// Folds one more event, in order, onto the shift as it stands.
#[must_use]
pub fn fold_event(shift: Option<Shift>, event: &LogEvent, happening: &ShiftEvent) -> Option<Shift> {
    let by = By {
        staff_id: event.staff_id,
        wall_ms: event.wall_ms,
    };
    match (shift, happening) {
        (None, ShiftEvent::Opened(opening)) => Some(Shift {
            shift_id: event.key.as_str().parse().ok()?,
            store_id: event.store_id,
            device_id: event.device_id,
            opened_by: event.staff_id,
            opened_ms: event.wall_ms,
            opening: opening.clone(),
            cash: CashMoved::default(),
            last_count: None,
            closed: None,
            rejected: Vec::new(),
        }),
        (None, _) => None,
        (Some(mut shift), happening) => {
            // A till that is gone cannot close: another one of its store does.
            let is_closing = matches!(happening, ShiftEvent::Closed(_));
            let is_own = shift.device_id == event.device_id;
            if shift.closed.is_some() || !(is_own || is_closing) {
                shift.rejected.push(event.op_id);
                return Some(shift);
            }
            match happening {
                ShiftEvent::Opened(_) => shift.rejected.push(event.op_id),
                ShiftEvent::Moved {
                    movement,
                    amount_minor,
                    ..
                } => shift.cash.add(*movement, *amount_minor),
                ShiftEvent::Counted(count) => shift.last_count = Some((by, count.clone())),
                ShiftEvent::Closed(closing) => {
                    // What the till added up stands, even where one of its movements is held.
                    shift.cash = closing.cash;
                    shift.closed = Some(ClosedShift {
                        op_id: event.op_id,
                        by,
                        closing: (**closing).clone(),
                    });
                }
            }
            Some(shift)
        }
    }
}

/// Why the drawer cannot do what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShiftError {
    #[error("no shift is open at this till")]
    NotOpen,
    #[error("a shift is open at this till already")]
    AlreadyOpen,
    #[error("the shift of {business_date} is still open and must be closed first")]
    Overdue { business_date: String },
    #[error("an amount must be more than zero")]
    AmountInvalid,
    #[error("a movement of cash needs a reason")]
    ReasonMissing,
    #[error("{field} is longer than {max} characters")]
    TextTooLong { field: &'static str, max: usize },
    #[error("every countable tender is counted once, and nothing else")]
    CountIncomplete { tender: String },
    #[error("{value_minor} is not a coin or note of the currency")]
    PieceUnknown { value_minor: i64 },
    #[error("more is to stay in the drawer than was counted")]
    FloatLeftTooHigh,
    #[error("the difference is above the limit of {limit_minor}")]
    DifferenceOverLimit { limit_minor: i64 },
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Whether a shift may open now.
pub fn check_open(
    open: Option<&Shift>,
    business_date: &str,
    float: Money,
) -> Result<(), ShiftError> {
    if let Some(open) = open {
        return Err(if open.is_overdue(business_date) {
            let business_date = open.opening.business_date.clone();
            ShiftError::Overdue { business_date }
        } else {
            ShiftError::AlreadyOpen
        });
    }
    check_amount(float)
}

/// The shift that a document made now belongs to: the open one, also when its business day is over.
/// Neither midnight nor a wrong clock refuses a sale; the person is asked to close, and when is theirs
/// to say.
pub fn shift_for_document(
    open: Option<&Shift>,
    is_required: bool,
) -> Result<Option<ShiftId>, ShiftError> {
    match open {
        None if is_required => Err(ShiftError::NotOpen),
        open => Ok(open.map(|shift| shift.shift_id)),
    }
}

/// Checks a movement of cash as typed and trims its reason.
pub fn move_cash(
    shift_id: ShiftId,
    movement: CashMovementKind,
    amount: Money,
    reason: &str,
) -> Result<CashMovementBody, ShiftError> {
    let reason = check_note("reason", reason)?;
    if reason.is_empty() {
        return Err(ShiftError::ReasonMissing);
    }
    let is_right = match movement {
        CashMovementKind::NoSale => amount == Money::ZERO,
        _ => amount > Money::ZERO,
    };
    if !is_right {
        return Err(ShiftError::AmountInvalid);
    }
    check_amount(amount)?;
    Ok(CashMovementBody {
        shift_id,
        movement,
        amount_minor: amount,
        reason,
    })
}

/// What a closing is decided from.
#[derive(Debug, Clone, Copy)]
pub struct ClosingCounts<'a> {
    /// Cash by coin and note.
    pub pieces: &'a [Pieces],
    /// Of each other countable tender, by its code.
    pub others: &'a [(TenderCode, Money)],
    pub float_left: Money,
    pub note: &'a str,
}

/// What the organization says of closings.
#[derive(Debug, Clone, Copy)]
pub struct ClosingRules<'a> {
    /// Countable tenders beside cash.
    pub countable: &'a [TenderCode],
    /// Difference above which `may_differ` is needed; none is no limit.
    pub difference_limit: Option<Money>,
    /// Whether the person may close with a larger difference.
    pub may_differ: bool,
    /// Somebody who allows it; named in the closing where it was needed.
    pub allowed_by: Option<ApprovedBy>,
}

/// Decides a closing: every countable tender against what it should be, and the totals as they are.
pub fn close(
    shift: &Shift,
    totals: &ShiftTotals,
    counted: ClosingCounts<'_>,
    rules: ClosingRules<'_>,
) -> Result<ShiftClosing, ShiftError> {
    if shift.closed.is_some() {
        return Err(ShiftError::NotOpen);
    }
    let cash = sum_pieces(counted.pieces, &shift.opening.currency)?;
    if counted.float_left < Money::ZERO || counted.float_left > cash {
        return Err(ShiftError::FloatLeftTooHigh);
    }
    let mut counts = vec![TenderCount {
        tender: TenderCode::CASH,
        expected_minor: shift.expected_cash(totals)?,
        counted_minor: cash,
        pieces: counted.pieces.to_vec(),
    }];
    for tender in rules.countable {
        let mut found = counted.others.iter().filter(|(code, _)| code == tender);
        let (Some((_, amount)), None) = (found.next(), found.next()) else {
            let tender = tender.name().to_owned();
            return Err(ShiftError::CountIncomplete { tender });
        };
        check_amount(*amount)?;
        counts.push(TenderCount {
            tender: *tender,
            expected_minor: totals.net_of(*tender),
            counted_minor: *amount,
            pieces: Vec::new(),
        });
    }
    if let Some((stray, _)) =
        (counted.others.iter()).find(|(code, _)| !rules.countable.contains(code))
    {
        let tender = stray.name().to_owned();
        return Err(ShiftError::CountIncomplete { tender });
    }
    let differences = counts.iter().map(TenderCount::difference);
    let difference = Money::sum(differences.clone())?;
    let mut approvals = Vec::new();
    if let Some(limit) = rules.difference_limit.filter(|_| !rules.may_differ) {
        // One tender's surplus does not hide another's lack.
        let is_over = differences
            .clone()
            .any(|one| one.0.unsigned_abs() > limit.0.unsigned_abs());
        if is_over {
            let limit_minor = limit.minor();
            let allowed = rules.allowed_by;
            approvals.push(allowed.ok_or(ShiftError::DifferenceOverLimit { limit_minor })?);
        }
    }
    Ok(ShiftClosing {
        counts,
        float_left_minor: counted.float_left,
        difference_minor: difference,
        totals: totals.clone(),
        cash: shift.cash,
        note: check_note("note", counted.note)?,
        approvals,
    })
}

fn check_amount(amount: Money) -> Result<(), ShiftError> {
    let is_right = (0..=SAFE_INTEGER_MAX).contains(&amount.minor());
    is_right.then_some(()).ok_or(ShiftError::AmountInvalid)
}

fn check_note(field: &'static str, text: &str) -> Result<String, ShiftError> {
    let text = text.trim();
    if text.chars().count() > NOTE_CHARS_MAX {
        let max = NOTE_CHARS_MAX;
        return Err(ShiftError::TextTooLong { field, max });
    }
    Ok(text.to_owned())
}
