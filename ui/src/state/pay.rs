//! Tenders being gathered for one sale. What each covers and what change is due comes from
//! `domain::sale::settle` alone.

use std::rc::Rc;

use domain::{
    balance::gift_code,
    card_payment::is_at_terminal,
    id::CardPaymentId,
    money::Money,
    sale::{CashRounding, SaleError, Settlement, Tender, TenderCode, TenderedPayment, settle},
};
use yew::Reducible;

use crate::format::plain_number;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pay {
    pub due: Money,
    minor_digits: u8,
    rounding: Option<CashRounding>,
    /// Means of payment in use, in the order of the screen.
    pub offered: Rc<Vec<Tender>>,
    /// Whether cards are charged at a terminal of this till.
    has_terminal: bool,
    /// What it has charged for this sale: kept until it is given back.
    pub charged: Vec<(CardPaymentId, TenderedPayment)>,
    /// Tenders that are settled among cashier and customer already.
    pub tenders: Vec<TenderedPayment>,
    /// The tender being entered.
    pub tender: TenderCode,
    /// Its amount as typed; empty means all that remains.
    pub typed: String,
    pub reference: String,
    /// How much the tender being entered may take where it is a balance.
    spendable: Option<Money>,
    /// The next key starts the amount anew.
    is_suggested: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayAction {
    Choose(TenderCode),
    Type(String),
    /// A key of the keypad: a digit, or a decimal mark.
    Key(char),
    Delete,
    Suggest(String),
    Reference(String),
    /// So much of the balance being entered may be spent.
    Spendable(Option<Money>),
    /// Keeps the tender being entered and starts another.
    Keep,
    Remove(usize),
    /// The till has a terminal, or has none.
    Terminal(bool),
    /// What it has charged for this sale by now.
    Charged(Vec<(CardPaymentId, TenderedPayment)>),
}

/// Where the payment stands with what is being entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// All is covered; so much change is due.
    Covered { change: Money },
    /// So much will remain after the tender being entered.
    Short { remaining: Money },
    /// What is typed is no amount.
    Unreadable,
    /// What gives no change cannot take more than this.
    OverCard { at_most: Money },
    /// The tender being entered needs a reference first.
    ReferenceMissing,
    /// The terminal is to take so much first.
    AtTerminal { amount: Money },
}

impl Pay {
    /// Starts with cash.
    #[must_use]
    pub fn new(
        due: Money,
        minor_digits: u8,
        rounding: Option<CashRounding>,
        offered: Rc<Vec<Tender>>,
    ) -> Self {
        Self {
            due,
            minor_digits,
            rounding,
            offered,
            has_terminal: false,
            charged: Vec::new(),
            tenders: Vec::new(),
            tender: TenderCode::CASH,
            typed: String::new(),
            reference: String::new(),
            spendable: None,
            is_suggested: false,
        }
    }

    /// What the kept tenders leave open.
    #[must_use]
    pub fn remaining(&self) -> Money {
        self.open().0
    }

    /// What the tender being entered would have to be for nothing to remain: of cash, what coins
    /// can pay.
    #[must_use]
    pub fn asked(&self) -> Money {
        let (remaining, in_cash) = self.open();
        match self.spendable {
            _ if self.tender == TenderCode::CASH => in_cash,
            Some(most) => remaining.min(most),
            None => remaining,
        }
    }

    fn open(&self) -> (Money, Money) {
        let rounding = self.rounding.as_ref();
        settle(self.due, &self.kept(), rounding).map_or((self.due, self.due), |settlement| {
            (settlement.remaining, settlement.remaining_cash)
        })
    }

    /// What was charged, and what is settled among cashier and customer.
    fn kept(&self) -> Vec<TenderedPayment> {
        let charged = self.charged.iter().map(|(_, payment)| payment);
        charged.chain(&self.tenders).cloned().collect()
    }

    /// Whether the tender being entered is charged at the terminal.
    #[must_use]
    pub fn is_at_terminal(&self) -> bool {
        self.has_terminal && is_at_terminal(&self.offered, self.tender)
    }

    /// The tender being entered, if what is typed is an amount.
    #[must_use]
    pub fn current(&self) -> Option<TenderedPayment> {
        let tendered_minor = if self.typed.trim().is_empty() {
            self.asked()
        } else {
            Money::parse(&plain_number(&self.typed), self.minor_digits).ok()?
        };
        Some(TenderedPayment {
            tender: self.tender,
            tendered_minor,
            reference: self.reference_kept(),
        })
    }

    /// The reference as it goes onto the document.
    fn reference_kept(&self) -> String {
        if self.tender == TenderCode::CASH || self.is_at_terminal() {
            return String::new();
        }
        let typed = self.reference.trim().to_owned();
        if self.tender == TenderCode::GIFT_CARD {
            return gift_code(&typed).unwrap_or(typed);
        }
        typed
    }

    /// All tenders, the one being entered included when it carries money; what the terminal has not
    /// charged yet is none.
    #[must_use]
    pub fn payments(&self) -> Vec<TenderedPayment> {
        if self.is_at_terminal() {
            self.kept()
        } else {
            self.entered()
        }
    }

    fn entered(&self) -> Vec<TenderedPayment> {
        let current = self
            .current()
            .filter(|payment| payment.tendered_minor > Money::ZERO || self.is_settled_by_nothing());
        self.kept().into_iter().chain(current).collect()
    }

    /// Nothing is due, or less than the smallest coin.
    fn is_settled_by_nothing(&self) -> bool {
        let (remaining, in_cash) = self.open();
        (self.due == Money::ZERO && self.kept().is_empty())
            || (self.tender == TenderCode::CASH
                && in_cash == Money::ZERO
                && remaining > Money::ZERO)
    }

    fn settlement(&self) -> Result<Settlement, SaleError> {
        settle(self.due, &self.entered(), self.rounding.as_ref())
    }

    /// What rounding cash adds to what is due; less than zero where it takes off.
    #[must_use]
    pub fn rounded_by(&self) -> Money {
        self.settlement()
            .map_or(Money::ZERO, |settlement| settlement.rounding)
    }

    fn needs_reference(&self) -> bool {
        if self.tender == TenderCode::GIFT_CARD {
            return gift_code(&self.reference).is_err();
        }
        let mut offered = self.offered.iter();
        let chosen = offered.find(|tender| tender.code == self.tender && !self.is_at_terminal());
        chosen.is_some_and(|tender| tender.reference_required) && self.reference.trim().is_empty()
    }

    /// Where the payment stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let Some(current) = self.current() else {
            return Standing::Unreadable;
        };
        let is_card = self.tender == TenderCode::GIFT_CARD;
        if self.needs_reference() && (is_card || current.tendered_minor > Money::ZERO) {
            return Standing::ReferenceMissing;
        }
        match self.settlement() {
            Ok(_) if self.is_at_terminal() && current.tendered_minor > Money::ZERO => {
                Standing::AtTerminal {
                    amount: current.tendered_minor,
                }
            }
            Ok(Settlement {
                remaining, change, ..
            }) if remaining <= Money::ZERO => Standing::Covered { change },
            Ok(Settlement { remaining, .. }) => Standing::Short { remaining },
            Err(SaleError::OverpaidWithoutCash { .. }) => Standing::OverCard {
                at_most: self.due - self.kept_by_card(),
            },
            Err(_) => Standing::Unreadable,
        }
    }

    fn kept_by_card(&self) -> Money {
        let kept = self.kept();
        let cards = kept.iter().filter(|p| p.tender != TenderCode::CASH);
        cards.fold(Money::ZERO, |sum, payment| sum + payment.tendered_minor)
    }

    fn restart(&mut self) {
        self.typed.clear();
        self.reference.clear();
        self.spendable = None;
        self.is_suggested = false;
    }
}

impl Reducible for Pay {
    type Action = PayAction;

    fn reduce(self: Rc<Self>, action: PayAction) -> Rc<Self> {
        let mut pay = (*self).clone();
        match action {
            PayAction::Choose(tender) => {
                pay.tender = tender;
                pay.restart();
            }
            PayAction::Type(text) => {
                pay.typed = text;
                pay.is_suggested = false;
            }
            PayAction::Key(key) => {
                if pay.is_suggested {
                    pay.typed.clear();
                    pay.is_suggested = false;
                }
                if pay.typed.len() < 12 {
                    pay.typed.push(key);
                }
            }
            PayAction::Delete => {
                pay.is_suggested = false;
                pay.typed.pop();
            }
            PayAction::Suggest(text) => {
                pay.typed = text;
                pay.is_suggested = true;
            }
            PayAction::Reference(text) => pay.reference = text,
            PayAction::Spendable(most) => pay.spendable = most,
            PayAction::Keep => {
                let useful = |payment: &TenderedPayment| payment.tendered_minor > Money::ZERO;
                if let (Standing::Short { .. }, Some(current)) =
                    (pay.standing(), pay.current().filter(useful))
                {
                    pay.tenders.push(current);
                    pay.restart();
                }
            }
            PayAction::Terminal(has_terminal) => pay.has_terminal = has_terminal,
            PayAction::Charged(charged) => {
                if pay.charged != charged {
                    pay.charged = charged;
                    pay.restart();
                }
            }
            PayAction::Remove(place) => {
                if place < pay.tenders.len() {
                    pay.tenders.remove(place);
                }
            }
        }
        Rc::new(pay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::sale::{CashRoundingMode, TenderKind, default_tenders};

    fn start(due: i64, rounding: Option<CashRounding>) -> Pay {
        let code = TenderCode::from_name("voucher").unwrap_or(TenderCode::CARD);
        let mut offered = default_tenders();
        offered.extend(default_tenders().pop().map(|card| Tender {
            code,
            kind: TenderKind::Other,
            reference_required: true,
            ..card
        }));
        Pay::new(Money(due), 2, rounding, Rc::new(offered))
    }

    fn pay(actions: Vec<PayAction>) -> Rc<Pay> {
        actions
            .into_iter()
            .fold(Rc::new(start(1_795, None)), Pay::reduce)
    }

    #[test]
    fn nothing_typed_means_the_exact_amount() {
        let pay = pay(vec![]);
        let covered = Standing::Covered {
            change: Money::ZERO,
        };
        assert_eq!(pay.standing(), covered);
        assert_eq!(pay.payments()[0].tendered_minor, Money(1_795));
    }

    #[test]
    fn a_note_gives_change() {
        let pay = pay(vec![PayAction::Suggest("20.00".to_owned())]);
        assert_eq!(pay.standing(), Standing::Covered { change: Money(205) });
    }

    #[test]
    fn a_key_after_a_suggestion_starts_anew() {
        let pay = pay(vec![
            PayAction::Suggest("20.00".to_owned()),
            PayAction::Key('5'),
            PayAction::Key('0'),
        ]);
        assert_eq!(pay.typed, "50");
    }

    #[test]
    fn a_split_pays_the_rest_by_another_tender() {
        let pay = pay(vec![
            PayAction::Key('5'),
            PayAction::Keep,
            PayAction::Choose(TenderCode::CARD),
            PayAction::Reference(" 00123 ".to_owned()),
        ]);
        assert_eq!(pay.remaining(), Money(1_295));
        let payments = pay.payments();
        assert_eq!(payments[1].tendered_minor, Money(1_295));
        assert_eq!(payments[1].reference, "00123");
        let covered = Standing::Covered {
            change: Money::ZERO,
        };
        assert_eq!(pay.standing(), covered);
    }

    #[test]
    fn a_card_says_how_much_it_may_take() {
        let pay = pay(vec![
            PayAction::Choose(TenderCode::CARD),
            PayAction::Type("20".to_owned()),
        ]);
        let over = Standing::OverCard {
            at_most: Money(1_795),
        };
        assert_eq!(pay.standing(), over);
    }

    #[test]
    fn what_is_no_amount_is_not_kept() {
        let pay = pay(vec![PayAction::Type("1..".to_owned()), PayAction::Keep]);
        assert_eq!(pay.standing(), Standing::Unreadable);
        assert!(pay.tenders.is_empty());
    }

    #[test]
    fn a_sale_of_nothing_is_covered() {
        let free = Rc::new(start(0, None));
        let covered = Standing::Covered {
            change: Money::ZERO,
        };
        assert_eq!(free.standing(), covered);
    }

    #[test]
    fn cash_asks_for_what_coins_can_pay_and_a_card_for_the_cent() {
        let swiss = CashRounding {
            step_minor: Money(5),
            mode: CashRoundingMode::Nearest,
        };
        let pay = Rc::new(start(1_798, Some(swiss)));
        assert_eq!((pay.asked(), pay.rounded_by()), (Money(1_800), Money(2)));
        let covered = Standing::Covered {
            change: Money::ZERO,
        };
        assert_eq!(pay.standing(), covered);
        let pay = pay.reduce(PayAction::Choose(TenderCode::CARD));
        assert_eq!((pay.asked(), pay.rounded_by()), (Money(1_798), Money::ZERO));
        let two_cents = start(2, Some(swiss));
        assert_eq!(two_cents.standing(), covered);
        assert_eq!(two_cents.payments().len(), 1);
    }

    #[test]
    fn a_gift_card_pays_what_it_holds_and_cash_the_rest() {
        let pay = pay(vec![PayAction::Choose(TenderCode::GIFT_CARD)]);
        assert_eq!(pay.standing(), Standing::ReferenceMissing);
        let pay = pay
            .reduce(PayAction::Reference(" gift-0001 ".to_owned()))
            .reduce(PayAction::Spendable(Some(Money(1_000))));
        let remaining = Money(795);
        assert_eq!(pay.standing(), Standing::Short { remaining });
        let pay = pay.reduce(PayAction::Keep);
        assert_eq!(pay.tenders[0].reference, "GIFT0001");
        // What the card holds says nothing of the next tender.
        let pay = pay.reduce(PayAction::Choose(TenderCode::CASH));
        assert_eq!(pay.asked(), remaining);
        // More than is known to be there is for the till to judge.
        let pay = pay
            .reduce(PayAction::Remove(0))
            .reduce(PayAction::Choose(TenderCode::STORE_CREDIT))
            .reduce(PayAction::Spendable(Some(Money(100))))
            .reduce(PayAction::Type("17.95".to_owned()));
        let covered = Standing::Covered {
            change: Money::ZERO,
        };
        assert_eq!(pay.standing(), covered);
    }

    #[test]
    fn a_terminal_is_asked_before_its_amount_counts() {
        let pay = pay(vec![
            PayAction::Terminal(true),
            PayAction::Choose(TenderCode::CARD),
            PayAction::Type("5".to_owned()),
        ]);
        let amount = Money(500);
        assert_eq!(pay.standing(), Standing::AtTerminal { amount });
        assert!(pay.payments().is_empty());
        let id = CardPaymentId::v7(1, [0; 10]);
        let paid = TenderedPayment {
            tender: TenderCode::CARD,
            tendered_minor: amount,
            reference: "004217".to_owned(),
        };
        let pay = pay.reduce(PayAction::Charged(vec![(id, paid.clone())]));
        let rest = Money(1_295);
        assert_eq!(pay.standing(), Standing::AtTerminal { amount: rest });
        // No key takes away what was charged, and cash pays the rest.
        let pay = pay
            .reduce(PayAction::Remove(0))
            .reduce(PayAction::Choose(TenderCode::CASH));
        assert_eq!(pay.payments()[0], paid);
        assert_eq!(pay.payments()[1].tendered_minor, rest);
        let covered = Standing::Covered {
            change: Money::ZERO,
        };
        assert_eq!(pay.standing(), covered);
    }

    #[test]
    fn a_sale_that_cards_have_paid_waits_for_nothing() {
        let id = CardPaymentId::v7(1, [0; 10]);
        let paid = TenderedPayment {
            tender: TenderCode::CARD,
            tendered_minor: Money(1_795),
            reference: "004217".to_owned(),
        };
        let pay = pay(vec![
            PayAction::Terminal(true),
            PayAction::Choose(TenderCode::CARD),
            PayAction::Charged(vec![(id, paid.clone())]),
        ]);
        let covered = Standing::Covered {
            change: Money::ZERO,
        };
        assert_eq!(pay.standing(), covered);
        assert_eq!(pay.payments(), [paid]);
    }

    #[test]
    fn a_tender_that_needs_a_reference_waits_for_it() {
        let offered = start(0, None).offered;
        let voucher = offered.iter().find(|one| one.reference_required);
        let voucher = voucher.map_or(TenderCode::CARD, |one| one.code);
        let pay = pay(vec![PayAction::Choose(voucher)]);
        assert_eq!(pay.standing(), Standing::ReferenceMissing);
        let pay = pay.reduce(PayAction::Reference("A-17".to_owned()));
        let covered = Standing::Covered {
            change: Money::ZERO,
        };
        assert_eq!(pay.standing(), covered);
    }
}
