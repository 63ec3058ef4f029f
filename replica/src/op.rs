//! One use case per file: load what the rule needs, let `domain` decide, save in one transaction.

pub(crate) mod adjust_stock;
pub(crate) mod complete_refund;
pub(crate) mod complete_sale;
pub(crate) mod document_view;
pub(crate) mod enrol;
pub(crate) mod find_document;
pub(crate) mod get_product;
pub(crate) mod get_repair;
pub(crate) mod get_session;
pub(crate) mod get_sync_status;
pub(crate) mod list_categories;
pub(crate) mod list_documents;
pub(crate) mod list_repairs;
pub(crate) mod list_staff;
pub(crate) mod move_repair;
pub(crate) mod note_repair;
pub(crate) mod pin;
pub(crate) mod price_lines;
pub(crate) mod put_customer;
pub(crate) mod scan_code;
pub(crate) mod search_customers;
pub(crate) mod search_products;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod sync_now;
pub(crate) mod take_in_repair;
