//! A repair from intake to hand-over: which state may follow which is one table, and a repair's
//! state is folded from its events in their order, wherever each was written.

use serde::{Deserialize, Serialize};

use crate::{
    hlc::Hlc,
    id::{CustomerId, OpId, RepairId, StaffId, StoreId},
    limit::{NOTE_CHARS_MAX, TEXT_CHARS_MAX},
    replication::body::RepairIntakeBody,
};

/// Where a repair stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairState {
    Received,
    Diagnosing,
    AwaitingApproval,
    Approved,
    AwaitingParts,
    Repairing,
    QualityCheck,
    Ready,
    Delivered,
    Declined,
    Unrepairable,
    Cancelled,
    Abandoned,
}

use RepairState as S;

/// What may follow what, by hand. Everything else is an illegal transition.
pub const TRANSITIONS: &[(RepairState, &[RepairState])] = &[
    (S::Received, &[S::Diagnosing, S::Repairing, S::Cancelled]),
    (
        S::Diagnosing,
        &[
            S::AwaitingApproval,
            S::Repairing,
            S::Unrepairable,
            S::Cancelled,
        ],
    ),
    (
        S::AwaitingApproval,
        &[S::Approved, S::Declined, S::Diagnosing, S::Cancelled],
    ),
    (S::Approved, &[S::AwaitingParts, S::Repairing, S::Cancelled]),
    (
        S::AwaitingParts,
        &[S::Repairing, S::Unrepairable, S::Cancelled],
    ),
    (
        S::Repairing,
        &[
            S::AwaitingApproval,
            S::AwaitingParts,
            S::QualityCheck,
            S::Unrepairable,
        ],
    ),
    (S::QualityCheck, &[S::Ready, S::Repairing]),
    (S::Ready, &[S::Delivered, S::Repairing, S::Abandoned]),
    (S::Declined, &[S::Delivered, S::Diagnosing, S::Abandoned]),
    (
        S::Unrepairable,
        &[S::Delivered, S::Diagnosing, S::Abandoned],
    ),
    (S::Cancelled, &[S::Delivered, S::Diagnosing, S::Abandoned]),
    (S::Delivered, &[]),
    (S::Abandoned, &[S::Delivered]),
];

/// The six columns of the board, and which states each shows.
pub const BOARD: [(&str, &[RepairState]); 6] = [
    ("received", &[S::Received]),
    ("diagnosing", &[S::Diagnosing]),
    ("waiting", &[S::AwaitingApproval, S::AwaitingParts]),
    ("repairing", &[S::Approved, S::Repairing, S::QualityCheck]),
    (
        "ready",
        &[S::Ready, S::Declined, S::Unrepairable, S::Cancelled],
    ),
    ("closed", &[S::Delivered, S::Abandoned]),
];

impl RepairState {
    pub const ALL: [RepairState; 13] = [
        S::Received,
        S::Diagnosing,
        S::AwaitingApproval,
        S::Approved,
        S::AwaitingParts,
        S::Repairing,
        S::QualityCheck,
        S::Ready,
        S::Delivered,
        S::Declined,
        S::Unrepairable,
        S::Cancelled,
        S::Abandoned,
    ];

    /// States in which nobody waits for the repair any more: its events go with the past.
    pub const CLOSED: [Self; 3] = [Self::Delivered, Self::Cancelled, Self::Abandoned];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            S::Received => "received",
            S::Diagnosing => "diagnosing",
            S::AwaitingApproval => "awaiting_approval",
            S::Approved => "approved",
            S::AwaitingParts => "awaiting_parts",
            S::Repairing => "repairing",
            S::QualityCheck => "quality_check",
            S::Ready => "ready",
            S::Delivered => "delivered",
            S::Declined => "declined",
            S::Unrepairable => "unrepairable",
            S::Cancelled => "cancelled",
            S::Abandoned => "abandoned",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// What may come next, by hand.
    #[must_use]
    pub fn next(self) -> &'static [RepairState] {
        TRANSITIONS
            .iter()
            .find(|(from, _)| *from == self)
            .map_or(&[], |(_, to)| *to)
    }

    /// Whether a step to `to` counts. A step to where the repair already stands changes nothing
    /// and is no error; a hand-over is a physical fact and counts from every state.
    #[must_use]
    pub fn accepts(self, to: RepairState) -> bool {
        self == to || to == S::Delivered || self.next().contains(&to)
    }
}

/// The thing on the bench.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RepairDevice {
    /// Phone, laptop, tablet and so on, in the shop's words.
    pub kind: String,
    #[serde(default)]
    pub brand: String,
    #[serde(default)]
    pub model: String,
    /// Serial number or IMEI.
    #[serde(default)]
    pub serial: String,
}

/// What happened to a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RepairHappening {
    TakenIn {
        number: String,
        customer_id: Option<CustomerId>,
        device: RepairDevice,
        fault: String,
        accessories: String,
        promised_date: Option<String>,
    },
    Moved {
        to: RepairState,
    },
    Noted {
        text: String,
    },
}

/// One event of a repair: a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairEvent {
    pub op_id: OpId,
    pub repair_id: RepairId,
    pub store_id: StoreId,
    pub staff_id: Option<StaffId>,
    /// When the till's clock said it happened, in milliseconds since 1970.
    pub wall_ms: i64,
    pub happening: RepairHappening,
}

/// A repair as its events make it: a folded row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    pub repair_id: RepairId,
    pub store_id: StoreId,
    pub number: String,
    pub customer_id: Option<CustomerId>,
    pub device: RepairDevice,
    pub fault: String,
    pub accessories: String,
    pub promised_date: Option<String>,
    pub state: RepairState,
    pub received_ms: i64,
    pub changed_ms: i64,
    /// Operations whose step was impossible when its turn came: kept and shown, without effect.
    pub rejected: Vec<OpId>,
}

/// Folds one more event, in order, onto the repair as it stands. Events that come before the
/// intake wait for it: a fold over all of them in order gives the row.
#[must_use]
pub fn fold_event(repair: Option<Repair>, event: &RepairEvent) -> Option<Repair> {
    match (repair, &event.happening) {
        (
            None,
            RepairHappening::TakenIn {
                number,
                customer_id,
                device,
                fault,
                accessories,
                promised_date,
            },
        ) => Some(Repair {
            repair_id: event.repair_id,
            store_id: event.store_id,
            number: number.clone(),
            customer_id: *customer_id,
            device: device.clone(),
            fault: fault.clone(),
            accessories: accessories.clone(),
            promised_date: promised_date.clone(),
            state: S::Received,
            received_ms: event.wall_ms,
            changed_ms: event.wall_ms,
            rejected: Vec::new(),
        }),
        (None, _) => None,
        (Some(mut repair), happening) => {
            match happening {
                RepairHappening::Moved { to } if repair.state.accepts(*to) => repair.state = *to,
                RepairHappening::Moved { .. } | RepairHappening::TakenIn { .. } => {
                    repair.rejected.push(event.op_id);
                }
                RepairHappening::Noted { .. } => {}
            }
            repair.changed_ms = event.wall_ms;
            Some(repair)
        }
    }
}

/// Folds all events of one repair, in whatever order they arrive. The intake leads; the rest
/// follow by (effective stamp, operation).
#[must_use]
pub fn fold(events: &[(Hlc, RepairEvent)]) -> Option<Repair> {
    let mut ordered: Vec<_> = events.iter().collect();
    ordered.sort_by_key(|(hlc, event)| {
        (
            !matches!(event.happening, RepairHappening::TakenIn { .. }),
            *hlc,
            event.op_id,
        )
    });
    ordered
        .into_iter()
        .fold(None, |repair, (_, event)| fold_event(repair, event))
}

/// Why a step or an intake is refused at the till, before anything is recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepairError {
    #[error("a repair needs to say what is wrong")]
    FaultMissing,
    #[error("a repair needs the kind of device")]
    DeviceKindMissing,
    #[error("a note needs some text")]
    NoteEmpty,
    #[error("{field} is longer than {max} characters")]
    TextTooLong { field: &'static str, max: usize },
    #[error("a repair that is {} cannot become {}", from.name(), to.name())]
    IllegalTransition { from: RepairState, to: RepairState },
}

/// Checks an intake as typed and trims it.
pub fn take_in(mut body: RepairIntakeBody) -> Result<RepairIntakeBody, RepairError> {
    let device = &mut body.device;
    for text in [
        &mut device.kind,
        &mut device.brand,
        &mut device.model,
        &mut device.serial,
    ] {
        *text = text.trim().to_owned();
    }
    body.fault = body.fault.trim().to_owned();
    body.accessories = body.accessories.trim().to_owned();
    if body.device.kind.is_empty() {
        return Err(RepairError::DeviceKindMissing);
    }
    if body.fault.is_empty() {
        return Err(RepairError::FaultMissing);
    }
    let texts = [
        ("kind", &body.device.kind, TEXT_CHARS_MAX),
        ("brand", &body.device.brand, TEXT_CHARS_MAX),
        ("model", &body.device.model, TEXT_CHARS_MAX),
        ("serial", &body.device.serial, TEXT_CHARS_MAX),
        ("fault", &body.fault, NOTE_CHARS_MAX),
        ("accessories", &body.accessories, NOTE_CHARS_MAX),
    ];
    for (field, text, max) in texts {
        if text.chars().count() > max {
            return Err(RepairError::TextTooLong { field, max });
        }
    }
    Ok(body)
}

/// Checks a step by hand against the state that the till shows.
pub fn check_move(from: RepairState, to: RepairState) -> Result<(), RepairError> {
    if from.next().contains(&to) {
        Ok(())
    } else {
        Err(RepairError::IllegalTransition { from, to })
    }
}

/// Checks and trims a note.
pub fn check_note(text: &str) -> Result<String, RepairError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(RepairError::NoteEmpty);
    }
    if text.chars().count() > NOTE_CHARS_MAX {
        return Err(RepairError::TextTooLong {
            field: "note",
            max: NOTE_CHARS_MAX,
        });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn event(n: u128, happening: RepairHappening) -> (Hlc, RepairEvent) {
        let event = RepairEvent {
            op_id: OpId(Uuid::from_u128(n)),
            repair_id: RepairId(Uuid::from_u128(7)),
            store_id: StoreId(Uuid::from_u128(8)),
            staff_id: None,
            wall_ms: 0,
            happening,
        };
        (Hlc(u64::try_from(n).unwrap()), event)
    }

    fn intake() -> (Hlc, RepairEvent) {
        let happening = RepairHappening::TakenIn {
            number: "S1T1W000001".into(),
            customer_id: None,
            device: RepairDevice {
                kind: "Phone".into(),
                ..RepairDevice::default()
            },
            fault: "Cracked glass".into(),
            accessories: String::new(),
            promised_date: None,
        };
        event(1, happening)
    }

    #[test]
    fn every_state_has_a_row_in_the_table_and_a_column_on_the_board() {
        for state in RepairState::ALL {
            assert!(
                TRANSITIONS.iter().any(|(from, _)| *from == state),
                "{state:?}"
            );
            assert_eq!(
                BOARD
                    .iter()
                    .filter(|(_, states)| states.contains(&state))
                    .count(),
                1
            );
            assert_eq!(RepairState::from_name(state.name()), Some(state));
        }
    }

    #[test]
    fn an_impossible_step_is_kept_as_rejected() {
        let events = [
            intake(),
            event(
                2,
                RepairHappening::Moved {
                    to: S::QualityCheck,
                },
            ),
        ];
        let repair = fold(&events).unwrap();
        assert_eq!(repair.state, S::Received);
        assert_eq!(repair.rejected, [OpId(Uuid::from_u128(2))]);
    }

    #[test]
    fn a_hand_over_counts_from_every_state() {
        let events = [
            intake(),
            event(2, RepairHappening::Moved { to: S::Delivered }),
        ];
        assert_eq!(fold(&events).unwrap().state, S::Delivered);
    }

    proptest! {
        #[test]
        fn events_fold_alike_in_any_order_of_arrival(
            steps in proptest::collection::vec(0_usize..13, 0..12),
            seed in any::<u64>(),
        ) {
            let mut events = vec![intake()];
            for (n, step) in steps.into_iter().enumerate() {
                let to = RepairState::ALL[step];
                events.push(event(n as u128 + 2, RepairHappening::Moved { to }));
            }
            let straight = fold(&events);
            let mut shuffled = events.clone();
            let mut state = seed;
            for i in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                shuffled.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
            }
            prop_assert_eq!(straight, fold(&shuffled));
        }
    }
}
