//! What a document says beyond its amounts: how each line came to its price, whose sale it was, which
//! taxes the rate is made of, and who approved what. Everything here is absent from a plain sale.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    balance::BalanceUse,
    id::{CardPaymentId, OpId, StaffId},
    money::Money,
    sale::{ExchangedWith, invoice::OfInvoice},
    staff::Permission,
    tax::{RatePpm, TaxTotal},
};

/// One line's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LineDetails {
    /// Who sold it, when it was not who completed the sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller_id: Option<StaffId>,
    /// Which unit it is, of a product whose units have serial numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// What moved the line's amount away from quantity × catalogue price, in the order of pricing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<PriceStep>,
    /// Fixed charges within the line's total.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levies: Vec<LineLevy>,
    /// By the component's code: its part of the line's tax, when the rate has several.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub components: BTreeMap<String, Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<MarginTax>,
    /// Why no tax was taken.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub exemption: String,
}

/// A step of pricing that changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceStep {
    pub kind: StepKind,
    /// Of the price list or promotion.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The percentage that was given, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_ppm: Option<RatePpm>,
    /// What it did to the line's amount: negative for cheaper.
    pub amount_minor: Money,
}

/// Which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    PriceList,
    Override,
    Promotion,
    LineDiscount,
    CartDiscount,
    Levy,
}

/// A fixed charge on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineLevy {
    pub name: String,
    pub amount_minor: Money,
    /// Whether the line's tax is taken on it too.
    pub is_taxed: bool,
}

/// Tax on what the shop earned, shown to nobody but the owner and the tax office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarginTax {
    pub rate_ppm: RatePpm,
    /// What the goods had cost.
    pub cost_minor: Money,
    /// Within the price.
    pub tax_minor: Money,
}

/// The document's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DocumentDetails {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<ApprovedBy>,
    /// Of rates that several taxes make up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<ComponentTotal>,
    /// Deposits whose tax was counted when they were received.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advances: Vec<AdvanceTaken>,
    /// Codes that made a promotion count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<String>,
    /// Payments that a terminal took: each uses its charge up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub card_payments: Vec<CardPaymentUse>,
    /// Payments that move a balance: of a gift card, a store credit or an account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub balances: Vec<BalanceUse>,
    /// The quote that it was sold by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<QuoteTaken>,
    /// The other document of the exchange that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangedWith>,
    /// The invoice of the receipt that a credit note gives back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<OfInvoice>,
}

/// The charge at a terminal that a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPaymentUse {
    /// The document's payment.
    pub n: u32,
    pub card_payment_id: CardPaymentId,
}

/// A quote that became a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteTaken {
    pub quote_id: OpId,
    pub number: String,
}

/// Somebody with the permission let somebody without it do this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedBy {
    pub permission: Permission,
    pub staff_id: StaffId,
}

/// One tax of several that make a rate up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentTotal {
    /// The whole rate, which names the row of the breakdown.
    pub of_rate_ppm: RatePpm,
    pub code: String,
    pub name: String,
    pub rate_ppm: RatePpm,
    pub tax_minor: Money,
}

/// An advance that a sale takes into account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvanceTaken {
    pub document_id: OpId,
    pub number: String,
    pub taxes: Vec<TaxTotal>,
}

impl LineDetails {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As it is stored: none for a plain line.
    #[must_use]
    pub fn stored(&self) -> Option<&Self> {
        (!self.is_empty()).then_some(self)
    }

    /// What of the line's total carries no tax whatever its rate.
    #[must_use]
    pub fn untaxed_minor(&self) -> Money {
        let untaxed = self.levies.iter().filter(|levy| !levy.is_taxed);
        untaxed.fold(Money::ZERO, |sum, levy| sum + levy.amount_minor)
    }

    /// Every amount mapped, as a refund takes its part of each.
    pub(crate) fn part<E>(
        &self,
        part: impl Fn(Money) -> Result<Money, E>,
    ) -> Result<LineDetails, E> {
        let mut of = self.clone();
        for step in &mut of.steps {
            step.amount_minor = part(step.amount_minor)?;
        }
        for levy in &mut of.levies {
            levy.amount_minor = part(levy.amount_minor)?;
        }
        for amount in of.components.values_mut() {
            *amount = part(*amount)?;
        }
        if let Some(margin) = &mut of.margin {
            margin.cost_minor = part(margin.cost_minor)?;
            margin.tax_minor = part(margin.tax_minor)?;
        }
        Ok(of)
    }

    /// Every amount, for whoever bounds them.
    pub(crate) fn amounts(&self) -> impl Iterator<Item = Money> + '_ {
        let steps = self.steps.iter().map(|step| step.amount_minor);
        let levies = self.levies.iter().map(|levy| levy.amount_minor);
        let margin = self.margin.iter();
        let margin = margin.flat_map(|margin| [margin.cost_minor, margin.tax_minor]);
        let components = self.components.values().copied();
        steps.chain(levies).chain(components).chain(margin)
    }
}

impl DocumentDetails {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As it is stored: none for a plain document.
    #[must_use]
    pub fn stored(&self) -> Option<&Self> {
        (!self.is_empty()).then_some(self)
    }

    /// Every amount, for whoever bounds them.
    pub(crate) fn amounts(&self) -> impl Iterator<Item = Money> + '_ {
        let components = self.components.iter().map(|part| part.tax_minor);
        let taxes = self.advances.iter().flat_map(|advance| &advance.taxes);
        let left = self.balances.iter().map(|used| used.left_minor);
        let components = components.chain(left);
        components.chain(taxes.flat_map(|tax| [tax.net_minor, tax.tax_minor, tax.gross_minor]))
    }
}
