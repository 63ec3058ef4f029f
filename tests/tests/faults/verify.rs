//! `till --verify`: nothing in a sound file, and of one damaged row exactly that row.

use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use tests::fault::{
    clerk::{Clerk, copy_folder},
    shop::Shop,
};

/// One damage, and the table and sentence that tell of it.
const DAMAGES: [(&str, &str, &str); 14] = [
    (
        "UPDATE journal SET body = CAST(body || ' ' AS BLOB) WHERE device_seq = 2 AND OWN",
        "journal",
        "its bytes do not fit its hash",
    ),
    (
        "UPDATE journal SET signature = zeroblob(64) WHERE device_seq = 2 AND OWN",
        "journal",
        "signature",
    ),
    (
        "DELETE FROM journal WHERE device_seq = 2 AND OWN",
        "journal",
        "is missing",
    ),
    (
        "UPDATE chain SET head_hash = zeroblob(32)",
        "chain",
        "its hash is that of no operation here",
    ),
    (
        "UPDATE chain SET receipts = receipts + 1",
        "chain",
        "receipts, the journal",
    ),
    (
        "UPDATE document SET total_minor = total_minor + 1 WHERE count = 1 AND OWN",
        "document",
        "is not what its operation says",
    ),
    (
        "UPDATE document SET pending = 1 WHERE count = 1 AND OWN",
        "document",
        "is marked as pending, its operation has come back",
    ),
    (
        "DELETE FROM document_line WHERE document_id =
             (SELECT document_id FROM document WHERE count = 1 AND OWN)",
        "document_line",
        "are not what its operation says",
    ),
    (
        "UPDATE payment SET amount_minor = amount_minor - 1 WHERE document_id =
             (SELECT document_id FROM document WHERE count = 1 AND OWN)",
        "payment",
        "are not what its operation says",
    ),
    (
        "UPDATE stock_level SET confirmed_milli = confirmed_milli + 1 WHERE rowid_of_first",
        "stock_level",
        "thousandths are on hand, its movements add up to",
    ),
    (
        "UPDATE stock_level SET pending_milli = pending_milli + 1 WHERE rowid_of_first",
        "stock_level",
        "thousandths are on their way, their movements add up to",
    ),
    (
        "DELETE FROM outbox WHERE device_seq = (SELECT max(device_seq) FROM outbox)",
        "outbox",
        "is the last one, the chain ends at",
    ),
    (
        "UPDATE outbox SET op_id = zeroblob(16)
         WHERE device_seq = (SELECT max(device_seq) FROM outbox)",
        "outbox",
        "is not in the journal",
    ),
    (
        "INSERT INTO pending_op VALUES (zeroblob(16), 'org', 1)",
        "pending_op",
        "is not an operation of this till's journal",
    ),
];

/// A level of this store that movements made.
const FIRST_LEVEL: &str = "is_confirmed = 1 AND (product_id, location, store_id) =
    (SELECT product_id, location, store_id FROM stock_movement WHERE pending = 0 LIMIT 1)";

#[test]
fn one_damaged_row_of_a_till_is_found_and_nothing_else() {
    let mut shop = Shop::open().unwrap();
    let address = shop.server.ready.address.clone();
    let mut clerk = shop.clerk(&address, 31).unwrap();
    for _ in 0..3 {
        clerk.sell().unwrap();
    }
    clerk.wait_quiet().unwrap();
    clerk.set_network(false).unwrap();
    clerk.sell().unwrap();
    clerk.sell().unwrap();
    clerk.switch_off().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let sound = runtime
        .block_on(replica::verify::verify(&clerk.data))
        .unwrap();
    assert_eq!(sound.findings, []);
    assert_eq!(
        (sound.own_operations, sound.waiting, sound.pending),
        (6, 2, 2)
    );
    for (n, damage) in DAMAGES.into_iter().enumerate() {
        let copy = shop.folder.join(format!("damaged-{n}"));
        runtime.block_on(is_found(&clerk, &copy, damage));
    }
}

async fn is_found(clerk: &Clerk, copy: &std::path::Path, damage: (&str, &'static str, &str)) {
    let (sql, table, what) = damage;
    copy_folder(&clerk.data, copy).unwrap();
    let name = std::fs::read_to_string(copy.join("current")).unwrap();
    let mut file = SqliteConnectOptions::new()
        .filename(copy.join(name.trim()))
        .connect()
        .await
        .unwrap();
    let statement = sql
        .replace("OWN", "device_id = (SELECT device_id FROM chain)")
        .replace("rowid_of_first", FIRST_LEVEL);
    let touched = sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&mut file)
        .await
        .unwrap();
    assert!(touched.rows_affected() > 0, "{sql}");
    sqlx::Connection::close(file).await.unwrap();
    let findings = replica::verify::verify(copy).await.unwrap().findings;
    assert_eq!(findings.len(), 1, "{sql}: {findings:#?}");
    assert_eq!(findings[0].table, table, "{sql}: {findings:#?}");
    assert!(findings[0].what.contains(what), "{sql}: {findings:#?}");
}
