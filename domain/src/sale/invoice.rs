//! An invoice: what a receipt says, made out to somebody by name. It moves no goods and no money and
//! is no second sale; it is a log of its receipt (docs/adr/0018-invoices-and-exchanges.md). A receipt
//! has one; what two tills without a network both issued is kept and shown.

use serde::{Deserialize, Serialize};

use crate::{
    country::{PaperField, PaperKind, pack, tax_id::normalize},
    customer::Customer,
    id::{CustomerId, DeviceId, OpId, StoreId},
    money::{Currency, Money},
    replication::{
        body::{LineBody, PaymentBody},
        log::LogEvent,
    },
    sale::{Document, DocumentDetails, DocumentKind},
    shift::By,
    tax::{TaxMode, TaxTotal},
};

/// Who an invoice is made out to, as it was on that day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledTo {
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tax_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
}

/// What was issued: the receipt as it was issued, frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoiced {
    pub number: String,
    pub series: String,
    /// Place within the series of its till, from 1 without gaps.
    pub count: u64,
    /// `YYYY-MM-DD`, decided at the till.
    pub business_date: String,
    pub utc_offset_min: i32,
    pub receipt_id: OpId,
    pub receipt_number: String,
    /// The receipt's own day.
    pub receipt_date: String,
    pub customer_id: CustomerId,
    pub billed_to: BilledTo,
    pub currency: Currency,
    pub tax_mode: TaxMode,
    pub total_minor: Money,
    pub tax_minor: Money,
    #[serde(default, skip_serializing_if = "Money::is_zero")]
    pub rounding_minor: Money,
    pub lines: Vec<LineBody>,
    pub taxes: Vec<TaxTotal>,
    pub payments: Vec<PaymentBody>,
    #[serde(default, skip_serializing_if = "DocumentDetails::is_empty")]
    pub details: DocumentDetails,
}

/// What happens to the invoice of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum InvoiceEvent {
    Issued(Box<Invoiced>),
}

/// One that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedInvoice {
    /// Also its operation.
    pub invoice_id: OpId,
    pub device_id: DeviceId,
    pub by: By,
    #[serde(flatten)]
    pub invoiced: Invoiced,
}

/// The invoice of a receipt as its events make it: a folded row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub store_id: StoreId,
    pub issued: IssuedInvoice,
    /// What was issued when there was one already: kept and shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<IssuedInvoice>,
}

/// The invoice that a credit note corrects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfInvoice {
    pub invoice_id: OpId,
    pub number: String,
}

impl Invoice {
    /// The state in tables.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        if self.again.is_empty() {
            "issued"
        } else {
            "issued_again"
        }
    }

    /// All that were issued, the one that counts first.
    pub fn all(&self) -> impl Iterator<Item = &IssuedInvoice> {
        std::iter::once(&self.issued).chain(&self.again)
    }

    /// How a credit note names it.
    #[must_use]
    pub fn named(&self) -> OfInvoice {
        OfInvoice {
            invoice_id: self.issued.invoice_id,
            number: self.issued.invoiced.number.clone(),
        }
    }

    /// As the papers of documents are drawn.
    #[must_use]
    pub fn as_document(&self, issued: &IssuedInvoice) -> Document {
        let invoiced = &issued.invoiced;
        Document {
            document_id: issued.invoice_id,
            kind: DocumentKind::Receipt,
            number: invoiced.number.clone(),
            series: invoiced.series.clone(),
            count: invoiced.count,
            store_id: self.store_id,
            device_id: issued.device_id,
            staff_id: issued.by.staff_id,
            customer_id: Some(invoiced.customer_id),
            original_id: Some(invoiced.receipt_id),
            business_date: invoiced.business_date.clone(),
            utc_offset_min: invoiced.utc_offset_min,
            wall_ms: issued.by.wall_ms,
            currency: invoiced.currency.clone(),
            tax_mode: invoiced.tax_mode,
            total_minor: invoiced.total_minor,
            tax_minor: invoiced.tax_minor,
            rounding_minor: invoiced.rounding_minor,
            reason: String::new(),
            shift_id: None,
            lines: invoiced.lines.clone(),
            taxes: invoiced.taxes.clone(),
            payments: invoiced.payments.clone(),
            details: invoiced.details.clone(),
        }
    }
}

/// Folds one more event, in order, onto the invoice as it stands.
#[must_use]
pub fn fold_event(
    invoice: Option<Invoice>,
    event: &LogEvent,
    happening: &InvoiceEvent,
) -> Option<Invoice> {
    let InvoiceEvent::Issued(invoiced) = happening;
    let issued = IssuedInvoice {
        invoice_id: event.op_id,
        device_id: event.device_id,
        by: By {
            staff_id: event.staff_id,
            wall_ms: event.wall_ms,
        },
        invoiced: (**invoiced).clone(),
    };
    match invoice {
        Some(mut invoice) => {
            invoice.again.push(issued);
            Some(invoice)
        }
        None => Some(Invoice {
            store_id: event.store_id?,
            issued,
            again: Vec::new(),
        }),
    }
}

/// Why an invoice is not issued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceError {
    #[error("only a receipt becomes an invoice")]
    NotAReceipt,
    #[error("the receipt has become invoice {number} already")]
    Issued { number: String },
    #[error("an invoice needs the customer's {field}")]
    FieldMissing { field: &'static str },
}

/// What an invoice is issued with beside its receipt.
#[derive(Debug, Clone)]
pub struct Issuing {
    pub number: String,
    pub series: String,
    pub count: u64,
    pub business_date: String,
    pub utc_offset_min: i32,
    /// Whose rules say what must be on it.
    pub country: String,
}

/// Decides an invoice of a receipt as it was issued, whatever came back since.
pub fn issue(
    issuing: Issuing,
    receipt: &Document,
    known: Option<&Invoice>,
    customer: &Customer,
) -> Result<Invoiced, InvoiceError> {
    if receipt.kind != DocumentKind::Receipt {
        return Err(InvoiceError::NotAReceipt);
    }
    if let Some(known) = known {
        let number = known.issued.invoiced.number.clone();
        return Err(InvoiceError::Issued { number });
    }
    Ok(Invoiced {
        billed_to: billed_to(&issuing.country, customer)?,
        number: issuing.number,
        series: issuing.series,
        count: issuing.count,
        business_date: issuing.business_date,
        utc_offset_min: issuing.utc_offset_min,
        receipt_id: receipt.document_id,
        receipt_number: receipt.number.clone(),
        receipt_date: receipt.business_date.clone(),
        customer_id: customer.customer_id,
        currency: receipt.currency.clone(),
        tax_mode: receipt.tax_mode,
        total_minor: receipt.total_minor,
        tax_minor: receipt.tax_minor,
        rounding_minor: receipt.rounding_minor,
        lines: receipt.lines.clone(),
        taxes: receipt.taxes.clone(),
        payments: receipt.payments.clone(),
        details: DocumentDetails {
            // The sale used these up, and this is no second one.
            card_payments: Vec::new(),
            balances: Vec::new(),
            quote: None,
            exchange: None,
            ..receipt.details.clone()
        },
    })
}

/// Whether a country's rules ask for a field on every invoice.
#[must_use]
pub fn is_required(country: &str, field: PaperField) -> bool {
    let rules = pack(country).and_then(|pack| pack.paper(PaperKind::Invoice));
    rules.is_some_and(|rules| rules.required.contains(&field))
}

/// Who it is made out to by a country's rules; a name is needed everywhere.
pub fn billed_to(country: &str, customer: &Customer) -> Result<BilledTo, InvoiceError> {
    let first = |texts: [&str; 2]| {
        let filled = texts
            .into_iter()
            .map(str::trim)
            .find(|text| !text.is_empty());
        filled.unwrap_or_default().to_owned()
    };
    let billed = BilledTo {
        name: first([&customer.legal_name, &customer.name]),
        tax_id: normalize(&customer.tax_id),
        address: first([&customer.fiscal_address, &customer.address]),
    };
    let is_required = |field| is_required(country, field);
    for (text, is_required, field) in [
        (&billed.name, true, "legal_name"),
        (
            &billed.tax_id,
            is_required(PaperField::CustomerTaxId),
            "tax_id",
        ),
        (
            &billed.address,
            is_required(PaperField::CustomerAddress),
            "fiscal_address",
        ),
    ] {
        if text.is_empty() && is_required {
            return Err(InvoiceError::FieldMissing { field });
        }
    }
    Ok(billed)
}
