//! A quote: what is frozen, until when it holds, what its events make of it in any order of
//! arrival, and that its sale costs what was quoted.

use domain::{
    catalog::{Levy, Product, TaxClass},
    contract::ipc::{DocumentView, QuoteTerms},
    format::Language,
    hlc::Hlc,
    id::{CustomerId, DeviceId, OpId, PromotionId, StaffId, StoreId},
    money::{Money, UnitPrice},
    quantity::Quantity,
    receipt::{Form, Options, Receipt, lay_out, plain_text, share_text},
    replication::{
        OpBody, apply,
        body::{DocumentBody, KINDS},
        fold::fold_log,
        log::{Happening, LogEvent, LogState},
    },
    sale::{
        CartLine, Discount, Gift, Promotion, Quote, Quoted, SaleContext, SaleError, SaleTerms,
        TenderCode, TenderedPayment, complete_sale,
        details::StepKind,
        quote::{
            QUOTE_DAYS_MAX, QuoteEnding, QuoteError, QuoteEvent, QuoteState, Quoting, check_reason,
            make_quote, name_quote,
        },
    },
    serial::SerialKind,
    tax::{RatePpm, TaxMode},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{cart_line, context, header, receipt::organization};

const QUOTE: OpId = OpId(Uuid::from_u128(1));
const HERE: DeviceId = DeviceId(Uuid::from_u128(2));
const THERE: DeviceId = DeviceId(Uuid::from_u128(3));

fn quoting(mode: TaxMode) -> Quoting {
    let at = context(mode);
    Quoting {
        number: "S1T1Q0A000001".into(),
        series: at.series,
        count: 1,
        business_date: at.business_date,
        utc_offset_min: at.utc_offset_min,
        valid_days: 30,
        currency: at.currency,
        tax_mode: mode,
        customer_id: Some(CustomerId(Uuid::from_u128(7))),
        note: " with wrapping ".into(),
        terms: SaleTerms {
            discount: Some(Discount::Amount(Money(130))),
            promotions: vec![spring()],
            ..SaleTerms::default()
        },
    }
}

/// A tenth off everything.
fn spring() -> Promotion {
    Promotion {
        promotion_id: PromotionId(Uuid::from_u128(9)),
        name: "Spring".into(),
        gift: Gift::Percent {
            off_ppm: RatePpm(100_000),
        },
        product_ids: Vec::new(),
        category_ids: Vec::new(),
        first_day: None,
        last_day: None,
        coupon: None,
        active: true,
    }
}

fn cart() -> Vec<CartLine> {
    let mut levied = cart_line(3_000, 199_900, 200_000);
    levied.terms.levies = vec![recycling()];
    let mut discounted = cart_line(2_000, 45_000, 50_000);
    discounted.tax_class = "reduced".into();
    discounted.terms.discount_ppm = Some(RatePpm(125_000));
    vec![cart_line(6_000, 25_500, 200_000), levied, discounted]
}

fn recycling() -> Levy {
    Levy {
        name: "recycling".into(),
        amount_e4: UnitPrice(1_234),
        is_taxed: false,
    }
}

/// The product of a line as the catalogue has it on the day of the sale, at another price.
fn product_of(line: &CartLine) -> Product {
    Product {
        product_id: line.product_id,
        sku: line.sku.clone(),
        name: "renamed".into(),
        brand: String::new(),
        model: String::new(),
        category_id: None,
        tax_class: line.tax_class.clone(),
        price_e4: UnitPrice(9_990_000),
        barcodes: Vec::new(),
        stocked: line.stocked,
        reorder_point_milli: Quantity::ZERO,
        warranty_months: 0,
        serial_kind: SerialKind::default(),
        list_prices: Vec::new(),
        levies: line.terms.levies.clone(),
        active: true,
    }
}

fn class_of(line: &CartLine) -> TaxClass {
    TaxClass {
        rate_ppm: line.rate_ppm,
        ..TaxClass::without_tax(&line.tax_class)
    }
}

pub(crate) fn quoted() -> Quoted {
    make_quote(quoting(TaxMode::Inclusive), &cart()).unwrap()
}

fn event(n: u128, device_id: DeviceId, happening: QuoteEvent) -> (Hlc, LogEvent) {
    let event = LogEvent {
        op_id: OpId(Uuid::from_u128(n)),
        n: 1,
        key: QUOTE.into(),
        store_id: Some(StoreId(Uuid::from_u128(3))),
        device_id,
        staff_id: Some(StaffId(Uuid::from_u128(4))),
        wall_ms: i64::try_from(n).unwrap(),
        happening: Happening::Quote(happening),
    };
    (Hlc(u64::try_from(n).unwrap()), event)
}

fn begun() -> (Hlc, LogEvent) {
    event(1, HERE, QuoteEvent::Quoted(Box::new(quoted())))
}

fn sold(number: &str) -> QuoteEvent {
    QuoteEvent::Accepted {
        number: number.into(),
    }
}

fn declined() -> QuoteEvent {
    QuoteEvent::Declined {
        reason: "bought elsewhere".into(),
    }
}

fn folded(events: &[(Hlc, LogEvent)]) -> Quote {
    fold_log(events).and_then(LogState::into_quote).unwrap()
}

/// The sale that a quote becomes.
fn sale_of(quote: &Quote, cart: &[CartLine]) -> DocumentBody {
    let mode = quote.quoted.tax_mode;
    let context = SaleContext {
        terms: quote.quoted.terms(SaleTerms::default()),
        ..context(mode)
    };
    let due = domain::sale::price(cart, mode, 2, &context.terms)
        .unwrap()
        .total;
    let cash = TenderedPayment {
        tender: TenderCode::CASH,
        tendered_minor: due,
        reference: String::new(),
    };
    let mut sale = complete_sale(context, None, cart, &[cash]).unwrap();
    name_quote(&mut sale, quote);
    sale
}

fn cart_of(quote: &Quote) -> Vec<CartLine> {
    let lines = quote.quoted.lines.iter().zip(cart());
    let line = |(line, then): (_, CartLine)| {
        quote
            .quoted
            .cart_line(line, &product_of(&then), &class_of(&then))
    };
    lines.map(line).collect()
}

#[test]
fn a_quote_is_sold_at_what_was_quoted_whatever_the_catalogue_says_by_then() {
    for mode in [TaxMode::Inclusive, TaxMode::Exclusive] {
        let quoted = make_quote(quoting(mode), &cart()).unwrap();
        let begun = event(1, HERE, QuoteEvent::Quoted(Box::new(quoted)));
        let quote = folded(&[begun]);
        let sale = sale_of(&quote, &cart_of(&quote));
        assert_eq!(sale.total_minor, quote.quoted.total_minor);
        assert_eq!(sale.tax_minor, quote.quoted.tax_minor);
        assert_eq!(sale.taxes, quote.quoted.taxes);
        assert_eq!(sale.lines, quote.quoted.lines);
        let taken = sale.details.quote.unwrap();
        assert_eq!(
            (taken.quote_id, taken.number.as_str()),
            (QUOTE, "S1T1Q0A000001")
        );
    }
}

#[test]
fn a_line_of_the_sale_still_says_how_it_came_to_its_price() {
    let quote = folded(&[begun()]);
    let sale = sale_of(&quote, &cart_of(&quote));
    let kinds = |n: usize| -> Vec<StepKind> {
        let steps = sale.lines[n].details.steps.iter();
        steps.map(|step| step.kind).collect()
    };
    let promotion_and_cart = [StepKind::Promotion, StepKind::CartDiscount];
    assert_eq!(kinds(0), promotion_and_cart);
    assert_eq!(
        kinds(1),
        [&promotion_and_cart[..], &[StepKind::Levy]].concat()
    );
    assert_eq!(sale.lines[0].details.steps[0].name, "Spring");
}

#[test]
fn taxes_and_levies_are_those_of_the_day_of_the_sale() {
    let quote = folded(&[begun()]);
    let mut cart = cart_of(&quote);
    for line in &mut cart {
        line.terms.levies.clear();
        line.rate_ppm = RatePpm(0);
    }
    let sale = sale_of(&quote, &cart);
    assert_eq!(sale.tax_minor, Money::ZERO);
    // Three levies of 0.1234 less; what the shop had quoted for the goods stands.
    assert_eq!(sale.total_minor, quote.quoted.total_minor - Money(37));
}

#[test]
fn a_quote_holds_to_its_last_day_and_not_beyond() {
    let quote = folded(&[begun()]);
    assert_eq!(quote.quoted.business_date, "2011-03-26");
    assert_eq!(quote.quoted.valid_until, "2011-04-25");
    assert_eq!(quote.quoted.note, "with wrapping");
    assert_eq!(quote.check_sellable("2011-04-25"), Ok(()));
    assert!(!quote.is_expired("2011-04-25") && quote.is_expired("2011-04-26"));
    let valid_until = "2011-04-25".to_owned();
    assert_eq!(
        quote.check_sellable("2011-04-26"),
        Err(QuoteError::Expired { valid_until })
    );
    // It can be written down as declined all the same.
    assert_eq!(quote.check_open(), Ok(()));
}

#[test]
fn what_makes_no_quote() {
    let made = |change: &dyn Fn(&mut Quoting), cart: &[CartLine]| {
        let mut asked = quoting(TaxMode::Inclusive);
        change(&mut asked);
        make_quote(asked, cart)
    };
    let no_lines = QuoteError::Sale(SaleError::NoLines);
    assert_eq!(made(&|_| {}, &[]), Err(no_lines));
    for days in [0, QUOTE_DAYS_MAX + 1] {
        let refused = made(&|asked| asked.valid_days = days, &cart());
        assert_eq!(refused, Err(QuoteError::DaysInvalid));
    }
    let dearer =
        |asked: &mut Quoting| asked.terms.discount = Some(Discount::Amount(Money(1_000_000)));
    let refused = made(&dearer, &cart());
    assert_eq!(
        refused,
        Err(QuoteError::Sale(SaleError::CartDiscountInvalid))
    );
    let wordy = |asked: &mut Quoting| asked.note = "x".repeat(4_001);
    assert!(matches!(
        made(&wordy, &cart()),
        Err(QuoteError::TextTooLong { .. })
    ));
    assert_eq!(check_reason(" "), Err(QuoteError::ReasonMissing));
}

#[test]
fn it_is_sold_once_and_a_second_sale_is_seen() {
    let quote = folded(&[begun(), event(2, THERE, sold("S1T2A000007"))]);
    assert_eq!(quote.state(), QuoteState::Accepted);
    let state = QuoteState::Accepted;
    assert_eq!(
        quote.check_sellable("2011-03-27"),
        Err(QuoteError::Ended { state })
    );
    let twice = folded(&[
        begun(),
        event(3, HERE, sold("S1T1A000009")),
        event(2, THERE, sold("S1T2A000007")),
    ]);
    assert_eq!(twice.ended.as_ref().unwrap().device_id, THERE);
    let number = "S1T1A000009".to_owned();
    assert_eq!(twice.rejected[0].ending, QuoteEnding::Accepted { number });
}

proptest! {
    /// A sale is a sale, also when another till had written the quote off without knowing.
    #[test]
    fn a_sale_counts_whatever_was_written_before(
        events in Just(vec![
            begun(),
            event(2, HERE, declined()),
            event(3, THERE, sold("S1T2A000007")),
            event(4, HERE, declined()),
        ]).prop_shuffle()
    ) {
        let quote = folded(&events);
        prop_assert_eq!(quote.state(), QuoteState::Accepted);
        prop_assert_eq!(quote.rejected.len(), 2);
    }
}

#[test]
fn the_sale_s_operation_accepts_the_quote_and_says_so_in_a_version_of_its_own() {
    let quote = folded(&[begun()]);
    let body = OpBody::Sale(sale_of(&quote, &cart_of(&quote)));
    assert_eq!(body.version(), 2);
    let facts = apply(&header("sale"), &body, &[]).unwrap();
    assert_eq!((facts.documents.len(), facts.log_events.len()), (1, 1));
    assert_eq!(facts.log_events[0].key, QUOTE.into());
    assert_eq!(
        facts.log_events[0].happening,
        Happening::Quote(sold("S1T1A000001"))
    );
    // What names none is written as it always was.
    let plain = OpBody::Sale(crate::sell(&cart(), TaxMode::Inclusive));
    assert_eq!(plain.version(), 1);
    assert!(KINDS.contains(&("sale", 5)));
}

fn paper() -> DocumentView {
    let quote = folded(&[begun()]);
    DocumentView {
        document: quote.as_document(),
        store: None,
        till_number: Some(1),
        staff_name: "Olivia".into(),
        customer_name: "Albany Park Community Center - Uptown".into(),
        original_number: None,
        refunded: Vec::new(),
        balances: Vec::new(),
        is_pending: false,
        proof: None,
        customer_phone: String::new(),
        customer_email: String::new(),
        quote: Some(QuoteTerms {
            valid_until: quote.quoted.valid_until,
            note: quote.quoted.note,
        }),
        invoice: None,
        invoices: Vec::new(),
    }
}

#[test]
fn paper_of_a_quote_says_until_when_and_that_it_is_no_invoice() {
    let (organization, view) = (organization("ES", "EUR", TaxMode::Inclusive), paper());
    let mut options = Options::plain(Language::Es, Form::Roll(48));
    options.return_days = Some(30);
    options.footer = "Gracias".into();
    let drawn = lay_out(&Receipt {
        organization: &organization,
        tenders: &[],
        view: &view,
        options: &options,
    });
    insta::assert_snapshot!(plain_text(&drawn, options.form));
    let text = share_text(&organization, &view, Language::En);
    assert!(text.contains("Quote S1T1Q0A000001"), "{text}");
    assert!(text.ends_with("Valid until 25 Apr 2011"), "{text}");
}
