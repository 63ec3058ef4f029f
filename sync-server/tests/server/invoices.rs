//! Invoices at the server: none of them is a second sale, and two of one receipt are told to the
//! owner.

use domain::{
    contract::rest::{SalesByHour, TillsPage},
    customer::Customer,
    id::CustomerId,
    replication::OpBody,
    sale::invoice::{Invoiced, Issuing, issue},
};
use reqwest::{Method, StatusCode};
use uuid::Uuid;

use crate::{console::sign_in, kit::*};

/// The invoice that a till makes of the receipt of an operation.
fn invoice(receipt: &domain::replication::Envelope, number: &str) -> OpBody {
    let header = receipt.decode_header().unwrap();
    let body = receipt.decode_body(&header).unwrap();
    let facts = domain::replication::apply(&header, &body, &[]).unwrap();
    let customer = Customer {
        name: "Ana".into(),
        ..Customer::empty(CustomerId(Uuid::from_u128(7)))
    };
    let issuing = Issuing {
        number: number.into(),
        series: "A".into(),
        count: 1,
        business_date: "2024-05-14".into(),
        utc_offset_min: 0,
        country: "ZZ".into(),
    };
    let invoiced: Invoiced = issue(issuing, &facts.documents[0], None, &customer).unwrap();
    OpBody::InvoiceMake(Box::new(invoiced))
}

#[tokio::test]
async fn two_invoices_of_one_receipt_are_kept_and_told_and_counted_as_no_sale() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let mut other = server.till(&organization, &store, 2).await;
    let browser = sign_in(&server, &organization).await;
    let body = till.sale(&[(product(), 1)]);
    let sale = till.seal(&body);
    let first = till.seal(&invoice(&sale, "M1T1F0A000001"));
    till.push(vec![sale.clone(), first]).await.unwrap();
    let open = "SELECT count(*) FROM exception WHERE kind = 'invoiced_twice' \
        AND closed_at IS NULL";
    assert_eq!(number(&server, open).await, 0);
    let before: SalesByHour = answer(browser.get("/api/v1/reports/sales-by-hour"))
        .await
        .unwrap();

    // The other till did not know of it.
    let second = other.seal(&invoice(&sale, "M1T2F0A000001"));
    other.push(vec![second]).await.unwrap();
    assert_eq!(number(&server, open).await, 1);
    let both = "SELECT sum(jsonb_array_length(folded #> '{invoice,again}'))::bigint \
        FROM log_row WHERE kind = 'invoice'";
    assert_eq!(number(&server, both).await, 1);
    assert_eq!(number(&server, "SELECT count(*) FROM document").await, 1);
    let after: SalesByHour = answer(browser.get("/api/v1/reports/sales-by-hour"))
        .await
        .unwrap();
    assert_eq!(after.today, before.today);

    // The owner sees its number at the till that made it, and takes it off the list.
    let page: TillsPage = answer(browser.get("/api/v1/tills")).await.unwrap();
    let mut listed = page.tills.iter().flat_map(|till| &till.exceptions);
    let told = listed.find(|one| one.kind == "invoiced_twice").unwrap();
    assert_eq!(told.numbers, ["M1T2F0A000001"]);
    assert!(told.may_close);
    let path = format!("/api/v1/exceptions/{}/close", told.exception_id);
    let request = browser.request(Method::POST, &path);
    let request = request.header("x-csrf-token", &browser.me.csrf_token);
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(number(&server, open).await, 0);
}
