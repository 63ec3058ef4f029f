//! What the whole-system simulation needs of the server: its time and its randomness from the
//! thread that runs the simulation. Compiled for tests only.

use std::cell::Cell;

/// One rule of the server, broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// The answer goes out although nothing was committed.
    AckWithoutCommit,
    /// A sequence that is known counts as the same operation, whatever its hash.
    ForkIsReplay,
    /// A repair is folded from the events of one request alone.
    FoldAlone,
    /// Corrections of stock are stored, and no till is told.
    SilentAdjustment,
    /// A level takes the movements of an operation in twice.
    DoubleEntry,
    /// Nothing is taken in behind operations that nobody has.
    StopAtGap,
    /// What nobody has is not listed.
    SilentGap,
    /// A number that is given out twice is told to nobody.
    SilentNumber,
    /// What an operation states in logs of another home reaches no feed.
    SilentEntry,
    /// A unit that is sold twice is told to nobody.
    SilentUnit,
    /// Says nothing of a balance that was overdrawn.
    SilentOverdraft,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Mutation; 11] = [
        Mutation::AckWithoutCommit,
        Mutation::ForkIsReplay,
        Mutation::FoldAlone,
        Mutation::SilentAdjustment,
        Mutation::DoubleEntry,
        Mutation::StopAtGap,
        Mutation::SilentGap,
        Mutation::SilentNumber,
        Mutation::SilentEntry,
        Mutation::SilentUnit,
        Mutation::SilentOverdraft,
    ];
}

thread_local! {
    static MUTATION: Cell<Option<Mutation>> = const { Cell::new(None) };
    static NOW_MS: Cell<Option<u64>> = const { Cell::new(None) };
    static RANDOM: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Begins with a seed, or ends with none.
pub fn set_seed(seed: Option<u64>) {
    RANDOM.set(seed);
    if seed.is_none() {
        NOW_MS.set(None);
    }
}

/// Breaks a rule, or none.
pub fn set_mutation(mutation: Option<Mutation>) {
    MUTATION.set(mutation);
}

pub(crate) fn is_broken(mutation: Mutation) -> bool {
    MUTATION.get() == Some(mutation)
}

/// Moves the server's clock, and PostgreSQL's with it.
pub fn set_now_ms(now_ms: u64) {
    NOW_MS.set(Some(now_ms));
}

pub(crate) fn now_ms() -> Option<u64> {
    NOW_MS.get()
}

/// Random bytes from the seed (splitmix64); false outside a simulation.
pub(crate) fn fill(bytes: &mut [u8]) -> bool {
    let Some(mut state) = RANDOM.get() else {
        return false;
    };
    for part in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        part.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes()[..part.len()]);
    }
    RANDOM.set(Some(state));
    true
}
