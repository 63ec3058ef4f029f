//! SQL and nothing else: each function carries one change or question out in the caller's
//! transaction, which has named its organization. Rows die here; what leaves are domain values.

pub mod balance;
pub mod catalogue;
pub mod chain;
pub mod customer;
pub mod device;
pub mod directory;
pub mod document;
pub mod enrolment;
pub mod erasure;
pub mod exception;
pub mod feed;
pub mod held;
pub mod log;
pub mod operation;
pub mod organization;
pub mod promotion;
pub mod prune;
pub mod repair;
pub mod report;
pub mod session;
pub mod shift;
pub mod snapshot;
pub mod staff;
pub mod stock;
pub mod tender;
pub mod till;
pub mod verify;

/// Stored values that do not read back as what was written.
#[must_use]
pub(crate) fn unreadable(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{what} in the database cannot be read").into())
}

/// A value that its column cannot hold.
#[must_use]
pub(crate) fn unstorable(what: &'static str) -> sqlx::Error {
    sqlx::Error::Encode(format!("{what} is too large to be stored").into())
}

/// A 32-byte column.
pub(crate) fn digest(bytes: &[u8]) -> Result<domain::replication::chain::Digest, sqlx::Error> {
    bytes.try_into().map_err(|_| unreadable("a digest"))
}
