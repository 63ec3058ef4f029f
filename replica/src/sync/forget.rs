//! Envelopes that have been kept long enough: a server that is restored from its oldest backup would
//! not ask for them. By the server's clock: a till's own may be years ahead.

use std::time::Duration;

use tokio::time::Instant;

use super::SyncError;
use crate::{store, till::Shared};

const INTERVAL: Duration = Duration::from_secs(3_600);
/// Envelopes of one transaction, so that no sale waits long.
const MANY: u32 = 500;
const DAY_MS: u64 = 24 * 3_600_000;

/// Forgets what is old, now and then.
pub(super) async fn forget_if_due(till: &Shared) -> Result<(), SyncError> {
    let identity = till.identity()?;
    let enrolment = &identity.enrolment;
    let live = till.engine.live();
    let is_due = live
        .forgot_at
        .is_none_or(|at: Instant| at.elapsed() > INTERVAL);
    // What a restored server may still ask for is kept, however old.
    let is_healed = enrolment.healed_incarnation == enrolment.incarnation;
    let (Some(server_ms), true, true) = (live.server_ms, is_due, is_healed) else {
        return Ok(());
    };
    let keep_ms = u64::from(enrolment.keep_days) * DAY_MS;
    let before_ms = server_ms.saturating_sub(keep_ms);
    while !till.engine.is_stopped() {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        let noted = store::prune::note_arrived(&mut transaction, server_ms, MANY).await?;
        let gone = store::prune::forget_envelopes(&mut transaction, before_ms, MANY).await?;
        transaction.commit().await?;
        if noted.max(gone) < u64::from(MANY) {
            break;
        }
    }
    till.engine.live_mut().forgot_at = Some(Instant::now());
    Ok(())
}
