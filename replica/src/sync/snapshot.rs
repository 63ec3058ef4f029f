//! First fill: a scope's snapshot, chunk by chunk, then its feed from where the snapshot was
//! taken. An empty replica takes chunks as they come; a replica that must be filled anew keeps
//! what it has until all chunks are here, and then changes over in one transaction.

use domain::{
    contract::sync_v1::{SnapshotChunk, SnapshotHeader},
    hlc::Hlc,
};
use reqwest::Method;

use super::{
    SyncError,
    http::{Body, HttpError, Server},
    page::Page,
    pull::after_page,
};
use crate::{
    error::Error,
    store::{
        self,
        feed::{Cursor, Fill},
    },
    till::Shared,
};
use domain::contract::ipc::Changed;

/// The cursor to pull from: after a snapshot when nothing is here yet and the server has one.
pub(super) async fn fill_if_empty(
    till: &Shared,
    server: &Server<'_>,
    scope: &str,
) -> Result<Cursor, SyncError> {
    let (cursor, fill) = {
        let mut connection = till.db.reader().await?;
        (
            store::feed::one(&mut connection, scope)
                .await?
                .ok_or(Error::NotEnrolled)?,
            store::feed::load_fill(&mut connection, scope).await?,
        )
    };
    match fill {
        Some(fill) => go_on(till, server, scope, fill).await,
        None if cursor.seq > 0 || cursor.synced_ms.is_some() => Ok(cursor),
        None => match begin(till, server, scope, false).await {
            Ok(fill) => go_on(till, server, scope, fill).await,
            Err(SyncError::Http(HttpError::Status { status: 404, .. })) => Ok(cursor),
            Err(error) => Err(error),
        },
    }
}

/// Fills a scope anew: the server's feed is not the one that was read here.
pub(super) async fn refill(
    till: &Shared,
    server: &Server<'_>,
    scope: &str,
) -> Result<Cursor, SyncError> {
    let fill = begin(till, server, scope, true).await?;
    go_on(till, server, scope, fill).await
}

async fn begin(
    till: &Shared,
    server: &Server<'_>,
    scope: &str,
    is_refill: bool,
) -> Result<Fill, SyncError> {
    let query = [("scope", scope), ("chunk", "0")];
    let header: SnapshotHeader = server
        .ask(Method::GET, "snapshot", &query, Body::None)
        .await?;
    if header.scope.to_string() != scope {
        return Err(HttpError::Protocol("the snapshot is of another scope".into()).into());
    }
    let fill = Fill {
        header,
        chunks_done: 0,
        rows_done: 0,
        is_refill,
    };
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    store::feed::end_fill(&mut transaction, scope).await?;
    store::feed::save_fill(&mut transaction, scope, &fill).await?;
    transaction.commit().await?;
    Ok(fill)
}

async fn go_on(
    till: &Shared,
    server: &Server<'_>,
    scope: &str,
    mut fill: Fill,
) -> Result<Cursor, SyncError> {
    let mut asked = None;
    while fill.chunks_done < fill.header.chunks {
        let number = fill.chunks_done + 1;
        let answer = match asked.take() {
            Some(answer) => answer,
            None => ask_chunk(server, scope, number, &fill.header).await,
        };
        let chunk = match answer {
            Ok(chunk) => chunk,
            Err(SyncError::Http(HttpError::Status { status, failure }))
                if matches!(status, 404 | 410) =>
            {
                // The snapshot has been retired meanwhile: the next turn begins with a newer one.
                let mut writer = till.db.writer().await;
                let mut transaction = writer.begin().await?;
                store::feed::end_fill(&mut transaction, scope).await?;
                transaction.commit().await?;
                return Err(HttpError::Status { status, failure }.into());
            }
            Err(error) => return Err(error),
        };
        fill.chunks_done = number;
        fill.rows_done += chunk.page.len();
        if number == fill.header.chunks {
            store_chunk(till, scope, &fill, &chunk).await?;
        } else {
            // The next chunk is on its way while this one is stored.
            let (stored, following) = tokio::join!(
                store_chunk(till, scope, &fill, &chunk),
                ask_chunk(server, scope, number + 1, &fill.header)
            );
            stored?;
            asked = Some(following);
        }
    }
    finish(till, scope, &fill).await
}

/// A chunk as it came and as it was read.
struct Chunk {
    bytes: Vec<u8>,
    page: Page,
}

async fn store_chunk(
    till: &Shared,
    scope: &str,
    fill: &Fill,
    chunk: &Chunk,
) -> Result<(), SyncError> {
    {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        if fill.is_refill {
            let number = fill.chunks_done;
            store::feed::stage_chunk(&mut transaction, scope, number, &chunk.bytes).await?;
        } else {
            chunk.page.store(&mut transaction, scope).await?;
        }
        store::feed::save_fill(&mut transaction, scope, fill).await?;
        transaction.commit().await?;
    }
    if fill.is_refill {
        till.announce(&[Changed::Sync]);
    } else {
        after_page(till, &chunk.page).await?;
    }
    Ok(())
}

async fn ask_chunk(
    server: &Server<'_>,
    scope: &str,
    number: u32,
    header: &SnapshotHeader,
) -> Result<Chunk, SyncError> {
    let chunk = number.to_string();
    let query = [
        ("scope", scope),
        ("chunk", chunk.as_str()),
        ("snapshot", header.snapshot.as_str()),
    ];
    let bytes = server
        .ask_bytes(Method::GET, "snapshot", &query, Body::None)
        .await?;
    let page = read_chunk(&bytes, header, number)?;
    Ok(Chunk { bytes, page })
}

fn read_chunk(bytes: &[u8], header: &SnapshotHeader, number: u32) -> Result<Page, SyncError> {
    let chunk: SnapshotChunk = serde_json::from_slice(bytes)
        .map_err(|error| HttpError::Protocol(format!("chunk {number}: {error}")))?;
    if chunk.snapshot != header.snapshot || chunk.chunk != number {
        return Err(HttpError::Protocol(format!("chunk {number} is another one")).into());
    }
    Ok(Page::of_chunk(chunk)?)
}

/// All chunks are here: the feed goes on from the snapshot's head.
pub(crate) async fn finish(till: &Shared, scope: &str, fill: &Fill) -> Result<Cursor, SyncError> {
    let header = &fill.header;
    let cursor = Cursor {
        scope: scope.to_owned(),
        seq: header.seq,
        digest: header.digest,
        head: header.seq,
        synced_ms: Some(till.clock.now_ms()),
    };
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if fill.is_refill {
        store::refill::clear_confirmed(&mut transaction, header).await?;
        for number in 1..=header.chunks {
            let bytes = store::feed::staged_chunk(&mut transaction, scope, number).await?;
            let page = read_chunk(&bytes, header, number)?;
            page.store(&mut transaction, scope).await?;
        }
    }
    store::feed::advance(&mut transaction, &cursor).await?;
    store::feed::end_fill(&mut transaction, scope).await?;
    let contact_ms = till.clock.now_ms();
    store::enrolment::save_contact(&mut transaction, &header.incarnation, contact_ms).await?;
    super::pull::observe(&mut transaction, Hlc::default(), 0, till.clock.sent_ms()).await?;
    transaction.commit().await?;
    drop(writer);
    till.reload_identity().await?;
    till.engine.forget_head(scope);
    till.announce(&Changed::ALL);
    Ok(cursor)
}
