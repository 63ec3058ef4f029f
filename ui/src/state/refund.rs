//! A return being put together from a receipt. What it gives back comes from
//! `domain::sale::complete_refund` alone.

use std::rc::Rc;

use domain::{
    contract::ipc::DocumentView,
    money::Money,
    quantity::Quantity,
    replication::body::DocumentBody,
    sale::{
        CashRounding, Payment, Payout, RefundLine, RefundRequest, SaleContext, SaleError,
        SaleTerms, SetOff, Tender, TenderCode, complete_refund, spread,
    },
    stock::Location,
};
use yew::Reducible;

#[derive(Debug, Clone, PartialEq)]
pub struct Refund {
    pub receipt: Rc<DocumentView>,
    /// Chosen units, in the receipt's line order.
    pub chosen: Vec<Quantity>,
    pub location: Location,
    pub tender: TenderCode,
    pub reason: String,
    /// What may still go back by tenders that give back, before cash is rounded.
    left: Vec<(TenderCode, Money)>,
    rounding: Option<CashRounding>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundAction {
    /// Chooses so much of the line at that place, at most what is left of it.
    Choose(usize, Quantity),
    ChooseAll,
    Location(Location),
    Tender(TenderCode),
    Reason(String),
}

impl Refund {
    /// Nothing chosen yet; the money goes back the way most of it came.
    #[must_use]
    pub fn new(
        receipt: Rc<DocumentView>,
        tenders: &[Tender],
        rounding: Option<CashRounding>,
    ) -> Self {
        let gives_back = |code: TenderCode| {
            let mut tenders = tenders.iter();
            tenders.any(|tender| tender.code == code && tender.is_refundable)
        };
        let left: Vec<(TenderCode, Money)> = (receipt.balances.iter())
            .filter(|balance| gives_back(balance.tender))
            .map(|balance| (balance.tender, balance.left()))
            .collect();
        let most = left.iter().max_by_key(|(_, amount)| *amount);
        let tender = most.map_or(TenderCode::CASH, |(tender, _)| *tender);
        Self {
            chosen: vec![Quantity::ZERO; receipt.document.lines.len()],
            location: Location::ShopFloor,
            tender,
            reason: String::new(),
            left,
            rounding,
            receipt,
        }
    }

    /// Whether something is left of what the tender took.
    #[must_use]
    pub fn took(&self, tender: TenderCode) -> bool {
        let mut left = self.left.iter();
        left.any(|(code, amount)| *code == tender && *amount > Money::ZERO)
    }

    /// What known refunds leave of the line at that place.
    #[must_use]
    pub fn left_of_line(&self, place: usize) -> Quantity {
        let Some(line) = self.receipt.document.lines.get(place) else {
            return Quantity::ZERO;
        };
        let back: Quantity = self
            .receipt
            .refunded
            .iter()
            .filter(|(n, _)| *n == line.n)
            .map(|(_, quantity)| *quantity)
            .sum();
        (line.quantity_milli - back).max(Quantity::ZERO)
    }

    /// Whether everything came back already.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        (0..self.chosen.len()).all(|place| self.left_of_line(place) == Quantity::ZERO)
    }

    /// The lines as the till is asked to take them back.
    #[must_use]
    pub fn lines(&self) -> Vec<RefundLine> {
        let lines = self.receipt.document.lines.iter().zip(&self.chosen);
        lines
            .filter(|(_, quantity)| **quantity > Quantity::ZERO)
            .map(|(line, quantity)| RefundLine {
                n: line.n,
                quantity_milli: *quantity,
                location: self.location,
            })
            .collect()
    }

    /// What changes hands by which tender, cash as coins can pay it.
    pub fn payments(&self) -> Result<Vec<Payment>, SaleError> {
        if self.lines().is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.decide(&self.payouts()?)?.payments)
    }

    /// All of it.
    pub fn total(&self) -> Result<Money, SaleError> {
        let payments = self.payments()?;
        Ok(Money::sum(payments.iter().map(|one| one.amount_minor))?)
    }

    /// How much goes back by which tender: the chosen one first, within what each took.
    pub fn payouts(&self) -> Result<Vec<Payout>, SaleError> {
        let total = self.decide(&[])?.total_minor;
        Ok(spread(total, &self.left, self.tender))
    }

    /// What the chosen goods are worth, before it is known how their money goes.
    pub fn worth(&self) -> Result<Money, SaleError> {
        if self.lines().is_empty() {
            return Ok(Money::ZERO);
        }
        Ok(self.decide(&[])?.total_minor)
    }

    /// How what an exchange leaves of the goods' worth goes back.
    #[must_use]
    pub fn rest(&self, set_off: &SetOff) -> Vec<Payout> {
        if set_off.back == Money::ZERO {
            return Vec::new();
        }
        spread(set_off.back, &self.left, self.tender)
    }

    /// The money that an exchange gives back, cash as coins can pay it.
    pub fn money_back(&self, set_off: &SetOff) -> Result<Money, SaleError> {
        let payouts = set_off.payouts(self.tender, &self.rest(set_off));
        let payments = self.decide(&payouts)?.payments;
        let money = payments
            .iter()
            .filter(|one| one.tender != TenderCode::EXCHANGE);
        Ok(Money::sum(money.map(|one| one.amount_minor))?)
    }

    fn decide(&self, payouts: &[Payout]) -> Result<DocumentBody, SaleError> {
        let document = &self.receipt.document;
        let context = SaleContext {
            number: String::new(),
            series: String::new(),
            count: 0,
            business_date: String::new(),
            utc_offset_min: 0,
            currency: document.currency.clone(),
            tax_mode: document.tax_mode,
            terms: SaleTerms::default(),
            cash_rounding: self.rounding,
            shift_id: None,
        };
        let request = RefundRequest::OfReceipt {
            original: document,
            refunded: &self.receipt.refunded,
            lines: &self.lines(),
            balances: &self.receipt.balances,
            any_tender: true,
            customer_id: None,
        };
        complete_refund(context, &request, self.tender, payouts, "")
    }
}

impl Reducible for Refund {
    type Action = RefundAction;

    fn reduce(self: Rc<Self>, action: RefundAction) -> Rc<Self> {
        let mut refund = (*self).clone();
        match action {
            RefundAction::Choose(place, quantity) => {
                let left = self.left_of_line(place);
                if let Some(chosen) = refund.chosen.get_mut(place) {
                    *chosen = quantity.clamp(Quantity::ZERO, left);
                }
            }
            RefundAction::ChooseAll => {
                refund.chosen = (0..self.chosen.len())
                    .map(|place| self.left_of_line(place))
                    .collect();
            }
            RefundAction::Location(location) => refund.location = location,
            RefundAction::Tender(tender) => refund.tender = tender,
            RefundAction::Reason(reason) => refund.reason = reason,
        }
        Rc::new(refund)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use domain::{
        id::{DeviceId, OpId, ProductId, StoreId, uuid_v7},
        money::{Currency, UnitPrice},
        sale::{
            CashRoundingMode, Document, DocumentDetails, DocumentKind, DocumentLine, LineDetails,
            Payment, TenderBalance, default_tenders,
        },
        tax::{RatePpm, TaxMode},
    };

    fn receipt(refunded: Vec<(u32, Quantity)>) -> Rc<DocumentView> {
        let line = |n: u32, units: i64, total: i64| DocumentLine {
            n,
            product_id: ProductId(uuid_v7(1, [1; 10])),
            sku: "A".to_owned(),
            name: "A".to_owned(),
            quantity_milli: Quantity::units(units),
            unit_price_e4: UnitPrice(total * 100 / units),
            discount_minor: Money::ZERO,
            total_minor: Money(total),
            tax_class: "standard".to_owned(),
            rate_ppm: RatePpm(0),
            tax_minor: Money::ZERO,
            location: Some(Location::ShopFloor),
            original_n: None,
            details: LineDetails::default(),
        };
        let payment = Payment {
            n: 1,
            tender: TenderCode::CARD,
            amount_minor: Money(1_500),
            tendered_minor: Money(1_500),
            change_minor: Money::ZERO,
            reference: String::new(),
        };
        Rc::new(DocumentView {
            document: Document {
                document_id: OpId(uuid_v7(1, [2; 10])),
                kind: DocumentKind::Receipt,
                number: "S1T1A000001".to_owned(),
                series: "A".to_owned(),
                count: 1,
                store_id: StoreId(uuid_v7(1, [3; 10])),
                device_id: DeviceId(uuid_v7(1, [4; 10])),
                staff_id: None,
                customer_id: None,
                original_id: None,
                business_date: "2026-11-21".to_owned(),
                utc_offset_min: 0,
                wall_ms: 0,
                currency: Currency {
                    code: "USD".to_owned(),
                    minor_digits: 2,
                },
                tax_mode: TaxMode::Inclusive,
                total_minor: Money(1_500),
                tax_minor: Money::ZERO,
                rounding_minor: Money::ZERO,
                reason: String::new(),
                shift_id: None,
                lines: vec![line(1, 3, 1_000), line(2, 1, 500)],
                taxes: Vec::new(),
                payments: vec![payment],
                details: DocumentDetails::default(),
            },
            store: None,
            till_number: None,
            staff_name: String::new(),
            customer_name: String::new(),
            original_number: None,
            refunded,
            balances: vec![TenderBalance {
                taken_minor: Money(1_500),
                ..TenderBalance::new(TenderCode::CARD)
            }],
            is_pending: false,
            proof: None,
            customer_phone: String::new(),
            customer_email: String::new(),
            quote: None,
            invoice: None,
            invoices: Vec::new(),
        })
    }

    fn start(receipt: Rc<DocumentView>) -> Refund {
        Refund::new(receipt, &default_tenders(), None)
    }

    #[test]
    fn no_more_can_be_chosen_than_is_left() {
        let refund = Rc::new(start(receipt(vec![(1, Quantity::units(2))])));
        let refund = refund.reduce(RefundAction::Choose(0, Quantity::units(9)));
        assert_eq!(refund.chosen[0], Quantity::ONE);
        assert_eq!(refund.total().unwrap(), Money(333));
        assert!(!refund.is_spent());
    }

    #[test]
    fn everything_gives_back_what_was_paid_by_the_tender_it_came_with() {
        let refund = Rc::new(start(receipt(Vec::new())));
        assert_eq!(refund.total().unwrap(), Money::ZERO);
        let refund = refund.reduce(RefundAction::ChooseAll);
        assert_eq!(refund.total().unwrap(), Money(1_500));
        assert_eq!(refund.tender, TenderCode::CARD);
        assert_eq!(refund.lines().len(), 2);
    }

    #[test]
    fn a_receipt_that_came_back_whole_is_spent() {
        let all = vec![(1, Quantity::units(3)), (2, Quantity::ONE)];
        assert!(start(receipt(all)).is_spent());
    }

    #[test]
    fn cash_that_goes_back_is_shown_as_coins_can_pay_it() {
        let rounding = CashRounding {
            step_minor: Money(5),
            mode: CashRoundingMode::Nearest,
        };
        let refund = Refund::new(receipt(Vec::new()), &default_tenders(), Some(rounding));
        let refund = Rc::new(refund).reduce(RefundAction::Choose(0, Quantity::ONE));
        assert_eq!(refund.total().unwrap(), Money(333));
        let refund = refund.reduce(RefundAction::Tender(TenderCode::CASH));
        assert_eq!(refund.total().unwrap(), Money(335));
        assert!(refund.took(TenderCode::CARD) && !refund.took(TenderCode::CASH));
    }

    #[test]
    fn what_a_tender_took_that_gives_nothing_back_goes_by_the_chosen_one() {
        let mut tenders = default_tenders();
        for tender in &mut tenders {
            tender.is_refundable = tender.code == TenderCode::CASH;
        }
        let refund = Rc::new(Refund::new(receipt(Vec::new()), &tenders, None));
        let refund = refund.reduce(RefundAction::ChooseAll);
        let payouts = refund.payouts().unwrap();
        let all = Payout {
            tender: TenderCode::CASH,
            amount_minor: Money(1_500),
        };
        assert_eq!(payouts, [all]);
    }
}
