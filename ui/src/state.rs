//! What is on the screen and not yet recorded: plain values with pure transitions.

pub mod cart;
pub mod changes;
pub mod count;
pub mod intake;
pub mod look;
pub mod pace;
pub mod pay;
pub mod pin;
pub mod printer;
pub mod query;
pub mod refund;
pub mod scan;
pub mod shelf;
pub mod standing;
pub mod terminal;
pub mod tills;
