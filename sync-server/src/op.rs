//! Use cases: one per file, each loads what the rule needs, lets `domain` decide, and saves in one
//! transaction. No HTTP and no SQL in here.

pub mod challenge_till;
pub mod create_organization;
pub mod create_staff;
pub mod create_store;
pub mod enrol_till;
pub mod follow_heads;
pub mod gather_stock;
pub mod list_verifiers;
pub mod make_enrolment_code;
pub mod pull_feed;
pub mod push_operations;
pub mod put_tax_class;
pub mod read_snapshot;
pub mod record_operations;
pub mod record_server_operation;
pub mod revoke_till;
