//! Faults of real processes, each told with what a person saw and what the books say afterwards.
//! `TECHSTORE_KILL_ROUNDS` makes the loop of power cuts longer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clock;
mod disk;
mod network;
mod power;
mod power_loss;
mod printer;
mod restore;
mod standby;
mod verify;
