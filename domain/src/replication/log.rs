//! Event logs: shifts, parked sales, quotes, and whatever else is a key with a history and one row folded from it.
//! One pair of tables, `log_event` and `log_row`, carries them all on both ends
//! (docs/adr/0015-one-pair-of-tables-for-event-logs.md); what differs from kind to kind is here: the
//! happening, the state, and the pure fold between them.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Value;
use uuid::Uuid;

use super::table::{Home, Scope};
use crate::{
    balance::{Balance, BalanceEvent},
    card_payment::{CardPayment, CardPaymentEvent},
    hlc::Hlc,
    id::{CardPaymentId, DeviceId, OpId, ShiftId, StaffId, StoreId},
    sale::{
        invoice::{self, Invoice, InvoiceEvent},
        parked::{self, ParkedSale, ParkedSaleEvent},
        quote::{self, Quote, QuoteEvent, QuoteState},
    },
    serial::{SerialEvent, SerialUnit},
    shift::{Shift, ShiftEvent},
};

/// What a log is about. Variants stand in the order of their names: rows are locked in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    Balance,
    CardPayment,
    Invoice,
    ParkedSale,
    Quote,
    Serial,
    Shift,
}

impl LogKind {
    pub const ALL: [LogKind; 7] = [
        Self::Balance,
        Self::CardPayment,
        Self::Invoice,
        Self::ParkedSale,
        Self::Quote,
        Self::Serial,
        Self::Shift,
    ];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Balance => "balance",
            Self::CardPayment => "card_payment",
            Self::Invoice => "invoice",
            Self::ParkedSale => "parked_sale",
            Self::Quote => "quote",
            Self::Serial => "serial",
            Self::Shift => "shift",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whose feed carries its events and rows.
    #[must_use]
    pub const fn home(self) -> Home {
        match self {
            Self::CardPayment | Self::Invoice | Self::ParkedSale | Self::Quote | Self::Shift => {
                Home::Store
            }
            // A unit that one store sold is brought to another, and so is a gift card.
            Self::Balance | Self::Serial => Home::Org,
        }
    }
}

/// Which log of its kind, within its home.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogKey(String);

impl LogKey {
    /// The text as it stands in tables.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A key as it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

impl From<CardPaymentId> for LogKey {
    fn from(id: CardPaymentId) -> Self {
        Self(id.to_string())
    }
}

/// What one operation began goes by its id.
impl From<OpId> for LogKey {
    fn from(id: OpId) -> Self {
        Self(id.to_string())
    }
}

impl From<ShiftId> for LogKey {
    fn from(id: ShiftId) -> Self {
        Self(id.to_string())
    }
}

impl std::fmt::Display for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What happened, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    Balance(BalanceEvent),
    CardPayment(CardPaymentEvent),
    Invoice(InvoiceEvent),
    ParkedSale(ParkedSaleEvent),
    Quote(QuoteEvent),
    Serial(SerialEvent),
    Shift(ShiftEvent),
}

impl Happening {
    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> LogKind {
        match self {
            Self::Balance(_) => LogKind::Balance,
            Self::CardPayment(_) => LogKind::CardPayment,
            Self::Invoice(_) => LogKind::Invoice,
            Self::ParkedSale(_) => LogKind::ParkedSale,
            Self::Quote(_) => LogKind::Quote,
            Self::Serial(_) => LogKind::Serial,
            Self::Shift(_) => LogKind::Shift,
        }
    }

    /// Whether a log begins with it: it leads the others, whatever their stamps.
    #[must_use]
    pub const fn is_opening(&self) -> bool {
        match self {
            Self::CardPayment(event) => matches!(event, CardPaymentEvent::Started(_)),
            // Each stands for itself: the first by stamp counts.
            Self::Balance(_) | Self::Invoice(_) | Self::Serial(_) => true,
            Self::ParkedSale(event) => matches!(event, ParkedSaleEvent::Parked(_)),
            Self::Quote(event) => matches!(event, QuoteEvent::Quoted(_)),
            Self::Shift(event) => matches!(event, ShiftEvent::Opened(_)),
        }
    }
}

/// One event of a log: a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEvent {
    pub op_id: OpId,
    /// Place among the events that its operation states, from 1.
    pub n: u32,
    pub key: LogKey,
    /// Where it happened; none for what the server did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    pub device_id: DeviceId,
    pub staff_id: Option<StaffId>,
    /// When the till's clock said it happened, in milliseconds since 1970.
    pub wall_ms: i64,
    pub happening: Happening,
}

impl LogEvent {
    /// The row that it belongs to.
    #[must_use]
    pub fn place(&self) -> LogPlace {
        let kind = self.happening.kind();
        LogPlace {
            kind,
            home: match kind.home() {
                Home::Org => None,
                Home::Store => self.store_id,
            },
            key: self.key.clone(),
        }
    }
}

/// Events of the kinds that this program knows. Those of a newer one are passed over, so that a till
/// which is not updated yet goes on reading its feed.
pub fn known_events<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<LogEvent>, D::Error> {
    known(from, "happening")
}

/// The same for rows.
pub fn known_rows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<LogRow>, D::Error> {
    known(from, "state")
}

/// Elements whose `field`, an object of one entry, is called as a kind.
fn known<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
    field: &str,
) -> Result<Vec<T>, D::Error> {
    let is_newer = |value: &Value| {
        let named = value.get(field).and_then(Value::as_object);
        let name = named.and_then(|object| object.keys().next());
        name.is_some_and(|name| LogKind::from_name(name).is_none())
    };
    let all = Vec::<Value>::deserialize(from)?.into_iter();
    all.filter(|value| !is_newer(value))
        .map(|value| serde_json::from_value(value).map_err(D::Error::custom))
        .collect()
}

/// Where a row is: its kind, its home and its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPlace {
    pub kind: LogKind,
    /// None is the organization.
    pub home: Option<StoreId>,
    pub key: LogKey,
}

impl LogPlace {
    /// The home as the tables hold it: the organization is nil.
    #[must_use]
    pub fn home_id(&self) -> Uuid {
        self.home.map_or(Uuid::nil(), |store| store.0)
    }

    /// The feed that carries it.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.home.map_or(Scope::Org, Scope::Store)
    }
}

impl std::fmt::Display for LogPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.key)
    }
}

/// What a log's events make, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogState {
    Balance(Box<Balance>),
    CardPayment(Box<CardPayment>),
    Invoice(Box<Invoice>),
    ParkedSale(Box<ParkedSale>),
    Quote(Box<Quote>),
    Serial(Box<SerialUnit>),
    Shift(Box<Shift>),
}

/// What lists of rows need of any of them, in columns of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogIndex {
    /// What it belongs to: a till, a customer.
    pub subject: Uuid,
    pub state: &'static str,
    /// Whether work on it goes on: its events are kept beyond every boundary, and a new till has
    /// them before it sells.
    pub is_open: bool,
    /// When it began, in milliseconds since 1970.
    pub at_ms: i64,
}

impl LogState {
    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> LogKind {
        match self {
            Self::Balance(_) => LogKind::Balance,
            Self::CardPayment(_) => LogKind::CardPayment,
            Self::Invoice(_) => LogKind::Invoice,
            Self::ParkedSale(_) => LogKind::ParkedSale,
            Self::Quote(_) => LogKind::Quote,
            Self::Serial(_) => LogKind::Serial,
            Self::Shift(_) => LogKind::Shift,
        }
    }

    /// The balance, if that is what it is.
    #[must_use]
    pub fn into_balance(self) -> Option<Balance> {
        match self {
            Self::Balance(balance) => Some(*balance),
            _ => None,
        }
    }

    /// The card payment, if that is what it is.
    #[must_use]
    pub fn into_card_payment(self) -> Option<CardPayment> {
        match self {
            Self::CardPayment(payment) => Some(*payment),
            _ => None,
        }
    }

    /// The invoice, if that is what it is.
    #[must_use]
    pub fn into_invoice(self) -> Option<Invoice> {
        match self {
            Self::Invoice(invoice) => Some(*invoice),
            _ => None,
        }
    }

    /// The parked sale, if that is what it is.
    #[must_use]
    pub fn into_parked(self) -> Option<ParkedSale> {
        match self {
            Self::ParkedSale(parked) => Some(*parked),
            _ => None,
        }
    }

    /// The quote, if that is what it is.
    #[must_use]
    pub fn into_quote(self) -> Option<Quote> {
        match self {
            Self::Quote(quote) => Some(*quote),
            _ => None,
        }
    }

    /// The unit, if that is what it is.
    #[must_use]
    pub fn into_serial(self) -> Option<SerialUnit> {
        match self {
            Self::Serial(unit) => Some(*unit),
            _ => None,
        }
    }

    /// The shift, if that is what it is.
    #[must_use]
    pub fn into_shift(self) -> Option<Shift> {
        match self {
            Self::Shift(shift) => Some(*shift),
            _ => None,
        }
    }

    /// The columns beside it.
    #[must_use]
    pub fn index(&self) -> LogIndex {
        match self {
            Self::Balance(balance) => LogIndex {
                subject: (balance.of.customer_id()).map_or(Uuid::nil(), |customer| customer.0),
                state: balance.state_name(),
                // Whoever spends it next wants to see where it came from.
                is_open: !balance.balance_minor.is_zero(),
                at_ms: balance.began_ms,
            },
            Self::CardPayment(payment) => LogIndex {
                subject: payment.device_id.0,
                state: payment.state.name(),
                is_open: payment.state.is_open(),
                at_ms: payment.started_ms,
            },
            Self::Invoice(invoice) => LogIndex {
                subject: invoice.issued.invoiced.customer_id.0,
                state: invoice.state_name(),
                is_open: false,
                at_ms: invoice.issued.by.wall_ms,
            },
            Self::ParkedSale(parked) => LogIndex {
                subject: parked.device_id.0,
                state: parked.state().name(),
                is_open: parked.ended.is_none(),
                at_ms: parked.by.wall_ms,
            },
            Self::Quote(quote) => LogIndex {
                subject: (quote.quoted.customer_id).map_or(Uuid::nil(), |customer| customer.0),
                state: quote.state().name(),
                is_open: quote.state() == QuoteState::Open,
                at_ms: quote.by.wall_ms,
            },
            Self::Serial(unit) => LogIndex {
                subject: unit.product_id.0,
                state: unit.state_name(),
                is_open: false,
                at_ms: unit.steps.first().map_or(0, |step| step.by.wall_ms),
            },
            Self::Shift(shift) => LogIndex {
                subject: shift.device_id.0,
                state: shift.state().name(),
                is_open: shift.closed.is_none(),
                at_ms: shift.opened_ms,
            },
        }
    }
}

/// A folded row as the feed carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRow {
    pub key: LogKey,
    /// Its home; none is the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<StoreId>,
    pub state: LogState,
}

impl LogRow {
    /// Where it is.
    #[must_use]
    pub fn place(&self) -> LogPlace {
        LogPlace {
            kind: self.state.kind(),
            home: self.home,
            key: self.key.clone(),
        }
    }

    /// A row at its place.
    #[must_use]
    pub fn at(place: &LogPlace, state: LogState) -> Self {
        Self {
            key: place.key.clone(),
            home: place.home,
            state,
        }
    }
}

/// Folds one more event, in order, onto the row as it stands.
#[must_use]
pub fn fold_event(state: Option<LogState>, event: &LogEvent) -> Option<LogState> {
    match &event.happening {
        Happening::Balance(happening) => {
            let balance = state.and_then(LogState::into_balance);
            let balance = crate::balance::fold_event(balance, event, happening);
            Some(LogState::Balance(Box::new(balance)))
        }
        Happening::CardPayment(happening) => {
            let payment = state.and_then(LogState::into_card_payment);
            let payment = crate::card_payment::fold_event(payment, event, happening)?;
            Some(LogState::CardPayment(Box::new(payment)))
        }
        Happening::Invoice(happening) => {
            let invoice = state.and_then(LogState::into_invoice);
            let invoice = invoice::fold_event(invoice, event, happening)?;
            Some(LogState::Invoice(Box::new(invoice)))
        }
        Happening::ParkedSale(happening) => {
            let parked = state.and_then(LogState::into_parked);
            let parked = parked::fold_event(parked, event, happening)?;
            Some(LogState::ParkedSale(Box::new(parked)))
        }
        Happening::Quote(happening) => {
            let quote = state.and_then(LogState::into_quote);
            let quote = quote::fold_event(quote, event, happening)?;
            Some(LogState::Quote(Box::new(quote)))
        }
        Happening::Serial(happening) => {
            let unit = state.and_then(LogState::into_serial);
            let unit = crate::serial::fold_event(unit, event, happening);
            Some(LogState::Serial(Box::new(unit)))
        }
        Happening::Shift(happening) => {
            let shift = state.and_then(LogState::into_shift);
            let shift = crate::shift::fold_event(shift, event, happening)?;
            Some(LogState::Shift(Box::new(shift)))
        }
    }
}

/// Folds all events of one log, in whatever order they arrive: what begins it leads, the rest follow
/// by (effective stamp, operation, place).
#[must_use]
pub fn fold(events: &[(Hlc, LogEvent)]) -> Option<LogState> {
    let mut ordered: Vec<_> = events.iter().collect();
    ordered.sort_by_key(|(hlc, event)| (!event.happening.is_opening(), *hlc, event.op_id, event.n));
    ordered
        .into_iter()
        .fold(None, |state, (_, event)| fold_event(state, event))
}
