//! The API's document says what the server does: every route, and every field of real answers.

use std::collections::BTreeSet;

use domain::{
    contract::sync_v1::{ChallengeRequest, EnrolReply, HaveRequest},
    customer::CustomerField,
};
use ed25519_dalek::SigningKey;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::{console::sign_in, kit::*};

async fn document(server: &Server) -> Value {
    let request = server.request(Method::GET, "/api/v1/openapi.json");
    answer(request).await.unwrap()
}

#[tokio::test]
async fn every_route_is_described_and_every_description_is_a_route() {
    let server = Server::start().await;
    let document = document(&server).await;
    let described: BTreeSet<&str> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let table = include_str!("../../src/router.rs");
    let is_page = |path: &&str| {
        path.starts_with("/docs") || *path == "/api/v1/openapi.json" || path.contains("{*")
    };
    let routed: BTreeSet<&str> = table
        .split(".route(")
        .skip(1)
        .filter_map(|rest| rest.split('"').nth(1))
        .filter(|path| !is_page(path))
        .collect();
    assert_eq!(described, routed);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let response = server.request(method, path).send().await.unwrap();
            let status = response.status().as_u16().to_string();
            let is_known = operation["responses"].get(&status).is_some();
            assert!(
                is_known || response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{path}"
            );
        }
    }
}

/// Whether a value has exactly the fields that its schema names, all the way down.
fn conforms(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.rsplit('/').next().unwrap();
        return conforms(
            document,
            &document["components"]["schemas"][name],
            value,
            at,
        );
    }
    if let Some(any) = schema["oneOf"].as_array() {
        if !value.is_null() {
            let own = any.iter().find(|one| one["type"] != "null").unwrap();
            conforms(document, own, value, at);
        }
        return;
    }
    if let Some(properties) = schema["properties"].as_object() {
        let fields = value
            .as_object()
            .unwrap_or_else(|| panic!("{at} is an object"));
        for (name, value) in fields {
            let property = properties
                .get(name)
                .unwrap_or_else(|| panic!("{at}.{name} is described"));
            conforms(document, property, value, &format!("{at}.{name}"));
        }
        for required in schema["required"].as_array().into_iter().flatten() {
            assert!(
                fields.contains_key(required.as_str().unwrap()),
                "{at}.{required}"
            );
        }
        return;
    }
    if let Some(values) = schema["enum"].as_array() {
        assert!(values.contains(value), "{at}: {value}");
        return;
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one],
        _ => return,
    };
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                conforms(document, &schema["items"], item, &format!("{at}[{n}]"));
            }
            "array"
        }
        Value::Object(_) => "object",
    };
    assert!(
        types.contains(&found),
        "{at} is {found}, described as {types:?}"
    );
}

fn check(document: &Value, method: &str, path: &str, status: u16, value: &Value) {
    let response = &document["paths"][path][method]["responses"][status.to_string()];
    let content = response["content"].as_object().unwrap();
    let schema = &content.values().next().unwrap()["schema"];
    assert!(!schema.is_null(), "{method} {path} {status}");
    conforms(document, schema, value, path);
}

#[tokio::test]
async fn real_answers_have_the_fields_that_are_described() {
    let server = Server::start().await;
    let document = document(&server).await;
    let (organization, store, mut till) = server.shop("Shop").await;
    let code = server.code(&organization, &store, 2).await;
    let request = enrol_request(&code, &SigningKey::from_bytes(&[1; 32]));
    let enrolled: EnrolReply = server.post("/api/v1/sync/enrol", &request).await.unwrap();
    let enrolled = serde_json::to_value(&enrolled).unwrap();
    check(&document, "post", "/api/v1/sync/enrol", 200, &enrolled);
    let challenge = ChallengeRequest {
        device_id: till.row.device_id,
    };
    let nonce: Value = server
        .post("/api/v1/sync/challenge", &challenge)
        .await
        .unwrap();
    check(&document, "post", "/api/v1/sync/challenge", 200, &nonce);

    let sale = till.sale(&[(product(), 1)]);
    let body = till.adjustment(product(), 1);
    let first = till.seal(&sale);
    let id = first.decode_header().unwrap().op_id;
    let held = till.seal_with(&body, Vec::new(), |header| {
        header.kind = "teleport".to_owned()
    });
    let push = till.push_request(vec![first, held]);
    let pushed = till.request(Method::POST, "/api/v1/sync/push").json(&push);
    let pushed: Value = answer(pushed).await.unwrap();
    check(&document, "post", "/api/v1/sync/push", 200, &pushed);

    let customer_id = sync_server::clock::new_id().unwrap();
    let customer = crate::erase::put(&mut till, customer_id, CustomerField::Name, "Ada");
    till.push(vec![customer]).await.unwrap();
    let rows = till.pull("org", 100).await;
    let beside = serde_json::to_value(&rows.last().unwrap().beside).unwrap();
    assert_eq!(beside["customer"][0]["name"], "Ada");
    let kept = till.seal(&body);
    let have = HaveRequest {
        ranges: vec![Till::range(std::slice::from_ref(&kept))],
        ..HaveRequest::default()
    };
    let want = serde_json::to_value(till.have(&have).await.unwrap()).unwrap();
    check(&document, "post", "/api/v1/sync/have", 200, &want);
    let relayed = serde_json::to_value(till.relay(&[kept]).await.unwrap()).unwrap();
    check(&document, "post", "/api/v1/sync/relay", 200, &relayed);

    let scope = till.store_scope();
    let page = till
        .pull_page(
            &scope,
            0,
            &domain::replication::chain::feed_genesis(&scope),
            5,
        )
        .await
        .unwrap();
    let page = serde_json::to_value(&page).unwrap();
    check(&document, "get", "/api/v1/sync/pull", 200, &page);
    for path in ["verifiers", "snapshot"] {
        let path = format!("/api/v1/sync/{path}");
        let query = [("scope", scope.as_str()), ("chunk", "0")];
        let value: Value = answer(till.request(Method::GET, &path).query(&query))
            .await
            .unwrap();
        check(&document, "get", &path, 200, &value);
    }

    let browser = sign_in(&server, &organization).await;
    let me = serde_json::to_value(&browser.me).unwrap();
    check(&document, "post", "/api/v1/session", 200, &me);
    for path in [
        "session",
        "reports/sales-by-hour",
        "documents",
        "held",
        "tills",
    ] {
        let path = format!("/api/v1/{path}");
        let value: Value = answer(browser.get(&path)).await.unwrap();
        check(&document, "get", &path, 200, &value);
    }
    let path = format!("/api/v1/held/{}/1/0/2/retry", till.row.device_id);
    let retry = browser.request(Method::POST, &path);
    let retry = retry.header("x-csrf-token", &browser.me.csrf_token);
    let tried: Value = answer(retry).await.unwrap();
    let path = "/api/v1/held/{device_id}/{epoch}/{branch}/{seq}/retry";
    check(&document, "post", path, 200, &tried);
    let path = format!("/api/v1/customers/{customer_id}/erase");
    let erase = browser.request(Method::POST, &path);
    let erase = erase.header("x-csrf-token", &browser.me.csrf_token);
    let erased: Value = answer(erase).await.unwrap();
    let path = "/api/v1/customers/{id}/erase";
    check(&document, "post", path, 200, &erased);
    let value: Value = answer(browser.get(&format!("/api/v1/documents/{id}")))
        .await
        .unwrap();
    check(&document, "get", "/api/v1/documents/{id}", 200, &value);
    let problem = browser.get("/api/v1/documents/none").send().await.unwrap();
    let problem: Value = serde_json::from_str(&problem.text().await.unwrap()).unwrap();
    check(&document, "get", "/api/v1/documents/{id}", 404, &problem);
}

#[tokio::test]
async fn the_page_shows_every_route_without_a_script() {
    let server = Server::start().await;
    let response = server.request(Method::GET, "/docs").send().await.unwrap();
    let page = response.text().await.unwrap();
    for path in document(&server).await["paths"].as_object().unwrap().keys() {
        assert!(page.contains(path.as_str()), "{path}");
    }
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    let style = server
        .request(Method::GET, "/docs/style.css")
        .send()
        .await
        .unwrap();
    assert_eq!(style.headers()["content-type"], "text/css");
}
