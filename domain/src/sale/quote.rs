//! A quote: a cart at prices that the shop stands by until a day. It is no invoice; it moves no
//! goods and no money. The sale that it becomes is made at the quoted prices, with the taxes and
//! levies that the law asks on the day of the sale.

use serde::{Deserialize, Serialize};
use time::{Date, Duration, format_description::FormatItem, macros::format_description};

use crate::{
    catalog::{Product, TaxClass},
    id::{CustomerId, DeviceId, OpId, StoreId},
    limit::NOTE_CHARS_MAX,
    money::{Currency, Money},
    replication::{
        body::{DocumentBody, LineBody},
        log::LogEvent,
    },
    sale::{
        CartLine, Document, DocumentDetails, DocumentKind, LineTerms, SaleError, SaleTerms,
        details::{QuoteTaken, StepKind},
        document::line_body,
        price,
    },
    shift::By,
    stock::Location,
    tax::{TaxMode, TaxTotal},
};

/// Days that a quote holds unless somebody says otherwise.
pub const QUOTE_DAYS: u16 = 30;
/// Most days that one may hold.
pub const QUOTE_DAYS_MAX: u16 = 365;

const ISO_DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// What was quoted, frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    pub number: String,
    pub series: String,
    /// Place within the series of its till, from 1 without gaps.
    pub count: u64,
    /// `YYYY-MM-DD`, decided at the till.
    pub business_date: String,
    pub utc_offset_min: i32,
    /// The last business day on which it can be sold, `YYYY-MM-DD`.
    pub valid_until: String,
    pub currency: Currency,
    pub tax_mode: TaxMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What the customer would pay, tax included.
    pub total_minor: Money,
    pub tax_minor: Money,
    pub lines: Vec<LineBody>,
    pub taxes: Vec<TaxTotal>,
    #[serde(default, skip_serializing_if = "DocumentDetails::is_empty")]
    pub details: DocumentDetails,
}

/// What happens to a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum QuoteEvent {
    Quoted(Box<Quoted>),
    /// The operation is the sale that it became.
    Accepted {
        number: String,
    },
    Declined {
        reason: String,
    },
}

/// Whether it can still be sold. That its day is over follows from its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteState {
    Open,
    Accepted,
    Declined,
}

impl QuoteState {
    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum QuoteEnding {
    /// Sold, by the document of that number.
    Accepted {
        number: String,
    },
    Declined {
        reason: String,
    },
}

/// Its end, or what came after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteEnd {
    /// Of a sale, also the document's id.
    pub op_id: OpId,
    pub device_id: DeviceId,
    pub by: By,
    #[serde(flatten)]
    pub ending: QuoteEnding,
}

/// A quote as its events make it: a folded row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Also the id of the operation that made it.
    pub quote_id: OpId,
    pub store_id: StoreId,
    /// The till that made it.
    pub device_id: DeviceId,
    pub by: By,
    pub quoted: Quoted,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<QuoteEnd>,
    /// What came when it had ended: kept and shown. Two tills without a network can both sell it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<QuoteEnd>,
}

impl Quote {
    #[must_use]
    pub fn state(&self) -> QuoteState {
        match self.ended.as_ref().map(|end| &end.ending) {
            None => QuoteState::Open,
            Some(QuoteEnding::Accepted { .. }) => QuoteState::Accepted,
            Some(QuoteEnding::Declined { .. }) => QuoteState::Declined,
        }
    }

    /// Whether it was not sold in time.
    #[must_use]
    pub fn is_expired(&self, business_date: &str) -> bool {
        self.ended.is_none() && self.quoted.valid_until.as_str() < business_date
    }

    /// Refused once it has ended, or its day is over.
    pub fn check_sellable(&self, business_date: &str) -> Result<(), QuoteError> {
        self.check_open()?;
        if self.is_expired(business_date) {
            let valid_until = self.quoted.valid_until.clone();
            return Err(QuoteError::Expired { valid_until });
        }
        Ok(())
    }

    /// Refused once it has ended.
    pub fn check_open(&self) -> Result<(), QuoteError> {
        match self.state() {
            QuoteState::Open => Ok(()),
            state => Err(QuoteError::Ended { state }),
        }
    }

    /// As the papers of documents are drawn: nothing paid, nothing moved.
    #[must_use]
    pub fn as_document(&self) -> Document {
        let quoted = &self.quoted;
        Document {
            document_id: self.quote_id,
            kind: DocumentKind::Receipt,
            number: quoted.number.clone(),
            series: quoted.series.clone(),
            count: quoted.count,
            store_id: self.store_id,
            device_id: self.device_id,
            staff_id: self.by.staff_id,
            customer_id: quoted.customer_id,
            original_id: None,
            business_date: quoted.business_date.clone(),
            utc_offset_min: quoted.utc_offset_min,
            wall_ms: self.by.wall_ms,
            currency: quoted.currency.clone(),
            tax_mode: quoted.tax_mode,
            total_minor: quoted.total_minor,
            tax_minor: quoted.tax_minor,
            rounding_minor: Money::ZERO,
            reason: String::new(),
            shift_id: None,
            lines: quoted.lines.clone(),
            taxes: quoted.taxes.clone(),
            payments: Vec::new(),
            details: quoted.details.clone(),
        }
    }
}

/// Folds one more event, in order, onto the quote as it stands.
#[must_use]
pub fn fold_event(quote: Option<Quote>, event: &LogEvent, happening: &QuoteEvent) -> Option<Quote> {
    let by = By {
        staff_id: event.staff_id,
        wall_ms: event.wall_ms,
    };
    let ending = match happening {
        QuoteEvent::Quoted(quoted) => {
            return quote.or_else(|| {
                Some(Quote {
                    quote_id: event.key.as_str().parse().ok()?,
                    store_id: event.store_id?,
                    device_id: event.device_id,
                    by,
                    quoted: (**quoted).clone(),
                    ended: None,
                    rejected: Vec::new(),
                })
            });
        }
        QuoteEvent::Accepted { number } => QuoteEnding::Accepted {
            number: number.clone(),
        },
        QuoteEvent::Declined { reason } => QuoteEnding::Declined {
            reason: reason.clone(),
        },
    };
    let mut quote = quote?;
    let end = QuoteEnd {
        op_id: event.op_id,
        device_id: event.device_id,
        by,
        ending,
    };
    let is_sold = matches!(end.ending, QuoteEnding::Accepted { .. });
    match quote.ended.take() {
        None => quote.ended = Some(end),
        // A sale is a sale, whatever another till had written down before it knew.
        Some(before) if is_sold && was_declined(&before) => {
            quote.rejected.push(before);
            quote.ended = Some(end);
        }
        Some(before) => {
            quote.ended = Some(before);
            quote.rejected.push(end);
        }
    }
    Some(quote)
}

fn was_declined(end: &QuoteEnd) -> bool {
    matches!(end.ending, QuoteEnding::Declined { .. })
}

/// Why a quote is not made, or not sold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    #[error("the quote is {} already", state.name())]
    Ended { state: QuoteState },
    #[error("the quote was valid until {valid_until}")]
    Expired { valid_until: String },
    #[error("a quote holds from 1 to {QUOTE_DAYS_MAX} days")]
    DaysInvalid,
    #[error("declining a quote needs a reason")]
    ReasonMissing,
    #[error("{field} is longer than {max} characters")]
    TextTooLong { field: &'static str, max: usize },
    #[error(transparent)]
    Sale(#[from] SaleError),
}

/// What a quote is made with beside its lines.
#[derive(Debug, Clone)]
pub struct Quoting {
    pub number: String,
    pub series: String,
    pub count: u64,
    pub business_date: String,
    pub utc_offset_min: i32,
    pub valid_days: u16,
    pub currency: Currency,
    pub tax_mode: TaxMode,
    pub customer_id: Option<CustomerId>,
    pub note: String,
    pub terms: SaleTerms,
}

/// Decides a quote: what the cart would cost now, frozen.
pub fn make_quote(quoting: Quoting, cart: &[CartLine]) -> Result<Quoted, QuoteError> {
    if cart.is_empty() {
        return Err(QuoteError::Sale(SaleError::NoLines));
    }
    let valid_until = last_day(&quoting.business_date, quoting.valid_days)?;
    let minor_digits = quoting.currency.minor_digits;
    let priced = price(cart, quoting.tax_mode, minor_digits, &quoting.terms)?;
    let lines = (1_u32..).zip(cart.iter().zip(&priced.lines));
    Ok(Quoted {
        number: quoting.number,
        series: quoting.series,
        count: quoting.count,
        business_date: quoting.business_date,
        utc_offset_min: quoting.utc_offset_min,
        valid_until,
        currency: quoting.currency,
        tax_mode: quoting.tax_mode,
        customer_id: quoting.customer_id,
        note: check_text("note", &quoting.note)?,
        total_minor: priced.total,
        tax_minor: priced.tax,
        lines: lines
            .map(|(n, (line, priced))| line_body(n, line, priced, Location::ShopFloor))
            .collect(),
        taxes: priced.taxes.clone(),
        details: priced.details(&quoting.terms),
    })
}

/// The last day of so many, the first one after `from` being the first.
fn last_day(from: &str, days: u16) -> Result<String, QuoteError> {
    let is_right = (1..=QUOTE_DAYS_MAX).contains(&days);
    let from = Date::parse(from, ISO_DAY).ok().filter(|_| is_right);
    let last = from.and_then(|from| from.checked_add(Duration::days(days.into())));
    let text = last.and_then(|last| last.format(ISO_DAY).ok());
    text.ok_or(QuoteError::DaysInvalid)
}

/// Checks why a quote is declined, and trims it.
pub fn check_reason(reason: &str) -> Result<String, QuoteError> {
    let reason = check_text("reason", reason)?;
    if reason.is_empty() {
        return Err(QuoteError::ReasonMissing);
    }
    Ok(reason)
}

fn check_text(field: &'static str, text: &str) -> Result<String, QuoteError> {
    let text = text.trim();
    if text.chars().count() > NOTE_CHARS_MAX {
        let max = NOTE_CHARS_MAX;
        return Err(QuoteError::TextTooLong { field, max });
    }
    Ok(text.to_owned())
}

impl Quoted {
    /// A line to be sold as it was quoted: at its price, less all that was taken off it, under the
    /// tax and the levies of today.
    #[must_use]
    pub fn cart_line(&self, line: &LineBody, product: &Product, class: &TaxClass) -> CartLine {
        CartLine {
            product_id: line.product_id,
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity_milli: line.quantity_milli,
            unit_price_e4: line.unit_price_e4,
            discount_minor: line.discount_minor,
            tax_class: class.code.clone(),
            rate_ppm: class.rate_ppm,
            stocked: product.stocked,
            terms: LineTerms {
                category_id: product.category_id,
                seller_id: line.details.seller_id,
                serial: line.details.serial.clone(),
                levies: product.levies.clone(),
                components: class.components.clone(),
                scheme: class.scheme,
                note: class.note.clone(),
                ..LineTerms::default()
            },
        }
    }

    /// What holds for its sale: nothing is given beyond what was quoted, and who allowed that is
    /// named.
    #[must_use]
    pub fn terms(&self, plain: SaleTerms) -> SaleTerms {
        SaleTerms {
            coupons: self.details.coupons.clone(),
            approvals: self.details.approvals.clone(),
            ..plain
        }
    }
}

/// Names the quote on the sale that it became, and how each line had come to its price.
pub fn name_quote(sale: &mut DocumentBody, quote: &Quote) {
    sale.details.quote = Some(QuoteTaken {
        quote_id: quote.quote_id,
        number: quote.quoted.number.clone(),
    });
    for (line, quoted) in sale.lines.iter_mut().zip(&quote.quoted.lines) {
        let of_today = std::mem::take(&mut line.details.steps);
        let is_levy = |kind| kind == StepKind::Levy;
        let quoted = quoted.details.steps.iter();
        line.details.steps = quoted
            .filter(|step| !is_levy(step.kind))
            .cloned()
            .chain(of_today.into_iter().filter(|step| is_levy(step.kind)))
            .collect();
    }
}
