//! Chances that are the same in every run of a seed (SplitMix64, Steele, Lea and Flood 2014).

/// A source of chances.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The chances of a seed; `part` tells those apart that share it.
    #[must_use]
    pub const fn new(seed: u64, part: u64) -> Self {
        Self(seed ^ part.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    /// Any number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit, which is not 0.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit
    }

    /// One of these.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(all.len()).ok().filter(|count| *count > 0)?;
        all.get(usize::try_from(self.below(count)).ok()?)
    }
}
