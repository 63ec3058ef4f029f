//! Quotes on a real file: numbered without gaps, sold at their prices once, declined, expired,
//! found by their number, and printed.

use domain::{
    contract::{
        failure::{Failure, code},
        ipc::{
            AskedTerms, CompleteSale, DeclineQuote, DocumentView, GetQuote, ListQuotes, MakeQuote,
            PrintDocument, PutPrinter, QuoteView, SaleLine, SavePdf, SellQuote,
        },
    },
    id::OpId,
    money::{Money, UnitPrice},
    receipt::{Form, PrinterKind, PrinterSettings},
    replication::Rows,
    sale::{
        Discount, DocumentKind,
        quote::{QuoteEnding, QuoteState},
    },
    tax::RatePpm,
};

use super::fixture::{
    CASHIER, Desk, NOW_MS, cable, cash, catalogue, charger, draft, line, service,
};

const DAY_MS: i64 = 24 * 3_600_000;

fn quoting(lines: Vec<SaleLine>) -> MakeQuote {
    MakeQuote {
        draft_id: draft(),
        lines,
        terms: AskedTerms::default(),
        customer_id: None,
        note: "para la oficina".into(),
        valid_days: 30,
    }
}

async fn quote(desk: &Desk, lines: Vec<SaleLine>) -> QuoteView {
    desk.till.call(quoting(lines)).await.unwrap()
}

fn selling(quote_id: OpId) -> CompleteSale {
    CompleteSale {
        draft_id: draft(),
        lines: Vec::new(),
        payments: vec![cash(1_000_000)],
        customer_id: None,
        terms: AskedTerms::default(),
        quote_id: Some(quote_id),
        exchange: None,
    }
}

async fn sell(desk: &Desk, quote_id: OpId) -> Result<DocumentView, Failure> {
    desk.till.call(selling(quote_id)).await
}

async fn get(desk: &Desk, number: &str) -> QuoteView {
    let number = number.to_owned();
    desk.till.call(GetQuote { number }).await.unwrap()
}

/// The cable at another price, under another tax.
async fn change_the_catalogue(desk: &mut Desk, price_e4: i64, rate_ppm: u32) {
    let mut rows = Rows {
        tax_class: catalogue().tax_class,
        product: vec![cable()],
        ..Rows::default()
    };
    rows.product[0].price_e4 = UnitPrice(price_e4);
    rows.tax_class[0].rate_ppm = RatePpm(rate_ppm);
    desk.org.server(rows);
    desk.pull().await;
}

#[tokio::test]
async fn a_quote_outlives_a_restart_and_a_dearer_catalogue_and_is_sold_once() {
    let desk = Desk::at_work().await;
    let command = MakeQuote {
        terms: AskedTerms {
            discount: Some(Discount::Percent(RatePpm(200_000))),
            coupons: Vec::new(),
        },
        ..quoting(vec![line(&cable(), 4), line(&service(), 1)])
    };
    let made = desk.till.call(command.clone()).await.unwrap();
    // 10.00 and 60.00, less a fifth.
    assert_eq!(made.quote.quoted.total_minor, Money(5_600));
    assert_eq!(made.quote.quoted.number, "S1T3Q0A000001");
    assert_eq!(desk.till.call(command).await.unwrap(), made);
    assert_eq!(desk.number("SELECT count(*) FROM stock_movement").await, 0);
    assert_eq!(desk.number("SELECT count(*) FROM document").await, 0);

    let mut desk = desk.restart().await;
    desk.sign_in(CASHIER).await.unwrap();
    change_the_catalogue(&mut desk, 90_000, 210_000).await;
    assert_eq!(get(&desk, " s1t3q0a000001 ").await, made);
    let quote_id = made.quote.quote_id;
    let cart = desk.till.call(SellQuote { quote_id }).await.unwrap();
    assert_eq!(
        (cart.quoted_minor, cart.now_minor),
        (Money(5_600), Money(5_600))
    );
    // A cashier may not give a fifth away; who made the quote might.
    let command = selling(quote_id);
    let sold = desk.till.call(command.clone()).await.unwrap().document;
    assert_eq!(sold.total_minor, Money(5_600));
    assert_eq!(sold.number, "S1T3A000001");
    assert_eq!(sold.details.quote.as_ref().unwrap().quote_id, quote_id);
    assert_eq!(desk.till.call(command).await.unwrap().document, sold);
    let seen = get(&desk, &quote_id.to_string()).await;
    assert_eq!(seen.state, QuoteState::Accepted);
    let number = sold.number.clone();
    assert_eq!(seen.ends[0].ending, QuoteEnding::Accepted { number });
    for failure in [
        sell(&desk, quote_id).await.unwrap_err(),
        desk.till.call(SellQuote { quote_id }).await.unwrap_err(),
    ] {
        assert_eq!(failure.code, code::QUOTE_ENDED);
        assert_eq!(failure.fields["state"], "accepted");
    }
}

#[tokio::test]
async fn the_feed_brings_the_sale_and_its_quote_back_as_they_were_made() {
    let mut desk = Desk::at_work().await;
    let made = quote(&desk, vec![line(&cable(), 1)]).await;
    let quote_id = made.quote.quote_id;
    let sold = sell(&desk, quote_id).await.unwrap();
    let before = get(&desk, &made.quote.quoted.number).await;
    desk.deliver().await;
    desk.pull().await;
    assert_eq!(desk.number("SELECT count(*) FROM pending_op").await, 0);
    assert_eq!(desk.number("SELECT sum(pending) FROM log_event").await, 0);
    let after = get(&desk, &made.quote.quoted.number).await;
    assert_eq!(after.quote, before.quote);
    assert!(before.paper.is_pending && !after.paper.is_pending);
    assert_eq!(after.paper.proof.as_ref().unwrap().is_sound, Some(true));
    let kinds = "SELECT count(*) FROM document WHERE kind = 'receipt'";
    assert_eq!(desk.number(kinds).await, 1);
    assert_eq!(sold.document.kind, DocumentKind::Receipt);
    // Own numbers go on behind what the journal holds.
    assert_eq!(
        quote(&desk, vec![line(&cable(), 1)])
            .await
            .quote
            .quoted
            .count,
        2
    );
}

#[tokio::test]
async fn taxes_are_todays_and_the_difference_is_said() {
    let mut desk = Desk::at_work().await;
    let made = quote(&desk, vec![line(&cable(), 4)]).await;
    let quote_id = made.quote.quote_id;
    change_the_catalogue(&mut desk, 90_000, 100_000).await;
    let sold = sell(&desk, quote_id).await.unwrap().document;
    // Prices hold their tax here: the total stands, and less of it is tax.
    assert_eq!(sold.total_minor, made.quote.quoted.total_minor);
    assert_eq!(
        (made.quote.quoted.tax_minor, sold.tax_minor),
        (Money(174), Money(91))
    );
}

#[tokio::test]
async fn a_quote_is_sold_as_it_stands_in_its_time_or_not_at_all() {
    let desk = Desk::at_work().await;
    let made = quote(&desk, vec![line(&cable(), 1)]).await;
    let quote_id = made.quote.quote_id;
    let more = CompleteSale {
        lines: vec![line(&charger(), 1)],
        ..selling(quote_id)
    };
    assert_eq!(
        desk.till.call(more).await.unwrap_err().code,
        code::MALFORMED
    );
    let unknown = sell(&desk, OpId(uuid::Uuid::nil())).await;
    assert_eq!(unknown.unwrap_err().code, code::QUOTE_UNKNOWN);
    desk.clock.set(NOW_MS + 31 * DAY_MS);
    let failure = sell(&desk, quote_id).await.unwrap_err();
    assert_eq!(failure.code, code::QUOTE_EXPIRED);
    assert_eq!(failure.fields["valid_until"], made.quote.quoted.valid_until);
    let [listed] = &desk.till.call(ListQuotes { limit: 10 }).await.unwrap()[..] else {
        panic!()
    };
    assert!(listed.is_expired);
    assert_eq!(desk.number("SELECT count(*) FROM document").await, 0);
}

#[tokio::test]
async fn who_does_not_want_it_is_written_down_with_the_reason() {
    let desk = Desk::at_work().await;
    let made = quote(&desk, vec![line(&cable(), 1)]).await;
    let quote_id = made.quote.quote_id;
    let declining = |reason: &str| DeclineQuote {
        draft_id: draft(),
        quote_id,
        reason: reason.into(),
    };
    let failure = desk.till.call(declining("")).await.unwrap_err();
    assert_eq!(failure.code, code::TEXT_MISSING);
    let command = declining("precio");
    let seen = desk.till.call(command.clone()).await.unwrap();
    assert_eq!(seen.state, QuoteState::Declined);
    assert_eq!(desk.till.call(command).await.unwrap(), seen);
    let failure = sell(&desk, quote_id).await.unwrap_err();
    assert_eq!(failure.fields["state"], "declined");
    let failure = desk.till.call(declining("precio")).await.unwrap_err();
    assert_eq!(failure.code, code::QUOTE_ENDED);
}

#[tokio::test]
async fn what_a_cashier_may_not_give_away_is_not_quoted_either() {
    let desk = Desk::new().await;
    desk.sign_in(CASHIER).await.unwrap();
    let cheap = SaleLine {
        discount_ppm: Some(RatePpm(500_000)),
        ..line(&cable(), 1)
    };
    let failure = desk.till.call(quoting(vec![cheap])).await.unwrap_err();
    assert_eq!(failure.code, code::PERMISSION_DENIED);
    let forever = MakeQuote {
        valid_days: 366,
        ..quoting(vec![line(&cable(), 1)])
    };
    assert_eq!(
        desk.till.call(forever).await.unwrap_err().code,
        code::DAYS_INVALID
    );
    // What was refused took no number.
    assert_eq!(
        quote(&desk, vec![line(&cable(), 1)])
            .await
            .quote
            .quoted
            .count,
        1
    );
}

#[tokio::test]
async fn its_paper_is_queued_once_saved_and_says_what_it_is() {
    let desk = Desk::at_work().await;
    let settings = PrinterSettings {
        kind: PrinterKind::File,
        address: desk
            .folder
            .0
            .join("none")
            .join("paper")
            .display()
            .to_string(),
        columns: 48,
        language: domain::format::Language::Es,
        copies: 1,
        has_logo: false,
        kicks_drawer: true,
        prints_at_once: true,
        return_days: Some(30),
        footer: String::new(),
    };
    let settings = Some(settings);
    desk.till.call(PutPrinter { settings }).await.unwrap();
    let made = quote(&desk, vec![line(&cable(), 1)]).await;
    let document_id = made.quote.quote_id;
    let status = desk.till.call(PrintDocument { document_id }).await.unwrap();
    let papers: Vec<_> = (status.waiting.iter())
        .map(|job| (job.number.as_str(), job.is_copy))
        .collect();
    assert_eq!(papers, [("S1T3Q0A000001", false), ("S1T3Q0A000001", true)]);
    let kicks = "SELECT count(*) FROM print_job WHERE kicks_drawer = 1";
    assert_eq!(desk.number(kicks).await, 0);
    let save = SavePdf {
        document_id,
        form: Form::Sheet,
    };
    let saved = desk.till.call(save).await.unwrap();
    assert!(saved.path.contains("S1T3Q0A000001-") && saved.path.ends_with(".pdf"));
    assert!(std::fs::read(saved.path).unwrap().starts_with(b"%PDF"));
}
