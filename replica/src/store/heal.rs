//! What this till can give back to a server that lost it: the kept envelopes, as ranges without
//! gaps; and what it learns of its own past from the feed after its disk was an old copy.

use domain::{
    contract::sync_v1::{HaveRange, WantRange},
    id::{DeviceId, OpId},
    replication::{
        Envelope, OpBody,
        chain::{Base64, Digest, SignatureBytes},
        run::{Link, Runs},
    },
};
use futures_util::TryStreamExt;
use sqlx::SqliteConnection;

use super::{chain::Chain, count, id, int};
use crate::error::Error;

/// Every run of kept envelopes without gaps.
pub(crate) async fn ranges(connection: &mut SqliteConnection) -> Result<Vec<HaveRange>, Error> {
    let mut rows = sqlx::query!(
        r#"SELECT device_id, epoch, device_seq, hash,
             substr(header, -32) AS "prev_hash!: Vec<u8>"
           FROM journal ORDER BY device_id, epoch, device_seq"#
    )
    .fetch(connection);
    let mut runs = Runs::default();
    while let Some(row) = rows.try_next().await? {
        runs.take(Link {
            device_id: id(&row.device_id)?,
            epoch: count(row.epoch)?,
            seq: count(row.device_seq)?,
            hash: digest(&row.hash)?,
            prev_hash: digest(&row.prev_hash)?,
        });
    }
    Ok(runs.finish())
}

/// The operations of a wanted range from a sequence on, with the sequence of each: walked back from
/// the range's last hash, so that of two histories only the one that was asked for is met.
pub(crate) async fn history(
    connection: &mut SqliteConnection,
    want: &WantRange,
    from: u64,
) -> Result<Vec<(u64, OpId)>, Error> {
    let device_id = want.device_id.0;
    let (epoch, from, to) = (int(want.epoch), int(from), int(want.to));
    let mut rows = sqlx::query!(
        r#"SELECT op_id, device_seq, hash, substr(header, -32) AS "prev_hash!: Vec<u8>"
         FROM journal
         WHERE device_id = ?1 AND epoch = ?2 AND device_seq BETWEEN ?3 AND ?4
         ORDER BY device_seq DESC"#,
        device_id,
        epoch,
        from,
        to
    )
    .fetch(connection);
    let mut met: Vec<(u64, OpId)> = Vec::new();
    let mut wanted = want.last_hash;
    while let Some(row) = rows.try_next().await? {
        if row.hash == wanted.0 {
            wanted = digest(&row.prev_hash)?;
            met.push((count(row.device_seq)?, id(&row.op_id)?));
        }
    }
    met.reverse();
    Ok(met)
}

/// The envelopes of some operations in their order: at most so many bytes of them, but always one;
/// up to the first that is not here. With the sequence of each.
pub(crate) async fn envelopes(
    connection: &mut SqliteConnection,
    of: &[(u64, OpId)],
    bytes_max: usize,
) -> Result<Vec<(u64, Envelope)>, Error> {
    let mut envelopes = Vec::new();
    let mut bytes = 0;
    for (seq, op_id) in of {
        let op_id = op_id.0;
        let row = sqlx::query!(
            "SELECT header, body, hash, signature, private FROM journal WHERE op_id = ?1",
            op_id
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { break };
        let envelope = Envelope {
            header: Base64(row.header),
            body: Base64(row.body),
            hash: digest(&row.hash)?,
            signature: SignatureBytes::try_from(row.signature.as_slice())
                .map_err(|_| Error::Unreadable("a signature"))?,
            private: if row.private.is_empty() {
                Vec::new()
            } else {
                serde_json::from_str(&row.private)?
            },
        };
        bytes += envelope.size_bytes();
        if bytes > bytes_max && !envelopes.is_empty() {
            break;
        }
        envelopes.push((*seq, envelope));
    }
    Ok(envelopes)
}

/// What the feed says of this till that its disk does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownPast {
    /// There are operations of this enrolment beyond the head of the chain.
    pub(crate) is_copy: bool,
    /// One of them comes right behind what this disk made.
    pub(crate) may_adopt: bool,
}

/// Whether the feed has brought own operations that lie beyond what this disk made: it is an old
/// copy. Of another copy's operations beside its own the server tells, by fencing it; looking for
/// them here would read the whole journal at every pull.
pub(crate) async fn unknown_past(
    connection: &mut SqliteConnection,
    chain: &Chain,
) -> Result<UnknownPast, Error> {
    let device_id = chain.device_id.0;
    let (epoch, next) = (int(chain.epoch), int(chain.device_seq + 1));
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT 1 FROM journal WHERE device_id = ?1 AND epoch = ?2
               AND device_seq >= ?3) AS "is_copy!: bool",
             EXISTS (SELECT 1 FROM journal WHERE device_id = ?1 AND epoch = ?2
               AND device_seq = ?3) AS "may_adopt!: bool""#,
        device_id,
        epoch,
        next
    )
    .fetch_one(connection)
    .await?;
    Ok(UnknownPast {
        is_copy: row.is_copy,
        may_adopt: row.may_adopt,
    })
}

/// Goes on after own operations that an old copy had lost and the feed brought back: the head and
/// the counters move behind them. Nothing moves if this disk went its own way meanwhile.
pub(crate) async fn adopt(
    connection: &mut SqliteConnection,
    chain: &mut Chain,
) -> Result<bool, Error> {
    let mut has_moved = false;
    loop {
        let device_id = chain.device_id.0;
        let (epoch, next) = (int(chain.epoch), int(chain.device_seq + 1));
        let rows = sqlx::query!(
            "SELECT header, body, hash, signature FROM journal
             WHERE device_id = ?1 AND epoch = ?2 AND device_seq = ?3 ORDER BY branch",
            device_id,
            epoch,
            next
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut following = None;
        for row in rows {
            let envelope = Envelope {
                header: Base64(row.header),
                body: Base64(row.body),
                hash: digest(&row.hash)?,
                signature: SignatureBytes::try_from(row.signature.as_slice())
                    .map_err(|_| Error::Unreadable("a signature"))?,
                private: Vec::new(),
            };
            if let Ok(header) = envelope.decode_header()
                && header.prev_hash == chain.head_hash
            {
                following = Some((header, envelope));
                break;
            }
        }
        let Some((header, envelope)) = following else {
            break;
        };
        chain.device_seq = header.device_seq;
        chain.head_hash = envelope.hash;
        chain.hlc = chain.hlc.observe(header.hlc);
        match envelope.decode_body(&header) {
            Ok(OpBody::Sale(document)) => chain.receipts = chain.receipts.max(document.count),
            Ok(OpBody::Refund(document)) => {
                chain.credit_notes = chain.credit_notes.max(document.count);
            }
            Ok(OpBody::RepairIntake(intake)) => {
                let count = count_in(&intake.number, &chain.series);
                chain.repairs = chain.repairs.max(count.unwrap_or(chain.repairs + 1));
            }
            Ok(OpBody::InvoiceMake(invoiced)) => {
                chain.invoices = chain.invoices.max(invoiced.count);
            }
            Ok(OpBody::QuoteMake(quoted)) => chain.quotes = chain.quotes.max(quoted.count),
            Ok(OpBody::ShiftOpen(body)) => {
                super::shift::begin(connection, body.shift_id, chain).await?;
            }
            Ok(OpBody::ShiftClose(body)) => {
                super::shift::end(connection, body.shift_id).await?;
            }
            _ => {}
        }
        let op_id = header.op_id.0;
        sqlx::query!("UPDATE journal SET is_own = 1 WHERE op_id = ?1", op_id)
            .execute(&mut *connection)
            .await?;
        has_moved = true;
    }
    if has_moved {
        super::chain::save(connection, chain).await?;
        super::shift::rebuild(connection).await?;
    }
    Ok(has_moved)
}

/// The count at the end of a number of this series.
fn count_in(number: &str, series: &str) -> Option<u64> {
    let (_, count) = number.rsplit_once(series)?;
    count.parse().ok()
}

/// Whether an own operation of the present epoch with that hash is here.
pub(crate) async fn holds_own(
    connection: &mut SqliteConnection,
    device_id: DeviceId,
    epoch: u64,
    seq: u64,
    hash: &Digest,
) -> Result<bool, Error> {
    let (device_id, epoch, seq) = (device_id.0, int(epoch), int(seq));
    let hash = hash.0.as_slice();
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM journal WHERE device_id = ?1 AND epoch = ?2
             AND device_seq = ?3 AND hash = ?4 AND is_own = 1) AS "found!: bool""#,
        device_id,
        epoch,
        seq,
        hash
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

fn digest(bytes: &[u8]) -> Result<Digest, Error> {
    Digest::try_from(bytes).map_err(|_| Error::Unreadable("a hash"))
}
