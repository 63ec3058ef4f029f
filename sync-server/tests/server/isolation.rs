//! Organizations are walled off from each other by PostgreSQL itself, under every route.

use reqwest::{Method, StatusCode};
use sqlx::{Connection, PgConnection, Row};

use crate::{console::sign_in, kit::*};

#[tokio::test]
async fn the_server_s_role_is_neither_superuser_nor_past_row_level_security() {
    let server = Server::start().await;
    for options in [&server.database.app, &server.database.owner] {
        let mut connection = PgConnection::connect_with(options).await.unwrap();
        let row = sqlx::query(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        let name: String = row.get("rolname");
        assert!(!row.get::<bool, _>("rolsuper"), "{name}");
        assert_eq!(
            row.get::<bool, _>("rolbypassrls"),
            name == "techstore_owner"
        );
    }
}

/// Tables that are read before it is known whose rows may be seen.
const OUTSIDE: [&str; 3] = ["directory", "feed_head", "organization"];

#[tokio::test]
async fn every_tenant_table_forces_row_level_security_and_its_organization_leads_its_key() {
    let server = Server::start().await;
    let rows = sqlx::query(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS fenced,
             (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) AS policies,
             (SELECT attnum FROM pg_attribute
              WHERE attrelid = c.oid AND attname = 'organization_id') AS place,
             NOT EXISTS (SELECT FROM pg_index
                 WHERE indrelid = c.oid AND indkey[0] <> (SELECT attnum FROM pg_attribute
                     WHERE attrelid = c.oid AND attname = 'organization_id')) AS leads
         FROM pg_class AS c
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
           AND c.relname <> '_sqlx_migrations' AND c.relname <> 'incarnation'",
    )
    .fetch_all(&mut owner(&server).await)
    .await
    .unwrap();
    assert!(rows.len() > 25);
    for row in rows {
        let name: String = row.get("relname");
        if OUTSIDE.contains(&name.as_str()) {
            continue;
        }
        assert!(row.get::<bool, _>("fenced"), "{name} is not fenced");
        assert_eq!(row.get::<i64, _>("policies"), 1, "{name}");
        assert_eq!(row.get::<Option<i16>, _>("place"), Some(1), "{name}");
        assert!(
            row.get::<bool, _>("leads"),
            "an index of {name} is led by something else"
        );
    }
}

#[tokio::test]
async fn without_naming_its_organization_the_server_sees_no_row() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let sale = till.sale(&[(product(), 1)]);
    let op = till.seal(&sale);
    till.push(vec![op]).await.unwrap();
    let mut connection = PgConnection::connect_with(&server.database.app)
        .await
        .unwrap();
    for (table, sql) in [
        ("store", "SELECT count(*) FROM store"),
        ("device", "SELECT count(*) FROM device"),
        ("operation", "SELECT count(*) FROM operation"),
        ("document", "SELECT count(*) FROM document"),
        ("feed", "SELECT count(*) FROM feed"),
        ("stock_level", "SELECT count(*) FROM stock_level"),
    ] {
        assert!(number(&server, sql).await > 0, "{table} has rows");
        let seen: i64 = sqlx::query_scalar(sql)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(seen, 0, "{table}");
    }
    let refused = sqlx::query("UPDATE document SET total_minor = 0")
        .execute(&mut connection)
        .await
        .unwrap_err();
    let code = refused
        .as_database_error()
        .unwrap()
        .code()
        .unwrap()
        .into_owned();
    assert_eq!(code, "42501", "what was recorded cannot be changed");
}

#[tokio::test]
async fn another_organization_s_document_and_store_do_not_exist() {
    let server = Server::start().await;
    let (_, _, mut theirs) = server.shop("Theirs").await;
    let sale = theirs.sale(&[(product(), 1)]);
    let op = theirs.seal(&sale);
    let id = op.decode_header().unwrap().op_id;
    theirs.push(vec![op]).await.unwrap();
    let (ours, _, _) = server.shop("Ours").await;
    let browser = sign_in(&server, &ours).await;
    let store = theirs.store.store_id;
    for path in [
        format!("/api/v1/documents/{id}"),
        format!("/api/v1/documents?store={store}"),
        format!("/api/v1/reports/sales-by-hour?store={store}"),
    ] {
        let refused = refused_by(browser.get(&path)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
    }
    let page: domain::contract::rest::DocumentsPage =
        answer(browser.get("/api/v1/documents")).await.unwrap();
    assert!(page.documents.is_empty());
}

#[tokio::test]
async fn a_token_that_names_another_organization_is_no_token() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let server = Server::start().await;
    let (_, _, till) = server.shop("Shop").await;
    let (other, _, _) = server.shop("Other").await;
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&till.token).unwrap();
    bytes[..16].copy_from_slice(other.organization_id.as_bytes());
    let forged = Till {
        token: BASE64_URL_SAFE_NO_PAD.encode(bytes),
        ..till
    };
    let request = forged.request(Method::GET, "/api/v1/sync/verifiers");
    assert_eq!(refused_by(request).await.status, StatusCode::UNAUTHORIZED);
}
