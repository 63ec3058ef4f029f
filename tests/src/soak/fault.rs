//! The faults of a simulation by the names under which they are counted: a run of many seeds that
//! lacks one has proven nothing about it.

/// Everything that can go wrong in a run, as it is counted.
pub const FAULTS: [&str; 24] = [
    "answer cut short",
    "backup",
    "clock jumped a year",
    "commit refused",
    "disk full",
    "doubled request",
    "kept for later",
    "late request",
    "lost answer",
    "lost request",
    "network cut",
    "network cut one way",
    "page sizes",
    "power lost between steps",
    "power lost in a step",
    "protocol too old",
    "refused by a proxy",
    "server restart",
    "server restored",
    "till and server lost at once",
    "till cloned",
    "till enrolled again",
    "till lost for good",
    "till restored",
];
