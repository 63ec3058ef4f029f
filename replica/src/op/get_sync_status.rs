//! How the till stands with the server.

use domain::contract::ipc::{GetSyncStatus, ScopeStatus, SyncStatus};

use crate::{error::Error, store, till::Shared};

pub(crate) async fn get_sync_status(till: &Shared, _: GetSyncStatus) -> Result<SyncStatus, Error> {
    sync_status(till).await
}

/// The status as the file and the engine have it.
pub(crate) async fn sync_status(till: &Shared) -> Result<SyncStatus, Error> {
    let mut connection = till.db.reader().await?;
    let waiting = store::outbox::waiting(&mut connection).await?;
    let products = store::enrolment::products(&mut connection).await?;
    let enrolment = store::enrolment::load(&mut connection).await?;
    let live = till.engine.live();
    let mut scopes = Vec::new();
    for cursor in store::feed::all(&mut connection).await? {
        let fill = store::feed::load_fill(&mut connection, &cursor.scope).await?;
        let coming = |is_refill: bool| {
            let progress = live
                .fill
                .as_ref()
                .filter(|fill| fill.is_refill == is_refill)?;
            let (_, rows) = progress
                .scopes
                .iter()
                .find(|(scope, _)| *scope == cursor.scope)?;
            Some(*rows)
        };
        scopes.push(ScopeStatus {
            head: cursor.head.max(live.head(&cursor.scope)).max(cursor.seq),
            cursor: cursor.seq,
            filling: coming(false),
            refilling: coming(true),
            history: fill.and_then(|fill| fill.history()),
            scope: cursor.scope,
        });
    }
    Ok(SyncStatus {
        is_connected: live.is_connected,
        waiting: waiting.waiting,
        waiting_since_ms: waiting.waiting_since_ms,
        held: waiting.held,
        pending: waiting.pending,
        last_contact_ms: enrolment.as_ref().and_then(|row| row.last_contact_ms),
        scopes,
        last_error: live.last_error.map(|failure| failure.code),
        last_error_detail: live.last_error_detail,
        is_revoked: enrolment.as_ref().is_some_and(|row| row.is_revoked),
        is_fenced: enrolment.is_some_and(|row| row.is_fenced),
        skew_ms: live.skew_ms,
        products,
    })
}
