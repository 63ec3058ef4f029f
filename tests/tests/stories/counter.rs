//! At the counter: selling without network, giving back at another till, losing power.

use domain::{
    contract::{failure::code, ipc},
    quantity::Quantity,
    sale::{RefundLine, TenderCode},
    stock::Location,
};
use serde_json::json;
use tests::site::Servers;

use crate::kit::{Shop, draft, find, on_hand, sale, told_everywhere};

told_everywhere! {
    what_is_sold_while_the_server_is_down_arrives_when_it_is_back,
    goods_sold_at_one_till_come_back_at_another_and_never_twice,
    a_till_that_loses_power_keeps_its_receipt_and_repeats_nothing,
    wrong_pins_lock_the_person_even_across_a_restart,
}

fn what_is_sold_while_the_server_is_down_arrives_when_it_is_back(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut one = shop.till("S1", "Olivia", "2580");
    let mut two = shop.till("S1", "James", "271828");
    let product = find(&mut one, "nokia").product.product_id;
    let before = on_hand(&mut two, product);

    shop.site.stop().unwrap();
    let receipt = one.call(&sale(product, 2)).unwrap().unwrap();
    assert!(receipt.is_pending);
    assert_eq!(on_hand(&mut one, product), before - Quantity::units(2));

    shop.site.start_again().unwrap();
    one.wait_quiet(60_000).unwrap();
    two.wait_quiet(60_000).unwrap();
    let seen = two
        .call(&ipc::FindDocument {
            number: receipt.document.number.clone(),
        })
        .unwrap()
        .unwrap();
    assert_eq!(seen.document, receipt.document);
    assert!(!seen.is_pending);
    assert_eq!(on_hand(&mut two, product), before - Quantity::units(2));
    assert_eq!(on_hand(&mut one, product), before - Quantity::units(2));
}

fn goods_sold_at_one_till_come_back_at_another_and_never_twice(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut one = shop.till("S1", "Olivia", "2580");
    let mut two = shop.till("S1", "James", "271828");
    let product = find(&mut one, "samsung").product.product_id;
    let sold = one.call(&sale(product, 3)).unwrap().unwrap();
    one.wait_quiet(60_000).unwrap();
    two.wait_quiet(60_000).unwrap();

    let refund = |units| ipc::CompleteRefund {
        payouts: Vec::new(),
        draft_id: draft(),
        original_id: Some(sold.document.document_id),
        lines: vec![RefundLine {
            n: 1,
            quantity_milli: Quantity::units(units),
            location: Location::ShopFloor,
        }],
        loose: Vec::new(),
        customer_id: None,
        tender: TenderCode::CASH,
        reason: "Changed their mind".into(),
    };
    let back = two.call(&refund(2)).unwrap().unwrap();
    assert_eq!(back.original_number, Some(sold.document.number.clone()));
    let failure = two.call(&refund(2)).unwrap().unwrap_err();
    assert_eq!(failure.code, code::REFUND_EXCEEDS_SALE);
    let rest = two.call(&refund(1)).unwrap().unwrap();
    assert_eq!(
        back.document.total_minor + rest.document.total_minor,
        sold.document.total_minor
    );
}

fn a_till_that_loses_power_keeps_its_receipt_and_repeats_nothing(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut till = shop.till("S1", "Olivia", "2580");
    let product = find(&mut till, "apple").product.product_id;
    till.ask("set_network", &json!({ "online": false }))
        .unwrap();
    let command = sale(product, 1);
    let receipt = till.call(&command).unwrap().unwrap();
    let data = till.data.clone();
    till.kill().unwrap();

    let mut till = tests::till::HeadlessTill::start(&data, None).unwrap();
    till.sign_in("Olivia", "2580").unwrap();
    let again = till.call(&command).unwrap().unwrap();
    assert_eq!(again.document, receipt.document);
    till.wait_quiet(60_000).unwrap();
    let next = till.call(&sale(product, 1)).unwrap().unwrap();
    assert_eq!(next.document.count, receipt.document.count + 1);
}

fn wrong_pins_lock_the_person_even_across_a_restart(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut till = shop.till("S1", "Olivia", "2580");
    till.call(&ipc::SignOut {}).unwrap().unwrap();
    let staff = till.call(&ipc::ListStaff {}).unwrap().unwrap();
    let staff_id = staff
        .iter()
        .find(|person| person.name == "Noah")
        .unwrap()
        .staff_id;
    let wrong = ipc::SignIn {
        staff_id,
        pin: "0000".into(),
    };
    for _ in 0..4 {
        assert_eq!(
            till.call(&wrong).unwrap().unwrap_err().code,
            code::WRONG_PIN
        );
    }
    let locked = till.call(&wrong).unwrap().unwrap_err();
    assert_eq!(locked.code, code::PIN_LOCKED);
    let data = till.data.clone();
    till.kill().unwrap();
    let mut till = tests::till::HeadlessTill::start(&data, None).unwrap();
    let right = ipc::SignIn {
        staff_id,
        pin: "3690".into(),
    };
    assert_eq!(
        till.call(&right).unwrap().unwrap_err().code,
        code::PIN_LOCKED
    );
}
