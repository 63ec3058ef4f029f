//! What every request may use. Nothing in it is needed for correctness beyond PostgreSQL and the
//! server's key, so any number of instances may run over one database.

use std::{path::PathBuf, sync::Arc};

use domain::{
    contract::sync_v1::Incarnation,
    replication::chain::{PublicKey, SignatureBytes},
};
use ed25519_dalek::{Signer, SigningKey};

use crate::{
    auth::rate::{Rates, TRIES_PER_MINUTE},
    database::{Database, Pool},
    live::Live,
    telemetry::Metrics,
};

/// The server's own key: signs certificates and its own operations. Kept outside the database.
#[derive(Clone)]
pub struct ServerKey(SigningKey);

impl ServerKey {
    /// The key made of a secret seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// To sign with.
    #[must_use]
    pub fn signing(&self) -> &SigningKey {
        &self.0
    }

    /// Signs the bytes of a certificate, a checkpoint or an erasure.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> SignatureBytes {
        SignatureBytes(self.0.sign(bytes).to_bytes())
    }

    /// To verify with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ServerKey").field(&self.public()).finish()
    }
}

/// How the server speaks HTTP.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// The console's files; none serves the API alone.
    pub console: Option<PathBuf>,
    /// Set where browsers reach the server over TLS.
    pub secure_cookies: bool,
    /// Credentials that one address may try.
    pub tries_per_minute: u32,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            console: None,
            secure_cookies: false,
            tries_per_minute: TRIES_PER_MINUTE,
        }
    }
}

/// Shared by all requests.
#[derive(Debug)]
pub struct AppState {
    pub pool: Pool,
    pub database: Database,
    pub key: ServerKey,
    pub http: HttpConfig,
    pub live: Live,
    pub metrics: Metrics,
    pub rates: Rates,
    /// Turns true when the process is told to stop: live connections end.
    pub stopping: tokio::sync::watch::Sender<bool>,
}

/// The state as routes take it.
pub type Shared = Arc<AppState>;

impl AppState {
    /// State over a database.
    #[must_use]
    pub fn new(database: Database, key: ServerKey, http: HttpConfig) -> Shared {
        Arc::new(Self {
            pool: database.pool.clone(),
            database,
            key,
            rates: Rates::new(http.tries_per_minute),
            http,
            live: Live::default(),
            metrics: Metrics::default(),
            stopping: tokio::sync::watch::Sender::new(false),
        })
    }

    /// Which life of the database this is.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.database.incarnation()
    }
}
