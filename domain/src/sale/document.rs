//! The document that a finished sale or refund is: what was sold, what tax it holds and how it
//! was paid, decided once at the till and never computed again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    balance::{self, BalanceError, BalanceId, BalanceUse},
    id::{CustomerId, DeviceId, OpId, ShiftId, StaffId, StoreId},
    money::{Currency, Money},
    replication::body::{DocumentBody, LineBody, PaymentBody},
    sale::{
        CartLine, CashRounding, DocumentDetails, PricedLine, SaleError, SaleTerms, TenderBalance,
        TenderCode, TenderedPayment, price, settle,
    },
    stock::Location,
    tax::{TaxMode, TaxTotal},
};

/// What the document is to the tax office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    Receipt,
    CreditNote,
}

impl DocumentKind {
    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::CreditNote => "credit_note",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Receipt, Self::CreditNote]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A document: a fact. Amounts are positive; the kind says which way the money went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Also the id of the operation that made it.
    pub document_id: OpId,
    pub kind: DocumentKind,
    pub number: String,
    pub series: String,
    /// Place within the series of its till and kind, from 1 without gaps.
    pub count: u64,
    pub store_id: StoreId,
    pub device_id: DeviceId,
    pub staff_id: Option<StaffId>,
    pub customer_id: Option<CustomerId>,
    /// The receipt that a credit note gives back; none for a refund without receipt.
    pub original_id: Option<OpId>,
    /// `YYYY-MM-DD`, decided at the till.
    pub business_date: String,
    pub utc_offset_min: i32,
    pub wall_ms: i64,
    pub currency: Currency,
    pub tax_mode: TaxMode,
    pub total_minor: Money,
    pub tax_minor: Money,
    /// What rounding cash adds to the total; the payments add up to both.
    #[serde(default)]
    pub rounding_minor: Money,
    pub reason: String,
    /// The shift that it was made in.
    #[serde(default)]
    pub shift_id: Option<ShiftId>,
    pub lines: Vec<DocumentLine>,
    pub taxes: Vec<TaxTotal>,
    pub payments: Vec<Payment>,
    #[serde(default, skip_serializing_if = "DocumentDetails::is_empty")]
    pub details: DocumentDetails,
}

impl Document {
    /// What each tender took, by code, while nothing has gone back.
    #[must_use]
    pub fn balances(&self) -> Vec<TenderBalance> {
        let mut balances: BTreeMap<TenderCode, TenderBalance> = BTreeMap::new();
        for payment in &self.payments {
            let tender = payment.tender;
            let balance = balances.entry(tender);
            let balance = balance.or_insert_with(|| TenderBalance::new(tender));
            balance.taken_minor = balance.taken_minor + payment.amount_minor;
        }
        if let Some(cash) = balances.get_mut(&TenderCode::CASH) {
            cash.taken_rounding_minor = self.rounding_minor;
        }
        balances.into_values().collect()
    }
}

/// One line of a document.
pub type DocumentLine = LineBody;
/// One payment of a document.
pub type Payment = PaymentBody;

/// What the till knows when a document is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleContext {
    pub number: String,
    pub series: String,
    pub count: u64,
    pub business_date: String,
    pub utc_offset_min: i32,
    pub currency: Currency,
    pub tax_mode: TaxMode,
    pub terms: SaleTerms,
    pub cash_rounding: Option<CashRounding>,
    pub shift_id: Option<ShiftId>,
}

/// Decides a finished sale.
pub fn complete_sale(
    context: SaleContext,
    customer_id: Option<CustomerId>,
    cart: &[CartLine],
    payments: &[TenderedPayment],
) -> Result<DocumentBody, SaleError> {
    let pays_in = |payment: &TenderedPayment| payment.tendered_minor < Money::ZERO;
    if cart.is_empty() && !payments.iter().any(pays_in) {
        return Err(SaleError::NoLines);
    }
    let minor_digits = context.currency.minor_digits;
    let priced = price(cart, context.tax_mode, minor_digits, &context.terms)?;
    let settlement = settle(priced.total, payments, context.cash_rounding.as_ref())?;
    if settlement.remaining > Money::ZERO {
        let paid = priced.total - settlement.remaining;
        return Err(SaleError::PaymentShort {
            due: priced.total,
            paid,
        });
    }
    let lines = (1_u32..)
        .zip(cart.iter().zip(&priced.lines))
        .map(|(n, (line, priced))| line_body(n, line, priced, Location::ShopFloor))
        .collect();
    let payments = (1_u32..)
        .zip(payments.iter().zip(&settlement.covered))
        .map(|(n, (payment, (amount, change)))| PaymentBody {
            n,
            tender: payment.tender,
            amount_minor: *amount,
            tendered_minor: payment.tendered_minor,
            change_minor: *change,
            reference: payment.reference.trim().to_owned(),
        })
        .collect();
    Ok(body(
        context,
        customer_id,
        None,
        String::new(),
        lines,
        &priced,
        (settlement.rounding, payments),
    ))
}

/// Makes a document say which balances its payments move; `left` is what each has before it.
pub fn name_balances(
    body: &mut DocumentBody,
    kind: DocumentKind,
    left: impl Fn(&BalanceId) -> Money,
) -> Result<(), BalanceError> {
    let mut moved: BTreeMap<BalanceId, Money> = BTreeMap::new();
    for payment in &mut body.payments {
        let (tender, reference) = (payment.tender, payment.reference.as_str());
        let Some(of) = BalanceId::of_payment(tender, reference, body.customer_id)? else {
            continue;
        };
        if let BalanceId::GiftCard { code } = &of {
            payment.reference.clone_from(code);
        }
        let sum = moved.entry(of.clone()).or_insert_with(|| left(&of));
        *sum = *sum + balance::delta(kind, payment);
        body.details.balances.push(BalanceUse {
            n: payment.n,
            left_minor: *sum,
            of,
        });
    }
    Ok(())
}

/// A priced line as the document keeps it.
pub(crate) fn line_body(
    n: u32,
    line: &CartLine,
    priced: &PricedLine,
    location: Location,
) -> LineBody {
    LineBody {
        n,
        product_id: line.product_id,
        sku: line.sku.clone(),
        name: line.name.clone(),
        quantity_milli: line.quantity_milli,
        unit_price_e4: line.unit_price_e4,
        discount_minor: priced.discount,
        total_minor: priced.total,
        tax_class: line.tax_class.clone(),
        rate_ppm: priced.rate_ppm,
        tax_minor: priced.tax,
        location: line.stocked.then_some(location),
        original_n: None,
        details: priced.details.clone(),
    }
}

pub(crate) fn body(
    context: SaleContext,
    customer_id: Option<CustomerId>,
    original_id: Option<OpId>,
    reason: String,
    lines: Vec<LineBody>,
    priced: &super::PricedCart,
    (rounding_minor, payments): (Money, Vec<PaymentBody>),
) -> DocumentBody {
    DocumentBody {
        number: context.number,
        series: context.series,
        count: context.count,
        business_date: context.business_date,
        utc_offset_min: context.utc_offset_min,
        currency: context.currency,
        tax_mode: context.tax_mode,
        customer_id,
        original_id,
        reason,
        total_minor: priced.total,
        tax_minor: priced.tax,
        rounding_minor,
        shift_id: context.shift_id,
        lines,
        taxes: priced.taxes.clone(),
        payments,
        details: priced.details(&context.terms),
    }
}
