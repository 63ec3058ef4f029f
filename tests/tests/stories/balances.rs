//! A gift card across stores: sold in one, spent in another, spent at both while there is no network,
//! and what that leaves is the same sum everywhere and told to the owner.

use domain::{
    contract::ipc,
    money::Money,
    sale::{TenderCode, TenderedPayment},
};
use tests::{site::Servers, till::HeadlessTill};

use crate::kit::{Shop, draft, find, sale, told_everywhere};

told_everywhere! {
    a_gift_card_of_one_store_pays_in_another_and_spending_it_twice_is_told,
}

const CODE: &str = "GIFT2026";

fn by_card(minor: i64) -> TenderedPayment {
    TenderedPayment {
        tender: TenderCode::GIFT_CARD,
        tendered_minor: Money(minor),
        reference: CODE.to_owned(),
    }
}

fn cash(minor: i64) -> TenderedPayment {
    TenderedPayment {
        tender: TenderCode::CASH,
        tendered_minor: Money(minor),
        reference: String::new(),
    }
}

fn load(minor: i64) -> ipc::CompleteSale {
    ipc::CompleteSale {
        draft_id: draft(),
        lines: Vec::new(),
        payments: vec![by_card(-minor), cash(minor)],
        customer_id: None,
        terms: ipc::AskedTerms::default(),
        quote_id: None,
        exchange: None,
    }
}

fn card(till: &mut HeadlessTill) -> Option<ipc::BalanceView> {
    let command = ipc::FindBalances {
        code: Some(CODE.to_owned()),
        customer_id: None,
    };
    till.call(&command).unwrap().unwrap().pop()
}

fn a_gift_card_of_one_store_pays_in_another_and_spending_it_twice_is_told(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut one = shop.till("S1", "James", "271828");
    let mut two = shop.till("S2", "Valentina", "314159");
    one.call(&load(10_000)).unwrap().unwrap();
    one.wait_quiet(60_000).unwrap();
    two.wait_quiet(60_000).unwrap();
    assert_eq!(card(&mut two).unwrap().balance.balance_minor, Money(10_000));

    // In touch, it pays what it holds and no more.
    let goods = find(&mut two, "u360").product;
    let spend = |till: &mut HeadlessTill, minor| {
        let mut command = sale(goods.product_id, 9);
        command.payments = vec![by_card(minor), cash(10_000_000)];
        till.call(&command).unwrap()
    };
    spend(&mut two, 1_000).unwrap();
    assert!(spend(&mut two, 9_001).is_err());
    one.wait_quiet(60_000).unwrap();
    two.wait_quiet(60_000).unwrap();

    // Without a network both spend it; each is a manager, who may.
    shop.site.stop().unwrap();
    spend(&mut one, 2_000).unwrap();
    spend(&mut two, 8_000).unwrap();
    shop.site.start_again().unwrap();
    for _ in 0..2 {
        one.wait_quiet(60_000).unwrap();
        two.wait_quiet(60_000).unwrap();
    }
    let seen = card(&mut one).unwrap().balance;
    assert_eq!(
        Some(&seen),
        card(&mut two).map(|view| view.balance).as_ref()
    );
    assert_eq!((seen.balance_minor, seen.entries), (Money(-1_000), 4));
    assert!(seen.is_overdrawn());
}
