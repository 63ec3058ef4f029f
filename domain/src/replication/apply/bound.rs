//! What no till that keeps the rules ever states: the same line twice, or more than can be counted.
//! A table would keep one of two such lines, and a sum would stop growing; so neither is applied.

use std::collections::BTreeSet;

use super::ApplyError;
use crate::{
    balance::{BalanceId, gift_code},
    limit::{MINOR_DIGITS_MAX, SAFE_INTEGER_MAX},
    money::{Currency, Money},
    quantity::{QUANTITY_MAX, Quantity},
    replication::body::{DocumentBody, StockAdjustmentBody},
    sale::{DocumentLine, ParkedCart, Quoted, invoice::Invoiced},
    serial::SERIAL_CHARS_MAX,
    shift::{ShiftClosing, ShiftOpening},
    tax::TaxTotal,
};

pub(super) fn document(body: &DocumentBody) -> Result<(), ApplyError> {
    currency(&body.currency)?;
    lines_and_taxes(&body.lines, &body.taxes)?;
    each_once("payment", body.payments.iter().map(|payment| payment.n))?;
    each_once(
        "card payment",
        body.details.card_payments.iter().map(|used| used.n),
    )?;
    each_once("balance", body.details.balances.iter().map(|used| used.n))?;
    (body.details.balances.iter()).try_for_each(|used| balance(&used.of))?;
    for payment in &body.payments {
        let (tendered, change) = (payment.tendered_minor, payment.change_minor);
        amounts(&[payment.amount_minor, tendered, change])?;
    }
    amounts(&body.details.amounts().collect::<Vec<_>>())?;
    amounts(&[body.total_minor, body.tax_minor, body.rounding_minor])
}

fn lines_and_taxes(lines: &[DocumentLine], taxes: &[TaxTotal]) -> Result<(), ApplyError> {
    each_once("line", lines.iter().map(|line| line.n))?;
    each_once("tax rate", taxes.iter().map(|tax| tax.rate_ppm.0))?;
    for line in lines {
        quantity(line.quantity_milli)?;
        serial(line.details.serial.as_deref())?;
        amounts(&[line.discount_minor, line.total_minor, line.tax_minor])?;
        amounts(&line.details.amounts().collect::<Vec<_>>())?;
    }
    for tax in taxes {
        amounts(&[tax.net_minor, tax.tax_minor, tax.gross_minor])?;
    }
    Ok(())
}

/// A key of a table: no till writes a longer one.
pub(super) fn balance(of: &BalanceId) -> Result<(), ApplyError> {
    match of {
        BalanceId::GiftCard { code } if gift_code(code).as_ref() != Ok(code) => {
            Err(ApplyError::Beyond)
        }
        _ => Ok(()),
    }
}

/// A key of a table: no till writes a longer one.
fn serial(serial: Option<&str>) -> Result<(), ApplyError> {
    let fits = serial.is_none_or(|serial| serial.chars().count() <= SERIAL_CHARS_MAX);
    fits.then_some(()).ok_or(ApplyError::Beyond)
}

pub(super) fn invoiced(invoiced: &Invoiced) -> Result<(), ApplyError> {
    currency(&invoiced.currency)?;
    lines_and_taxes(&invoiced.lines, &invoiced.taxes)?;
    each_once("payment", invoiced.payments.iter().map(|payment| payment.n))?;
    for payment in &invoiced.payments {
        let (tendered, change) = (payment.tendered_minor, payment.change_minor);
        amounts(&[payment.amount_minor, tendered, change])?;
    }
    amounts(&invoiced.details.amounts().collect::<Vec<_>>())?;
    let (total, tax) = (invoiced.total_minor, invoiced.tax_minor);
    amounts(&[total, tax, invoiced.rounding_minor])
}

pub(super) fn quoted(quoted: &Quoted) -> Result<(), ApplyError> {
    lines_and_taxes(&quoted.lines, &quoted.taxes)?;
    amounts(&quoted.details.amounts().collect::<Vec<_>>())?;
    amounts(&[quoted.total_minor, quoted.tax_minor])
}

pub(super) fn adjustment(body: &StockAdjustmentBody) -> Result<(), ApplyError> {
    each_once("line", body.lines.iter().map(|line| line.n))?;
    let mut lines = body.lines.iter();
    lines.try_for_each(|line| quantity(line.delta_milli))
}

pub(super) fn opening(opening: &ShiftOpening) -> Result<(), ApplyError> {
    currency(&opening.currency)?;
    amounts(&[opening.float_minor])
}

pub(super) fn parked(cart: &ParkedCart) -> Result<(), ApplyError> {
    for line in &cart.lines {
        quantity(line.asked.quantity_milli)?;
        amounts(&[line.asked.discount_minor, line.total_minor])?;
    }
    amounts(&[cart.total_minor])
}

pub(super) fn closing(closing: &ShiftClosing) -> Result<(), ApplyError> {
    let totals = &closing.totals;
    for count in &closing.counts {
        amounts(&[count.expected_minor, count.counted_minor])?;
    }
    for tax in &totals.taxes {
        amounts(&[tax.net_minor, tax.tax_minor, tax.gross_minor])?;
    }
    for tender in &totals.tenders {
        amounts(&[tender.taken_minor, tender.given_minor])?;
    }
    let cash = &closing.cash;
    amounts(&[cash.in_minor, cash.out_minor, cash.safe_drop_minor])?;
    amounts(&[cash.petty_expense_minor, closing.float_left_minor])?;
    amounts(&[
        closing.difference_minor,
        totals.sales_minor,
        totals.refunds_minor,
    ])?;
    amounts(&[totals.discount_minor, totals.rounding_minor])
}

fn each_once(what: &'static str, all: impl Iterator<Item = u32>) -> Result<(), ApplyError> {
    let mut seen = BTreeSet::new();
    for n in all {
        if !seen.insert(n) {
            return Err(ApplyError::Twice { what, n });
        }
    }
    Ok(())
}

/// Powers of ten of it are counted with wherever an amount is shown.
fn currency(currency: &Currency) -> Result<(), ApplyError> {
    let is_known = currency.minor_digits <= MINOR_DIGITS_MAX;
    is_known.then_some(()).ok_or(ApplyError::Beyond)
}

fn quantity(quantity: Quantity) -> Result<(), ApplyError> {
    let is_countable = quantity.milli().unsigned_abs() <= QUANTITY_MAX.milli().unsigned_abs();
    is_countable.then_some(()).ok_or(ApplyError::Beyond)
}

pub(super) fn amounts(all: &[Money]) -> Result<(), ApplyError> {
    let is_safe = |one: &Money| one.minor().unsigned_abs() <= SAFE_INTEGER_MAX.unsigned_abs();
    all.iter()
        .all(is_safe)
        .then_some(())
        .ok_or(ApplyError::Beyond)
}
