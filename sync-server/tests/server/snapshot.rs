//! A snapshot is what the feed adds up to, row by row and operation by operation.

use std::{collections::BTreeMap, io::Read as _};

use domain::{
    contract::sync_v1::{FeedOp, FeedType, SnapshotChunk, SnapshotDevice, SnapshotHeader},
    customer::CustomerField,
    repair::{RepairDevice, RepairState},
    replication::{
        OpBody, Private, Rows,
        body::{CustomerPutBody, PrivateField, RepairIntakeBody, RepairMoveBody, RepairNoteBody},
    },
};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sync_server::{
    clock, job,
    op::{import_products::import_products, import_stock::import_stock},
};

use crate::kit::*;

async fn header(till: &Till, scope: &str) -> SnapshotHeader {
    let query = [("scope", scope), ("chunk", "0")];
    answer(
        till.request(Method::GET, "/api/v1/sync/snapshot")
            .query(&query),
    )
    .await
    .unwrap()
}

async fn chunk(till: &Till, header: &SnapshotHeader, chunk: u32) -> SnapshotChunk {
    let (scope, number) = (header.scope.to_string(), chunk.to_string());
    let query = [
        ("scope", scope.as_str()),
        ("chunk", &number),
        ("snapshot", &header.snapshot),
    ];
    let request = till
        .request(Method::GET, "/api/v1/sync/snapshot")
        .query(&query);
    let chunk: SnapshotChunk = answer(request).await.unwrap();
    assert_eq!(chunk.snapshot, header.snapshot);
    chunk
}

/// Rows by table and key, as a till would hold them.
#[derive(Debug, Default, PartialEq)]
struct Tables(BTreeMap<(String, String), Value>);

impl Tables {
    fn put(&mut self, rows: &Rows) {
        let Value::Object(tables) = serde_json::to_value(rows).unwrap() else {
            unreachable!("rows are tables")
        };
        for (table, rows) in tables {
            for row in rows.as_array().unwrap() {
                let keys: &[&str] = match table.as_str() {
                    "tax_class" | "price_list" | "tender" => &["code"],
                    "log_row" => &["home", "key"],
                    "stock_level" => &["store_id", "location", "product_id"],
                    "stock_elsewhere" => &["store_id", "product_id"],
                    "till" => &["device_id"],
                    "certificate" => &["body"],
                    name => &[&format!("{name}_id") as &str].map(|key| &*key.to_owned().leak()),
                };
                let key = keys.iter().map(|key| row[key].to_string()).collect();
                self.0.insert((table.clone(), key), row.clone());
            }
        }
    }
}

/// What a till holds that read the whole feed.
async fn from_feed(till: &Till, scope: &str) -> (Tables, Vec<FeedOp>) {
    let (mut tables, mut ops) = (Tables::default(), Vec::new());
    for row in till.pull(scope, 500).await {
        if row.row_type == FeedType::Op {
            let op = row.op().unwrap();
            tables.put(&op.rows);
            ops.push(op);
        } else {
            let rows = row.rows().unwrap();
            tables.put(&rows.rows);
        }
    }
    (tables, ops)
}

async fn from_snapshot(till: &Till, scope: &str) -> (SnapshotHeader, Tables, Vec<FeedOp>) {
    let header = header(till, scope).await;
    let (mut tables, mut ops, mut count) = (Tables::default(), Vec::new(), 0);
    for number in 1..=header.chunks {
        let chunk = chunk(till, &header, number).await;
        tables.put(&chunk.rows);
        count += chunk.rows.len() + chunk.ops.len();
        ops.extend(chunk.ops);
    }
    assert_eq!(header.rows, count as u64);
    (header, tables, ops)
}

/// A shop in which a little of everything has happened.
async fn busy_shop(server: &Server) -> Till {
    let (organization, store, mut till) = server.shop("Shop").await;
    server.store(&organization, "M2").await;
    let id = organization.organization_id;
    let mut products = String::from("sku,name,price,category,barcode\n");
    let mut stock = String::from("sku,store,on_hand\n");
    for n in 0..1_203 {
        products.push_str(&format!("P{n},Product {n},1.25,Phones > Cases,{n:05}\n"));
        stock.push_str(&format!("P{n},{},{}\n", store.code, n % 17));
    }
    import_products(&server.state, id, products.as_bytes(), |_| {})
        .await
        .unwrap();
    import_stock(&server.state, id, stock.as_bytes(), |_| {})
        .await
        .unwrap();
    let (repair_id, customer_id) = (clock::new_id().unwrap(), clock::new_id().unwrap());
    let name = Private::seal("Ada", [1; 16]);
    let put = OpBody::CustomerPut(CustomerPutBody {
        customer_id,
        fields: vec![PrivateField {
            field: CustomerField::Name,
            hash: name.hash,
        }],
    });
    let intake = OpBody::RepairIntake(RepairIntakeBody {
        repair_id,
        number: "M1T1W0A000001".to_owned(),
        count: 1,
        business_date: "2024-05-14".to_owned(),
        utc_offset_min: 60,
        customer_id: Some(customer_id),
        device: RepairDevice {
            kind: "phone".to_owned(),
            ..RepairDevice::default()
        },
        fault: "no sound".to_owned(),
        accessories: String::new(),
        promised_date: None,
    });
    let step = |from, to| {
        OpBody::RepairMove(RepairMoveBody {
            repair_id,
            from,
            to,
        })
    };
    let note = OpBody::RepairNote(RepairNoteBody {
        repair_id,
        text: "speaker ordered".to_owned(),
    });
    let sale = till.sale(&[(product(), 2), (product(), 1)]);
    // One shift that is closed, one that is open with a sale of its own.
    let (closed, open) = (clock::new_id().unwrap(), clock::new_id().unwrap());
    let closing = till.shift_close(closed, &[]);
    let in_shift = till.sale_in(open);
    let (opened, opened_again) = (till.shift_open(closed), till.shift_open(open));
    let received = till.adjustment(product(), 4);
    let mut ops = vec![till.seal_with(&put, vec![name], |_| {})];
    for body in [
        intake,
        step(RepairState::Received, RepairState::Repairing),
        step(RepairState::Repairing, RepairState::Ready),
        note,
        sale,
        received,
        opened,
        closing,
        opened_again,
        in_shift,
    ] {
        ops.push(till.seal(&body));
    }
    till.push(ops).await.unwrap();
    job::run_once(&server.state).await.unwrap();
    till
}

#[tokio::test]
async fn a_snapshot_equals_the_feed_in_every_scope() {
    let server = Server::start().await;
    let till = busy_shop(&server).await;
    for scope in ["org".to_owned(), till.store_scope()] {
        let (by_feed, feed_ops) = from_feed(&till, &scope).await;
        let (header, by_snapshot, mut snapshot_ops) = from_snapshot(&till, &scope).await;
        // What happened to open repairs comes before its place.
        snapshot_ops.sort_by_key(|op| op.effective_hlc);
        assert_eq!(by_feed, by_snapshot, "{scope}");
        if scope != "org" {
            let envelopes = |ops: &[FeedOp]| -> Vec<_> {
                ops.iter()
                    .map(|op| (op.envelope.clone(), op.effective_hlc))
                    .collect()
            };
            assert_eq!(envelopes(&feed_ops), envelopes(&snapshot_ops));
        }
        // The feed goes on where the snapshot ends.
        let page = till
            .pull_page(&scope, header.seq, &header.digest, 10)
            .await
            .unwrap();
        assert_eq!((page.to, page.rows.len()), (page.head, 0));
        let own = SnapshotDevice {
            device_id: till.row.device_id,
            epoch: 1,
            branch: 0,
            last_seq: till.seq,
            last_hash: till.hash,
            held: Vec::new(),
            missing: None,
        };
        assert!(header.devices.contains(&own));
    }
    let device = format!("device:{}", till.row.device_id);
    let (header, tables, ops) = from_snapshot(&till, &device).await;
    assert_eq!((header.seq, tables, ops.len()), (0, Tables::default(), 0));
}

#[tokio::test]
async fn what_a_till_needs_to_sell_comes_before_the_history() {
    let server = Server::start().await;
    let till = busy_shop(&server).await;
    for (scope, rows, open) in [("org".to_owned(), 1_203, 0), (till.store_scope(), 1_000, 6)] {
        let header = header(&till, &scope).await;
        let now = header.now.unwrap();
        assert!(
            now.chunks < header.chunks && now.rows < header.rows,
            "{scope}"
        );
        let (mut folded, mut ops) = (0, 0);
        for number in 1..=header.chunks {
            let chunk = chunk(&till, &header, number).await;
            if number > now.chunks {
                assert!(
                    chunk.rows.is_empty(),
                    "{scope}: history changes no folded row"
                );
            } else {
                folded += chunk.rows.len();
                ops += chunk.ops.len();
            }
        }
        assert!(folded >= rows, "{scope}: {folded}");
        assert_eq!((ops, (folded + ops) as u64), (open, now.rows), "{scope}");
    }
}

#[tokio::test]
async fn a_snapshot_begun_is_finished_while_the_feed_goes_on() {
    let server = Server::start().await;
    let mut till = busy_shop(&server).await;
    let scope = till.store_scope();
    let begun = header(&till, &scope).await;
    let first = chunk(&till, &begun, 1).await;
    let body = till.adjustment(product(), 1);
    let op = till.seal(&body);
    till.push(vec![op]).await.unwrap();
    assert_eq!(chunk(&till, &begun, 1).await.rows, first.rows);
    let page = till
        .pull_page(&scope, begun.seq, &begun.digest, 10)
        .await
        .unwrap();
    assert_eq!(page.rows.len(), 1);
    let missing = (begun.chunks + 1).to_string();
    let query = [
        ("scope", scope.as_str()),
        ("chunk", &missing),
        ("snapshot", &begun.snapshot),
    ];
    let request = till
        .request(Method::GET, "/api/v1/sync/snapshot")
        .query(&query);
    assert_eq!(refused_by(request).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_chunk_travels_compressed() {
    let server = Server::start().await;
    let till = busy_shop(&server).await;
    let begun = header(&till, "org").await;
    let query = [
        ("scope", "org"),
        ("chunk", "1"),
        ("snapshot", &begun.snapshot),
    ];
    let plain = reqwest::Client::builder().no_gzip().build().unwrap();
    let response = plain
        .get(format!("{}/api/v1/sync/snapshot", till.address))
        .bearer_auth(&till.token)
        .query(&query)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let bytes = response.bytes().await.unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..])
        .read_to_string(&mut text)
        .unwrap();
    serde_json::from_str::<SnapshotChunk>(&text).unwrap();
}
