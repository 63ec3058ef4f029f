//! A parked sale: a cart put aside at the counter, to be taken up at any till of the store. It holds
//! what was asked for and what the screen showed; what it costs is decided anew when it is taken up.

use serde::{Deserialize, Serialize};

use crate::{
    contract::ipc::{AskedTerms, SaleLine},
    id::{CustomerId, DeviceId, OpId, ProductId, StoreId},
    limit::NOTE_CHARS_MAX,
    money::{Currency, Money, UnitPrice},
    replication::log::LogEvent,
    sale::{CartLine, PricedCart, SaleError},
    shift::By,
};

/// A line as it was asked for, with what the screen showed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedLine {
    #[serde(flatten)]
    pub asked: SaleLine,
    pub sku: String,
    pub name: String,
    /// What a unit was to be sold at.
    pub shown_e4: UnitPrice,
    /// What the line came to, with or without tax as the shop's mode says.
    pub total_minor: Money,
}

/// A cart put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedCart {
    /// `YYYY-MM-DD`, decided at the till.
    pub business_date: String,
    pub utc_offset_min: i32,
    pub currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    pub lines: Vec<ParkedLine>,
    pub terms: AskedTerms,
    /// What it came to, tax included.
    pub total_minor: Money,
}

/// What happens to a parked sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ParkedSaleEvent {
    Parked(Box<ParkedCart>),
    /// Taken up again at the till that says so.
    Resumed,
    Discarded {
        reason: String,
    },
}

/// Whether it still waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParkedSaleState {
    Parked,
    Resumed,
    Discarded,
}

impl ParkedSaleState {
    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Resumed => "resumed",
            Self::Discarded => "discarded",
        }
    }
}

/// How somebody ended it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum ParkedEnding {
    Resumed,
    Discarded { reason: String },
}

/// Its end, or what came after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedEnd {
    pub op_id: OpId,
    pub device_id: DeviceId,
    pub by: By,
    #[serde(flatten)]
    pub ending: ParkedEnding,
}

/// A parked sale as its events make it: a folded row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedSale {
    /// Also the id of the operation that parked it.
    pub parked_id: OpId,
    pub store_id: Option<StoreId>,
    /// The till that parked it.
    pub device_id: DeviceId,
    pub by: By,
    pub cart: ParkedCart,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<ParkedEnd>,
    /// What came when it had ended: kept and shown, without effect. Two tills without a network can
    /// both take a cart up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<ParkedEnd>,
}

impl ParkedSale {
    /// Whether it still waits.
    #[must_use]
    pub fn state(&self) -> ParkedSaleState {
        match self.ended.as_ref().map(|end| &end.ending) {
            None => ParkedSaleState::Parked,
            Some(ParkedEnding::Resumed) => ParkedSaleState::Resumed,
            Some(ParkedEnding::Discarded { .. }) => ParkedSaleState::Discarded,
        }
    }

    /// Whether two tills hold, or held, its goods in a cart.
    #[must_use]
    pub fn was_resumed_twice(&self) -> bool {
        let ends = self.ended.iter().chain(&self.rejected);
        let resumed = ends.filter(|end| end.ending == ParkedEnding::Resumed);
        resumed.count() > 1
    }

    /// When it was last touched, in milliseconds since 1970.
    #[must_use]
    pub fn touched_ms(&self) -> i64 {
        let ends = self.ended.iter().chain(&self.rejected);
        ends.fold(self.by.wall_ms, |latest, end| latest.max(end.by.wall_ms))
    }

    /// Refused once it has ended.
    pub fn check_waits(&self) -> Result<(), ParkedError> {
        match self.state() {
            ParkedSaleState::Parked => Ok(()),
            state => Err(ParkedError::Ended { state }),
        }
    }
}

/// Folds one more event, in order, onto the parked sale as it stands.
#[must_use]
pub fn fold_event(
    parked: Option<ParkedSale>,
    event: &LogEvent,
    happening: &ParkedSaleEvent,
) -> Option<ParkedSale> {
    let by = By {
        staff_id: event.staff_id,
        wall_ms: event.wall_ms,
    };
    let ending = match happening {
        ParkedSaleEvent::Parked(cart) => {
            return parked.or_else(|| {
                Some(ParkedSale {
                    parked_id: event.key.as_str().parse().ok()?,
                    store_id: event.store_id,
                    device_id: event.device_id,
                    by,
                    cart: (**cart).clone(),
                    ended: None,
                    rejected: Vec::new(),
                })
            });
        }
        ParkedSaleEvent::Resumed => ParkedEnding::Resumed,
        ParkedSaleEvent::Discarded { reason } => ParkedEnding::Discarded {
            reason: reason.clone(),
        },
    };
    let mut parked = parked?;
    let end = ParkedEnd {
        op_id: event.op_id,
        device_id: event.device_id,
        by,
        ending,
    };
    if parked.ended.is_none() {
        parked.ended = Some(end);
    } else {
        parked.rejected.push(end);
    }
    Some(parked)
}

/// Why a cart is not parked, or a parked one not taken up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParkedError {
    #[error("the parked sale is {} already", state.name())]
    Ended { state: ParkedSaleState },
    #[error("letting go of a parked sale needs a reason")]
    ReasonMissing,
    #[error("{field} is longer than {max} characters")]
    TextTooLong { field: &'static str, max: usize },
    #[error(transparent)]
    Sale(#[from] SaleError),
}

/// What a cart is parked with beside its lines.
#[derive(Debug, Clone)]
pub struct Parking {
    pub business_date: String,
    pub utc_offset_min: i32,
    pub currency: Currency,
    pub customer_id: Option<CustomerId>,
    pub note: String,
    pub terms: AskedTerms,
}

/// Puts a cart aside: what was asked for, beside what the till makes of it now.
pub fn park(
    parking: Parking,
    asked: &[SaleLine],
    cart: &[CartLine],
    priced: &PricedCart,
) -> Result<ParkedCart, ParkedError> {
    if asked.is_empty() {
        return Err(ParkedError::Sale(SaleError::NoLines));
    }
    let lines = asked.iter().zip(cart.iter().zip(&priced.lines));
    Ok(ParkedCart {
        business_date: parking.business_date,
        utc_offset_min: parking.utc_offset_min,
        currency: parking.currency,
        customer_id: parking.customer_id,
        note: check_text("note", &parking.note)?,
        lines: lines
            .map(|(asked, (line, priced))| ParkedLine {
                asked: asked.clone(),
                sku: line.sku.clone(),
                name: line.name.clone(),
                shown_e4: line.unit_price_e4,
                total_minor: priced.total,
            })
            .collect(),
        terms: parking.terms,
        total_minor: priced.total,
    })
}

/// Checks why a parked sale is let go of, and trims it.
pub fn check_reason(reason: &str) -> Result<String, ParkedError> {
    let reason = check_text("reason", reason)?;
    if reason.is_empty() {
        return Err(ParkedError::ReasonMissing);
    }
    Ok(reason)
}

fn check_text(field: &'static str, text: &str) -> Result<String, ParkedError> {
    let text = text.trim();
    if text.chars().count() > NOTE_CHARS_MAX {
        let max = NOTE_CHARS_MAX;
        return Err(ParkedError::TextTooLong { field, max });
    }
    Ok(text.to_owned())
}

/// A price that is another one than when the cart was parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedPrice {
    pub product_id: ProductId,
    pub name: String,
    pub then_e4: UnitPrice,
    pub now_e4: UnitPrice,
}

/// Which prices have changed, each product once. `now` are the lines as the till prices them today;
/// a line whose product is not sold any more is none of them.
#[must_use]
pub fn changed_prices(parked: &ParkedCart, now: &[CartLine]) -> Vec<ChangedPrice> {
    let mut changed: Vec<ChangedPrice> = Vec::new();
    let mut now = now.iter().peekable();
    for then in &parked.lines {
        let is_same = |line: &&CartLine| line.product_id == then.asked.product_id;
        let Some(line) = now.next_if(is_same) else {
            continue;
        };
        let is_known = changed.iter().any(|one| one.product_id == line.product_id);
        if line.unit_price_e4 != then.shown_e4 && !is_known {
            changed.push(ChangedPrice {
                product_id: line.product_id,
                name: line.name.clone(),
                then_e4: then.shown_e4,
                now_e4: line.unit_price_e4,
            });
        }
    }
    changed
}
