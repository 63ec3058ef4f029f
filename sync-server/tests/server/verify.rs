//! What `verify` finds: nothing in sound books, and of one damaged row exactly that row.

use domain::{
    customer::CustomerField,
    id::{CustomerId, OrganizationId, ProductId, RepairId},
    repair::{RepairDevice, RepairState},
    replication::{
        OpBody, Private,
        body::{CustomerPutBody, PrivateField, RepairIntakeBody, RepairMoveBody},
    },
};
use sqlx::{AssertSqlSafe, postgres::PgPoolOptions};
use sync_server::{
    clock,
    op::verify::{Report, verify, verify_organization},
    state::ServerKey,
};

use crate::kit::Server;

/// A server with a shop that did one of everything.
async fn busy_shop() -> (Server, OrganizationId) {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Busy").await;
    let product: ProductId = clock::new_id().unwrap();
    let repair_id: RepairId = clock::new_id().unwrap();
    let name = Private::seal("Ana", [3; 16]);
    let mut ops = vec![till.seal(&till.clone().adjustment(product, 10))];
    for units in [1, 2] {
        let sale = till.sale(&[(product, units)]);
        ops.push(till.seal(&sale));
    }
    let customer = OpBody::CustomerPut(CustomerPutBody {
        customer_id: clock::new_id::<CustomerId>().unwrap(),
        fields: vec![PrivateField {
            field: CustomerField::Name,
            hash: name.hash,
        }],
    });
    ops.push(till.seal_with(&customer, vec![name], |_| {}));
    let intake = OpBody::RepairIntake(RepairIntakeBody {
        repair_id,
        number: "M1T1W000001".into(),
        count: 1,
        business_date: "2024-05-14".into(),
        utc_offset_min: 60,
        customer_id: None,
        device: RepairDevice {
            kind: "Phone".into(),
            ..RepairDevice::default()
        },
        fault: "Cracked glass".into(),
        accessories: String::new(),
        promised_date: None,
    });
    ops.push(till.seal(&intake));
    let moved = OpBody::RepairMove(RepairMoveBody {
        repair_id,
        from: RepairState::Received,
        to: RepairState::Diagnosing,
    });
    ops.push(till.seal(&moved));
    // Only the server writes such rows: it is held, and the chain goes on behind it.
    ops.push(till.seal(&OpBody::ServerPut(Default::default())));
    let sale = till.sale(&[(product, 3)]);
    ops.push(till.seal(&sale));
    till.push(ops).await.unwrap();
    (server, organization.organization_id)
}

#[tokio::test]
async fn sound_books_have_no_finding_and_everything_is_counted() {
    let (server, _) = busy_shop().await;
    let report = verify(&server.state.pool, &server.state.key.public())
        .await
        .unwrap();
    assert_eq!(report.findings, []);
    let own: u64 = 7;
    assert!(report.operations >= own, "{report:?}");
    assert_eq!((report.held, report.documents), (1, 3));
    assert_eq!(
        (report.movements, report.customers, report.repairs),
        (4, 1, 1)
    );
    assert!(report.feed_rows >= own);
}

/// One damage, and the table and sentence that tell of it.
struct Damage {
    sql: &'static str,
    table: &'static str,
    what: &'static str,
}

const fn damage(sql: &'static str, table: &'static str, what: &'static str) -> Damage {
    Damage { sql, table, what }
}

const TILLS: &str = "device_id <> '00000000-0000-0000-0000-000000000000'";

/// `TILL` in a statement stands for operations of tills alone.
const DAMAGES: [Damage; 28] = [
    damage(
        "UPDATE operation SET body = body || ' ' WHERE kind = 'sale' AND device_seq = 2 AND TILL",
        "operation",
        "its bytes do not fit its hash",
    ),
    damage(
        "UPDATE operation SET signature = set_byte(signature, 5, get_byte(signature, 5) # 1)
         WHERE device_seq = 2 AND TILL",
        "operation",
        "signature",
    ),
    damage(
        "UPDATE operation SET kind = 'refund' WHERE device_seq = 2 AND TILL",
        "operation",
        "its header says sale",
    ),
    damage(
        "DELETE FROM operation WHERE device_seq = 3 AND TILL",
        "operation",
        "is missing",
    ),
    damage(
        "UPDATE held_operation SET envelope = jsonb_set(envelope, '{body}', '\"e30gIA==\"')",
        "held_operation",
        "its bytes do not fit its hash",
    ),
    damage("DELETE FROM held_operation", "operation", "is missing"),
    damage(
        "UPDATE chain SET last_seq = last_seq + 1 WHERE TILL",
        "chain",
        "its row says that the chain ends at",
    ),
    damage(
        "UPDATE chain SET last_hash = '\\x00' WHERE TILL",
        "chain",
        "its last hash is not that of operation 8",
    ),
    damage(
        "UPDATE device_epoch SET genesis = decode(repeat('01', 32), 'hex')",
        "operation",
        "it does not follow the operation before it",
    ),
    damage(
        "UPDATE document SET total_minor = total_minor + 1 WHERE count = 1",
        "document",
        "M1T1A000001 is not what its operation says",
    ),
    damage(
        "UPDATE document SET effective_hlc = effective_hlc + 1 WHERE count = 1",
        "document",
        "its stamp is not its operation's",
    ),
    damage(
        "WITH gone AS (DELETE FROM document WHERE count = 2 RETURNING document_id)
         DELETE FROM document_line USING gone WHERE document_line.document_id = gone.document_id",
        "document",
        "is missing, though its operation is here",
    ),
    damage(
        "UPDATE document_line SET tax_minor = tax_minor + 1
         WHERE document_id = (SELECT document_id FROM document WHERE count = 2)",
        "document_line",
        "line 1 of M1T1A000002 is not what its operation says",
    ),
    damage(
        "DELETE FROM document_line
         WHERE document_id = (SELECT document_id FROM document WHERE count = 2)",
        "document_line",
        "M1T1A000002 has 0 lines, its operation 1",
    ),
    damage(
        "UPDATE document_tax SET net_minor = net_minor - 1
         WHERE document_id = (SELECT document_id FROM document WHERE count = 2)",
        "document_tax",
        "the taxes of M1T1A000002",
    ),
    damage(
        "UPDATE payment SET amount_minor = amount_minor - 1
         WHERE document_id = (SELECT document_id FROM document WHERE count = 2)",
        "payment",
        "the payments of M1T1A000002",
    ),
    damage(
        "INSERT INTO payment SELECT organization_id, gen_random_uuid(), n, tender, amount_minor,
             tendered_minor, change_minor, reference FROM payment LIMIT 1",
        "payment",
        "its operation is not there",
    ),
    damage(
        "UPDATE stock_level SET on_hand_milli = on_hand_milli + 1",
        "stock_level",
        "it says 4001 thousandths, its movements add up to 4000",
    ),
    damage(
        "DELETE FROM stock_level",
        "stock_level",
        "is missing, though its movements add up to 4000 thousandths",
    ),
    damage(
        "UPDATE stock_movement SET delta_milli = delta_milli - 1 WHERE delta_milli = -2000",
        "stock_movement",
        "is not what its operation says",
    ),
    damage(
        "DELETE FROM stock_movement WHERE delta_milli = -2000",
        "stock_movement",
        "is missing, though its operation is here",
    ),
    damage(
        "UPDATE customer SET name = 'Eva'",
        "customer",
        "its name is not what was written last",
    ),
    damage("DELETE FROM customer", "customer", "is missing"),
    damage(
        "UPDATE repair SET state = 'ready'",
        "repair",
        "it is not what its events make of it",
    ),
    damage(
        "UPDATE repair_event SET happening = jsonb_set(happening, '{to}', '\"ready\"')
         WHERE happening->>'event' = 'moved'",
        "repair_event",
        "is not what its operation says",
    ),
    damage(
        "UPDATE feed SET bytes = bytes || ' ' WHERE scope LIKE 'store:%' AND seq = 2",
        "feed",
        "its digest does not fit its bytes and the row before it",
    ),
    damage(
        "DELETE FROM feed WHERE scope LIKE 'store:%' AND seq = 2",
        "feed",
        "is missing: the next row is 3",
    ),
    damage(
        "UPDATE feed_head SET head = head + 1 WHERE scope LIKE 'store:%'",
        "feed_head",
        "its head says",
    ),
];

#[tokio::test]
async fn one_damaged_row_of_each_kind_is_found_and_nothing_else() {
    let (server, organization_id) = busy_shop().await;
    let owner = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(server.database.owner.clone())
        .await
        .unwrap();
    for Damage { sql, table, what } in DAMAGES {
        let mut tx = owner.begin().await.unwrap();
        let statement = sql.replace("TILL", TILLS);
        let touched = sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *tx)
            .await
            .unwrap();
        assert!(touched.rows_affected() > 0, "{sql}");
        let mut report = Report::default();
        let key = server.state.key.public();
        verify_organization(&mut tx, organization_id, &key, &mut report)
            .await
            .unwrap();
        // The next damage is done to sound books.
        tx.rollback().await.unwrap();
        let findings = report.findings;
        assert_eq!(findings.len(), 1, "{sql}: {findings:#?}");
        assert_eq!(findings[0].table, table, "{sql}: {findings:#?}");
        assert!(findings[0].what.contains(what), "{sql}: {findings:#?}");
    }
}

#[tokio::test]
async fn a_key_that_did_not_sign_here_is_found() {
    let (server, _) = busy_shop().await;
    let other = ServerKey::from_seed(&[9; 32]).public();
    let report = verify(&server.state.pool, &other).await.unwrap();
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(report.findings[0].table, "device");
}
