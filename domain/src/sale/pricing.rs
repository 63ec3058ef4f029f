//! The one way from a cart to its price. The order, which receipts and screens explain:
//!
//! 1. the catalogue's price, or the customer's price list's, or one by hand ([`CartLine::of`]);
//! 2. quantity × unit price, rounded half away from zero to the minor unit;
//! 3. the promotion that gives the line most, unless its price is by hand;
//! 4. the line's discount by hand, a percentage of what is left or an amount;
//! 5. the cart's discount, likewise, spread over the lines by largest remainder;
//! 6. fixed levies of the product, which nothing discounts;
//! 7. tax, by rate or by line as the country rounds ([`crate::tax::breakdown`]): on the price, on
//!    the margin of used goods, or for a reason not at all.
//!
//! Cash rounding is none of these: it touches the cash tender alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    limit::DOCUMENT_LINES_MAX,
    money::{Money, MoneyError, UnitPrice, allocate, line_amount, share},
    quantity::Quantity,
    sale::{
        CartLine, Promotion, SaleError,
        details::{
            ApprovedBy, ComponentTotal, DocumentDetails, LineDetails, LineLevy, MarginTax,
            PriceStep, StepKind,
        },
        promotion::{WHOLE_PPM, best, normalize_coupon},
    },
    staff::Permission,
    tax::{RatePpm, TaxMode, TaxRounding, TaxScheme, TaxTotal, breakdown, tax_of},
};

/// Something taken off by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    Percent(RatePpm),
    Amount(Money),
}

impl Discount {
    /// A typed discount: `12.50` is an amount, `10%` a part; nothing and zero are none.
    pub fn parse(text: &str, minor_digits: u8) -> Result<Option<Discount>, MoneyError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let discount = match text.strip_suffix('%') {
            Some(percent) => {
                let ppm = UnitPrice::parse(percent)?.0;
                if ppm > WHOLE_PPM {
                    return Err(MoneyError::TooLarge);
                }
                let ppm = u32::try_from(ppm).map_err(|_| MoneyError::Negative)?;
                Discount::Percent(RatePpm(ppm))
            }
            None => Discount::Amount(Money::parse(text, minor_digits)?),
        };
        match discount {
            Discount::Amount(amount) if amount < Money::ZERO => Err(MoneyError::Negative),
            Discount::Amount(Money::ZERO) | Discount::Percent(RatePpm(0)) => Ok(None),
            some => Ok(Some(some)),
        }
    }
}

/// What holds for a whole sale beside its lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SaleTerms {
    pub rounding: TaxRounding,
    /// Those that count today, with the codes given, their categories spread.
    pub promotions: Vec<Promotion>,
    /// Codes that the customer showed.
    pub coupons: Vec<String>,
    /// Off the whole cart, by hand.
    pub discount: Option<Discount>,
    /// Why the customer pays no tax; empty for one who does.
    pub exemption: String,
    /// Who allowed what the person at the till may not do.
    pub approvals: Vec<ApprovedBy>,
}

impl SaleTerms {
    /// What holds on a business day, `YYYY-MM-DD`, with what is asked for. A code that makes nothing
    /// count is none of the document's.
    #[must_use]
    pub fn on(
        day: &str,
        rounding: TaxRounding,
        promotions: &[Promotion],
        discount: Option<Discount>,
        coupons: &[String],
    ) -> SaleTerms {
        let mut coupons: Vec<String> = coupons.iter().map(|code| normalize_coupon(code)).collect();
        coupons.sort_unstable();
        coupons.dedup();
        let counting = promotions.iter().filter(|one| one.counts(day, &coupons));
        let promotions: Vec<Promotion> = counting.cloned().collect();
        coupons.retain(|code| {
            promotions
                .iter()
                .any(|one| one.coupon.as_ref() == Some(code))
        });
        SaleTerms {
            rounding,
            promotions,
            coupons,
            discount,
            ..SaleTerms::default()
        }
    }
}

/// A cart with its totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedCart {
    pub lines: Vec<PricedLine>,
    pub taxes: Vec<TaxTotal>,
    /// Of the rates that several taxes make up.
    pub components: Vec<ComponentTotal>,
    pub total: Money,
    pub tax: Money,
}

/// A line with its price.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PricedLine {
    /// Quantity × unit price.
    pub amount: Money,
    /// What promotions and people took off.
    pub discount: Money,
    /// What of the discount people took off.
    pub by_hand: Money,
    /// Amount − discount + levies; with or without tax as the cart's mode says.
    pub total: Money,
    /// The rate that the document shows.
    pub rate_ppm: RatePpm,
    /// This line's share of the document's tax.
    pub tax: Money,
    pub details: LineDetails,
}

impl PricedLine {
    fn left(&self) -> Money {
        self.amount - self.discount
    }

    fn take_off(&mut self, kind: StepKind, name: &str, rate: Option<RatePpm>, off: Money) {
        if off == Money::ZERO {
            return;
        }
        self.discount = self.discount + off;
        if kind != StepKind::Promotion {
            self.by_hand = self.by_hand + off;
        }
        self.details.steps.push(PriceStep {
            kind,
            name: name.to_owned(),
            rate_ppm: rate,
            amount_minor: -off,
        });
    }
}

/// A unit with a serial number is a line of its own, and sold once.
fn check_units(cart: &[CartLine]) -> Result<(), SaleError> {
    let mut units = BTreeSet::new();
    for (n, line) in (1_u32..).zip(cart) {
        let Some(serial) = &line.terms.serial else {
            continue;
        };
        if line.quantity_milli != Quantity::ONE {
            return Err(SaleError::SerialQuantity { n });
        }
        if !units.insert((line.product_id, serial)) {
            let serial = serial.clone();
            return Err(SaleError::SerialTwice { serial });
        }
    }
    Ok(())
}

/// Prices a cart.
pub fn price(
    cart: &[CartLine],
    mode: TaxMode,
    minor_digits: u8,
    terms: &SaleTerms,
) -> Result<PricedCart, SaleError> {
    if cart.len() > DOCUMENT_LINES_MAX {
        return Err(SaleError::TooManyLines);
    }
    check_units(cart)?;
    let mut lines = (1_u32..)
        .zip(cart)
        .map(|(n, line)| amount(n, line, minor_digits))
        .collect::<Result<Vec<PricedLine>, SaleError>>()?;
    promote(cart, &mut lines, minor_digits, terms)?;
    for (n, (line, priced)) in (1_u32..).zip(cart.iter().zip(&mut lines)) {
        discount_line(n, line, priced)?;
    }
    if let Some(discount) = terms.discount {
        discount_cart(&mut lines, discount)?;
    }
    for (line, priced) in cart.iter().zip(&mut lines) {
        levy(line, priced, minor_digits)?;
    }
    tax(cart, lines, mode, minor_digits, terms)
}

/// Steps 1 and 2.
fn amount(n: u32, line: &CartLine, minor_digits: u8) -> Result<PricedLine, SaleError> {
    if !line.quantity_milli.is_sellable() {
        return Err(SaleError::QuantityInvalid { n });
    }
    if line.unit_price_e4 < UnitPrice(0) {
        return Err(SaleError::PriceInvalid { n });
    }
    let amount = line_amount(line.quantity_milli, line.unit_price_e4, minor_digits)?;
    let mut priced = PricedLine {
        amount,
        rate_ppm: line.rate_ppm,
        ..PricedLine::default()
    };
    priced.details.seller_id = line.terms.seller_id;
    priced.details.serial.clone_from(&line.terms.serial);
    if let Some(instead) = &line.terms.instead_of {
        let before = line_amount(line.quantity_milli, instead.price_e4, minor_digits)?;
        priced.details.steps.push(PriceStep {
            kind: match instead.list {
                Some(_) => StepKind::PriceList,
                None => StepKind::Override,
            },
            name: instead.list.clone().unwrap_or_default(),
            rate_ppm: None,
            amount_minor: amount - before,
        });
    }
    Ok(priced)
}

/// Step 3.
fn promote(
    cart: &[CartLine],
    lines: &mut [PricedLine],
    minor_digits: u8,
    terms: &SaleTerms,
) -> Result<(), SaleError> {
    if terms.promotions.is_empty() {
        return Ok(());
    }
    let amounts: Vec<Money> = lines.iter().map(|line| line.amount).collect();
    let best = best(&terms.promotions, cart, &amounts, minor_digits)?;
    for (line, best) in lines.iter_mut().zip(best) {
        if let Some((promotion, off)) = best {
            line.take_off(StepKind::Promotion, &promotion.name, None, off);
        }
    }
    Ok(())
}

/// Step 4.
fn discount_line(n: u32, line: &CartLine, priced: &mut PricedLine) -> Result<(), SaleError> {
    let invalid = SaleError::DiscountInvalid { n };
    let left = priced.left();
    let (rate, off) = match line.terms.discount_ppm {
        Some(_) if line.discount_minor != Money::ZERO => return Err(invalid),
        Some(rate) if i64::from(rate.0) > WHOLE_PPM => return Err(invalid),
        Some(rate) => (Some(rate), share(left, rate.0.into(), WHOLE_PPM)?),
        None => (None, line.discount_minor),
    };
    if off < Money::ZERO || off > left {
        return Err(invalid);
    }
    priced.take_off(StepKind::LineDiscount, "", rate, off);
    Ok(())
}

/// Step 5.
fn discount_cart(lines: &mut [PricedLine], discount: Discount) -> Result<(), SaleError> {
    let left = Money::sum(lines.iter().map(PricedLine::left))?;
    let (rate, off) = match discount {
        Discount::Percent(rate) if i64::from(rate.0) > WHOLE_PPM => {
            return Err(SaleError::CartDiscountInvalid);
        }
        Discount::Percent(rate) => (Some(rate), share(left, rate.0.into(), WHOLE_PPM)?),
        Discount::Amount(amount) => (None, amount),
    };
    if off < Money::ZERO || off > left {
        return Err(SaleError::CartDiscountInvalid);
    }
    let weights: Vec<i64> = lines.iter().map(|line| line.left().minor()).collect();
    for (line, part) in lines.iter_mut().zip(allocate(off, &weights)) {
        line.take_off(StepKind::CartDiscount, "", rate, part);
    }
    Ok(())
}

/// Step 6.
fn levy(line: &CartLine, priced: &mut PricedLine, minor_digits: u8) -> Result<(), SaleError> {
    priced.total = priced.left();
    for levy in &line.terms.levies {
        let amount_minor = line_amount(line.quantity_milli, levy.amount_e4, minor_digits)?;
        if amount_minor < Money::ZERO {
            return Err(SaleError::Money(MoneyError::Negative));
        }
        priced.total = priced.total.checked_add(amount_minor)?;
        priced.details.levies.push(LineLevy {
            name: levy.name.clone(),
            amount_minor,
            is_taxed: levy.is_taxed,
        });
        priced.details.steps.push(PriceStep {
            kind: StepKind::Levy,
            name: levy.name.clone(),
            rate_ppm: None,
            amount_minor,
        });
    }
    Ok(())
}

/// Step 7.
fn tax(
    cart: &[CartLine],
    mut lines: Vec<PricedLine>,
    mode: TaxMode,
    minor_digits: u8,
    terms: &SaleTerms,
) -> Result<PricedCart, SaleError> {
    for (line, priced) in cart.iter().zip(&mut lines) {
        scheme(line, priced, minor_digits, &terms.exemption)?;
    }
    let taxed = lines.iter().map(|line| {
        let base = line.total - line.details.untaxed_minor();
        (base, line.rate_ppm)
    });
    let untaxed = lines.iter().map(|line| line.details.untaxed_minor());
    let untaxed = untaxed.filter(|amount| *amount != Money::ZERO);
    let parts: Vec<(Money, RatePpm)> = taxed
        .chain(untaxed.map(|amount| (amount, RatePpm(0))))
        .collect();
    let (taxes, shares) = breakdown(&parts, mode, terms.rounding)?;
    for (line, share) in lines.iter_mut().zip(shares) {
        line.tax = share;
    }
    let components = split_components(cart, &mut lines, &taxes);
    let total = Money::sum(taxes.iter().map(|tax| tax.gross_minor))?;
    let tax = Money::sum(taxes.iter().map(|tax| tax.tax_minor))?;
    Ok(PricedCart {
        lines,
        taxes,
        components,
        total,
        tax,
    })
}

/// What a line is taxed on: its rate, zero for a reason, or zero shown and the margin's beside it.
fn scheme(
    line: &CartLine,
    priced: &mut PricedLine,
    minor_digits: u8,
    exemption: &str,
) -> Result<(), SaleError> {
    match line.terms.scheme {
        TaxScheme::Margin => {
            let cost = line.terms.unit_cost_e4.unwrap_or_default();
            let cost_minor = line_amount(line.quantity_milli, cost, minor_digits)?;
            // A loss on one thing is not set against what another one earned.
            let margin = (priced.total - cost_minor).max(Money::ZERO);
            let tax = tax_of(margin, line.rate_ppm, TaxMode::Inclusive)?;
            priced.details.margin = Some(MarginTax {
                rate_ppm: line.rate_ppm,
                cost_minor,
                tax_minor: tax.tax_minor,
            });
            priced.rate_ppm = RatePpm(0);
        }
        TaxScheme::Exempt => {
            priced.details.exemption.clone_from(&line.terms.note);
            priced.rate_ppm = RatePpm(0);
        }
        TaxScheme::Standard if !exemption.is_empty() => {
            exemption.clone_into(&mut priced.details.exemption);
            priced.rate_ppm = RatePpm(0);
        }
        TaxScheme::Standard => {}
    }
    Ok(())
}

/// Splits the tax of each rate over the taxes that make it up, then line by line from what is left
/// of each, so that both the lines and the components add up.
fn split_components(
    cart: &[CartLine],
    lines: &mut [PricedLine],
    taxes: &[TaxTotal],
) -> Vec<ComponentTotal> {
    let mut all = Vec::new();
    for total in taxes {
        let of_rate = |line: &PricedLine| line.rate_ppm == total.rate_ppm;
        let mut pairs = cart.iter().zip(lines.iter());
        let first = pairs.find(|(line, priced)| {
            of_rate(priced) && line.rate_ppm == priced.rate_ppm && !line.terms.components.is_empty()
        });
        let Some((made_of, _)) = first else {
            continue;
        };
        let components = made_of.terms.components.clone();
        let rates: Vec<i64> = components
            .iter()
            .map(|part| part.rate_ppm.0.into())
            .collect();
        let mut left = allocate(total.tax_minor, &rates);
        all.extend(
            components
                .iter()
                .zip(&left)
                .map(|(part, tax)| ComponentTotal {
                    of_rate_ppm: total.rate_ppm,
                    code: part.code.clone(),
                    name: part.name.clone(),
                    rate_ppm: part.rate_ppm,
                    tax_minor: *tax,
                }),
        );
        for line in lines.iter_mut().filter(|line| of_rate(line)) {
            let weights: Vec<i64> = left.iter().map(|part| part.minor()).collect();
            let parts = allocate(line.tax, &weights);
            let mut by_code = BTreeMap::new();
            for ((component, left), part) in components.iter().zip(&mut left).zip(parts) {
                *left = *left - part;
                by_code.insert(component.code.clone(), part);
            }
            line.details.components = by_code;
        }
    }
    all
}

/// What a sale needs beyond the permission to sell, where `limit` is how much of a line's amount the
/// person may take off.
#[must_use]
pub fn needs(cart: &[CartLine], priced: &PricedCart, limit: RatePpm) -> Vec<Permission> {
    let exceeds = |line: &PricedLine| {
        let base = i128::from((line.left() + line.by_hand).minor());
        // One minor unit over is the rounding of a percentage, not a larger one.
        let over = i128::from(line.by_hand.minor() - 1) * i128::from(WHOLE_PPM);
        over >= base * i128::from(limit.0)
    };
    let mut needs = Vec::new();
    if cart.iter().any(CartLine::is_overridden) {
        needs.push(Permission::OverridePrice);
    }
    let discounted = priced
        .lines
        .iter()
        .filter(|line| line.by_hand > Money::ZERO);
    if discounted.into_iter().any(exceeds) {
        needs.push(Permission::ExceedDiscount);
    }
    needs
}

impl PricedCart {
    /// What people gave away: discounts by hand, and prices by hand below what they would have been.
    #[must_use]
    pub fn given_by_hand(&self) -> Money {
        let lines = self.lines.iter();
        lines.fold(Money::ZERO, |sum, line| {
            let mut steps = line.details.steps.iter();
            let price = steps.find(|step| step.kind == StepKind::Override);
            let lowered = price.map_or(Money::ZERO, |step| -step.amount_minor);
            sum + line.by_hand + lowered.max(Money::ZERO)
        })
    }

    /// What the document says beside its amounts.
    #[must_use]
    pub fn details(&self, terms: &SaleTerms) -> DocumentDetails {
        DocumentDetails {
            approvals: terms.approvals.clone(),
            components: self.components.clone(),
            advances: Vec::new(),
            coupons: terms.coupons.clone(),
            card_payments: Vec::new(),
            balances: Vec::new(),
            quote: None,
            exchange: None,
            invoice: None,
        }
    }
}

#[cfg(test)]
mod tests;
