//! How facts travel: one operation is decided once, where it is born; [`apply()`] reads nothing but
//! the operation; [`fold`] alone makes levels, records and states out of facts.

pub mod apply;
pub mod body;
pub mod chain;
pub mod fold;
pub mod log;
pub mod op;
pub mod plan;
pub mod row;
pub mod run;
pub mod table;
pub mod upcast;

pub use apply::{Facts, FieldWrite, apply};
pub use body::OpBody;
pub use log::{LogEvent, LogKind, LogRow};
pub use op::{Envelope, OpHeader, Private};
pub use row::Rows;
