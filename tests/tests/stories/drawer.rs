//! A day at the drawer with the server stopped: opened, sold, given back, counted and closed; then
//! everything arrives and every sum is read from the server's tables.

use domain::{
    contract::ipc,
    id::{ProductId, ShiftId},
    money::{Money, share},
    quantity::Quantity,
    sale::{Payout, RefundLine, TenderCode, TenderedPayment},
    shift::{CashMovementKind, Pieces, ShiftClosing},
    stock::Location,
};
use sqlx::{Connection, PgConnection};
use tests::{site::Servers, till::HeadlessTill};

use crate::kit::{Shop, draft, find, told_everywhere};

told_everywhere! {
    a_day_without_a_server_adds_up_on_it_to_the_cent,
    the_drawer_of_a_till_that_burnt_is_closed_at_another,
}

const CASH: TenderCode = TenderCode::CASH;
const CARD: TenderCode = TenderCode::CARD;

fn paid(tender: TenderCode, minor: i64, reference: &str) -> TenderedPayment {
    TenderedPayment {
        tender,
        tendered_minor: Money(minor),
        reference: reference.into(),
    }
}

fn sell(
    till: &mut HeadlessTill,
    product_id: ProductId,
    payments: Vec<TenderedPayment>,
) -> ipc::DocumentView {
    let sale = ipc::CompleteSale {
        payments,
        ..crate::kit::sale(product_id, 2)
    };
    till.call(&sale).unwrap().unwrap()
}

/// Gives one of the two units back by these tenders.
fn give_back(
    till: &mut HeadlessTill,
    sold: &ipc::DocumentView,
    payouts: impl Fn(Money) -> Vec<Payout>,
) -> ipc::DocumentView {
    // The demo shop adds tax to its prices: half of each is given back.
    let line = &sold.document.lines[0];
    let half = share(line.total_minor, 1, 2).unwrap() + share(line.tax_minor, 1, 2).unwrap();
    let refund = ipc::CompleteRefund {
        draft_id: draft(),
        original_id: Some(sold.document.document_id),
        lines: vec![RefundLine {
            n: 1,
            quantity_milli: Quantity::units(1),
            location: Location::Faulty,
        }],
        loose: Vec::new(),
        customer_id: None,
        tender: CARD,
        payouts: payouts(half),
        reason: "Does not charge".into(),
    };
    till.call(&refund).unwrap().unwrap()
}

fn move_cash(till: &mut HeadlessTill, movement: CashMovementKind, minor: i64) {
    let command = ipc::MoveCash {
        draft_id: draft(),
        movement,
        amount_minor: Money(minor),
        reason: "the day's errands".into(),
    };
    till.call(&command).unwrap().unwrap();
}

fn a_day_without_a_server_adds_up_on_it_to_the_cent(servers: Servers) {
    let mut shop = Shop::open(servers);
    let voucher = [
        "--code",
        "voucher",
        "--name",
        "Voucher",
        "--reference",
        "--counted",
    ];
    let put: Vec<&str> = ["organization", "put-tender"]
        .into_iter()
        .chain(voucher)
        .collect();
    shop.site.server.command(&put).unwrap();
    let voucher = TenderCode::from_name("voucher").unwrap();
    let mut till = shop.till("S1", "James", "271828");
    if let Some(report) = till.call(&ipc::GetShift {}).unwrap().unwrap().shift {
        close(&mut till, report.shift.shift_id, 0, voucher, 0);
    }
    let product = find(&mut till, "nokia").product.product_id;
    till.wait_quiet(60_000).unwrap();
    shop.site.stop().unwrap();

    let open = ipc::OpenShift {
        draft_id: draft(),
        float_minor: Money(15_000),
    };
    let opened = till.call(&open).unwrap().unwrap();
    let shift_id = opened.shift.shift_id;
    let many = 10_000_000;
    let cash = sell(&mut till, product, vec![paid(CASH, many, "")]);
    let total = cash.document.total_minor.0;
    let card = sell(&mut till, product, vec![paid(CARD, total, "A1")]);
    let three = vec![
        paid(voucher, 500, "V-7"),
        paid(CARD, 700, "A2"),
        paid(CASH, many, ""),
    ];
    let mixed = sell(&mut till, product, three);
    let by = |tender| {
        move |amount| {
            vec![Payout {
                tender,
                amount_minor: amount,
            }]
        }
    };
    give_back(&mut till, &cash, by(CASH));
    give_back(&mut till, &card, by(CARD));
    let both = |amount: Money| {
        let card = Money(700);
        let parts = [(CARD, card), (CASH, amount - card)];
        parts
            .map(|(tender, amount_minor)| Payout {
                tender,
                amount_minor,
            })
            .to_vec()
    };
    give_back(&mut till, &mixed, both);
    move_cash(&mut till, CashMovementKind::In, 2_000);
    move_cash(&mut till, CashMovementKind::Out, 300);
    move_cash(&mut till, CashMovementKind::PettyExpense, 450);
    move_cash(&mut till, CashMovementKind::SafeDrop, 5_000);
    move_cash(&mut till, CashMovementKind::NoSale, 0);
    let x = till
        .call(&ipc::GetShift {})
        .unwrap()
        .unwrap()
        .shift
        .unwrap();
    let expected = x.expected_minor.unwrap();
    // A note too few in the drawer.
    let notes = (expected.0 / 1_000 - 1).unsigned_abs();
    let z = close(
        &mut till,
        shift_id,
        u32::try_from(notes).unwrap(),
        voucher,
        500,
    );
    let closing = z.shift.closed.unwrap().closing;
    assert_eq!(
        closing.difference_minor.0,
        i64::from(u32::try_from(notes).unwrap()) * 1_000 - expected.0
    );

    shop.site.start_again().unwrap();
    till.wait_quiet(60_000).unwrap();
    let url = &shop.site.server.ready.owner_database_url;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(check(url, shift_id, &closing));
    let known = till
        .call(&ipc::GetShiftReport { shift_id })
        .unwrap()
        .unwrap();
    assert_eq!(known.shift.closed.unwrap().closing, closing);
}

fn the_drawer_of_a_till_that_burnt_is_closed_at_another(servers: Servers) {
    let mut shop = Shop::open(servers);
    let mut burnt = shop.till("S1", "James", "271828");
    let shift = burnt.call(&ipc::GetShift {}).unwrap().unwrap().shift;
    let (product, shift_id) = (
        find(&mut burnt, "nokia").product.product_id,
        shift.unwrap().shift.shift_id,
    );
    let sold = sell(&mut burnt, product, vec![paid(CASH, 10_000_000, "")]);
    burnt.wait_quiet(60_000).unwrap();
    burnt.kill().unwrap();

    let mut other = shop.till("S1", "James", "271828");
    let closing = ipc::CloseShift {
        draft_id: draft(),
        shift_id: Some(shift_id),
        pieces: Vec::new(),
        others: Vec::new(),
        float_left_minor: Money::ZERO,
        note: "Its till burnt".into(),
    };
    let closed = other.call(&closing).unwrap().unwrap();
    let closing = closed.shift.closed.unwrap().closing;
    // What it took and its float are known; nobody found them.
    assert_eq!(closing.totals.sales_minor, sold.document.total_minor);
    assert_eq!(
        closing.difference_minor,
        -(closed.shift.opening.float_minor
            + sold.document.total_minor
            + sold.document.rounding_minor)
    );
    // The other till's own drawer is open as before.
    let own = other
        .call(&ipc::GetShift {})
        .unwrap()
        .unwrap()
        .shift
        .unwrap();
    assert_ne!(own.shift.shift_id, shift_id);
    other.wait_quiet(60_000).unwrap();
    let url = &shop.site.server.ready.owner_database_url;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let state: String = runtime.block_on(async {
        let mut server = PgConnection::connect(url).await.unwrap();
        let state = sqlx::query_scalar("SELECT state FROM log_row WHERE key = $1");
        state
            .bind(shift_id.to_string())
            .fetch_one(&mut server)
            .await
            .unwrap()
    });
    assert_eq!(state, "closed");
}

fn close(
    till: &mut HeadlessTill,
    shift_id: ShiftId,
    notes: u32,
    voucher: TenderCode,
    vouchers: i64,
) -> ipc::ShiftReport {
    let command = ipc::CloseShift {
        draft_id: draft(),
        shift_id: None,
        pieces: vec![Pieces {
            value_minor: Money(1_000),
            count: notes,
        }],
        others: vec![(voucher, Money(vouchers))],
        float_left_minor: Money(0),
        note: String::new(),
    };
    let report = till.call(&command).unwrap().unwrap();
    assert_eq!(report.shift.shift_id, shift_id);
    report
}

/// Every sum of the closing, made anew from the server's tables.
async fn check(url: &str, shift_id: ShiftId, closing: &ShiftClosing) {
    let mut server = PgConnection::connect(url).await.unwrap();
    let totals = &closing.totals;
    let documents: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT kind, count(*), sum(total_minor)::bigint FROM document WHERE shift_id = $1
         GROUP BY kind ORDER BY kind",
    )
    .bind(shift_id.0)
    .fetch_all(&mut server)
    .await
    .unwrap();
    let stated = |kind: &str, count: u64, sum: Money| {
        (kind.to_owned(), i64::try_from(count).unwrap(), sum.0)
    };
    assert_eq!(
        documents,
        [
            stated("credit_note", totals.refunds, totals.refunds_minor),
            stated("receipt", totals.sales, totals.sales_minor),
        ]
    );
    let tenders: Vec<(String, i64)> = sqlx::query_as(
        "SELECT tender, sum(CASE kind WHEN 'receipt' THEN amount_minor ELSE -amount_minor END)
             ::bigint
         FROM payment JOIN document USING (organization_id, document_id) WHERE shift_id = $1
         GROUP BY tender ORDER BY tender",
    )
    .bind(shift_id.0)
    .fetch_all(&mut server)
    .await
    .unwrap();
    let kept: Vec<_> = (totals.tenders.iter())
        .map(|one| (one.tender.name().to_owned(), totals.net_of(one.tender).0))
        .collect();
    assert_eq!(tenders, kept);
    let taxes: Vec<(i32, i64, i64)> = sqlx::query_as(
        "SELECT rate_ppm,
             sum(CASE kind WHEN 'receipt' THEN net_minor ELSE -net_minor END)::bigint,
             sum(CASE kind WHEN 'receipt' THEN document_tax.tax_minor
                 ELSE -document_tax.tax_minor END)::bigint
         FROM document_tax JOIN document USING (organization_id, document_id)
         WHERE shift_id = $1 GROUP BY rate_ppm ORDER BY rate_ppm",
    )
    .bind(shift_id.0)
    .fetch_all(&mut server)
    .await
    .unwrap();
    let kept: Vec<_> = (totals.taxes.iter())
        .map(|tax| {
            (
                tax.rate_ppm.0.cast_signed(),
                tax.net_minor.0,
                tax.tax_minor.0,
            )
        })
        .collect();
    assert_eq!(taxes, kept);
    let cash: i64 = sqlx::query_scalar(
        "SELECT sum(CASE happening #>> '{shift,event}'
             WHEN 'opened' THEN (happening #>> '{shift,float_minor}')::bigint
             WHEN 'moved' THEN CASE happening #>> '{shift,movement}' WHEN 'in' THEN 1 ELSE -1 END
                 * (happening #>> '{shift,amount_minor}')::bigint
             ELSE 0 END)::bigint
         FROM log_event WHERE kind = 'shift' AND key = $1",
    )
    .bind(shift_id.to_string())
    .fetch_one(&mut server)
    .await
    .unwrap();
    let counted = &closing.counts[0];
    assert_eq!(counted.tender, CASH);
    assert_eq!(cash + totals.net_of(CASH).0, counted.expected_minor.0);
    let (state, is_open): (String, bool) =
        sqlx::query_as("SELECT state, is_open FROM log_row WHERE kind = 'shift' AND key = $1")
            .bind(shift_id.to_string())
            .fetch_one(&mut server)
            .await
            .unwrap();
    assert_eq!((state.as_str(), is_open), ("closed", false));
    server.close().await.unwrap();
}
