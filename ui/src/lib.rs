//! The pages and components of both programs, `till` and `console`. What a page shows of money
//! comes from `domain`; what it asks of the till goes through [`ipc`], of the server through
//! [`api`], and nothing else speaks to the outside.

pub mod api;
pub mod component;
pub mod format;
pub mod hook;
pub mod ipc;
pub mod page;
pub mod program;
pub mod state;
pub mod text;
