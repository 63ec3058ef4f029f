//! A drawer at a till, on a real file: what it adds up to, also after a restart, after the feed has
//! brought everything back, and after the till was filled anew; and what is refused.

use domain::{
    contract::{
        failure::code::{self, self as failure_code},
        ipc::{
            Approve, AskedTerms, CloseShift, CompleteRefund, CompleteSale, CountCash, GetShift,
            GetShiftReport, ListShifts, MoveCash, OpenShift, ShiftReport,
        },
    },
    money::Money,
    quantity::Quantity,
    replication::{Rows, row::Settings},
    sale::{
        RefundLine, Tender, TenderCode, TenderKind, TenderedPayment, default_tenders,
        details::ApprovedBy,
    },
    shift::{CashMovementKind, Pieces, ShiftState},
    staff::Permission,
    stock::Location,
};

use super::fixture::{CASHIER, Desk, MANAGER, NOW_MS, PIN, cable, draft, line, organization};
use crate::store;

const DAY_MS: i64 = 24 * 3_600_000;

async fn open(desk: &Desk, minor: i64) -> ShiftReport {
    let command = OpenShift {
        draft_id: draft(),
        float_minor: Money(minor),
    };
    desk.till.call(command).await.unwrap()
}

fn close(notes: u32, float_left: i64) -> CloseShift {
    CloseShift {
        draft_id: draft(),
        shift_id: None,
        pieces: vec![Pieces {
            value_minor: Money(1_000),
            count: notes,
        }],
        others: Vec::new(),
        float_left_minor: Money(float_left),
        note: String::new(),
    }
}

fn moving(movement: CashMovementKind, minor: i64) -> MoveCash {
    MoveCash {
        draft_id: draft(),
        movement,
        amount_minor: Money(minor),
        reason: "change".into(),
    }
}

async fn settings(desk: &mut Desk, settings: Settings) {
    let mut row = organization();
    row.settings = settings;
    desk.org.server(Rows {
        organization: vec![row],
        ..Rows::default()
    });
    desk.pull().await;
}

/// Sells three cables and gives one back.
async fn trade(desk: &Desk) -> (Money, Money) {
    let sold = desk.sell(vec![line(&cable(), 3)]).await.unwrap().document;
    let refund = CompleteRefund {
        draft_id: draft(),
        original_id: Some(sold.document_id),
        lines: vec![RefundLine {
            n: 1,
            quantity_milli: Quantity::units(1),
            location: Location::ShopFloor,
        }],
        loose: Vec::new(),
        customer_id: None,
        tender: TenderCode::CASH,
        payouts: Vec::new(),
        reason: String::new(),
    };
    let back = desk.till.call(refund).await.unwrap().document;
    assert_eq!(back.shift_id, sold.shift_id);
    (sold.total_minor, back.total_minor)
}

#[tokio::test]
async fn a_drawer_adds_up_and_its_totals_freeze_when_it_closes() {
    let desk = Desk::at_work().await;
    let opened = open(&desk, 5_000).await;
    let shift_id = opened.shift.shift_id;
    let (sold, back) = trade(&desk).await;
    desk.till
        .call(moving(CashMovementKind::In, 2_000))
        .await
        .unwrap();
    let report = desk
        .till
        .call(moving(CashMovementKind::SafeDrop, 1_000))
        .await
        .unwrap();
    let expected = Money(5_000) + sold - back + Money(1_000);
    assert_eq!(report.expected_minor, Some(expected));
    assert_eq!(report.moves.len(), 2);
    let totals = report.totals.unwrap();
    assert_eq!((totals.sales_minor, totals.refunds_minor), (sold, back));

    let command = close(6, 5_000);
    let closed = desk.till.call(command.clone()).await.unwrap();
    assert_eq!(closed.shift.state(), ShiftState::Closed);
    let closing = &closed.shift.closed.as_ref().unwrap().closing;
    assert_eq!(closing.difference_minor, Money(6_000) - expected);
    assert_eq!(closing.totals.sales_minor, sold);
    // Asked twice, closed once.
    let again = desk.till.call(command).await.unwrap();
    assert_eq!(again.shift, closed.shift);
    assert_eq!(desk.number("SELECT count(*) FROM log_event").await, 4);

    // What is sold without a shift is no part of the last one.
    let later = desk.sell(vec![line(&cable(), 1)]).await.unwrap().document;
    assert_eq!(later.shift_id, None);
    let report = desk.till.call(GetShiftReport { shift_id }).await.unwrap();
    assert_eq!(report.totals.unwrap().sales, 1);
    let drawer = desk.till.call(GetShift {}).await.unwrap();
    assert_eq!(drawer.shift, None);
    assert_eq!(drawer.float_left_minor, Some(Money(5_000)));
    let listed = desk.till.call(ListShifts { limit: 10 }).await.unwrap();
    assert_eq!(listed[0].net_minor, Some(sold - back));
}

#[tokio::test]
async fn a_restart_and_the_feed_change_nothing_of_an_open_drawer() {
    let desk = Desk::at_work().await;
    open(&desk, 5_000).await;
    trade(&desk).await;
    let before = desk.till.call(GetShift {}).await.unwrap();
    let mut desk = desk.restart().await;
    desk.sign_in(MANAGER).await.unwrap();
    assert_eq!(desk.till.call(GetShift {}).await.unwrap(), before);
    desk.deliver().await;
    desk.pull().await;
    assert_eq!(desk.number("SELECT count(*) FROM pending_op").await, 0);
    assert_eq!(desk.number("SELECT sum(pending) FROM log_event").await, 0);
    assert_eq!(
        desk.number("SELECT count(*) FROM log_row WHERE is_open = 1")
            .await,
        1
    );
    assert_eq!(desk.till.call(GetShift {}).await.unwrap(), before);
    desk.till.call(close(1, 0)).await.unwrap();
    desk.deliver().await;
    desk.pull().await;
    assert_eq!(
        desk.number("SELECT count(*) FROM log_row WHERE is_open = 1")
            .await,
        0
    );
    assert_eq!(desk.till.call(GetShift {}).await.unwrap().shift, None);
}

#[tokio::test]
async fn the_totals_are_what_the_journal_says() {
    let desk = Desk::at_work().await;
    desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    open(&desk, 0).await;
    trade(&desk).await;
    let shown = desk.till.call(GetShift {}).await.unwrap();
    let kept = shown.shift.unwrap().totals.unwrap();
    let mut writer = desk.shared().db.writer().await;
    let mut transaction = writer.begin().await.unwrap();
    sqlx::query("UPDATE open_shift SET totals = '{}'")
        .execute(&mut *transaction)
        .await
        .unwrap();
    store::shift::rebuild(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    drop(writer);
    let shown = desk.till.call(GetShift {}).await.unwrap();
    assert_eq!(shown.shift.unwrap().totals.unwrap(), kept);
    assert_eq!(kept.documents(), 2);
}

#[tokio::test]
async fn a_till_that_needs_a_shift_sells_only_in_one() {
    let mut desk = Desk::at_work().await;
    let required = Settings {
        shift_required: true,
        ..Settings::default()
    };
    settings(&mut desk, required).await;
    let failure = desk.sell(vec![line(&cable(), 1)]).await.unwrap_err();
    assert_eq!(failure.code, code::SHIFT_NOT_OPEN);
    assert!(desk.till.call(GetShift {}).await.unwrap().is_required);
    open(&desk, 0).await;
    desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    let second = OpenShift {
        draft_id: draft(),
        float_minor: Money(0),
    };
    let failure = desk.till.call(second).await.unwrap_err();
    assert_eq!(failure.code, code::SHIFT_OPEN_ALREADY);
}

#[tokio::test]
async fn a_forgotten_shift_sells_on_and_closes_on_its_own_day_before_another_opens() {
    let desk = Desk::at_work().await;
    let opened = open(&desk, 0).await;
    desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    desk.clock.set(NOW_MS + DAY_MS);
    let late = desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    let shift_id = opened.shift.shift_id;
    assert_eq!(late.document.shift_id, Some(shift_id));
    let day = opened.shift.opening.business_date.clone();
    assert_ne!(late.document.business_date, day);
    let another = OpenShift {
        draft_id: draft(),
        float_minor: Money(0),
    };
    let failure = desk.till.call(another).await.unwrap_err();
    assert_eq!(failure.code, code::SHIFT_OVERDUE);
    assert_eq!(failure.fields["business_date"], day);
    assert!(
        desk.till
            .call(GetShift {})
            .await
            .unwrap()
            .shift
            .unwrap()
            .is_overdue
    );
    let closed = desk.till.call(close(0, 0)).await.unwrap();
    assert_eq!(closed.shift.opening.business_date, day);
    let next = open(&desk, 0).await;
    assert_ne!(next.shift.opening.business_date, day);
}

#[tokio::test]
async fn a_cashier_counts_blind_and_a_manager_settles_a_difference() {
    let mut desk = Desk::at_work().await;
    let limited = Settings {
        shift_difference_limit_minor: Some(Money(500)),
        ..Settings::default()
    };
    settings(&mut desk, limited).await;
    desk.sign_in(CASHIER).await.unwrap();
    let opened = open(&desk, 5_000).await;
    assert_eq!(opened.expected_minor, None);
    let count = CountCash {
        draft_id: draft(),
        pieces: Vec::new(),
    };
    let counted = desk.till.call(count).await.unwrap();
    let (_, count) = counted.shift.last_count.unwrap();
    assert_eq!(
        (count.counted_minor, count.expected_minor),
        (Money(0), None)
    );
    // Neither do the sums give it away.
    assert_eq!((counted.is_blind, counted.totals), (true, None));
    let failure = desk.till.call(close(1, 0)).await.unwrap_err();
    assert_eq!(failure.code, code::DIFFERENCE_OVER_LIMIT);
    assert!(!failure.fields.contains_key("difference_minor"));
    desk.sign_in(MANAGER).await.unwrap();
    let closed = desk.till.call(close(1, 0)).await.unwrap();
    assert_eq!(closed.expected_minor, Some(Money(5_000)));
}

#[tokio::test]
async fn a_manager_allows_a_difference_by_pin_and_is_named_in_the_closing() {
    let mut desk = Desk::at_work().await;
    let limited = Settings {
        shift_difference_limit_minor: Some(Money(500)),
        ..Settings::default()
    };
    settings(&mut desk, limited).await;
    desk.sign_in(CASHIER).await.unwrap();
    open(&desk, 5_000).await;
    let closing = close(1, 0);
    let failure = desk.till.call(closing.clone()).await.unwrap_err();
    assert_eq!(failure.code, code::DIFFERENCE_OVER_LIMIT);
    let allow = Approve {
        draft_id: closing.draft_id,
        permission: Permission::SettleShift,
        given_minor: None,
        staff_id: MANAGER,
        pin: PIN.to_owned(),
    };
    desk.till.call(allow).await.unwrap();
    // What was allowed was this closing and no other.
    let failure = desk.till.call(close(1, 0)).await.unwrap_err();
    assert_eq!(failure.code, code::DIFFERENCE_OVER_LIMIT);
    let closed = desk.till.call(closing).await.unwrap().shift.closed.unwrap();
    assert_eq!(closed.by.staff_id, Some(CASHIER));
    let allowed = ApprovedBy {
        permission: Permission::SettleShift,
        staff_id: MANAGER,
    };
    assert_eq!(closed.closing.approvals, [allowed]);
}

#[tokio::test]
async fn a_manager_allows_a_refund_by_another_tender_by_pin() {
    let desk = Desk::new().await;
    desk.sign_in(CASHIER).await.unwrap();
    let sold = CompleteSale {
        draft_id: draft(),
        lines: vec![line(&cable(), 1)],
        payments: Vec::new(),
        customer_id: None,
        quote_id: None,
        terms: AskedTerms::default(),
        exchange: None,
    };
    let due = desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    let by_card = TenderedPayment {
        tender: TenderCode::CARD,
        tendered_minor: due.document.total_minor,
        reference: "004213".into(),
    };
    let sold = CompleteSale {
        payments: vec![by_card],
        ..sold
    };
    let sold = desk.till.call(sold).await.unwrap().document;
    let back = CompleteRefund {
        draft_id: draft(),
        original_id: Some(sold.document_id),
        lines: vec![RefundLine {
            n: 1,
            quantity_milli: Quantity::units(1),
            location: Location::ShopFloor,
        }],
        loose: Vec::new(),
        customer_id: None,
        tender: TenderCode::CASH,
        payouts: Vec::new(),
        reason: String::new(),
    };
    let failure = desk.till.call(back.clone()).await.unwrap_err();
    assert_eq!(failure.code, code::REFUND_EXCEEDS_TENDER);
    let allow = Approve {
        draft_id: back.draft_id,
        permission: Permission::RefundOtherTender,
        given_minor: None,
        staff_id: MANAGER,
        pin: PIN.to_owned(),
    };
    desk.till.call(allow).await.unwrap();
    let given = desk.till.call(back).await.unwrap().document;
    assert_eq!(given.payments[0].tender, TenderCode::CASH);
    let allowed = ApprovedBy {
        permission: Permission::RefundOtherTender,
        staff_id: MANAGER,
    };
    assert_eq!(given.details.approvals, [allowed]);
}

#[tokio::test]
async fn the_owners_tenders_are_taken_with_their_references_and_counted() {
    let mut desk = Desk::at_work().await;
    let code = TenderCode::from_name("voucher").unwrap();
    let voucher = Tender {
        code,
        name: "Voucher".into(),
        kind: TenderKind::Other,
        reference_required: true,
        position: 3,
        ..default_tenders().remove(0)
    };
    desk.org.server(Rows {
        tender: vec![voucher.clone()],
        ..Rows::default()
    });
    desk.pull().await;
    open(&desk, 0).await;
    let sale = |reference: &str| CompleteSale {
        draft_id: draft(),
        lines: vec![line(&cable(), 1)],
        payments: vec![
            TenderedPayment {
                tender: code,
                tendered_minor: Money(100),
                reference: reference.into(),
            },
            TenderedPayment {
                tender: TenderCode::CASH,
                tendered_minor: Money(100_000),
                reference: String::new(),
            },
        ],
        customer_id: None,
        terms: AskedTerms::default(),
        quote_id: None,
        exchange: None,
    };
    let failure = desk.till.call(sale("")).await.unwrap_err();
    assert_eq!(failure.code, failure_code::REFERENCE_MISSING);
    let sold = desk.till.call(sale("A-17")).await.unwrap();
    let taken: Vec<_> = (sold.balances.iter())
        .map(|balance| (balance.tender, balance.left()))
        .collect();
    assert_eq!(taken, [(TenderCode::CASH, Money(150)), (code, Money(100))]);
    let drawer = desk.till.call(GetShift {}).await.unwrap();
    assert_eq!(drawer.countable, [voucher]);
    let failure = desk.till.call(close(0, 0)).await.unwrap_err();
    assert_eq!(failure.code, failure_code::COUNT_INCOMPLETE);
    let counted = CloseShift {
        others: vec![(code, Money(100))],
        ..close(0, 0)
    };
    let closed = desk.till.call(counted).await.unwrap();
    let counts = closed.shift.closed.unwrap().closing.counts;
    assert_eq!(counts[1].difference(), Money::ZERO);
}
