//! Faults of real processes: power cuts, lost answers, broken connections, full disks. Tills and
//! server are the product's programs; what was true is read from their files and from PostgreSQL
//! after they have gone, against a witness file of what people had seen as done.

pub mod books;
pub mod chance;
pub mod clerk;
pub mod disk;
pub mod kills;
pub mod power;
pub mod proxy;
pub mod shop;
pub mod standby;
pub mod witness;
