//! The sync protocol's routes.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{
        AppendHeaders, IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{
    contract::{
        failure::{Failure, code},
        sync_v1::{
            ChallengeReply, ChallengeRequest, EnrolReply, EnrolRequest, Expected, HaveReply,
            HaveRequest, PullQuery, PushReply, PushRequest, RelayExpected, RelayReply,
            RelayRequest, SnapshotQuery, TokenReply, TokenRequest, VerifiersReply,
        },
    },
    replication::chain::Base64,
};
use futures_util::StreamExt;

use super::extract::{JsonBody, JsonText, Params, Reply};
use crate::{
    auth::{
        rate::Tried,
        till::{AnyTill, LiveTill},
    },
    clock,
    op::{
        challenge_till::{ChallengeError, challenge_till, exchange_token},
        enrol_till::{EnrolError, enrol_till},
        follow_heads::follow_heads,
        list_missing::{MissingError, list_missing},
        list_verifiers::list_verifiers,
        pull_feed::{PullError, pull_feed},
        push_operations::{PushError, push_operations},
        read_snapshot::{SnapshotError, read_snapshot},
        relay_operations::{RelayError, relay_operations},
        take_in::TakeInError,
    },
    openapi::schema,
    problem::Problem,
    state::Shared,
    store::chain::Enrolment,
};

/// How often a silent live connection says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Enrols a till by a one-time code.
#[utoipa::path(
    post,
    path = "/api/v1/sync/enrol",
    request_body = schema::EnrolRequest,
    responses(
        (status = 200, description = "The till has its place.", body = schema::EnrolReply),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "The code is unknown.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 409, description = "The code was used.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 410, description = "The code is too old.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn enrol(
    State(state): State<Shared>,
    _: Tried,
    JsonBody(request): JsonBody<EnrolRequest>,
) -> Result<Reply<EnrolReply>, Problem> {
    Ok(Reply(enrol_till(&state, &request).await?))
}

/// Gives a nonce for a till to sign.
#[utoipa::path(
    post,
    path = "/api/v1/sync/challenge",
    request_body = schema::ChallengeRequest,
    responses(
        (status = 200, description = "A nonce to sign.", body = schema::ChallengeReply),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn challenge(
    State(state): State<Shared>,
    JsonBody(request): JsonBody<ChallengeRequest>,
) -> Result<Reply<ChallengeReply>, Problem> {
    let nonce = challenge_till(&state, request.device_id).await?;
    Ok(Reply(ChallengeReply {
        nonce: Base64(nonce.to_vec()),
    }))
}

/// Exchanges a signed nonce for a token.
#[utoipa::path(
    post,
    path = "/api/v1/sync/token",
    request_body = schema::TokenRequest,
    responses(
        (status = 200, description = "A token.", body = schema::TokenReply),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn token(
    State(state): State<Shared>,
    JsonBody(request): JsonBody<TokenRequest>,
) -> Result<Reply<TokenReply>, Problem> {
    let token = exchange_token(&state, &request).await?;
    Ok(Reply(TokenReply {
        token,
        server_ms: clock::now_ms(),
    }))
}

/// Takes a till's operations in, each once.
#[utoipa::path(
    post,
    path = "/api/v1/sync/push",
    security(("till" = [])),
    request_body = schema::PushRequest,
    responses(
        (status = 200, description = "What became of each operation.", body = schema::PushReply),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 409, description = "The chain goes on at expected_seq.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 422, description = "The operation of that sequence is damaged.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn push(
    State(state): State<Shared>,
    till: AnyTill,
    JsonBody(request): JsonBody<PushRequest>,
) -> Result<Reply<PushReply>, Problem> {
    let reply = push_operations(&state, till.organization_id, &till.device, request).await?;
    Ok(Reply(reply))
}

/// Tells which of the envelopes that a till keeps the server lacks.
#[utoipa::path(
    post,
    path = "/api/v1/sync/have",
    security(("till" = [])),
    request_body = schema::HaveRequest,
    responses(
        (status = 200, description = "What the server lacks of it.", body = schema::HaveReply),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn have(
    State(state): State<Shared>,
    till: AnyTill,
    JsonBody(request): JsonBody<HaveRequest>,
) -> Result<Reply<HaveReply>, Problem> {
    let reply = list_missing(&state, till.organization_id, &request).await?;
    Ok(Reply(reply))
}

/// Takes kept envelopes of any till of the organization in, each once.
#[utoipa::path(
    post,
    path = "/api/v1/sync/relay",
    security(("till" = [])),
    request_body = schema::RelayRequest,
    responses(
        (status = 200, description = "What became of each operation.", body = schema::RelayReply),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "No certificate of device_id and epoch came here.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 409, description = "The chain of device_id and epoch goes on at expected_seq.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 422, description = "The operation seq of device_id and epoch is damaged.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn relay(
    State(state): State<Shared>,
    till: AnyTill,
    JsonBody(request): JsonBody<RelayRequest>,
) -> Result<Reply<RelayReply>, Problem> {
    let reply = relay_operations(&state, till.organization_id, &till.device, request).await?;
    Ok(Reply(reply))
}

/// Gives the rows of a feed that follow what the till holds.
#[utoipa::path(
    get,
    path = "/api/v1/sync/pull",
    security(("till" = [])),
    params(
        ("incarnation" = String, Query),
        ("scope" = String, Query),
        ("after" = u64, Query),
        ("digest" = String, Query),
        ("limit" = Option<u32>, Query),
    ),
    responses(
        (status = 200, description = "Rows after the till's last.", body = schema::PullReply),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 410, description = "What the till holds is not this feed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 426, description = "Update needed.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn pull(
    State(state): State<Shared>,
    till: LiveTill,
    Params(query): Params<PullQuery>,
) -> Result<JsonText, Problem> {
    let scope = till.scope(&query.scope)?;
    let device_id = till.device.device_id;
    let page = pull_feed(&state, till.organization_id, device_id, &scope, &query).await?;
    Ok(JsonText(page))
}

/// Gives a scope's snapshot: its header (chunk 0) or a chunk.
#[utoipa::path(
    get,
    path = "/api/v1/sync/snapshot",
    security(("till" = [])),
    params(
        ("scope" = String, Query),
        ("chunk" = u32, Query),
        ("snapshot" = Option<String>, Query),
    ),
    responses(
        (status = 200, description = "The header or a chunk, compressed (gzip).", body = schema::SnapshotHeader),
        (status = 400, description = "Malformed.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "Unknown.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 426, description = "Update needed.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn snapshot(
    State(state): State<Shared>,
    till: LiveTill,
    Params(query): Params<SnapshotQuery>,
) -> Result<Response, Problem> {
    let scope = till.scope(&query.scope)?;
    let chunk = read_snapshot(&state, till.organization_id, &scope, &query).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_ENCODING, "gzip"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, chunk).into_response())
}

/// Lists what a till checks PINs against.
#[utoipa::path(
    get,
    path = "/api/v1/sync/verifiers",
    security(("till" = [])),
    responses(
        (status = 200, description = "What the till checks PINs against.", body = schema::VerifiersReply),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 426, description = "Update needed.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn verifiers(
    State(state): State<Shared>,
    till: LiveTill,
) -> Result<Reply<VerifiersReply>, Problem> {
    let verifiers = list_verifiers(&state, till.organization_id, till.device.store_id).await?;
    Ok(Reply(VerifiersReply { verifiers }))
}

/// Tells of feeds' heads as they go up (server-sent events).
#[utoipa::path(
    get,
    path = "/api/v1/sync/events",
    security(("till" = [])),
    responses(
        (status = 200, description = "Heads as they go up.", body = String, content_type = "text/event-stream"),
        (status = 401, description = "No good credential.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for this caller.", body = schema::Problem, content_type = "application/problem+json"),
        (status = 426, description = "Update needed.", body = schema::Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn events(State(state): State<Shared>, till: LiveTill) -> Result<Response, Problem> {
    let heads = follow_heads(&state, till.organization_id, &till.device).await?;
    let events = heads.map(|head| {
        let text = serde_json::to_string(&head).unwrap_or_default();
        Ok::<_, Infallible>(Event::default().event("head").data(text))
    });
    let heartbeat = KeepAlive::new().interval(HEARTBEAT).text("still here");
    // Proxies must pass every event on at once.
    let headers = AppendHeaders([
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ]);
    Ok((headers, Sse::new(events).keep_alive(heartbeat)).into_response())
}

impl From<EnrolError> for Problem {
    fn from(error: EnrolError) -> Self {
        let (status, code) = match &error {
            EnrolError::CodeUnknown => (StatusCode::NOT_FOUND, code::ENROL_CODE_UNKNOWN),
            EnrolError::CodeExpired => (StatusCode::GONE, code::ENROL_CODE_EXPIRED),
            EnrolError::CodeSpent => (StatusCode::CONFLICT, code::ENROL_CODE_SPENT),
            EnrolError::SignatureInvalid => (StatusCode::BAD_REQUEST, code::MALFORMED),
            _ => return Self::internal(&error),
        };
        Self::new(status, Failure::new(code, error.to_string()))
    }
}

impl From<ChallengeError> for Problem {
    fn from(error: ChallengeError) -> Self {
        match error {
            ChallengeError::NotGood => Self::unauthorized("the signed challenge is not good"),
            other => Self::internal(&other),
        }
    }
}

impl From<TakeInError> for Problem {
    fn from(error: TakeInError) -> Self {
        let (status, code) = match &error {
            TakeInError::Empty | TakeInError::SeqTooLarge => {
                (StatusCode::BAD_REQUEST, code::MALFORMED)
            }
            TakeInError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, code::BODY_TOO_LARGE),
            TakeInError::DeviceUnknown => (StatusCode::UNAUTHORIZED, code::UNAUTHORIZED),
            TakeInError::Record(_) | TakeInError::Random(_) | TakeInError::BrokenOff => {
                return Self::internal(&error);
            }
        };
        Self::new(status, Failure::new(code, error.to_string()))
    }
}

impl From<PushError> for Problem {
    fn from(error: PushError) -> Self {
        let detail = error.to_string();
        let problem = |status, code| Self::new(status, Failure::new(code, detail.clone()));
        match error {
            PushError::OtherDevice { .. } | PushError::EpochUnknown { .. } => {
                problem(StatusCode::FORBIDDEN, code::FORBIDDEN)
            }
            PushError::NotNext {
                expected_seq,
                expected_prev_hash,
            } => problem(StatusCode::CONFLICT, code::CONFLICT).with_fields(&Expected {
                expected_seq,
                expected_prev_hash,
            }),
            PushError::Damaged { seq, .. } => {
                problem(StatusCode::UNPROCESSABLE_ENTITY, code::DAMAGED_OPERATION)
                    .with_fields(&serde_json::json!({ "seq": seq }))
            }
            PushError::TakeIn(error) => error.into(),
        }
    }
}

impl From<MissingError> for Problem {
    fn from(error: MissingError) -> Self {
        let (status, code) = match &error {
            MissingError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, code::BODY_TOO_LARGE),
            MissingError::RangeInvalid => (StatusCode::BAD_REQUEST, code::MALFORMED),
            MissingError::Adopt(_) | MissingError::Erase(_) | MissingError::Sql(_) => {
                return Self::internal(&error);
            }
        };
        Self::new(status, Failure::new(code, error.to_string()))
    }
}

impl From<RelayError> for Problem {
    fn from(error: RelayError) -> Self {
        let detail = error.to_string();
        let problem = |status, code| Self::new(status, Failure::new(code, detail.clone()));
        let damaged = || problem(StatusCode::UNPROCESSABLE_ENTITY, code::DAMAGED_OPERATION);
        let place = |of: Enrolment, seq: u64| serde_json::json!({ "device_id": of.device_id, "epoch": of.epoch, "seq": seq });
        match error {
            RelayError::HeaderUnreadable { n } => {
                damaged().with_fields(&serde_json::json!({ "n": n }))
            }
            RelayError::EnrolmentUnknown { of, seq } => {
                problem(StatusCode::NOT_FOUND, code::NOT_FOUND).with_fields(&place(of, seq))
            }
            RelayError::NotNext { of, expected_seq } => {
                problem(StatusCode::CONFLICT, code::CONFLICT).with_fields(&RelayExpected {
                    device_id: of.device_id,
                    epoch: of.epoch,
                    expected_seq,
                })
            }
            RelayError::Damaged { of, seq, .. } => damaged().with_fields(&place(of, seq)),
            RelayError::TakeIn(error) => error.into(),
        }
    }
}

impl From<PullError> for Problem {
    fn from(error: PullError) -> Self {
        match error {
            PullError::DigestUnreadable => Self::malformed(error.to_string()),
            PullError::MustRebootstrap { .. } => Self::new(
                StatusCode::GONE,
                Failure::new(code::MUST_REBOOTSTRAP, error.to_string()),
            ),
            other => Self::internal(&other),
        }
    }
}

impl From<SnapshotError> for Problem {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Unknown => Self::not_found("snapshot or chunk"),
            other => Self::internal(&other),
        }
    }
}
