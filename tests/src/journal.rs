//! Verifies a till's journal from its file alone: every hash, every signature, every link.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use domain::{
    contract::sync_v1::{Certificate, CertificateBody},
    replication::chain::{Base64, Digest, PublicKey, SignatureBytes, decode_header, verify},
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

/// The key under which the till was enrolled, as its certificate says.
pub async fn public_key(replica: &mut SqliteConnection) -> Result<PublicKey> {
    let text: String = sqlx::query_scalar("SELECT certificate FROM enrolment")
        .fetch_one(replica)
        .await?;
    let certificate: Certificate = serde_json::from_str(&text)?;
    let body: CertificateBody = serde_json::from_slice(&certificate.body.0)?;
    Ok(body.public_key)
}

/// Checks the chain of the till that owns the file; returns how many operations it holds.
pub async fn verify_own_chain(replica: &mut SqliteConnection) -> Result<u64> {
    let key = public_key(replica).await?;
    let head = sqlx::query("SELECT device_seq, head_hash, genesis FROM chain")
        .fetch_one(&mut *replica)
        .await?;
    let last_seq: i64 = head.get(0);
    let (head_hash, genesis): (Vec<u8>, Vec<u8>) = (head.get(1), head.get(2));
    let rows = sqlx::query(
        "SELECT journal.device_seq, header, body, hash, signature FROM journal JOIN chain \
         USING (device_id, epoch)",
    )
    .fetch_all(&mut *replica)
    .await?;
    // A copied till may hold another history of itself: its own is the one that its head ends.
    let by_hash: HashMap<Vec<u8>, &SqliteRow> = rows.iter().map(|row| (row.get(3), row)).collect();
    let mut wanted = head_hash;
    for expected in (1..=last_seq).rev() {
        let row = by_hash
            .get(&wanted)
            .with_context(|| format!("operation {expected} is missing"))?;
        let seq: i64 = row.get(0);
        if seq != expected {
            bail!("operation {expected} has sequence {seq}");
        }
        let (header, body): (Base64, Base64) = (Base64(row.get(1)), Base64(row.get(2)));
        let hash = Digest::try_from(row.get::<Vec<u8>, _>(3).as_slice())?;
        let signature = SignatureBytes::try_from(row.get::<Vec<u8>, _>(4).as_slice())?;
        verify(&header.0, &body.0, &hash, &signature, &key)
            .with_context(|| format!("operation {seq}"))?;
        wanted = decode_header(&header.0)?.prev_hash.0.to_vec();
    }
    if wanted != genesis {
        bail!("the chain does not begin where this enrolment did");
    }
    Ok(last_seq.unsigned_abs())
}
