//! The till behind the window: opened once per process, from one data folder that no other
//! process has open. A till that cannot be opened still answers, always with why it cannot.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use domain::contract::failure::{Failure, code};
use domain::contract::ipc::{self, Changed};
use replica::{Clock, OpenOptions, SecretStore, Till};
use tokio::sync::{OnceCell, broadcast};

const LOCK_FILE: &str = "till.lock";

/// The till, opened by whoever asks first.
#[derive(Debug)]
pub(crate) struct OpenTill {
    data: PathBuf,
    enrol_hint: Option<ipc::EnrolHint>,
    opened: OnceCell<Result<Opened, Failure>>,
}

#[derive(Debug)]
struct Opened {
    till: Till,
    /// Held as long as the till is open.
    _lock: File,
}

impl OpenTill {
    pub(crate) fn new(data: PathBuf, enrol_hint: Option<ipc::EnrolHint>) -> Self {
        Self {
            data,
            enrol_hint,
            opened: OnceCell::new(),
        }
    }

    /// The command's answer, or why there is no till to ask.
    pub(crate) async fn call<C: ipc::Command>(&self, command: C) -> Result<C::Reply, Failure> {
        self.till().await?.call(command).await
    }

    /// What changes from now on.
    pub(crate) async fn changes(&self) -> Result<broadcast::Receiver<Changed>, Failure> {
        Ok(self.till().await?.changes())
    }

    /// Lets running work end and closes the till's file, if it was opened at all.
    pub(crate) async fn close(&self) {
        if let Some(Ok(opened)) = self.opened.get() {
            opened.till.close().await;
        }
    }

    async fn till(&self) -> Result<&Till, Failure> {
        let opened = self.opened.get_or_init(|| async {
            let opened = self.open().await;
            match &opened {
                Ok(_) => tracing::info!(data = %self.data.display(), "till opened"),
                Err(failure) => {
                    tracing::error!(data = %self.data.display(), %failure, "till cannot be opened");
                }
            }
            opened
        });
        match opened.await {
            Ok(opened) => Ok(&opened.till),
            Err(failure) => Err(failure.clone()),
        }
    }

    async fn open(&self) -> Result<Opened, Failure> {
        let lock = lock(&self.data)?;
        let till = Till::open(OpenOptions {
            data_dir: self.data.clone(),
            clock: Clock::system(),
            secrets: SecretStore::system(),
            enrol_hint: self.enrol_hint.clone(),
        })
        .await?;
        Ok(Opened { till, _lock: lock })
    }
}

/// Takes the folder for this process; a crash gives it back.
fn lock(data: &Path) -> Result<File, Failure> {
    fs::create_dir_all(data).map_err(|error| no_folder(data, &error))?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(data.join(LOCK_FILE))
        .map_err(|error| no_folder(data, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::new(
            code::ALREADY_RUNNING,
            format!("another window has the till in {} open", data.display()),
        )
        .with("folder", data.display().to_string())),
        Err(TryLockError::Error(error)) => Err(no_folder(data, &error)),
    }
}

fn no_folder(data: &Path, error: &io::Error) -> Failure {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => code::DISK_FULL,
        _ => code::FOLDER_UNUSABLE,
    };
    let detail = format!("cannot use the folder {}: {error}", data.display());
    Failure::new(code, detail).with("folder", data.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_in_use_is_refused_until_it_is_given_back() {
        let folder = std::env::temp_dir().join(format!("techstore-lock-{}", std::process::id()));
        let first = lock(&folder).unwrap();
        let refused = lock(&folder).unwrap_err();
        assert_eq!(refused.code, code::ALREADY_RUNNING);
        drop(first);
        lock(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn folder_that_cannot_be_made_is_named() {
        // A file stands where the folder's parent should be.
        let file = std::env::temp_dir().join(format!("techstore-file-{}", std::process::id()));
        fs::write(&file, "").unwrap();
        let refused = lock(&file.join("till")).unwrap_err();
        assert_eq!(refused.code, code::FOLDER_UNUSABLE);
        assert_eq!(
            refused.fields["folder"],
            file.join("till").display().to_string()
        );
        fs::remove_file(&file).unwrap();
    }
}
