//! Stock is a ledger of movements; what is on hand is their sum.

use serde::{Deserialize, Serialize};

use crate::{
    id::{OpId, ProductId, StoreId},
    limit::DOCUMENT_LINES_MAX,
    quantity::{QUANTITY_MAX, Quantity},
    replication::body::{StockAdjustmentBody, StockAdjustmentLine},
};

/// Where in a store goods are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Location {
    ShopFloor,
    Bench,
    Faulty,
}

impl Location {
    pub const ALL: [Self; 3] = [Self::ShopFloor, Self::Bench, Self::Faulty];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ShopFloor => "shop_floor",
            Self::Bench => "bench",
            Self::Faulty => "faulty",
        }
    }

    /// The location of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.name() == name)
    }
}

/// Why goods moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementReason {
    Sold,
    Refunded,
    Received,
    Damaged,
    Lost,
    Found,
    Correction,
    Opening,
}

impl MovementReason {
    /// What a person may name when goods are received or adjusted by hand.
    pub const BY_HAND: [MovementReason; 5] = [
        Self::Received,
        Self::Damaged,
        Self::Lost,
        Self::Found,
        Self::Correction,
    ];

    const ALL: [MovementReason; 8] = [
        Self::Sold,
        Self::Refunded,
        Self::Received,
        Self::Damaged,
        Self::Lost,
        Self::Found,
        Self::Correction,
        Self::Opening,
    ];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sold => "sold",
            Self::Refunded => "refunded",
            Self::Received => "received",
            Self::Damaged => "damaged",
            Self::Lost => "lost",
            Self::Found => "found",
            Self::Correction => "correction",
            Self::Opening => "opening",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// One movement of one product: a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockMovement {
    pub op_id: OpId,
    /// Place within the operation, from 1.
    pub n: u32,
    pub store_id: StoreId,
    pub location: Location,
    pub product_id: ProductId,
    /// Signed: goods that leave are negative.
    pub delta_milli: Quantity,
    pub reason: MovementReason,
}

/// What is on hand of a product at a place: a folded row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    pub store_id: StoreId,
    pub location: Location,
    pub product_id: ProductId,
    pub on_hand_milli: Quantity,
}

/// What another store has, gathered by the server every few seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockElsewhere {
    pub store_id: StoreId,
    pub product_id: ProductId,
    pub on_hand_milli: Quantity,
    /// When the server looked, in milliseconds since 1970.
    pub as_of_ms: i64,
}

/// Why an adjustment is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StockError {
    #[error("an adjustment needs at least one line")]
    NoLines,
    #[error("an adjustment has at most {DOCUMENT_LINES_MAX} lines")]
    TooManyLines,
    #[error("line {n}: the quantity must not be zero and at most {QUANTITY_MAX} either way")]
    QuantityInvalid { n: u32 },
    #[error("{} is not a reason that a person gives", reason.name())]
    ReasonNotByHand { reason: MovementReason },
}

/// Decides an adjustment by hand.
pub fn adjust(
    reason: MovementReason,
    note: &str,
    lines: Vec<StockAdjustmentLine>,
) -> Result<StockAdjustmentBody, StockError> {
    if !MovementReason::BY_HAND.contains(&reason) && reason != MovementReason::Opening {
        return Err(StockError::ReasonNotByHand { reason });
    }
    if lines.is_empty() {
        return Err(StockError::NoLines);
    }
    if lines.len() > DOCUMENT_LINES_MAX {
        return Err(StockError::TooManyLines);
    }
    for line in &lines {
        if line.delta_milli == Quantity::ZERO
            || line.delta_milli.milli().unsigned_abs() > QUANTITY_MAX.milli().unsigned_abs()
        {
            return Err(StockError::QuantityInvalid { n: line.n });
        }
    }
    Ok(StockAdjustmentBody {
        reason,
        note: note.trim().to_owned(),
        lines,
        approvals: Vec::new(),
    })
}
