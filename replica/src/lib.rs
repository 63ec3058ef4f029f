//! The till's truth: one SQLite file, the operations on it and the client that keeps it in step
//! with the server. It has no window, and nothing outside of it touches the file.

mod clock;
mod command;
mod db;
mod error;
mod folder;
mod identity;
mod op;
mod print;
mod record;
mod seal;
mod search;
mod secret;
#[cfg(feature = "simulation")]
pub mod simulation;
mod store;
mod sync;
mod terminal;
#[cfg(test)]
mod tests;
mod till;
pub mod verify;

pub use clock::Clock;
pub use command::Run;
pub use secret::SecretStore;
pub use sync::transport;
pub use till::{OpenOptions, Till};
