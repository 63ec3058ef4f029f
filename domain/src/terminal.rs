//! The payment terminal of a till as its people set it up. How a terminal is spoken to is the
//! replica's; what its answers mean is [`crate::card_payment`].

use serde::{Deserialize, Serialize};

/// Shortest time that a till waits for a card.
pub const WAIT_MS_MIN: u32 = 100;
/// Longest time that a till waits for a card: five minutes.
pub const WAIT_MS_MAX: u32 = 300_000;
/// How long a till waits where nobody says otherwise: as long as a customer looks for a card.
pub const WAIT_MS: u32 = 90_000;

/// How the terminal is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminalKind {
    /// None: the till plays one, for demonstrations, training and tests. No money moves.
    Simulated,
}

/// What the simulated terminal does when it is asked for money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SimulatedAnswer {
    #[default]
    Approve,
    Decline,
    /// It charges the card and is silent from then on.
    TimeOutCharged,
    /// It charges nothing and is silent from then on.
    TimeOutNotCharged,
    /// The connection breaks after the card was charged, and stays broken.
    DropCharged,
    /// The connection breaks before, and stays broken.
    DropNotCharged,
}

impl SimulatedAnswer {
    pub const ALL: [Self; 6] = [
        Self::Approve,
        Self::Decline,
        Self::TimeOutCharged,
        Self::TimeOutNotCharged,
        Self::DropCharged,
        Self::DropNotCharged,
    ];
}

/// One till's terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSettings {
    pub kind: TerminalKind,
    /// How long the till waits for a result before it calls it unknown.
    pub wait_ms: u32,
    #[serde(default)]
    pub answer: SimulatedAnswer,
    /// How long the simulated one takes for its answer.
    #[serde(default)]
    pub answers_after_ms: u32,
}

/// Why settings cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TerminalError {
    #[error("a till waits {WAIT_MS_MIN} to {WAIT_MS_MAX} ms for a card")]
    WaitInvalid,
    #[error("a simulated terminal answers within {WAIT_MS_MAX} ms")]
    AnswerTooLate,
}

impl TerminalSettings {
    /// Checks what a person typed.
    pub fn check(&self) -> Result<(), TerminalError> {
        if !(WAIT_MS_MIN..=WAIT_MS_MAX).contains(&self.wait_ms) {
            return Err(TerminalError::WaitInvalid);
        }
        if self.answers_after_ms > WAIT_MS_MAX {
            return Err(TerminalError::AnswerTooLate);
        }
        Ok(())
    }
}
