//! What every answer has in common, and what badly made requests get.

use std::io::Write as _;

use domain::limit::REQUEST_BYTES_MAX;
use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, StatusCode};
use sync_server::state::HttpConfig;

use crate::kit::*;

#[tokio::test]
async fn malformed_requests_get_problem_documents() {
    let server = Server::start().await;
    let (_, _, till) = server.shop("Shop").await;
    let push = || {
        till.request(Method::POST, "/api/v1/sync/push")
            .header("content-type", "application/json")
    };
    for (request, status, code) in [
        (
            push().body("{\"ops\": ["),
            StatusCode::BAD_REQUEST,
            "malformed",
        ),
        (push().body("[]"), StatusCode::BAD_REQUEST, "malformed"),
        (
            push().body(vec![0xff; 10]),
            StatusCode::BAD_REQUEST,
            "malformed",
        ),
        (
            till.request(Method::POST, "/api/v1/sync/push").body("{}"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "malformed",
        ),
        (
            till.request(Method::GET, "/api/v1/sync/pull"),
            StatusCode::BAD_REQUEST,
            "malformed",
        ),
        (
            till.request(Method::DELETE, "/api/v1/sync/push"),
            StatusCode::METHOD_NOT_ALLOWED,
            "not_found",
        ),
        (
            server.request(Method::GET, "/api/v1/nothing"),
            StatusCode::NOT_FOUND,
            "not_found",
        ),
        (
            server.request(Method::GET, "/nothing"),
            StatusCode::NOT_FOUND,
            "not_found",
        ),
    ] {
        let refused = refused_by(request).await;
        assert_eq!(refused.status, status);
        assert_eq!(refused.failure.code, code);
    }
    let empty = till.push_request(Vec::new());
    let refused = refused_by(till.request(Method::POST, "/api/v1/sync/push").json(&empty)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_too_large_is_refused_before_and_after_it_is_unpacked() {
    let server = Server::start().await;
    let (_, _, till) = server.shop("Shop").await;
    let spaces = vec![b' '; REQUEST_BYTES_MAX + 1];
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..20 {
        packed.write_all(&spaces).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < REQUEST_BYTES_MAX / 10);
    let push = || {
        till.request(Method::POST, "/api/v1/sync/push")
            .header("content-type", "application/json")
    };
    for request in [
        push().body(spaces),
        push().header("content-encoding", "gzip").body(packed),
    ] {
        let refused = refused_by(request).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(refused.failure.code, "body_too_large");
        assert_eq!(refused.failure.fields["max"], REQUEST_BYTES_MAX as u64);
    }
}

#[tokio::test]
async fn a_packed_push_is_unpacked_and_a_broken_one_is_malformed() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let body = till.adjustment(product(), 1);
    let op = till.seal(&body);
    let request = till.push_request(vec![op]);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(&mut packed, &request).unwrap();
    let packed = packed.finish().unwrap();
    let push = |bytes: Vec<u8>| {
        till.request(Method::POST, "/api/v1/sync/push")
            .header("content-type", "application/json")
            .header("content-encoding", "gzip")
            .body(bytes)
    };
    let broken = refused_by(push(packed[..packed.len() / 2].to_vec())).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    let reply: domain::contract::sync_v1::PushReply = answer(push(packed)).await.unwrap();
    assert_eq!(reply.acked_seq, 1);
}

#[tokio::test]
async fn the_server_says_that_it_lives_is_ready_and_what_it_did() {
    let server = Server::start().await;
    for path in ["/health/live", "/health/ready"] {
        let response = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
    let metrics = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("techstore_http_requests_total{status=\"2xx\"} 2"));
    server.state.pool.close().await;
    let refused = refused_by(server.request(Method::GET, "/health/ready")).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn every_answer_forbids_foreign_scripts_and_names_its_request() {
    let server = Server::start().await;
    for path in ["/health/live", "/api/v1/session", "/nothing"] {
        let request = server
            .request(Method::GET, path)
            .header("x-request-id", "abc-123");
        let response = request.send().await.unwrap();
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval'"),
            "{path}"
        );
        assert!(!policy.contains("script-src 'unsafe"), "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.headers()["x-request-id"], "abc-123");
    }
    let request = server
        .request(Method::GET, "/health/live")
        .header("x-request-id", "a{b}<c>");
    let response = request.send().await.unwrap();
    assert_ne!(response.headers()["x-request-id"], "a{b}<c>");
}

#[tokio::test]
async fn the_console_s_files_are_served_and_its_own_ways_lead_to_its_first_page() {
    let folder = std::env::temp_dir().join(format!("console-{}", sync_server::clock::now_ms()));
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    std::fs::write(folder.join("index.html"), "<!doctype html>first page").unwrap();
    std::fs::write(folder.join("assets/app.js"), "start()").unwrap();
    let http = HttpConfig {
        console: Some(folder.clone()),
        ..HttpConfig::default()
    };
    let server = Server::start_with(http).await;
    for (path, text) in [
        ("/", "<!doctype html>first page"),
        ("/sales/2024", "<!doctype html>first page"),
        ("/assets/app.js", "start()"),
    ] {
        let response = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.text().await.unwrap(), text);
    }
    let refused = refused_by(server.request(Method::GET, "/api/v1/nothing")).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let outside = server
        .request(Method::GET, "/..%2f..%2fetc/passwd")
        .send()
        .await
        .unwrap();
    assert!(!outside.text().await.unwrap().contains("root:"));
    std::fs::remove_dir_all(folder).unwrap();
}
