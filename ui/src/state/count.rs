//! Coins and notes being counted. What they are worth comes from `domain::shift::sum_pieces` alone.

use std::rc::Rc;

use domain::{
    money::{Currency, Money},
    shift::{Pieces, sum_pieces},
};
use yew::Reducible;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    currency: Currency,
    /// Value and pieces as typed; empty means none.
    pub rows: Vec<(Money, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountAction {
    /// How many pieces of the row at that place.
    Type(usize, String),
}

impl Count {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(denominations: &[Money], currency: &Currency) -> Self {
        Self {
            currency: currency.clone(),
            rows: denominations
                .iter()
                .map(|value| (*value, String::new()))
                .collect(),
        }
    }

    /// How many pieces a row holds; none where what is typed is no count.
    #[must_use]
    pub fn pieces_at(&self, place: usize) -> Option<u32> {
        let (_, typed) = self.rows.get(place)?;
        let typed = typed.trim();
        if typed.is_empty() {
            Some(0)
        } else {
            typed.parse().ok()
        }
    }

    /// What was counted, rows without pieces left out; none while a row is no count.
    #[must_use]
    pub fn pieces(&self) -> Option<Vec<Pieces>> {
        let mut all = Vec::new();
        for (place, (value, _)) in self.rows.iter().enumerate() {
            let count = self.pieces_at(place)?;
            if count > 0 {
                let value_minor = *value;
                all.push(Pieces { value_minor, count });
            }
        }
        Some(all)
    }

    /// What a row is worth.
    #[must_use]
    pub fn worth_at(&self, place: usize) -> Option<Money> {
        let (value, _) = self.rows.get(place)?;
        let one = Pieces {
            value_minor: *value,
            count: self.pieces_at(place)?,
        };
        sum_pieces(&[one], &self.currency).ok()
    }

    /// What everything is worth.
    #[must_use]
    pub fn sum(&self) -> Option<Money> {
        sum_pieces(&self.pieces()?, &self.currency).ok()
    }
}

impl Reducible for Count {
    type Action = CountAction;

    fn reduce(self: Rc<Self>, action: CountAction) -> Rc<Self> {
        let mut count = (*self).clone();
        let CountAction::Type(place, text) = action;
        if let Some((_, typed)) = count.rows.get_mut(place) {
            *typed = text.chars().filter(char::is_ascii_digit).take(6).collect();
        }
        Rc::new(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::shift::denominations;

    fn counted(rows: &[(usize, &str)]) -> Rc<Count> {
        let euro = Currency {
            code: "EUR".to_owned(),
            minor_digits: 2,
        };
        let count = Rc::new(Count::new(&denominations(&euro), &euro));
        rows.iter().fold(count, |count, (place, text)| {
            count.reduce(CountAction::Type(*place, (*text).to_owned()))
        })
    }

    #[test]
    fn what_is_not_typed_is_not_there() {
        let count = counted(&[]);
        assert_eq!(count.sum(), Some(Money::ZERO));
        assert_eq!(count.pieces(), Some(Vec::new()));
    }

    #[test]
    fn notes_and_coins_add_up() {
        // Three of 20 and seven of 2.
        let count = counted(&[(4, "3"), (7, " 7")]);
        assert_eq!(count.worth_at(4), Some(Money(6_000)));
        assert_eq!(count.sum(), Some(Money(7_400)));
    }

    #[test]
    fn only_digits_are_taken() {
        assert_eq!(counted(&[(4, "-1x2,5")]).pieces_at(4), Some(125));
    }
}
