//! What `verify` reads: every fact with the operation that states it, in pages, within one moment
//! of the database. Nothing here trusts a value to be what was written.

mod facts;

use std::collections::HashMap;

use domain::{
    hlc::Hlc,
    id::{DeviceId, OpId, OrganizationId, ProductId, RepairId, StoreId},
    replication::Private,
};
use sqlx::types::Json;

pub use facts::{documents, events_of, movements};

use super::operation::stored_u64;
use crate::database::Tx;

/// One history of one enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainKey {
    pub device_id: DeviceId,
    pub epoch: u64,
    pub branch: u32,
}

/// A history as its rows tell it.
#[derive(Debug)]
pub struct Device {
    pub public_key: Vec<u8>,
    /// What its first operation follows, where that is known.
    pub genesis: Option<Vec<u8>>,
    pub first_seq: u64,
    pub last_seq: u64,
    pub last_hash: Vec<u8>,
}

/// What the rows tell of every history.
pub async fn devices(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<HashMap<ChainKey, Device>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT chain.device_id, chain.epoch, chain.branch, chain.first_seq, chain.last_seq,
             chain.last_hash, own.genesis AS "genesis?",
             coalesce(own.public_key, device.public_key) AS "public_key!"
           FROM chain
           JOIN device ON device.organization_id = $1 AND device.device_id = chain.device_id
           LEFT JOIN device_epoch AS own ON own.organization_id = $1
               AND own.device_id = chain.device_id AND own.epoch = chain.epoch
           WHERE chain.organization_id = $1
             AND (own.device_id IS NOT NULL OR device.store_id IS NULL)"#,
        organization_id.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let key = ChainKey {
                device_id: row.device_id.into(),
                epoch: row.epoch.cast_unsigned(),
                branch: row.branch.cast_unsigned(),
            };
            let device = Device {
                public_key: row.public_key,
                genesis: row.genesis,
                first_seq: row.first_seq.cast_unsigned(),
                last_seq: row.last_seq.cast_unsigned(),
                last_hash: row.last_hash,
            };
            (key, device)
        })
        .collect())
}

/// Every history, in order.
pub async fn chains(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<ChainKey>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT device_id AS "device_id!", epoch AS "epoch!", branch AS "branch!"
           FROM (SELECT device_id, epoch, branch FROM operation WHERE organization_id = $1
                 UNION
                 SELECT device_id, epoch, branch FROM held_operation WHERE organization_id = $1
                 UNION
                 SELECT device_id, epoch, branch FROM chain
                 WHERE organization_id = $1 AND last_seq >= first_seq)
               AS every_one
           ORDER BY device_id, epoch, branch"#,
        organization_id.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ChainKey {
            device_id: row.device_id.into(),
            epoch: row.epoch.cast_unsigned(),
            branch: row.branch.cast_unsigned(),
        })
        .collect())
}

/// An applied operation as stored.
#[derive(Debug)]
pub struct Stored {
    pub op_id: OpId,
    pub seq: u64,
    pub kind: String,
    pub effective: Hlc,
    pub hash: Vec<u8>,
    pub signature: Vec<u8>,
    pub header: Vec<u8>,
    pub body: Vec<u8>,
    pub private: Vec<Private>,
}

/// Applied operations of a history after a sequence.
pub async fn operations(
    tx: &mut Tx,
    organization_id: OrganizationId,
    chain: ChainKey,
    after_seq: u64,
    limit: i64,
) -> Result<Vec<Stored>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT op_id, device_seq, kind, effective_hlc, hash, signature, header, body,
             private AS "private: Json<Vec<Private>>"
           FROM operation
           WHERE organization_id = $1 AND device_id = $2 AND epoch = $3 AND branch = $4
             AND device_seq > $5
           ORDER BY device_seq LIMIT $6"#,
        organization_id.0,
        chain.device_id.0,
        stored_u64(chain.epoch)?,
        chain.branch.cast_signed(),
        stored_u64(after_seq)?,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Stored {
            op_id: row.op_id.into(),
            seq: row.device_seq.cast_unsigned(),
            kind: row.kind,
            effective: Hlc(row.effective_hlc.cast_unsigned()),
            hash: row.hash,
            signature: row.signature,
            header: row.header,
            body: row.body,
            private: row.private.map(|private| private.0).unwrap_or_default(),
        })
        .collect())
}

/// A held operation as stored.
#[derive(Debug)]
pub struct Held {
    pub seq: u64,
    pub hash: Vec<u8>,
    pub envelope: serde_json::Value,
    pub reason: String,
}

/// All held operations of a history.
pub async fn held(
    tx: &mut Tx,
    organization_id: OrganizationId,
    chain: ChainKey,
) -> Result<Vec<Held>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT device_seq, hash, envelope, reason FROM held_operation
         WHERE organization_id = $1 AND device_id = $2 AND epoch = $3 AND branch = $4
         ORDER BY device_seq",
        organization_id.0,
        chain.device_id.0,
        stored_u64(chain.epoch)?,
        chain.branch.cast_signed(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Held {
            seq: row.device_seq.cast_unsigned(),
            hash: row.hash,
            envelope: row.envelope,
            reason: row.reason,
        })
        .collect())
}

/// Facts whose operation is not there: which tables hold any, by operation.
pub async fn orphans(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<(OpId, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT op_id AS "op_id!", min(held_by) AS "held_by!" FROM (
             SELECT document_id AS op_id, 'document' AS held_by FROM document
             WHERE organization_id = $1
             UNION ALL SELECT document_id, 'document_line' FROM document_line
             WHERE organization_id = $1
             UNION ALL SELECT document_id, 'document_tax' FROM document_tax
             WHERE organization_id = $1
             UNION ALL SELECT document_id, 'payment' FROM payment WHERE organization_id = $1
             UNION ALL SELECT op_id, 'stock_movement' FROM stock_movement
             WHERE organization_id = $1
             UNION ALL SELECT op_id, 'repair_event' FROM repair_event
             WHERE organization_id = $1
             UNION ALL SELECT op_id, 'log_event' FROM log_event
             WHERE organization_id = $1) AS fact
           WHERE NOT EXISTS (SELECT FROM operation
               WHERE operation.organization_id = $1 AND operation.op_id = fact.op_id)
           GROUP BY op_id ORDER BY op_id"#,
        organization_id.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.op_id.into(), row.held_by))
        .collect())
}

/// A level that is not the sum of its movements.
#[derive(Debug)]
pub struct WrongLevel {
    pub store_id: StoreId,
    pub location: String,
    pub product_id: ProductId,
    /// None when there is no level at all.
    pub on_hand_milli: Option<i64>,
    pub moved_milli: i64,
}

/// Every level that is not the sum of its movements.
pub async fn wrong_levels(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<WrongLevel>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"WITH moved AS (
             SELECT store_id, location, product_id, sum(delta_milli)::bigint AS moved_milli
             FROM stock_movement WHERE organization_id = $1
             GROUP BY store_id, location, product_id),
           level AS (
             SELECT store_id, location, product_id, on_hand_milli FROM stock_level
             WHERE organization_id = $1)
           SELECT store_id AS "store_id!", location AS "location!", product_id AS "product_id!",
             on_hand_milli AS "on_hand_milli?", coalesce(moved_milli, 0) AS "moved_milli!"
           FROM moved FULL JOIN level USING (store_id, location, product_id)
           WHERE on_hand_milli IS DISTINCT FROM coalesce(moved_milli, 0)
           ORDER BY store_id, location, product_id"#,
        organization_id.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| WrongLevel {
            store_id: row.store_id.into(),
            location: row.location,
            product_id: row.product_id.into(),
            on_hand_milli: row.on_hand_milli,
            moved_milli: row.moved_milli,
        })
        .collect())
}

/// A repair's row as stored.
#[derive(Debug)]
pub struct RepairRow {
    pub repair_id: RepairId,
    pub state: Option<String>,
    pub number: Option<String>,
    pub folded: Option<serde_json::Value>,
}

/// Repairs after an id.
pub async fn repairs(
    tx: &mut Tx,
    organization_id: OrganizationId,
    after: uuid::Uuid,
    limit: i64,
) -> Result<Vec<RepairRow>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT repair_id, state, number, folded FROM repair
         WHERE organization_id = $1 AND repair_id > $2 ORDER BY repair_id LIMIT $3",
        organization_id.0,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| RepairRow {
            repair_id: row.repair_id.into(),
            state: row.state,
            number: row.number,
            folded: row.folded,
        })
        .collect())
}

/// Repairs that have events and no row.
pub async fn repairs_without_row(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<RepairId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT DISTINCT repair_id FROM repair_event AS event
         WHERE organization_id = $1 AND NOT EXISTS (SELECT FROM repair
             WHERE repair.organization_id = $1 AND repair.repair_id = event.repair_id)
         ORDER BY repair_id",
        organization_id.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A feed's head as stored.
#[derive(Debug)]
pub struct FeedHead {
    pub scope: String,
    pub head: u64,
    pub digest: Vec<u8>,
    pub floor: u64,
}

/// Every feed, those with rows but without a head among them (head 0).
pub async fn feeds(
    tx: &mut Tx,
    organization_id: OrganizationId,
) -> Result<Vec<FeedHead>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT scope AS "scope!", coalesce(head, 0) AS "head!",
             coalesce(digest, '') AS "digest!", coalesce(floor, 1) AS "floor!"
           FROM (SELECT DISTINCT scope FROM feed WHERE organization_id = $1) AS fed
           FULL JOIN (SELECT scope, head, digest, floor FROM feed_head
                      WHERE organization_id = $1) AS feed_head USING (scope)
           ORDER BY scope"#,
        organization_id.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| FeedHead {
            scope: row.scope,
            head: row.head.cast_unsigned(),
            digest: row.digest,
            floor: row.floor.cast_unsigned(),
        })
        .collect())
}

/// A feed's row as stored.
#[derive(Debug)]
pub struct FeedRow {
    pub seq: u64,
    pub row_type: String,
    pub bytes: Vec<u8>,
    pub digest: Vec<u8>,
}

/// Rows of a feed after one.
pub async fn feed_rows(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<FeedRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT seq, type AS row_type, bytes, digest FROM feed
           WHERE organization_id = $1 AND scope = $2 AND seq > $3 ORDER BY seq LIMIT $4"#,
        organization_id.0,
        scope,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| FeedRow {
            seq: row.seq.cast_unsigned(),
            row_type: row.row_type,
            bytes: row.bytes,
            digest: row.digest,
        })
        .collect())
}
