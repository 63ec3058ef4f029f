//! Shifts at the server: folded once, frozen when closed, and what comes too late told to the owner.

use domain::{
    contract::{rest::ShiftsPage, sync_v1::Outcome},
    id::ShiftId,
    money::Money,
    replication::{OpBody, body::CashMovementBody},
    shift::{CashMovementKind, Shift, ShiftState},
};
use reqwest::StatusCode;
use sync_server::{clock, op::verify::verify};

use crate::{console::sign_in, kit::*};

fn out(shift_id: ShiftId) -> OpBody {
    OpBody::CashMovement(CashMovementBody {
        shift_id,
        movement: CashMovementKind::Out,
        amount_minor: Money(500),
        reason: "milk".to_owned(),
    })
}

/// The rows of the shift as the feed brought them, in its order.
async fn rows(till: &Till, shift_id: ShiftId) -> Vec<Shift> {
    let feed = till.pull(&till.store_scope(), 100).await;
    let rows = feed.iter().flat_map(|row| row.op().unwrap().rows.log_row);
    rows.filter_map(|row| row.state.into_shift())
        .filter(|shift| shift.shift_id == shift_id)
        .collect()
}

#[tokio::test]
async fn a_closed_shift_keeps_its_totals_and_shows_what_came_late() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let shift_id: ShiftId = clock::new_id().unwrap();
    let opening = till.shift_open(shift_id);
    let sale = till.sale_in(shift_id);
    let ops: Vec<_> = [opening, sale.clone()]
        .iter()
        .map(|body| till.seal(body))
        .collect();
    till.push(ops).await.unwrap();
    let mut copy = till.clone();

    let closing = till.shift_close(shift_id, &[&sale]);
    let ops = vec![till.seal(&closing)];
    till.push(ops).await.unwrap();
    let closed = rows(&till, shift_id).await.pop().unwrap();
    assert_eq!(closed.state(), ShiftState::Closed);

    // A copy of the till, out of sight meanwhile, went on in the same shift.
    let late = copy.sale_in(shift_id);
    let bodies = [late, out(shift_id), copy.shift_close(shift_id, &[])];
    let ops: Vec<_> = bodies.iter().map(|body| copy.seal(body)).collect();
    let reply = copy.push(ops).await.unwrap();
    assert!(
        reply
            .outcomes
            .iter()
            .all(|one| one.outcome == Outcome::Applied)
    );
    // Its own history goes on, in no shift: that is not late.
    let after = till.sale(&[(product(), 1)]);
    let ops = vec![till.seal(&after)];
    till.push(ops).await.unwrap();

    let last = rows(&till, shift_id).await.pop().unwrap();
    assert_eq!(last.closed, closed.closed);
    assert_eq!(last.cash, closed.cash);
    assert_eq!(last.rejected.len(), 2);

    let browser = sign_in(&server, &organization).await;
    let page: ShiftsPage = answer(browser.get("/api/v1/shifts")).await.unwrap();
    let [listed] = page.shifts.as_slice() else {
        panic!("one shift: {page:?}")
    };
    assert_eq!((listed.documents, listed.rejected), (Some(1), 2));
    assert_eq!(listed.late.len(), 1);
    assert_eq!(listed.counted_minor, Some(Money::ZERO));
    let store = format!("/api/v1/shifts?store={}", till.store.store_id);
    let page: ShiftsPage = answer(browser.get(&store)).await.unwrap();
    assert_eq!(page.shifts.len(), 1);
    let unknown = format!("/api/v1/shifts?store={shift_id}");
    let refused = refused_by(browser.get(&unknown)).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);

    let report = verify(&server.state.pool, &server.state.key.public())
        .await
        .unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.logs, 1);
}

#[tokio::test]
async fn what_happens_before_the_opening_arrives_waits_for_it() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let shift_id: ShiftId = clock::new_id().unwrap();
    let early = out(shift_id);
    let ops = vec![till.seal(&early)];
    till.push(ops).await.unwrap();
    assert_eq!(rows(&till, shift_id).await, []);
    assert_eq!(
        number(&server, "SELECT count(*) FROM log_row WHERE folded IS NULL").await,
        1
    );
    let opening = till.shift_open(shift_id);
    let ops = vec![till.seal(&opening)];
    till.push(ops).await.unwrap();
    let shift = rows(&till, shift_id).await.pop().unwrap();
    assert_eq!(shift.cash.out_minor, Money(500));
    let report = verify(&server.state.pool, &server.state.key.public())
        .await
        .unwrap();
    assert_eq!(report.findings, []);
}
