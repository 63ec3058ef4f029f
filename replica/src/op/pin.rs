//! The sealed box of PIN verifiers with the attempts made on each, so that neither can be read or
//! set back by who has the file alone.

use std::collections::BTreeMap;

use argon2::{
    Argon2,
    password_hash::{PasswordVerifier, phc::PasswordHash},
};
use domain::{contract::sync_v1::PinVerifier, id::StaffId, staff::PinAttempts};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use crate::{error::Error, identity::Identity, seal, store};

const NAME: &str = "verifiers";

/// What the box holds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct PinBox {
    pub(crate) verifiers: Vec<PinVerifier>,
    pub(crate) attempts: BTreeMap<StaffId, PinAttempts>,
}

impl PinBox {
    /// Opens the box; an empty one before the server has sent any verifier.
    pub(crate) async fn load(
        connection: &mut SqliteConnection,
        identity: &Identity,
    ) -> Result<PinBox, Error> {
        let Some(sealed) = store::sealed::load(connection, NAME).await? else {
            return Ok(PinBox::default());
        };
        let bytes = seal::open(&identity.secrets.sealing_key, NAME, &sealed)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Seals and keeps it.
    pub(crate) async fn save(
        &self,
        connection: &mut SqliteConnection,
        identity: &Identity,
    ) -> Result<(), Error> {
        let bytes = serde_json::to_vec(self)?;
        let sealed = seal::seal(&identity.secrets.sealing_key, NAME, &bytes)?;
        store::sealed::save(connection, NAME, &sealed).await
    }

    /// The verifier of a person.
    pub(crate) fn verifier(&self, staff_id: StaffId) -> Option<&str> {
        self.verifiers
            .iter()
            .find(|verifier| verifier.staff_id == staff_id)
            .map(|verifier| verifier.phc.as_str())
    }
}

/// Whether the PIN fits the Argon2id hash. Slow on purpose, so on a thread that may block.
pub(crate) async fn fits(pin: String, phc: String) -> Result<bool, Error> {
    tokio::task::spawn_blocking(move || {
        let hash = PasswordHash::new(&phc).map_err(|_| Error::Unreadable("a PIN verifier"))?;
        Ok(Argon2::default()
            .verify_password(pin.as_bytes(), &hash)
            .is_ok())
    })
    .await
    .map_err(|_| Error::Internal("checking the PIN was cut off"))?
}
