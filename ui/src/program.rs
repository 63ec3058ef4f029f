//! The two programs: which page is shown when.

pub mod console;
pub mod till;
