//! A unit and its number across stores: one store's sale is everybody's knowledge, and what two
//! stores sell without a network is kept at both and told.

use domain::{
    contract::ipc,
    id::ProductId,
    quantity::Quantity,
    sale::{RefundLine, TenderCode},
    serial::UnitStepKind,
    stock::Location,
};
use tests::{site::Servers, till::HeadlessTill};

use crate::kit::{Shop, draft, find, sale, told_everywhere};

told_everywhere! {
    a_unit_that_one_store_sold_is_known_at_the_other_and_selling_it_twice_is_told,
}

const IMEI: &str = "490154203237518";

fn sale_of(product: ProductId, serial: &str) -> ipc::CompleteSale {
    let mut command = sale(product, 1);
    command.lines[0].serial = Some(serial.to_owned());
    command
}

fn unit(till: &mut HeadlessTill, serial: &str) -> Option<ipc::UnitView> {
    let command = ipc::FindSerial {
        serial: serial.to_owned(),
        product_id: None,
    };
    till.call(&command).unwrap().unwrap().units.pop()
}

fn a_unit_that_one_store_sold_is_known_at_the_other_and_selling_it_twice_is_told(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut one = shop.till("S1", "James", "271828");
    let mut two = shop.till("S2", "Valentina", "314159");
    let phone = find(&mut one, "u360").product;
    let sold = one
        .call(&sale_of(phone.product_id, "49-015420-323751-8"))
        .unwrap()
        .unwrap()
        .document;
    one.wait_quiet(60_000).unwrap();
    two.wait_quiet(60_000).unwrap();

    // The other store knows who sold it and has none of its documents.
    let known = unit(&mut two, IMEI).unwrap();
    let step = known.unit.sold().unwrap();
    assert_eq!(step.number, sold.number);
    let number = sold.number.clone();
    let elsewhere = two.call(&ipc::FindDocument { number }).unwrap();
    assert!(elsewhere.is_err());

    // Without a network it comes back here, and is sold there, where nobody heard of that.
    shop.site.stop().unwrap();
    let refund = ipc::CompleteRefund {
        draft_id: draft(),
        original_id: Some(sold.document_id),
        lines: vec![RefundLine {
            n: 1,
            quantity_milli: Quantity::ONE,
            location: Location::ShopFloor,
        }],
        loose: Vec::new(),
        customer_id: None,
        tender: TenderCode::CASH,
        payouts: Vec::new(),
        reason: "too big".into(),
    };
    one.call(&refund).unwrap().unwrap();
    let command = sale_of(phone.product_id, IMEI);
    one.call(&command).unwrap().unwrap();
    two.call(&sale_of(phone.product_id, IMEI)).unwrap().unwrap();
    shop.site.start_again().unwrap();
    for _ in 0..2 {
        one.wait_quiet(60_000).unwrap();
        two.wait_quiet(60_000).unwrap();
    }
    let seen = unit(&mut one, IMEI).unwrap();
    assert_eq!(Some(&seen), unit(&mut two, IMEI).as_ref());
    let kinds: Vec<UnitStepKind> = seen.unit.steps.iter().map(|step| step.kind).collect();
    let (sale, back) = (UnitStepKind::Sold, UnitStepKind::Returned);
    assert_eq!(kinds, [sale, back, sale, sale]);
    assert_eq!(seen.unit.doubles().count(), 1);
}
