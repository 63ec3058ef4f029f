//! The whole server over real HTTP and real PostgreSQL: one process, one cluster, a database and a
//! listening server per test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "server/kit.rs"]
mod kit;

#[path = "server/enrolment.rs"]
mod enrolment;
#[path = "server/push.rs"]
mod push;
