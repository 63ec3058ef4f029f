//! A device being taken in: three steps, each left only when it holds what it must.

use std::rc::Rc;

use domain::{
    customer::Customer,
    repair::RepairDevice,
    serial::{Doubt, SerialKind, doubt},
};
use yew::Reducible;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Step {
    #[default]
    Customer,
    Device,
    Fault,
}

impl Step {
    pub const ALL: [Step; 3] = [Step::Customer, Step::Device, Step::Fault];

    /// Its place, from 1.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Customer => 1,
            Self::Device => 2,
            Self::Fault => 3,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Intake {
    pub step: Step,
    pub customer: Option<Customer>,
    pub device: RepairDevice,
    pub fault: String,
    pub accessories: String,
    pub promised_date: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntakeAction {
    /// Chooses the customer, or nobody, and goes on.
    Customer(Option<Box<Customer>>),
    Kind(String),
    Brand(String),
    Model(String),
    Serial(String),
    Fault(String),
    Accessories(String),
    Promised(String),
    Next,
    Back,
}

impl Intake {
    /// Whether the step that is shown holds what it must.
    #[must_use]
    pub fn is_step_done(&self) -> bool {
        match self.step {
            Step::Customer => true,
            Step::Device => !self.device.kind.trim().is_empty(),
            Step::Fault => !self.fault.trim().is_empty(),
        }
    }

    /// Whether the serial has the length of an IMEI and a wrong check digit (Luhn, 3GPP TS
    /// 23.003, annex B). A warning, never a refusal.
    #[must_use]
    pub fn is_imei_doubtful(&self) -> bool {
        let serial = self.device.serial.trim();
        doubt(SerialKind::Imei, serial) == Some(Doubt::CheckDigit)
    }
}

impl Reducible for Intake {
    type Action = IntakeAction;

    fn reduce(self: Rc<Self>, action: IntakeAction) -> Rc<Self> {
        let mut intake = (*self).clone();
        match action {
            IntakeAction::Customer(customer) => {
                intake.customer = customer.map(|customer| *customer);
                intake.step = Step::Device;
            }
            IntakeAction::Kind(text) => intake.device.kind = text,
            IntakeAction::Brand(text) => intake.device.brand = text,
            IntakeAction::Model(text) => intake.device.model = text,
            IntakeAction::Serial(text) => intake.device.serial = text,
            IntakeAction::Fault(text) => intake.fault = text,
            IntakeAction::Accessories(text) => intake.accessories = text,
            IntakeAction::Promised(text) => intake.promised_date = text,
            IntakeAction::Next if !self.is_step_done() => {}
            IntakeAction::Next => {
                intake.step = match self.step {
                    Step::Customer => Step::Device,
                    Step::Device | Step::Fault => Step::Fault,
                };
            }
            IntakeAction::Back => {
                intake.step = match self.step {
                    Step::Customer | Step::Device => Step::Customer,
                    Step::Fault => Step::Device,
                };
            }
        }
        Rc::new(intake)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_left_only_when_it_holds_what_it_must() {
        let intake = Rc::new(Intake::default())
            .reduce(IntakeAction::Customer(None))
            .reduce(IntakeAction::Next);
        assert_eq!(intake.step, Step::Device);
        let intake = intake
            .reduce(IntakeAction::Kind("phone".to_owned()))
            .reduce(IntakeAction::Next);
        assert_eq!(intake.step, Step::Fault);
        assert!(!intake.is_step_done());
        assert_eq!(intake.reduce(IntakeAction::Back).step, Step::Device);
    }

    #[test]
    fn a_mistyped_imei_is_doubted_and_other_serials_are_not() {
        let doubt = |serial: &str| {
            Rc::new(Intake::default())
                .reduce(IntakeAction::Serial(serial.to_owned()))
                .is_imei_doubtful()
        };
        assert!(!doubt("490154203237518"));
        assert!(doubt("490154203237519"));
        assert!(!doubt("C02XK0AAJG5H"));
    }
}
