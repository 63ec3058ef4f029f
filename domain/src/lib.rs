//! The rules of the shop: values in, decisions out. Nothing here does I/O, reads a clock,
//! makes randomness or waits, so every till, the server and the browser decide alike.

pub mod balance;
pub mod barcode;
pub mod card_payment;
pub mod catalog;
pub mod contract;
pub mod country;
pub mod customer;
pub mod folding;
pub mod format;
pub mod hlc;
pub mod id;
pub mod limit;
pub mod money;
pub mod quantity;
pub mod receipt;
pub mod repair;
pub mod replication;
pub mod sale;
pub mod serial;
pub mod shift;
pub mod staff;
pub mod stock;
pub mod tax;
pub mod terminal;
