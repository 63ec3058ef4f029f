//! Gives a till the rows of a feed that follow what it holds, after making sure that what it holds
//! is this feed: same life of the database, same digest.

use std::fmt::Write as _;

use base64::{Engine, prelude::BASE64_STANDARD};
use domain::{
    contract::sync_v1::PullQuery,
    id::{DeviceId, OrganizationId},
    limit::PULL_ROWS_MAX,
    replication::{chain::Digest, table::Scope},
};

use crate::{clock, database::begin, state::AppState, store};

/// Most bytes of rows in a page; one row always fits.
const PAGE_BYTES_MAX: i64 = 2 * 1024 * 1024;

/// Why a page is not given.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    #[error("the digest is not 32 bytes in base64")]
    DigestUnreadable,
    #[error("what the till holds is not this feed: {why}")]
    MustRebootstrap { why: &'static str },
    #[error("a row of the feed is not text")]
    RowUnreadable,
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// A page of a feed: a [`domain::contract::sync_v1::PullReply`] as JSON, its rows spliced in as
/// they were written.
pub async fn pull_feed(
    state: &AppState,
    organization_id: OrganizationId,
    device_id: DeviceId,
    scope: &Scope,
    query: &PullQuery,
) -> Result<String, PullError> {
    let digest = read_digest(&query.digest)?;
    let limit = query.limit.unwrap_or(PULL_ROWS_MAX).clamp(1, PULL_ROWS_MAX);
    let mut tx = begin(&state.pool, organization_id).await?;
    // Read after it was begun: a new connection may have found another life.
    let incarnation = state.incarnation();
    if query.incarnation != incarnation {
        return Err(rebootstrap("another life of the server's database"));
    }
    store::till::see(&mut tx, organization_id, device_id).await?;
    let head = store::feed::head(&mut tx, organization_id, scope).await?;
    if query.after > head.seq {
        return Err(rebootstrap("it is ahead of the server"));
    }
    if query.after + 1 < head.floor {
        return Err(rebootstrap("rows that it misses were pruned"));
    }
    let here = store::feed::digest_at(&mut tx, organization_id, scope, query.after).await?;
    if here != Some(digest) {
        return Err(rebootstrap("the digests differ"));
    }
    let rows = if query.after == head.seq {
        Vec::new()
    } else {
        store::feed::rows(
            &mut tx,
            organization_id,
            scope,
            query.after,
            head.seq,
            limit,
            PAGE_BYTES_MAX,
        )
        .await?
    };
    tx.commit().await?;
    state.metrics.pulled(u64::try_from(rows.len()).unwrap_or(0));
    let (to, digest) = rows
        .last()
        .map_or((query.after, digest), |row| (row.seq, row.digest));
    let bytes: usize = rows.iter().map(|row| row.bytes.len() + 48).sum();
    let mut text = String::with_capacity(bytes + 512);
    let _ = write!(
        text,
        r#"{{"scope":"{scope}","incarnation":"{incarnation}","to":{to},"head":{},"digest":"{}","server_ms":{},"rows":["#,
        head.seq,
        BASE64_STANDARD.encode(digest.0),
        clock::now_ms(),
    );
    for (n, row) in rows.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let json = std::str::from_utf8(&row.bytes).map_err(|_| PullError::RowUnreadable)?;
        let _ = write!(
            text,
            r#"{comma}{{"seq":{},"type":"{}","bytes":{json}"#,
            row.seq, row.row_type
        );
        if let Some(beside) = &row.beside {
            let _ = write!(text, r#","beside":{beside}"#);
        }
        text.push('}');
    }
    text.push_str("]}");
    Ok(text)
}

fn read_digest(text: &str) -> Result<Digest, PullError> {
    // A plus that a query's encoding turned into a space is still a plus.
    BASE64_STANDARD
        .decode(text.replace(' ', "+"))
        .ok()
        .and_then(|bytes| Digest::try_from(bytes.as_slice()).ok())
        .ok_or(PullError::DigestUnreadable)
}

const fn rebootstrap(why: &'static str) -> PullError {
    PullError::MustRebootstrap { why }
}
