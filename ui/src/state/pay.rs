//! Tenders being gathered for one sale. What each covers and what change is due comes from
//! `domain::sale::settle` alone.

use std::rc::Rc;

use domain::{
    money::Money,
    sale::{SaleError, Settlement, Tender, TenderedPayment, settle},
};
use yew::Reducible;

use crate::format::plain_number;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pay {
    pub due: Money,
    minor_digits: u8,
    /// Tenders that are settled among cashier and customer already.
    pub tenders: Vec<TenderedPayment>,
    /// The tender being entered.
    pub tender: Tender,
    /// Its amount as typed; empty means all that remains.
    pub typed: String,
    pub reference: String,
    /// The next key starts the amount anew.
    is_suggested: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayAction {
    Choose(Tender),
    Type(String),
    /// A key of the keypad: a digit, or a decimal mark.
    Key(char),
    Delete,
    Suggest(String),
    Reference(String),
    /// Keeps the tender being entered and starts another.
    Keep,
    Remove(usize),
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
    /// A card cannot take more than this.
    OverCard { at_most: Money },
}

impl Pay {
    /// Starts with cash.
    #[must_use]
    pub fn new(due: Money, minor_digits: u8) -> Self {
        Self {
            due,
            minor_digits,
            tenders: Vec::new(),
            tender: Tender::Cash,
            typed: String::new(),
            reference: String::new(),
            is_suggested: false,
        }
    }

    /// What the kept tenders leave open.
    #[must_use]
    pub fn remaining(&self) -> Money {
        settle(self.due, &self.tenders).map_or(self.due, |settlement| settlement.remaining)
    }

    /// The tender being entered, if what is typed is an amount.
    #[must_use]
    pub fn current(&self) -> Option<TenderedPayment> {
        let tendered_minor = if self.typed.trim().is_empty() {
            self.remaining()
        } else {
            Money::parse(&plain_number(&self.typed), self.minor_digits).ok()?
        };
        Some(TenderedPayment {
            tender: self.tender,
            tendered_minor,
            reference: match self.tender {
                Tender::Card => self.reference.trim().to_owned(),
                Tender::Cash => String::new(),
            },
        })
    }

    /// All tenders, the one being entered included when it carries money.
    #[must_use]
    pub fn payments(&self) -> Vec<TenderedPayment> {
        let current = self.current().filter(|payment| {
            payment.tendered_minor > Money::ZERO || (self.tenders.is_empty() && self.is_free())
        });
        self.tenders.iter().cloned().chain(current).collect()
    }

    fn is_free(&self) -> bool {
        self.due == Money::ZERO
    }

    fn settlement(&self) -> Result<Settlement, SaleError> {
        settle(self.due, &self.payments())
    }

    /// Where the payment stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        if self.current().is_none() {
            return Standing::Unreadable;
        }
        match self.settlement() {
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
        let cards = self.tenders.iter().filter(|p| p.tender == Tender::Card);
        cards.fold(Money::ZERO, |sum, payment| sum + payment.tendered_minor)
    }

    fn restart(&mut self) {
        self.typed.clear();
        self.reference.clear();
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
            PayAction::Keep => {
                let useful = |payment: &TenderedPayment| payment.tendered_minor > Money::ZERO;
                if let (Standing::Short { .. }, Some(current)) =
                    (pay.standing(), pay.current().filter(useful))
                {
                    pay.tenders.push(current);
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

    fn pay(actions: Vec<PayAction>) -> Rc<Pay> {
        actions
            .into_iter()
            .fold(Rc::new(Pay::new(Money(1_795), 2)), Pay::reduce)
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
            PayAction::Choose(Tender::Card),
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
            PayAction::Choose(Tender::Card),
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
        let free = Rc::new(Pay::new(Money::ZERO, 2));
        let covered = Standing::Covered {
            change: Money::ZERO,
        };
        assert_eq!(free.standing(), covered);
    }
}
