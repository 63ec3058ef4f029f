//! A whole day at a till with the server stopped: opened, fifty sales of every kind in the shape of
//! real invoices, returns, an exchange, an invoice, cash in and out, a power cut at noon, counted and
//! closed. Then everything arrives, and what the people at the till saw is what the server's tables say.

use std::{collections::BTreeMap, path::Path};

use domain::{
    contract::{failure::code, ipc},
    id::{CardPaymentId, CustomerId, OpId, ProductId},
    money::Money,
    quantity::Quantity,
    sale::{Discount, Document, DocumentKind, RefundLine, TenderCode, TenderedPayment},
    shift::{CashMovementKind, Pieces, ShiftTotals},
    stock::Location,
    tax::RatePpm,
    terminal::{SimulatedAnswer, TerminalKind, TerminalSettings},
};
use sqlx::{Connection, PgConnection};
use tests::{invoice, site::Servers, till::HeadlessTill};

use crate::kit::{Shop, draft, find, on_hand, told_everywhere};

told_everywhere! {
    a_day_of_fifty_sales_without_a_server_is_on_it_as_the_till_saw_it,
}

const CASH: TenderCode = TenderCode::CASH;
const CARD: TenderCode = TenderCode::CARD;
const SALES: usize = 50;
/// After so many sales the power goes.
const POWER_CUT_AFTER: usize = 25;
/// What a technology shop sells: one product each.
const GOODS: [&str; 12] = [
    "nokia",
    "samsung",
    "usb cab",
    "charger",
    "case",
    "memory",
    "headphone",
    "screen prot",
    "adapter",
    "battery",
    "keyboard",
    "mouse",
];

/// What the people at the till saw, in its order.
#[derive(Default)]
struct Books {
    documents: Vec<Document>,
}

impl Books {
    fn of(&self, kind: DocumentKind) -> impl Iterator<Item = &Document> {
        self.documents.iter().filter(move |it| it.kind == kind)
    }

    fn total(&self, kind: DocumentKind) -> Money {
        Money::sum(self.of(kind).map(|it| it.total_minor)).unwrap()
    }

    /// What came into the drawer, less what went out, by a tender.
    fn net_of(&self, tender: TenderCode) -> Money {
        let by = |kind| {
            let payments = self.of(kind).flat_map(|it| &it.payments);
            let amounts = payments.filter(|it| it.tender == tender);
            Money::sum(amounts.map(|it| it.amount_minor)).unwrap()
        };
        by(DocumentKind::Receipt) - by(DocumentKind::CreditNote)
    }

    /// Units that left the shop floor, by product.
    fn gone(&self) -> BTreeMap<ProductId, Quantity> {
        let mut gone: BTreeMap<ProductId, Quantity> = BTreeMap::new();
        for document in &self.documents {
            for line in &document.lines {
                let units = gone.entry(line.product_id).or_insert(Quantity::ZERO);
                *units = match (document.kind, line.location) {
                    (DocumentKind::CreditNote, Some(Location::ShopFloor)) => {
                        *units - line.quantity_milli
                    }
                    (DocumentKind::CreditNote, _) => *units,
                    _ => *units + line.quantity_milli,
                };
            }
        }
        gone
    }
}

fn paid(tender: TenderCode, minor: i64, reference: &str) -> TenderedPayment {
    TenderedPayment {
        tender,
        tendered_minor: Money(minor),
        reference: reference.into(),
    }
}

/// What a sale comes to, as the till says when nothing is paid.
fn due(till: &mut HeadlessTill, sale: &ipc::CompleteSale) -> i64 {
    let unpaid = ipc::CompleteSale {
        payments: vec![paid(CASH, 0, "")],
        ..sale.clone()
    };
    match till.call(&unpaid).unwrap() {
        Err(failure) if failure.code == code::PAYMENT_SHORT => {
            failure.fields["due_minor"].as_i64().unwrap()
        }
        other => panic!("nothing was paid: {other:?}"),
    }
}

/// Lines and customer of the day's sales, in the shape of real invoices.
fn carts(goods: &[ProductId]) -> Vec<(Vec<ipc::SaleLine>, bool)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/invoices_slice.csv.gz");
    let invoices = invoice::read_file(&file).unwrap().invoices;
    let sold = invoices.iter().filter(|it| {
        let is_sale = !it.is_cancellation() && it.rows.iter().all(|row| row.units > 0);
        is_sale && it.rows.len() <= 12
    });
    sold.take(SALES)
        .map(|invoice| {
            let lines = invoice.rows.iter().enumerate().map(|(n, row)| {
                // Letters and digits of the code choose the product; a shop sells few units of it.
                let sum: usize = row.stock_code.bytes().map(usize::from).sum();
                let units = 1 + (row.units - 1) % 3;
                ipc::SaleLine::of(goods[(sum + n) % goods.len()], Quantity::units(units))
            });
            (lines.collect(), invoice.customer.is_some())
        })
        .collect()
}

/// Pays a card at the terminal, and the rest of the sale in cash.
fn sell_by_card(till: &mut HeadlessTill, sale: &mut ipc::CompleteSale, part: i64) {
    let charge = ipc::ChargeCard {
        draft_id: sale.draft_id,
        card_payment_id: CardPaymentId(draft().0),
        tender: CARD,
        amount_minor: Money(part),
    };
    till.call(&charge).unwrap().unwrap();
    sale.payments = vec![paid(CARD, part, "")];
}

/// One sale of the day; its number decides of what kind.
fn sell(
    till: &mut HeadlessTill,
    n: usize,
    lines: Vec<ipc::SaleLine>,
    customer_id: Option<CustomerId>,
) -> Document {
    let mut sale = ipc::CompleteSale {
        draft_id: draft(),
        lines,
        payments: Vec::new(),
        customer_id,
        terms: ipc::AskedTerms::default(),
        quote_id: None,
        exchange: None,
    };
    match n % 8 {
        1 => sale.lines[0].discount_ppm = Some(RatePpm(50_000)),
        2 => sale.terms.discount = Some(Discount::Percent(RatePpm(100_000))),
        3 => sale = take_up_again(till, sale),
        4 => sale = quote(till, sale),
        5 => sale.terms.discount = Some(Discount::Amount(Money(100))),
        _ => {}
    }
    let due = due(till, &sale);
    match n % 5 {
        1 => sell_by_card(till, &mut sale, due),
        2 => {
            sell_by_card(till, &mut sale, due / 3);
            sale.payments.push(paid(CASH, due + 10_000, ""));
        }
        3 => sale.payments = vec![paid(voucher(), due, "V-31")],
        // A gift card is topped up beside the goods, and pays a part of others.
        4 => {
            let by_card = if n % 10 == 4 { -1_000 } else { due.min(500) };
            let rest = paid(CASH, due - by_card + 5_000, "");
            sale.payments = vec![paid(TenderCode::GIFT_CARD, by_card, CODE), rest];
        }
        _ => sale.payments = vec![paid(CASH, due + 5_000, "")],
    }
    let sold = till.call(&sale).unwrap().unwrap().document;
    // The same request again, as after an answer that never came, sells nothing twice.
    let again = till.call(&sale).unwrap().unwrap().document;
    assert_eq!(again, sold);
    assert_eq!(sold.total_minor, Money(due));
    sold
}

const CODE: &str = "DAY2026";

fn voucher() -> TenderCode {
    TenderCode::from_name("voucher").unwrap()
}

/// Parks the cart and takes it up again.
fn take_up_again(till: &mut HeadlessTill, sale: ipc::CompleteSale) -> ipc::CompleteSale {
    let park = ipc::ParkSale {
        draft_id: draft(),
        lines: sale.lines.clone(),
        terms: sale.terms.clone(),
        customer_id: sale.customer_id,
        note: "forgot the purse".into(),
    };
    let parked_id = till.call(&park).unwrap().unwrap().parked_id;
    let resume = ipc::ResumeParked {
        draft_id: draft(),
        parked_id,
    };
    let cart = till.call(&resume).unwrap().unwrap();
    let lines = cart.lines.into_iter().map(|line| line.asked).collect();
    assert_eq!(lines, sale.lines);
    ipc::CompleteSale { lines, ..sale }
}

/// Makes a quote of the cart, which is then sold as it stands.
fn quote(till: &mut HeadlessTill, sale: ipc::CompleteSale) -> ipc::CompleteSale {
    let make = ipc::MakeQuote {
        draft_id: draft(),
        lines: sale.lines.clone(),
        terms: sale.terms.clone(),
        customer_id: sale.customer_id,
        note: String::new(),
        valid_days: 14,
    };
    let quote = till.call(&make).unwrap().unwrap().quote;
    ipc::CompleteSale {
        lines: Vec::new(),
        quote_id: Some(quote.quote_id),
        ..sale
    }
}

/// Gives one unit of a receipt's first line back, by the tender that took most.
fn give_back(till: &mut HeadlessTill, sold: &Document, location: Location) -> Document {
    let most = sold.payments.iter().max_by_key(|it| it.amount_minor);
    let refund = ipc::CompleteRefund {
        draft_id: draft(),
        original_id: Some(sold.document_id),
        lines: vec![RefundLine {
            n: 1,
            quantity_milli: Quantity::units(1),
            location,
        }],
        loose: Vec::new(),
        customer_id: None,
        tender: most.unwrap().tender,
        payouts: Vec::new(),
        reason: "does not fit".into(),
    };
    till.call(&refund).unwrap().unwrap().document
}

/// One unit of a receipt's first line comes back and pays for three others: both documents.
fn exchange(till: &mut HeadlessTill, sold: &Document) -> [Document; 2] {
    let first = &sold.lines[0];
    let sale = ipc::CompleteSale {
        exchange: Some(ipc::ExchangedGoods {
            original_id: sold.document_id,
            lines: vec![RefundLine {
                n: first.n,
                quantity_milli: Quantity::units(1),
                location: Location::ShopFloor,
            }],
            tender: CASH,
            payouts: Vec::new(),
            reason: "wants more of them".into(),
        }),
        ..crate::kit::sale(first.product_id, 3)
    };
    let receipt = till.call(&sale).unwrap().unwrap().document;
    let number = receipt.details.exchange.clone().unwrap().number;
    let find = ipc::FindDocument { number };
    let credit_note = till.call(&find).unwrap().unwrap().document;
    [credit_note, receipt]
}

/// An invoice is no second sale: nothing is added up twice.
fn make_invoice(till: &mut HeadlessTill, sold: &Document, customer_id: CustomerId) {
    let make = ipc::MakeInvoice {
        draft_id: draft(),
        receipt_id: sold.document_id,
        customer_id: Some(customer_id),
    };
    let paper = till.call(&make).unwrap().unwrap();
    assert_eq!(paper.document.total_minor, sold.total_minor);
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

/// The drawer counted to the cent, in the smallest coin.
fn close(till: &mut HeadlessTill, vouchers: Money) -> ipc::ShiftReport {
    let drawer = till.call(&ipc::GetShift {}).unwrap().unwrap();
    let expected = drawer.shift.unwrap().expected_minor.unwrap();
    let close = ipc::CloseShift {
        draft_id: draft(),
        shift_id: None,
        pieces: vec![Pieces {
            value_minor: Money(5),
            count: u32::try_from(expected.0 / 5).unwrap(),
        }],
        others: vec![(voucher(), vouchers)],
        float_left_minor: Money(10_000),
        note: String::new(),
    };
    till.call(&close).unwrap().unwrap()
}

fn a_day_of_fifty_sales_without_a_server_is_on_it_as_the_till_saw_it(servers: Servers) {
    let mut shop = Shop::open(servers);
    let put = "organization put-tender --code voucher --name Voucher --reference --counted";
    let put: Vec<&str> = put.split(' ').collect();
    shop.site.server.command(&put).unwrap();
    let mut till = shop.till("S1", "James", "271828");
    let goods: Vec<ProductId> = GOODS
        .iter()
        .map(|text| find(&mut till, text).product.product_id)
        .collect();
    let customer_id = customer(&mut till);
    till.wait_quiet(60_000).unwrap();
    let shelf: Vec<Quantity> = goods.iter().map(|id| on_hand(&mut till, *id)).collect();
    shop.site.stop().unwrap();

    let mut books = Books::default();
    for (n, (lines, is_known)) in carts(&goods).into_iter().enumerate() {
        if n == POWER_CUT_AFTER {
            let data = till.data.clone();
            till.kill().unwrap();
            till = HeadlessTill::start(&data, None).unwrap();
            till.sign_in("James", "271828").unwrap();
        }
        if n % POWER_CUT_AFTER == 0 {
            set_up_terminal(&mut till);
        }
        let customer_id = is_known.then_some(customer_id);
        books.documents.push(sell(&mut till, n, lines, customer_id));
    }
    for (n, sold) in books.documents.clone().iter().step_by(6).enumerate() {
        let location = [Location::ShopFloor, Location::Faulty][n % 2];
        books.documents.push(give_back(&mut till, sold, location));
    }
    let (exchanged, invoiced) = (books.documents[1].clone(), books.documents[2].clone());
    books.documents.extend(exchange(&mut till, &exchanged));
    make_invoice(&mut till, &invoiced, customer_id);
    move_cash(&mut till, CashMovementKind::In, 2_000);
    move_cash(&mut till, CashMovementKind::PettyExpense, 450);
    move_cash(&mut till, CashMovementKind::SafeDrop, 20_000);
    let closed = close(&mut till, books.net_of(voucher()));
    let closing = closed.shift.closed.clone().unwrap().closing;
    assert_eq!(closing.difference_minor, Money::ZERO);
    agree(&books, &closing.totals);
    // Float, what cash took, and what was moved.
    let cash = Money(10_000 + 2_000 - 450 - 20_000) + books.net_of(CASH);
    assert_eq!(closing.counts[0].expected_minor, cash);

    shop.site.start_again().unwrap();
    till.wait_quiet(120_000).unwrap();
    let gone = books.gone();
    for (id, before) in goods.iter().zip(shelf) {
        let gone = gone.get(id).copied().unwrap_or(Quantity::ZERO);
        assert_eq!(on_hand(&mut till, *id), before - gone);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let url = &shop.site.server.ready.owner_database_url;
    runtime.block_on(check(url, &books, &gone));
    till.quit().unwrap();
    shop.site.server.command(&["verify"]).unwrap();
}

fn customer(till: &mut HeadlessTill) -> CustomerId {
    let search = ipc::SearchCustomers {
        text: "Albany".into(),
        limit: 1,
    };
    till.call(&search).unwrap().unwrap()[0].customer_id
}

fn set_up_terminal(till: &mut HeadlessTill) {
    let settings = Some(TerminalSettings {
        kind: TerminalKind::Simulated,
        wait_ms: 2_000,
        answer: SimulatedAnswer::Approve,
        answers_after_ms: 0,
    });
    till.call(&ipc::PutTerminal { settings }).unwrap().unwrap();
}

/// The Z report says what the receipts said.
fn agree(books: &Books, totals: &ShiftTotals) {
    let (sale, refund) = (DocumentKind::Receipt, DocumentKind::CreditNote);
    let count = |kind| u64::try_from(books.of(kind).count()).unwrap();
    assert_eq!((totals.sales, totals.refunds), (count(sale), count(refund)));
    // The exchange sold too.
    assert_eq!(totals.sales, u64::try_from(SALES + 1).unwrap());
    assert_eq!(totals.sales_minor, books.total(sale));
    assert_eq!(totals.refunds_minor, books.total(refund));
    assert_eq!(books.net_of(TenderCode::EXCHANGE), Money::ZERO);
    for tender in [CASH, CARD, voucher(), TenderCode::GIFT_CARD] {
        assert_eq!(totals.net_of(tender), books.net_of(tender), "{tender:?}");
    }
    let tax = |kind| Money::sum(books.of(kind).map(|it| it.tax_minor)).unwrap();
    let taxes = Money::sum(totals.taxes.iter().map(|it| it.tax_minor)).unwrap();
    assert_eq!(taxes, tax(sale) - tax(refund));
}

/// The server's tables say what the receipts said: each document once, its payments, its goods.
async fn check(url: &str, books: &Books, gone: &BTreeMap<ProductId, Quantity>) {
    let mut server = PgConnection::connect(url).await.unwrap();
    type Row = (uuid::Uuid, String, i64, i64, i64, i64, i64);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT d.document_id, d.number, d.total_minor, d.tax_minor, d.rounding_minor,
            (SELECT count(*) FROM document_line AS l WHERE l.document_id = d.document_id),
            (SELECT sum(p.amount_minor)::bigint FROM payment AS p
                WHERE p.document_id = d.document_id)
         FROM document AS d WHERE d.shift_id IS NOT NULL ORDER BY d.document_id",
    )
    .fetch_all(&mut server)
    .await
    .unwrap();
    let mut seen: Vec<Row> = (books.documents.iter())
        .map(|it| {
            let OpId(id) = it.document_id;
            let amounts = it.payments.iter().map(|payment| payment.amount_minor);
            (
                id,
                it.number.clone(),
                it.total_minor.0,
                it.tax_minor.0,
                it.rounding_minor.0,
                i64::try_from(it.lines.len()).unwrap(),
                Money::sum(amounts).unwrap().0,
            )
        })
        .collect();
    seen.sort();
    assert_eq!(rows, seen);
    for (id, units) in gone {
        let moved: i64 = sqlx::query_scalar(
            "SELECT coalesce(sum(m.delta_milli), 0)::bigint FROM stock_movement AS m
             JOIN document AS d ON d.document_id = m.op_id
             WHERE m.product_id = $1 AND m.location = 'shop_floor'",
        )
        .bind(id.0)
        .fetch_one(&mut server)
        .await
        .unwrap();
        assert_eq!(moved, -units.milli(), "{id:?}");
    }
    // Nothing is left open but what the card still holds.
    let open: Vec<(String, Option<i64>)> = sqlx::query_as(
        "SELECT key, (folded #>> '{balance,balance_minor}')::bigint FROM log_row WHERE is_open",
    )
    .fetch_all(&mut server)
    .await
    .unwrap();
    let held = -books.net_of(TenderCode::GIFT_CARD).0;
    assert!(held > 0);
    assert_eq!(open, [(format!("gift_card:{CODE}"), Some(held))]);
    server.close().await.unwrap();
}
