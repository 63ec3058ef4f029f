//! Extractors that refuse with problem documents: JSON bodies within the limit, query strings.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{
    contract::failure::{Failure, code},
    limit::REQUEST_BYTES_MAX,
};
use futures_util::StreamExt;
use serde::{Serialize, de::DeserializeOwned};

use crate::{problem::Problem, state::Shared};

/// A JSON body, decompressed within the limit.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/json"));
        if !is_json {
            let failure = Failure::new(code::MALFORMED, "the body must be application/json");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, failure));
        }
        // What could be unpacked has been, and says so no more.
        let encoding = request.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding != "identity") {
            let detail = "a body is sent as it is or packed by gzip, once";
            let failure = Failure::new(code::MALFORMED, detail);
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, failure));
        }
        let bytes = read_body(request.into_body()).await?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| Problem::malformed(format!("the body cannot be read: {error}")))
    }
}

/// Reads a body whole. What is over the limit is read on for a while and thrown away: a caller that
/// is still sending when the connection closes never sees the answer.
async fn read_body(body: Body) -> Result<Vec<u8>, Problem> {
    const READ_MAX: usize = 4 * REQUEST_BYTES_MAX;
    let mut stream = body.into_data_stream();
    let (mut bytes, mut read) = (Vec::new(), 0_usize);
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| {
            Problem::malformed("the body broke off or is not what its encoding says")
        })?;
        read += part.len();
        if read > READ_MAX {
            break;
        }
        if read <= REQUEST_BYTES_MAX {
            bytes.extend_from_slice(&part);
        }
    }
    if read <= REQUEST_BYTES_MAX {
        return Ok(bytes);
    }
    let detail = format!("a body has at most {REQUEST_BYTES_MAX} bytes");
    let failure = Failure::new(code::BODY_TOO_LARGE, detail)
        .with("max", u64::try_from(REQUEST_BYTES_MAX).unwrap_or(u64::MAX));
    Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, failure))
}

/// A query string.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        Query::<T>::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(|error| Problem::malformed(format!("the query cannot be read: {error}")))
    }
}

/// A JSON reply.
#[derive(Debug)]
pub struct Reply<T>(pub T);

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        match serde_json::to_string(&self.0) {
            Ok(text) => JsonText(text).into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }
}

/// A reply that is JSON text already.
#[derive(Debug)]
pub struct JsonText(pub String);

impl IntoResponse for JsonText {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (headers, Body::from(self.0)).into_response()
    }
}
