//! Power that goes at any moment of a till's work, with a disk that forgets what it was not told
//! to keep: the till's calls of the system are recorded, and from them follow all states that the
//! disk may be in. In each the file opens, the books hold, and nothing that was answered is gone.

mod check;
mod disk;
mod trace;

pub use self::{
    check::{Cut, Power, Powerless, run},
    disk::Luck,
    trace::is_possible,
};
