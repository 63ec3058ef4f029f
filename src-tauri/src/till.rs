//! The till behind the window, opened once per process. A till that cannot be opened still
//! answers, always with why it cannot: the page shows that instead of the shop.

use std::path::PathBuf;

use domain::contract::failure::{Failure, code};
use domain::contract::ipc::{Changed, EnrolHint};
use replica::{Clock, OpenOptions, Run, SecretStore, Till};
use tauri::async_runtime;
use tokio::sync::{OnceCell, broadcast};

/// The till, opened by whoever asks first.
#[derive(Debug)]
pub(crate) struct OpenTill {
    options: OpenOptions,
    opened: OnceCell<Result<Till, Failure>>,
}

impl OpenTill {
    pub(crate) fn new(data_dir: PathBuf, enrol_hint: Option<EnrolHint>) -> Self {
        Self {
            options: OpenOptions {
                data_dir,
                clock: Clock::system(),
                secrets: SecretStore::KeyringOrFile,
                enrol_hint,
            },
            opened: OnceCell::new(),
        }
    }

    /// The command's answer, or why there is no till to ask.
    pub(crate) async fn call<C: Run>(&self, command: C) -> Result<C::Reply, Failure> {
        self.till().await?.call(command).await
    }

    /// What changes from now on.
    pub(crate) async fn changes(&self) -> Result<broadcast::Receiver<Changed>, Failure> {
        Ok(self.till().await?.changes())
    }

    /// Lets running work end and closes the till's file, if it was opened at all.
    pub(crate) async fn close(&self) {
        let Some(Ok(till)) = self.opened.get() else {
            return;
        };
        match till.close().await {
            Ok(()) => tracing::info!("till closed"),
            Err(failure) => tracing::error!(%failure, "till not closed in order"),
        }
    }

    async fn till(&self) -> Result<&Till, Failure> {
        let opened = self.opened.get_or_init(|| async {
            let data = self.options.data_dir.display();
            let options = self.options.clone();
            // On a thread of its own: files are opened, and a keyring may be slow to answer.
            let opening =
                async_runtime::spawn_blocking(|| async_runtime::block_on(Till::open(options)));
            let opened = opening.await.unwrap_or_else(|error| {
                Err(Failure::new(
                    code::INTERNAL,
                    format!("opening was cut off: {error}"),
                ))
            });
            match &opened {
                Ok(_) => tracing::info!(%data, "till opened"),
                Err(failure) => tracing::error!(%data, %failure, "till cannot be opened"),
            }
            opened
        });
        opened.await.as_ref().map_err(Clone::clone)
    }
}

#[cfg(test)]
mod tests {
    use domain::contract::ipc::{GetSession, ListStaff};

    use super::*;

    #[tokio::test]
    async fn till_that_cannot_be_opened_answers_every_command_with_why() {
        // A file stands where the folder should be.
        let file = std::env::temp_dir().join(format!("techstore-no-folder-{}", std::process::id()));
        std::fs::write(&file, "").unwrap();
        let till = OpenTill::new(file.clone(), None);
        let session = till.call(GetSession {}).await.unwrap_err();
        assert_eq!(session.code, code::FOLDER_UNUSABLE);
        assert_eq!(till.call(ListStaff {}).await.unwrap_err(), session);
        assert_eq!(till.changes().await.unwrap_err(), session);
        till.close().await;
        std::fs::remove_file(&file).unwrap();
    }
}
