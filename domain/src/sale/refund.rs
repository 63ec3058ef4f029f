//! Giving back: against a receipt each line returns `A(r + q) − A(r)` of what it took, with
//! `A(k) = round(total × k ÷ quantity)`, so that any sequence of partial refunds adds up to
//! exactly what was paid. Without a receipt the lines are priced anew.

use serde::{Deserialize, Serialize};

use crate::{
    id::CustomerId,
    money::{Money, share},
    quantity::Quantity,
    replication::body::{DocumentBody, LineBody, PaymentBody},
    sale::{
        CartLine, Document, DocumentKind, PricedCart, SaleContext, SaleError, Tender,
        document::body, price_cart,
    },
    stock::Location,
    tax::{TaxMode, TaxTotal},
};

/// How much of one receipt line comes back, and where the goods go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The line of the receipt.
    pub n: u32,
    pub quantity_milli: Quantity,
    pub location: Location,
}

/// What is asked to be given back.
#[derive(Debug, Clone)]
pub enum RefundRequest<'a> {
    /// Lines of a receipt; `refunded` holds, per receipt line, what known refunds gave back.
    OfReceipt {
        original: &'a Document,
        refunded: &'a [(u32, Quantity)],
        lines: &'a [RefundLine],
    },
    /// Goods without a receipt, at the prices given.
    WithoutReceipt {
        lines: &'a [(CartLine, Location)],
        customer_id: Option<CustomerId>,
    },
}

/// Decides a refund, paid out whole by one tender.
pub fn complete_refund(
    context: SaleContext,
    request: &RefundRequest<'_>,
    tender: Tender,
    reason: &str,
) -> Result<DocumentBody, SaleError> {
    let reason = reason.trim().to_owned();
    let (customer_id, original_id, lines, priced) = match request {
        RefundRequest::OfReceipt {
            original,
            refunded,
            lines,
        } => {
            if original.kind != DocumentKind::Receipt {
                return Err(SaleError::NotRefundable);
            }
            let (lines, priced) = lines_of_receipt(original, refunded, lines)?;
            (
                original.customer_id,
                Some(original.document_id),
                lines,
                priced,
            )
        }
        RefundRequest::WithoutReceipt { lines, customer_id } => {
            let (lines, priced) = lines_without_receipt(&context, lines)?;
            (*customer_id, None, lines, priced)
        }
    };
    if lines.is_empty() {
        return Err(SaleError::NoLines);
    }
    let payment = PaymentBody {
        n: 1,
        tender,
        amount_minor: priced.total,
        tendered_minor: priced.total,
        change_minor: Money::ZERO,
        reference: String::new(),
    };
    Ok(body(
        context,
        customer_id,
        original_id,
        reason,
        lines,
        &priced,
        vec![payment],
    ))
}

fn lines_of_receipt(
    original: &Document,
    refunded: &[(u32, Quantity)],
    asked: &[RefundLine],
) -> Result<(Vec<LineBody>, PricedCart), SaleError> {
    let mut lines: Vec<LineBody> = Vec::with_capacity(asked.len());
    for (place, line) in (1_u32..).zip(asked) {
        let Some(sold) = original.lines.iter().find(|sold| sold.n == line.n) else {
            return Err(SaleError::LineUnknown { n: line.n });
        };
        if !line.quantity_milli.is_sellable() {
            return Err(SaleError::QuantityInvalid { n: line.n });
        }
        let known: Quantity = refunded
            .iter()
            .filter(|(n, _)| *n == line.n)
            .map(|(_, quantity)| *quantity)
            .sum();
        let here: Quantity = lines
            .iter()
            .filter(|earlier| earlier.original_n == Some(line.n))
            .map(|earlier| earlier.quantity_milli)
            .sum();
        let before = known + here;
        let left = sold.quantity_milli - before;
        if line.quantity_milli > left {
            let left = left.max(Quantity::ZERO);
            return Err(SaleError::RefundExceedsSale { n: line.n, left });
        }
        let part = |whole: Money| -> Result<Money, SaleError> {
            let of = sold.quantity_milli.milli();
            let after = share(whole, (before + line.quantity_milli).milli(), of)?;
            Ok(after - share(whole, before.milli(), of)?)
        };
        lines.push(LineBody {
            n: place,
            quantity_milli: line.quantity_milli,
            discount_minor: part(sold.discount_minor)?,
            total_minor: part(sold.total_minor)?,
            tax_minor: part(sold.tax_minor)?,
            location: sold.location.map(|_| line.location),
            original_n: Some(line.n),
            ..sold.clone()
        });
    }
    let priced = sum_of_parts(&lines, original.tax_mode)?;
    Ok((lines, priced))
}

/// The totals of lines whose tax is decided already: sums, nothing rounded again.
fn sum_of_parts(lines: &[LineBody], mode: TaxMode) -> Result<PricedCart, SaleError> {
    let mut taxes: Vec<TaxTotal> = Vec::new();
    let mut rates: Vec<_> = lines.iter().map(|line| line.rate_ppm).collect();
    rates.sort_unstable();
    rates.dedup();
    for rate_ppm in rates {
        let of_rate = || lines.iter().filter(|line| line.rate_ppm == rate_ppm);
        let base = Money::sum(of_rate().map(|line| line.total_minor))?;
        let tax_minor = Money::sum(of_rate().map(|line| line.tax_minor))?;
        let (net_minor, gross_minor) = match mode {
            TaxMode::Inclusive => (base - tax_minor, base),
            TaxMode::Exclusive => (base, base.checked_add(tax_minor)?),
        };
        taxes.push(TaxTotal {
            rate_ppm,
            net_minor,
            tax_minor,
            gross_minor,
        });
    }
    let total = Money::sum(taxes.iter().map(|tax| tax.gross_minor))?;
    let tax = Money::sum(taxes.iter().map(|tax| tax.tax_minor))?;
    let lines = lines
        .iter()
        .map(|line| (line.total_minor, line.tax_minor))
        .collect();
    Ok(PricedCart {
        lines,
        taxes,
        total,
        tax,
    })
}

fn lines_without_receipt(
    context: &SaleContext,
    asked: &[(CartLine, Location)],
) -> Result<(Vec<LineBody>, PricedCart), SaleError> {
    let cart: Vec<CartLine> = asked.iter().map(|(line, _)| line.clone()).collect();
    let priced = price_cart(&cart, context.tax_mode, context.currency.minor_digits)?;
    let lines = (1_u32..)
        .zip(asked.iter().zip(&priced.lines))
        .map(|(n, ((line, location), (total, tax)))| LineBody {
            n,
            product_id: line.product_id,
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity_milli: line.quantity_milli,
            unit_price_e4: line.unit_price_e4,
            discount_minor: line.discount_minor,
            total_minor: *total,
            tax_class: line.tax_class.clone(),
            rate_ppm: line.rate_ppm,
            tax_minor: *tax,
            location: line.stocked.then_some(*location),
            original_n: None,
        })
        .collect();
    Ok((lines, priced))
}
