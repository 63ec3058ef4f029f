//! A cart put aside: what its events make of it in any order of arrival, and what has changed when
//! it is taken up again.

use domain::{
    contract::ipc::{AskedTerms, SaleLine},
    hlc::Hlc,
    id::{CustomerId, DeviceId, OpId, StaffId, StoreId},
    limit::NOTE_CHARS_MAX,
    money::{Money, UnitPrice},
    quantity::Quantity,
    replication::{
        fold::fold_log,
        log::{Happening, LogEvent, LogState},
    },
    sale::{
        CartLine, Discount, ParkedCart, ParkedSale, SaleError, SaleTerms,
        parked::{
            ParkedEnding, ParkedError, ParkedSaleEvent, ParkedSaleState, Parking, changed_prices,
            check_reason, park,
        },
        price,
    },
    tax::{RatePpm, TaxMode},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{cart_line, context};

const PARKED: OpId = OpId(Uuid::from_u128(1));
const HERE: DeviceId = DeviceId(Uuid::from_u128(2));
const THERE: DeviceId = DeviceId(Uuid::from_u128(3));

fn parking() -> Parking {
    let at = context(TaxMode::Inclusive);
    Parking {
        business_date: at.business_date,
        utc_offset_min: at.utc_offset_min,
        currency: at.currency,
        customer_id: Some(CustomerId(Uuid::from_u128(7))),
        note: " fetches her card ".into(),
        terms: AskedTerms {
            discount: Some(Discount::Percent(RatePpm(100_000))),
            coupons: vec!["SPRING".into()],
        },
    }
}

/// Six of one thing at its price and one of another at a price by hand, a tenth off all of it.
pub(crate) fn parked() -> ParkedCart {
    let (asked, cart) = lines();
    let terms = SaleTerms {
        discount: Some(Discount::Percent(RatePpm(100_000))),
        ..SaleTerms::default()
    };
    let priced = price(&cart, TaxMode::Inclusive, 2, &terms).unwrap();
    park(parking(), &asked, &cart, &priced).unwrap()
}

fn lines() -> (Vec<SaleLine>, Vec<CartLine>) {
    let plain = cart_line(6_000, 25_500, 200_000);
    let by_hand = CartLine {
        product_id: domain::id::ProductId(Uuid::from_u128(6)),
        sku: "71053".into(),
        name: "White metal lantern".into(),
        ..cart_line(1_000, 30_000, 200_000)
    };
    let asked = vec![
        SaleLine::of(plain.product_id, Quantity::units(6)),
        SaleLine {
            unit_price_e4: Some(UnitPrice(30_000)),
            ..SaleLine::of(by_hand.product_id, Quantity::ONE)
        },
    ];
    (asked, vec![plain, by_hand])
}

fn event(n: u128, device_id: DeviceId, happening: ParkedSaleEvent) -> (Hlc, LogEvent) {
    let event = LogEvent {
        op_id: OpId(Uuid::from_u128(n)),
        n: 1,
        key: PARKED.into(),
        store_id: Some(StoreId(Uuid::from_u128(3))),
        device_id,
        staff_id: Some(StaffId(Uuid::from_u128(4))),
        wall_ms: i64::try_from(n).unwrap(),
        happening: Happening::ParkedSale(happening),
    };
    (Hlc(u64::try_from(n).unwrap()), event)
}

fn begun() -> (Hlc, LogEvent) {
    event(1, HERE, ParkedSaleEvent::Parked(Box::new(parked())))
}

fn discarded() -> ParkedSaleEvent {
    ParkedSaleEvent::Discarded {
        reason: "did not come back".into(),
    }
}

fn folded(events: &[(Hlc, LogEvent)]) -> ParkedSale {
    fold_log(events).and_then(LogState::into_parked).unwrap()
}

#[test]
fn a_cart_is_parked_as_asked_with_what_the_screen_showed() {
    let cart = parked();
    assert_eq!(cart.note, "fetches her card");
    assert_eq!(cart.lines[0].asked.unit_price_e4, None);
    assert_eq!(cart.lines[0].shown_e4, UnitPrice(25_500));
    assert_eq!(cart.lines[1].shown_e4, UnitPrice(30_000));
    // 15.30 and 3.00, less a tenth.
    assert_eq!(cart.total_minor, Money(1_647));
    let parts = cart.lines.iter().map(|line| line.total_minor);
    assert_eq!(Money::sum(parts).unwrap(), cart.total_minor);
}

#[test]
fn an_empty_cart_and_a_note_without_end_are_not_parked() {
    let (asked, cart) = lines();
    let priced = price(&cart, TaxMode::Inclusive, 2, &SaleTerms::default()).unwrap();
    let empty = park(parking(), &[], &[], &priced).unwrap_err();
    assert_eq!(empty, ParkedError::Sale(SaleError::NoLines));
    let wordy = Parking {
        note: "x".repeat(NOTE_CHARS_MAX + 1),
        ..parking()
    };
    let refused = park(wordy, &asked, &cart, &priced).unwrap_err();
    assert!(matches!(
        refused,
        ParkedError::TextTooLong { field: "note", .. }
    ));
    assert_eq!(check_reason("  "), Err(ParkedError::ReasonMissing));
    assert_eq!(check_reason(" typed twice "), Ok("typed twice".into()));
}

#[test]
fn whoever_takes_it_up_first_has_it_and_what_comes_after_is_kept_and_seen() {
    let waiting = folded(&[begun()]);
    assert_eq!(waiting.state(), ParkedSaleState::Parked);
    assert_eq!(waiting.check_waits(), Ok(()));
    assert_eq!((waiting.parked_id, waiting.device_id), (PARKED, HERE));

    let taken = folded(&[begun(), event(2, THERE, ParkedSaleEvent::Resumed)]);
    assert_eq!(taken.state(), ParkedSaleState::Resumed);
    assert!(!taken.was_resumed_twice());
    let state = ParkedSaleState::Resumed;
    assert_eq!(taken.check_waits(), Err(ParkedError::Ended { state }));

    let twice = folded(&[
        begun(),
        event(3, HERE, ParkedSaleEvent::Resumed),
        event(2, THERE, ParkedSaleEvent::Resumed),
        event(4, HERE, discarded()),
    ]);
    assert_eq!(twice.ended.as_ref().unwrap().device_id, THERE);
    assert!(twice.was_resumed_twice());
    assert_eq!(twice.touched_ms(), 4);
    let after: Vec<_> = (twice.rejected.iter())
        .map(|end| (end.device_id, end.ending.clone()))
        .collect();
    let reason = "did not come back".to_owned();
    assert_eq!(
        after,
        [
            (HERE, ParkedEnding::Resumed),
            (HERE, ParkedEnding::Discarded { reason })
        ]
    );
}

#[test]
fn what_was_thrown_away_before_somebody_took_it_up_is_not_taken_up_twice() {
    let parked = folded(&[
        begun(),
        event(2, HERE, discarded()),
        event(3, THERE, ParkedSaleEvent::Resumed),
    ]);
    assert_eq!(parked.state(), ParkedSaleState::Discarded);
    assert!(!parked.was_resumed_twice());
    assert_eq!(parked.rejected.len(), 1);
}

#[test]
fn prices_that_changed_are_named_once_and_prices_by_hand_never_change() {
    let mut then = parked();
    then.lines.insert(1, then.lines[0].clone());
    let (_, now) = lines();
    let mut dearer = now[0].clone();
    dearer.unit_price_e4 = UnitPrice(27_500);
    let [_, by_hand] = &now[..] else { panic!() };
    let now = [dearer.clone(), dearer, by_hand.clone()];
    let changed = changed_prices(&then, &now);
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].then_e4, UnitPrice(25_500));
    assert_eq!(changed[0].now_e4, UnitPrice(27_500));
    // What is not sold any more is missing among the lines of today.
    assert_eq!(changed_prices(&then, &now[2..]), []);
}

proptest! {
    #[test]
    fn order_of_arrival_changes_nothing(
        events in Just(vec![
            begun(),
            event(2, THERE, ParkedSaleEvent::Resumed),
            event(3, HERE, ParkedSaleEvent::Resumed),
            event(4, HERE, discarded()),
        ]).prop_shuffle()
    ) {
        let ended = folded(&events).ended.unwrap();
        prop_assert_eq!(ended.device_id, THERE);
        prop_assert_eq!(folded(&events).rejected.len(), 2);
    }
}

#[test]
fn what_ends_a_sale_that_is_not_known_yet_waits_for_it() {
    assert_eq!(fold_log(&[event(2, THERE, ParkedSaleEvent::Resumed)]), None);
}

#[test]
fn a_row_reads_back_as_it_was_written() {
    let parked = folded(&[begun(), event(2, THERE, discarded())]);
    let text = serde_json::to_string(&LogState::ParkedSale(Box::new(parked.clone()))).unwrap();
    let back: LogState = serde_json::from_str(&text).unwrap();
    assert_eq!(back.into_parked().unwrap(), parked);
}
