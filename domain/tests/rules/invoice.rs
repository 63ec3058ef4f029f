//! An invoice says what its receipt says, made out to somebody, and is no second sale.

use domain::{
    customer::Customer,
    hlc::Hlc,
    id::{CustomerId, DeviceId, OpId, StoreId},
    replication::{
        OpBody, apply,
        fold::fold_log,
        log::{Happening, LogEvent, LogState},
    },
    sale::{
        Document, DocumentKind, Invoice,
        invoice::{InvoiceError, InvoiceEvent, Invoiced, Issuing, billed_to, issue},
    },
    tax::TaxMode,
};
use uuid::Uuid;

use crate::{cart_line, document, header, sell};

fn receipt() -> Document {
    document(&sell(
        &[cart_line(6_000, 25_500, 200_000)],
        TaxMode::Inclusive,
    ))
}

fn customer() -> Customer {
    Customer {
        name: "Ana".into(),
        legal_name: "Talleres Ñandú, S.L.".into(),
        tax_id: "b-83.376.133".into(),
        address: "Calle Mayor 1".into(),
        ..Customer::empty(CustomerId(Uuid::from_u128(7)))
    }
}

fn issuing(country: &str) -> Issuing {
    Issuing {
        number: "S1T1F0A000001".into(),
        series: "A".into(),
        count: 1,
        business_date: "2011-03-27".into(),
        utc_offset_min: 0,
        country: country.into(),
    }
}

/// An invoice of a plain sale.
pub(crate) fn invoiced() -> Invoiced {
    issue(issuing("ES"), &receipt(), None, &customer()).unwrap()
}

#[test]
fn an_invoice_says_what_its_receipt_says_to_whom_it_is_for() {
    let (receipt, invoiced) = (receipt(), invoiced());
    assert_eq!(invoiced.receipt_id, receipt.document_id);
    assert_eq!(invoiced.receipt_number, receipt.number);
    assert_eq!(invoiced.lines, receipt.lines);
    assert_eq!(invoiced.taxes, receipt.taxes);
    assert_eq!(invoiced.payments, receipt.payments);
    assert_eq!(invoiced.total_minor, receipt.total_minor);
    let billed = &invoiced.billed_to;
    assert_eq!(billed.name, "Talleres Ñandú, S.L.");
    assert_eq!(billed.tax_id, "B83376133");
    assert_eq!(billed.address, "Calle Mayor 1");
}

#[test]
fn it_moves_no_goods_and_is_no_document_that_anything_adds_up() {
    let body = OpBody::InvoiceMake(Box::new(invoiced()));
    let facts = apply(&header("invoice_make"), &body, &[]).unwrap();
    assert!(facts.documents.is_empty() && facts.movements.is_empty());
    assert_eq!(facts.log_events.len(), 1);
    assert_eq!(facts.log_events[0].key, receipt().document_id.into());
}

#[test]
fn only_a_receipt_becomes_one_and_only_once() {
    let known = issued_by(&[1]);
    let refused = issue(issuing("ES"), &receipt(), Some(&known), &customer());
    let number = "S1T1F0A000001".to_owned();
    assert_eq!(refused, Err(InvoiceError::Issued { number }));
    let mut credit_note = receipt();
    credit_note.kind = DocumentKind::CreditNote;
    let refused = issue(issuing("ES"), &credit_note, None, &customer());
    assert_eq!(refused, Err(InvoiceError::NotAReceipt));
}

#[test]
fn a_country_says_what_must_be_known_of_the_customer() {
    let nobody = Customer::empty(CustomerId(Uuid::from_u128(7)));
    let named = Customer {
        name: "Ana".into(),
        ..nobody.clone()
    };
    let missing = |field| Err(InvoiceError::FieldMissing { field });
    for (country, customer, expected) in [
        ("ES", &nobody, missing("legal_name")),
        ("ES", &named, missing("tax_id")),
        ("US", &nobody, missing("legal_name")),
        ("??", &nobody, missing("legal_name")),
        ("??", &named, Ok("Ana".to_owned())),
    ] {
        let found = billed_to(country, customer).map(|billed| billed.name);
        assert_eq!(found, expected, "{country} {}", customer.name);
    }
    let no_address = Customer {
        address: String::new(),
        ..customer()
    };
    let refused = billed_to("ES", &no_address).map(|billed| billed.name);
    assert_eq!(refused, missing("fiscal_address"));
}

fn event(n: u128) -> (Hlc, LogEvent) {
    let mut invoiced = invoiced();
    invoiced.number = format!("S1T{n}F0A000001");
    let event = LogEvent {
        op_id: OpId(Uuid::from_u128(n)),
        n: 1,
        key: receipt().document_id.into(),
        store_id: Some(StoreId(Uuid::from_u128(3))),
        device_id: DeviceId(Uuid::from_u128(n)),
        staff_id: None,
        wall_ms: 0,
        happening: Happening::Invoice(InvoiceEvent::Issued(Box::new(invoiced))),
    };
    (Hlc(u64::try_from(n).unwrap()), event)
}

fn issued_by(order: &[u128]) -> Invoice {
    let events: Vec<_> = order.iter().map(|n| event(*n)).collect();
    fold_log(&events).and_then(LogState::into_invoice).unwrap()
}

#[test]
fn of_two_that_two_tills_issued_the_first_counts_and_both_are_kept_in_any_order() {
    let invoice = issued_by(&[2, 1]);
    assert_eq!(invoice, issued_by(&[1, 2]));
    let numbers: Vec<&str> = invoice.all().map(|one| &*one.invoiced.number).collect();
    assert_eq!(numbers, ["S1T1F0A000001", "S1T2F0A000001"]);
    assert_eq!(invoice.state_name(), "issued_again");
    assert_eq!(invoice.named().number, "S1T1F0A000001");
}
