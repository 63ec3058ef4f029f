//! What the server once signed and may have to be shown again: certificates of enrolments, its own
//! checkpoints, and erasures, which also take the erased person's texts out of the journal.

use domain::{
    contract::sync_v1::{
        Certificate, CertificateBody, Checkpoint, CheckpointBody, Erasure, ErasureBody,
    },
    hlc::Hlc,
    id::{CustomerId, DeviceId},
    replication::{OpBody, Rows, chain::decode_header},
};
use serde::de::DeserializeOwned;
use sqlx::SqliteConnection;

use super::{count, id, int};
use crate::error::Error;

/// Keeps what a page brings of it.
pub(crate) async fn put(connection: &mut SqliteConnection, rows: &Rows) -> Result<(), Error> {
    for certificate in &rows.certificate {
        let body: CertificateBody = read(&certificate.body.0)?;
        put_certificate(connection, body.device_id, body.epoch, certificate).await?;
    }
    for checkpoint in &rows.checkpoint {
        put_checkpoint(connection, checkpoint).await?;
    }
    for erasure in &rows.erasure {
        put_erasure(connection, erasure).await?;
    }
    Ok(())
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::Protocol(format!("what the server signed: {error}")))
}

/// Keeps an enrolment's certificate.
pub(crate) async fn put_certificate(
    connection: &mut SqliteConnection,
    device_id: DeviceId,
    epoch: u64,
    certificate: &Certificate,
) -> Result<(), Error> {
    let (device_id, epoch) = (device_id.0, int(epoch));
    let certificate = serde_json::to_string(certificate)?;
    sqlx::query!(
        "INSERT INTO certificate (device_id, epoch, certificate) VALUES (?1, ?2, ?3)
         ON CONFLICT DO NOTHING",
        device_id,
        epoch,
        certificate
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn put_checkpoint(
    connection: &mut SqliteConnection,
    checkpoint: &Checkpoint,
) -> Result<(), Error> {
    let body: CheckpointBody = read(&checkpoint.body.0)?;
    let (epoch, branch, seq) = (int(body.epoch), body.branch, int(body.seq));
    let text = serde_json::to_string(checkpoint)?;
    sqlx::query!(
        "INSERT INTO checkpoint (epoch, branch, seq, checkpoint) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (epoch, branch) DO UPDATE SET seq = excluded.seq,
             checkpoint = excluded.checkpoint WHERE excluded.seq > seq",
        epoch,
        branch,
        seq,
        text
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps a tombstone and forgets the texts that it names.
async fn put_erasure(connection: &mut SqliteConnection, erasure: &Erasure) -> Result<(), Error> {
    let body: ErasureBody = read(&erasure.body.0)?;
    let (customer_id, until) = (body.customer_id.0, int(body.effective_hlc.0));
    let text = serde_json::to_string(erasure)?;
    sqlx::query!(
        "INSERT INTO erasure (customer_id, effective_hlc, erasure) VALUES (?1, ?2, ?3)
         ON CONFLICT (customer_id) DO UPDATE SET effective_hlc = excluded.effective_hlc,
             erasure = excluded.erasure WHERE excluded.effective_hlc > effective_hlc",
        customer_id,
        until,
        text
    )
    .execute(&mut *connection)
    .await?;
    forget_texts(connection, body.customer_id, body.effective_hlc).await
}

/// Forgets the texts of everybody who was erased: envelopes that come from elsewhere than the feed
/// may still hold them.
pub(crate) async fn forget_erased(connection: &mut SqliteConnection) -> Result<(), Error> {
    let erased = sqlx::query!("SELECT customer_id, effective_hlc FROM erasure")
        .fetch_all(&mut *connection)
        .await?;
    for row in erased {
        let until = Hlc(count(row.effective_hlc)?);
        forget_texts(connection, id(&row.customer_id)?, until).await?;
    }
    Ok(())
}

async fn forget_texts(
    connection: &mut SqliteConnection,
    customer_id: CustomerId,
    until: Hlc,
) -> Result<(), Error> {
    let until = int(until.0);
    let rows = sqlx::query!(
        "SELECT op_id, header, body FROM journal
         WHERE kind = 'customer_put' AND private <> '' AND effective_hlc <= ?1",
        until
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        if writes_customer(&row.header, &row.body, customer_id) {
            sqlx::query!(
                "UPDATE journal SET private = '' WHERE op_id = ?1",
                row.op_id
            )
            .execute(&mut *connection)
            .await?;
        }
    }
    Ok(())
}

fn writes_customer(header: &[u8], body: &[u8], customer_id: CustomerId) -> bool {
    let Ok(header) = decode_header(header) else {
        return false;
    };
    matches!(
        OpBody::from_bytes(&header.kind, header.kind_version, body),
        Ok(OpBody::CustomerPut(put)) if put.customer_id == customer_id
    )
}

/// Every certificate and erasure kept here, the till's own certificate last.
pub(crate) async fn all(
    connection: &mut SqliteConnection,
) -> Result<(Vec<Certificate>, Vec<Erasure>), Error> {
    let certificates = sqlx::query_scalar!(
        r#"SELECT certificate AS "certificate!: String" FROM
             (SELECT 0 AS is_own, certificate FROM certificate
              UNION ALL SELECT 1, certificate FROM enrolment)
           ORDER BY is_own"#
    )
    .fetch_all(&mut *connection)
    .await?;
    let erasures = sqlx::query_scalar!("SELECT erasure FROM erasure")
        .fetch_all(connection)
        .await?;
    Ok((many(&certificates)?, many(&erasures)?))
}

fn many<T: DeserializeOwned>(texts: &[String]) -> Result<Vec<T>, Error> {
    texts
        .iter()
        .map(|text| Ok(serde_json::from_str(text)?))
        .collect()
}

/// The certificate of an enrolment, if it has come.
pub(crate) async fn certificate(
    connection: &mut SqliteConnection,
    device_id: DeviceId,
    epoch: u64,
) -> Result<Option<Certificate>, Error> {
    let (device_id, epoch) = (device_id.0, int(epoch));
    let found = sqlx::query_scalar!(
        "SELECT certificate FROM certificate WHERE device_id = ?1 AND epoch = ?2",
        device_id,
        epoch
    )
    .fetch_optional(connection)
    .await?;
    Ok(found
        .map(|certificate| serde_json::from_str(&certificate))
        .transpose()?)
}
