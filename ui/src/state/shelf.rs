//! What a list of things set aside (parked carts, quotes) is at: choosing, or asking first because a
//! cart is in hand, or letting one go.

use std::rc::Rc;

use domain::{
    contract::{
        failure::Failure,
        ipc::{ParkedSummary, QuoteSummary},
    },
    id::OpId,
    sale::parked::ParkedSaleState,
};
use yew::Reducible;

/// Something set aside, by its id.
pub trait Kept {
    fn id(&self) -> OpId;
}

impl Kept for ParkedSummary {
    fn id(&self) -> OpId {
        self.parked_id
    }
}

impl Kept for QuoteSummary {
    fn id(&self) -> OpId {
        self.quote_id
    }
}

/// What is asked of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Choose,
    /// The cart in hand has to be parked before this is taken.
    ParkFirst(OpId),
    LetGo(OpId),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Shelf {
    pub step: Step,
    /// The row that keys act on; the first one until somebody moves.
    pub marked: Option<OpId>,
    /// Something was asked of the till and is not answered.
    pub is_busy: bool,
    pub failure: Option<Failure>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            step: Step::Choose,
            marked: None,
            is_busy: false,
            failure: None,
        }
    }
}

#[derive(Debug, Clone)]
pub enum ShelfAction {
    Mark(OpId),
    /// Asks something of the person; whatever went wrong before is forgotten.
    Ask(Step),
    /// The till is asked.
    Begin,
    /// It refused.
    Fail(Failure),
    /// It did it.
    Done,
}

impl Shelf {
    /// The row that keys act on, among those that are shown.
    #[must_use]
    pub fn row<'a, T: Kept>(&self, all: &'a [T]) -> Option<&'a T> {
        let marked = all.iter().find(|one| Some(one.id()) == self.marked);
        marked.or_else(|| all.first())
    }

    /// The row that many places further down, or up.
    #[must_use]
    pub fn neighbour<'a, T: Kept>(&self, all: &'a [T], by: i32) -> Option<&'a T> {
        let here = self.row(all)?.id();
        let place = all.iter().position(|one| one.id() == here)?;
        let moved = i64::try_from(place).ok()? + i64::from(by);
        let last = all.len().checked_sub(1)?;
        all.get(usize::try_from(moved.max(0)).ok()?.min(last))
    }
}

/// Whether a row can be taken up or let go; what two tills took up is only shown.
#[must_use]
pub fn waits(one: &ParkedSummary) -> bool {
    one.state == ParkedSaleState::Parked
}

/// How many carts wait.
#[must_use]
pub fn waiting(all: &[ParkedSummary]) -> usize {
    all.iter().filter(|one| waits(one)).count()
}

impl Reducible for Shelf {
    type Action = ShelfAction;

    fn reduce(self: Rc<Self>, action: ShelfAction) -> Rc<Self> {
        let mut next = (*self).clone();
        match action {
            ShelfAction::Mark(id) => next.marked = Some(id),
            // An answer on its way belongs to what was asked before.
            ShelfAction::Ask(_) if next.is_busy => {}
            ShelfAction::Ask(step) => {
                next.step = step;
                next.failure = None;
            }
            ShelfAction::Begin => {
                next.is_busy = true;
                next.failure = None;
            }
            ShelfAction::Fail(failure) => {
                next.is_busy = false;
                next.failure = Some(failure);
            }
            ShelfAction::Done => {
                next.is_busy = false;
                next.step = Step::Choose;
            }
        }
        Rc::new(next)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use domain::{id::uuid_v7, money::Money};

    fn id(n: u8) -> OpId {
        OpId(uuid_v7(1, [n; 10]))
    }

    fn row(n: u8, state: ParkedSaleState) -> ParkedSummary {
        ParkedSummary {
            parked_id: id(n),
            state,
            business_date: "2026-11-27".to_owned(),
            utc_offset_min: 60,
            parked_ms: 0,
            is_old: false,
            parked_by: String::new(),
            till_number: Some(1),
            customer_name: String::new(),
            note: String::new(),
            first_line: "Cable".to_owned(),
            lines: 1,
            total_minor: Money(100),
            is_pending: true,
            ends: Vec::new(),
        }
    }

    fn after(actions: Vec<ShelfAction>) -> Rc<Shelf> {
        let start = Rc::new(Shelf::default());
        actions.into_iter().fold(start, Shelf::reduce)
    }

    #[test]
    fn keys_move_from_the_first_row_and_stop_at_the_ends() {
        let all = [1, 2, 3].map(|n| row(n, ParkedSaleState::Parked));
        let list = after(Vec::new());
        assert_eq!(list.row(&all).unwrap().parked_id, id(1));
        assert_eq!(list.neighbour(&all, -1).unwrap().parked_id, id(1));
        let list = after(vec![ShelfAction::Mark(id(2))]);
        assert_eq!(list.neighbour(&all, 1).unwrap().parked_id, id(3));
        // Somebody else took the marked one up meanwhile.
        let left = [
            row(1, ParkedSaleState::Parked),
            row(3, ParkedSaleState::Parked),
        ];
        assert_eq!(list.row(&left).unwrap().parked_id, id(1));
        assert_eq!(list.row::<ParkedSummary>(&[]), None);
        assert_eq!(list.neighbour::<ParkedSummary>(&[], 1), None);
    }

    #[test]
    fn what_two_tills_took_up_is_shown_and_does_not_wait() {
        let all = [
            row(1, ParkedSaleState::Parked),
            row(2, ParkedSaleState::Resumed),
        ];
        assert_eq!(waiting(&all), 1);
        assert!(!waits(&all[1]));
    }

    #[test]
    fn a_refusal_is_shown_until_the_next_try_and_nothing_is_asked_while_busy() {
        let failure = Failure::new("parked_ended", "");
        let refused = after(vec![ShelfAction::Begin, ShelfAction::Fail(failure)]);
        assert!(refused.failure.is_some() && !refused.is_busy);
        let again = refused.reduce(ShelfAction::Begin);
        assert_eq!(again.failure, None);
        let asked = again.clone().reduce(ShelfAction::Ask(Step::LetGo(id(1))));
        assert_eq!(asked.step, Step::Choose);
        let done = again.reduce(ShelfAction::Done);
        let asked = done.reduce(ShelfAction::Ask(Step::LetGo(id(1))));
        assert_eq!(asked.step, Step::LetGo(id(1)));
        assert_eq!(asked.reduce(ShelfAction::Done).step, Step::Choose);
    }
}
