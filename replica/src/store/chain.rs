//! The head of this till's own chain and its counters: one row, read and written under the
//! writer's transaction.

use domain::{hlc::Hlc, id::DeviceId, replication::chain::Digest};
use sqlx::SqliteConnection;

use super::{count, id, int};
use crate::error::Error;

/// The row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) device_id: DeviceId,
    pub(crate) epoch: u64,
    pub(crate) series: String,
    /// Of the last operation; 0 before the first.
    pub(crate) device_seq: u64,
    pub(crate) head_hash: Digest,
    /// What the first operation of this epoch follows.
    pub(crate) genesis: Digest,
    pub(crate) hlc: Hlc,
    /// How many numbers of each kind this epoch has given out.
    pub(crate) receipts: u64,
    pub(crate) credit_notes: u64,
    pub(crate) repairs: u64,
    pub(crate) quotes: u64,
    pub(crate) invoices: u64,
}

/// The row; none before enrolment.
pub(crate) async fn load(connection: &mut SqliteConnection) -> Result<Option<Chain>, Error> {
    let Some(row) = sqlx::query!(
        "SELECT device_id, epoch, series, device_seq, head_hash, hlc, receipts, credit_notes,
             repairs, quotes, invoices, genesis FROM chain"
    )
    .fetch_optional(connection)
    .await?
    else {
        return Ok(None);
    };
    Ok(Some(Chain {
        device_id: id(&row.device_id)?,
        epoch: count(row.epoch)?,
        series: row.series,
        device_seq: count(row.device_seq)?,
        head_hash: Digest::try_from(row.head_hash.as_slice())
            .map_err(|_| Error::Unreadable("the chain's head"))?,
        genesis: Digest::try_from(row.genesis.as_slice())
            .map_err(|_| Error::Unreadable("the chain's beginning"))?,
        hlc: Hlc(count(row.hlc)?),
        receipts: count(row.receipts)?,
        credit_notes: count(row.credit_notes)?,
        repairs: count(row.repairs)?,
        quotes: count(row.quotes)?,
        invoices: count(row.invoices)?,
    }))
}

/// Writes the row.
pub(crate) async fn save(connection: &mut SqliteConnection, chain: &Chain) -> Result<(), Error> {
    let (device_id, head_hash) = (chain.device_id.0, chain.head_hash.0.as_slice());
    let (epoch, device_seq, hlc) = (int(chain.epoch), int(chain.device_seq), int(chain.hlc.0));
    let (receipts, genesis) = (int(chain.receipts), chain.genesis.0.as_slice());
    let (credit_notes, repairs) = (int(chain.credit_notes), int(chain.repairs));
    let (quotes, invoices) = (int(chain.quotes), int(chain.invoices));
    sqlx::query!(
        "INSERT INTO chain (one, device_id, epoch, series, device_seq, head_hash, hlc, receipts,
             credit_notes, repairs, genesis, quotes, invoices)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (one) DO UPDATE SET device_id = excluded.device_id, epoch = excluded.epoch,
             series = excluded.series, device_seq = excluded.device_seq,
             head_hash = excluded.head_hash, hlc = excluded.hlc, receipts = excluded.receipts,
             credit_notes = excluded.credit_notes, repairs = excluded.repairs,
             genesis = excluded.genesis, quotes = excluded.quotes,
             invoices = excluded.invoices",
        device_id,
        epoch,
        chain.series,
        device_seq,
        head_hash,
        hlc,
        receipts,
        credit_notes,
        repairs,
        genesis,
        quotes,
        invoices
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves the till's logical clock alone.
pub(crate) async fn save_hlc(connection: &mut SqliteConnection, hlc: Hlc) -> Result<(), Error> {
    let hlc = int(hlc.0);
    sqlx::query!("UPDATE chain SET hlc = ?1", hlc)
        .execute(connection)
        .await?;
    Ok(())
}
