//! The long runs: each part is done in small pieces by the program that a short run uses, too, and
//! every piece is written down as soon as it is done, so that a run goes on where the last ended.

pub mod fault;
pub mod part;
pub mod record;
pub mod report;
