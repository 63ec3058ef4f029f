//! How a push goes on after each answer (sync protocol, section 3). One value lives for one turn of
//! the lane; it remembers how much fits and which operation must go apart.

use super::{Answer, answer_of};
use crate::{contract::sync_v1::Expected, limit::PUSH_OPS_MAX, replication::chain::Digest};

/// The state of one turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// How many operations the next request may hold.
    pub ops_max: usize,
    /// This one goes alone behind the others, to be held.
    pub damaged_seq: Option<u64>,
}

impl Default for Push {
    fn default() -> Self {
        Self {
            ops_max: PUSH_OPS_MAX,
            damaged_seq: None,
        }
    }
}

/// A refusal as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushAnswer {
    pub status: u16,
    /// With a 409.
    pub expected: Option<Expected>,
    /// With a 422: the damaged one.
    pub seq: Option<u64>,
}

/// What the till finds in its own journal when the plan asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    /// Hash of the own operation before the one that the server expects; genesis before the first,
    /// none if it was pruned.
    pub before_expected: Option<Digest>,
    /// Whether the operation that the server calls damaged fits its hash here.
    pub is_sound: bool,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushNext {
    /// Load and send again at once.
    Again,
    /// The server has everything below: it leaves the outbox, then load and send again.
    SkipTo(u64),
    /// The server has forgotten from here on: it goes back into the outbox, then send again.
    RewindTo(u64),
    /// Two histories do not join: `have`, then push again on the next turn.
    Heal,
    /// Nothing more in this turn; the lane waits and the same bytes go again.
    Wait,
}

impl Push {
    /// Decides on a refusal of the request that began at `first_seq` and held `count` operations.
    pub fn refused(
        &mut self,
        first_seq: u64,
        count: usize,
        answer: &PushAnswer,
        own: Own,
    ) -> PushNext {
        match answer_of(answer.status) {
            Answer::Halve if count > 1 => {
                self.ops_max = (count / 2).max(1);
                PushNext::Again
            }
            Answer::Halve if self.damaged_seq != Some(first_seq) => {
                self.damaged_seq = Some(first_seq);
                PushNext::Again
            }
            // Damaged on the way: the same again, after a wait.
            Answer::CheckDisk if own.is_sound || self.damaged_seq.is_some() => PushNext::Wait,
            Answer::CheckDisk => match answer.seq {
                Some(seq) => {
                    self.damaged_seq = Some(seq);
                    PushNext::Again
                }
                None => PushNext::Wait,
            },
            Answer::Resume => match &answer.expected {
                None => PushNext::Wait,
                Some(expected) if own.before_expected != Some(expected.expected_prev_hash) => {
                    PushNext::Heal
                }
                Some(expected) if expected.expected_seq > first_seq => {
                    PushNext::SkipTo(expected.expected_seq)
                }
                Some(expected) if expected.expected_seq < first_seq => {
                    PushNext::RewindTo(expected.expected_seq)
                }
                // It expects what was sent: only a repair of the whole chain can help.
                Some(_) => PushNext::Heal,
            },
            _ => PushNext::Wait,
        }
    }

    /// After an answer was noted: what is damaged has gone with it.
    pub fn taken(&mut self) {
        self.damaged_seq = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: Own = Own {
        before_expected: Some(Digest([1; 32])),
        is_sound: true,
    };

    fn status(status: u16) -> PushAnswer {
        PushAnswer {
            status,
            expected: None,
            seq: None,
        }
    }

    fn expects(seq: u64, hash: u8) -> PushAnswer {
        PushAnswer {
            expected: Some(Expected {
                expected_seq: seq,
                expected_prev_hash: Digest([hash; 32]),
            }),
            ..status(409)
        }
    }

    #[test]
    fn a_batch_that_is_too_large_is_halved_and_one_alone_goes_as_damaged() {
        let mut push = Push::default();
        assert_eq!(push.refused(7, 9, &status(413), SOUND), PushNext::Again);
        assert_eq!(push.ops_max, 4);
        assert_eq!(push.refused(7, 1, &status(413), SOUND), PushNext::Again);
        assert_eq!(push.damaged_seq, Some(7));
        assert_eq!(push.refused(7, 1, &status(413), SOUND), PushNext::Wait);
    }

    #[test]
    fn bytes_damaged_on_the_way_go_again_and_a_damaged_disk_is_told() {
        let mut push = Push::default();
        let answer = PushAnswer {
            seq: Some(8),
            ..status(422)
        };
        assert_eq!(push.refused(7, 3, &answer, SOUND), PushNext::Wait);
        let own = Own {
            is_sound: false,
            ..SOUND
        };
        assert_eq!(push.refused(7, 3, &answer, own), PushNext::Again);
        assert_eq!(push.damaged_seq, Some(8));
        push.taken();
        assert_eq!(push.damaged_seq, None);
    }

    #[test]
    fn the_outbox_follows_what_the_server_expects_if_the_histories_join() {
        let mut push = Push::default();
        assert_eq!(
            push.refused(7, 1, &expects(9, 1), SOUND),
            PushNext::SkipTo(9)
        );
        assert_eq!(
            push.refused(7, 1, &expects(3, 1), SOUND),
            PushNext::RewindTo(3)
        );
        assert_eq!(push.refused(7, 1, &expects(9, 2), SOUND), PushNext::Heal);
        assert_eq!(push.refused(7, 1, &expects(7, 1), SOUND), PushNext::Heal);
    }

    #[test]
    fn everything_else_waits_with_the_same_bytes() {
        for code in [400, 401, 403, 426, 429, 500, 503] {
            let mut push = Push::default();
            assert_eq!(push.refused(1, 5, &status(code), SOUND), PushNext::Wait);
            assert_eq!(push, Push::default());
        }
    }
}
