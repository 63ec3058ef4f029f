//! Units with serial numbers: a line each, sold and returned by name, and their history whatever
//! order it is heard in.

use domain::{
    hlc::Hlc,
    id::{OpId, ProductId},
    quantity::Quantity,
    replication::{
        OpBody, apply,
        log::{Happening, LogEvent, LogKind, LogState, fold},
        table::Scope,
    },
    sale::{
        CartLine, RefundLine, RefundRequest, SaleError, TenderCode, complete_refund, price_cart,
    },
    serial::{SerialEvent, SerialUnit, UnitStepKind},
    stock::Location,
    tax::TaxMode,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{cart_line, context, document, golden, header, sell};

const IMEI: &str = "490154203237518";
const OTHER: &str = "356938035643809";

fn unit(serial: &str) -> CartLine {
    let mut line = cart_line(1_000, 1_999_900, 200_000);
    line.terms.serial = Some(serial.into());
    line
}

fn refund_of(lines: &[RefundLine]) -> Result<domain::replication::body::DocumentBody, SaleError> {
    let original = document(&sell(&[unit(IMEI), unit(OTHER)], TaxMode::Inclusive));
    let request = RefundRequest::OfReceipt {
        original: &original,
        refunded: &[],
        lines,
        balances: &[],
        any_tender: true,
        customer_id: None,
    };
    let context = context(TaxMode::Inclusive);
    complete_refund(context, &request, TenderCode::CASH, &[], "")
}

fn whole(n: u32) -> RefundLine {
    RefundLine {
        n,
        quantity_milli: Quantity::ONE,
        location: Location::ShopFloor,
    }
}

#[test]
fn a_unit_has_a_line_of_its_own_and_is_sold_once() {
    let priced = |cart: &[CartLine]| price_cart(cart, TaxMode::Inclusive, 2).map(|_| ());
    assert_eq!(priced(&[unit(IMEI), unit(OTHER)]), Ok(()));
    let twice = SaleError::SerialTwice {
        serial: IMEI.into(),
    };
    assert_eq!(priced(&[unit(IMEI), unit(IMEI)]), Err(twice));
    // Makers number alike.
    let mut of_another = unit(IMEI);
    of_another.product_id = ProductId(Uuid::from_u128(99));
    assert_eq!(priced(&[unit(IMEI), of_another]), Ok(()));
    let mut two = unit(IMEI);
    two.quantity_milli = Quantity::units(2);
    let refused = Err(SaleError::SerialQuantity { n: 2 });
    assert_eq!(priced(&[unit(OTHER), two]), refused);
}

#[test]
fn a_sale_of_units_has_the_bytes_it_always_had_and_states_who_went() {
    let body = OpBody::Sale(sell(&[unit(IMEI), unit(OTHER)], TaxMode::Inclusive));
    assert_eq!(body.version(), 4);
    golden("sale_with_units_v4", &body);
    let facts = apply(&header("sale"), &body, &[]).unwrap();
    let stated: Vec<_> = facts
        .log_events
        .iter()
        .map(|event| (event.n, event.place().scope(), event.happening.kind()))
        .collect();
    let expected = |n| (n, Scope::Org, LogKind::Serial);
    assert_eq!(stated, [expected(1), expected(2)]);
    assert!(facts.log_events[0].key.as_str().ends_with(IMEI));
}

#[test]
fn the_unit_that_comes_back_is_the_one_that_was_sold() {
    let body = refund_of(&[whole(2)]).unwrap();
    assert_eq!(body.lines[0].details.serial.as_deref(), Some(OTHER));
    let body = OpBody::Refund(body);
    assert_eq!(body.version(), 3);
    golden("refund_with_unit_v3", &body);
    let facts = apply(&header("refund"), &body, &[]).unwrap();
    let Happening::Serial(SerialEvent::Returned(unit)) = &facts.log_events[0].happening else {
        panic!("{:?}", facts.log_events);
    };
    assert_eq!(unit.serial, OTHER);
    // There is no half of it.
    let half = RefundLine {
        quantity_milli: Quantity(500),
        ..whole(1)
    };
    let refused = Err(SaleError::SerialQuantity { n: 1 });
    assert_eq!(refund_of(&[half]), refused);
}

#[test]
fn a_number_longer_than_a_key_states_nothing() {
    let mut body = sell(&[unit(IMEI)], TaxMode::Inclusive);
    body.lines[0].details.serial = Some("9".repeat(41));
    assert!(apply(&header("sale"), &OpBody::Sale(body), &[]).is_err());
}

/// The unit's events of one document.
fn events(body: OpBody, kind: &str, n: u128) -> LogEvent {
    let mut header = header(kind);
    header.op_id = OpId(Uuid::from_u128(n));
    apply(&header, &body, &[]).unwrap().log_events.remove(0)
}

fn sold(n: u128) -> LogEvent {
    let body = sell(&[unit(IMEI)], TaxMode::Inclusive);
    events(OpBody::Sale(body), "sale", n)
}

fn returned(n: u128) -> LogEvent {
    let body = refund_of(&[whole(1)]).unwrap();
    events(OpBody::Refund(body), "refund", n)
}

fn folded(events: &[(Hlc, LogEvent)]) -> SerialUnit {
    fold(events).and_then(LogState::into_serial).unwrap()
}

#[test]
fn a_unit_is_with_a_customer_until_it_comes_back_and_two_sales_at_once_are_told() {
    let all = [
        (Hlc(1), sold(1)),
        (Hlc(2), returned(2)),
        (Hlc(3), sold(3)),
        (Hlc(4), sold(4)),
    ];
    let unit = folded(&all[..1]);
    assert_eq!((unit.state_name(), unit.doubles().count()), ("sold", 0));
    let unit = folded(&all[..2]);
    assert!(unit.sold().is_none() && unit.state_name() == "returned");
    let unit = folded(&all[..3]);
    assert_eq!(unit.doubles().count(), 0);
    let unit = folded(&all);
    let doubles: Vec<_> = unit
        .doubles()
        .map(|(one, next)| (one.document_id.0.as_u128(), next.document_id.0.as_u128()))
        .collect();
    assert_eq!(doubles, [(3, 4)]);
    assert_eq!(unit.steps.len(), 4);
    assert_eq!(unit.steps[1].kind, UnitStepKind::Returned);
}

proptest! {
    #[test]
    fn every_order_of_hearing_tells_one_history(order in Just([0_usize, 1, 2, 3]).prop_shuffle()) {
        let all = [
            (Hlc(1), sold(1)),
            (Hlc(2), returned(2)),
            (Hlc(3), sold(3)),
            (Hlc(4), sold(4)),
        ];
        let heard: Vec<_> = order.iter().map(|at| all[*at].clone()).collect();
        prop_assert_eq!(folded(&heard), folded(&all));
    }
}
