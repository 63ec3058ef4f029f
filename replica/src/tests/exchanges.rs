//! Exchanges on a real file: both documents or neither, each numbered in its own series, the
//! difference alone in the drawer, and brought back by the feed as they were made.

use domain::{
    catalog::Product,
    contract::{
        failure::{Failure, code},
        ipc::{
            AskedTerms, CompleteRefund, CompleteSale, DocumentView, ExchangedGoods, FindDocument,
        },
    },
    limit::OP_BYTES_MAX,
    money::Money,
    quantity::Quantity,
    sale::{Document, DocumentKind, RefundLine, TenderCode, TenderedPayment},
    stock::Location,
};

use super::fixture::{CASHIER, Desk, MANAGER, cable, cash, charger, draft, line, service};

fn first_line() -> Vec<RefundLine> {
    vec![RefundLine {
        n: 1,
        quantity_milli: Quantity::ONE,
        location: Location::Faulty,
    }]
}

/// One unit of the receipt's first line for one of a product.
fn exchanging(receipt: &Document, new: &Product, payments: Vec<TenderedPayment>) -> CompleteSale {
    CompleteSale {
        draft_id: draft(),
        lines: vec![line(new, 1)],
        payments,
        customer_id: None,
        terms: AskedTerms::default(),
        quote_id: None,
        exchange: Some(ExchangedGoods {
            original_id: receipt.document_id,
            lines: first_line(),
            tender: TenderCode::CASH,
            payouts: Vec::new(),
            reason: "too slow".into(),
        }),
    }
}

async fn bought(desk: &Desk, product: &Product) -> Document {
    desk.sell(vec![line(product, 1)]).await.unwrap().document
}

/// The credit note that a receipt of an exchange names.
async fn returned(desk: &Desk, receipt: &DocumentView) -> DocumentView {
    let number = receipt.document.details.exchange.clone().unwrap().number;
    desk.till.call(FindDocument { number }).await.unwrap()
}

/// What a document moved by each tender.
fn paid(document: &Document) -> Vec<(&str, i64)> {
    let payments = document.payments.iter();
    let paid = payments.map(|one| (one.tender.name(), one.amount_minor.minor()));
    paid.collect()
}

const DOCUMENTS: &str = "SELECT count(*) FROM document";

#[tokio::test]
async fn the_customer_pays_the_difference_and_each_document_names_the_other() {
    let desk = Desk::at_work().await;
    desk.sign_in(CASHIER).await.unwrap();
    let first = bought(&desk, &charger()).await;
    // 60.00 for 19.99 that come back.
    let command = exchanging(&first, &service(), vec![cash(5_000)]);
    let sold = desk.till.call(command.clone()).await.unwrap();
    assert_eq!(sold.document.number, "S1T3A000002");
    assert_eq!(paid(&sold.document), [("cash", 4_001), ("exchange", 1_999)]);
    assert_eq!(sold.document.payments[0].change_minor, Money(999));
    let back = returned(&desk, &sold).await;
    assert_eq!(back.document.number, "S1T3R0A000001");
    assert_eq!(back.document.kind, DocumentKind::CreditNote);
    assert_eq!(back.document.original_id, Some(first.document_id));
    assert_eq!(paid(&back.document), [("exchange", 1_999)]);
    assert_eq!(back.document.reason, "too slow");
    let named = back.document.details.exchange.clone().unwrap();
    assert_eq!(named.document_id, sold.document.document_id);
    // The same entry again makes nothing anew, also after the power was gone.
    let mut desk = desk.restart().await;
    desk.sign_in(CASHIER).await.unwrap();
    let again = desk.till.call(command).await.unwrap();
    assert_eq!(again.document, sold.document);
    assert_eq!(desk.number(DOCUMENTS).await, 3);
    let faulty = "SELECT pending_milli FROM stock_level WHERE location = 'faulty'";
    assert_eq!(desk.number(faulty).await, 1_000);

    desk.deliver().await;
    desk.pull().await;
    assert_eq!(desk.number("SELECT count(*) FROM pending_op").await, 0);
    assert_eq!(desk.number("SELECT sum(pending) FROM document").await, 0);
    let confirmed = returned(&desk, &again).await;
    assert_eq!(confirmed.document, back.document);
    assert_eq!(confirmed.proof.unwrap().is_sound, Some(true));
}

#[tokio::test]
async fn the_customer_gets_the_difference_back_or_nothing() {
    let desk = Desk::at_work().await;
    desk.sign_in(CASHIER).await.unwrap();
    let first = bought(&desk, &charger()).await;
    let cheaper = exchanging(&first, &cable(), Vec::new());
    let sold = desk.till.call(cheaper).await.unwrap();
    assert_eq!(paid(&sold.document), [("exchange", 250)]);
    let back = returned(&desk, &sold).await.document;
    assert_eq!(paid(&back), [("exchange", 250), ("cash", 1_749)]);

    let second = bought(&desk, &charger()).await;
    let even = exchanging(&second, &charger(), Vec::new());
    let sold = desk.till.call(even).await.unwrap();
    assert_eq!(paid(&sold.document), [("exchange", 1_999)]);
    let back = returned(&desk, &sold).await.document;
    assert_eq!(paid(&back), [("exchange", 1_999)]);
    // In the drawer is what two chargers cost, less the difference of the first.
    let drawer = "SELECT sum(iif(d.kind = 'receipt', p.amount_minor, -p.amount_minor))
        FROM payment p JOIN document d USING (document_id) WHERE p.tender = 'cash'";
    assert_eq!(desk.number(drawer).await, 2 * 1_999 - 1_749);
}

#[tokio::test]
async fn an_exchange_that_fails_leaves_neither_document_and_no_gap() {
    let desk = Desk::at_work().await;
    let first = bought(&desk, &charger()).await;
    let short = exchanging(&first, &service(), vec![cash(4_000)]);
    let failure = desk.till.call(short).await.unwrap_err();
    assert_eq!(failure.code, code::PAYMENT_SHORT);
    // This one fails when its credit note is written already.
    let reference = "pasted ".repeat(OP_BYTES_MAX / 7);
    let heavy = TenderedPayment {
        reference,
        ..cash(4_001)
    };
    let heavy = exchanging(&first, &service(), vec![heavy]);
    let failure = desk.till.call(heavy).await.unwrap_err();
    assert_eq!(failure.code, code::OPERATION_TOO_LARGE);
    assert_eq!(desk.number(DOCUMENTS).await, 1);
    assert_eq!(desk.number("SELECT device_seq FROM chain").await, 1);
    let sold = exchanging(&first, &service(), vec![cash(4_001)]);
    let sold = desk.till.call(sold).await.unwrap();
    assert_eq!(sold.document.count, 2);
    assert_eq!(returned(&desk, &sold).await.document.count, 1);
    let twice = exchanging(&first, &service(), vec![cash(4_001)]);
    let failure = desk.till.call(twice).await.unwrap_err();
    assert_eq!(failure.code, code::REFUND_EXCEEDS_SALE);
}

async fn refund(desk: &Desk, receipt: &Document, tender: TenderCode) -> Result<(), Failure> {
    let command = CompleteRefund {
        draft_id: draft(),
        original_id: Some(receipt.document_id),
        lines: first_line(),
        loose: Vec::new(),
        customer_id: None,
        tender,
        payouts: Vec::new(),
        reason: String::new(),
    };
    desk.till.call(command).await.map(|_| ())
}

#[tokio::test]
async fn what_goods_paid_for_becomes_cash_only_with_a_manager() {
    let desk = Desk::at_work().await;
    desk.sign_in(CASHIER).await.unwrap();
    let first = bought(&desk, &charger()).await;
    let even = exchanging(&first, &charger(), Vec::new());
    let sold = desk.till.call(even).await.unwrap().document;
    let failure = refund(&desk, &sold, TenderCode::CASH).await.unwrap_err();
    assert_eq!(failure.code, code::REFUND_EXCEEDS_TENDER);
    assert_eq!(failure.fields["left_minor"], 0);
    // Nobody pays or is paid by the tender of exchanges.
    let failure = refund(&desk, &sold, TenderCode::EXCHANGE).await;
    assert_eq!(failure.unwrap_err().code, code::TENDER_UNKNOWN);
    let by_hand = TenderedPayment {
        tender: TenderCode::EXCHANGE,
        ..cash(4_001)
    };
    let failure = exchanging(&sold, &service(), vec![by_hand]);
    let failure = desk.till.call(failure).await.unwrap_err();
    assert_eq!(failure.code, code::TENDER_UNKNOWN);
    // Exchanged again it needs nobody; as money it needs the manager.
    let again = exchanging(&sold, &charger(), Vec::new());
    let again = desk.till.call(again).await.unwrap().document;
    desk.sign_in(MANAGER).await.unwrap();
    refund(&desk, &again, TenderCode::CASH).await.unwrap();
}
