//! Whole-system tests: real tills, the real server, real PostgreSQL; nothing of ours is replaced
//! by a stand-in. This library starts programs, reads invoices and reads figures back by SQL.

pub mod bench;
pub mod fault;
pub mod figures;
pub mod headless;
pub mod invoice;
pub mod journal;
pub mod pooler;
pub mod program;
pub mod replay;
pub mod server;
#[cfg(feature = "simulation")]
pub mod simulate;
pub mod site;
pub mod soak;
pub mod till;
pub mod wait;
pub mod webdriver;
