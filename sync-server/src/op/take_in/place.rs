//! Where an operation stands among the histories of its enrolment: known, next in one of them, the
//! first of a new one, or joining nothing. Decided by hashes alone; no SQL.

use std::collections::BTreeSet;

use domain::{
    hlc::{Hlc, effective, effective_between},
    replication::chain::Digest,
};

use super::{check::Checked, write::Stop};
use crate::store::{
    chain::{Branch, Enrolment, Known, Taken},
    device::{Device, Locked},
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
    /// What is missing, or was until now, whose state changed, by history.
    gaps: BTreeSet<usize>,
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
    Known(Taken),
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
            gaps: BTreeSet::new(),
        }
    }

    /// Whether an operation with this hash was taken in at this sequence.
    pub(super) fn knows(&self, seq: u64, hash: &Digest) -> bool {
        self.known.contains_key(&(seq, *hash))
    }

    /// Finds the place of an operation; a new history begins where it leaves a known one or, if
    /// nobody is known to have what comes between, behind a gap.
    pub(super) fn place(
        &mut self,
        seq: u64,
        hash: &Digest,
        prev: Option<&Digest>,
        may_skip: bool,
    ) -> Place {
        if let Some(taken) = self.known.get(&(seq, *hash)) {
            let at = self
                .branches
                .iter()
                .position(|one| one.branch == taken.branch);
            self.last = at.map(|at| (seq, at));
            return Place::Known(*taken);
        }
        #[cfg(feature = "simulation")]
        if crate::simulation::is_broken(crate::simulation::Mutation::ForkIsReplay)
            && let Some((_, taken)) = self.known.iter().find(|((known, _), _)| *known == seq)
        {
            return Place::Known(*taken);
        }
        let follows_here = self.last.is_some_and(|(last, _)| last + 1 == seq);
        let mut at = self.next_of(seq, prev).or_else(|| self.fork(seq, prev));
        #[cfg(feature = "simulation")]
        let may_skip =
            may_skip && !crate::simulation::is_broken(crate::simulation::Mutation::StopAtGap);
        if at.is_none() && may_skip && !follows_here {
            at = self.begin_behind_gap(seq, prev);
        }
        let Some(at) = at else {
            return if follows_here || seq <= 1 {
                Place::Astray
            } else {
                Place::Nowhere
            };
        };
        let branch = self.branches[at].branch;
        // Two histories that a gap kept apart have met.
        let is_rival = self.known.keys().any(|(known, _)| *known == seq);
        if is_rival && self.forks.is_empty() && !self.device.fenced {
            self.forks.push(Fork { branch, seq });
        }
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
            prev_hash: Some(*prev),
            missing_from: None,
            first_effective: None,
        });
        self.forks.push(Fork { branch, seq });
        Some(self.branches.len() - 1)
    }

    /// A history behind operations that nobody has brought.
    fn begin_behind_gap(&mut self, seq: u64, prev: Option<&Digest>) -> Option<usize> {
        let prev = *prev.filter(|_| seq > 1)?;
        let ends = self.branches.iter().map(|branch| branch.last_seq);
        let below = ends.filter(|last| *last < seq).max().unwrap_or(0);
        let branch = self.branches.last().map_or(0, |last| last.branch + 1);
        if self.known.keys().any(|(known, _)| *known + 1 == seq) {
            self.forks.push(Fork { branch, seq });
        }
        self.branches.push(Branch {
            branch,
            first_seq: seq,
            last_seq: seq - 1,
            last_hash: prev,
            prev_hash: Some(prev),
            missing_from: Some((below + 1).min(seq - 1)),
            first_effective: None,
        });
        self.gaps.insert(self.branches.len() - 1);
        Some(self.branches.len() - 1)
    }

    /// The stamp of an operation that was placed. Behind a gap there is room before it for what is
    /// missing; what fills a gap comes before what lies behind it.
    pub(super) fn stamp(&self, at: usize, one: &Checked, device: &Locked) -> Hlc {
        let (seq, last) = (one.seq, device.last_effective);
        let hlc = one.header.as_ref().map_or(last, |header| header.hlc);
        let branch = &self.branches[at];
        if let Some((from, _)) = branch.missing()
            && branch.first_seq == seq
        {
            let room = Hlc(last.0.saturating_add(seq - from));
            return effective(hlc, device.now_ms, room);
        }
        let before = self.branches.iter().filter_map(|other| {
            let (from, to) = other.missing()?;
            let first = other.first_effective?;
            let is_missing = (from..=to).contains(&seq);
            is_missing.then(|| Hlc(first.0.saturating_sub(other.first_seq - seq - 1)))
        });
        let Some(before) = before.min() else {
            return effective(hlc, device.now_ms, last);
        };
        let prev = one.prev_hash.map(|prev| (seq - 1, prev));
        let prev = prev.and_then(|prev| self.known.get(&prev));
        let after = prev.map_or(Hlc::default(), |prev| prev.effective);
        effective_between(hlc, device.now_ms, after, before)
    }

    /// Moves a history on by the operation that was placed there.
    pub(super) fn follow(&mut self, at: usize, seq: u64, hash: Digest, taken: Taken) {
        let branch = &mut self.branches[at];
        branch.last_seq = seq;
        branch.last_hash = hash;
        if branch.missing_from.is_some() && branch.first_seq == seq {
            branch.first_effective = Some(taken.effective);
        }
        self.known.insert((seq, hash), taken);
        self.changed.insert(at);
        self.last = Some((seq, at));
        self.fill(seq, &hash);
    }

    /// An operation may be what is missing before a history.
    fn fill(&mut self, seq: u64, hash: &Digest) {
        for (n, branch) in self.branches.iter_mut().enumerate() {
            let Some((from, to)) = branch.missing() else {
                continue;
            };
            if seq == to && branch.prev_hash.as_ref() == Some(hash) {
                branch.missing_from = None;
            } else if (from..to).contains(&seq) {
                branch.missing_from = Some(seq + 1);
            } else {
                continue;
            }
            self.changed.insert(n);
            self.gaps.insert(n);
        }
    }

    /// What was taken in again in place of damaged bytes.
    pub(super) fn replace(&mut self, seq: u64, hash: Digest, taken: Taken) {
        self.known.insert((seq, hash), taken);
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

    /// The histories before which something is missing now, or is no more.
    pub(super) fn gaps(&self) -> impl Iterator<Item = &Branch> {
        self.gaps.iter().map(|at| &self.branches[*at])
    }
}
