//! A drawer from its float to its count: what its events make of it in any order of arrival, what
//! its documents add up to, and how it is closed.

use domain::{
    hlc::Hlc,
    id::{DeviceId, OpId, ShiftId, StaffId, StoreId},
    money::{Currency, Money},
    replication::{
        Rows,
        fold::{fold_log, fold_log_event},
        log::{Happening, LogEvent, LogKind, LogRow, LogState, known_events},
    },
    sale::{DocumentKind, TenderCode, TenderKind, details::ApprovedBy},
    shift::{
        CashMovementKind, ClosingCounts, ClosingRules, Pieces, Shift, ShiftError, ShiftEvent,
        ShiftOpening, ShiftTotals, SpotCount, check_open, close, denominations, move_cash,
        shift_for_document, sum_pieces,
    },
    staff::Permission,
    tax::TaxMode,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{cart_line, document, sell};

const SHIFT: ShiftId = ShiftId(Uuid::from_u128(9));
const MANAGER: StaffId = StaffId(Uuid::from_u128(0x51));
const TILL: DeviceId = DeviceId(Uuid::from_u128(2));

fn event(n: u128, device_id: DeviceId, happening: ShiftEvent) -> (Hlc, LogEvent) {
    let event = LogEvent {
        op_id: OpId(Uuid::from_u128(n)),
        n: 1,
        key: SHIFT.into(),
        store_id: Some(StoreId(Uuid::from_u128(3))),
        device_id,
        staff_id: Some(StaffId(Uuid::from_u128(4))),
        wall_ms: i64::try_from(n).unwrap(),
        happening: Happening::Shift(happening),
    };
    (Hlc(u64::try_from(n).unwrap()), event)
}

fn opened() -> (Hlc, LogEvent) {
    let opening = ShiftOpening {
        business_date: "2011-03-26".into(),
        utc_offset_min: 0,
        currency: euro(),
        float_minor: Money(10_000),
    };
    event(1, TILL, ShiftEvent::Opened(opening))
}

fn moved(n: u128, movement: CashMovementKind, minor: i64) -> (Hlc, LogEvent) {
    let happening = ShiftEvent::Moved {
        movement,
        amount_minor: Money(minor),
        reason: "because".into(),
    };
    event(n, TILL, happening)
}

fn euro() -> Currency {
    Currency {
        code: "EUR".into(),
        minor_digits: 2,
    }
}

fn shift(events: &[(Hlc, LogEvent)]) -> Shift {
    fold_log(events).and_then(LogState::into_shift).unwrap()
}

/// Two sales of 15.30, one refunded.
fn totals() -> ShiftTotals {
    let mut totals = ShiftTotals::default();
    let mut sale = document(&sell(
        &[cart_line(6_000, 25_500, 200_000)],
        TaxMode::Inclusive,
    ));
    totals.add(&sale);
    sale.number = "S1T1A000002".into();
    totals.add(&sale);
    sale.kind = DocumentKind::CreditNote;
    sale.number = "S1T1R0A000001".into();
    totals.add(&sale);
    totals
}

fn counted(pieces: &[Pieces], float_left: i64) -> ClosingCounts<'_> {
    ClosingCounts {
        pieces,
        others: &[],
        float_left: Money(float_left),
        note: "",
    }
}

const NO_LIMIT: ClosingRules<'static> = ClosingRules {
    countable: &[],
    difference_limit: None,
    may_differ: false,
    allowed_by: None,
};

#[test]
fn kinds_of_logs_stand_in_the_order_of_their_names() {
    let names = LogKind::ALL.map(LogKind::name);
    assert!(names.is_sorted());
    assert!(LogKind::ALL.is_sorted());
    assert!(
        LogKind::ALL
            .iter()
            .all(|kind| LogKind::from_name(kind.name()) == Some(*kind))
    );
}

#[test]
fn a_drawer_should_hold_its_float_its_sales_and_what_was_brought_and_taken() {
    let shift = shift(&[
        opened(),
        moved(2, CashMovementKind::In, 5_000),
        moved(3, CashMovementKind::Out, 1_000),
        moved(4, CashMovementKind::SafeDrop, 2_000),
        moved(5, CashMovementKind::PettyExpense, 350),
        moved(6, CashMovementKind::NoSale, 0),
    ]);
    assert_eq!(shift.cash.no_sales, 1);
    // 100 + 50 - 10 - 20 - 3.50 + 15.30
    assert_eq!(shift.expected_cash(&totals()).unwrap(), Money(13_180));
}

#[test]
fn totals_keep_sales_and_refunds_apart_and_take_refunds_off_taxes() {
    let totals = totals();
    assert_eq!(
        (totals.sales, totals.refunds, totals.documents()),
        (2, 1, 3)
    );
    assert_eq!(totals.net(), Money(1_530));
    assert_eq!(totals.taxes[0].gross_minor, Money(1_530));
    assert_eq!(totals.taxes[0].tax_minor, Money(255));
    let numbers: Vec<_> = totals
        .numbers
        .iter()
        .map(|one| {
            (
                one.kind,
                one.first.as_str(),
                one.last.as_str(),
                one.documents,
            )
        })
        .collect();
    assert_eq!(
        numbers,
        [
            (DocumentKind::Receipt, "S1T1A000001", "S1T1A000002", 2),
            (
                DocumentKind::CreditNote,
                "S1T1R0A000001",
                "S1T1R0A000001",
                1
            ),
        ]
    );
}

#[test]
fn what_comes_after_the_closing_is_kept_and_changes_nothing() {
    let open = shift(&[opened()]);
    let notes = [Pieces {
        value_minor: Money(5_000),
        count: 2,
    }];
    let closing = close(
        &open,
        &ShiftTotals::default(),
        counted(&notes, 5_000),
        NO_LIMIT,
    )
    .unwrap();
    let closed = event(10, TILL, ShiftEvent::Closed(Box::new(closing)));
    let before = shift(&[opened(), closed.clone()]);
    let late = moved(11, CashMovementKind::Out, 1_000);
    let again = (
        Hlc(12),
        LogEvent {
            op_id: OpId(Uuid::from_u128(12)),
            ..closed.1.clone()
        },
    );
    let after = shift(&[late.clone(), opened(), closed, again.clone()]);
    assert_eq!(after.rejected, [late.1.op_id, again.1.op_id]);
    assert_eq!((after.cash, &after.closed), (before.cash, &before.closed));
}

#[test]
fn logs_of_a_newer_program_are_passed_over_and_broken_ones_are_not() {
    let (_, event) = opened();
    let row = LogRow {
        key: SHIFT.into(),
        home: event.store_id,
        state: LogState::Shift(Box::new(shift(&[opened()]))),
    };
    let newer = |value: &serde_json::Value, field: &str| {
        let mut newer = value.clone();
        newer[field] = serde_json::json!({"kind_of_tomorrow": {}});
        newer
    };
    let state = serde_json::to_value(&row).unwrap();
    let rows = serde_json::json!({"log_row": [newer(&state, "state"), state]});
    let read: Rows = serde_json::from_value(rows).unwrap();
    assert_eq!(read.log_row, [row]);
    let mut broken = state.clone();
    broken["state"]["shift"]["opened_ms"] = "noon".into();
    let rows = serde_json::json!({"log_row": [broken]});
    assert!(serde_json::from_value::<Rows>(rows).is_err());

    let happening = serde_json::to_value(&event).unwrap();
    let events = serde_json::json!([newer(&happening, "happening"), happening]);
    assert_eq!(known_events(events).unwrap(), [event]);
    let tender = serde_json::from_str::<TenderKind>("\"token_of_tomorrow\"").unwrap();
    assert_eq!(tender, TenderKind::Other);
}

#[test]
fn another_till_has_no_say_in_a_drawer() {
    let other = DeviceId(Uuid::from_u128(77));
    let count = SpotCount {
        counted_minor: Money(1),
        expected_minor: Some(Money(10_000)),
        pieces: Vec::new(),
    };
    let stray = event(2, other, ShiftEvent::Counted(count));
    let shift = shift(&[opened(), stray.clone()]);
    assert_eq!(shift.rejected, [stray.1.op_id]);
    assert_eq!(shift.last_count, None);
}

#[test]
fn a_difference_above_the_limit_needs_a_manager() {
    let shift = shift(&[opened()]);
    let notes = [Pieces {
        value_minor: Money(5_000),
        count: 1,
    }];
    let limited = ClosingRules {
        difference_limit: Some(Money(500)),
        ..NO_LIMIT
    };
    let totals = ShiftTotals::default();
    let refused = close(&shift, &totals, counted(&notes, 0), limited);
    let limit_minor = 500;
    assert_eq!(
        refused,
        Err(ShiftError::DifferenceOverLimit { limit_minor })
    );
    let manager = ClosingRules {
        may_differ: true,
        ..limited
    };
    let closing = close(&shift, &totals, counted(&notes, 0), manager).unwrap();
    assert_eq!(closing.difference_minor, Money(-5_000));
    assert!(closing.approvals.is_empty());

    let allowed = ApprovedBy {
        permission: Permission::SettleShift,
        staff_id: MANAGER,
    };
    let asked = ClosingRules {
        allowed_by: Some(allowed),
        ..limited
    };
    let closing = close(&shift, &totals, counted(&notes, 0), asked).unwrap();
    assert_eq!(closing.approvals, [allowed]);
    // Nobody is named where nothing had to be allowed.
    let exact = [Pieces {
        value_minor: Money(10_000),
        count: 1,
    }];
    let closing = close(&shift, &totals, counted(&exact, 0), asked).unwrap();
    assert!(closing.approvals.is_empty());
}

#[test]
fn every_countable_tender_is_counted_and_no_other() {
    let shift = shift(&[opened()]);
    let voucher = TenderCode::from_name("voucher").unwrap();
    let rules = ClosingRules {
        countable: &[voucher],
        ..NO_LIMIT
    };
    let totals = ShiftTotals::default();
    assert!(close(&shift, &totals, counted(&[], 0), rules).is_err());
    let others = [(voucher, Money(700))];
    let both = ClosingCounts {
        others: &others,
        ..counted(&[], 0)
    };
    let closing = close(&shift, &totals, both, rules).unwrap();
    assert_eq!(closing.difference_minor, Money(-10_000 + 700));
    assert!(close(&shift, &totals, both, NO_LIMIT).is_err());
}

#[test]
fn no_more_stays_in_the_drawer_than_was_counted() {
    let shift = shift(&[opened()]);
    let result = close(&shift, &ShiftTotals::default(), counted(&[], 1), NO_LIMIT);
    assert_eq!(result, Err(ShiftError::FloatLeftTooHigh));
}

#[test]
fn a_shift_of_yesterday_is_closed_before_another_opens_and_refuses_no_sale() {
    let shift = shift(&[opened()]);
    let (same, next) = ("2011-03-26", "2011-03-27");
    let overdue = ShiftError::Overdue {
        business_date: same.into(),
    };
    assert_eq!(
        check_open(Some(&shift), same, Money(0)),
        Err(ShiftError::AlreadyOpen)
    );
    assert_eq!(check_open(Some(&shift), next, Money(0)), Err(overdue));
    assert_eq!(
        check_open(None, next, Money(-1)),
        Err(ShiftError::AmountInvalid)
    );
    assert_eq!(shift_for_document(Some(&shift), true), Ok(Some(SHIFT)));
    assert_eq!(shift_for_document(None, false), Ok(None));
    assert_eq!(shift_for_document(None, true), Err(ShiftError::NotOpen));
}

#[test]
fn cash_moves_with_a_reason_and_an_amount() {
    for (kind, minor, reason, is_right) in [
        (CashMovementKind::In, 100, "change", true),
        (CashMovementKind::In, 100, "  ", false),
        (CashMovementKind::Out, 0, "bank", false),
        (CashMovementKind::SafeDrop, -5, "safe", false),
        (CashMovementKind::NoSale, 0, "changed a note", true),
        (CashMovementKind::NoSale, 5, "changed a note", false),
    ] {
        let result = move_cash(SHIFT, kind, Money(minor), reason);
        assert_eq!(result.is_ok(), is_right, "{kind:?} {minor} {reason:?}");
    }
}

#[test]
fn coins_and_notes_are_those_of_the_currency() {
    let pieces = |value: i64, count| {
        [Pieces {
            value_minor: Money(value),
            count,
        }]
    };
    assert_eq!(sum_pieces(&pieces(2_000, 3), &euro()), Ok(Money(6_000)));
    let unknown = Err(ShiftError::PieceUnknown { value_minor: 2_500 });
    assert_eq!(sum_pieces(&pieces(2_500, 3), &euro()), unknown);
    for code in ["EUR", "USD", "MXN", "PEN", "CLP", "XTS"] {
        let currency = Currency {
            code: code.into(),
            minor_digits: if code == "CLP" { 0 } else { 2 },
        };
        let values = denominations(&currency);
        assert!(values.windows(2).all(|two| two[0] > two[1]), "{code}");
    }
}

proptest! {
    #[test]
    fn events_of_a_shift_fold_alike_in_any_order_of_arrival(
        moves in proptest::collection::vec((0_usize..5, 0_i64..10_000), 0..12),
        closes_at in 0_usize..12,
        seed in any::<u64>(),
    ) {
        let mut events = vec![opened()];
        for (at, (kind, minor)) in moves.into_iter().enumerate() {
            let n = at as u128 + 2;
            if at == closes_at {
                let open = shift(&events);
                let closing = close(&open, &totals(), counted(&[], 0), NO_LIMIT).unwrap();
                events.push(event(n, TILL, ShiftEvent::Closed(Box::new(closing))));
            } else {
                events.push(moved(n, CashMovementKind::ALL[kind], minor));
            }
        }
        let straight = fold_log(&events);
        // One after the other, as a till lays its own over what it has.
        let one_by_one = events.iter().fold(None, |state, (_, event)| fold_log_event(state, event));
        prop_assert_eq!(&straight, &one_by_one);
        let mut shuffled = events.clone();
        let mut state = seed;
        for i in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
        }
        prop_assert_eq!(straight, fold_log(&shuffled));
    }
}
