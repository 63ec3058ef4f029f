//! What changed in the replica, told to the window. An event carries no rows: the window asks
//! again for what it shows, so a lost event costs a question, never a wrong picture.

use domain::contract::ipc::{CHANGED_EVENT, Changed};
use tauri::{AppHandle, Emitter};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Tells until the till is closed.
pub(crate) async fn tell_changes(app: AppHandle, mut changes: Receiver<Changed>) {
    loop {
        match changes.recv().await {
            Ok(changed) => tell(&app, changed),
            // What was missed could be anything.
            Err(RecvError::Lagged(_)) => Changed::ALL.into_iter().for_each(|it| tell(&app, it)),
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell(app: &AppHandle, changed: Changed) {
    if let Err(error) = app.emit(CHANGED_EVENT, changed) {
        tracing::warn!(%error, ?changed, "the window was not told");
    }
}
