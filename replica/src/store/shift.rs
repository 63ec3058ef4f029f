//! The shift that is open at this till, and what its documents add up to so far.

use domain::{
    id::{DeviceId, ShiftId, StoreId},
    replication::{
        OpBody, apply,
        chain::decode_header,
        log::{LogKind, LogPlace, LogState},
    },
    sale::Document,
    shift::{Shift, ShiftTotals},
};
use sqlx::{Row, SqliteConnection};

use super::{id, int, log};
use crate::{error::Error, store::chain::Chain};

/// Where a shift's row is.
pub(crate) fn place(store_id: StoreId, shift_id: ShiftId) -> LogPlace {
    LogPlace {
        kind: LogKind::Shift,
        home: Some(store_id),
        key: shift_id.into(),
    }
}

/// A shift of the store as shown.
pub(crate) async fn one_shown(
    connection: &mut SqliteConnection,
    store_id: StoreId,
    shift_id: ShiftId,
) -> Result<Option<Shift>, Error> {
    let state = log::one_shown(connection, &place(store_id, shift_id)).await?;
    Ok(state.and_then(LogState::into_shift))
}

/// The shift that is open at this till, with what its documents add up to.
pub(crate) async fn open(
    connection: &mut SqliteConnection,
    device_id: DeviceId,
    store_id: StoreId,
) -> Result<Option<(Shift, ShiftTotals)>, Error> {
    let Some(row) = sqlx::query!("SELECT shift_id, totals FROM open_shift")
        .fetch_optional(&mut *connection)
        .await?
    else {
        return Ok(None);
    };
    let shift = one_shown(connection, store_id, id(&row.shift_id)?).await?;
    // A copy of this till may have closed it, and a till that moved has a drawer of its own.
    let shift = shift.filter(|shift| shift.closed.is_none() && shift.device_id == device_id);
    shift
        .map(|shift| Ok((shift, serde_json::from_str(&row.totals)?)))
        .transpose()
}

/// Notes that a shift has opened, by the operation that the chain ends with.
pub(crate) async fn begin(
    connection: &mut SqliteConnection,
    shift_id: ShiftId,
    chain: &Chain,
) -> Result<(), Error> {
    let (shift_id, totals) = (shift_id.0, serde_json::to_string(&ShiftTotals::default())?);
    let (epoch, device_seq) = (int(chain.epoch), int(chain.device_seq));
    sqlx::query!(
        "INSERT INTO open_shift (one, shift_id, epoch, device_seq, totals)
         VALUES (1, ?1, ?2, ?3, ?4)
         ON CONFLICT (one) DO UPDATE SET shift_id = excluded.shift_id, epoch = excluded.epoch,
             device_seq = excluded.device_seq, totals = excluded.totals",
        shift_id,
        epoch,
        device_seq,
        totals
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that it has closed.
pub(crate) async fn end(connection: &mut SqliteConnection, shift_id: ShiftId) -> Result<(), Error> {
    let shift_id = shift_id.0;
    sqlx::query!("DELETE FROM open_shift WHERE shift_id = ?1", shift_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds documents that are being recorded to what their shift adds up to.
pub(crate) async fn add(
    connection: &mut SqliteConnection,
    documents: &[Document],
) -> Result<(), Error> {
    for document in documents {
        let Some(shift_id) = document.shift_id else {
            continue;
        };
        let key = shift_id.0;
        let stored = sqlx::query_scalar!("SELECT totals FROM open_shift WHERE shift_id = ?1", key)
            .fetch_optional(&mut *connection)
            .await?;
        let Some(stored) = stored else { continue };
        let mut totals: ShiftTotals = serde_json::from_str(&stored)?;
        totals.add(document);
        put(connection, &totals).await?;
    }
    Ok(())
}

async fn put(connection: &mut SqliteConnection, totals: &ShiftTotals) -> Result<(), Error> {
    let totals = serde_json::to_string(totals)?;
    sqlx::query!("UPDATE open_shift SET totals = ?1", totals)
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds everything up anew out of the journal, after another file was filled.
pub(crate) async fn rebuild(connection: &mut SqliteConnection) -> Result<(), Error> {
    if let Some(totals) = sums(connection).await? {
        put(connection, &totals).await?;
    }
    Ok(())
}

/// What the documents of a shift add up to that are known here, whichever till made them.
pub(crate) async fn sums_of_documents(
    connection: &mut SqliteConnection,
    shift_id: ShiftId,
) -> Result<ShiftTotals, Error> {
    let key = shift_id.0;
    let ids = sqlx::query_scalar!(
        "SELECT document_id FROM document WHERE shift_id = ?1 ORDER BY kind DESC, series, count",
        key
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut totals = ShiftTotals::default();
    for document_id in ids {
        let document = super::document::load(connection, id(&document_id)?).await?;
        if let Some((document, _)) = document {
            totals.add(&document);
        }
    }
    Ok(totals)
}

/// What the own documents of the open shift add up to, by the operations of the journal. Also for
/// `till --verify`, which opens files of any age: a plain text.
pub(crate) async fn sums(connection: &mut SqliteConnection) -> Result<Option<ShiftTotals>, Error> {
    let shift: Option<Vec<u8>> = sqlx::query_scalar("SELECT shift_id FROM open_shift")
        .fetch_optional(&mut *connection)
        .await?;
    let Some(shift) = shift else { return Ok(None) };
    let shift_id: ShiftId = id(&shift)?;
    let mut totals = ShiftTotals::default();
    let mut after: Option<(i64, i64)> = None;
    loop {
        let rows = sqlx::query(
            "SELECT journal.epoch, journal.device_seq, header, body
             FROM journal, chain, open_shift
             WHERE journal.device_id = chain.device_id AND journal.is_own = 1
                 AND (journal.epoch, journal.device_seq) >
                     (coalesce(?1, open_shift.epoch), coalesce(?2, open_shift.device_seq))
             ORDER BY journal.epoch, journal.device_seq LIMIT 1000",
        )
        .bind(after.map(|(epoch, _)| epoch))
        .bind(after.map(|(_, seq)| seq))
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = rows.last() else {
            return Ok(Some(totals));
        };
        after = Some((last.get(0), last.get(1)));
        for row in &rows {
            let Ok(header) = decode_header(row.get(2)) else {
                continue;
            };
            let body = OpBody::from_bytes(&header.kind, header.kind_version, row.get(3));
            let facts = body.ok().and_then(|body| apply(&header, &body, &[]).ok());
            let documents = facts.map(|facts| facts.documents).unwrap_or_default();
            for document in documents {
                if document.shift_id == Some(shift_id) {
                    totals.add(&document);
                }
            }
        }
    }
}
