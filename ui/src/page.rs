//! The pages: each composes components over state and asks for what it shows.

pub mod approval;
pub mod balances;
pub mod card;
pub mod customers;
pub mod document;
pub mod enrol;
pub mod invoice;
pub mod jump;
pub mod not_found;
pub mod pin;
pub mod printer;
pub mod receipt;
pub mod repairs;
pub mod sales;
pub mod sell;
pub mod shift;
pub mod shifts;
pub mod sign_in;
pub mod stock;
pub mod sync;
pub mod tills;
