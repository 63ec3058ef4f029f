//! The till's secrets: the key that signs its operations, the key that seals its PIN verifiers
//! and the token of its enrolment. They lie in the computer's keyring or, decided once at
//! enrolment and never changed silently, in a file that only its user reads.

use std::{path::Path, time::Duration};

use domain::replication::chain::Base64;
use ed25519_dalek::SigningKey;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{clock::random, error::Error};

/// Longest wait for the keyring: a locked one may ask its user and never answer.
const KEYRING_WAIT: Duration = Duration::from_secs(2);
/// Under which service the keyring lists the entry.
const SERVICE: &str = "TechStore POS till";
const FILE: &str = "secrets.json";
/// Length of the name that a first enrolment's secrets have: a device's id.
const ID_CHARS: usize = 36;

/// Under which name the secrets of an enrolment are kept: each epoch has its own, so that a crash
/// between keeping them and using them leaves the old ones where they were.
pub(crate) fn secret_name(device_id: domain::id::DeviceId, epoch: u64) -> String {
    if epoch <= 1 {
        device_id.to_string()
    } else {
        format!("{device_id}-{epoch}")
    }
}

fn file_name(name: &str) -> String {
    match name.get(ID_CHARS..) {
        Some(epoch) if !epoch.is_empty() => format!("secrets{epoch}.json"),
        _ => FILE.to_owned(),
    }
}

/// Where a new enrolment keeps its secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretStore {
    /// The keyring, or the file where the computer has none.
    KeyringOrFile,
    /// The file: headless tills and tests.
    File,
}

/// The secrets in memory.
#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) device_key: SigningKey,
    pub(crate) sealing_key: [u8; 32],
    pub(crate) token: SecretString,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

/// The form in which they are kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    device_key: Base64,
    sealing_key: Base64,
    token: String,
}

impl Secrets {
    /// Fresh keys, without a token yet.
    pub(crate) fn generate() -> Secrets {
        Secrets {
            device_key: SigningKey::from_bytes(&random()),
            sealing_key: random(),
            token: SecretString::from(String::new()),
        }
    }

    fn to_text(&self) -> Result<String, Error> {
        Ok(serde_json::to_string(&Kept {
            device_key: Base64(self.device_key.to_bytes().to_vec()),
            sealing_key: Base64(self.sealing_key.to_vec()),
            token: self.token.expose_secret().to_owned(),
        })?)
    }

    fn from_text(text: &str) -> Result<Secrets, Error> {
        let kept: Kept = serde_json::from_str(text)?;
        let key = |bytes: &[u8]| {
            <[u8; 32]>::try_from(bytes).map_err(|_| Error::Secret("a key is damaged".into()))
        };
        Ok(Secrets {
            device_key: SigningKey::from_bytes(&key(&kept.device_key.0)?),
            sealing_key: key(&kept.sealing_key.0)?,
            token: SecretString::from(kept.token),
        })
    }

    /// Keeps them; returns whether in the file.
    pub(crate) async fn save(
        &self,
        store: SecretStore,
        folder: &Path,
        name: &str,
    ) -> Result<bool, Error> {
        let text = self.to_text()?;
        if store == SecretStore::KeyringOrFile {
            let (name, text) = (name.to_owned(), text.clone());
            let kept = in_keyring(move || {
                let entry = keyring::Entry::new(SERVICE, &name)?;
                entry.set_password(&text)?;
                entry.get_password().map(|read| read == text)
            });
            match kept.await {
                Ok(true) => return Ok(false),
                Ok(false) => tracing::warn!("the keyring gives back something else; using a file"),
                Err(error) => tracing::warn!(%error, "no keyring; using a file"),
            }
        }
        let (folder, file) = (folder.to_owned(), file_name(name));
        tokio::task::spawn_blocking(move || write_private(&folder, &file, &text))
            .await
            .map_err(|_| Error::Internal("writing the secrets was cut off"))??;
        Ok(true)
    }

    /// Reads them from where enrolment put them.
    pub(crate) async fn load(in_file: bool, folder: &Path, name: &str) -> Result<Secrets, Error> {
        let text = if in_file {
            std::fs::read_to_string(folder.join(file_name(name)))
                .map_err(|error| Error::Secret(error.to_string()))?
        } else {
            let name = name.to_owned();
            in_keyring(move || keyring::Entry::new(SERVICE, &name)?.get_password())
                .await
                .map_err(Error::Secret)?
        };
        Secrets::from_text(&text)
    }
}

async fn in_keyring<T: Send + 'static>(
    work: impl FnOnce() -> keyring::Result<T> + Send + 'static,
) -> Result<T, String> {
    match tokio::time::timeout(KEYRING_WAIT, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(Ok(done))) => Ok(done),
        Ok(Ok(Err(error))) => Err(error.to_string()),
        Ok(Err(_)) => Err("the keyring's library failed".to_owned()),
        Err(_) => Err("the keyring does not answer".to_owned()),
    }
}

/// Writes beside, makes durable, then renames over: the file is whole or absent.
fn write_private(folder: &Path, file: &str, text: &str) -> Result<(), Error> {
    use std::io::Write;
    let (file, fresh) = (folder.join(file), folder.join("secrets.new"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut handle = options.open(&fresh)?;
    handle.write_all(text.as_bytes())?;
    handle.sync_all()?;
    std::fs::rename(&fresh, &file)?;
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[tokio::test]
    async fn secrets_in_a_file_come_back_and_only_their_user_reads_them() {
        let folder =
            std::env::temp_dir().join(format!("secrets-{:x}", u64::from_be_bytes(random())));
        std::fs::create_dir(&folder).unwrap();
        let secrets = Secrets::generate();
        assert!(secrets.save(SecretStore::File, &folder, "x").await.unwrap());
        let read = Secrets::load(true, &folder, "x").await.unwrap();
        assert_eq!(read.device_key.to_bytes(), secrets.device_key.to_bytes());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.join(FILE))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
