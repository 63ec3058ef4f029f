//! Files that somebody else made.

use domain::contract::sync_v1::FeedType;
use sync_server::op::{
    import_customers::import_customers,
    import_products::{ImportError, import_products},
    import_stock::import_stock,
    read_csv::ReadCsvError,
};

use crate::kit::*;

const PRODUCTS: &str = "\u{feff}sku,name,price,category,barcode,tax_class,cost
85123A,Heart holder,2.55,Home > Candles,,,1.20
85123a,heart holder in small,2.5,Home > Candles,652810117654,standard,
71053,Lantern,3.39,Home,,luxury,
84406B,,2.75,Home,,,
84406C,Hanger,-1,Home,,,
84406D,Hanger,2.75123,Home,,,
22752,Nesting boxes,7.65
85123A,Heart holder again,2.55,Home,,,
21730,\"Star, glass\",0,,,,
";

#[tokio::test]
async fn a_catalogue_with_broken_rows_is_taken_in_as_far_as_it_can_be() {
    let server = Server::start().await;
    let (organization, _, till) = server.shop("Shop").await;
    let id = organization.organization_id;
    let mut file = PRODUCTS.as_bytes().to_vec();
    file.extend_from_slice(b"X1,caf\xe9,1.00,Home,,,\nX2,last,1.00,Home,,,\n");
    let report = import_products(&server.state, id, file.as_slice(), |_| {})
        .await
        .unwrap();
    assert_eq!((report.created, report.updated), (4, 0));
    let lines: Vec<u64> = report.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [4, 5, 6, 7, 8, 9, 11]);
    assert!(report.bad[0].reason.contains("luxury"));
    assert!(report.bad[5].reason.contains("line 2"));
    assert_eq!(report.bad[6].reason, "the text is not UTF-8");

    let again = import_products(&server.state, id, file.as_slice(), |_| {})
        .await
        .unwrap();
    assert_eq!((again.created, again.updated), (0, 4));
    assert_eq!(number(&server, "SELECT count(*) FROM product").await, 4);
    assert_eq!(number(&server, "SELECT count(*) FROM category").await, 2);
    assert_eq!(
        number(&server, "SELECT cost_e4 FROM product WHERE sku = '85123A'").await,
        12_000
    );

    let mut products = Vec::new();
    for row in till.pull("org", 100).await {
        assert_eq!(row.row_type, FeedType::Server);
        let rows = row.rows().unwrap();
        assert!(rows.rows.product.len() <= 500);
        products.extend(rows.rows.product);
    }
    assert_eq!(products.len(), 8);
    let small = products
        .iter()
        .find(|product| product.sku == "85123a")
        .unwrap();
    assert_eq!(small.price_e4.0, 25_000);
    assert_eq!(
        small.barcodes,
        ["0652810117654"],
        "a UPC is kept as the EAN that it is"
    );
}

#[tokio::test]
async fn a_file_without_the_needed_columns_is_refused() {
    let server = Server::start().await;
    let organization = server.organization("Shop").await;
    let file = b"code,title\n1,one\n".as_slice();
    let refused = import_products(&server.state, organization.organization_id, file, |_| {}).await;
    let Err(ImportError::Csv(ReadCsvError::ColumnMissing(column))) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(column, "sku");
}

#[tokio::test]
async fn counted_stock_becomes_what_is_on_hand_by_movements() {
    let server = Server::start().await;
    let (organization, _, till) = server.shop("Shop").await;
    let id = organization.organization_id;
    let products = b"sku,name,price\nA,a,1\nB,b,1\nC,c,1\n".as_slice();
    import_products(&server.state, id, products, |_| {})
        .await
        .unwrap();
    let first = b"sku,store,on_hand\nA,M1,10\nB,M1,2.5\nC,M1,0\nZ,M1,1\nA,M9,1\nB,M1,lots\n";
    let report = import_stock(&server.state, id, first.as_slice(), |_| {})
        .await
        .unwrap();
    assert_eq!(report.updated, 3);
    let mut lines: Vec<_> = report.bad.iter().map(|bad| bad.line).collect();
    lines.sort_unstable();
    assert_eq!(lines, [5, 6, 7]);
    let second = b"sku,store,on_hand\nA,M1,7\nB,M1,2.5\n".as_slice();
    import_stock(&server.state, id, second, |_| {})
        .await
        .unwrap();
    let movements = "SELECT string_agg(reason || ' ' || delta_milli, ', '
         ORDER BY op_id, delta_milli)::text FROM stock_movement";
    let told: String = sqlx::query_scalar(movements)
        .fetch_one(&mut owner(&server).await)
        .await
        .unwrap();
    assert_eq!(told, "opening 2500, opening 10000, correction -3000");
    let sum = "SELECT sum(on_hand_milli)::bigint FROM stock_level";
    assert_eq!(number(&server, sum).await, 9_500);
    let rows = till.pull(&till.store_scope(), 10).await;
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.row_type == FeedType::Op));
}

const CUSTOMERS: &str = "key,name,phone,email
17,Cole CPC,5346857,
18,,5346857,
17,Cole again,,
,Bethel New Life,2653830,
,Bethel New Life,2653830,
,Albany Park,
";

#[tokio::test]
async fn customers_are_found_again_by_key_or_by_all_that_a_row_says() {
    let server = Server::start().await;
    let (organization, _, _) = server.shop("Shop").await;
    let id = organization.organization_id;
    let import = |file: &'static str| import_customers(&server.state, id, file.as_bytes(), |_| {});
    let report = import(CUSTOMERS).await.unwrap();
    assert_eq!((report.created, report.updated), (2, 0));
    let lines: Vec<u64> = report.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [3, 4, 6, 7]);
    assert!(report.bad[1].reason.contains("line 2"));

    let again = import(CUSTOMERS).await.unwrap();
    assert_eq!((again.created, again.updated), (0, 0));
    let moved = "key,name,phone,email\n17,Cole CPC,,office@example.org\n";
    let moved = import(moved).await.unwrap();
    assert_eq!((moved.created, moved.updated), (0, 1));
    let kept = "SELECT count(*) FROM customer WHERE name = 'Cole CPC' AND phone = '5346857'
                AND email = 'office@example.org'";
    assert_eq!(number(&server, kept).await, 1);
    assert_eq!(number(&server, "SELECT count(*) FROM customer").await, 2);
}
