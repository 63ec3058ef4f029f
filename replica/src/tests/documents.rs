//! Sales and refunds: atomic, dense, once, and never more back than was taken.

use domain::{
    contract::{
        failure::code,
        ipc::{AskedTerms, CompleteRefund, CompleteSale, FindDocument, ListDocuments, SaleLine},
    },
    limit::{DOCUMENT_LINES_MAX, OP_BYTES_MAX},
    money::{Money, UnitPrice},
    quantity::Quantity,
    replication::chain::Digest,
    sale::{RefundLine, TenderCode, TenderedPayment},
    stock::Location,
};

use super::fixture::{CASHIER, Desk, cable, cash, charger, draft, line, product, service};

#[tokio::test]
async fn sale_is_numbered_stored_and_waiting_in_one_step() {
    let desk = Desk::at_work().await;
    let view = desk
        .sell(vec![
            line(&charger(), 1),
            line(&cable(), 2),
            line(&service(), 1),
        ])
        .await
        .unwrap();
    assert_eq!(view.document.number, "S1T3A000001");
    assert_eq!(view.document.total_minor, Money(1_999 + 500 + 6_000));
    assert_eq!(view.document.business_date, "2026-03-02");
    assert_eq!((view.is_pending, view.staff_name.as_str()), (true, "Marta"));
    assert_eq!(view.till_number, Some(3));
    let found = desk
        .till
        .call(FindDocument {
            number: " s1t3a000001 ".into(),
        })
        .await
        .unwrap();
    assert_eq!(found, view);
    for (sql, expected) in [
        ("SELECT count(*) FROM document WHERE pending = 1", 1),
        ("SELECT count(*) FROM document_line WHERE pending = 1", 3),
        ("SELECT count(*) FROM payment WHERE pending = 1", 1),
        // What is not stocked does not move.
        ("SELECT count(*) FROM stock_movement WHERE pending = 1", 2),
        ("SELECT sum(pending_milli) FROM stock_level", -3_000),
        ("SELECT count(*) FROM journal", 1),
        ("SELECT count(*) FROM outbox", 1),
        ("SELECT count(*) FROM pending_op", 1),
        ("SELECT device_seq FROM chain", 1),
    ] {
        assert_eq!(desk.number(sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn refused_sale_leaves_nothing_and_gives_its_number_back() {
    let desk = Desk::at_work().await;
    let short = CompleteSale {
        draft_id: draft(),
        lines: vec![line(&charger(), 1)],
        payments: vec![cash(1_000)],
        customer_id: None,
        terms: AskedTerms::default(),
        quote_id: None,
        exchange: None,
    };
    let failure = desk.till.call(short).await.unwrap_err();
    assert_eq!(failure.code, code::PAYMENT_SHORT);
    assert_eq!(failure.fields["due_minor"], 1_999);
    assert_eq!(failure.fields["paid_minor"], 1_000);
    let unknown = product(99, "X", "Not here", 1);
    let failure = desk.sell(vec![line(&unknown, 1)]).await.unwrap_err();
    assert_eq!(failure.code, code::PRODUCT_UNKNOWN);
    assert_eq!(desk.number("SELECT device_seq FROM chain").await, 0);
    let view = desk.sell(vec![line(&charger(), 1)]).await.unwrap();
    assert_eq!(view.document.number, "S1T3A000001");
}

#[tokio::test]
async fn same_draft_twice_is_one_document() {
    let desk = Desk::at_work().await;
    let command = CompleteSale {
        draft_id: draft(),
        lines: vec![line(&cable(), 1)],
        payments: vec![cash(500)],
        customer_id: None,
        terms: AskedTerms::default(),
        quote_id: None,
        exchange: None,
    };
    let first = desk.till.call(command.clone()).await.unwrap();
    let second = desk.till.call(command.clone()).await.unwrap();
    assert_eq!(first, second);
    let desk = desk.restart().await;
    desk.sign_in(super::fixture::MANAGER).await.unwrap();
    assert_eq!(desk.till.call(command).await.unwrap(), first);
    assert_eq!(desk.number("SELECT count(*) FROM document").await, 1);
}

#[tokio::test]
async fn sales_at_once_get_dense_numbers_and_one_chain() {
    let desk = Desk::at_work().await;
    let mut tasks = Vec::new();
    for _ in 0..20 {
        let till = desk.till.clone();
        tasks.push(tokio::spawn(async move {
            let command = CompleteSale {
                draft_id: draft(),
                lines: vec![line(&cable(), 1)],
                payments: vec![cash(500)],
                customer_id: None,
                terms: AskedTerms::default(),
                quote_id: None,
                exchange: None,
            };
            till.call(command).await.unwrap().document.count
        }));
    }
    let mut counts = Vec::new();
    for task in tasks {
        counts.push(task.await.unwrap());
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=20).collect::<Vec<u64>>());
    let key = desk
        .shared()
        .identity()
        .unwrap()
        .secrets
        .device_key
        .verifying_key();
    let key = domain::replication::chain::PublicKey(key.to_bytes());
    let mut before = Digest::default();
    for (seq, envelope) in (1_u64..).zip(desk.unsent().await) {
        envelope.verify(&key).unwrap();
        let header = envelope.decode_header().unwrap();
        assert_eq!((header.device_seq, header.prev_hash), (seq, before));
        before = envelope.hash;
    }
}

#[tokio::test]
async fn refunds_add_up_to_what_was_paid_and_no_further() {
    let desk = Desk::at_work().await;
    let third = product(5, "THIRD", "Three for ten", 33_333);
    let mut desk = desk;
    desk.org.server(domain::replication::Rows {
        product: vec![third.clone()],
        ..Default::default()
    });
    desk.pull().await;
    let sale = desk.sell(vec![line(&third, 3)]).await.unwrap().document;
    assert_eq!(sale.total_minor, Money(1_000));
    let refund = |units: i64| CompleteRefund {
        payouts: Vec::new(),
        draft_id: draft(),
        original_id: Some(sale.document_id),
        lines: vec![RefundLine {
            n: 1,
            quantity_milli: Quantity::units(units),
            location: Location::Faulty,
        }],
        loose: Vec::new(),
        customer_id: None,
        tender: TenderCode::CASH,
        reason: "broken".into(),
    };
    let mut returned = Vec::new();
    for _ in 0..3 {
        let view = desk.till.call(refund(1)).await.unwrap();
        returned.push(view.document.total_minor.minor());
        assert_eq!(view.original_number.as_deref(), Some("S1T3A000001"));
    }
    assert_eq!(returned.iter().sum::<i64>(), 1_000);
    let failure = desk.till.call(refund(1)).await.unwrap_err();
    assert_eq!(failure.code, code::REFUND_EXCEEDS_SALE);
    assert_eq!(failure.fields["left_milli"], 0);
    let again = CompleteRefund {
        original_id: Some(
            desk.till
                .call(FindDocument {
                    number: "S1T3R0A000001".into(),
                })
                .await
                .unwrap()
                .document
                .document_id,
        ),
        ..refund(1)
    };
    let failure = desk.till.call(again).await.unwrap_err();
    assert_eq!(failure.code, code::NOT_REFUNDABLE);
    let faulty = "SELECT pending_milli FROM stock_level WHERE location = 'faulty'";
    assert_eq!(desk.number(faulty).await, 3_000);
    let shown = desk.till.call(ListDocuments { limit: 10 }).await.unwrap();
    assert_eq!(shown.len(), 4);
}

#[tokio::test]
async fn cashier_may_neither_change_prices_nor_refund_without_receipt() {
    let desk = Desk::new().await;
    assert_eq!(
        desk.sell(vec![line(&cable(), 1)]).await.unwrap_err().code,
        code::NOT_SIGNED_IN
    );
    desk.sign_in(CASHIER).await.unwrap();
    let cheaper = SaleLine {
        unit_price_e4: Some(UnitPrice(1)),
        ..line(&cable(), 1)
    };
    let failure = desk.sell(vec![cheaper]).await.unwrap_err();
    assert_eq!(failure.code, code::PERMISSION_DENIED);
    assert_eq!(failure.fields["permission"], "override_price");
    let loose = CompleteRefund {
        payouts: Vec::new(),
        draft_id: draft(),
        original_id: None,
        lines: Vec::new(),
        loose: Vec::new(),
        customer_id: None,
        tender: TenderCode::CASH,
        reason: String::new(),
    };
    let failure = desk.till.call(loose).await.unwrap_err();
    assert_eq!(failure.fields["permission"], "refund_without_receipt");
}

#[tokio::test]
async fn long_sale_fits_and_one_too_long_is_refused_before_its_receipt() {
    let desk = Desk::at_work().await;
    let sell = |lines: Vec<SaleLine>| CompleteSale {
        draft_id: draft(),
        lines,
        payments: vec![cash(10_000_000)],
        customer_id: None,
        terms: AskedTerms::default(),
        quote_id: None,
        exchange: None,
    };
    let longest = vec![line(&cable(), 1); DOCUMENT_LINES_MAX];
    desk.till.call(sell(longest)).await.unwrap();
    let heavy = CompleteSale {
        payments: vec![TenderedPayment {
            reference: "pasted ".repeat(OP_BYTES_MAX / 7),
            ..cash(10_000_000)
        }],
        ..sell(vec![line(&cable(), 1)])
    };
    let failure = desk.till.call(heavy).await.unwrap_err();
    assert_eq!(failure.code, code::OPERATION_TOO_LARGE);
    let endless = vec![line(&cable(), 1); DOCUMENT_LINES_MAX + 1];
    let failure = desk.till.call(sell(endless)).await.unwrap_err();
    assert_eq!(failure.code, code::TOO_MANY_LINES);
    let view = desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    assert_eq!(view.document.count, 2);
}

#[tokio::test]
async fn full_disk_refuses_the_sale_and_keeps_what_was_there() {
    let desk = Desk::at_work().await;
    desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    {
        // SQLite reports a file that may not grow as it reports a full disk.
        let mut writer = desk.shared().db.writer().await;
        let mut transaction = writer.begin().await.unwrap();
        sqlx::query("PRAGMA max_page_count = 1")
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }
    let mut refused = None;
    for _ in 0..200 {
        if let Err(failure) = desk.sell(vec![line(&cable(), 1); 50]).await {
            refused = Some(failure);
            break;
        }
    }
    assert_eq!(refused.unwrap().code, code::DISK_FULL);
    let before = desk.number("SELECT count(*) FROM document").await;
    let desk = desk.restart().await;
    desk.sign_in(super::fixture::MANAGER).await.unwrap();
    let view = desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    assert_eq!(i64::try_from(view.document.count).unwrap(), before + 1);
}

/// A sale for plenty of cash.
pub(super) fn paid(lines: Vec<SaleLine>) -> CompleteSale {
    CompleteSale {
        draft_id: draft(),
        lines,
        payments: vec![cash(10_000_000)],
        customer_id: None,
        terms: AskedTerms::default(),
        quote_id: None,
        exchange: None,
    }
}
