//! What is set aside at one till and taken up at another: parked carts and quotes, with and without
//! a network between them.

use domain::{
    contract::{failure::code, ipc},
    id::{OpId, ProductId},
    quantity::Quantity,
    sale::{
        parked::{ParkedEnding, ParkedSaleState},
        quote::QuoteState,
    },
};
use tests::{site::Servers, till::HeadlessTill};

use crate::kit::{Shop, draft, find, on_hand, sale, told_everywhere};

told_everywhere! {
    a_cart_parked_at_one_till_is_taken_up_at_another_once,
    a_quote_of_one_till_is_sold_at_another_once,
}

fn park(till: &mut HeadlessTill, product_id: ProductId) -> ipc::ParkedSummary {
    let command = ipc::ParkSale {
        draft_id: draft(),
        lines: vec![ipc::SaleLine::of(product_id, Quantity::units(2))],
        terms: ipc::AskedTerms::default(),
        customer_id: None,
        note: "went to the cash machine".into(),
    };
    till.call(&command).unwrap().unwrap()
}

fn taking_up(parked_id: OpId) -> ipc::ResumeParked {
    ipc::ResumeParked {
        draft_id: draft(),
        parked_id,
    }
}

fn listed(till: &mut HeadlessTill) -> Vec<ipc::ParkedSummary> {
    till.call(&ipc::ListParked {}).unwrap().unwrap()
}

fn a_cart_parked_at_one_till_is_taken_up_at_another_once(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut one = shop.till("S1", "Olivia", "2580");
    let mut two = shop.till("S1", "James", "271828");
    let product = find(&mut one, "nokia").product.product_id;
    let first = park(&mut one, product);
    let second = park(&mut one, product);
    one.wait_quiet(60_000).unwrap();
    two.wait_quiet(60_000).unwrap();

    let seen = listed(&mut two);
    let ids: Vec<OpId> = seen.iter().map(|parked| parked.parked_id).collect();
    assert_eq!(ids, [second.parked_id, first.parked_id]);
    assert_eq!(seen[1].total_minor, first.total_minor);
    assert_eq!(
        (seen[1].is_pending, seen[1].till_number),
        (false, first.till_number)
    );
    let cart = two.call(&taking_up(first.parked_id)).unwrap().unwrap();
    assert_eq!(cart.lines[0].asked.quantity_milli, Quantity::units(2));
    assert_eq!(cart.now_minor, first.total_minor);
    two.wait_quiet(60_000).unwrap();
    one.wait_quiet(60_000).unwrap();
    let failure = one.call(&taking_up(first.parked_id)).unwrap().unwrap_err();
    assert_eq!(failure.code, code::PARKED_ENDED);

    // Without a network both have it in hand: each of them hears of it.
    shop.site.stop().unwrap();
    one.call(&taking_up(second.parked_id)).unwrap().unwrap();
    two.call(&taking_up(second.parked_id)).unwrap().unwrap();
    assert_eq!((listed(&mut one).len(), listed(&mut two).len()), (0, 0));
    shop.site.start_again().unwrap();
    for _ in 0..2 {
        one.wait_quiet(60_000).unwrap();
        two.wait_quiet(60_000).unwrap();
    }
    let told = listed(&mut one);
    assert_eq!(told, listed(&mut two));
    assert_eq!(told[0].state, ParkedSaleState::Resumed);
    let resumed = told[0].ends.iter();
    let resumed = resumed.filter(|end| end.ending == ParkedEnding::Resumed);
    assert_eq!(resumed.count(), 2);
}

fn a_quote_of_one_till_is_sold_at_another_once(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut one = shop.till("S1", "Olivia", "2580");
    let mut two = shop.till("S1", "James", "271828");
    let product = find(&mut one, "samsung").product.product_id;
    let before = on_hand(&mut one, product);
    let make = ipc::MakeQuote {
        draft_id: draft(),
        lines: vec![ipc::SaleLine::of(product, Quantity::units(3))],
        terms: ipc::AskedTerms::default(),
        customer_id: None,
        note: String::new(),
        valid_days: 30,
    };
    let made = one.call(&make).unwrap().unwrap().quote;
    assert_eq!(on_hand(&mut one, product), before);
    one.wait_quiet(60_000).unwrap();
    two.wait_quiet(60_000).unwrap();

    let number = made.quoted.number.clone();
    let seen = two.call(&ipc::GetQuote { number }).unwrap().unwrap();
    assert_eq!(seen.quote, made);
    let command = ipc::CompleteSale {
        lines: Vec::new(),
        quote_id: Some(made.quote_id),
        ..sale(product, 1)
    };
    let sold = two.call(&command).unwrap().unwrap().document;
    assert_eq!(sold.total_minor, made.quoted.total_minor);
    two.wait_quiet(60_000).unwrap();
    one.wait_quiet(60_000).unwrap();
    assert_eq!(on_hand(&mut one, product), before - Quantity::units(3));
    let number = made.quoted.number.clone();
    let seen = one.call(&ipc::GetQuote { number }).unwrap().unwrap();
    assert_eq!(seen.state, QuoteState::Accepted);
    assert_eq!(seen.quote.ended.unwrap().op_id, sold.document_id);
    let command = ipc::CompleteSale {
        draft_id: draft(),
        ..command
    };
    let failure = one.call(&command).unwrap().unwrap_err();
    assert_eq!(failure.code, code::QUOTE_ENDED);
}
