//! The cart: lines as the cashier made them, with one step of undo. What it costs comes from
//! `domain::sale::pricing` alone.

use std::rc::Rc;

use domain::{
    catalog::{Product, TaxClass},
    contract::ipc::{AskedTerms, Place, QuotedCart, ResumedCart, ResumedLine, SaleLine},
    country::tax_rounding,
    customer::Customer,
    id::{CustomerId, DraftId, OpId, ProductId, StaffId},
    money::{Money, UnitPrice},
    quantity::Quantity,
    sale::{
        CartLine, Discount, PricedCart, SaleError, SaleTerms, SetOff, TenderCode, TenderedPayment,
        Wish, price, set_off,
    },
    tax::RatePpm,
};
use yew::Reducible;

use super::refund::Refund;

/// One line. Its key stays the same for as long as the line is in the cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub key: u32,
    pub product: Product,
    pub quantity_milli: Quantity,
    /// Given by hand.
    pub unit_price_e4: Option<UnitPrice>,
    /// Off the line, by hand.
    pub discount: Option<Discount>,
    /// Who sold it, when it was not who completes the sale.
    pub seller_id: Option<StaffId>,
    /// Which unit it is, of a product with serial numbers; then the line is that one unit.
    pub serial: Option<String>,
}

impl Line {
    fn resumed(key: u32, line: ResumedLine) -> Self {
        let asked = line.asked;
        let amount = Some(asked.discount_minor).filter(|amount| *amount != Money::ZERO);
        let discount = (asked.discount_ppm.map(Discount::Percent)).or(amount.map(Discount::Amount));
        Self {
            key,
            product: line.product,
            quantity_milli: asked.quantity_milli,
            unit_price_e4: asked.unit_price_e4,
            discount,
            seller_id: asked.seller_id,
            serial: asked.serial,
        }
    }

    fn quoted(key: u32, line: &CartLine, product: Product) -> Self {
        let discount = Some(line.discount_minor).filter(|amount| *amount != Money::ZERO);
        Self {
            key,
            product: Product {
                name: line.name.clone(),
                sku: line.sku.clone(),
                ..product
            },
            quantity_milli: line.quantity_milli,
            unit_price_e4: Some(line.unit_price_e4),
            discount: discount.map(Discount::Amount),
            seller_id: line.terms.seller_id,
            serial: line.terms.serial.clone(),
        }
    }

    fn is_plain(&self) -> bool {
        let is_unit = self.serial.is_some();
        self.unit_price_e4.is_none()
            && self.discount.is_none()
            && self.seller_id.is_none()
            && !is_unit
    }

    /// What a unit is sold at.
    #[must_use]
    pub fn price_e4(&self) -> UnitPrice {
        self.unit_price_e4.unwrap_or(self.product.price_e4)
    }

    /// Whether the line has another price than the catalogue's.
    #[must_use]
    pub fn is_overridden(&self) -> bool {
        self.price_e4() != self.product.price_e4
    }

    fn amounts(&self) -> (Money, Option<RatePpm>) {
        match self.discount {
            Some(Discount::Amount(amount)) => (amount, None),
            Some(Discount::Percent(rate)) => (Money::ZERO, Some(rate)),
            None => (Money::ZERO, None),
        }
    }

    fn priced_by(&self, place: &Place) -> Result<CartLine, SaleError> {
        let (discount_minor, discount_ppm) = self.amounts();
        let wish = Wish {
            quantity_milli: self.quantity_milli,
            unit_price_e4: self.unit_price_e4,
            discount_minor,
            discount_ppm,
            seller_id: self.seller_id,
            serial: self.serial.as_deref(),
            list: None,
        };
        let mut classes = place.tax_classes.iter();
        let class = classes.find(|class| class.code == self.product.tax_class);
        // The till refuses a class that it does not know; until it does, none is shown.
        let none = TaxClass::without_tax(&self.product.tax_class);
        let minor_digits = place.organization.currency.minor_digits;
        CartLine::of(&self.product, class.unwrap_or(&none), wish, minor_digits)
    }
}

/// What can be brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    Line { place: usize, line: Box<Line> },
    All(Vec<Line>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cart {
    pub draft_id: DraftId,
    pub lines: Vec<Line>,
    /// Key of the line that keys act on.
    pub selected: Option<u32>,
    pub removed: Option<Removed>,
    pub customer: Option<Customer>,
    /// What holds for all lines.
    pub terms: AskedTerms,
    /// The quote that is sold: nothing of its lines can be changed.
    pub quote: Option<Quoted>,
    /// What the customer pays into balances beside the goods: less than zero.
    pub paid_in: Vec<TenderedPayment>,
    /// Goods of a receipt that come back and pay for these.
    pub exchange: Option<Rc<Refund>>,
    next_key: u32,
}

/// A quote as it is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    pub quote_id: OpId,
    pub number: String,
    /// At the quoted prices, under the taxes and levies of today.
    lines: Vec<CartLine>,
}

#[derive(Debug, Clone)]
pub enum CartAction {
    Add {
        product: Product,
        quantity: Quantity,
    },
    /// A unit by its serial number, as a line of its own.
    AddUnit {
        product: Product,
        serial: String,
    },
    SetQuantity(u32, Quantity),
    /// A price by hand; none is the catalogue's again.
    SetPrice(u32, Option<UnitPrice>),
    SetDiscount(u32, Option<Discount>),
    SetSeller(u32, Option<StaffId>),
    SetTerms(AskedTerms),
    Remove(u32),
    Clear(DraftId),
    Undo,
    Select(Option<u32>),
    /// Selects the next (1) or previous (-1) line.
    Step(i32),
    SetCustomer(Option<Customer>),
    /// So much is paid into a balance too; again into the same one is instead of before.
    PayIn(TenderedPayment),
    NotPayIn(usize),
    /// Goods come back for these, or stay with the customer after all.
    Exchange(Option<Rc<Refund>>),
    /// A product as the catalogue now has it.
    Refresh(Product),
    /// A parked cart taken up, as a new entry.
    Resume(DraftId, Box<ResumedCart>),
    /// A quote to be sold, as a new entry.
    SellQuote(DraftId, Box<QuotedCart>),
    /// The sale is recorded, or the cart is parked: an empty cart with a new draft.
    Finish(DraftId),
    /// Goes on as the entry of that name, whose card payment stands already.
    Adopt(DraftId),
    /// This person leaves the till, and the cart stays: what is in it was sold by them.
    Leave(StaffId),
    /// This person goes on with it.
    Arrive(StaffId),
}

impl CartAction {
    /// Whether it touches what is sold, or what it costs.
    const fn changes_lines(&self) -> bool {
        match self {
            Self::Add { .. }
            | Self::AddUnit { .. }
            | Self::SetQuantity(..)
            | Self::SetPrice(..)
            | Self::SetDiscount(..)
            | Self::SetSeller(..)
            | Self::SetTerms(_)
            | Self::Remove(_)
            | Self::Undo
            | Self::Refresh(_)
            | Self::Leave(_)
            | Self::Arrive(_) => true,
            Self::Clear(_)
            | Self::Select(_)
            | Self::Step(_)
            | Self::SetCustomer(_)
            | Self::PayIn(_)
            | Self::NotPayIn(_)
            | Self::Exchange(_)
            | Self::Resume(..)
            | Self::SellQuote(..)
            | Self::Finish(_)
            | Self::Adopt(_) => false,
        }
    }
}

impl Cart {
    /// An empty cart.
    #[must_use]
    pub fn new(draft_id: DraftId) -> Self {
        Self {
            draft_id,
            lines: Vec::new(),
            selected: None,
            removed: None,
            customer: None,
            terms: AskedTerms::default(),
            quote: None,
            paid_in: Vec::new(),
            exchange: None,
            next_key: 1,
        }
    }

    fn resumed(draft_id: DraftId, resumed: ResumedCart) -> Self {
        let lines: Vec<Line> = (1_u32..)
            .zip(resumed.lines)
            .map(|(key, line)| Line::resumed(key, line))
            .collect();
        Self {
            selected: lines.last().map(|line| line.key),
            next_key: lines.last().map_or(1, |line| line.key + 1),
            lines,
            customer: resumed.customer,
            terms: resumed.terms,
            ..Self::new(draft_id)
        }
    }

    fn quoted(draft_id: DraftId, quoted: QuotedCart) -> Self {
        let lines: Vec<Line> = (1_u32..)
            .zip(&quoted.lines)
            .map(|(key, one)| Line::quoted(key, &one.line, one.product.clone()))
            .collect();
        Self {
            selected: lines.first().map(|line| line.key),
            next_key: lines.last().map_or(1, |line| line.key + 1),
            lines,
            customer: quoted.customer,
            quote: Some(Quoted {
                quote_id: quoted.quote_id,
                number: quoted.number,
                lines: quoted.lines.into_iter().map(|one| one.line).collect(),
            }),
            ..Self::new(draft_id)
        }
    }

    /// What comes back set off against what is sold; none where nothing comes back.
    pub fn set_off(&self, sold: Money) -> Result<Option<SetOff>, SaleError> {
        let Some(refund) = &self.exchange else {
            return Ok(None);
        };
        Ok(Some(set_off(refund.worth()?, sold)))
    }

    /// Whether there is nothing to pay for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.paid_in.is_empty()
    }

    /// Whose sale it is.
    #[must_use]
    pub fn customer_id(&self) -> Option<CustomerId> {
        self.customer.as_ref().map(|customer| customer.customer_id)
    }

    /// All that is paid into balances.
    #[must_use]
    pub fn paid_in_total(&self) -> Money {
        let amounts = self.paid_in.iter().map(|payment| payment.tendered_minor);
        -amounts.fold(Money::ZERO, |sum, amount| sum + amount)
    }

    fn pay_in(&mut self, payment: TenderedPayment) {
        let is_same = |one: &TenderedPayment| {
            (one.tender, &one.reference) == (payment.tender, &payment.reference)
        };
        self.paid_in.retain(|one| !is_same(one));
        self.paid_in.push(TenderedPayment {
            tendered_minor: -payment.tendered_minor,
            ..payment
        });
    }

    /// Whether another cart has to wait until this one is put aside; a quote stays where it was
    /// found.
    #[must_use]
    pub fn needs_parking(&self) -> bool {
        !self.lines.is_empty() && self.quote.is_none()
    }

    /// The cart as it is priced on a business day, `YYYY-MM-DD`.
    pub fn priced(
        &self,
        place: &Place,
        day: &str,
    ) -> Result<(Vec<CartLine>, PricedCart), SaleError> {
        let organization = &place.organization;
        let rounding = tax_rounding(&organization.country);
        let (lines, terms) = match &self.quote {
            Some(quote) => (
                quote.lines.clone(),
                SaleTerms {
                    rounding,
                    ..SaleTerms::default()
                },
            ),
            None => {
                let lines = self.lines.iter().map(|line| line.priced_by(place));
                let lines = lines.collect::<Result<Vec<CartLine>, SaleError>>()?;
                let (discount, coupons) = (self.terms.discount, &self.terms.coupons);
                let terms = SaleTerms::on(day, rounding, &place.promotions, discount, coupons);
                (lines, terms)
            }
        };
        let minor_digits = organization.currency.minor_digits;
        let priced = price(&lines, organization.tax_mode, minor_digits, &terms)?;
        Ok((lines, priced))
    }

    /// Whether anything holds for all lines.
    #[must_use]
    pub fn has_terms(&self) -> bool {
        self.terms != AskedTerms::default()
    }

    /// The line of that key.
    #[must_use]
    pub fn line(&self, key: u32) -> Option<&Line> {
        self.lines.iter().find(|line| line.key == key)
    }

    /// The line that keys act on.
    #[must_use]
    pub fn selected_line(&self) -> Option<&Line> {
        self.selected.and_then(|key| self.line(key))
    }

    /// The lines as the till is asked to sell them; none beside a quote.
    #[must_use]
    pub fn sale_lines(&self) -> Vec<SaleLine> {
        if self.quote.is_some() {
            return Vec::new();
        }
        self.lines
            .iter()
            .map(|line| {
                let (discount_minor, discount_ppm) = line.amounts();
                SaleLine {
                    unit_price_e4: line.unit_price_e4,
                    discount_minor,
                    discount_ppm,
                    seller_id: line.seller_id,
                    serial: line.serial.clone(),
                    ..SaleLine::of(line.product.product_id, line.quantity_milli)
                }
            })
            .collect()
    }

    fn add(&mut self, product: Product, quantity: Quantity) {
        self.removed = None;
        let same = self
            .lines
            .iter_mut()
            .find(|line| line.product.product_id == product.product_id && line.is_plain());
        if let Some(line) = same {
            line.quantity_milli = line.quantity_milli + quantity;
            self.selected = Some(line.key);
            return;
        }
        self.push(product, quantity, None);
    }

    fn push(&mut self, product: Product, quantity: Quantity, serial: Option<String>) {
        let key = self.next_key;
        self.next_key += 1;
        self.selected = Some(key);
        self.lines.push(Line {
            key,
            product,
            quantity_milli: quantity,
            unit_price_e4: None,
            discount: None,
            seller_id: None,
            serial,
        });
    }

    /// Serial numbers of a product that are in the cart.
    #[must_use]
    pub fn serials_of(&self, product_id: ProductId) -> Vec<String> {
        let lines = self.lines.iter();
        lines
            .filter(|line| line.product.product_id == product_id)
            .filter_map(|line| line.serial.clone())
            .collect()
    }

    fn remove(&mut self, key: u32) {
        let Some(place) = self.lines.iter().position(|line| line.key == key) else {
            return;
        };
        let line = Box::new(self.lines.remove(place));
        self.removed = Some(Removed::Line { place, line });
        let neighbour = self.lines.get(place).or_else(|| self.lines.last());
        self.selected = neighbour.map(|line| line.key);
    }

    fn undo(&mut self) {
        match self.removed.take() {
            Some(Removed::Line { place, line }) => {
                self.selected = Some(line.key);
                self.lines.insert(place.min(self.lines.len()), *line);
            }
            Some(Removed::All(lines)) if self.lines.is_empty() => {
                self.selected = lines.last().map(|line| line.key);
                self.lines = lines;
            }
            Some(Removed::All(_)) | None => {}
        }
    }

    fn step(&mut self, by: i32) {
        let Some(last) = self.lines.len().checked_sub(1) else {
            return;
        };
        let place = self
            .selected
            .and_then(|key| self.lines.iter().position(|line| line.key == key))
            .map_or(if by < 0 { last } else { 0 }, |place| {
                let moved = i64::try_from(place).unwrap_or(0) + i64::from(by);
                usize::try_from(moved.max(0)).unwrap_or(0).min(last)
            });
        self.selected = self.lines.get(place).map(|line| line.key);
    }

    fn change(&mut self, key: u32, change: impl FnOnce(&mut Line)) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.key == key) {
            change(line);
            self.selected = Some(key);
        }
    }
}

impl Reducible for Cart {
    type Action = CartAction;

    fn reduce(self: Rc<Self>, action: CartAction) -> Rc<Self> {
        if self.quote.is_some() && action.changes_lines() {
            return self;
        }
        let mut cart = (*self).clone();
        match action {
            CartAction::Add { product, quantity } => cart.add(product, quantity),
            CartAction::AddUnit { product, serial } => {
                cart.removed = None;
                cart.push(product, Quantity::ONE, Some(serial));
            }
            CartAction::SetQuantity(key, quantity) if quantity <= Quantity::ZERO => {
                cart.remove(key);
            }
            CartAction::SetQuantity(key, quantity) => {
                cart.change(key, |line| line.quantity_milli = quantity);
            }
            CartAction::SetPrice(key, price) => cart.change(key, |line| {
                line.unit_price_e4 = price.filter(|price| *price != line.product.price_e4);
            }),
            CartAction::SetDiscount(key, discount) => {
                cart.change(key, |line| line.discount = discount);
            }
            CartAction::SetSeller(key, seller_id) => {
                cart.change(key, |line| line.seller_id = seller_id);
            }
            CartAction::SetTerms(terms) => cart.terms = terms,
            CartAction::Remove(key) => cart.remove(key),
            CartAction::Clear(draft_id) => {
                let lines = std::mem::take(&mut cart.lines);
                // A quote stays where it was found.
                let comes_back = !lines.is_empty() && cart.quote.is_none();
                cart = Cart {
                    removed: comes_back.then_some(Removed::All(lines)),
                    next_key: cart.next_key,
                    ..Cart::new(draft_id)
                };
            }
            CartAction::Undo => cart.undo(),
            CartAction::Select(key) => cart.selected = key,
            CartAction::Step(by) => cart.step(by),
            CartAction::SetCustomer(customer) => {
                // What is paid into an account stays with the customer.
                if customer.as_ref().map(|one| one.customer_id) != cart.customer_id() {
                    let of_card = |one: &TenderedPayment| one.tender == TenderCode::GIFT_CARD;
                    cart.paid_in.retain(of_card);
                }
                cart.customer = customer;
            }
            CartAction::PayIn(payment) => cart.pay_in(payment),
            CartAction::NotPayIn(place) => {
                if place < cart.paid_in.len() {
                    cart.paid_in.remove(place);
                }
            }
            CartAction::Exchange(refund) => cart.exchange = refund,
            CartAction::Refresh(product) => {
                let id = product.product_id;
                for line in cart.lines.iter_mut().filter(|l| l.product.product_id == id) {
                    line.product = product.clone();
                }
            }
            CartAction::Resume(draft_id, resumed) => cart = Cart::resumed(draft_id, *resumed),
            CartAction::SellQuote(draft_id, quoted) => cart = Cart::quoted(draft_id, *quoted),
            CartAction::Finish(draft_id) => cart = Cart::new(draft_id),
            CartAction::Adopt(draft_id) => cart.draft_id = draft_id,
            CartAction::Leave(person) => {
                for line in &mut cart.lines {
                    line.seller_id = line.seller_id.or(Some(person));
                }
            }
            CartAction::Arrive(person) => {
                for line in &mut cart.lines {
                    line.seller_id = line.seller_id.filter(|seller| *seller != person);
                }
            }
        }
        if cart == *self { self } else { Rc::new(cart) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use domain::{
        contract::ipc::QuotedLine,
        id::{DeviceId, OrganizationId, ProductId, StoreId, uuid_v7},
        money::Currency,
        replication::row::{Organization, Store, Till},
        tax::{TaxMode, TaxScheme},
    };

    fn place() -> Place {
        let store_id = StoreId(uuid_v7(1, [1; 10]));
        let organization = serde_json::json!({
            "organization_id": OrganizationId(uuid_v7(1, [2; 10])),
            "name": "Shop",
            "currency": Currency { code: "EUR".to_owned(), minor_digits: 2 },
            "tax_mode": TaxMode::Inclusive,
            "country": "ES",
        });
        Place {
            organization: serde_json::from_value::<Organization>(organization).unwrap(),
            store: Store {
                store_id,
                code: "S1".to_owned(),
                name: "Shop".to_owned(),
                address: String::new(),
                time_zone: "Europe/Madrid".to_owned(),
                cut_over_hour: 4,
            },
            till: Till {
                device_id: DeviceId(uuid_v7(1, [3; 10])),
                store_id,
                number: 1,
                name: String::new(),
                epoch: 1,
                series: "A".to_owned(),
                revoked: false,
            },
            stores: Vec::new(),
            tax_classes: vec![TaxClass {
                rate_ppm: RatePpm(200_000),
                scheme: TaxScheme::Standard,
                ..TaxClass::without_tax("standard")
            }],
            promotions: Vec::new(),
            price_lists: Vec::new(),
            tenders: Vec::new(),
            server: String::new(),
        }
    }

    fn product(n: u8, price_e4: i64) -> Product {
        Product {
            product_id: ProductId(uuid_v7(1, [n; 10])),
            sku: format!("SKU{n}"),
            name: format!("Product {n}"),
            brand: String::new(),
            model: String::new(),
            category_id: None,
            tax_class: "standard".to_owned(),
            price_e4: UnitPrice(price_e4),
            barcodes: Vec::new(),
            stocked: true,
            reorder_point_milli: Quantity::ZERO,
            warranty_months: 0,
            serial_kind: domain::serial::SerialKind::None,
            list_prices: Vec::new(),
            levies: Vec::new(),
            active: true,
        }
    }

    fn draft(n: u8) -> DraftId {
        DraftId(uuid_v7(2, [n; 10]))
    }

    fn add(n: u8, price_e4: i64, units: i64) -> CartAction {
        CartAction::Add {
            product: product(n, price_e4),
            quantity: Quantity::units(units),
        }
    }

    fn cart(actions: Vec<CartAction>) -> Rc<Cart> {
        actions
            .into_iter()
            .fold(Rc::new(Cart::new(draft(0))), Cart::reduce)
    }

    #[test]
    fn what_somebody_left_in_the_cart_was_sold_by_them_whoever_goes_on() {
        let (first, second) = (StaffId(uuid_v7(1, [7; 10])), StaffId(uuid_v7(1, [8; 10])));
        let left = cart(vec![add(1, 10_000, 1), CartAction::Leave(first)]);
        let sellers =
            |cart: &Cart| -> Vec<_> { cart.lines.iter().map(|line| line.seller_id).collect() };
        let passed = left.reduce(CartAction::Arrive(second));
        let passed = passed.reduce(add(1, 10_000, 1)).reduce(add(2, 10_000, 1));
        assert_eq!(sellers(&passed), [Some(first), None, None]);
        let back = passed.reduce(CartAction::Leave(second));
        let back = back.reduce(CartAction::Arrive(first));
        assert_eq!(sellers(&back), [None, Some(second), Some(second)]);
    }

    #[test]
    fn scanning_again_increments_the_line() {
        let cart = cart(vec![
            add(1, 25_500, 1),
            add(2, 10_000, 1),
            add(1, 25_500, 1),
        ]);
        assert_eq!(cart.lines.len(), 2);
        assert_eq!(cart.lines[0].quantity_milli, Quantity::units(2));
        assert_eq!(cart.selected, Some(cart.lines[0].key));
        let (_, priced) = cart.priced(&place(), "2026-11-27").unwrap();
        assert_eq!(priced.total, Money(610));
    }

    #[test]
    fn a_line_with_its_own_price_stays_apart() {
        let cart = cart(vec![add(1, 25_500, 1)]);
        let key = cart.lines[0].key;
        let cart = cart
            .reduce(CartAction::SetPrice(key, Some(UnitPrice(20_000))))
            .reduce(add(1, 25_500, 1));
        assert_eq!(cart.lines.len(), 2);
        let asked = cart.sale_lines();
        assert_eq!(asked[0].unit_price_e4, Some(UnitPrice(20_000)));
        assert_eq!(asked[1].unit_price_e4, None);
    }

    #[test]
    fn a_removed_line_comes_back_to_its_place() {
        let before = cart(vec![add(1, 1, 1), add(2, 1, 1), add(3, 1, 1)]);
        let key = before.lines[1].key;
        let removed = before.clone().reduce(CartAction::Remove(key));
        assert_eq!(removed.lines.len(), 2);
        assert_eq!(removed.selected, Some(removed.lines[1].key));
        let back = removed.reduce(CartAction::Undo);
        assert_eq!(back.lines, before.lines);
        assert_eq!(back.removed, None);
    }

    #[test]
    fn an_emptied_cart_comes_back_whole_and_takes_a_new_draft() {
        let before = cart(vec![add(1, 1, 1), add(2, 1, 4)]);
        let empty = before.clone().reduce(CartAction::Clear(draft(9)));
        assert!(empty.lines.is_empty());
        assert_eq!(empty.draft_id, draft(9));
        assert_eq!(empty.reduce(CartAction::Undo).lines, before.lines);
    }

    #[test]
    fn a_quantity_of_zero_takes_the_line_away_and_can_be_undone() {
        let cart = cart(vec![add(1, 1, 2)]);
        let key = cart.lines[0].key;
        let cart = cart.reduce(CartAction::SetQuantity(key, Quantity::ZERO));
        assert!(cart.lines.is_empty());
        let cart = cart.reduce(CartAction::Undo);
        assert_eq!(cart.lines[0].quantity_milli, Quantity::units(2));
    }

    #[test]
    fn a_new_catalogue_price_reaches_the_cart_but_not_a_price_given_by_hand() {
        let cart = cart(vec![add(1, 10_000, 1), add(2, 10_000, 1)]);
        let key = cart.lines[1].key;
        let cart = cart
            .reduce(CartAction::SetPrice(key, Some(UnitPrice(5_000))))
            .reduce(CartAction::Refresh(product(1, 12_000)))
            .reduce(CartAction::Refresh(product(2, 12_000)));
        let prices: Vec<i64> = cart.lines.iter().map(|l| l.price_e4().0).collect();
        assert_eq!(prices, [12_000, 5_000]);
    }

    #[test]
    fn arrows_stop_at_the_ends() {
        let cart = cart(vec![add(1, 1, 1), add(2, 1, 1), CartAction::Select(None)]);
        let first = cart.clone().reduce(CartAction::Step(1));
        assert_eq!(first.selected, Some(cart.lines[0].key));
        let up = first.reduce(CartAction::Step(-1));
        assert_eq!(up.selected, Some(cart.lines[0].key));
        let down = up.reduce(CartAction::Step(1)).reduce(CartAction::Step(1));
        assert_eq!(down.selected, Some(cart.lines[1].key));
    }

    #[test]
    fn discounts_of_lines_and_of_the_cart_follow_one_another() {
        let cart = cart(vec![add(1, 100_000, 1), add(2, 100_000, 1)]);
        let key = cart.lines[0].key;
        let percent = |ppm| Some(Discount::Percent(RatePpm(ppm)));
        let terms = AskedTerms {
            discount: Some(Discount::Amount(Money(190))),
            ..AskedTerms::default()
        };
        let cart = cart
            .reduce(CartAction::SetDiscount(key, percent(100_000)))
            .reduce(CartAction::SetTerms(terms));
        let (_, priced) = cart.priced(&place(), "2026-11-27").unwrap();
        assert_eq!(priced.total, Money(1_710));
        assert_eq!(cart.sale_lines()[0].discount_ppm, Some(RatePpm(100_000)));
        assert_eq!(priced.given_by_hand(), Money(290));
    }

    #[test]
    fn the_catalogue_s_own_price_typed_by_hand_is_no_price_by_hand() {
        let cart = cart(vec![add(1, 100_000, 1)]);
        let key = cart.lines[0].key;
        let cart = cart.reduce(CartAction::SetPrice(key, Some(UnitPrice(100_000))));
        assert_eq!(cart.sale_lines()[0].unit_price_e4, None);
    }

    #[test]
    fn a_parked_cart_comes_back_as_it_was_asked_for_and_grows_on() {
        let percent = Some(Discount::Percent(RatePpm(100_000)));
        let amount = Some(Discount::Amount(Money(50)));
        let before = cart(vec![
            add(1, 100_000, 2),
            add(2, 50_000, 1),
            add(3, 30_000, 1),
        ]);
        let keys: Vec<u32> = before.lines.iter().map(|line| line.key).collect();
        let terms = AskedTerms {
            discount: Some(Discount::Amount(Money(10))),
            coupons: vec!["SPRING".to_owned()],
        };
        let before = before
            .reduce(CartAction::SetDiscount(keys[0], percent))
            .reduce(CartAction::SetDiscount(keys[1], amount))
            .reduce(CartAction::SetPrice(keys[2], Some(UnitPrice(20_000))))
            .reduce(CartAction::SetTerms(terms));
        let products = before.lines.iter().map(|line| line.product.clone());
        let resumed = ResumedCart {
            parked_id: OpId(uuid_v7(3, [1; 10])),
            lines: (before.sale_lines().into_iter().zip(products))
                .map(|(asked, product)| ResumedLine { asked, product })
                .collect(),
            terms: before.terms.clone(),
            customer: None,
            note: String::new(),
            then_minor: Money(0),
            now_minor: Money(0),
            changed: Vec::new(),
            missing: Vec::new(),
        };
        let empty = Rc::new(Cart::new(draft(0)));
        let back = empty.reduce(CartAction::Resume(draft(5), Box::new(resumed)));
        assert_eq!(back.draft_id, draft(5));
        assert_eq!(back.sale_lines(), before.sale_lines());
        assert_eq!(back.terms, before.terms);
        let total = |cart: &Cart| cart.priced(&place(), "2026-11-27").unwrap().1.total;
        assert_eq!(total(&back), total(&before));
        // A new line does not take the place of another one.
        let grown = back.reduce(add(4, 10_000, 1));
        assert_eq!(grown.lines.len(), 4);
        assert_eq!(grown.selected, Some(grown.lines[3].key));
    }

    fn quote() -> QuotedCart {
        let sold = product(1, 100_000);
        let class = place().tax_classes.remove(0);
        let wish = Wish {
            quantity_milli: Quantity::units(2),
            unit_price_e4: Some(UnitPrice(90_000)),
            discount_minor: Money(100),
            ..Wish::default()
        };
        QuotedCart {
            quote_id: OpId(uuid_v7(3, [2; 10])),
            number: "S1T1Q0A000001".to_owned(),
            lines: vec![QuotedLine {
                line: CartLine::of(&sold, &class, wish, 2).unwrap(),
                product: sold,
            }],
            customer: None,
            quoted_minor: Money(1_700),
            now_minor: Money(1_700),
        }
    }

    #[test]
    fn a_quote_is_sold_as_it_stands_whatever_is_scanned_or_typed() {
        let empty = Rc::new(Cart::new(draft(0)));
        let quoted = empty.reduce(CartAction::SellQuote(draft(1), Box::new(quote())));
        let key = quoted.lines[0].key;
        let day = "2026-11-27";
        assert_eq!(quoted.priced(&place(), day).unwrap().1.total, Money(1_700));
        assert_eq!(quoted.sale_lines(), []);
        assert!(!quoted.needs_parking());
        let tries = vec![
            add(2, 10_000, 1),
            CartAction::SetQuantity(key, Quantity::units(9)),
            CartAction::SetPrice(key, None),
            CartAction::SetDiscount(key, None),
            CartAction::Remove(key),
            CartAction::Refresh(product(1, 10)),
            CartAction::SetTerms(AskedTerms {
                discount: Some(Discount::Amount(Money(1))),
                coupons: Vec::new(),
            }),
        ];
        for action in tries {
            assert_eq!(quoted.clone().reduce(action), quoted);
        }
        // Letting go of it leaves nothing behind: the quote is where it was.
        let cleared = quoted.reduce(CartAction::Clear(draft(2)));
        assert_eq!(
            (cleared.quote.clone(), cleared.removed.clone()),
            (None, None)
        );
        assert_eq!(cleared.reduce(add(2, 10_000, 1)).lines.len(), 1);
    }

    #[test]
    fn a_finished_or_emptied_cart_forgets_its_discount() {
        let terms = AskedTerms {
            discount: Some(Discount::Amount(Money(1))),
            coupons: vec!["SPRING".to_owned()],
        };
        let before = cart(vec![add(1, 1, 1), CartAction::SetTerms(terms)]);
        for action in [CartAction::Clear(draft(1)), CartAction::Finish(draft(1))] {
            assert_eq!(before.clone().reduce(action).terms, AskedTerms::default());
        }
    }
}
