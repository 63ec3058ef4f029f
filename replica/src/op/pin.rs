//! The sealed box of PIN verifiers with the attempts made on each, so that neither can be read or
//! set back by who has the file alone.

use std::collections::BTreeMap;

use argon2::{
    Argon2,
    password_hash::{PasswordVerifier, phc::PasswordHash},
};
use domain::{
    contract::sync_v1::PinVerifier,
    id::StaffId,
    staff::{PinAttempts, Staff},
};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use crate::{error::Error, identity::Identity, seal, store, till::Shared};

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

/// Whose PIN it is. The attempt is counted before the PIN is looked at, so that cutting the power
/// does not give it back. The caller holds the gate, so that attempts are counted one by one.
pub(crate) async fn check(till: &Shared, staff_id: StaffId, pin: String) -> Result<Staff, Error> {
    let identity = till.identity()?;
    if identity.enrolment.is_revoked {
        return Err(Error::TillRevoked);
    }
    let now_ms = till.clock.now_ms();
    let (person, phc, before, counted) = {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        let store_id = identity.enrolment.store.store_id;
        let person = store::staff::of_store(&mut transaction, store_id)
            .await?
            .into_iter()
            .find(|person| person.staff_id == staff_id)
            .ok_or(Error::StaffUnknown)?;
        let mut pins = PinBox::load(&mut transaction, &identity).await?;
        let phc = pins
            .verifier(staff_id)
            .ok_or(Error::StaffUnknown)?
            .to_owned();
        let before = pins.attempts.get(&staff_id).copied().unwrap_or_default();
        if before.is_locked(now_ms) {
            return Err(Error::PinLocked {
                locked_until_ms: before.locked_until_ms,
            });
        }
        let counted = before.after_wrong(now_ms);
        pins.attempts.insert(staff_id, counted);
        pins.save(&mut transaction, &identity).await?;
        transaction.commit().await?;
        (person, phc, before, counted)
    };
    if !fits(pin, phc).await? {
        tracing::info!(staff = %staff_id, wrong = before.wrong + 1, "wrong PIN");
        return Err(if counted.is_locked(now_ms) {
            Error::PinLocked {
                locked_until_ms: counted.locked_until_ms,
            }
        } else {
            Error::WrongPin {
                attempts_left: counted.left(),
            }
        });
    }
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let mut pins = PinBox::load(&mut transaction, &identity).await?;
    pins.attempts.remove(&staff_id);
    pins.save(&mut transaction, &identity).await?;
    transaction.commit().await?;
    Ok(person)
}

/// Whether the PIN fits the Argon2id hash. Slow on purpose, so on a thread that may block.
async fn fits(pin: String, phc: String) -> Result<bool, Error> {
    tokio::task::spawn_blocking(move || {
        let hash = PasswordHash::new(&phc).map_err(|_| Error::Unreadable("a PIN verifier"))?;
        Ok(Argon2::default()
            .verify_password(pin.as_bytes(), &hash)
            .is_ok())
    })
    .await
    .map_err(|_| Error::Internal("checking the PIN was cut off"))?
}
