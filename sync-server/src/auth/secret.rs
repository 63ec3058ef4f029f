//! Passwords and PINs as Argon2id hashes. Hashing is slow on purpose: it runs beside the requests,
//! few at a time.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

/// Hashes at one time; each takes 19 MiB.
const HASHES_AT_ONCE: usize = 4;

static TURNS: Semaphore = Semaphore::const_new(HASHES_AT_ONCE);

/// Why a secret could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("a secret cannot be hashed: {0}")]
    Hash(String),
    #[error("hashing was broken off")]
    BrokenOff,
}

/// Hashes a secret under a fresh salt, as a PHC string.
pub async fn hash_secret(secret: String) -> Result<String, SecretError> {
    aside(move || {
        Argon2::default()
            .hash_password(secret.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| SecretError::Hash(error.to_string()))
    })
    .await?
}

/// Whether a secret fits its hash.
pub async fn verify_secret(secret: String, phc: String) -> Result<bool, SecretError> {
    aside(move || {
        let hash = PasswordHash::new(&phc).map_err(|error| SecretError::Hash(error.to_string()))?;
        Ok(Argon2::default()
            .verify_password(secret.as_bytes(), &hash)
            .is_ok())
    })
    .await?
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SecretError> {
    let _turn = TURNS.acquire().await.map_err(|_| SecretError::BrokenOff)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| SecretError::BrokenOff)
}
