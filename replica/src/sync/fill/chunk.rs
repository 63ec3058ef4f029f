//! The chunks of one snapshot, asked for one after another and taken apart beside the thread that
//! stores them.

use domain::contract::sync_v1::{SnapshotChunk, SnapshotHeader};
use reqwest::Method;

use crate::{
    error::Error,
    sync::{
        SyncError,
        http::{Body, HttpError, Server},
        page::Page,
    },
};

/// Chunks that are stored in one transaction: few enough that little is lost by a power cut.
const MANY: u32 = 8;

/// The chunks after so many, up to a last one, at most as many as are stored at once; none at the
/// end.
pub(super) async fn next_many(
    server: &Server<'_>,
    header: &SnapshotHeader,
    done: u32,
    last: u32,
) -> Result<Vec<Page>, SyncError> {
    let mut pages = Vec::new();
    for number in done + 1..=last.min(done.saturating_add(MANY)) {
        pages.push(one(server, header, number).await?);
    }
    Ok(pages)
}

/// One chunk.
pub(super) async fn one(
    server: &Server<'_>,
    header: &SnapshotHeader,
    number: u32,
) -> Result<Page, SyncError> {
    let (scope, text) = (header.scope.to_string(), number.to_string());
    let query = [
        ("scope", scope.as_str()),
        ("chunk", text.as_str()),
        ("snapshot", header.snapshot.as_str()),
    ];
    let bytes = server
        .ask_bytes(Method::GET, "snapshot", &query, Body::None)
        .await?;
    let snapshot = header.snapshot.clone();
    let mut page = apart(move || read(&bytes, &snapshot, number)).await?;
    page.keep_signed(server.identity());
    Ok(page)
}

/// Runs work that keeps a core busy beside the tasks; a simulation has one thread.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SyncError> + Send + 'static,
) -> Result<T, SyncError> {
    #[cfg(feature = "simulation")]
    if crate::simulation::is_on() {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(Error::Internal("a chunk's reader was cut off").into()),
    }
}

fn read(bytes: &[u8], snapshot: &str, number: u32) -> Result<Page, SyncError> {
    let chunk: SnapshotChunk = serde_json::from_slice(bytes)
        .map_err(|error| HttpError::Protocol(format!("chunk {number}: {error}")))?;
    if chunk.snapshot != snapshot || chunk.chunk != number {
        return Err(HttpError::Protocol(format!("chunk {number} is another one")).into());
    }
    Ok(Page::of_chunk(chunk)?)
}
