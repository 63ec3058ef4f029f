//! The switch to a file that holds what is needed to sell. Most of what it takes over is copied
//! while the old one is in use; the rest, and the pointer, while its writer is held. Whatever
//! happens, the pointer names a file that holds everything.

use std::fs::File;

use domain::contract::{ipc::Changed, sync_v1::SnapshotHeader};
use sqlx::Connection;

use super::Filling;
use crate::{
    db::{Former, Successor},
    error::Error,
    folder,
    store::{self, feed::Cursor},
    sync::SyncError,
    till::Shared,
};

/// Takes over, and puts the filled file in the old one's place.
pub(super) async fn take_over(
    till: &Shared,
    mut filling: Filling,
    headers: &[SnapshotHeader],
) -> Result<(), SyncError> {
    if let Err(error) = prepare(till, &mut filling).await {
        filling.discard().await?;
        return Err(error.into());
    }
    Ok(complete(till, filling, headers).await?)
}

/// The switch itself, and what follows from it.
pub(super) async fn complete(
    till: &Shared,
    filling: Filling,
    headers: &[SnapshotHeader],
) -> Result<(), Error> {
    let former = switch(till, filling, headers).await?;
    till.reload_identity().await?;
    for header in headers {
        till.engine.forget_head(&header.scope.to_string());
    }
    till.announce(&Changed::ALL);
    // What the snapshots were not known to hold goes out again.
    till.engine.push_soon();
    till.printing.wake();
    #[cfg(feature = "simulation")]
    crate::simulation::crash_point().await;
    // Its last readers may take a moment; nobody waits for that but this lane.
    folder::remove(&former.close().await?)
}

/// What can be done while people work: most of the copying, and a look whether the file is sound.
pub(super) async fn prepare(till: &Shared, filling: &mut Filling) -> Result<(), Error> {
    let connection = &mut filling.connection;
    let mut transaction = connection.begin().await?;
    store::bulk::restore_indexes(&mut transaction).await?;
    transaction.commit().await?;
    store::carry::attach(connection, &till.db.path()).await?;
    #[cfg(feature = "simulation")]
    crate::simulation::crash_point().await;
    store::carry::take_most(connection).await?;
    if !store::is_sound(connection).await? {
        return Err(Error::Internal("the filled file is damaged"));
    }
    store::carry::make_durable(connection).await
}

/// Nobody writes until this is over.
async fn switch(
    till: &Shared,
    mut filling: Filling,
    headers: &[SnapshotHeader],
) -> Result<Former, Error> {
    let mut writer = till.db.writer().await;
    let identity = till.identity()?;
    let scopes = identity.scopes();
    let are_wanted = headers.len() == scopes.len()
        && headers.iter().all(|header| scopes.contains(&header.scope));
    if !are_wanted {
        // The till has got another place meanwhile.
        filling.discard().await?;
        return Err(Error::Protocol("the snapshots are of another place".into()));
    }
    {
        let mut transaction = filling.connection.begin().await?;
        let now_ms = till.clock.now_ms();
        store::carry::take_rest(&mut transaction, headers, now_ms).await?;
        for header in headers {
            begin_feed(&mut transaction, header, now_ms).await?;
        }
        transaction.commit().await?;
    }
    store::carry::detach(&mut filling.connection).await?;
    store::carry::make_durable(&mut filling.connection).await?;
    #[cfg(feature = "simulation")]
    crate::simulation::crash_point().await;
    let path = filling.close().await?;
    File::open(&path)?.sync_all()?;
    folder::sync_folder(&till.folder)?;
    // Opened before it is pointed to: from then on there must be no way back.
    let successor = Successor::open(&path).await?;
    #[cfg(feature = "simulation")]
    crate::simulation::crash_point().await;
    if let Err(error) = folder::point_to(&till.folder, &path)
        && folder::in_use(&till.folder)?.0 != path
    {
        return Err(error);
    }
    #[cfg(feature = "simulation")]
    crate::simulation::crash_point().await;
    Ok(writer.switch(successor))
}

/// The feed goes on behind the snapshot; what is left of it is history.
async fn begin_feed(
    connection: &mut sqlx::SqliteConnection,
    header: &SnapshotHeader,
    now_ms: i64,
) -> Result<(), Error> {
    let scope = header.scope.to_string();
    store::feed::start(connection, &scope).await?;
    let cursor = Cursor {
        seq: header.seq,
        digest: header.digest,
        head: header.seq,
        synced_ms: Some(now_ms),
        scope,
    };
    store::feed::advance(connection, &cursor).await?;
    if let Some(before) = header.boundary {
        store::prune::let_go(connection, &cursor.scope, before, "[]").await?;
    }
    if header.now().chunks >= header.chunks {
        super::end(connection, &header.scope).await?;
    }
    store::enrolment::save_contact(connection, &header.incarnation, now_ms).await
}
