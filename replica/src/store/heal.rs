//! What this till can give back to a server that lost it: the kept envelopes, as ranges without
//! gaps; and what it learns of its own past from the feed after its disk was an old copy.

use domain::{
    contract::sync_v1::{HaveRange, WantRange},
    id::DeviceId,
    replication::{
        Envelope, OpBody,
        chain::{Base64, Digest, SignatureBytes},
    },
};
use sqlx::SqliteConnection;

use super::{chain::Chain, count, id, int};
use crate::error::Error;

/// Every run of kept envelopes without gaps, per device, epoch and branch.
pub(crate) async fn ranges(connection: &mut SqliteConnection) -> Result<Vec<HaveRange>, Error> {
    let rows = sqlx::query!(
        r#"SELECT run.device_id AS "device_id!: Vec<u8>", run.epoch AS "epoch!: i64",
             run.first AS "first!: i64", run.last AS "last!: i64",
             (SELECT hash FROM journal WHERE journal.device_id = run.device_id
                AND journal.epoch = run.epoch AND journal.branch = run.branch
                AND journal.device_seq = run.last) AS "hash!: Vec<u8>"
           FROM (SELECT device_id, epoch, branch, min(device_seq) AS first,
                   max(device_seq) AS last
                 FROM (SELECT device_id, epoch, branch, device_seq, device_seq - row_number()
                         OVER (PARTITION BY device_id, epoch, branch ORDER BY device_seq) AS run
                       FROM journal)
                 GROUP BY device_id, epoch, branch, run) run
           ORDER BY run.device_id, run.epoch, run.first"#
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(HaveRange {
                device_id: id(&row.device_id)?,
                epoch: count(row.epoch)?,
                from: count(row.first)?,
                to: count(row.last)?,
                last_hash: digest(&row.hash)?,
            })
        })
        .collect()
}

/// Envelopes of a wanted range from a sequence on, at most that many and that many bytes of them
/// but always one; with the sequence of each. They are walked back from the range's last hash, so
/// that of two histories only the one that was asked for is sent.
pub(crate) async fn envelopes(
    connection: &mut SqliteConnection,
    want: &WantRange,
    from: u64,
    ops_max: usize,
    bytes_max: usize,
) -> Result<Vec<(u64, Envelope)>, Error> {
    let device_id = want.device_id.0;
    let (epoch, from, to) = (int(want.epoch), int(from), int(want.to));
    let rows = sqlx::query!(
        "SELECT device_seq, header, body, hash, signature, private FROM journal
         WHERE device_id = ?1 AND epoch = ?2 AND device_seq BETWEEN ?3 AND ?4
         ORDER BY device_seq DESC",
        device_id,
        epoch,
        from,
        to
    )
    .fetch_all(connection)
    .await?;
    let mut chosen = Vec::new();
    let mut wanted = want.last_hash;
    for row in rows {
        if row.hash != wanted.0 {
            continue;
        }
        let envelope = Envelope {
            header: Base64(row.header),
            body: Base64(row.body),
            hash: wanted,
            signature: SignatureBytes::try_from(row.signature.as_slice())
                .map_err(|_| Error::Unreadable("a signature"))?,
            private: if row.private.is_empty() {
                Vec::new()
            } else {
                serde_json::from_str(&row.private)?
            },
        };
        let Ok(header) = envelope.decode_header() else {
            break;
        };
        wanted = header.prev_hash;
        chosen.push((count(row.device_seq)?, envelope));
    }
    chosen.reverse();
    let mut bytes = 0;
    let fits = chosen
        .iter()
        .take(ops_max)
        .take_while(|(_, envelope)| {
            let is_first = bytes == 0;
            bytes += envelope.size_bytes();
            is_first || bytes <= bytes_max
        })
        .count();
    chosen.truncate(fits);
    Ok(chosen)
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
