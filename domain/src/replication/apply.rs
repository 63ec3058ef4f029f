//! From an operation to the facts that it states. Reads nothing but the operation, so till, server
//! and every other replica insert the same facts.

mod bound;

use super::{
    body::{BalanceChange, DocumentBody, OpBody, RepairIntakeBody, ServerPutBody},
    log::{Happening, LogEvent, LogKey},
    op::{OpHeader, Private},
    row::Rows,
};
use crate::{
    balance::{self, BalanceEvent},
    card_payment::CardPaymentEvent,
    customer::CustomerField,
    id::{CustomerId, OpId, RepairId, StoreId},
    quantity::Quantity,
    repair::{RepairEvent, RepairHappening},
    sale::{
        Document, DocumentKind, invoice::InvoiceEvent, parked::ParkedSaleEvent, quote::QuoteEvent,
    },
    serial::{SerialEvent, UnitOf, unit_key},
    shift::ShiftEvent,
    stock::{MovementReason, StockMovement},
};

/// One field of a customer's record, written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldWrite {
    pub op_id: OpId,
    pub customer_id: CustomerId,
    pub field: CustomerField,
    /// None when the private bytes are missing or erased.
    pub value: Option<String>,
}

/// What an operation states, by table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    pub documents: Vec<Document>,
    pub movements: Vec<StockMovement>,
    pub repair_events: Vec<RepairEvent>,
    pub log_events: Vec<LogEvent>,
    pub field_writes: Vec<FieldWrite>,
    /// Rows that the server replaces whole.
    pub replaced: Rows,
}

/// Why an operation states nothing that can be kept. It is held, never dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    #[error("the operation names no store")]
    StoreMissing,
    #[error("{what} {n} is there twice")]
    Twice { what: &'static str, n: u32 },
    #[error("a quantity, an amount or its decimals are more than any shop has")]
    Beyond,
}

/// The facts of one operation.
pub fn apply(header: &OpHeader, body: &OpBody, private: &[Private]) -> Result<Facts, ApplyError> {
    let mut facts = Facts::default();
    match body {
        OpBody::Sale(document) => {
            apply_document(&mut facts, header, DocumentKind::Receipt, document)?;
            if let Some(quote) = &document.details.quote {
                let number = document.number.clone();
                let happening = Happening::Quote(QuoteEvent::Accepted { number });
                // After the charges that the sale uses up.
                let last = facts.log_events.iter().map(|event| event.n).max();
                let n = last.unwrap_or(0) + 1;
                (facts.log_events).push(log_event(header, n, quote.quote_id, happening)?);
            }
            apply_units(&mut facts, header, document, SerialEvent::Sold)?;
            apply_balances(&mut facts, header, document, DocumentKind::Receipt)?;
        }
        OpBody::Refund(document) => {
            apply_document(&mut facts, header, DocumentKind::CreditNote, document)?;
            apply_units(&mut facts, header, document, SerialEvent::Returned)?;
            apply_balances(&mut facts, header, document, DocumentKind::CreditNote)?;
        }
        OpBody::StockAdjustment(body) => {
            let store_id = store_of(header)?;
            bound::adjustment(body)?;
            facts
                .movements
                .extend(body.lines.iter().map(|line| StockMovement {
                    op_id: header.op_id,
                    n: line.n,
                    store_id,
                    location: line.location,
                    product_id: line.product_id,
                    delta_milli: line.delta_milli,
                    reason: body.reason,
                }));
        }
        OpBody::CustomerPut(body) => {
            facts
                .field_writes
                .extend(body.fields.iter().map(|field| FieldWrite {
                    op_id: header.op_id,
                    customer_id: body.customer_id,
                    field: field.field,
                    value: private.iter().find_map(|private| private.open(&field.hash)),
                }));
        }
        OpBody::RepairIntake(body) => {
            facts
                .repair_events
                .push(event(header, body.repair_id, taken_in(body))?);
        }
        OpBody::RepairMove(body) => {
            let happening = RepairHappening::Moved { to: body.to };
            facts
                .repair_events
                .push(event(header, body.repair_id, happening)?);
        }
        OpBody::RepairNote(body) => {
            let happening = RepairHappening::Noted {
                text: body.text.clone(),
            };
            facts
                .repair_events
                .push(event(header, body.repair_id, happening)?);
        }
        OpBody::ShiftOpen(_)
        | OpBody::CashMovement(_)
        | OpBody::SpotCount(_)
        | OpBody::ShiftClose(_)
        | OpBody::CardPayment(_)
        | OpBody::SalePark(_)
        | OpBody::SaleResume(_)
        | OpBody::SaleDiscard(_)
        | OpBody::QuoteMake(_)
        | OpBody::QuoteDecline(_)
        | OpBody::InvoiceMake(_)
        | OpBody::BalanceChange(_) => facts.log_events = log_events(header, body)?,
        OpBody::ServerPut(body) => facts.replaced = replaced(body),
    }
    Ok(facts)
}

/// What happens to a log, of an operation that does nothing else.
fn log_events(header: &OpHeader, body: &OpBody) -> Result<Vec<LogEvent>, ApplyError> {
    match body {
        OpBody::ShiftOpen(body) => {
            bound::opening(&body.opening)?;
            let happening = ShiftEvent::Opened(body.opening.clone());
            one(header, body.shift_id, Happening::Shift(happening))
        }
        OpBody::CashMovement(body) => {
            bound::amounts(&[body.amount_minor])?;
            let happening = ShiftEvent::Moved {
                movement: body.movement,
                amount_minor: body.amount_minor,
                reason: body.reason.clone(),
            };
            one(header, body.shift_id, Happening::Shift(happening))
        }
        OpBody::SpotCount(body) => {
            let expected = body.count.expected_minor.unwrap_or_default();
            bound::amounts(&[body.count.counted_minor, expected])?;
            let happening = ShiftEvent::Counted(body.count.clone());
            one(header, body.shift_id, Happening::Shift(happening))
        }
        OpBody::ShiftClose(body) => {
            bound::closing(&body.closing)?;
            let happening = ShiftEvent::Closed(Box::new(body.closing.clone()));
            one(header, body.shift_id, Happening::Shift(happening))
        }
        OpBody::CardPayment(body) => {
            if let CardPaymentEvent::Started(charge) = &body.event {
                bound::amounts(&[charge.amount_minor])?;
            }
            let happening = Happening::CardPayment(body.event.clone());
            one(header, body.card_payment_id, happening)
        }
        OpBody::SalePark(cart) => {
            bound::parked(cart)?;
            let happening = Happening::ParkedSale(ParkedSaleEvent::Parked(cart.clone()));
            one(header, header.op_id, happening)
        }
        OpBody::SaleResume(body) => {
            let happening = Happening::ParkedSale(ParkedSaleEvent::Resumed);
            one(header, body.parked_id, happening)
        }
        OpBody::SaleDiscard(body) => {
            let reason = body.reason.clone();
            let happening = Happening::ParkedSale(ParkedSaleEvent::Discarded { reason });
            one(header, body.parked_id, happening)
        }
        OpBody::QuoteMake(quoted) => {
            bound::quoted(quoted)?;
            let happening = Happening::Quote(QuoteEvent::Quoted(quoted.clone()));
            one(header, header.op_id, happening)
        }
        OpBody::InvoiceMake(invoiced) => {
            bound::invoiced(invoiced)?;
            let happening = Happening::Invoice(InvoiceEvent::Issued(invoiced.clone()));
            one(header, invoiced.receipt_id, happening)
        }
        OpBody::BalanceChange(body) => {
            bound::balance(&body.of)?;
            let (BalanceChange::Adjust {
                delta_minor: amount,
                ..
            }
            | BalanceChange::Limit {
                limit_minor: amount,
            }) = &body.change;
            bound::amounts(&[*amount])?;
            let of = body.of.clone();
            let happening = match &body.change {
                BalanceChange::Adjust {
                    delta_minor,
                    reason,
                } => BalanceEvent::Adjusted {
                    of,
                    delta_minor: *delta_minor,
                    reason: reason.clone(),
                },
                BalanceChange::Limit { limit_minor } => BalanceEvent::Limited {
                    of,
                    limit_minor: *limit_minor,
                },
            };
            one(header, body.of.key(), Happening::Balance(happening))
        }
        OpBody::QuoteDecline(body) => {
            let reason = body.reason.clone();
            let happening = Happening::Quote(QuoteEvent::Declined { reason });
            one(header, body.quote_id, happening)
        }
        _ => Ok(Vec::new()),
    }
}

fn store_of(header: &OpHeader) -> Result<StoreId, ApplyError> {
    header.store_id.ok_or(ApplyError::StoreMissing)
}

fn apply_document(
    facts: &mut Facts,
    header: &OpHeader,
    kind: DocumentKind,
    body: &DocumentBody,
) -> Result<(), ApplyError> {
    let store_id = store_of(header)?;
    bound::document(body)?;
    let (sign, reason): (fn(Quantity) -> Quantity, _) = match kind {
        DocumentKind::Receipt => (|q| -q, MovementReason::Sold),
        DocumentKind::CreditNote => (|q| q, MovementReason::Refunded),
    };
    facts.movements.extend(body.lines.iter().filter_map(|line| {
        Some(StockMovement {
            op_id: header.op_id,
            n: line.n,
            store_id,
            location: line.location?,
            product_id: line.product_id,
            delta_milli: sign(line.quantity_milli),
            reason,
        })
    }));
    // The sale itself uses its charges up: no replica ever holds the one without the other.
    let used = body.details.card_payments.iter();
    for (n, used) in (1_u32..).zip(used) {
        let happening = Happening::CardPayment(CardPaymentEvent::Used);
        (facts.log_events).push(log_event(header, n, used.card_payment_id, happening)?);
    }
    facts.documents.push(Document {
        document_id: header.op_id,
        kind,
        number: body.number.clone(),
        series: body.series.clone(),
        count: body.count,
        store_id,
        device_id: header.device_id,
        staff_id: header.staff_id,
        customer_id: body.customer_id,
        original_id: body.original_id,
        business_date: body.business_date.clone(),
        utc_offset_min: body.utc_offset_min,
        wall_ms: header.wall_ms,
        currency: body.currency.clone(),
        tax_mode: body.tax_mode,
        total_minor: body.total_minor,
        tax_minor: body.tax_minor,
        rounding_minor: body.rounding_minor,
        reason: body.reason.clone(),
        shift_id: body.shift_id,
        lines: body.lines.clone(),
        taxes: body.taxes.clone(),
        payments: body.payments.clone(),
        details: body.details.clone(),
    });
    Ok(())
}

/// What becomes of units that the lines name, after whatever else the document states.
fn apply_units(
    facts: &mut Facts,
    header: &OpHeader,
    body: &DocumentBody,
    becomes: impl Fn(UnitOf) -> SerialEvent,
) -> Result<(), ApplyError> {
    let last = facts.log_events.iter().map(|event| event.n).max();
    let named = body.lines.iter().filter_map(|line| {
        let serial = line.details.serial.clone()?;
        Some((line, serial))
    });
    for (n, (line, serial)) in (last.unwrap_or(0) + 1..).zip(named) {
        let key = unit_key(line.product_id, &serial);
        let unit = UnitOf {
            product_id: line.product_id,
            serial,
            sku: line.sku.clone(),
            name: line.name.clone(),
            number: body.number.clone(),
            business_date: body.business_date.clone(),
        };
        let happening = Happening::Serial(becomes(unit));
        (facts.log_events).push(log_event(header, n, key, happening)?);
    }
    Ok(())
}

/// What becomes of the balances that the payments name, after whatever else the document states.
fn apply_balances(
    facts: &mut Facts,
    header: &OpHeader,
    body: &DocumentBody,
    kind: DocumentKind,
) -> Result<(), ApplyError> {
    let last = facts.log_events.iter().map(|event| event.n).max();
    let named = body.details.balances.iter().filter_map(|used| {
        let payment = body.payments.iter().find(|payment| payment.n == used.n)?;
        Some((used, payment))
    });
    for (n, (used, payment)) in (last.unwrap_or(0) + 1..).zip(named) {
        let happening = Happening::Balance(BalanceEvent::Moved {
            of: used.of.clone(),
            delta_minor: balance::delta(kind, payment),
            number: body.number.clone(),
            business_date: body.business_date.clone(),
        });
        (facts.log_events).push(log_event(header, n, used.of.key(), happening)?);
    }
    Ok(())
}

fn taken_in(body: &RepairIntakeBody) -> RepairHappening {
    RepairHappening::TakenIn {
        number: body.number.clone(),
        customer_id: body.customer_id,
        device: body.device.clone(),
        fault: body.fault.clone(),
        accessories: body.accessories.clone(),
        promised_date: body.promised_date.clone(),
    }
}

fn event(
    header: &OpHeader,
    repair_id: RepairId,
    happening: RepairHappening,
) -> Result<RepairEvent, ApplyError> {
    Ok(RepairEvent {
        op_id: header.op_id,
        repair_id,
        store_id: store_of(header)?,
        staff_id: header.staff_id,
        wall_ms: header.wall_ms,
        happening,
    })
}

/// The one event of a log that an operation of a store states.
fn one(
    header: &OpHeader,
    key: impl Into<LogKey>,
    happening: Happening,
) -> Result<Vec<LogEvent>, ApplyError> {
    Ok(vec![log_event(header, 1, key, happening)?])
}

fn log_event(
    header: &OpHeader,
    n: u32,
    key: impl Into<LogKey>,
    happening: Happening,
) -> Result<LogEvent, ApplyError> {
    Ok(LogEvent {
        op_id: header.op_id,
        n,
        key: key.into(),
        store_id: Some(store_of(header)?),
        device_id: header.device_id,
        staff_id: header.staff_id,
        wall_ms: header.wall_ms,
        happening,
    })
}

fn replaced(body: &ServerPutBody) -> Rows {
    Rows {
        organization: body.organization.iter().cloned().collect(),
        store: body.stores.clone(),
        till: body.tills.clone(),
        staff: body.staff.clone(),
        tax_class: body.tax_classes.clone(),
        category: body.categories.clone(),
        promotion: body.promotions.clone(),
        price_list: body.price_lists.clone(),
        product: body.products.clone(),
        tender: body.tenders.clone(),
        certificate: body.certificates.clone(),
        ..Rows::default()
    }
}
