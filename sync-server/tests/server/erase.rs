//! Erasing a customer: the texts leave every table, every digest still fits, and what arrives late
//! from before is dropped.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use domain::{
    contract::{
        rest::Erased,
        sync_v1::{Erasure, ErasureBody, FeedType, HaveRequest},
    },
    customer::{Customer, CustomerField},
    id::CustomerId,
    replication::{
        Envelope, OpBody, Private,
        body::{CustomerPutBody, PrivateField},
        chain::verify_bytes,
    },
    staff::Role,
};
use reqwest::{Method, StatusCode};
use sqlx::{AssertSqlSafe, Row};
use sync_server::{
    clock,
    op::{erase_customer::erase_customer, retry_held::retry_all_held, verify::verify},
};
use tokio::sync::Barrier;

use crate::{
    console::{Browser, sign_in, sign_in_as},
    kit::*,
};

pub(crate) fn put(
    till: &mut Till,
    customer_id: CustomerId,
    field: CustomerField,
    text: &str,
) -> Envelope {
    let private = Private::seal(text, [1; 16]);
    let body = OpBody::CustomerPut(CustomerPutBody {
        customer_id,
        fields: vec![PrivateField {
            field,
            hash: private.hash,
        }],
    });
    till.seal_with(&body, vec![private], |_| {})
}

async fn erase(browser: &Browser, customer_id: CustomerId) -> Result<Erased, Refused> {
    let path = format!("/api/v1/customers/{customer_id}/erase");
    let request = browser
        .request(Method::POST, &path)
        .header("x-csrf-token", &browser.me.csrf_token);
    answer(request).await
}

/// Rows of the database, snapshots' compressed chunks aside, in which a text stands in any of the
/// forms in which it was written.
async fn traces(server: &Server, text: &str) -> Vec<String> {
    let hex = |text: &str| -> String {
        let bytes = text.bytes();
        bytes.map(|byte| format!("{byte:02x}")).collect()
    };
    let base64 = BASE64_STANDARD.encode(text);
    let forms = [text.to_owned(), base64.clone(), hex(text), hex(&base64)];
    let mut owner = owner(server).await;
    let tables = sqlx::query(
        "SELECT relname::text FROM pg_class
         WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(tables.len() > 20);
    let mut found = Vec::new();
    for table in tables {
        let table: String = table.get(0);
        for form in &forms {
            let sql = format!("SELECT count(*) FROM \"{table}\" AS t WHERE t::text LIKE $1");
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(format!("%{form}%"))
                .fetch_one(&mut owner)
                .await
                .unwrap();
            if count > 0 {
                found.push(table.clone());
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// A customer as the whole feed adds up to.
async fn shown(till: &Till, customer_id: CustomerId) -> Customer {
    let mut shown = Customer::empty(customer_id);
    for row in till.pull("org", 3).await {
        let rows = if row.row_type == FeedType::Op {
            row.op().unwrap().rows
        } else {
            row.rows().unwrap().rows
        };
        let of_customer = rows.customer.into_iter();
        for customer in of_customer.filter(|one| one.customer_id == customer_id) {
            shown = customer;
        }
    }
    shown
}

async fn told(till: &Till) -> Vec<Erasure> {
    let mut told = Vec::new();
    for row in till.pull("org", 100).await {
        if row.row_type == FeedType::Derived {
            told.extend(row.rows().unwrap().rows.erasure);
        }
    }
    told
}

async fn assert_sound(server: &Server) {
    let report = verify(&server.state.pool, &server.state.key.public()).await;
    assert_eq!(report.unwrap().findings, []);
}

#[tokio::test]
async fn an_erased_customer_s_texts_are_nowhere_and_the_feed_still_verifies() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let (ada, bea) = (clock::new_id().unwrap(), clock::new_id().unwrap());
    let held = put(&mut till, ada, CustomerField::Notes, "Ada Lovelace-King");
    let mut ops = vec![
        put(&mut till, ada, CustomerField::Name, "Ada Lovelace-King"),
        put(&mut till, bea, CustomerField::Name, "Beatrice Shilling"),
        put(&mut till, ada, CustomerField::Phone, "Ada Lovelace-King"),
    ];
    ops.insert(0, held);
    till.push(ops).await.unwrap();
    sqlx::query(
        "WITH taken AS (DELETE FROM operation WHERE device_seq = 1 AND kind = 'customer_put'
             RETURNING *)
         INSERT INTO held_operation (organization_id, device_id, epoch, branch, device_seq, op_id,
             effective_hlc, hash, envelope, reason, detail)
         SELECT organization_id, device_id, epoch, branch, device_seq, op_id, effective_hlc, hash,
             jsonb_build_object(
                 'header', replace(encode(header, 'base64'), E'\\n', ''),
                 'body', replace(encode(body, 'base64'), E'\\n', ''),
                 'hash', replace(encode(hash, 'base64'), E'\\n', ''),
                 'signature', replace(encode(signature, 'base64'), E'\\n', ''),
                 'private', private), 'kind_unknown', ''
         FROM taken",
    )
    .execute(&mut owner(&server).await)
    .await
    .unwrap();
    let query = [("scope", "org"), ("chunk", "0")];
    let request = till.request(Method::GET, "/api/v1/sync/snapshot");
    request.query(&query).send().await.unwrap();
    let before = till.pull("org", 100).await.len();
    let name = "Ada Lovelace-King";
    assert_eq!(shown(&till, ada).await.name, name);
    assert_eq!(
        traces(&server, name).await,
        ["customer", "feed", "held_operation", "operation"]
    );

    let browser = sign_in(&server, &organization).await;
    let erased = erase(&browser, ada).await.unwrap();
    assert_eq!(erased.operations, 2);
    assert_eq!(traces(&server, name).await, [""; 0]);
    assert_eq!(number(&server, "SELECT count(*) FROM snapshot").await, 0);
    assert_eq!(shown(&till, ada).await, Customer::empty(ada));
    assert_eq!(shown(&till, bea).await.name, "Beatrice Shilling");
    assert!(till.pull("org", 100).await.len() > before);
    let told = told(&till).await;
    assert_eq!(told.len(), 1);
    let key = server.state.key.public();
    verify_bytes(&told[0].body.0, &told[0].signature, &key).unwrap();
    let body: ErasureBody = serde_json::from_slice(&told[0].body.0).unwrap();
    assert_eq!(body.customer_id, ada);

    retry_all_held(&server.state).await.unwrap();
    assert_eq!(
        number(&server, "SELECT count(*) FROM held_operation").await,
        0
    );
    assert_eq!(traces(&server, name).await, [""; 0]);
}

#[tokio::test]
async fn what_arrives_late_from_before_is_dropped_and_what_is_written_after_stays() {
    let server = Server::start().await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let mut late = server.till(&organization, &store, 2).await;
    let id = clock::new_id().unwrap();
    let first = put(&mut till, id, CustomerField::Name, "Ada Lovelace");
    let offline = put(&mut late, id, CustomerField::Name, "Countess of L.");
    till.push(vec![first]).await.unwrap();
    erase_customer(&server.state, organization.organization_id, id)
        .await
        .unwrap();
    let reply = late.push(vec![offline.clone()]).await.unwrap();
    assert_eq!(reply.acked_seq, 1);
    assert_eq!(traces(&server, "Countess").await, [""; 0]);
    assert_eq!(shown(&till, id).await.name, "");
    let rows = till.pull("org", 100).await;
    let op = rows.last().unwrap().op().unwrap();
    assert_eq!(op.envelope.hash, offline.hash);
    assert!(op.envelope.private.is_empty());
    op.envelope
        .verify(&domain::replication::chain::PublicKey(
            late.key.verifying_key().to_bytes(),
        ))
        .unwrap();

    let after = put(&mut till, id, CustomerField::Phone, "555 0100");
    till.push(vec![after]).await.unwrap();
    assert_eq!(shown(&till, id).await.phone, "555 0100");
    assert_sound(&server).await;
}

#[tokio::test]
async fn a_restored_server_erases_again_whom_a_till_remembers_as_erased() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let id = clock::new_id().unwrap();
    let op = put(&mut till, id, CustomerField::Name, "Ada Lovelace");
    till.push(vec![op.clone()]).await.unwrap();
    erase_customer(&server.state, organization.organization_id, id)
        .await
        .unwrap();
    let erasures = told(&till).await;
    restore_early_backup(&server, &[]).await;
    sqlx::query("DELETE FROM erasure")
        .execute(&mut owner(&server).await)
        .await
        .unwrap();
    // The backup was from before the erasure and had the text.
    till.relay(std::slice::from_ref(&op)).await.unwrap();
    assert_ne!(traces(&server, "Ada").await, [""; 0]);
    let mut forged = erasures[0].clone();
    forged.signature.0[0] ^= 1;
    for (erasures, is_gone) in [(vec![forged], false), (erasures, true)] {
        for _ in 0..2 {
            let request = HaveRequest {
                erasures: erasures.clone(),
                ..HaveRequest::default()
            };
            till.incarnation = till.have(&request).await.unwrap().incarnation;
        }
        assert_eq!(traces(&server, "Ada").await.is_empty(), is_gone);
    }
    assert_eq!(
        told(&till).await.len(),
        1,
        "the second time changes nothing"
    );
    assert_sound(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_text_that_arrives_while_its_customer_is_erased_does_not_survive() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let id = clock::new_id().unwrap();
    let op = put(&mut till, id, CustomerField::Name, "Ada Lovelace");
    till.push(vec![op]).await.unwrap();
    let ops: Vec<_> = (0..20)
        .map(|n| {
            put(
                &mut till,
                id,
                CustomerField::Phone,
                &format!("Lovelace {n}"),
            )
        })
        .collect();
    let barrier = Arc::new(Barrier::new(2));
    let (state, gate) = (server.state.clone(), barrier.clone());
    let organization_id = organization.organization_id;
    let erasing = tokio::spawn(async move {
        gate.wait().await;
        erase_customer(&state, organization_id, id).await.unwrap();
    });
    barrier.wait().await;
    for op in ops {
        till.push(vec![op]).await.unwrap();
    }
    erasing.await.unwrap();
    assert_eq!(traces(&server, "Lovelace").await, [""; 0]);
    assert_eq!(shown(&till, id).await, Customer::empty(id));
    assert_sound(&server).await;
}

#[tokio::test]
async fn only_an_owner_of_the_business_erases_its_customers() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let id = clock::new_id().unwrap();
    let op = put(&mut till, id, CustomerField::Name, "Ada Lovelace");
    till.push(vec![op]).await.unwrap();
    let browser = sign_in(&server, &organization).await;
    let unknown = clock::new_id().unwrap();
    let refused = erase(&browser, unknown).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let other = server.organization("Other").await;
    let stranger = sign_in(&server, &other).await;
    let refused = erase(&stranger, id).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let manager = sign_in_as(&server, &organization, Role::Manager).await;
    let refused = erase(&manager, id).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let path = format!("/api/v1/customers/{id}/erase");
    let refused = refused_by(browser.request(Method::POST, &path)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(shown(&till, id).await.name, "Ada Lovelace");
}
