//! Carts put aside, on a real file: they wait through a restart, come back at today's prices, are
//! seen by other tills, and who took up what another had is told.

use domain::{
    catalog::Product,
    contract::{
        failure::code,
        ipc::{
            AskedTerms, CloseShift, DiscardParked, ListParked, OpenShift, ParkSale, ParkedSummary,
            ResumeParked, SaleLine,
        },
    },
    id::{DeviceId, OpId},
    money::{Money, UnitPrice},
    quantity::Quantity,
    replication::{Envelope, OpBody, OpHeader, Rows, body::SaleResumeBody, chain::Digest},
    sale::{
        Discount,
        parked::{ParkedEnding, ParkedSaleState},
    },
    tax::RatePpm,
};
use ed25519_dalek::SigningKey;
use uuid::Uuid;

use super::fixture::{CASHIER, Desk, MANAGER, NOW_MS, STORE, cable, charger, draft, line};

const DAY_MS: i64 = 24 * 3_600_000;

fn parking(lines: Vec<SaleLine>) -> ParkSale {
    ParkSale {
        draft_id: draft(),
        lines,
        terms: AskedTerms::default(),
        customer_id: None,
        note: "vuelve a las cinco".into(),
    }
}

fn taking_up(parked_id: OpId) -> ResumeParked {
    ResumeParked {
        draft_id: draft(),
        parked_id,
    }
}

async fn park(desk: &Desk, lines: Vec<SaleLine>) -> ParkedSummary {
    desk.till.call(parking(lines)).await.unwrap()
}

async fn listed(desk: &Desk) -> Vec<ParkedSummary> {
    desk.till.call(ListParked {}).await.unwrap()
}

async fn reprice(desk: &mut Desk, price_e4: i64) {
    let product = Product {
        price_e4: UnitPrice(price_e4),
        ..cable()
    };
    desk.org.server(Rows {
        product: vec![product],
        ..Rows::default()
    });
    desk.pull().await;
}

/// What another till of the store says of it.
fn resumed_elsewhere(parked_id: OpId) -> Envelope {
    let body = OpBody::SaleResume(SaleResumeBody { parked_id });
    let header = OpHeader {
        op_id: OpId(Uuid::from_bytes(crate::clock::random())),
        device_id: DeviceId(Uuid::from_u128(0x72)),
        epoch: 1,
        device_seq: 1,
        kind: body.kind().to_owned(),
        kind_version: body.version(),
        hlc: domain::hlc::Hlc::from_ms(1),
        wall_ms: NOW_MS,
        store_id: Some(STORE),
        staff_id: Some(CASHIER),
        prev_hash: Digest::default(),
    };
    let key = SigningKey::from_bytes(&[3; 32]);
    Envelope::seal(&header, &body, Vec::new(), &key).unwrap()
}

#[tokio::test]
async fn a_parked_cart_waits_through_a_restart_and_comes_back_as_it_was() {
    let desk = Desk::at_work().await;
    let asked = vec![
        SaleLine {
            discount_ppm: Some(RatePpm(50_000)),
            seller_id: Some(CASHIER),
            ..line(&cable(), 3)
        },
        SaleLine {
            unit_price_e4: Some(UnitPrice(150_000)),
            ..line(&charger(), 1)
        },
    ];
    let command = ParkSale {
        terms: AskedTerms {
            discount: Some(Discount::Amount(Money(100))),
            coupons: Vec::new(),
        },
        ..parking(asked.clone())
    };
    let parked = desk.till.call(command.clone()).await.unwrap();
    // 7.50 less a twentieth, and 15.00, less 1.00.
    assert_eq!(parked.total_minor, Money(2_112));
    assert!(parked.is_pending);
    // Asked twice, parked once.
    assert_eq!(desk.till.call(command.clone()).await.unwrap(), parked);

    let desk = desk.restart().await;
    desk.sign_in(CASHIER).await.unwrap();
    assert_eq!(listed(&desk).await, std::slice::from_ref(&parked));
    let taking = taking_up(parked.parked_id);
    let cart = desk.till.call(taking.clone()).await.unwrap();
    let lines: Vec<SaleLine> = cart.lines.iter().map(|line| line.asked.clone()).collect();
    assert_eq!((lines, &cart.terms), (asked, &command.terms));
    assert_eq!(cart.now_minor, cart.then_minor);
    assert_eq!((cart.changed.len(), cart.missing.len()), (0, 0));
    assert_eq!(cart.note, "vuelve a las cinco");
    assert_eq!(listed(&desk).await, []);
    // The reply was lost: the same question has the same answer, another one is refused.
    assert_eq!(desk.till.call(taking).await.unwrap(), cart);
    let failure = desk.till.call(taking_up(parked.parked_id)).await;
    let failure = failure.unwrap_err();
    assert_eq!(failure.code, code::PARKED_ENDED);
    assert_eq!(failure.fields["state"], "resumed");
    let unknown = desk.till.call(taking_up(OpId(Uuid::nil()))).await;
    assert_eq!(unknown.unwrap_err().code, code::PARKED_UNKNOWN);
}

#[tokio::test]
async fn prices_are_todays_and_what_changed_is_said() {
    let mut desk = Desk::at_work().await;
    let asked = vec![line(&cable(), 2), line(&charger(), 1)];
    let parked = park(&desk, asked).await;
    reprice(&mut desk, 30_000).await;
    let cart = desk.till.call(taking_up(parked.parked_id)).await.unwrap();
    assert_eq!(cart.then_minor, parked.total_minor);
    assert_eq!(cart.now_minor, parked.total_minor + Money(100));
    let [changed] = &cart.changed[..] else {
        panic!("{:?}", cart.changed)
    };
    assert_eq!(changed.product_id, cable().product_id);
    assert_eq!(
        (changed.then_e4, changed.now_e4),
        (UnitPrice(25_000), UnitPrice(30_000))
    );
    assert_eq!(cart.lines[0].product.price_e4, UnitPrice(30_000));
}

#[tokio::test]
async fn what_is_gone_from_the_catalogue_is_named_and_the_rest_goes_on() {
    let desk = Desk::at_work().await;
    let parked = park(&desk, vec![line(&cable(), 1), line(&charger(), 1)]).await;
    desk.execute("DELETE FROM product WHERE sku = '85123A'")
        .await;
    let cart = desk.till.call(taking_up(parked.parked_id)).await.unwrap();
    assert_eq!(cart.missing, [cable().name]);
    assert_eq!(cart.lines.len(), 1);
    assert_eq!(cart.now_minor, Money(1_999));
}

#[tokio::test]
async fn the_feed_confirms_it_and_another_till_s_hand_on_it_is_seen() {
    let mut desk = Desk::at_work().await;
    let parked = park(&desk, vec![line(&cable(), 1)]).await;
    desk.deliver().await;
    desk.pull().await;
    let [confirmed] = &listed(&desk).await[..] else {
        panic!()
    };
    assert!(!confirmed.is_pending);
    // It is taken up here while the other till's word is on its way.
    desk.till.call(taking_up(parked.parked_id)).await.unwrap();
    desk.store.op(resumed_elsewhere(parked.parked_id));
    let own = desk.unsent().await.pop().unwrap();
    desk.store.op(own);
    desk.pull().await;
    let [seen] = &listed(&desk).await[..] else {
        panic!()
    };
    assert_eq!(seen.state, ParkedSaleState::Resumed);
    let by: Vec<_> = (seen.ends.iter())
        .map(|end| (end.staff_name.as_str(), end.ending.clone()))
        .collect();
    assert_eq!(
        by,
        [
            ("Carlos", ParkedEnding::Resumed),
            ("Marta", ParkedEnding::Resumed)
        ]
    );
    // Tomorrow nobody needs to hear of it.
    desk.clock.set(NOW_MS + DAY_MS);
    assert_eq!(listed(&desk).await, []);
}

#[tokio::test]
async fn an_old_one_says_its_day_keeps_no_shift_open_and_is_let_go_with_a_reason() {
    let desk = Desk::at_work().await;
    let open = OpenShift {
        draft_id: draft(),
        float_minor: Money(0),
    };
    desk.till.call(open).await.unwrap();
    let parked = park(&desk, vec![line(&cable(), 1)]).await;
    let close = CloseShift {
        draft_id: draft(),
        shift_id: None,
        pieces: Vec::new(),
        others: Vec::new(),
        float_left_minor: Money(0),
        note: String::new(),
    };
    desk.till.call(close).await.unwrap();
    desk.clock.set(NOW_MS + DAY_MS);
    let [old] = &listed(&desk).await[..] else {
        panic!()
    };
    assert!(old.is_old && !parked.is_old);
    assert_eq!(old.business_date, parked.business_date);
    let letting_go = |reason: &str| DiscardParked {
        draft_id: draft(),
        parked_id: parked.parked_id,
        reason: reason.into(),
    };
    let failure = desk.till.call(letting_go(" ")).await.unwrap_err();
    assert_eq!(
        (failure.code.as_str(), &failure.fields["field"]),
        (code::TEXT_MISSING, &"reason".into())
    );
    let command = letting_go("no volvió");
    let first = desk.till.call(command.clone()).await.unwrap();
    assert_eq!(desk.till.call(command).await.unwrap(), first);
    assert_eq!(listed(&desk).await, []);
    let failure = desk.till.call(taking_up(parked.parked_id)).await;
    assert_eq!(failure.unwrap_err().fields["state"], "discarded");
}

#[tokio::test]
async fn an_old_one_is_listed_behind_more_newer_ones_than_are_looked_through() {
    let mut desk = Desk::at_work().await;
    let first = park(&desk, vec![line(&cable(), 1)]).await;
    for n in 0..3 {
        desk.clock.set(NOW_MS + 1_000 * (n + 1));
        let parked = park(&desk, vec![line(&cable(), 1)]).await;
        desk.till.call(taking_up(parked.parked_id)).await.unwrap();
    }
    desk.deliver().await;
    desk.pull().await;
    let mut connection = desk.shared().db.reader().await.unwrap();
    let kind = domain::replication::LogKind::ParkedSale;
    let rows = crate::store::log::open_and_latest(&mut connection, kind, Some(STORE), 1);
    let rows: Vec<OpId> = (rows.await.unwrap().into_iter())
        .filter_map(|row| Some(row.into_parked()?.parked_id))
        .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1], first.parked_id);
}

#[tokio::test]
async fn who_may_not_sell_parks_nothing_and_an_empty_cart_is_none() {
    let desk = Desk::new().await;
    let failure = desk.till.call(parking(vec![line(&cable(), 1)])).await;
    assert_eq!(failure.unwrap_err().code, code::NOT_SIGNED_IN);
    desk.sign_in(MANAGER).await.unwrap();
    let failure = desk.till.call(parking(Vec::new())).await.unwrap_err();
    assert_eq!(failure.code, code::NO_LINES);
    let none = SaleLine {
        quantity_milli: Quantity::ZERO,
        ..line(&cable(), 1)
    };
    let failure = desk.till.call(parking(vec![none])).await.unwrap_err();
    assert_eq!(failure.code, code::QUANTITY_INVALID);
}
