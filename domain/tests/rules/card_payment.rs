//! A card payment from before the terminal is asked until a document has it: which step may follow
//! which, that no order of events charges twice or forgets a charge, and what a sale may take.

use domain::{
    card_payment::{
        Authorization, CardCharge, CardPayment, CardPaymentError, CardPaymentEvent,
        CardPaymentState, Decline, Doubt, SlipOutcome, SlipSettlement, check_close, check_start,
        next, settle, take,
    },
    hlc::Hlc,
    id::{CardPaymentId, DeviceId, DraftId, OpId, StaffId, StoreId},
    money::{Currency, Money},
    replication::{
        OpBody, apply,
        fold::{fold_log, fold_log_event},
        log::{Happening, LogEvent, LogState},
    },
    sale::{TenderCode, TenderedPayment, default_tenders, details::CardPaymentUse},
    tax::TaxMode,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{cart_line, header, sell};

const PAYMENT: CardPaymentId = CardPaymentId(Uuid::from_u128(12));
const DRAFT: DraftId = DraftId(Uuid::from_u128(13));
const TILL: DeviceId = DeviceId(Uuid::from_u128(2));
const OTHER_TILL: DeviceId = DeviceId(Uuid::from_u128(7));

fn charge() -> CardCharge {
    CardCharge {
        draft_id: DRAFT,
        tender: TenderCode::CARD,
        amount_minor: Money(1_530),
        currency: Currency {
            code: "EUR".into(),
            minor_digits: 2,
        },
    }
}

fn approved() -> CardPaymentEvent {
    CardPaymentEvent::Approved(Authorization {
        code: "004217".into(),
        scheme: "Visa".into(),
        last_digits: "4242".into(),
    })
}

fn declined() -> CardPaymentEvent {
    CardPaymentEvent::Declined {
        why: Decline::Refused,
        detail: String::new(),
    }
}

fn unknown() -> CardPaymentEvent {
    CardPaymentEvent::Unknown {
        why: Doubt::TimedOut,
    }
}

fn settled(outcome: SlipOutcome) -> CardPaymentEvent {
    CardPaymentEvent::Settled(SlipSettlement {
        outcome,
        reference: "slip 81".into(),
        note: String::new(),
        approvals: Vec::new(),
    })
}

fn returned() -> CardPaymentEvent {
    CardPaymentEvent::Returned {
        reference: "R1".into(),
    }
}

fn return_refused() -> CardPaymentEvent {
    CardPaymentEvent::ReturnRefused {
        detail: String::new(),
    }
}

fn event(n: u128, device_id: DeviceId, happening: CardPaymentEvent) -> (Hlc, LogEvent) {
    let event = LogEvent {
        op_id: OpId(Uuid::from_u128(n)),
        n: 1,
        key: PAYMENT.into(),
        store_id: Some(StoreId(Uuid::from_u128(3))),
        device_id,
        staff_id: Some(StaffId(Uuid::from_u128(4))),
        wall_ms: i64::try_from(n).unwrap(),
        happening: Happening::CardPayment(happening),
    };
    (Hlc(u64::try_from(n).unwrap()), event)
}

fn payment(events: &[(Hlc, LogEvent)]) -> CardPayment {
    fold_log(events)
        .and_then(LogState::into_card_payment)
        .unwrap()
}

/// What these events of the till make, after it was started.
fn after(happenings: &[CardPaymentEvent]) -> CardPayment {
    let started = CardPaymentEvent::Started(charge());
    let all = std::iter::once(&started).chain(happenings);
    let events: Vec<_> = (1_u128..)
        .zip(all)
        .map(|(n, one)| event(n, TILL, one.clone()))
        .collect();
    payment(&events)
}

#[test]
fn the_table_says_what_may_follow_and_all_else_is_kept_without_effect() {
    use CardPaymentState as S;
    use SlipOutcome as O;
    let events = [
        ("started", CardPaymentEvent::Started(charge())),
        ("approved", approved()),
        ("declined", declined()),
        ("unknown", unknown()),
        ("charged", settled(O::Charged)),
        ("not charged", settled(O::NotCharged)),
        ("returned by hand", settled(O::Returned)),
        ("used", CardPaymentEvent::Used),
        ("return started", CardPaymentEvent::ReturnStarted),
        ("returned", returned()),
        ("return refused", return_refused()),
    ];
    let possible: &[(S, &str, S)] = &[
        (S::Started, "approved", S::Approved),
        (S::Started, "declined", S::Declined),
        (S::Started, "unknown", S::Unknown),
        (S::Started, "charged", S::Approved),
        (S::Started, "not charged", S::NotCharged),
        (S::Unknown, "approved", S::Approved),
        (S::Unknown, "declined", S::Declined),
        (S::Unknown, "charged", S::Approved),
        (S::Unknown, "not charged", S::NotCharged),
        (S::Approved, "returned by hand", S::Returned),
        (S::Approved, "used", S::Used),
        (S::Approved, "return started", S::Returning),
        (S::Returning, "charged", S::Approved),
        (S::Returning, "returned by hand", S::Returned),
        (S::Returning, "returned", S::Returned),
        (S::Returning, "return refused", S::Approved),
        (S::Declined, "approved", S::Approved),
        (S::Declined, "charged", S::Approved),
        (S::NotCharged, "approved", S::Approved),
        (S::NotCharged, "charged", S::Approved),
    ];
    for state in S::ALL {
        for (name, event) in &events {
            let mut table = possible.iter();
            let row = table.find(|(from, by, _)| *from == state && by == name);
            let expected = row.map(|(_, _, to)| *to);
            assert_eq!(next(state, event), expected, "{} {name}", state.name());
        }
    }
}

#[test]
fn what_the_terminal_said_stays_with_the_payment() {
    let paid = after(&[unknown(), approved(), CardPaymentEvent::Used]);
    assert_eq!(paid.state, CardPaymentState::Used);
    assert_eq!(paid.reference(), "004217");
    assert_eq!(paid.document_id, Some(OpId(Uuid::from_u128(4))));
    assert_eq!((paid.doubt, paid.declined), (None, None));
    let by_slip = after(&[unknown(), settled(SlipOutcome::Charged)]);
    assert_eq!(by_slip.reference(), "slip 81");
    let (by, _) = by_slip.settled.unwrap();
    assert_eq!(by.staff_id, Some(StaffId(Uuid::from_u128(4))));
}

#[test]
fn a_slip_is_read_at_any_till_and_the_terminal_only_at_its_own() {
    let events = [
        event(1, TILL, CardPaymentEvent::Started(charge())),
        event(2, TILL, unknown()),
        event(3, OTHER_TILL, approved()),
        event(4, OTHER_TILL, settled(SlipOutcome::NotCharged)),
    ];
    let payment = payment(&events);
    assert_eq!(payment.state, CardPaymentState::NotCharged);
    assert_eq!(payment.rejected, [OpId(Uuid::from_u128(3))]);
}

#[test]
fn a_sale_takes_what_was_charged_for_it_once_and_all_of_it() {
    let tenders = default_tenders();
    let charged = after(&[approved()]);
    let pay = |tender, minor| TenderedPayment {
        tender,
        tendered_minor: Money(minor),
        reference: "typed".into(),
    };
    let (cash, card) = (TenderCode::CASH, TenderCode::CARD);
    let amount = Money(1_530);
    let taken = take(
        DRAFT,
        &[pay(cash, 500), pay(card, 1_530)],
        &tenders,
        std::slice::from_ref(&charged),
        true,
    )
    .unwrap();
    assert_eq!(taken.payments[0].reference, "typed");
    assert_eq!(taken.payments[1].reference, "004217");
    let used = CardPaymentUse {
        n: 2,
        card_payment_id: PAYMENT,
    };
    assert_eq!(taken.uses, [used]);

    let refused = |payments: &[TenderedPayment], open: &[CardPayment], has_terminal| {
        take(DRAFT, payments, &tenders, open, has_terminal).unwrap_err()
    };
    let all = [charged.clone()];
    let left_over = CardPaymentError::LeftOver { amount };
    assert_eq!(refused(&[pay(cash, 1_530)], &all, true), left_over);
    assert_eq!(refused(&[pay(cash, 1_530)], &all, false), left_over);
    let twice = [pay(card, 1_530), pay(card, 1_530)];
    let not_charged = CardPaymentError::NotCharged { amount };
    assert_eq!(refused(&twice, &all, true), not_charged);
    let lone = [pay(card, 1_530)];
    assert_eq!(refused(&lone, &[], true), not_charged);
    let mut other = charged;
    other.charge.draft_id = DraftId(Uuid::from_u128(99));
    assert_eq!(refused(&lone, &[other], true), not_charged);
    // Typed with its code where the till has no terminal.
    let typed = take(DRAFT, &lone, &tenders, &[], false).unwrap();
    assert_eq!(
        (typed.payments[0].reference.as_str(), typed.uses.len()),
        ("typed", 0)
    );
    for undecided in [after(&[]), after(&[unknown()])] {
        let refused = refused(&[pay(cash, 1_530)], &[undecided], true);
        assert_eq!(refused, CardPaymentError::Undecided { amount });
    }
}

#[test]
fn a_terminal_is_asked_again_only_when_the_last_result_is_known() {
    let tenders = default_tenders();
    let may = |open: &[CardPayment]| check_start(&charge(), &tenders, open);
    let amount = Money(1_530);
    for (open, expected) in [
        (after(&[]), Err(CardPaymentError::Undecided { amount })),
        (
            after(&[unknown()]),
            Err(CardPaymentError::Undecided { amount }),
        ),
        (
            after(&[approved(), CardPaymentEvent::ReturnStarted]),
            Err(CardPaymentError::Undecided { amount }),
        ),
        (after(&[approved()]), Ok(())),
        (after(&[declined()]), Ok(())),
    ] {
        assert_eq!(
            may(std::slice::from_ref(&open)),
            expected,
            "{}",
            open.state.name()
        );
        // Another customer's card has nothing to do with it.
        let mut other = open;
        other.charge.draft_id = DraftId(Uuid::from_u128(99));
        assert_eq!(may(&[other]), Ok(()));
    }
    let wrong = |amount_minor, tender| {
        let charge = CardCharge {
            amount_minor,
            tender,
            ..charge()
        };
        check_start(&charge, &tenders, &[]).unwrap_err()
    };
    let zero = wrong(Money::ZERO, TenderCode::CARD);
    assert_eq!(zero, CardPaymentError::AmountInvalid);
    let tender = TenderCode::CASH;
    assert_eq!(
        wrong(Money(1), tender),
        CardPaymentError::TenderNotCard { tender }
    );
}

#[test]
fn a_slip_that_says_charged_has_a_number_and_a_closing_leaves_nothing_open() {
    let open = after(&[unknown()]);
    let stated = |outcome, reference| settle(&open, outcome, reference, "", Vec::new());
    assert!(stated(SlipOutcome::NotCharged, "").is_ok());
    assert!(stated(SlipOutcome::Charged, " 81 ").is_ok());
    let missing = CardPaymentError::ReferenceMissing;
    assert_eq!(stated(SlipOutcome::Charged, " "), Err(missing));
    let state = CardPaymentState::Unknown;
    let impossible = CardPaymentError::StepImpossible { state };
    assert_eq!(stated(SlipOutcome::Returned, "81"), Err(impossible));
    let left = CardPaymentError::Open {
        count: 1,
        amount: Money(1_530),
    };
    assert_eq!(check_close(std::slice::from_ref(&open)), Err(left));
    assert_eq!(check_close(&[]), Ok(()));
}

#[test]
fn the_sale_itself_uses_its_charge_up() {
    let mut body = sell(&[cart_line(6_000, 25_500, 200_000)], TaxMode::Inclusive);
    let used = CardPaymentUse {
        n: 1,
        card_payment_id: PAYMENT,
    };
    body.details.card_payments = vec![used];
    let facts = apply(&header("sale"), &OpBody::Sale(body.clone()), &[]).unwrap();
    assert_eq!(facts.documents.len(), 1);
    let [stated] = facts.log_events.as_slice() else {
        panic!("one event: {:?}", facts.log_events)
    };
    assert_eq!(
        stated.happening,
        Happening::CardPayment(CardPaymentEvent::Used)
    );
    assert_eq!((stated.key.clone(), stated.n), (PAYMENT.into(), 1));
    body.details.card_payments = vec![used, used];
    assert!(apply(&header("sale"), &OpBody::Sale(body), &[]).is_err());
}

fn any_event() -> impl Strategy<Value = (DeviceId, CardPaymentEvent)> {
    let happening = prop_oneof![
        Just(CardPaymentEvent::Started(charge())),
        Just(approved()),
        Just(declined()),
        Just(unknown()),
        Just(settled(SlipOutcome::Charged)),
        Just(settled(SlipOutcome::NotCharged)),
        Just(settled(SlipOutcome::Returned)),
        Just(CardPaymentEvent::Used),
        Just(CardPaymentEvent::ReturnStarted),
        Just(returned()),
        Just(return_refused()),
    ];
    (
        prop_oneof![3 => Just(TILL), 1 => Just(OTHER_TILL)],
        happening,
    )
}

proptest! {
    /// Whatever happens, in whatever order: a charge is used once at most, never both used and given
    /// back, and one that its terminal approved is never taken for none.
    #[test]
    fn nothing_is_charged_twice_and_no_charge_is_forgotten(
        happenings in prop::collection::vec(any_event(), 0..24),
    ) {
        let mut state = fold_log_event(None, &event(1, TILL, CardPaymentEvent::Started(charge())).1);
        let (mut uses, mut returns, mut is_charged) = (0, 0, false);
        for (n, (device_id, happening)) in (2_u128..).zip(&happenings) {
            let before = state.clone().and_then(LogState::into_card_payment).unwrap();
            let one = event(n, *device_id, happening.clone()).1;
            state = fold_log_event(state, &one);
            let now = state.clone().and_then(LogState::into_card_payment).unwrap();
            if before.state != now.state {
                uses += i32::from(now.state == CardPaymentState::Used);
                returns += i32::from(now.state == CardPaymentState::Returned);
            } else {
                prop_assert_eq!(now.rejected.len(), before.rejected.len() + 1);
            }
            is_charged |= *device_id == TILL && matches!(happening, CardPaymentEvent::Approved(_));
            prop_assert!(uses + returns <= 1);
            if is_charged {
                prop_assert!(!matches!(
                    now.state,
                    CardPaymentState::Started
                        | CardPaymentState::Unknown
                        | CardPaymentState::Declined
                        | CardPaymentState::NotCharged
                ));
                prop_assert_ne!(now.reference(), "");
            }
        }
    }

    #[test]
    fn any_order_of_arrival_makes_the_same_payment(
        happenings in prop::collection::vec(any_event(), 0..12),
        seed in any::<u64>(),
    ) {
        let started = (TILL, CardPaymentEvent::Started(charge()));
        let events: Vec<_> = (1_u128..)
            .zip(std::iter::once(started).chain(happenings))
            .map(|(n, (device_id, happening))| event(n, device_id, happening))
            .collect();
        let mut shuffled = events.clone();
        let mut random = seed;
        for place in (1..shuffled.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let other = usize::try_from(random >> 33).unwrap() % (place + 1);
            shuffled.swap(place, other);
        }
        prop_assert_eq!(fold_log(&events), fold_log(&shuffled));
    }
}
