//! The payment terminal's form: what was typed becomes settings, or says what is wrong with it.

use domain::terminal::{SimulatedAnswer, TerminalKind, TerminalSettings, WAIT_MS, WAIT_MS_MAX};

/// Shortest wait that the form takes.
pub const WAIT_SECONDS_MIN: u32 = 1;
/// Longest wait.
pub const WAIT_SECONDS_MAX: u32 = WAIT_MS_MAX / 1_000;
/// Latest answer of a simulated terminal.
pub const ANSWER_SECONDS_MAX: u32 = WAIT_MS_MAX / 1_000;
/// How long a simulated terminal takes where nobody says otherwise: long enough to be seen.
const ANSWERS_AFTER_MS: u32 = 2_000;

/// What stands in the form; times in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalForm {
    pub answer: SimulatedAnswer,
    pub wait: String,
    pub answers_after: String,
}

impl TerminalForm {
    /// The form of a terminal that is set up, or of the first one.
    #[must_use]
    pub fn of(settings: Option<&TerminalSettings>) -> Self {
        let seconds = |ms: u32| ms.div_ceil(1_000).to_string();
        match settings {
            Some(settings) => Self {
                answer: settings.answer,
                wait: seconds(settings.wait_ms),
                answers_after: seconds(settings.answers_after_ms),
            },
            None => Self {
                answer: SimulatedAnswer::Approve,
                wait: seconds(WAIT_MS),
                answers_after: seconds(ANSWERS_AFTER_MS),
            },
        }
    }

    /// How long the till waits.
    #[must_use]
    pub fn wait_ms(&self) -> Option<u32> {
        read(&self.wait, WAIT_SECONDS_MIN, WAIT_SECONDS_MAX)
    }

    /// How long the terminal takes.
    #[must_use]
    pub fn answers_after_ms(&self) -> Option<u32> {
        read(&self.answers_after, 0, ANSWER_SECONDS_MAX)
    }

    /// The settings that were typed; none while something in them cannot be.
    #[must_use]
    pub fn settings(&self) -> Option<TerminalSettings> {
        let settings = TerminalSettings {
            kind: TerminalKind::Simulated,
            wait_ms: self.wait_ms()?,
            answer: self.answer,
            answers_after_ms: self.answers_after_ms()?,
        };
        settings.check().ok().map(|()| settings)
    }
}

/// Whole seconds as milliseconds.
fn read(typed: &str, min: u32, max: u32) -> Option<u32> {
    let seconds: u32 = typed.trim().parse().ok()?;
    (min..=max).contains(&seconds).then(|| seconds * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_up_comes_back_and_nonsense_is_no_settings() {
        let first = TerminalForm::of(None);
        let settings = first.settings();
        assert_eq!(TerminalForm::of(settings.as_ref()), first);
        for (wait, answers_after) in [("0", "2"), ("301", "2"), ("x", "2"), ("90", "-1")] {
            let form = TerminalForm {
                wait: wait.to_owned(),
                answers_after: answers_after.to_owned(),
                ..first.clone()
            };
            assert_eq!(form.settings(), None, "{wait} {answers_after}");
        }
    }
}
