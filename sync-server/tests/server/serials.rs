//! Units with serial numbers at the server: one history of all stores, and one unit sold at two of
//! them is told to the owner.

use domain::{
    contract::{
        rest::TillsPage,
        sync_v1::{FeedRows, FeedType},
    },
    id::ProductId,
    replication::{OpBody, log::LogState},
};

use crate::{console::sign_in, kit::*};

/// A sale of one unit of that number.
fn sale_of(till: &mut Till, product: ProductId, serial: &str) -> OpBody {
    let mut body = till.sale(&[(product, 1)]);
    if let OpBody::Sale(document) = &mut body {
        document.lines[0].details.serial = Some(serial.into());
    }
    body
}

#[tokio::test]
async fn what_one_store_sold_every_store_hears_and_selling_it_again_is_told() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let branch = server.store(&organization, "M2").await;
    let mut other = server.till(&organization, &branch, 1).await;
    let phone = product();
    let browser = sign_in(&server, &organization).await;
    let body = sale_of(&mut till, phone, "490154203237518");
    let sale = till.seal(&body);
    let op_id = sale.decode_header().unwrap().op_id;
    till.push(vec![sale]).await.unwrap();

    // The other store's till reads what happened to the unit, and nothing else of the sale.
    let rows = other.pull("org", 100).await;
    let entry = rows.iter().find(|row| row.row_type == FeedType::Entry);
    let rows: FeedRows = serde_json::from_str(entry.unwrap().bytes.get()).unwrap();
    assert_eq!(rows.op_id, Some(op_id));
    let LogState::Serial(unit) = &rows.rows.log_row[0].state else {
        panic!("{rows:?}");
    };
    assert_eq!(
        (unit.serial.as_str(), unit.steps.len()),
        ("490154203237518", 1)
    );
    assert_eq!(rows.log_events[0].store_id, Some(store.store_id));
    let open = "SELECT count(*) FROM exception WHERE kind = 'serial_sold_twice' \
        AND closed_at IS NULL";
    assert_eq!(number(&server, open).await, 0);

    let body = sale_of(&mut other, phone, "490154203237518");
    let again = other.seal(&body);
    other.push(vec![again]).await.unwrap();
    assert_eq!(number(&server, open).await, 1);
    assert_eq!(number(&server, "SELECT count(*) FROM document").await, 2);
    let rows = "SELECT count(*) FROM log_row WHERE kind = 'serial'";
    assert_eq!(number(&server, rows).await, 1);
    let page: TillsPage = answer(browser.get("/api/v1/tills")).await.unwrap();
    let mut listed = page.tills.iter().flat_map(|till| &till.exceptions);
    let told = listed.find(|one| one.kind == "serial_sold_twice").unwrap();
    assert_eq!(told.numbers, ["490154203237518"]);
    assert!(told.may_close);
}
