//! Talking to the server: every request carries the till's token, signed in anew once when it has
//! run out, and is given up when the network is switched off. Plain HTTP is for loopback alone.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use domain::contract::{
    failure::{Failure, code},
    sync_v1::{
        ChallengeReply, ChallengeRequest, EnrolReply, EnrolRequest, TokenReply, TokenRequest,
        token_bytes,
    },
};
use domain::replication::chain::SignatureBytes;
use ed25519_dalek::Signer;
use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, Url};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Engine,
    transport::{Opened, Request, RequestBody, Response, Stream, Transport},
};
use crate::{error::Error, identity::Identity};

/// Longest body of a problem that is read into a failure.
const PROBLEM_BYTES_MAX: usize = 64 * 1024;

/// The way out and the token, kept between exchanges.
#[derive(Debug)]
pub(crate) struct Http {
    transport: Arc<dyn Transport>,
    token: Mutex<Option<SecretString>>,
}

impl Http {
    pub(crate) fn over(transport: Arc<dyn Transport>) -> Http {
        Http {
            transport,
            token: Mutex::new(None),
        }
    }

    pub(super) fn forget_token(&self) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Why an exchange failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    #[error("the server answered {status}: {failure}")]
    Status { status: u16, failure: Failure },
    #[error("the server's answer does not fit the protocol: {0}")]
    Protocol(String),
}

impl HttpError {
    /// As a failure for the window.
    pub(crate) fn failure(&self) -> Failure {
        Error::from(self.clone()).into()
    }
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Error {
        match error {
            HttpError::Unreachable(detail) => Error::Unreachable(detail),
            HttpError::Status { failure, .. } => Error::Refused(failure),
            HttpError::Protocol(detail) => Error::Protocol(detail),
        }
    }
}

/// Reads the address of a server as typed; plain HTTP only to this very computer.
pub(crate) fn checked_address(text: &str) -> Result<Url, Error> {
    let text = text.trim().trim_end_matches('/');
    let insecure = || Error::InsecureAddress(text.to_owned());
    let url = Url::parse(text).map_err(|_| insecure())?;
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(insecure()),
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// The address of one endpoint.
fn endpoint(server: &Url, path: &str, query: &[(&str, &str)]) -> Result<Url, HttpError> {
    let text = format!(
        "{}/api/v1/sync/{path}",
        server.as_str().trim_end_matches('/')
    );
    let mut url = Url::parse(&text).map_err(|error| HttpError::Protocol(error.to_string()))?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

/// Enrols; the one exchange without a token.
pub(crate) async fn enrol(
    engine: &Engine,
    server: &Url,
    request: &EnrolRequest,
) -> Result<EnrolReply, HttpError> {
    if !*engine.is_online.borrow() {
        return Err(HttpError::Unreachable("the network is switched off".into()));
    }
    let sending = post_plain(&*engine.http.transport, server, "enrol", request);
    tokio::select! {
        reply = sending => reply,
        () = engine.cut_off() => Err(HttpError::Unreachable("the network was cut".into())),
    }
}

/// A message that needs no token.
async fn post_plain<T: DeserializeOwned>(
    transport: &dyn Transport,
    server: &Url,
    path: &str,
    message: &impl Serialize,
) -> Result<T, HttpError> {
    let bytes = serde_json::to_vec(message).map_err(|error| protocol(&error))?;
    let request = Request {
        method: Method::POST,
        url: endpoint(server, path, &[])?,
        bearer: None,
        body: Some(RequestBody {
            bytes,
            is_gzip: false,
        }),
    };
    let body = accepted(transport.exchange(request).await?)?;
    serde_json::from_slice(&body).map_err(|error| protocol(&error))
}

fn protocol(error: &serde_json::Error) -> HttpError {
    HttpError::Protocol(error.to_string())
}

/// One enrolled till's way to its server.
#[derive(Debug)]
pub(crate) struct Server<'a> {
    engine: &'a Engine,
    identity: &'a Identity,
    address: Url,
}

/// What to send.
#[derive(Debug)]
pub(crate) enum Body {
    None,
    /// JSON, compressed on the way.
    Gzip(Vec<u8>),
}

impl Body {
    /// Compresses a message.
    pub(crate) fn gzip<T: Serialize>(message: &T) -> Result<Body, Error> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let json = serde_json::to_vec(message)?;
        encoder.write_all(&json)?;
        Ok(Body::Gzip(encoder.finish()?))
    }
}

impl<'a> Server<'a> {
    pub(crate) fn new(engine: &'a Engine, identity: &'a Identity) -> Result<Server<'a>, HttpError> {
        let address = checked_address(&identity.enrolment.server)
            .map_err(|error| HttpError::Protocol(error.to_string()))?;
        Ok(Server {
            engine,
            identity,
            address,
        })
    }

    /// Who asks.
    pub(crate) const fn identity(&self) -> &'a Identity {
        self.identity
    }

    /// Asks, and reads the answer.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<T, HttpError> {
        let bytes = self.ask_bytes(method, path, query, body).await?;
        serde_json::from_slice(&bytes).map_err(|error| protocol(&error))
    }

    /// Asks, and takes the answer's bytes; a token that has run out is renewed once.
    pub(crate) async fn ask_bytes(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Vec<u8>, HttpError> {
        let request = self.request(method, path, query, body)?;
        let asking = async {
            let response = self.transport().exchange(request.clone()).await?;
            if response.status != 401 {
                return accepted(response);
            }
            let bearer = Some(self.renew_token().await?);
            let renewed = Request { bearer, ..request };
            accepted(self.transport().exchange(renewed).await?)
        };
        tokio::select! {
            answer = asking => answer,
            () = self.engine.cut_off() => {
                Err(HttpError::Unreachable("the network was cut".into()))
            }
        }
    }

    /// Opens a stream that stays open.
    pub(crate) async fn open_stream(&self, path: &str) -> Result<Stream, HttpError> {
        let request = self.request(Method::GET, path, &[], Body::None)?;
        let opening = async {
            let refused = match self.transport().open(request.clone()).await? {
                Opened::Stream(stream) => return Ok(stream),
                Opened::Refused(refused) => refused,
            };
            if refused.status != 401 {
                return Err(refusal(&refused));
            }
            let bearer = Some(self.renew_token().await?);
            match self.transport().open(Request { bearer, ..request }).await? {
                Opened::Stream(stream) => Ok(stream),
                Opened::Refused(refused) => Err(refusal(&refused)),
            }
        };
        tokio::select! {
            stream = opening => stream,
            () = self.engine.cut_off() => {
                Err(HttpError::Unreachable("the network was cut".into()))
            }
        }
    }

    fn transport(&self) -> &dyn Transport {
        &*self.engine.http.transport
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Request, HttpError> {
        Ok(Request {
            method,
            url: endpoint(&self.address, path, query)?,
            bearer: Some(self.token()),
            body: match body {
                Body::None => None,
                Body::Gzip(bytes) => Some(RequestBody {
                    bytes,
                    is_gzip: true,
                }),
            },
        })
    }

    fn token(&self) -> SecretString {
        self.engine
            .http
            .token
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .unwrap_or_else(|| self.identity.secrets.token.clone())
    }

    /// Signs a challenge for a new token.
    async fn renew_token(&self) -> Result<SecretString, HttpError> {
        let device_id = self.identity.device_id();
        let challenge = ChallengeRequest { device_id };
        let challenge: ChallengeReply =
            post_plain(self.transport(), &self.address, "challenge", &challenge).await?;
        let signed = self
            .identity
            .secrets
            .device_key
            .sign(&token_bytes(&device_id, &challenge.nonce.0));
        let request = TokenRequest {
            device_id,
            nonce: challenge.nonce,
            signature: SignatureBytes(signed.to_bytes()),
            certificate: Some(self.identity.enrolment.certificate.clone()),
        };
        let reply: TokenReply =
            post_plain(self.transport(), &self.address, "token", &request).await?;
        let token = SecretString::from(reply.token);
        *self
            .engine
            .http
            .token
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }
}

/// The answer's bytes, or the failure that its problem document tells.
fn accepted(response: Response) -> Result<Vec<u8>, HttpError> {
    if (200..300).contains(&response.status) {
        Ok(response.body)
    } else {
        Err(refusal(&response))
    }
}

fn refusal(response: &Response) -> HttpError {
    let (status, bytes) = (response.status, &response.body);
    let text = bytes.get(..PROBLEM_BYTES_MAX).unwrap_or(bytes);
    let failure = serde_json::from_slice::<Failure>(text).unwrap_or_else(|_| {
        Failure::new(
            code::SERVER_REFUSED,
            format!("the server answered {status}"),
        )
    });
    HttpError::Status { status, failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_computer_alone() {
        for good in [
            "http://127.0.0.1:7373",
            "http://localhost:7373/",
            " http://[::1]:7373 ",
            "https://shop.example",
        ] {
            assert!(checked_address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://192.168.1.10:7373",
            "http://127.0.0.1.example.org",
            "http://localhost.example",
            "ftp://127.0.0.1",
            "127.0.0.1:7373",
            "",
        ] {
            assert!(
                matches!(checked_address(bad), Err(Error::InsecureAddress(_))),
                "{bad}"
            );
        }
    }
}
