//! What a copy keeps of histories, as runs: operations of which each follows the one before by its
//! hash. Numbers alone do not tell, for the copies of a disk number different operations alike.

use crate::{contract::sync_v1::HaveRange, id::DeviceId, replication::chain::Digest};

/// An operation that is kept, by what joins it to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub device_id: DeviceId,
    pub epoch: u64,
    pub seq: u64,
    pub hash: Digest,
    pub prev_hash: Digest,
}

/// Finds the runs among operations that come in the order of device, epoch and sequence, while it
/// remembers no more of them than the ends that can still go on.
#[derive(Debug, Default)]
pub struct Runs {
    done: Vec<HaveRange>,
    /// The enrolment and the sequence at which operations come just now.
    at: Option<(DeviceId, u64, u64)>,
    /// Runs that end right before that sequence, and at it.
    before: Vec<HaveRange>,
    here: Vec<HaveRange>,
}

impl Runs {
    /// Takes the next operation. Of several that follow the same one, the first goes on with its run
    /// and each other begins one.
    pub fn take(&mut self, link: Link) {
        let at = (link.device_id, link.epoch, link.seq);
        if self.at != Some(at) {
            self.done.append(&mut self.before);
            let goes_on = self
                .at
                .is_some_and(|(device_id, epoch, seq)| (device_id, epoch, seq + 1) == at);
            if goes_on {
                self.before = std::mem::take(&mut self.here);
            } else {
                self.done.append(&mut self.here);
            }
            self.at = Some(at);
        }
        let follows = |run: &HaveRange| run.last_hash == link.prev_hash;
        let from = match self.before.iter().position(follows) {
            Some(n) => self.before.swap_remove(n).from,
            None => link.seq,
        };
        self.here.push(HaveRange {
            device_id: link.device_id,
            epoch: link.epoch,
            from,
            to: link.seq,
            last_hash: link.hash,
        });
    }

    /// All runs, those of an enrolment in the order of their beginnings: what others leave comes
    /// before them.
    #[must_use]
    pub fn finish(mut self) -> Vec<HaveRange> {
        self.done.append(&mut self.before);
        self.done.append(&mut self.here);
        self.done
            .sort_by_key(|run| (run.device_id, run.epoch, run.from, run.to));
        self.done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn digest(n: u8) -> Digest {
        Digest([n; 32])
    }

    fn link(device: u8, seq: u64, hash: u8, prev: u8) -> Link {
        Link {
            device_id: DeviceId(Uuid::from_u128(u128::from(device))),
            epoch: 1,
            seq,
            hash: digest(hash),
            prev_hash: digest(prev),
        }
    }

    fn runs(links: &[Link]) -> Vec<(u64, u64, u8)> {
        let mut runs = Runs::default();
        for link in links {
            runs.take(*link);
        }
        let runs = runs.finish();
        runs.iter()
            .map(|run| (run.from, run.to, run.last_hash.0[0]))
            .collect()
    }

    #[test]
    fn two_histories_of_one_disk_are_two_runs() {
        let found = runs(&[
            link(1, 1, 1, 0),
            link(1, 2, 2, 1),
            link(1, 3, 3, 2),
            link(1, 3, 13, 2),
            link(1, 4, 14, 13),
        ]);
        assert_eq!(found, [(1, 3, 3), (3, 4, 14)]);
    }

    #[test]
    fn a_number_that_follows_does_not_make_a_run_where_the_hash_does_not() {
        let found = runs(&[link(1, 1, 1, 0), link(1, 2, 12, 11)]);
        assert_eq!(found, [(1, 1, 1), (2, 2, 12)]);
    }

    #[test]
    fn gaps_and_other_devices_end_a_run() {
        let found = runs(&[
            link(1, 1, 1, 0),
            link(1, 3, 3, 2),
            link(2, 4, 4, 3),
            link(2, 5, 5, 4),
        ]);
        assert_eq!(found, [(1, 1, 1), (3, 3, 3), (4, 5, 5)]);
    }

    proptest! {
        /// Whatever histories leave each other where, and whatever of them is not kept: walking back
        /// from the ends of the runs by hashes meets every operation that is kept, and once.
        #[test]
        fn every_kept_operation_is_in_one_run(
            parents in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
            is_kept in prop::collection::vec(any::<bool>(), 40),
        ) {
            let mut all = vec![link(1, 1, 0, 255)];
            for (n, parent) in parents.iter().enumerate() {
                let parent = all[parent.index(all.len())];
                let n = u8::try_from(n + 1).unwrap();
                all.push(link(1, parent.seq + 1, n, parent.hash.0[0]));
            }
            let mut kept: Vec<Link> = all
                .into_iter()
                .zip(is_kept)
                .filter_map(|(link, is_kept)| is_kept.then_some(link))
                .collect();
            kept.sort_by_key(|link| link.seq);
            let mut met: Vec<u8> = Vec::new();
            for (from, to, last) in runs(&kept) {
                let mut wanted = digest(last);
                for seq in (from..=to).rev() {
                    let found = kept.iter().find(|one| one.seq == seq && one.hash == wanted);
                    let found = found.expect("a run has no gap");
                    met.push(found.hash.0[0]);
                    wanted = found.prev_hash;
                }
            }
            met.sort_unstable();
            let mut hashes: Vec<u8> = kept.iter().map(|one| one.hash.0[0]).collect();
            hashes.sort_unstable();
            prop_assert_eq!(met, hashes);
        }
    }
}
