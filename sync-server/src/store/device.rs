//! Tills and their chains. The nil device is the server itself.

use domain::{
    hlc::Hlc,
    id::{DeviceId, OrganizationId, StoreId},
    replication::{
        chain::{Digest, PublicKey},
        row::Till,
    },
};

use super::{digest, operation::stored_u64, unreadable};
use crate::{clock, database::Tx};

/// A device as authentication knows it.
#[derive(Debug, Clone)]
pub struct Device {
    pub device_id: DeviceId,
    pub store_id: StoreId,
    pub epoch: u64,
    pub public_key: PublicKey,
    pub revoked: bool,
}

/// A device's chain, locked.
#[derive(Debug, Clone)]
pub struct Chain {
    pub epoch: u64,
    pub store_id: Option<StoreId>,
    pub last_seq: u64,
    pub last_hash: Digest,
    pub last_effective: Hlc,
    pub revoked: bool,
    pub fenced: bool,
    /// PostgreSQL's time at the lock, in milliseconds since 1970.
    pub now_ms: u64,
}

/// Locks a device's row: the first lock of every push.
pub async fn lock_chain(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<Option<Chain>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT epoch, store_id, last_seq, last_hash, last_effective, revoked, fenced,
             (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "now_ms!"
           FROM device WHERE organization_id = $1 AND device_id = $2 FOR UPDATE"#,
        organization_id.0,
        device_id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Chain {
            epoch: row.epoch.cast_unsigned(),
            store_id: row.store_id.map(Into::into),
            last_seq: row.last_seq.cast_unsigned(),
            last_hash: digest(&row.last_hash)?,
            last_effective: Hlc(row.last_effective.cast_unsigned()),
            revoked: row.revoked,
            fenced: row.fenced,
            now_ms: clock::postgres_ms(row.now_ms.cast_unsigned()),
        })
    })
    .transpose()
}

/// Moves a locked chain on.
pub async fn advance_chain(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
    chain: &Chain,
    skew_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE device SET last_seq = $3, last_hash = $4, last_effective = $5, skew_ms = $6,
             seen_at = clock_timestamp()
         WHERE organization_id = $1 AND device_id = $2",
        organization_id.0,
        device_id.0,
        stored_u64(chain.last_seq)?,
        &chain.last_hash.0,
        stored_u64(chain.last_effective.0)?,
        skew_ms,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks a device whose sequence came twice with different bytes.
pub async fn fence(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE device SET fenced = true WHERE organization_id = $1 AND device_id = $2",
        organization_id.0,
        device_id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes the server's own row if it is missing.
pub async fn ensure_server(
    tx: &mut Tx,
    organization_id: OrganizationId,
    server_key: &PublicKey,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO device (organization_id, device_id, epoch, number, name, series, public_key,
             last_hash)
         VALUES ($1, $2, 1, 0, 'server', '', $3, $4)
         ON CONFLICT (organization_id, device_id) DO NOTHING",
        organization_id.0,
        DeviceId::SERVER.0,
        &server_key.0,
        &Digest::default().0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A freshly enrolled till.
#[derive(Debug)]
pub struct NewDevice<'a> {
    pub till: &'a Till,
    pub public_key: &'a PublicKey,
    pub genesis: &'a Digest,
    pub token_hash: &'a Digest,
    pub token_days: i32,
}

/// Inserts an enrolled till.
pub async fn insert(
    tx: &mut Tx,
    organization_id: OrganizationId,
    new: &NewDevice<'_>,
) -> Result<(), sqlx::Error> {
    let till = new.till;
    sqlx::query!(
        "INSERT INTO device (organization_id, device_id, epoch, store_id, number, name, series,
             public_key, last_hash, token_hash, token_expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(days => $11))",
        organization_id.0,
        till.device_id.0,
        stored_u64(till.epoch)?,
        till.store_id.0,
        super::document::place(till.number)?,
        till.name,
        till.series,
        &new.public_key.0,
        &new.genesis.0,
        &new.token_hash.0,
        new.token_days,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The newest epoch of a till's place; 0 when nobody enrolled there yet.
pub async fn newest_epoch(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: StoreId,
    number: u32,
) -> Result<u64, sqlx::Error> {
    let epoch = sqlx::query_scalar!(
        r#"SELECT coalesce(max(epoch), 0) AS "epoch!" FROM device
           WHERE organization_id = $1 AND store_id = $2 AND number = $3"#,
        organization_id.0,
        store_id.0,
        super::document::place(number)?,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(epoch.cast_unsigned())
}

/// Gives a device a new token in place of the one before.
pub async fn set_token(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
    token_hash: &Digest,
    token_days: i32,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE device SET token_hash = $3, token_expires_at = now() + make_interval(days => $4)
         WHERE organization_id = $1 AND device_id = $2",
        organization_id.0,
        device_id.0,
        &token_hash.0,
        token_days,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A till by id.
pub async fn get(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<Option<Device>, sqlx::Error> {
    find(tx, organization_id, device_id, None).await
}

/// The till that holds a token, if the token is good.
pub async fn by_token(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
    token_hash: &Digest,
) -> Result<Option<Device>, sqlx::Error> {
    find(tx, organization_id, device_id, Some(token_hash)).await
}

async fn find(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
    token_hash: Option<&Digest>,
) -> Result<Option<Device>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT store_id AS "store_id!", epoch, public_key, revoked FROM device
           WHERE organization_id = $1 AND device_id = $2 AND store_id IS NOT NULL
             AND ($3::bytea IS NULL OR (token_hash = $3 AND token_expires_at > now()))"#,
        organization_id.0,
        device_id.0,
        token_hash.map(|hash| hash.0.as_slice()),
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Device {
            device_id,
            store_id: row.store_id.into(),
            epoch: row.epoch.cast_unsigned(),
            public_key: key(&row.public_key)?,
            revoked: row.revoked,
        })
    })
    .transpose()
}

/// Takes a till's rights away; returns its row, or none when there is no such till.
pub async fn revoke(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
) -> Result<Option<Till>, sqlx::Error> {
    sqlx::query!(
        "UPDATE device SET revoked = true WHERE organization_id = $1 AND device_id = $2",
        organization_id.0,
        device_id.0,
    )
    .execute(&mut **tx)
    .await?;
    let tills = tills(tx, organization_id).await?;
    Ok(tills.into_iter().find(|till| till.device_id == device_id))
}

/// All tills, the server aside.
pub async fn tills(tx: &mut Tx, organization_id: OrganizationId) -> Result<Vec<Till>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT device_id, store_id AS "store_id!", number, name, epoch, series, revoked
           FROM device WHERE organization_id = $1 AND store_id IS NOT NULL ORDER BY device_id"#,
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Till {
            device_id: row.device_id.into(),
            store_id: row.store_id.into(),
            number: row.number.cast_unsigned(),
            name: row.name,
            epoch: row.epoch.cast_unsigned(),
            series: row.series,
            revoked: row.revoked,
        })
        .collect())
}

pub(crate) fn key(bytes: &[u8]) -> Result<PublicKey, sqlx::Error> {
    bytes.try_into().map_err(|_| unreadable("a public key"))
}
