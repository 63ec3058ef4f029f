//! The till behind the window. One that cannot be opened still answers, always with why it
//! cannot, and each question tries again: the page shows that instead of the shop.

use std::fmt;

use domain::contract::failure::{Failure, code};
use domain::contract::ipc::Changed;
use replica::{OpenOptions, Run, Till};
use tauri::async_runtime;
use tokio::sync::{OnceCell, broadcast};

/// Whoever hears what changes, from the moment when the till is open.
type Listener = Box<dyn Fn(broadcast::Receiver<Changed>) + Send + Sync>;

/// The till, opened by whoever asks first.
pub(crate) struct OpenTill {
    options: OpenOptions,
    listener: Listener,
    opened: OnceCell<Till>,
}

impl fmt::Debug for OpenTill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenTill")
            .field("options", &self.options)
            .field("opened", &self.opened)
            .finish_non_exhaustive()
    }
}

impl OpenTill {
    pub(crate) fn new(
        options: OpenOptions,
        listener: impl Fn(broadcast::Receiver<Changed>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            options,
            listener: Box::new(listener),
            opened: OnceCell::new(),
        }
    }

    /// The command's answer, or why there is no till to ask.
    pub(crate) async fn call<C: Run>(&self, command: C) -> Result<C::Reply, Failure> {
        self.open().await?.call(command).await
    }

    /// The open till.
    pub(crate) async fn open(&self) -> Result<&Till, Failure> {
        self.opened.get_or_try_init(|| self.try_open()).await
    }

    /// Lets running work end and closes the till's file, if it was opened at all.
    pub(crate) async fn close(&self) {
        let Some(till) = self.opened.get() else {
            return;
        };
        match till.close().await {
            Ok(()) => tracing::info!("till closed"),
            Err(failure) => tracing::error!(%failure, "till not closed in order"),
        }
    }

    async fn try_open(&self) -> Result<Till, Failure> {
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
            Ok(till) => {
                tracing::info!(%data, "till opened");
                (self.listener)(till.changes());
            }
            Err(failure) => tracing::error!(%data, %failure, "till cannot be opened"),
        }
        opened
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use domain::contract::ipc::{GetSession, ListStaff};
    use replica::{Clock, SecretStore};

    use super::*;

    #[tokio::test]
    async fn till_that_cannot_be_opened_says_why_until_it_can() {
        // A file stands where the folder should be.
        let place = std::env::temp_dir().join(format!("techstore-shell-{}", std::process::id()));
        std::fs::write(&place, "").unwrap();
        let listened = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&listened);
        let options = OpenOptions {
            data_dir: place.clone(),
            clock: Clock::system(),
            secrets: SecretStore::KeyringOrFile,
            enrol_hint: None,
            papers: None,
        };
        let till = OpenTill::new(options, move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let refused = till.call(GetSession {}).await.unwrap_err();
        assert_eq!(refused.code, code::FOLDER_UNUSABLE);
        assert_eq!(till.call(ListStaff {}).await.unwrap_err(), refused);

        std::fs::remove_file(&place).unwrap();
        let session = till.call(GetSession {}).await.unwrap();
        assert_eq!(session.place, None);
        assert_eq!(
            till.call(ListStaff {}).await.unwrap_err().code,
            code::NOT_ENROLLED
        );
        assert_eq!(listened.load(Ordering::SeqCst), 1);
        till.close().await;
        std::fs::remove_dir_all(&place).unwrap();
    }
}
