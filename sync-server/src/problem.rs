//! Failures on HTTP: RFC 9457 problem documents made of the domain's [`Failure`], so that a till
//! reads the same JSON from the server as a window reads from its till.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::contract::failure::{Failure, code};
use serde::Serialize;

use crate::telemetry;

/// A failure with its status.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    pub failure: Failure,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    problem_type: String,
    title: &'a str,
    status: u16,
    #[serde(flatten)]
    failure: &'a Failure,
}

impl Problem {
    /// A failure with its status.
    #[must_use]
    pub fn new(status: StatusCode, failure: Failure) -> Self {
        Self { status, failure }
    }

    /// Adds the fields of a message of the contract.
    #[must_use]
    pub fn with_fields(mut self, fields: &impl Serialize) -> Self {
        if let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(fields) {
            self.failure.fields.extend(fields);
        }
        self
    }

    /// A fault of ours: logged here with its cause, told without it.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push_str(": ");
            causes.push_str(&cause.to_string());
            source = cause.source();
        }
        tracing::error!(error = causes, "a request failed");
        let failure = Failure::new(code::INTERNAL, "the server failed; its log says why");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, failure)
    }

    /// Nothing of that name.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        let failure = Failure::new(code::NOT_FOUND, format!("there is no such {what}"));
        Self::new(StatusCode::NOT_FOUND, failure)
    }

    /// Credentials are missing or no longer good.
    #[must_use]
    pub fn unauthorized(detail: &str) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            Failure::new(code::UNAUTHORIZED, detail),
        )
    }

    /// Not for this caller.
    #[must_use]
    pub fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, Failure::new(code::FORBIDDEN, detail))
    }

    /// The request does not read as what it should be.
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            Failure::new(code::MALFORMED, detail),
        )
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        let unavailable = matches!(
            error,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_)
        );
        let mut problem = Self::internal(&error);
        if unavailable {
            problem.status = StatusCode::SERVICE_UNAVAILABLE;
        }
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        self.failure.trace_id = telemetry::trace_id();
        let document = Document {
            problem_type: format!("urn:techstore:problem:{}", self.failure.code),
            title: self.status.canonical_reason().unwrap_or("Failure"),
            status: self.status.as_u16(),
            failure: &self.failure,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (self.status, Body::from(body)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}
