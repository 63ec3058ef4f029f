//! Signed operations in their exact bytes. Many go into one statement: their bytes lie end to end
//! in one blob, and a JSON list says which slice is whose.

use domain::{
    hlc::Hlc,
    id::OpId,
    replication::{
        Envelope, OpHeader,
        chain::{Base64, Digest, SignatureBytes},
    },
};
use serde::Serialize;
use sqlx::SqliteConnection;

use super::{id, int};
use crate::error::Error;

/// One operation for the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) header: &'a OpHeader,
    pub(crate) envelope: &'a Envelope,
    pub(crate) effective_hlc: Option<Hlc>,
    pub(crate) branch: u32,
    pub(crate) is_unread: bool,
    /// Made at this till, not brought by a feed.
    pub(crate) is_own: bool,
}

/// Where an operation's parts lie in the blob; `at` counts from 1, as SQL does.
#[derive(Serialize)]
struct Slice<'a> {
    op: uuid::fmt::Simple,
    device: uuid::fmt::Simple,
    epoch: u64,
    seq: u64,
    branch: u32,
    kind: &'a str,
    hlc: Option<i64>,
    at: usize,
    header: usize,
    body: usize,
    private: String,
    unread: bool,
    own: bool,
}

/// Keeps operations; one that is here already only learns its place in the order.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    entries: &[Entry<'_>],
) -> Result<(), Error> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut slices = Vec::with_capacity(entries.len());
    for entry in entries {
        let at = bytes.len() + 1;
        bytes.extend_from_slice(&entry.envelope.hash.0);
        bytes.extend_from_slice(&entry.envelope.signature.0);
        bytes.extend_from_slice(&entry.envelope.header.0);
        bytes.extend_from_slice(&entry.envelope.body.0);
        slices.push(Slice {
            op: entry.header.op_id.0.simple(),
            device: entry.header.device_id.0.simple(),
            epoch: entry.header.epoch,
            seq: entry.header.device_seq,
            branch: entry.branch,
            kind: &entry.header.kind,
            hlc: entry.effective_hlc.map(|hlc| int(hlc.0)),
            at,
            header: entry.envelope.header.0.len(),
            body: entry.envelope.body.0.len(),
            private: if entry.envelope.private.is_empty() {
                String::new()
            } else {
                serde_json::to_string(&entry.envelope.private)?
            },
            unread: entry.is_unread,
            own: entry.is_own,
        });
    }
    let slices = serde_json::to_string(&slices)?;
    sqlx::query!(
        "INSERT INTO journal (op_id, device_id, epoch, device_seq, branch, kind, effective_hlc,
             hash, signature, header, body, private, is_unread, is_own)
         SELECT unhex(value ->> 'op'), unhex(value ->> 'device'), value ->> 'epoch',
             value ->> 'seq', value ->> 'branch', value ->> 'kind', value ->> 'hlc',
             substr(?2, value ->> 'at', 32), substr(?2, 32 + (value ->> 'at'), 64),
             substr(?2, 96 + (value ->> 'at'), value ->> 'header'),
             substr(?2, 96 + (value ->> 'at') + (value ->> 'header'), value ->> 'body'),
             value ->> 'private', value ->> 'unread', value ->> 'own'
         FROM jsonb_each(?1) WHERE true
         ON CONFLICT (op_id) DO UPDATE SET
             effective_hlc = coalesce(excluded.effective_hlc, effective_hlc),
             branch = excluded.branch",
        slices,
        bytes
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The next own operations to push with their ids, in order, at most that many bytes of them but
/// always one.
pub(crate) async fn unsent(
    connection: &mut SqliteConnection,
    ops_max: usize,
    bytes_max: usize,
) -> Result<Vec<(u64, OpId, Envelope)>, Error> {
    let limit = i64::try_from(ops_max).unwrap_or(i64::MAX);
    let rows = sqlx::query!(
        "SELECT outbox.device_seq, journal.op_id, header, body, hash, signature, private
         FROM outbox JOIN journal ON journal.op_id = outbox.op_id
         ORDER BY outbox.device_seq LIMIT ?1",
        limit
    )
    .fetch_all(connection)
    .await?;
    let mut ops = Vec::with_capacity(rows.len());
    let mut bytes = 0;
    for row in rows {
        let private = if row.private.is_empty() {
            Vec::new()
        } else {
            serde_json::from_str(&row.private)?
        };
        let envelope = Envelope {
            header: Base64(row.header),
            body: Base64(row.body),
            hash: Digest::try_from(row.hash.as_slice()).map_err(|_| Error::Unreadable("a hash"))?,
            signature: SignatureBytes::try_from(row.signature.as_slice())
                .map_err(|_| Error::Unreadable("a signature"))?,
            private,
        };
        bytes += envelope.size_bytes();
        if bytes > bytes_max && !ops.is_empty() {
            break;
        }
        ops.push((super::count(row.device_seq)?, id(&row.op_id)?, envelope));
    }
    Ok(ops)
}

/// The hash of an own operation of the present epoch; what the first one follows for 0.
pub(crate) async fn own_hash(
    connection: &mut SqliteConnection,
    device_seq: u64,
) -> Result<Option<Digest>, Error> {
    if device_seq == 0 {
        let chain = super::chain::load(connection).await?;
        return Ok(chain.map(|chain| chain.genesis));
    }
    let device_seq = int(device_seq);
    let hash = sqlx::query_scalar!(
        "SELECT hash FROM journal JOIN chain
             ON journal.device_id = chain.device_id AND journal.epoch = chain.epoch
         WHERE journal.device_seq = ?1 AND journal.is_own = 1",
        device_seq
    )
    .fetch_optional(connection)
    .await?;
    hash.map(|hash| Digest::try_from(hash.as_slice()).map_err(|_| Error::Unreadable("a hash")))
        .transpose()
}
