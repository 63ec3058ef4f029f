//! A card whose result never came, with the server stopped: its till dies, another till of the store
//! learns of it, and a manager there settles it by the slip; the first one sells by it when it is back.

use domain::{
    card_payment::{CardPaymentState as State, SlipOutcome},
    contract::ipc,
    id::CardPaymentId,
    sale::{TenderCode, TenderedPayment},
    terminal::{SimulatedAnswer, TerminalKind, TerminalSettings},
};
use tests::{site::Servers, till::HeadlessTill};

use crate::kit::{Shop, draft, find, told_everywhere};

told_everywhere! {
    a_card_that_nobody_knows_of_is_settled_at_another_till,
}

const CARD: TenderCode = TenderCode::CARD;

fn set_up(till: &mut HeadlessTill, answer: SimulatedAnswer) {
    let settings = Some(TerminalSettings {
        kind: TerminalKind::Simulated,
        wait_ms: 200,
        answer,
        answers_after_ms: 0,
    });
    till.call(&ipc::PutTerminal { settings }).unwrap().unwrap();
}

fn listed(till: &mut HeadlessTill) -> ipc::CardPayments {
    till.call(&ipc::ListCardPayments {}).unwrap().unwrap()
}

fn a_card_that_nobody_knows_of_is_settled_at_another_till(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut counter = shop.till("S1", "James", "271828");
    let mut office = shop.till("S1", "James", "271828");
    let product = find(&mut counter, "nokia").product.product_id;
    // What two of them cost, tax included.
    let mut sale = crate::kit::sale(product, 2);
    let due = counter.call(&sale).unwrap().unwrap().document.total_minor;
    sale.draft_id = draft();
    sale.payments = vec![TenderedPayment {
        tender: CARD,
        tendered_minor: due,
        reference: String::new(),
    }];
    counter.wait_quiet(60_000).unwrap();
    shop.site.stop().unwrap();

    set_up(&mut counter, SimulatedAnswer::DropCharged);
    let card_payment_id = CardPaymentId(draft().0);
    let charge = ipc::ChargeCard {
        draft_id: sale.draft_id,
        card_payment_id,
        tender: CARD,
        amount_minor: due,
    };
    let unknown = counter.call(&charge).unwrap().unwrap();
    assert_eq!(unknown.payment.state, State::Unknown);
    let refused = counter.call(&sale).unwrap().unwrap_err();
    assert_eq!(refused.code, "card_undecided");
    assert!(listed(&mut office).open.is_empty());

    shop.site.start_again().unwrap();
    counter.wait_quiet(60_000).unwrap();
    office.wait_quiet(60_000).unwrap();
    let open = listed(&mut office).open;
    assert_eq!(open.len(), 1);
    assert!(!open[0].is_own);
    let settle = ipc::SettleCardPayment {
        draft_id: draft(),
        card_payment_id,
        outcome: SlipOutcome::Charged,
        reference: "slip 81".into(),
        note: String::new(),
    };
    let settled = office.call(&settle).unwrap().unwrap();
    assert_eq!(settled.payment.state, State::Approved);
    office.wait_quiet(60_000).unwrap();
    counter.wait_quiet(60_000).unwrap();

    let sold = counter.call(&sale).unwrap().unwrap().document;
    assert_eq!(sold.payments[0].reference, "slip 81");
    counter.wait_quiet(60_000).unwrap();
    office.wait_quiet(60_000).unwrap();
    let cards = listed(&mut office);
    assert!(cards.open.is_empty());
    assert_eq!(cards.recent[0].document_number, sold.number);
    counter.quit().unwrap();
    office.quit().unwrap();
}
