//! The system of record: sync, REST and the owner's console over PostgreSQL.

pub mod auth;
pub mod cli;
pub mod clock;
pub mod database;
pub mod embedded;
pub mod job;
pub mod live;
pub mod op;
pub mod openapi;
pub mod problem;
pub mod route;
pub mod router;
#[cfg(feature = "simulation")]
pub mod simulation;
pub mod state;
pub mod store;
pub mod telemetry;

pub use router::app;
