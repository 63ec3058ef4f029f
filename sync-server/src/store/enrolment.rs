//! One-time codes and challenges.

use domain::{
    id::{DeviceId, OrganizationId, StoreId},
    replication::chain::Digest,
};

use crate::database::Tx;

/// A code as it was found, locked.
#[derive(Debug)]
pub struct Code {
    pub store_id: StoreId,
    pub till_number: u32,
    pub is_spent: bool,
    pub is_expired: bool,
}

/// Keeps a code for one store and till number.
pub async fn insert_code(
    tx: &mut Tx,
    organization_id: OrganizationId,
    code_hash: &Digest,
    store_id: StoreId,
    till_number: u32,
    expires_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO enrolment_code (organization_id, code_hash, store_id, till_number, expires_at)
         VALUES ($1, $2, $3, $4, to_timestamp($5::bigint / 1000.0))",
        organization_id.0,
        &code_hash.0,
        store_id.0,
        super::document::place(till_number)?,
        expires_ms,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Finds and locks a code, so that it is spent once.
pub async fn lock_code(
    tx: &mut Tx,
    organization_id: OrganizationId,
    code_hash: &Digest,
) -> Result<Option<Code>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT store_id, till_number, spent_at IS NOT NULL AS "is_spent!",
             expires_at <= clock_timestamp() AS "is_expired!"
           FROM enrolment_code WHERE organization_id = $1 AND code_hash = $2 FOR UPDATE"#,
        organization_id.0,
        &code_hash.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Code {
        store_id: row.store_id.into(),
        till_number: row.till_number.cast_unsigned(),
        is_spent: row.is_spent,
        is_expired: row.is_expired,
    }))
}

/// Spends a locked code.
pub async fn spend_code(
    tx: &mut Tx,
    organization_id: OrganizationId,
    code_hash: &Digest,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE enrolment_code SET spent_at = now()
         WHERE organization_id = $1 AND code_hash = $2",
        organization_id.0,
        &code_hash.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps a challenge for a minute; a device's expired ones go.
pub async fn insert_challenge(
    tx: &mut Tx,
    organization_id: OrganizationId,
    nonce_hash: &Digest,
    device_id: DeviceId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM challenge
         WHERE organization_id = $1 AND device_id = $2 AND expires_at <= now()",
        organization_id.0,
        device_id.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO challenge (organization_id, nonce_hash, device_id, expires_at)
         VALUES ($1, $2, $3, now() + interval '1 minute')",
        organization_id.0,
        &nonce_hash.0,
        device_id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a challenge away; whether it was there and good.
pub async fn take_challenge(
    tx: &mut Tx,
    organization_id: OrganizationId,
    nonce_hash: &Digest,
    device_id: DeviceId,
) -> Result<bool, sqlx::Error> {
    let good = sqlx::query_scalar!(
        r#"DELETE FROM challenge
           WHERE organization_id = $1 AND nonce_hash = $2 AND device_id = $3
           RETURNING expires_at > now() AS "good!""#,
        organization_id.0,
        &nonce_hash.0,
        device_id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(good.unwrap_or(false))
}
