//! Thin edges: extract, one call, reply. What a use case refuses becomes a status and a code here.

pub mod balances;
pub mod console;
pub mod extract;
pub mod health;
pub mod shifts;
pub mod sync;
pub mod tills;
