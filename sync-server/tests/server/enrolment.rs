//! Codes, challenges and tokens.

use domain::{
    contract::sync_v1::{
        ChallengeReply, ChallengeRequest, EnrolReply, TokenReply, TokenRequest, token_bytes,
    },
    id::DeviceId,
    replication::chain::{SignatureBytes, feed_genesis, verify_bytes},
};
use ed25519_dalek::{Signer, SigningKey};
use reqwest::StatusCode;

use crate::kit::*;

#[tokio::test]
async fn a_code_enrols_one_till_once() {
    let server = Server::start().await;
    let organization = server.organization("Shop").await;
    let store = server.store(&organization, "M1").await;
    let code = server.code(&organization, &store, 3).await;

    let typed = code.to_lowercase().replace('-', " ");
    let till = server.enrol(&typed).await.unwrap();
    assert_eq!((till.row.number, till.row.epoch), (3, 1));
    assert_eq!(till.row.series, "A");
    assert_eq!(till.organization, organization);

    let again = server.enrol(&code).await.map(|_| ()).unwrap_err();
    assert_eq!(again.failure.code, "enrol_code_spent");
    assert_eq!(again.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_unknown_and_an_expired_code_are_refused() {
    let server = Server::start().await;
    let organization = server.organization("Shop").await;
    let store = server.store(&organization, "M1").await;
    let unknown = server
        .enrol("ABCD-EFGH-JKMN")
        .await
        .map(|_| ())
        .unwrap_err();
    assert_eq!(unknown.failure.code, "enrol_code_unknown");

    let code = server.code(&organization, &store, 1).await;
    sqlx::query("UPDATE enrolment_code SET expires_at = now()")
        .execute(&mut owner(&server).await)
        .await
        .unwrap();
    let expired = server.enrol(&code).await.map(|_| ()).unwrap_err();
    assert_eq!(expired.failure.code, "enrol_code_expired");
    assert_eq!(
        number(&server, "SELECT count(*) FROM device WHERE number > 0").await,
        0
    );
}

#[tokio::test]
async fn a_code_used_by_two_tills_at_once_enrols_one() {
    let server = Server::start().await;
    let organization = server.organization("Shop").await;
    let store = server.store(&organization, "M1").await;
    let code = server.code(&organization, &store, 1).await;
    let (one, other) = tokio::join!(server.enrol(&code), server.enrol(&code));
    assert_eq!([&one, &other].iter().filter(|till| till.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_place_enrolled_anew_gets_the_next_epoch_and_series() {
    let server = Server::start().await;
    let (organization, store, first) = server.shop("Shop").await;
    let second = server.till(&organization, &store, 1).await;
    assert_eq!((second.row.epoch, second.row.series.as_str()), (2, "B"));
    assert_ne!(first.row.device_id, second.row.device_id);
}

#[tokio::test]
async fn a_request_signed_by_another_key_is_refused() {
    let server = Server::start().await;
    let organization = server.organization("Shop").await;
    let store = server.store(&organization, "M1").await;
    let code = server.code(&organization, &store, 1).await;
    let mut request = enrol_request(&code, &SigningKey::from_bytes(&[1; 32]));
    request.signature = enrol_request(&code, &SigningKey::from_bytes(&[2; 32])).signature;
    let refused = server
        .post::<EnrolReply>("/api/v1/sync/enrol", &request)
        .await
        .unwrap_err();
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    server.enrol(&code).await.unwrap();
}

#[tokio::test]
async fn the_certificate_is_signed_by_the_server_and_names_the_place() {
    let server = Server::start().await;
    let organization = server.organization("Shop").await;
    let store = server.store(&organization, "M1").await;
    let code = server.code(&organization, &store, 2).await;
    let request = enrol_request(&code, &SigningKey::from_bytes(&[1; 32]));
    let reply: EnrolReply = server.post("/api/v1/sync/enrol", &request).await.unwrap();
    let certificate = reply.certificate;
    assert_eq!(certificate.server_key, server.state.key.public());
    verify_bytes(
        &certificate.body.0,
        &certificate.signature,
        &certificate.server_key,
    )
    .unwrap();
    let body: serde_json::Value = serde_json::from_slice(&certificate.body.0).unwrap();
    assert_eq!(body["till_number"], 2);
    assert_eq!(body["store_id"], store.store_id.to_string());
}

async fn challenge(server: &Server, device_id: DeviceId) -> Vec<u8> {
    let reply: ChallengeReply = server
        .post("/api/v1/sync/challenge", &ChallengeRequest { device_id })
        .await
        .unwrap();
    reply.nonce.0
}

async fn token(
    server: &Server,
    device_id: DeviceId,
    key: &SigningKey,
    nonce: &[u8],
) -> Result<String, Refused> {
    let request = TokenRequest {
        device_id,
        nonce: domain::replication::chain::Base64(nonce.to_vec()),
        signature: SignatureBytes(key.sign(&token_bytes(&device_id, nonce)).to_bytes()),
        certificate: None,
    };
    let reply: Result<TokenReply, _> = server.post("/api/v1/sync/token", &request).await;
    reply.map(|reply| reply.token)
}

#[tokio::test]
async fn a_signed_challenge_gives_one_token_and_ends_the_one_before() {
    let server = Server::start().await;
    let (_, _, mut till) = server.shop("Shop").await;
    let id = till.row.device_id;
    let nonce = challenge(&server, id).await;
    let before = till.clone();
    till.token = token(&server, id, &till.key, &nonce).await.unwrap();
    till.pull("org", 10).await;

    let refused = before.pull_page("org", 0, &feed_genesis("org"), 1).await;
    assert_eq!(refused.unwrap_err().status, StatusCode::UNAUTHORIZED);
    let again = token(&server, id, &till.key, &nonce).await.unwrap_err();
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_challenge_signed_by_another_key_or_for_an_unknown_device_gives_no_token() {
    let server = Server::start().await;
    let (_, _, till) = server.shop("Shop").await;
    let thief = SigningKey::from_bytes(&[9; 32]);
    let nonce = challenge(&server, till.row.device_id).await;
    let refused = token(&server, till.row.device_id, &thief, &nonce).await;
    assert_eq!(refused.unwrap_err().status, StatusCode::UNAUTHORIZED);

    let nobody: DeviceId = sync_server::clock::new_id().unwrap();
    let nonce = challenge(&server, nobody).await;
    assert_eq!(nonce.len(), 32);
    let refused = token(&server, nobody, &thief, &nonce).await.unwrap_err();
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn guessing_codes_is_slowed_down() {
    let server = Server::start().await;
    let mut refused = None;
    for _ in 0..200 {
        let guess = server
            .enrol("ABCD-EFGH-JKMN")
            .await
            .map(|_| ())
            .unwrap_err();
        if guess.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(guess);
            break;
        }
    }
    assert_eq!(refused.unwrap().failure.code, "too_many_requests");
}
