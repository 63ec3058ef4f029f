//! How the till stands with the server, in the order of what matters: every state that holds, the
//! gravest first, and who has to act on it. A plain function of what the till reports.

use domain::contract::{failure::code, ipc::SyncStatus};

/// A clock further off than this is told: sales would carry a wrong time.
pub const SKEW_MS_MAX: u64 = 5 * 60_000;
/// Operations that wait longer than this although the server answers are told.
pub const WAIT_MS_MAX: i64 = 10 * 60_000;

/// One state that a till can be in; several may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The owner withdrew it: nobody sells here.
    Revoked,
    /// Its disk was an old copy, or another computer works as the same till.
    Fenced,
    /// The server asks for a newer program.
    UpdateNeeded,
    Offline,
    ClockAhead {
        minutes: u64,
    },
    ClockBehind {
        minutes: u64,
    },
    /// The server answers, and yet something waits for long.
    WaitingLong,
    /// The server keeps operations aside for the owner.
    Held,
    /// The first copy of a feed is on its way.
    Filling,
    Sending,
    Behind,
    Synced,
}

/// Who has to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    Nobody,
    Manager,
    Owner,
}

/// How pressing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    Good,
    Busy,
    Warning,
    Stop,
}

impl Standing {
    #[must_use]
    pub const fn actor(self) -> Actor {
        match self {
            Self::Revoked | Self::Held => Actor::Owner,
            Self::Fenced
            | Self::UpdateNeeded
            | Self::ClockAhead { .. }
            | Self::ClockBehind { .. }
            | Self::WaitingLong => Actor::Manager,
            Self::Offline | Self::Filling | Self::Sending | Self::Behind | Self::Synced => {
                Actor::Nobody
            }
        }
    }

    #[must_use]
    pub const fn gravity(self) -> Gravity {
        match self {
            Self::Revoked | Self::Fenced => Gravity::Stop,
            Self::UpdateNeeded
            | Self::Offline
            | Self::ClockAhead { .. }
            | Self::ClockBehind { .. }
            | Self::WaitingLong
            | Self::Held => Gravity::Warning,
            Self::Filling | Self::Sending | Self::Behind => Gravity::Busy,
            Self::Synced => Gravity::Good,
        }
    }

    /// Its name, for tests and styles.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Fenced => "fenced",
            Self::UpdateNeeded => "update",
            Self::Offline => "offline",
            Self::ClockAhead { .. } | Self::ClockBehind { .. } => "clock",
            Self::WaitingLong => "late",
            Self::Held => "held",
            Self::Filling => "filling",
            Self::Sending => "waiting",
            Self::Behind => "behind",
            Self::Synced => "synced",
        }
    }
}

/// Every state that holds, the gravest first; never empty. What is held keeps nobody from being up
/// to date, so it comes after the state that says so.
#[must_use]
pub fn standings(status: &SyncStatus, now_ms: i64) -> Vec<Standing> {
    let needs_update = status.last_error.as_deref() == Some(code::UPGRADE_REQUIRED);
    // A till that is told to update has reached its server.
    let is_offline = !status.is_connected && !needs_update;
    let is_late = !is_offline
        && status.waiting > 0
        && status
            .waiting_since_ms
            .is_some_and(|since| now_ms.saturating_sub(since) > WAIT_MS_MAX);
    let is_filling = status.scopes.iter().any(|scope| scope.filling.is_some());
    let is_behind = status.scopes.iter().any(|scope| {
        scope.cursor < scope.head || scope.refilling.is_some() || scope.history.is_some()
    });
    let mut found = Vec::new();
    let mut note = |holds: bool, standing| {
        if holds {
            found.push(standing);
        }
    };
    note(status.is_revoked, Standing::Revoked);
    note(status.is_fenced, Standing::Fenced);
    note(needs_update, Standing::UpdateNeeded);
    note(is_offline, Standing::Offline);
    if let Some(clock) = clock(status.skew_ms.unwrap_or(0)) {
        note(true, clock);
    }
    note(is_late, Standing::WaitingLong);
    let is_quiet = !is_offline && !status.is_revoked;
    note(is_quiet && is_filling, Standing::Filling);
    note(
        is_quiet && !is_late && status.waiting > 0,
        Standing::Sending,
    );
    note(
        is_quiet && !is_filling && is_behind && status.waiting == 0,
        Standing::Behind,
    );
    if found.is_empty() {
        found.push(Standing::Synced);
    }
    if status.held > 0 {
        found.push(Standing::Held);
    }
    found
}

/// A clock that is off by too much, in whole minutes.
#[must_use]
pub fn clock(skew_ms: i64) -> Option<Standing> {
    let off_ms = skew_ms.unsigned_abs();
    let minutes = off_ms / 60_000;
    (off_ms > SKEW_MS_MAX).then_some(if skew_ms > 0 {
        Standing::ClockAhead { minutes }
    } else {
        Standing::ClockBehind { minutes }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use domain::contract::ipc::ScopeStatus;

    use super::*;

    pub(crate) fn status(is_connected: bool, waiting: u64) -> SyncStatus {
        SyncStatus {
            is_connected,
            waiting,
            waiting_since_ms: None,
            held: 0,
            pending: 0,
            last_contact_ms: Some(0),
            scopes: Vec::new(),
            last_error: None,
            last_error_detail: None,
            is_revoked: false,
            is_fenced: false,
            skew_ms: None,
            products: 0,
        }
    }

    fn scope(cursor: u64, head: u64, filling: Option<(u64, u64)>) -> ScopeStatus {
        ScopeStatus {
            scope: "org".to_owned(),
            cursor,
            head,
            filling,
            refilling: None,
            history: None,
        }
    }

    #[test]
    fn a_quiet_till_is_up_to_date_and_what_is_held_does_not_change_that() {
        let held = SyncStatus {
            held: 2,
            ..status(true, 0)
        };
        assert_eq!(standings(&status(true, 0), 0), [Standing::Synced]);
        assert_eq!(standings(&held, 0), [Standing::Synced, Standing::Held]);
        assert_eq!(Standing::Held.actor(), Actor::Owner);
    }

    #[test]
    fn what_stops_selling_comes_before_what_does_not() {
        let worst = SyncStatus {
            is_revoked: true,
            is_fenced: true,
            skew_ms: Some(-600_000),
            ..status(false, 3)
        };
        assert_eq!(
            standings(&worst, 0),
            [
                Standing::Revoked,
                Standing::Fenced,
                Standing::Offline,
                Standing::ClockBehind { minutes: 10 },
            ]
        );
    }

    #[test]
    fn a_till_that_must_update_is_not_called_offline() {
        let old = SyncStatus {
            last_error: Some(code::UPGRADE_REQUIRED.to_owned()),
            ..status(false, 0)
        };
        assert_eq!(standings(&old, 0), [Standing::UpdateNeeded]);
    }

    #[test]
    fn waiting_is_told_only_after_a_while_and_only_while_the_server_answers() {
        let since = |is_connected| SyncStatus {
            waiting_since_ms: Some(0),
            ..status(is_connected, 1)
        };
        assert_eq!(standings(&since(true), WAIT_MS_MAX), [Standing::Sending]);
        assert_eq!(
            standings(&since(true), WAIT_MS_MAX + 1),
            [Standing::WaitingLong]
        );
        assert_eq!(
            standings(&since(false), WAIT_MS_MAX + 1),
            [Standing::Offline]
        );
    }

    #[test]
    fn a_clock_is_wrong_beyond_five_minutes_either_way() {
        assert_eq!(clock(300_000), None);
        assert_eq!(clock(-300_000), None);
        assert_eq!(clock(360_000), Some(Standing::ClockAhead { minutes: 6 }));
        assert_eq!(
            clock(-7_260_000),
            Some(Standing::ClockBehind { minutes: 121 })
        );
    }

    #[test]
    fn a_first_fill_is_not_the_same_as_being_behind() {
        let with = |scope| SyncStatus {
            scopes: vec![scope],
            ..status(true, 0)
        };
        assert_eq!(
            standings(&with(scope(0, 9, Some((1, 9)))), 0),
            [Standing::Filling]
        );
        assert_eq!(standings(&with(scope(3, 9, None)), 0), [Standing::Behind]);
        // The till sells while its past, or a whole new copy, is on its way.
        for behind in [
            ScopeStatus {
                history: Some((1, 9)),
                ..scope(9, 9, None)
            },
            ScopeStatus {
                refilling: Some((1, 9)),
                ..scope(9, 9, None)
            },
        ] {
            assert_eq!(standings(&with(behind), 0), [Standing::Behind]);
        }
        assert_eq!(standings(&with(scope(9, 9, None)), 0), [Standing::Synced]);
    }
}
