//! Giving back: against a receipt each line returns `A(r + q) − A(r)` of what it took, with
//! `A(k) = round(total × k ÷ quantity)`, so that any sequence of partial refunds adds up to
//! exactly what was paid. Without a receipt the lines are priced anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::CustomerId,
    money::{Money, share},
    quantity::Quantity,
    replication::body::{DocumentBody, LineBody, PaymentBody},
    sale::{
        CartLine, Document, DocumentKind, Payout, PricedCart, SaleContext, SaleError,
        TenderBalance, TenderCode,
        details::ComponentTotal,
        document::{body, line_body},
        payout::pay_out,
        price,
    },
    stock::Location,
    tax::{RatePpm, TaxTotal, tax_total},
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
        balances: &'a [TenderBalance],
        /// Whether any tender may give back any amount.
        any_tender: bool,
        /// Who gets it as store credit, where the receipt names nobody.
        customer_id: Option<CustomerId>,
    },
    /// Goods without a receipt, at the prices given.
    WithoutReceipt {
        lines: &'a [(CartLine, Location)],
        customer_id: Option<CustomerId>,
    },
}

/// Decides a refund; without payouts it goes back whole by one tender.
pub fn complete_refund(
    context: SaleContext,
    request: &RefundRequest<'_>,
    tender: TenderCode,
    payouts: &[Payout],
    reason: &str,
) -> Result<DocumentBody, SaleError> {
    let reason = reason.trim().to_owned();
    let (customer_id, original_id, lines, priced) = match request {
        RefundRequest::OfReceipt {
            original,
            refunded,
            lines,
            customer_id,
            ..
        } => {
            if original.kind != DocumentKind::Receipt {
                return Err(SaleError::NotRefundable);
            }
            let (lines, priced) = lines_of_receipt(original, refunded, lines)?;
            (
                original.customer_id.or(*customer_id),
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
    let whole = [Payout {
        tender,
        amount_minor: priced.total,
    }];
    let payouts = if payouts.is_empty() { &whole } else { payouts };
    let (balances, any_tender): (&[TenderBalance], bool) = match request {
        RefundRequest::OfReceipt {
            balances,
            any_tender,
            ..
        } => (balances, *any_tender),
        RefundRequest::WithoutReceipt { .. } => (&[], true),
    };
    let rounding = context.cash_rounding.as_ref();
    let mut paid = pay_out(priced.total, payouts, balances, any_tender, rounding)?;
    if let RefundRequest::OfReceipt { original, .. } = request {
        name_gift_card(&mut paid.1, original);
    }
    Ok(body(
        context,
        customer_id,
        original_id,
        reason,
        lines,
        &priced,
        paid,
    ))
}

/// What goes back to a gift card goes to the one that paid.
fn name_gift_card(payments: &mut [PaymentBody], original: &Document) {
    let by_card = |payment: &&PaymentBody| payment.tender == TenderCode::GIFT_CARD;
    let mut paid = original.payments.iter().filter(by_card);
    let paid = paid.find(|payment| payment.amount_minor > Money::ZERO);
    for payment in payments {
        if let Some(paid) = paid.filter(|_| by_card(&&*payment)) {
            payment.reference.clone_from(&paid.reference);
        }
    }
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
        if sold.details.serial.is_some() && line.quantity_milli != Quantity::ONE {
            return Err(SaleError::SerialQuantity { n: line.n });
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
        let details = sold.details.part(part)?;
        // Where several taxes make up the line's, each gives back its own part.
        let tax_minor = match details.components.is_empty() {
            true => part(sold.tax_minor)?,
            false => Money::sum(details.components.values().copied())?,
        };
        lines.push(LineBody {
            n: place,
            quantity_milli: line.quantity_milli,
            discount_minor: part(sold.discount_minor)?,
            total_minor: part(sold.total_minor)?,
            tax_minor,
            location: sold.location.map(|_| line.location),
            original_n: Some(line.n),
            details,
            ..sold.clone()
        });
    }
    let priced = sum_of_parts(&lines, original)?;
    Ok((lines, priced))
}

/// The totals of lines whose tax is decided already: sums, nothing rounded again.
fn sum_of_parts(lines: &[LineBody], original: &Document) -> Result<PricedCart, SaleError> {
    let mut sums: BTreeMap<RatePpm, (Money, Money)> = BTreeMap::new();
    let mut add = |rate: RatePpm, base: Money, tax: Money| -> Result<(), SaleError> {
        let (bases, taxes) = sums.entry(rate).or_default();
        (*bases, *taxes) = (bases.checked_add(base)?, taxes.checked_add(tax)?);
        Ok(())
    };
    for line in lines {
        let untaxed = line.details.untaxed_minor();
        add(line.rate_ppm, line.total_minor - untaxed, line.tax_minor)?;
        if untaxed != Money::ZERO {
            add(RatePpm(0), untaxed, Money::ZERO)?;
        }
    }
    let taxes = sums
        .into_iter()
        .map(|(rate, (base, tax))| Ok(tax_total(base, tax, rate, original.tax_mode)?))
        .collect::<Result<Vec<TaxTotal>, SaleError>>()?;
    let of_rate = |component: &ComponentTotal| {
        let rate = component.of_rate_ppm;
        let of_line = lines.iter().filter(move |line| line.rate_ppm == rate);
        let parts = of_line.filter_map(|line| line.details.components.get(&component.code));
        Money::sum(parts.copied())
    };
    let mut components = original.details.components.clone();
    for component in &mut components {
        component.tax_minor = of_rate(component)?;
    }
    let total = Money::sum(taxes.iter().map(|tax| tax.gross_minor))?;
    let tax = Money::sum(taxes.iter().map(|tax| tax.tax_minor))?;
    Ok(PricedCart {
        lines: Vec::new(),
        taxes,
        components,
        total,
        tax,
    })
}

fn lines_without_receipt(
    context: &SaleContext,
    asked: &[(CartLine, Location)],
) -> Result<(Vec<LineBody>, PricedCart), SaleError> {
    let cart: Vec<CartLine> = asked.iter().map(|(line, _)| line.clone()).collect();
    let minor_digits = context.currency.minor_digits;
    let priced = price(&cart, context.tax_mode, minor_digits, &context.terms)?;
    let lines = (1_u32..)
        .zip(asked.iter().zip(&priced.lines))
        .map(|(n, ((line, location), priced))| line_body(n, line, priced, *location))
        .collect();
    Ok((lines, priced))
}
