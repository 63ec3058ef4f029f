//! Tills and their chains. The nil device is the server itself.

use domain::{
    contract::sync_v1::CertificateBody,
    hlc::Hlc,
    id::{DeviceId, OrganizationId, StoreId},
    replication::{
        chain::{Digest, PublicKey},
        row::Till,
    },
};

use super::{
    chain::{self, Branch, Enrolment},
    digest,
    operation::stored_u64,
    unreadable,
};
use crate::{clock, database::Tx};

/// A till as authentication knows it, in one of its enrolments.
#[derive(Debug, Clone)]
pub struct Device {
    pub device_id: DeviceId,
    pub epoch: u64,
    pub store_id: StoreId,
    pub public_key: PublicKey,
    pub revoked: bool,
    /// Its first operation follows this; none when only a certificate is known of it.
    pub genesis: Option<Digest>,
    /// It must enrol anew: it forked, or went on in an enrolment that was given up.
    pub fenced: bool,
}

impl Device {
    /// Which enrolment it is.
    #[must_use]
    pub const fn enrolment(&self) -> Enrolment {
        Enrolment {
            device_id: self.device_id,
            epoch: self.epoch,
        }
    }
}

/// A device's row, locked: nothing of its chains changes meanwhile.
#[derive(Debug, Clone)]
pub struct Locked {
    pub device_id: DeviceId,
    pub last_effective: Hlc,
    pub revoked: bool,
    /// PostgreSQL's time at the lock, in milliseconds since 1970.
    pub now_ms: u64,
}

/// Locks devices' rows in the order of their ids: the first lock of every writer.
pub async fn lock(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_ids: &[DeviceId],
) -> Result<Vec<Locked>, sqlx::Error> {
    let ids: Vec<_> = device_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT device_id, last_effective, revoked,
             (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "now_ms!"
           FROM device WHERE organization_id = $1 AND device_id = ANY($2)
           ORDER BY device_id FOR UPDATE"#,
        organization_id.0,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Locked {
            device_id: row.device_id.into(),
            last_effective: Hlc(row.last_effective.cast_unsigned()),
            revoked: row.revoked,
            now_ms: clock::postgres_ms(row.now_ms.cast_unsigned()),
        })
        .collect())
}

/// Keeps the last stamp of a locked device, and how far the clock of one that was heard is off.
pub async fn advance(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
    last_effective: Hlc,
    heard_skew_ms: Option<i64>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE device SET last_effective = $3, skew_ms = coalesce($4, skew_ms),
             seen_at = CASE WHEN $4::bigint IS NULL THEN seen_at ELSE clock_timestamp() END
         WHERE organization_id = $1 AND device_id = $2",
        organization_id.0,
        device_id.0,
        stored_u64(last_effective.0)?,
        heard_skew_ms,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks an enrolment of which two histories were seen.
pub async fn fence(
    tx: &mut Tx,
    organization_id: OrganizationId,
    of: Enrolment,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE device_epoch SET fenced = true
         WHERE organization_id = $1 AND device_id = $2 AND epoch = $3",
        organization_id.0,
        of.device_id.0,
        stored_u64(of.epoch)?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The server's own chain, locked.
#[derive(Debug, Clone)]
pub struct ServerChain {
    pub enrolment: Enrolment,
    pub last_seq: u64,
    pub last_effective: Hlc,
    /// PostgreSQL's time at the lock, in milliseconds since 1970.
    pub now_ms: u64,
}

/// Makes the server's own row if it is missing, and locks it: its id is nil, so that it comes
/// before every till's.
pub async fn lock_server(
    tx: &mut Tx,
    organization_id: OrganizationId,
    server_key: &PublicKey,
) -> Result<ServerChain, sqlx::Error> {
    let enrolment = Enrolment {
        device_id: DeviceId::SERVER,
        epoch: 1,
    };
    sqlx::query!(
        "INSERT INTO device (organization_id, device_id, epoch, number, name, series, public_key)
         VALUES ($1, $2, 1, 0, 'server', '', $3)
         ON CONFLICT (organization_id, device_id) DO NOTHING",
        organization_id.0,
        DeviceId::SERVER.0,
        &server_key.0,
    )
    .execute(&mut **tx)
    .await?;
    let locked = lock(tx, organization_id, &[DeviceId::SERVER]).await?;
    let locked = locked.first();
    let locked = locked.ok_or_else(|| unreadable("the server's own device"))?;
    let branches = chain::branches(tx, organization_id, enrolment).await?;
    Ok(ServerChain {
        enrolment,
        last_seq: branches.first().map_or(0, |branch| branch.last_seq),
        last_effective: locked.last_effective,
        now_ms: locked.now_ms,
    })
}

/// Moves the server's locked chain on.
pub async fn advance_server(
    tx: &mut Tx,
    organization_id: OrganizationId,
    chain: &ServerChain,
) -> Result<(), sqlx::Error> {
    advance(
        tx,
        organization_id,
        DeviceId::SERVER,
        chain.last_effective,
        None,
    )
    .await?;
    let branch = Branch::beginning(chain.last_seq, Digest::default());
    chain::put(tx, organization_id, chain.enrolment, &branch).await
}

/// An enrolment that begins, of a new device or of a known one.
#[derive(Debug)]
pub struct NewEnrolment<'a> {
    pub till: &'a Till,
    pub public_key: &'a PublicKey,
    pub genesis: Option<&'a Digest>,
}

/// Inserts an enrolment and its chain; the device is there from now on, and its present enrolment
/// is the one with the highest epoch. One that it takes the place of counts as fenced.
pub async fn enrol(
    tx: &mut Tx,
    organization_id: OrganizationId,
    new: &NewEnrolment<'_>,
) -> Result<(), sqlx::Error> {
    let till = new.till;
    let (epoch, number) = (
        stored_u64(till.epoch)?,
        super::document::place(till.number)?,
    );
    sqlx::query!(
        "INSERT INTO device (organization_id, device_id, epoch, store_id, number, name, series,
             public_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (organization_id, device_id) DO UPDATE SET epoch = excluded.epoch,
             store_id = excluded.store_id, number = excluded.number, name = excluded.name,
             series = excluded.series, public_key = excluded.public_key
         WHERE device.epoch < excluded.epoch",
        organization_id.0,
        till.device_id.0,
        epoch,
        till.store_id.0,
        number,
        till.name,
        till.series,
        &new.public_key.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO device_epoch (organization_id, device_id, epoch, store_id, number, series,
             public_key, genesis)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        organization_id.0,
        till.device_id.0,
        epoch,
        till.store_id.0,
        number,
        till.series,
        &new.public_key.0,
        new.genesis.map(|genesis| genesis.0.as_slice()),
    )
    .execute(&mut **tx)
    .await?;
    let enrolment = Enrolment {
        device_id: till.device_id,
        epoch: till.epoch,
    };
    let branch = Branch::beginning(0, new.genesis.copied().unwrap_or_default());
    chain::put(tx, organization_id, enrolment, &branch).await
}

/// The newest epoch of a till's place; 0 when nobody enrolled there yet.
pub async fn newest_epoch(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: StoreId,
    number: u32,
) -> Result<u64, sqlx::Error> {
    let epoch = sqlx::query_scalar!(
        r#"SELECT coalesce(max(epoch), 0) AS "epoch!" FROM device_epoch
           WHERE organization_id = $1 AND store_id = $2 AND number = $3"#,
        organization_id.0,
        store_id.0,
        super::document::place(number)?,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(epoch.cast_unsigned())
}

/// Whether a place of a till was given out under an epoch already.
pub async fn has_epoch(
    tx: &mut Tx,
    organization_id: OrganizationId,
    store_id: StoreId,
    number: u32,
    epoch: u64,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM device_epoch WHERE organization_id = $1 AND store_id = $2
             AND number = $3 AND epoch = $4) AS "has!""#,
        organization_id.0,
        store_id.0,
        super::document::place(number)?,
        stored_u64(epoch)?,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Gives an enrolment a new token in place of the one before.
pub async fn set_token(
    tx: &mut Tx,
    organization_id: OrganizationId,
    of: Enrolment,
    token_hash: &Digest,
    token_days: i32,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE device_epoch
         SET token_hash = $4, token_expires_at = now() + make_interval(days => $5)
         WHERE organization_id = $1 AND device_id = $2 AND epoch = $3",
        organization_id.0,
        of.device_id.0,
        stored_u64(of.epoch)?,
        &token_hash.0,
        token_days,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All enrolments of some tills, a till's newest first.
pub async fn enrolments(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_ids: &[DeviceId],
) -> Result<Vec<Device>, sqlx::Error> {
    find(tx, organization_id, device_ids, None).await
}

/// What the certificate of each enrolment says.
pub async fn certificate_bodies(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<CertificateBody>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT device_id, epoch, store_id, number, series, public_key FROM device_epoch
         WHERE organization_id = $1 ORDER BY device_id, epoch",
        organization_id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(CertificateBody {
                organization_id,
                device_id: row.device_id.into(),
                public_key: key(&row.public_key)?,
                store_id: row.store_id.into(),
                till_number: row.number.cast_unsigned(),
                epoch: row.epoch.cast_unsigned(),
                series: row.series,
            })
        })
        .collect()
}

/// The till that holds a token, if the token is good.
pub async fn by_token(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_id: DeviceId,
    token_hash: &Digest,
) -> Result<Option<Device>, sqlx::Error> {
    let found = find(tx, organization_id, &[device_id], Some(token_hash)).await?;
    Ok(found.into_iter().next())
}

async fn find(
    tx: &mut Tx,
    organization_id: OrganizationId,
    device_ids: &[DeviceId],
    token_hash: Option<&Digest>,
) -> Result<Vec<Device>, sqlx::Error> {
    let ids: Vec<_> = device_ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"SELECT own.device_id, own.epoch, own.store_id, own.public_key, own.genesis,
             device.revoked, (own.fenced OR own.epoch < device.epoch) AS "fenced!"
           FROM device_epoch AS own
           JOIN device ON device.organization_id = $1 AND device.device_id = own.device_id
           WHERE own.organization_id = $1 AND own.device_id = ANY($2)
             AND ($3::bytea IS NULL OR (own.token_hash = $3 AND own.token_expires_at > now()))
           ORDER BY own.device_id, own.epoch DESC"#,
        organization_id.0,
        &ids,
        token_hash.map(|hash| hash.0.as_slice()),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Device {
                device_id: row.device_id.into(),
                epoch: row.epoch.cast_unsigned(),
                store_id: row.store_id.into(),
                public_key: key(&row.public_key)?,
                revoked: row.revoked,
                genesis: row.genesis.as_deref().map(digest).transpose()?,
                fenced: row.fenced,
            })
        })
        .collect()
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
