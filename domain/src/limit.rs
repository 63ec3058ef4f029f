//! The size of everything that comes from outside, in one place, so that both ends refuse alike.

/// Largest integer that JSON carries exactly everywhere: 2^53 - 1 (RFC 8259, section 6).
pub const SAFE_INTEGER_MAX: i64 = (1 << 53) - 1;
/// Largest operation in bytes: a sale of [`DOCUMENT_LINES_MAX`] lines with names of usual length,
/// about 330 bytes a line.
pub const OP_BYTES_MAX: usize = 1024 * 1024;
/// Most lines that one document may have.
pub const DOCUMENT_LINES_MAX: usize = 2_000;
/// Most operations in one push.
pub const PUSH_OPS_MAX: usize = 500;
/// Largest push in bytes of operations, one operation always allowed.
pub const PUSH_BYTES_MAX: usize = 1024 * 1024;
/// Largest request body that the server reads, decompressed: a push with base64 and framing.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most feed rows in one page of a pull.
pub const PULL_ROWS_MAX: u32 = 500;
/// Most decimals of a currency's minor unit, one more than any in ISO 4217 that circulates has; a unit
/// price has no more.
pub const MINOR_DIGITS_MAX: u8 = 4;
/// Longest name, address or other short text, in characters.
pub const TEXT_CHARS_MAX: usize = 200;
/// Longest note or fault description, in characters.
pub const NOTE_CHARS_MAX: usize = 4_000;
/// Most results of one search.
pub const SEARCH_RESULTS_MAX: u32 = 200;
/// Days that a till keeps envelopes for a server that may have to be given them back, until its
/// server says otherwise.
pub const KEEP_DAYS_MIN: u32 = 35;
/// Most ranges of kept envelopes, erasures and certificates, each, that one request tells of.
pub const HAVE_ITEMS_MAX: usize = 10_000;
