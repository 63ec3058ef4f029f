//! Signed operations in their exact bytes, inserted once and never changed.

use domain::{
    hlc::Hlc,
    id::{DeviceId, OpId},
    replication::{
        Envelope, OpHeader,
        chain::{Base64, Digest, SignatureBytes},
    },
};
use sqlx::SqliteConnection;

use super::{id, int, many::Insert};
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

const JOURNAL: Insert = Insert {
    into: "journal (op_id, device_id, epoch, device_seq, branch, kind, effective_hlc, hash,
        signature, header, body, private, is_unread, is_own)",
    columns: 14,
    on_conflict: "ON CONFLICT (op_id) DO UPDATE SET
        effective_hlc = coalesce(excluded.effective_hlc, effective_hlc), branch = excluded.branch",
};

/// Keeps operations; one that is here already only learns its place in the order.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    entries: &[Entry<'_>],
) -> Result<(), Error> {
    let private = entries
        .iter()
        .map(|entry| match entry.envelope.private.as_slice() {
            [] => Ok(String::new()),
            private => serde_json::to_string(private),
        })
        .collect::<Result<Vec<_>, _>>()?;
    JOURNAL
        .rows(entries.iter().zip(&private), |query, (entry, private)| {
            query
                .bind(entry.header.op_id.0)
                .bind(entry.header.device_id.0)
                .bind(int(entry.header.epoch))
                .bind(int(entry.header.device_seq))
                .bind(entry.branch)
                .bind(entry.header.kind.as_str())
                .bind(entry.effective_hlc.map(|hlc| int(hlc.0)))
                .bind(entry.envelope.hash.0.as_slice())
                .bind(entry.envelope.signature.0.as_slice())
                .bind(entry.envelope.header.0.as_slice())
                .bind(entry.envelope.body.0.as_slice())
                .bind(private.as_str())
                .bind(entry.is_unread)
                .bind(entry.is_own)
        })?
        .execute(&mut *connection)
        .await
}

/// The next own operations to push with their ids, in order and without a gap, at most that many
/// bytes of them but always one. What came back over a feed before its answer leaves a gap.
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
    let mut ops: Vec<(u64, OpId, Envelope)> = Vec::with_capacity(rows.len());
    let mut bytes = 0;
    for row in rows {
        let seq: u64 = super::count(row.device_seq)?;
        if ops.last().is_some_and(|(last, ..)| last + 1 != seq) {
            break;
        }
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
        ops.push((seq, id(&row.op_id)?, envelope));
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

/// An operation's bytes as they are kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) header: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) hash: Digest,
    pub(crate) signature: SignatureBytes,
}

/// Where an operation stands in its chain, in as much as its neighbours ask.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) header: Vec<u8>,
    pub(crate) hash: Digest,
}

fn digest(bytes: &[u8]) -> Result<Digest, Error> {
    Digest::try_from(bytes).map_err(|_| Error::Unreadable("a hash"))
}

/// The hash of an operation.
pub(crate) async fn hash(
    connection: &mut SqliteConnection,
    op_id: OpId,
) -> Result<Option<Digest>, Error> {
    let op_id = op_id.0;
    let hash = sqlx::query_scalar!("SELECT hash FROM journal WHERE op_id = ?1", op_id)
        .fetch_optional(connection)
        .await?;
    hash.as_deref().map(digest).transpose()
}

/// An operation as it is kept.
pub(crate) async fn kept(
    connection: &mut SqliteConnection,
    op_id: OpId,
) -> Result<Option<Kept>, Error> {
    let op_id = op_id.0;
    let row = sqlx::query!(
        "SELECT header, body, hash, signature FROM journal WHERE op_id = ?1",
        op_id
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Kept {
            hash: digest(&row.hash)?,
            signature: SignatureBytes::try_from(row.signature.as_slice())
                .map_err(|_| Error::Unreadable("a signature"))?,
            header: row.header,
            body: row.body,
        })
    })
    .transpose()
}

/// The operations at a place of a device's history; more than one where it forked.
pub(crate) async fn at(
    connection: &mut SqliteConnection,
    device_id: DeviceId,
    epoch: u64,
    device_seq: u64,
) -> Result<Vec<Link>, Error> {
    let (device_id, epoch, device_seq) = (device_id.0, int(epoch), int(device_seq));
    let rows = sqlx::query!(
        "SELECT header, hash FROM journal WHERE device_id = ?1 AND epoch = ?2 AND device_seq = ?3",
        device_id,
        epoch,
        device_seq
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Link {
                hash: digest(&row.hash)?,
                header: row.header,
            })
        })
        .collect()
}
