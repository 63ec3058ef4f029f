//! The way to the server: requests with the till's token, signed in anew once when it has run out,
//! given up when the network is switched off. Plain HTTP is for loopback alone.

use std::{
    io::Write,
    sync::{Mutex, Once, PoisonError},
    time::Duration,
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
use reqwest::{
    Client, Method, Response, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};

use super::Engine;
use crate::{error::Error, identity::Identity};

const CONNECT: Duration = Duration::from_secs(10);
/// Longest wait for one answer; the live connection is exempt.
const ANSWER: Duration = Duration::from_secs(60);
/// Longest body of a problem that is read into a failure.
const PROBLEM_BYTES_MAX: usize = 64 * 1024;

/// The client and the token, kept between exchanges.
#[derive(Debug, Default)]
pub(crate) struct Http {
    client: Mutex<Option<(String, Client)>>,
    token: Mutex<Option<SecretString>>,
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

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> HttpError {
        // The chain says why; the first link only that it failed.
        let mut detail = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(next) = cause {
            detail = format!("{detail}: {next}");
            cause = next.source();
        }
        if error.is_decode() {
            HttpError::Protocol(detail)
        } else {
            HttpError::Unreachable(detail)
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

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn new_client(server: &Url) -> Result<Client, HttpError> {
    static PROVIDER: Once = Once::new();
    // An error says that the program has chosen one already.
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let builder = Client::builder()
        .connect_timeout(CONNECT)
        .user_agent(concat!("techstore-till/", env!("CARGO_PKG_VERSION")));
    let builder = if is_loopback(server) {
        builder.no_proxy()
    } else {
        builder
    };
    Ok(builder.build()?)
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
    let client = new_client(server)?;
    let sending = async {
        let response = client
            .post(endpoint(server, "enrol", &[])?)
            .timeout(ANSWER)
            .json(request)
            .send()
            .await?;
        read(accepted(response).await?).await
    };
    if !*engine.is_online.borrow() {
        return Err(HttpError::Unreachable("the network is switched off".into()));
    }
    tokio::select! {
        reply = sending => reply,
        () = engine.cut_off() => Err(HttpError::Unreachable("the network was cut".into())),
    }
}

/// One enrolled till's way to its server.
#[derive(Debug)]
pub(crate) struct Server<'a> {
    engine: &'a Engine,
    identity: &'a Identity,
    address: Url,
    client: Client,
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
        let server = &identity.enrolment.server;
        let address =
            checked_address(server).map_err(|error| HttpError::Protocol(error.to_string()))?;
        let mut kept = engine
            .http
            .client
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let client = match &*kept {
            Some((of, client)) if of == server => client.clone(),
            _ => {
                let client = new_client(&address)?;
                *kept = Some((server.clone(), client.clone()));
                client
            }
        };
        drop(kept);
        Ok(Server {
            engine,
            identity,
            address,
            client,
        })
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
        serde_json::from_slice(&bytes).map_err(|error| HttpError::Protocol(error.to_string()))
    }

    /// Asks, and takes the answer's bytes.
    pub(crate) async fn ask_bytes(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Vec<u8>, HttpError> {
        let answer = async {
            let response = self.send(method, path, query, body, Some(ANSWER)).await?;
            Ok(response.bytes().await?.to_vec())
        };
        tokio::select! {
            answer = answer => answer,
            () = self.engine.cut_off() => {
                Err(HttpError::Unreachable("the network was cut".into()))
            }
        }
    }

    /// Opens a stream that stays open.
    pub(crate) async fn open_stream(&self, path: &str) -> Result<Response, HttpError> {
        tokio::select! {
            response = self.send(Method::GET, path, &[], Body::None, None) => response,
            () = self.engine.cut_off() => {
                Err(HttpError::Unreachable("the network was cut".into()))
            }
        }
    }

    /// Sends with the token; a token that has run out is renewed once.
    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
        timeout: Option<Duration>,
    ) -> Result<Response, HttpError> {
        let url = endpoint(&self.address, path, query)?;
        let once = |token: SecretString| {
            let mut request = self
                .client
                .request(method.clone(), url.clone())
                .header(AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
            if let Some(timeout) = timeout {
                request = request.timeout(timeout);
            }
            if let Body::Gzip(bytes) = &body {
                request = request
                    .header(CONTENT_TYPE, "application/json")
                    .header(CONTENT_ENCODING, "gzip")
                    .body(bytes.clone());
            }
            request.send()
        };
        let response = once(self.token()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return accepted(response).await;
        }
        let token = self.renew_token().await?;
        accepted(once(token).await?).await
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
        let challenge: ChallengeReply = self
            .post_plain("challenge", &ChallengeRequest { device_id })
            .await?;
        let signed = self
            .identity
            .secrets
            .device_key
            .sign(&token_bytes(&device_id, &challenge.nonce.0));
        let request = TokenRequest {
            device_id,
            nonce: challenge.nonce,
            signature: SignatureBytes(signed.to_bytes()),
            certificate: None,
        };
        let reply: TokenReply = self.post_plain("token", &request).await?;
        let token = SecretString::from(reply.token);
        *self
            .engine
            .http
            .token
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }

    async fn post_plain<T: DeserializeOwned>(
        &self,
        path: &str,
        message: &impl Serialize,
    ) -> Result<T, HttpError> {
        let response = self
            .client
            .post(endpoint(&self.address, path, &[])?)
            .timeout(ANSWER)
            .json(message)
            .send()
            .await?;
        read(accepted(response).await?).await
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, HttpError> {
    serde_json::from_slice(&response.bytes().await?)
        .map_err(|error| HttpError::Protocol(error.to_string()))
}

/// The response, or the failure that its problem document tells.
async fn accepted(response: Response) -> Result<Response, HttpError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let bytes = response.bytes().await.unwrap_or_default();
    let text = bytes.get(..PROBLEM_BYTES_MAX).unwrap_or(&bytes);
    let failure = serde_json::from_slice::<Failure>(text).unwrap_or_else(|_| {
        Failure::new(
            code::SERVER_REFUSED,
            format!("the server answered {status}"),
        )
    });
    Err(HttpError::Status {
        status: status.as_u16(),
        failure,
    })
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
