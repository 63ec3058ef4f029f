//! Fuzzers of everything that decodes what others send. Good messages are broken at places that
//! chance chooses: nothing panics, nothing answers that the fault is its own, and what can be read
//! can be written and read again. `TECHSTORE_FUZZ_SECONDS` makes each run that long.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod breakage;
mod commands;
mod fuzzer;
mod golden;
mod messages;
mod operations;
mod server;
