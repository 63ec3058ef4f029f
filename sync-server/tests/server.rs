//! The whole server over real HTTP and real PostgreSQL: one process, one cluster, a database and a
//! listening server per test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "server/kit.rs"]
mod kit;
#[path = "server/mutate.rs"]
mod mutate;
#[path = "server/refuse.rs"]
mod refuse;
#[path = "server/tables.rs"]
mod tables;

#[path = "server/backup.rs"]
mod backup;
#[path = "server/bad_input.rs"]
mod bad_input;
#[path = "server/bad_operation.rs"]
mod bad_operation;
#[path = "server/balances.rs"]
mod balances;
#[path = "server/card_payments.rs"]
mod card_payments;
#[path = "server/checkpoint.rs"]
mod checkpoint;
#[path = "server/concurrency.rs"]
mod concurrency;
#[path = "server/console.rs"]
mod console;
#[path = "server/embedded.rs"]
mod embedded;
#[path = "server/enrolment.rs"]
mod enrolment;
#[path = "server/erase.rs"]
mod erase;
#[path = "server/fork.rs"]
mod fork;
#[path = "server/gap.rs"]
mod gap;
#[path = "server/heal.rs"]
mod heal;
#[path = "server/held.rs"]
mod held;
#[path = "server/http.rs"]
mod http;
#[path = "server/import.rs"]
mod import;
#[path = "server/invoices.rs"]
mod invoices;
#[path = "server/isolation.rs"]
mod isolation;
#[path = "server/live.rs"]
mod live;
#[path = "server/openapi.rs"]
mod openapi;
#[path = "server/pooled.rs"]
mod pooled;
#[path = "server/prune.rs"]
mod prune;
#[path = "server/pull.rs"]
mod pull;
#[path = "server/push.rs"]
mod push;
#[path = "server/serials.rs"]
mod serials;
#[path = "server/shifts.rs"]
mod shifts;
#[path = "server/snapshot.rs"]
mod snapshot;
#[path = "server/tills.rs"]
mod tills;
#[path = "server/verify.rs"]
mod verify;
