//! Filling: snapshots go into a new file beside the one in use, chunk by chunk, first what a till
//! needs to sell. Then the new file takes over what is this till's own and takes the place of the
//! old one, in one short step; the old one is in use until then and gone after it. History follows
//! in place, between pages of the feeds. A fill that was cut off goes on where it was.

mod chunk;
mod switch;

use std::path::PathBuf;

use domain::{contract::sync_v1::SnapshotHeader, replication::table::Scope};
use futures_util::{FutureExt, future::BoxFuture};
use reqwest::Method;
use sqlx::{Connection, SqliteConnection};
use tokio::time::Instant;

use super::{
    SyncError,
    http::{Body, HttpError, Server},
    page::Page,
    pull::{self, after_page},
};
use crate::{
    db,
    error::Error,
    folder,
    identity::Identity,
    store::{self, feed::Fill},
    till::Shared,
};
use domain::contract::ipc::Changed;

/// How far the filling of a new file is, for the screen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// The till sells meanwhile.
    pub(crate) is_refill: bool,
    /// Rows done and all rows of what is needed to sell, by scope.
    pub(crate) scopes: Vec<(String, (u64, u64))>,
}

/// A file that is being filled.
#[derive(Debug)]
struct Filling {
    path: PathBuf,
    connection: SqliteConnection,
}

impl Filling {
    /// Opens the successor of the file in use, or creates it. One that cannot be gone on with
    /// makes place for a new one.
    async fn open(till: &Shared) -> Result<Filling, Error> {
        let path = folder::successor(&till.db.path());
        #[cfg(feature = "simulation")]
        crate::simulation::crash_point().await;
        if !path.exists() {
            return Self::create(path).await;
        }
        if let Ok(mut connection) = db::open_to_fill(&path).await {
            // Taken over already, the pointer not moved: what was done since is in the old file.
            if !store::carry::is_taken(&mut connection).await? {
                return Ok(Filling { path, connection });
            }
            connection.close().await?;
        }
        folder::remove(&path)?;
        Self::create(path).await
    }

    async fn create(path: PathBuf) -> Result<Filling, Error> {
        let mut connection = db::open_to_fill(&path).await?;
        let mut transaction = connection.begin().await?;
        store::bulk::defer_indexes(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Filling { path, connection })
    }

    async fn close(self) -> Result<PathBuf, Error> {
        self.connection.close().await?;
        Ok(self.path)
    }

    async fn discard(self) -> Result<(), Error> {
        folder::remove(&self.close().await?)
    }
}

/// Goes on with a fill that was begun, and begins one where there is a feed of which nothing is
/// here.
pub(super) async fn fill_if_due(till: &Shared) -> Result<(), SyncError> {
    let identity = till.identity()?;
    let is_first = {
        let mut connection = till.db.reader().await?;
        let cursors = store::feed::all(&mut connection).await?;
        identity.scopes().iter().any(|scope| {
            let name = scope.to_string();
            !cursors
                .iter()
                .any(|one| one.scope == name && (one.seq > 0 || one.synced_ms.is_some()))
        })
    };
    if is_first || folder::successor(&till.db.path()).exists() {
        fill(till, !is_first).await
    } else {
        Ok(())
    }
}

/// Fills everything anew: the server's feed is not the one that was read here.
pub(super) async fn refill(till: &Shared) -> Result<(), SyncError> {
    fill(till, true).await
}

fn fill(till: &Shared, is_refill: bool) -> BoxFuture<'_, Result<(), SyncError>> {
    fill_once(till, is_refill).boxed()
}

async fn fill_once(till: &Shared, is_refill: bool) -> Result<(), SyncError> {
    let identity = till.identity()?;
    let server = Server::new(&till.engine, &identity)?;
    let _one_at_a_time = till.filling.lock().await;
    let mut filling = Filling::open(till).await?;
    till.engine.set_fill(Some(Progress {
        is_refill,
        ..Progress::default()
    }));
    let filled = fill_file(till, &server, &identity, &mut filling.connection).await;
    let switched = match filled {
        Ok(headers) => switch::take_over(till, filling, &headers).await,
        Err(error) => {
            if is_network(&error) {
                // The next turn goes on with what is here.
                filling.close().await?;
            } else {
                // Retired snapshots, or no room: sales need it more.
                filling.discard().await?;
            }
            Err(error)
        }
    };
    till.engine.set_fill(None);
    till.announce(&[Changed::Sync]);
    switched
}

/// Fills from snapshots that did not come over the network, while something else happens.
#[cfg(test)]
pub(crate) async fn fill_from(
    till: &Shared,
    snapshots: Vec<(
        SnapshotHeader,
        Vec<domain::contract::sync_v1::SnapshotChunk>,
    )>,
    meanwhile: impl Future<Output = ()>,
) -> Result<(), Error> {
    let _one_at_a_time = till.filling.lock().await;
    let mut filling = Filling::open(till).await?;
    let mut headers = Vec::new();
    for (header, chunks) in snapshots {
        let now = header.now();
        let pages = chunks.into_iter().map(Page::of_chunk);
        let pages = pages.collect::<Result<Vec<_>, _>>()?;
        let fill = Fill {
            chunks_done: now.chunks,
            rows_done: now.rows,
            ..Fill::new(header.clone())
        };
        let scope = header.scope.to_string();
        store_pages(&mut filling.connection, &scope, &pages, &fill).await?;
        headers.push(header);
    }
    switch::prepare(till, &mut filling).await?;
    meanwhile.await;
    switch::complete(till, filling, &headers).await
}

/// The exchange was cut off, or the server has no time: nothing is wrong with what came.
fn is_network(error: &SyncError) -> bool {
    matches!(error, SyncError::Http(_)) && !is_retired(error)
}

/// The server does not know the snapshot any more.
fn is_retired(error: &SyncError) -> bool {
    matches!(
        error,
        SyncError::Http(HttpError::Status {
            status: 404 | 410,
            ..
        })
    )
}

/// Brings what is needed to sell into the file; returns the headers of all snapshots.
async fn fill_file(
    till: &Shared,
    server: &Server<'_>,
    identity: &Identity,
    connection: &mut SqliteConnection,
) -> Result<Vec<SnapshotHeader>, SyncError> {
    let mut headers: Vec<SnapshotHeader> = Vec::new();
    for scope in identity.scopes() {
        let name = scope.to_string();
        let known = store::feed::load_fill(connection, &name).await?;
        let fill = match known {
            Some(fill) => fill,
            None => {
                let fill = Fill::new(ask_header(server, &scope).await?);
                store::feed::save_fill(connection, &name, &fill).await?;
                fill
            }
        };
        if headers
            .iter()
            .any(|header| header.incarnation != fill.header.incarnation)
        {
            let what = "the snapshots are of two lives of the server".to_owned();
            return Err(Error::Protocol(what).into());
        }
        headers.push(fill.header.clone());
        fill_scope(till, server, connection, &name, fill).await?;
    }
    Ok(headers)
}

/// Brings one scope's part `now`.
async fn fill_scope(
    till: &Shared,
    server: &Server<'_>,
    connection: &mut SqliteConnection,
    scope: &str,
    mut fill: Fill,
) -> Result<(), SyncError> {
    let now = fill.header.now();
    let header = fill.header.clone();
    till.engine.note_fill(scope, (fill.rows_done, now.rows));
    let mut pages = chunk::next_many(server, &header, fill.chunks_done, now.chunks).await?;
    while !pages.is_empty() {
        fill.chunks_done += u32::try_from(pages.len()).unwrap_or(u32::MAX);
        fill.rows_done += pages.iter().map(Page::len).sum::<u64>();
        // The next ones are on their way while these are stored.
        let (stored, following) = tokio::join!(
            store_pages(connection, scope, &pages, &fill),
            chunk::next_many(server, &header, fill.chunks_done, now.chunks)
        );
        stored?;
        till.engine.note_fill(scope, (fill.rows_done, now.rows));
        till.announce(&[Changed::Sync]);
        pages = following?;
    }
    Ok(())
}

async fn store_pages(
    connection: &mut SqliteConnection,
    scope: &str,
    pages: &[Page],
    fill: &Fill,
) -> Result<(), Error> {
    #[cfg(feature = "simulation")]
    crate::simulation::crash_point().await;
    let mut transaction = connection.begin().await?;
    for page in pages {
        page.store(&mut transaction, scope).await?;
    }
    store::feed::save_fill(&mut transaction, scope, fill).await?;
    transaction.commit().await?;
    Ok(())
}

async fn ask_header(server: &Server<'_>, scope: &Scope) -> Result<SnapshotHeader, SyncError> {
    let name = scope.to_string();
    let query = [("scope", name.as_str()), ("chunk", "0")];
    let header: SnapshotHeader = server
        .ask(Method::GET, "snapshot", &query, Body::None)
        .await?;
    if header.scope == *scope {
        Ok(header)
    } else {
        Err(HttpError::Protocol("the snapshot is of another scope".into()).into())
    }
}

/// Brings the history that is still missing; feeds that have grown go first.
pub(super) fn history(till: &Shared) -> BoxFuture<'_, Result<(), SyncError>> {
    past(till).boxed()
}

async fn past(till: &Shared) -> Result<(), SyncError> {
    let identity = till.identity()?;
    let server = Server::new(&till.engine, &identity)?;
    let mut asked_at = Instant::now();
    loop {
        let next = {
            let mut connection = till.db.reader().await?;
            let scopes = store::feed::filling(&mut connection).await?;
            match scopes.first() {
                Some(scope) => store::feed::load_fill(&mut connection, scope).await?,
                None => return Ok(()),
            }
        };
        let Some(fill) = next else { return Ok(()) };
        if !history_chunk(till, &server, fill).await? || till.engine.is_stopped() {
            return Ok(());
        }
        let mut all =
            asked_at.elapsed().as_millis() > u128::from(domain::replication::plan::POLL_MS);
        if all {
            asked_at = Instant::now();
        }
        if all || pull::has_grown(till).await? {
            pull::pull_feeds(till, &identity, &mut all).await?;
        }
    }
}

/// Everything of a scope's snapshot is here.
async fn end(connection: &mut SqliteConnection, scope: &Scope) -> Result<(), Error> {
    store::feed::end_fill(connection, &scope.to_string()).await?;
    if let Scope::Store(_) = scope {
        store::print::forget_gone(connection).await?;
    }
    Ok(())
}

/// Brings the next chunk of a scope's history; false when the file was switched meanwhile.
async fn history_chunk(
    till: &Shared,
    server: &Server<'_>,
    mut fill: Fill,
) -> Result<bool, SyncError> {
    let scope = fill.header.scope.to_string();
    let header = fill.header.clone();
    let number = fill.chunks_done + 1;
    let page = match chunk::one(server, &header, number).await {
        Ok(page) => Some(page),
        Err(error) if is_retired(&error) => {
            // The history of a newer snapshot; what is here already is not stored twice.
            fill = Fill::new(ask_header(server, &header.scope).await?);
            let now = fill.header.now();
            (fill.chunks_done, fill.rows_done) = (now.chunks, now.rows);
            None
        }
        Err(error) => return Err(error),
    };
    fill.chunks_done += u32::from(page.is_some());
    fill.rows_done += page.as_ref().map_or(0, Page::len);
    {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        if let Some(page) = &page {
            page.store(&mut transaction, &scope).await?;
            if page.touches_customers() {
                // Somebody may have been erased since the snapshot.
                store::vouch::forget_erased(&mut transaction).await?;
            }
        }
        if fill.chunks_done >= fill.header.chunks {
            end(&mut transaction, &header.scope).await?;
        } else {
            store::feed::save_fill(&mut transaction, &scope, &fill).await?;
        }
        transaction.commit().await?;
    }
    match &page {
        Some(page) => after_page(till, page).await?,
        None => till.announce(&[Changed::Sync]),
    }
    pull::own_past(till).await?;
    Ok(true)
}
