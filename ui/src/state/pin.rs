//! The PIN being typed.

use std::rc::Rc;

use yew::Reducible;

/// No PIN is longer; further digits are ignored.
pub const PIN_DIGITS_MAX: usize = 12;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pin(pub String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinAction {
    Digit(char),
    Delete,
    Clear,
}

impl Reducible for Pin {
    type Action = PinAction;

    fn reduce(self: Rc<Self>, action: PinAction) -> Rc<Self> {
        let mut digits = self.0.clone();
        match action {
            PinAction::Digit(digit) if digit.is_ascii_digit() && digits.len() < PIN_DIGITS_MAX => {
                digits.push(digit);
            }
            PinAction::Digit(_) => {}
            PinAction::Delete => {
                digits.pop();
            }
            PinAction::Clear => digits.clear(),
        }
        Rc::new(Self(digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_holds_digits_only_and_no_more_than_it_may() {
        let typed = "12a3456789012345"
            .chars()
            .fold(Rc::new(Pin::default()), |pin, key| {
                pin.reduce(PinAction::Digit(key))
            });
        assert_eq!(typed.0, "123456789012");
        assert_eq!(typed.reduce(PinAction::Delete).0, "12345678901");
    }
}
