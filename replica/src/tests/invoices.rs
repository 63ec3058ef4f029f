//! Invoices on a real file: of a receipt, once, numbered without gaps in a series of their own,
//! found by their number, printed, named by the refunds that follow, and counted nowhere as a sale.

use domain::{
    contract::{
        failure::{Failure, code},
        ipc::{
            CompleteRefund, CompleteSale, DocumentView, FindDocument, MakeInvoice, PutCustomer,
            SavePdf,
        },
    },
    customer::Customer,
    format::Language,
    id::{CustomerId, OpId},
    money::Money,
    quantity::Quantity,
    receipt::{Form, Options, Receipt, lay_out, plain_text},
    sale::{RefundLine, TenderCode},
    stock::Location,
};

use super::fixture::{Desk, MANAGER, cable, charger, draft, line, organization};

async fn customer(desk: &Desk, tax_id: &str) -> Customer {
    let command = PutCustomer {
        draft_id: draft(),
        customer_id: None,
        name: "Ana Muñoz".into(),
        phone: String::new(),
        email: String::new(),
        address: "Calle Mayor 1, Madrid".into(),
        tax_id: tax_id.into(),
        notes: String::new(),
        legal_name: "Muñoz Informática, S.L.".into(),
        fiscal_address: String::new(),
        consent: String::new(),
    };
    desk.till.call(command).await.unwrap()
}

fn invoicing(receipt_id: OpId, customer_id: Option<CustomerId>) -> MakeInvoice {
    MakeInvoice {
        draft_id: draft(),
        receipt_id,
        customer_id,
    }
}

async fn find(desk: &Desk, number: &str) -> Result<DocumentView, Failure> {
    let number = number.to_owned();
    desk.till.call(FindDocument { number }).await
}

async fn refund(desk: &Desk, receipt_id: OpId, units: i64) -> DocumentView {
    let command = CompleteRefund {
        draft_id: draft(),
        original_id: Some(receipt_id),
        lines: vec![RefundLine {
            n: 1,
            quantity_milli: Quantity::units(units),
            location: Location::ShopFloor,
        }],
        loose: Vec::new(),
        customer_id: None,
        tender: TenderCode::CASH,
        payouts: Vec::new(),
        reason: "too short".into(),
    };
    desk.till.call(command).await.unwrap()
}

#[tokio::test]
async fn a_receipt_becomes_an_invoice_once_whatever_came_back_before() {
    let desk = Desk::at_work().await;
    let ana = customer(&desk, "B83376133").await;
    let receipt = desk.sell(vec![line(&cable(), 3)]).await.unwrap().document;
    refund(&desk, receipt.document_id, 1).await;
    let before = desk.number("SELECT sum(total_minor) FROM document").await;
    let moved = desk.number("SELECT count(*) FROM stock_movement").await;

    let nobody = invoicing(receipt.document_id, None);
    let failure = desk.till.call(nobody).await.unwrap_err();
    assert_eq!(failure.code, code::INVOICE_NEEDS_NAME);
    let command = invoicing(receipt.document_id, Some(ana.customer_id));
    let made = desk.till.call(command.clone()).await.unwrap();
    assert_eq!(made.document.number, "S1T3F0A000001");
    assert_eq!(made.document.total_minor, receipt.total_minor);
    assert_eq!(made.document.lines, receipt.lines);
    assert_eq!(made.original_number.as_deref(), Some("S1T3A000001"));
    let paper = made.invoice.clone().unwrap();
    assert_eq!(paper.billed_to.name, "Muñoz Informática, S.L.");
    assert!(paper.counts);
    assert_eq!(made.proof.as_ref().unwrap().is_sound, Some(true));
    // No second sale: no document, no goods, no money.
    let now = desk.number("SELECT sum(total_minor) FROM document").await;
    assert_eq!(now, before);
    let now = desk.number("SELECT count(*) FROM stock_movement").await;
    assert_eq!(now, moved);

    let desk = desk.restart().await;
    desk.sign_in(MANAGER).await.unwrap();
    assert_eq!(desk.till.call(command).await.unwrap(), made);
    assert_eq!(find(&desk, " s1t3f0a000001 ").await.unwrap(), made);
    let shown = find(&desk, "S1T3A000001").await.unwrap();
    assert_eq!(shown.invoices, ["S1T3F0A000001"]);
    let again = invoicing(receipt.document_id, Some(ana.customer_id));
    let failure = desk.till.call(again).await.unwrap_err();
    assert_eq!(failure.code, code::INVOICE_ISSUED);
    assert_eq!(failure.fields["number"], "S1T3F0A000001");
}

#[tokio::test]
async fn later_refunds_name_the_invoice_and_no_credit_note_becomes_one() {
    let desk = Desk::at_work().await;
    let ana = customer(&desk, "B83376133").await;
    let receipt = desk.sell(vec![line(&cable(), 2)]).await.unwrap().document;
    let before = refund(&desk, receipt.document_id, 1).await;
    assert_eq!(before.document.details.invoice, None);
    let command = invoicing(receipt.document_id, Some(ana.customer_id));
    let made = desk.till.call(command).await.unwrap();
    let after = refund(&desk, receipt.document_id, 1).await;
    let named = after.document.details.invoice.unwrap();
    assert_eq!(named.invoice_id, made.document.document_id);
    assert_eq!(named.number, made.document.number);
    let of_refund = invoicing(before.document.document_id, Some(ana.customer_id));
    let failure = desk.till.call(of_refund).await.unwrap_err();
    assert_eq!(failure.code, code::INVOICE_NEEDS_RECEIPT);
}

#[tokio::test]
async fn what_the_country_asks_for_is_asked_before_a_number_is_used() {
    let desk = Desk::at_work().await;
    let nameless = customer(&desk, "").await;
    let sold = desk.sell(vec![line(&charger(), 1)]).await.unwrap();
    let receipt_id = sold.document.document_id;
    let command = invoicing(receipt_id, Some(nameless.customer_id));
    let failure = desk.till.call(command).await.unwrap_err();
    assert_eq!(failure.code, code::INVOICE_NEEDS_TAX_ID);
    assert_eq!(desk.number("SELECT invoices FROM chain").await, 0);
    let ana = customer(&desk, "B83376133").await;
    // The customer of the receipt is taken where no other is named.
    let sale = CompleteSale {
        customer_id: Some(ana.customer_id),
        ..super::documents::paid(vec![line(&charger(), 1)])
    };
    let sold = desk.till.call(sale).await.unwrap().document;
    let made = desk.till.call(invoicing(sold.document_id, None)).await;
    let made = made.unwrap();
    assert_eq!(made.document.number, "S1T3F0A000001");
    assert_eq!(made.document.total_minor, Money(1_999));
}

#[tokio::test]
async fn the_feed_brings_it_back_and_its_paper_says_for_whom_it_is() {
    let mut desk = Desk::at_work().await;
    let ana = customer(&desk, "B83376133").await;
    let receipt = desk.sell(vec![line(&cable(), 1)]).await.unwrap().document;
    let command = invoicing(receipt.document_id, Some(ana.customer_id));
    let made = desk.till.call(command).await.unwrap();
    desk.deliver().await;
    desk.pull().await;
    assert_eq!(desk.number("SELECT count(*) FROM pending_op").await, 0);
    let known = find(&desk, "S1T3F0A000001").await.unwrap();
    assert!(made.is_pending && !known.is_pending);
    assert_eq!(known.document, made.document);
    assert_eq!(known.proof.as_ref().unwrap().is_sound, Some(true));
    let organization = organization();
    let options = Options::plain(Language::Es, Form::Roll(48));
    let paper = plain_text(
        &lay_out(&Receipt {
            organization: &organization,
            tenders: &[],
            view: &known,
            options: &options,
        }),
        options.form,
    );
    for said in [
        "Factura",
        "S1T3F0A000001",
        "S1T3A000001",
        "Muñoz Informática, S.L.",
        "B83376133",
        "Calle Mayor 1, Madrid",
    ] {
        assert!(paper.contains(said), "{said}:\n{paper}");
    }
    let document_id = known.document.document_id;
    let form = Form::Sheet;
    desk.till.call(SavePdf { document_id, form }).await.unwrap();
    // The numbers go on behind what the journal holds.
    let next = desk.sell(vec![line(&cable(), 1)]).await.unwrap().document;
    let command = invoicing(next.document_id, Some(ana.customer_id));
    assert_eq!(desk.till.call(command).await.unwrap().document.count, 2);
}
