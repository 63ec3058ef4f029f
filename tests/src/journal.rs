//! Verifies a till's journal from its file alone: every hash, every signature, every link.

use anyhow::{Context, Result, bail};
use domain::{
    contract::sync_v1::{Certificate, CertificateBody},
    replication::chain::{Base64, Digest, PublicKey, SignatureBytes, decode_header, verify},
};
use sqlx::{Row, SqliteConnection};

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
    let head = sqlx::query("SELECT device_id, device_seq, head_hash FROM chain")
        .fetch_one(&mut *replica)
        .await?;
    let (device, last_seq): (Vec<u8>, i64) = (head.get(0), head.get(1));
    let head_hash: Vec<u8> = head.get(2);
    let rows = sqlx::query(
        "SELECT device_seq, header, body, hash, signature FROM journal WHERE device_id = ? \
         ORDER BY epoch, device_seq",
    )
    .bind(&device)
    .fetch_all(&mut *replica)
    .await?;
    let mut before = Digest::default();
    for (expected, row) in (1_i64..).zip(&rows) {
        let seq: i64 = row.get(0);
        if seq != expected {
            bail!("operation {expected} is missing: the next one is {seq}");
        }
        let (header, body): (Base64, Base64) = (Base64(row.get(1)), Base64(row.get(2)));
        let hash = Digest::try_from(row.get::<Vec<u8>, _>(3).as_slice())?;
        let signature = SignatureBytes::try_from(row.get::<Vec<u8>, _>(4).as_slice())?;
        verify(&header.0, &body.0, &hash, &signature, &key)
            .with_context(|| format!("operation {seq}"))?;
        if decode_header(&header.0)?.prev_hash != before {
            bail!("operation {seq} does not follow the one before it");
        }
        before = hash;
    }
    if rows.len() as i64 != last_seq || before.0.as_slice() != head_hash.as_slice() {
        bail!(
            "the journal ends at {} and the chain at {last_seq}",
            rows.len()
        );
    }
    Ok(rows.len() as u64)
}
