//! How long a fuzzer runs: so many inputs in a test, so many seconds in a soak.

use std::{panic::AssertUnwindSafe, time::Duration};

use bolero::{TypeGenerator, check};

use crate::breakage::Breakage;

/// How one input differs from a good one.
#[derive(Debug, Clone, TypeGenerator)]
pub(crate) struct Input {
    /// Which of the good ones.
    which: u16,
    pub(crate) breakage: Breakage,
}

impl Input {
    /// One of the good inputs.
    pub(crate) fn of<'g, T>(&self, good: &'g [T]) -> &'g T {
        &good[usize::from(self.which) % good.len()]
    }
}

/// Tries inputs: so many, or for as long as the soak says.
pub(crate) fn fuzz(inputs: usize, mut try_it: impl FnMut(&Input)) {
    let mut tried = 0_u64;
    {
        let mut test = AssertUnwindSafe(|input: &Input| {
            tried += 1;
            try_it(input);
        });
        let target = check!().with_type::<Input>();
        let target = match std::env::var("TECHSTORE_FUZZ_SECONDS") {
            Ok(seconds) => target.with_test_time(Duration::from_secs(seconds.parse().unwrap())),
            Err(_) => target.with_iterations(inputs),
        };
        target.for_each(move |input| {
            let test = &mut test;
            (test.0)(input);
        });
    }
    println!("{tried} inputs");
    assert!(tried > 0);
}
