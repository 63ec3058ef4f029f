//! The paper of a document: what it says is snapshotted, and nothing is ever wider than its place.

use domain::{
    contract::ipc::DocumentView,
    format::Language,
    id::{OrganizationId, StoreId},
    money::{Currency, Money},
    receipt::{Element, Form, Options, Proof, Receipt, cells, lay_out, plain_text, share_text},
    replication::row::{Organization, Settings, Store},
    sale::{CartLine, DocumentKind, TenderCode, TenderedPayment, complete_sale, details::LineLevy},
    tax::TaxMode,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{cart_line, context, document, sell};

const NAUGHTY: &str = include_str!("../../../tests/data/naughty_strings.txt");
const FORMS: [Form; 4] = [Form::Roll(32), Form::Roll(42), Form::Roll(48), Form::Sheet];

pub(crate) fn organization(country: &str, code: &str, mode: TaxMode) -> Organization {
    Organization {
        organization_id: OrganizationId(Uuid::from_u128(1)),
        name: "TechStore".into(),
        currency: Currency {
            code: code.into(),
            minor_digits: 2,
        },
        tax_mode: mode,
        country: country.into(),
        settings: Settings::default(),
    }
}

fn store() -> Store {
    Store {
        store_id: StoreId(Uuid::from_u128(3)),
        code: "S1".into(),
        name: "TechStore 23rd Street".into(),
        address: "60 West 23rd Street, New York, NY 10010".into(),
        time_zone: "America/New_York".into(),
        cut_over_hour: 4,
    }
}

fn named(mut line: CartLine, name: &str) -> CartLine {
    line.name = name.into();
    line
}

/// Three lines, one of them several and discounted, paid by card and cash.
fn view(code: &str, mode: TaxMode, rate_ppm: u32) -> DocumentView {
    let mut cable = named(
        cart_line(2_000, 888_000, rate_ppm),
        "Cables Unlimited 15 USB 2.0 A to B Cable Clear",
    );
    cable.discount_minor = Money(1_000);
    let cart = [
        named(cart_line(1_000, 5_990_000, rate_ppm), "iPhone 4 16 GB"),
        cable,
        named(cart_line(1_500, 20_000, 0), "Repair bench, hours"),
    ];
    let payment = |tender, tendered_minor, reference: &str| TenderedPayment {
        tender,
        tendered_minor: Money(tendered_minor),
        reference: reference.into(),
    };
    let mut context = context(mode);
    context.currency.code = code.into();
    let payments = [
        payment(TenderCode::CARD, 60_000, "042117"),
        payment(TenderCode::CASH, 30_000, ""),
    ];
    let body = complete_sale(context, None, &cart, &payments).unwrap();
    DocumentView {
        document: document(&body),
        store: Some(store()),
        till_number: Some(1),
        staff_name: "Olivia".into(),
        customer_name: "Ana Muñoz".into(),
        original_number: None,
        refunded: Vec::new(),
        balances: Vec::new(),
        is_pending: true,
        proof: Some(Proof {
            hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            is_sound: Some(true),
        }),
        customer_phone: String::new(),
        customer_email: String::new(),
        quote: None,
        invoice: None,
        invoices: Vec::new(),
    }
}

fn printed(organization: &Organization, view: &DocumentView, options: &Options) -> String {
    let receipt = Receipt {
        organization,
        tenders: &[],
        view,
        options,
    };
    plain_text(&lay_out(&receipt), options.form)
}

#[test]
fn receipt_of_a_spanish_shop_on_80_millimetres() {
    let organization = organization("ES", "EUR", TaxMode::Inclusive);
    let view = view("EUR", TaxMode::Inclusive, 210_000);
    let options = Options {
        return_days: Some(30),
        has_logo: true,
        kicks_drawer: true,
        ..Options::plain(Language::Es, Form::Roll(48))
    };
    insta::assert_snapshot!(printed(&organization, &view, &options));
}

#[test]
fn receipt_of_a_new_york_shop_on_58_millimetres() {
    let organization = organization("US", "USD", TaxMode::Exclusive);
    let view = view("USD", TaxMode::Exclusive, 88_750);
    let options = Options {
        footer: "Keep this receipt for the warranty\ntechstore.example".into(),
        ..Options::plain(Language::En, Form::Roll(32))
    };
    insta::assert_snapshot!(printed(&organization, &view, &options));
}

#[test]
fn sheet_of_a_new_york_shop() {
    let organization = organization("US", "USD", TaxMode::Exclusive);
    let view = view("USD", TaxMode::Exclusive, 88_750);
    let options = Options::plain(Language::En, Form::Sheet);
    insta::assert_snapshot!(printed(&organization, &view, &options));
}

#[test]
fn copy_of_a_credit_note_for_practice_says_all_of_that() {
    let organization = organization("ES", "EUR", TaxMode::Inclusive);
    let mut view = view("EUR", TaxMode::Inclusive, 210_000);
    view.document.kind = DocumentKind::CreditNote;
    view.document.reason = "Defectuoso".into();
    view.original_number = Some("S1T1A000001".into());
    view.proof = Some(Proof {
        hash: "00ff".into(),
        is_sound: Some(false),
    });
    let options = Options {
        is_copy: true,
        is_training: true,
        ..Options::plain(Language::Es, Form::Roll(42))
    };
    insta::assert_snapshot!(printed(&organization, &view, &options));
}

#[test]
fn what_a_lines_total_holds_beside_its_price_stands_under_it() {
    let organization = organization("ES", "EUR", TaxMode::Inclusive);
    let mut view = view("EUR", TaxMode::Inclusive, 210_000);
    let line = &mut view.document.lines[0];
    line.details.levies.push(LineLevy {
        name: "Canon digital".into(),
        amount_minor: Money(110),
        is_taxed: true,
    });
    line.details.exemption = "Exento, art. 20 LIVA".into();
    for form in FORMS {
        let text = printed(&organization, &view, &Options::plain(Language::Es, form));
        assert!(text.contains("Canon digital 1,10"), "{text}");
        assert!(text.contains("Exento, art. 20 LIVA"), "{text}");
    }
}

#[test]
fn shared_message_names_shop_goods_and_total() {
    let organization = organization("ES", "EUR", TaxMode::Inclusive);
    let view = view("EUR", TaxMode::Inclusive, 210_000);
    insta::assert_snapshot!(share_text(&organization, &view, Language::Es));
}

/// What must hold for every paper.
fn assert_fits(elements: &[Element], form: Form) {
    let columns = form.columns();
    for element in elements {
        if let Element::Line { cells: all, .. } = element {
            assert_eq!(all.iter().map(|cell| cell.width).sum::<u16>(), columns);
            for cell in all {
                assert!(cells(&cell.text) <= cell.width, "{form:?}: {cell:?}");
                let turns = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
                assert!(!cell.text.contains(turns), "{form:?}: {cell:?}");
            }
        }
    }
    assert_eq!(elements.last(), Some(&Element::Cut));
}

fn written_everywhere(text: &str, form: Form, language: Language) -> Vec<Element> {
    let mut organization = organization("ES", "EUR", TaxMode::Inclusive);
    organization.name = text.into();
    let mut store = store();
    store.name = text.into();
    store.address = text.into();
    let line = named(cart_line(1_234_567, 123_456_789, 100_000), text);
    let body = sell(&[line], TaxMode::Inclusive);
    let mut document = document(&body);
    document.reason = text.into();
    document.payments[0].reference = text.into();
    document.lines[0].sku = text.into();
    let view = DocumentView {
        document,
        store: Some(store),
        till_number: Some(12),
        staff_name: text.into(),
        customer_name: text.into(),
        original_number: Some("S1T1A000001".into()),
        refunded: Vec::new(),
        balances: Vec::new(),
        is_pending: false,
        proof: None,
        customer_phone: String::new(),
        customer_email: String::new(),
        quote: None,
        invoice: None,
        invoices: Vec::new(),
    };
    let options = Options {
        footer: text.into(),
        is_copy: true,
        ..Options::plain(language, form)
    };
    lay_out(&Receipt {
        organization: &organization,
        tenders: &[(TenderCode::CASH, text.into())],
        view: &view,
        options: &options,
    })
}

#[test]
fn hostile_names_stay_in_their_columns() {
    let strings: Vec<&str> = NAUGHTY
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(strings.len() > 400, "{}", strings.len());
    for text in strings {
        for form in FORMS {
            assert_fits(&written_everywhere(text, form, Language::En), form);
        }
    }
}

proptest! {
    #[test]
    fn any_text_and_any_amount_fit(
        text in "\\PC{0,60}|[a-z ]{0,80}|[田ab\u{301}😀 ]{0,40}",
        total in 0_i64..=(1_i64 << 53) - 1,
        minor_digits in 0_u8..4,
        code in "[A-Z]{3}",
        form in 0_usize..4,
        spanish: bool,
    ) {
        let organization = organization(if spanish { "ES" } else { "PE" }, &code, TaxMode::Inclusive);
        let mut view = view(&code, TaxMode::Inclusive, 210_000);
        view.document.currency.minor_digits = minor_digits;
        view.document.total_minor = Money(total);
        view.document.rounding_minor = Money(-total);
        view.document.lines[0].total_minor = Money(-total);
        view.document.lines[0].name = text.clone();
        view.document.payments[0].tendered_minor = Money(total);
        view.staff_name = text;
        let language = if spanish { Language::Es } else { Language::En };
        let options = Options::plain(language, FORMS[form]);
        let receipt = Receipt {
            organization: &organization,
            tenders: &[],
            view: &view,
            options: &options,
        };
        assert_fits(&lay_out(&receipt), FORMS[form]);
    }
}
