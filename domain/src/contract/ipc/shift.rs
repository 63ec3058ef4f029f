//! What a window asks of its till's drawer.

use serde::{Deserialize, Serialize};

use crate::{
    id::{DraftId, ShiftId},
    money::Money,
    sale::{Tender, TenderCode},
    shift::{CashMovementKind, Pieces, Shift, ShiftState, ShiftTotals},
};

/// How the drawer stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetShift {}

/// The drawer, and what its pages need to count it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawer {
    /// None while no shift is open.
    pub shift: Option<ShiftReport>,
    /// Whether the till sells only while one is.
    pub is_required: bool,
    /// Coins and notes of the currency, largest first.
    pub denominations: Vec<Money>,
    /// Tenders that are counted beside cash.
    pub countable: Vec<Tender>,
    /// What the last shift of this till left in the drawer.
    pub float_left_minor: Option<Money>,
}

/// A shift with its figures: an X report while it is open, its Z report from then on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShiftReport {
    pub shift: Shift,
    pub till_number: Option<u32>,
    pub opened_by: String,
    pub closed_by: String,
    /// Frozen once it is closed; none for a shift that is open at another till, and while a count
    /// of it would be blind.
    pub totals: Option<ShiftTotals>,
    /// Cash that should be in the drawer; only for whom a count is not blind.
    pub expected_minor: Option<Money>,
    /// It is open, and whoever looks may not know what should be in it before it is counted.
    #[serde(default)]
    pub is_blind: bool,
    /// Its business day is over and it is still open.
    pub is_overdue: bool,
    /// Cash that moved beside sales, and counts, in their order.
    pub moves: Vec<ShiftMove>,
}

/// One movement of cash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftMove {
    pub movement: CashMovementKind,
    pub amount_minor: Money,
    pub reason: String,
    pub staff_name: String,
    pub wall_ms: i64,
}

/// Opens a shift with what is in the drawer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenShift {
    pub draft_id: DraftId,
    pub float_minor: Money,
}

/// Moves cash beside sales, or opens the drawer without any.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MoveCash {
    pub draft_id: DraftId,
    pub movement: CashMovementKind,
    #[serde(default)]
    pub amount_minor: Money,
    pub reason: String,
}

/// Counts the cash while the shift goes on, as when people change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CountCash {
    pub draft_id: DraftId,
    pub pieces: Vec<Pieces>,
}

/// Closes the shift by what was counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CloseShift {
    pub draft_id: DraftId,
    /// One of another till of this store, which is broken or gone; needs the permission to settle.
    /// None is this till's own.
    #[serde(default)]
    pub shift_id: Option<ShiftId>,
    /// Cash by coin and note.
    pub pieces: Vec<Pieces>,
    /// Every other countable tender.
    #[serde(default)]
    pub others: Vec<(TenderCode, Money)>,
    /// Cash that stays for the next shift.
    pub float_left_minor: Money,
    #[serde(default)]
    pub note: String,
}

/// The latest shifts of this store, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListShifts {
    pub limit: u32,
}

/// A line of a list of shifts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftSummary {
    pub shift_id: ShiftId,
    pub state: ShiftState,
    pub till_number: Option<u32>,
    pub business_date: String,
    pub utc_offset_min: i32,
    pub opened_ms: i64,
    pub closed_ms: Option<i64>,
    pub opened_by: String,
    /// Sales less refunds, once it is closed.
    pub net_minor: Option<Money>,
    pub difference_minor: Option<Money>,
}

/// One shift with its figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GetShiftReport {
    pub shift_id: ShiftId,
}
