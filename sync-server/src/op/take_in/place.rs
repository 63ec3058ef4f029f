//! Where an operation stands among the histories of its enrolment: known, next in one of them, the
//! first of a new one, or joining nothing. Decided by hashes alone; no SQL.

use std::collections::BTreeSet;

use domain::{contract::sync_v1::Outcome, replication::chain::Digest};

use super::write::Stop;
use crate::store::{
    chain::{Branch, Enrolment, Known},
    device::Device,
};

/// How far back a sender is asked to go whose operations join nothing that is known.
const STEP_BACK: u64 = domain::limit::PUSH_OPS_MAX as u64;

/// The histories of one enrolment while operations are placed in them.
#[derive(Debug)]
pub(super) struct Histories {
    pub(super) device: Device,
    branches: Vec<Branch>,
    known: Known,
    /// The last operation that was placed.
    last: Option<(u64, usize)>,
    changed: BTreeSet<usize>,
    pub(super) forks: Vec<Fork>,
}

/// A history that left another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fork {
    pub(super) branch: u32,
    pub(super) seq: u64,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It was taken in before.
    Known(Outcome),
    /// It goes on with this history.
    Next { branch: u32, at: usize },
    /// It does not follow the operation that came with it, or begins its enrolment wrongly.
    Astray,
    /// What it follows is not known here.
    Nowhere,
}

impl Histories {
    pub(super) fn new(device: Device, branches: Vec<Branch>, known: Known) -> Self {
        Self {
            device,
            branches,
            known,
            last: None,
            changed: BTreeSet::new(),
            forks: Vec::new(),
        }
    }

    /// Whether an operation with this hash was taken in at this sequence.
    pub(super) fn knows(&self, seq: u64, hash: &Digest) -> bool {
        self.known.contains_key(&(seq, *hash))
    }

    /// Finds the place of an operation; a new history begins where it leaves a known one.
    pub(super) fn place(&mut self, seq: u64, hash: &Digest, prev: Option<&Digest>) -> Place {
        if let Some((branch, outcome)) = self.known.get(&(seq, *hash)) {
            let at = self.branches.iter().position(|one| one.branch == *branch);
            self.last = at.map(|at| (seq, at));
            return Place::Known(*outcome);
        }
        #[cfg(feature = "simulation")]
        if crate::simulation::is_broken(crate::simulation::Mutation::ForkIsReplay)
            && self.known.keys().any(|(known, _)| *known == seq)
        {
            return Place::Known(Outcome::Applied);
        }
        let Some(at) = self.next_of(seq, prev).or_else(|| self.fork(seq, prev)) else {
            let follows_here = self.last.is_some_and(|(last, _)| last + 1 == seq);
            return if follows_here || seq <= 1 {
                Place::Astray
            } else {
                Place::Nowhere
            };
        };
        let branch = self.branches[at].branch;
        Place::Next { branch, at }
    }

    /// The history whose end an operation follows.
    fn next_of(&self, seq: u64, prev: Option<&Digest>) -> Option<usize> {
        let ends_before = |branch: &Branch| branch.last_seq + 1 == seq;
        match prev {
            Some(prev) => self.branches.iter().position(|branch| {
                let is_unknown_begin = seq == 1 && self.device.genesis.is_none();
                ends_before(branch) && (branch.last_hash == *prev || is_unknown_begin)
            }),
            None => match self.last {
                Some((_, at)) => ends_before(&self.branches[at]).then_some(at),
                None => self.branches.iter().position(ends_before),
            },
        }
    }

    /// A new history, where an operation follows a known one that another follows already.
    fn fork(&mut self, seq: u64, prev: Option<&Digest>) -> Option<usize> {
        let prev = prev?;
        let is_known = match seq {
            0 => false,
            1 => self.device.genesis.is_none_or(|genesis| genesis == *prev),
            _ => self.known.contains_key(&(seq - 1, *prev)),
        };
        if !is_known {
            return None;
        }
        let branch = self.branches.last().map_or(0, |last| last.branch + 1);
        self.branches.push(Branch {
            branch,
            first_seq: seq,
            last_seq: seq - 1,
            last_hash: *prev,
        });
        self.forks.push(Fork { branch, seq });
        Some(self.branches.len() - 1)
    }

    /// Moves a history on by the operation that was placed there.
    pub(super) fn follow(&mut self, at: usize, seq: u64, hash: Digest, outcome: Outcome) {
        let branch = &mut self.branches[at];
        branch.last_seq = seq;
        branch.last_hash = hash;
        self.known.insert((seq, hash), (branch.branch, outcome));
        self.changed.insert(at);
        self.last = Some((seq, at));
    }

    /// From where a sender whose operation joins nothing should send.
    pub(super) fn expected(&self, seq: u64) -> Stop {
        let of = self.device.enrolment();
        let longest = self.branches.iter().max_by_key(|branch| branch.last_seq);
        match longest {
            Some(branch) if branch.last_seq + 1 < seq => Stop::NotNext {
                of,
                seq: branch.last_seq + 1,
                prev_hash: Some(branch.last_hash),
            },
            // Another history reaches as far: this one left it somewhere before.
            _ => Stop::NotNext {
                of,
                seq: seq.saturating_sub(STEP_BACK).max(1),
                prev_hash: None,
            },
        }
    }

    /// The ends that moved.
    pub(super) fn changed(&self) -> impl Iterator<Item = (Enrolment, &Branch)> {
        let of = self.device.enrolment();
        self.changed.iter().map(move |at| (of, &self.branches[*at]))
    }
}
