//! Tests of a whole till on a real file, fed by pages built as the server builds them: from the
//! operations themselves, by `domain`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod balances;
mod customers;
mod documents;
mod exchanges;
mod filling;
mod fixture;
mod healing;
mod invoices;
mod opening;
mod pages;
mod parked;
mod people;
mod pricing;
mod printing;
mod pruning;
mod quotes;
mod reading;
mod searching;
mod serials;
mod shared_state;
mod shifts;
mod terminals;
