//! Papers that lead from one to the next between tills: an exchange at another till than the sale,
//! and invoices that two tills without a network both made of one receipt.

use domain::{
    contract::{failure::code, ipc},
    id::{CustomerId, OpId},
    money::Money,
    quantity::Quantity,
    sale::{RefundLine, TenderCode},
    stock::Location,
};
use tests::{site::Servers, till::HeadlessTill};

use crate::kit::{Shop, draft, find, on_hand, sale, told_everywhere};

told_everywhere! {
    goods_of_one_till_are_exchanged_at_another,
    two_tills_without_a_network_make_an_invoice_of_one_receipt,
}

fn document(till: &mut HeadlessTill, number: &str) -> ipc::DocumentView {
    let number = number.to_owned();
    till.call(&ipc::FindDocument { number }).unwrap().unwrap()
}

fn goods_of_one_till_are_exchanged_at_another(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut one = shop.till("S1", "Olivia", "2580");
    let mut two = shop.till("S1", "James", "271828");
    let product = find(&mut one, "samsung").product.product_id;
    let before = on_hand(&mut one, product);
    let sold = one.call(&sale(product, 2)).unwrap().unwrap().document;
    one.wait_quiet(60_000).unwrap();
    two.wait_quiet(60_000).unwrap();

    // Without a network, at the other till: two come back, one goes out, the rest is money.
    shop.site.stop().unwrap();
    let command = ipc::CompleteSale {
        payments: Vec::new(),
        exchange: Some(ipc::ExchangedGoods {
            original_id: sold.document_id,
            lines: vec![RefundLine {
                n: 1,
                quantity_milli: Quantity::units(2),
                location: Location::ShopFloor,
            }],
            tender: TenderCode::CASH,
            payouts: Vec::new(),
            reason: "one is enough".into(),
        }),
        ..sale(product, 1)
    };
    let receipt = two.call(&command).unwrap().unwrap().document;
    assert_eq!(receipt.payments[0].tender, TenderCode::EXCHANGE);
    shop.site.start_again().unwrap();
    for _ in 0..2 {
        two.wait_quiet(60_000).unwrap();
        one.wait_quiet(60_000).unwrap();
    }
    let seen = document(&mut one, &receipt.number).document;
    assert_eq!(seen, receipt);
    let credit = document(&mut one, &seen.details.exchange.unwrap().number).document;
    assert_eq!(credit.original_id, Some(sold.document_id));
    let of = |tender| {
        let payments = credit.payments.iter().filter(|one| one.tender == tender);
        payments.fold(Money::ZERO, |sum, one| sum + one.amount_minor)
    };
    assert_eq!(of(TenderCode::EXCHANGE), receipt.total_minor);
    let cash = of(TenderCode::CASH) - credit.rounding_minor;
    assert_eq!(cash, sold.total_minor - receipt.total_minor);
    assert_eq!(on_hand(&mut one, product), before - Quantity::units(1));
}

fn invoice(
    till: &mut HeadlessTill,
    receipt_id: OpId,
    customer_id: CustomerId,
) -> ipc::DocumentView {
    let command = ipc::MakeInvoice {
        draft_id: draft(),
        receipt_id,
        customer_id: Some(customer_id),
    };
    till.call(&command).unwrap().unwrap()
}

fn two_tills_without_a_network_make_an_invoice_of_one_receipt(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut one = shop.till("S1", "Olivia", "2580");
    let mut two = shop.till("S1", "James", "271828");
    let product = find(&mut one, "nokia").product.product_id;
    let sold = one.call(&sale(product, 1)).unwrap().unwrap().document;
    let search = ipc::SearchCustomers {
        text: "albany".into(),
        limit: 1,
    };
    let customer = one.call(&search).unwrap().unwrap().remove(0);
    one.wait_quiet(60_000).unwrap();
    two.wait_quiet(60_000).unwrap();

    shop.site.stop().unwrap();
    let (receipt_id, customer_id) = (sold.document_id, customer.customer_id);
    let first = invoice(&mut one, receipt_id, customer_id).document;
    let second = invoice(&mut two, receipt_id, customer_id).document;
    assert_ne!(first.number, second.number);
    shop.site.start_again().unwrap();
    for _ in 0..2 {
        one.wait_quiet(60_000).unwrap();
        two.wait_quiet(60_000).unwrap();
    }
    let seen = document(&mut one, &sold.number);
    assert_eq!(seen, document(&mut two, &sold.number));
    assert_eq!(seen.invoices, [first.number.clone(), second.number.clone()]);
    for (number, counts) in [(&first.number, true), (&second.number, false)] {
        let paper = document(&mut two, number);
        assert_eq!(paper.invoice.unwrap().counts, counts);
        assert_eq!(paper.document.total_minor, sold.total_minor);
    }
    let again = ipc::MakeInvoice {
        draft_id: draft(),
        receipt_id,
        customer_id: Some(customer_id),
    };
    let failure = two.call(&again).unwrap().unwrap_err();
    assert_eq!(failure.code, code::INVOICE_ISSUED);
    assert_eq!(failure.fields["number"], first.number.as_str());
}
