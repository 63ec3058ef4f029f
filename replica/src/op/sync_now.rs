//! Tries at once instead of at the next turn, and tells how it went.

use domain::contract::ipc::{SyncNow, SyncStatus};

use super::get_sync_status::sync_status;
use crate::{error::Error, till::Shared};

pub(crate) async fn sync_now(till: &Shared, _: SyncNow) -> Result<SyncStatus, Error> {
    till.identity()?;
    till.engine.try_now().await;
    sync_status(till).await
}
