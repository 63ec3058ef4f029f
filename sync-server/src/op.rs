//! Use cases: one per file, each loads what the rule needs, lets `domain` decide, and saves in one
//! transaction. No HTTP and no SQL in here.

pub mod adopt_certificate;
pub mod challenge_till;
pub mod create_demo;
pub mod create_organization;
pub mod create_staff;
pub mod create_store;
pub mod enrol_till;
pub mod erase_customer;
pub mod follow_heads;
pub mod gather_stock;
pub mod get_document;
pub mod import_products;
pub mod import_stock;
pub mod list_documents;
pub mod list_held;
pub mod list_missing;
pub mod list_tills;
pub mod list_verifiers;
pub mod make_checkpoints;
pub mod make_enrolment_code;
pub mod prune_feed;
pub mod pull_feed;
pub mod push_operations;
pub mod put_rows;
pub mod read_csv;
pub mod read_snapshot;
pub mod record_operations;
pub mod record_server_operation;
pub mod relay_operations;
pub mod retry_held;
pub mod revoke_till;
pub mod sales_by_hour;
pub mod sign_in;
pub mod take_in;
pub mod verify;
