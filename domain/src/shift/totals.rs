//! What the documents of a shift add up to. A till keeps the sums beside its documents, so that a
//! report costs the same after ten sales and after ten thousand.

use serde::{Deserialize, Serialize};

use crate::{
    money::Money,
    sale::{Document, DocumentKind, TenderCode},
    tax::RatePpm,
};

/// Sums over documents. Refunds are taken off taxes, and stand beside sales elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShiftTotals {
    pub sales: u64,
    pub sales_minor: Money,
    pub refunds: u64,
    pub refunds_minor: Money,
    /// Given on lines of sales.
    pub discount_minor: Money,
    /// What rounding cash to the coins in use added; less than zero where it took off.
    #[serde(default)]
    pub rounding_minor: Money,
    /// By rate, rising.
    pub taxes: Vec<ShiftTax>,
    /// By code.
    pub tenders: Vec<ShiftTender>,
    /// By series and kind.
    pub numbers: Vec<ShiftNumbers>,
}

/// Sales less refunds at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftTax {
    pub rate_ppm: RatePpm,
    pub net_minor: Money,
    pub tax_minor: Money,
    pub gross_minor: Money,
}

/// What one tender took and gave back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftTender {
    pub tender: TenderCode,
    pub taken_minor: Money,
    pub given_minor: Money,
    pub payments: u64,
}

/// First and last number of one series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftNumbers {
    pub series: String,
    pub kind: DocumentKind,
    pub first: String,
    pub last: String,
    pub documents: u64,
}

impl ShiftTotals {
    /// Takes one more document in, in the order in which the till made them.
    pub fn add(&mut self, document: &Document) {
        let is_sale = document.kind == DocumentKind::Receipt;
        if is_sale {
            self.sales += 1;
            self.sales_minor = self.sales_minor + document.total_minor;
            self.rounding_minor = self.rounding_minor + document.rounding_minor;
            for line in &document.lines {
                self.discount_minor = self.discount_minor + line.discount_minor;
            }
        } else {
            self.refunds += 1;
            self.refunds_minor = self.refunds_minor + document.total_minor;
            self.rounding_minor = self.rounding_minor - document.rounding_minor;
        }
        let signed = |amount: Money| if is_sale { amount } else { -amount };
        for tax in &document.taxes {
            let at = place_of(
                &mut self.taxes,
                |one| one.rate_ppm.0.cmp(&tax.rate_ppm.0),
                || ShiftTax {
                    rate_ppm: tax.rate_ppm,
                    net_minor: Money::ZERO,
                    tax_minor: Money::ZERO,
                    gross_minor: Money::ZERO,
                },
            );
            let sum = &mut self.taxes[at];
            sum.net_minor = sum.net_minor + signed(tax.net_minor);
            sum.tax_minor = sum.tax_minor + signed(tax.tax_minor);
            sum.gross_minor = sum.gross_minor + signed(tax.gross_minor);
        }
        for payment in &document.payments {
            let at = place_of(
                &mut self.tenders,
                |one| one.tender.cmp(&payment.tender),
                || ShiftTender {
                    tender: payment.tender,
                    taken_minor: Money::ZERO,
                    given_minor: Money::ZERO,
                    payments: 0,
                },
            );
            let sum = &mut self.tenders[at];
            sum.payments += 1;
            if is_sale && payment.amount_minor < Money::ZERO {
                // Paid into a balance by the other tenders.
                sum.given_minor = sum.given_minor - payment.amount_minor;
            } else if is_sale {
                sum.taken_minor = sum.taken_minor + payment.amount_minor;
            } else {
                sum.given_minor = sum.given_minor + payment.amount_minor;
            }
        }
        let key = (&document.series, document.kind);
        let at = place_of(
            &mut self.numbers,
            |one| (&one.series, one.kind).cmp(&key),
            || ShiftNumbers {
                series: document.series.clone(),
                kind: document.kind,
                first: document.number.clone(),
                last: document.number.clone(),
                documents: 0,
            },
        );
        let sum = &mut self.numbers[at];
        sum.documents += 1;
        sum.last.clone_from(&document.number);
    }

    /// What a tender took less what it gave back.
    #[must_use]
    pub fn net_of(&self, tender: TenderCode) -> Money {
        let found = self.tenders.iter().find(|one| one.tender == tender);
        found.map_or(Money::ZERO, |one| one.taken_minor - one.given_minor)
    }

    /// Sales less refunds.
    #[must_use]
    pub fn net(&self) -> Money {
        self.sales_minor - self.refunds_minor
    }

    /// How many documents there are.
    #[must_use]
    pub const fn documents(&self) -> u64 {
        self.sales + self.refunds
    }
}

/// Where in a sorted list something is, put there if it is not.
fn place_of<T>(
    list: &mut Vec<T>,
    against: impl Fn(&T) -> std::cmp::Ordering,
    new: impl FnOnce() -> T,
) -> usize {
    match list.binary_search_by(against) {
        Ok(at) => at,
        Err(at) => {
            list.insert(at, new());
            at
        }
    }
}
