//! An answer being waited for. What was known stays on the screen while it is asked for anew, so
//! that nothing jumps; an answer to a question that is no longer asked is dropped.

use std::rc::Rc;

use domain::contract::failure::Failure;
use yew::Reducible;

#[derive(Debug)]
pub struct Query<T> {
    asked: u32,
    answered: u32,
    pub data: Option<Rc<T>>,
    pub failure: Option<Failure>,
}

// By hand: a derive would ask the answer for Clone, and the answer is shared.
impl<T> Clone for Query<T> {
    fn clone(&self) -> Self {
        Self {
            asked: self.asked,
            answered: self.answered,
            data: self.data.clone(),
            failure: self.failure.clone(),
        }
    }
}

impl<T> Default for Query<T> {
    fn default() -> Self {
        Self {
            asked: 0,
            answered: 0,
            data: None,
            failure: None,
        }
    }
}

impl<T> Query<T> {
    /// Nothing to show yet and nothing went wrong.
    #[must_use]
    pub fn is_first_wait(&self) -> bool {
        self.data.is_none() && self.failure.is_none()
    }

    /// An answer is on its way.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.asked != self.answered
    }
}

#[derive(Debug)]
pub enum QueryAction<T> {
    /// The question of that number was asked; `forget` drops what was known.
    Ask {
        number: u32,
        forget: bool,
    },
    Answer(u32, Result<T, Failure>),
}

impl<T> Reducible for Query<T> {
    type Action = QueryAction<T>;

    fn reduce(self: Rc<Self>, action: QueryAction<T>) -> Rc<Self> {
        let mut next = (*self).clone();
        match action {
            QueryAction::Ask { number, forget } => {
                next.asked = number;
                if forget {
                    next.data = None;
                    next.failure = None;
                }
            }
            QueryAction::Answer(number, _) if number != self.asked => return self,
            QueryAction::Answer(number, Ok(data)) => {
                next.answered = number;
                next.data = Some(Rc::new(data));
                next.failure = None;
            }
            QueryAction::Answer(number, Err(failure)) => {
                next.answered = number;
                next.failure = Some(failure);
            }
        }
        Rc::new(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: Query<u8>, number: u32) -> Query<u8> {
        let action = QueryAction::Ask {
            number,
            forget: false,
        };
        (*Rc::new(query).reduce(action)).clone()
    }

    #[test]
    fn a_late_answer_to_an_older_question_is_dropped() {
        let query = ask(ask(Query::default(), 1), 2);
        let query = Rc::new(query).reduce(QueryAction::Answer(2, Ok(20)));
        let query = query.reduce(QueryAction::Answer(1, Ok(10)));
        assert_eq!(query.data.as_deref(), Some(&20));
        assert!(!query.is_waiting());
    }

    #[test]
    fn what_was_known_stays_while_asking_anew_and_after_a_failure() {
        let query = Rc::new(ask(Query::default(), 1)).reduce(QueryAction::Answer(1, Ok(10)));
        let query = Rc::new(ask((*query).clone(), 2));
        assert!(query.is_waiting() && query.data.as_deref() == Some(&10));
        let query = query.reduce(QueryAction::Answer(2, Err(Failure::new("internal", ""))));
        assert_eq!(query.data.as_deref(), Some(&10));
        assert!(query.failure.is_some());
    }
}
