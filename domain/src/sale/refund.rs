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
        CartLine, CashRounding, Document, DocumentKind, PricedCart, SaleContext, SaleError,
        TenderCode,
        details::ComponentTotal,
        document::{body, line_body},
        price, round_cash,
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
        /// Per tender: what it took, less what known refunds gave back; none where any tender may
        /// give back any amount.
        left: Option<&'a [(TenderCode, Money)]>,
    },
    /// Goods without a receipt, at the prices given.
    WithoutReceipt {
        lines: &'a [(CartLine, Location)],
        customer_id: Option<CustomerId>,
    },
}

/// Money that goes back by one tender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    pub tender: TenderCode,
    /// Before cash is rounded.
    pub amount_minor: Money,
}

/// Spreads a refund over what the tenders took: the one that is asked for first, then the others in
/// their order. A tender that took nothing gives it all back, if it may.
#[must_use]
pub fn spread(total: Money, left: &[(TenderCode, Money)], first: TenderCode) -> Vec<Payout> {
    let of = |tender: TenderCode| left.iter().find(|(code, _)| *code == tender);
    let Some(asked) = of(first).filter(|(_, amount)| *amount > Money::ZERO) else {
        return vec![Payout {
            tender: first,
            amount_minor: total,
        }];
    };
    let others = left.iter().filter(|(code, _)| *code != first);
    let mut rest = total;
    let mut payouts = Vec::new();
    for (tender, amount) in std::iter::once(asked).chain(others) {
        let part = rest.min((*amount).max(Money::ZERO));
        if part > Money::ZERO {
            rest = rest - part;
            payouts.push(Payout {
                tender: *tender,
                amount_minor: part,
            });
        }
    }
    // What rounding cash took off at the sale: cash rounds it off again.
    let by_cash = payouts
        .iter()
        .position(|payout| payout.tender == TenderCode::CASH);
    if let Some(payout) = payouts.get_mut(by_cash.unwrap_or(0)) {
        payout.amount_minor = payout.amount_minor + rest;
    }
    payouts
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
            ..
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
    let whole = [Payout {
        tender,
        amount_minor: priced.total,
    }];
    let payouts = if payouts.is_empty() { &whole } else { payouts };
    let left = match request {
        RefundRequest::OfReceipt { left, .. } => *left,
        RefundRequest::WithoutReceipt { .. } => None,
    };
    let paid = pay_out(priced.total, payouts, left, context.cash_rounding.as_ref())?;
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

/// The payments of a refund with what rounding adds to its total: each tender within what it took.
fn pay_out(
    total: Money,
    payouts: &[Payout],
    left: Option<&[(TenderCode, Money)]>,
    rounding: Option<&CashRounding>,
) -> Result<(Money, Vec<PaymentBody>), SaleError> {
    let paid = Money::sum(payouts.iter().map(|payout| payout.amount_minor))?;
    let is_twice = |at: usize| {
        payouts[..at]
            .iter()
            .any(|one| one.tender == payouts[at].tender)
    };
    if payouts
        .iter()
        .any(|payout| payout.amount_minor < Money::ZERO)
        || (0..payouts.len()).any(is_twice)
    {
        return Err(SaleError::PaymentInvalid);
    }
    if paid != total {
        return Err(SaleError::PaymentShort { due: total, paid });
    }
    let mut payments = Vec::with_capacity(payouts.len());
    let mut rounded_by = Money::ZERO;
    for (n, payout) in (1_u32..).zip(payouts) {
        let (tender, asked) = (payout.tender, payout.amount_minor);
        let is_cash = tender == TenderCode::CASH;
        let mut amount = if is_cash {
            round_cash(rounding, asked)
        } else {
            asked
        };
        if let Some(left) = left {
            let of_tender = left.iter().filter(|(code, _)| *code == tender);
            let left = Money::sum(of_tender.map(|(_, amount)| *amount))?.max(Money::ZERO);
            // What cash took was rounded too, so the last part of it may be a coin less.
            let coin = rounding.map_or(Money::ZERO, |rule| rule.step_minor);
            if amount > left && is_cash && asked - left < coin {
                amount = left;
            }
            if amount > left {
                return Err(SaleError::RefundExceedsTender { tender, left });
            }
        }
        rounded_by = rounded_by + (amount - asked);
        payments.push(PaymentBody {
            n,
            tender,
            amount_minor: amount,
            tendered_minor: amount,
            change_minor: Money::ZERO,
            reference: String::new(),
        });
    }
    Ok((rounded_by, payments))
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
