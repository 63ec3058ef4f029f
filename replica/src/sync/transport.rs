//! The one seam between the engine and the outside: a request goes out whole, and an answer comes
//! back whole or not at all. The product sends over HTTP ([`Wire`]); the simulation hands requests
//! to the server's router and decides what gets lost.

use std::{
    sync::{Mutex, Once, PoisonError},
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use reqwest::{
    Client, Method, RequestBuilder, Url,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE},
};
use secrecy::{ExposeSecret, SecretString};

use super::http::HttpError;

/// Tells the server which protocol this till speaks; one that it no longer knows is answered 426.
const PROTOCOL: &str = "techstore-protocol";
const PROTOCOL_SPOKEN: &str = "1";
const CONNECT: Duration = Duration::from_secs(10);
/// Longest wait for one answer; the live connection is exempt.
const ANSWER: Duration = Duration::from_secs(60);

/// What goes out.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub bearer: Option<SecretString>,
    pub body: Option<RequestBody>,
}

/// A message, in JSON.
#[derive(Debug, Clone)]
pub struct RequestBody {
    pub bytes: Vec<u8>,
    pub is_gzip: bool,
}

/// What comes back, decompressed.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub body: Vec<u8>,
}

/// No answer came: nobody knows whether the request arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// The live connection's bytes as they come.
pub type Stream = BoxStream<'static, Result<Vec<u8>, Unreachable>>;

/// An opened stream, or why the server would not open it.
pub enum Opened {
    Stream(Stream),
    Refused(Response),
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stream(_) => f.write_str("Stream"),
            Self::Refused(response) => f.debug_tuple("Refused").field(response).finish(),
        }
    }
}

/// A way to the server.
pub trait Transport: std::fmt::Debug + Send + Sync {
    /// Sends a request and waits for the whole answer.
    fn exchange(&self, request: Request) -> BoxFuture<'_, Result<Response, Unreachable>>;

    /// Opens an answer that does not end.
    fn open(&self, request: Request) -> BoxFuture<'_, Result<Opened, Unreachable>>;
}

/// HTTP over the network.
#[derive(Debug, Default)]
pub struct Wire {
    client: Mutex<Option<(bool, Client)>>,
}

impl Wire {
    fn client(&self, server: &Url) -> Result<Client, Unreachable> {
        let is_loopback = super::http::is_loopback(server);
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((of, client)) if *of == is_loopback => Ok(client.clone()),
            _ => {
                let client = new_client(is_loopback)?;
                *kept = Some((is_loopback, client.clone()));
                Ok(client)
            }
        }
    }

    fn builder(&self, request: Request) -> Result<RequestBuilder, Unreachable> {
        let client = self.client(&request.url)?;
        let mut builder = client
            .request(request.method, request.url)
            .header(PROTOCOL, PROTOCOL_SPOKEN);
        if let Some(bearer) = request.bearer {
            builder = builder.header(AUTHORIZATION, format!("Bearer {}", bearer.expose_secret()));
        }
        if let Some(body) = request.body {
            builder = builder.header(CONTENT_TYPE, "application/json");
            if body.is_gzip {
                builder = builder.header(CONTENT_ENCODING, "gzip");
            }
            builder = builder.body(body.bytes);
        }
        Ok(builder)
    }
}

fn new_client(is_loopback: bool) -> Result<Client, Unreachable> {
    static PROVIDER: Once = Once::new();
    // An error says that the program has chosen one already.
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let builder = Client::builder()
        .connect_timeout(CONNECT)
        .user_agent(concat!("techstore-till/", env!("CARGO_PKG_VERSION")));
    let builder = if is_loopback {
        builder.no_proxy()
    } else {
        builder
    };
    Ok(builder.build()?)
}

impl Transport for Wire {
    fn exchange(&self, request: Request) -> BoxFuture<'_, Result<Response, Unreachable>> {
        async move {
            let response = self.builder(request)?.timeout(ANSWER).send().await?;
            let status = response.status().as_u16();
            let body = response.bytes().await?.to_vec();
            Ok(Response { status, body })
        }
        .boxed()
    }

    fn open(&self, request: Request) -> BoxFuture<'_, Result<Opened, Unreachable>> {
        async move {
            let response = self.builder(request)?.send().await?;
            if !response.status().is_success() {
                let status = response.status().as_u16();
                let body = response.bytes().await?.to_vec();
                return Ok(Opened::Refused(Response { status, body }));
            }
            let bytes = response.bytes_stream().map(|chunk| Ok(chunk?.to_vec()));
            Ok(Opened::Stream(bytes.boxed()))
        }
        .boxed()
    }
}

impl From<reqwest::Error> for Unreachable {
    fn from(error: reqwest::Error) -> Unreachable {
        // The chain says why; the first link only that it failed.
        let mut detail = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(next) = cause {
            detail = format!("{detail}: {next}");
            cause = next.source();
        }
        Unreachable(detail)
    }
}

impl From<Unreachable> for HttpError {
    fn from(error: Unreachable) -> HttpError {
        HttpError::Unreachable(error.0)
    }
}
