//! Days told from outside: real tills as processes, the real server, the demo shop. What was true
//! is read from the programs' answers and, after they have gone, from their files.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aside;
mod balances;
mod counter;
mod customers;
mod day;
mod drawer;
mod kit;
mod papers;
mod repair;
mod replay;
mod serials;
mod terminal;
