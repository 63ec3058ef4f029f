//! The feeds: rows numbered without gaps under their head's lock, each digest over the one before.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{Beside, FeedType},
    id::OrganizationId,
    replication::{
        chain::{Digest, feed_digest, feed_genesis},
        table::Scope,
    },
};

use sqlx::types::Json;

use super::digest;
use crate::database::{Pool, Tx};

/// A row to be appended.
#[derive(Debug, Clone)]
pub struct NewRow {
    pub row_type: FeedType,
    /// JSON text.
    pub bytes: Vec<u8>,
    /// Personal data, outside the digest.
    pub beside: Option<Beside>,
}

/// Where a feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub seq: u64,
    pub digest: Digest,
    /// The first row still kept.
    pub floor: u64,
}

/// Appends to several feeds: locks their heads in order, numbers and chains the rows, and writes
/// rows and heads. The last thing that a writing transaction does.
pub async fn append(
    tx: &mut Tx,
    organization_id: OrganizationId,
    feeds: &BTreeMap<String, Vec<NewRow>>,
) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let mut heads = lock_heads(tx, organization_id, feeds.keys()).await?;
    let count = feeds.values().map(Vec::len).sum();
    let mut scopes: Vec<&str> = Vec::with_capacity(count);
    let mut seqs = Vec::with_capacity(count);
    let mut types = Vec::with_capacity(count);
    let mut bytes: Vec<&[u8]> = Vec::with_capacity(count);
    let mut digests = Vec::with_capacity(count);
    let mut beside = Vec::with_capacity(count);
    for (scope, rows) in feeds {
        let Some(head) = heads.get_mut(scope.as_str()) else {
            return Err(super::unreadable("a feed's head"));
        };
        for row in rows {
            head.seq += 1;
            head.digest = feed_digest(scope, head.seq, &head.digest, &row.bytes);
            scopes.push(scope);
            seqs.push(head.seq.cast_signed());
            types.push(row.row_type.name());
            bytes.push(&row.bytes);
            digests.push(head.digest.0.to_vec());
            beside.push(row.beside.as_ref().map(Json));
        }
    }
    let head_scopes: Vec<&str> = heads.keys().copied().collect();
    let head_seqs: Vec<_> = heads.values().map(|head| head.seq.cast_signed()).collect();
    let head_digests: Vec<_> = heads.values().map(|head| head.digest.0.to_vec()).collect();
    sqlx::query!(
        "WITH appended AS (
             INSERT INTO feed (organization_id, scope, seq, type, bytes, digest, beside)
             SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bytea[],
                 $6::bytea[], $10::jsonb[]))
         UPDATE feed_head SET head = raised.head, digest = raised.digest
         FROM unnest($7::text[], $8::bigint[], $9::bytea[]) AS raised (scope, head, digest)
         WHERE feed_head.organization_id = $1 AND feed_head.scope = raised.scope",
        organization_id.0,
        &scopes as &[&str],
        &seqs,
        &types as &[&str],
        &bytes as &[&[u8]],
        &digests,
        &head_scopes as &[&str],
        &head_seqs,
        &head_digests,
        &beside as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(heads
        .into_iter()
        .map(|(scope, head)| (scope.to_owned(), head.seq))
        .collect())
}

async fn lock_heads<'a>(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scopes: impl Iterator<Item = &'a String>,
) -> Result<BTreeMap<&'a str, Head>, sqlx::Error> {
    // A BTreeMap's keys: sorted, so that all writers lock in one order.
    let scopes: Vec<&str> = scopes.map(String::as_str).collect();
    let locked = lock_known_heads(tx, organization_id, &scopes).await?;
    if locked.len() == scopes.len() {
        return Ok(locked);
    }
    let genesis: Vec<_> = scopes
        .iter()
        .map(|scope| feed_genesis(scope).0.to_vec())
        .collect();
    sqlx::query!(
        "INSERT INTO feed_head (organization_id, scope, head, digest)
         SELECT $1, scope, 0, digest
         FROM unnest($2::text[], $3::bytea[]) WITH ORDINALITY AS key (scope, digest, n)
         ORDER BY n
         ON CONFLICT DO NOTHING",
        organization_id.0,
        &scopes as &[&str],
        &genesis,
    )
    .execute(&mut **tx)
    .await?;
    lock_known_heads(tx, organization_id, &scopes).await
}

async fn lock_known_heads<'a>(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scopes: &[&'a str],
) -> Result<BTreeMap<&'a str, Head>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT key.n AS "n!", feed_head.head, feed_head.digest, feed_head.floor
         FROM unnest($2::text[]) WITH ORDINALITY AS key (scope, n)
         JOIN feed_head ON feed_head.organization_id = $1 AND feed_head.scope = key.scope
         ORDER BY key.n
         FOR UPDATE OF feed_head"#,
        organization_id.0,
        &scopes as &[&str],
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let scope = usize::try_from(row.n - 1)
                .ok()
                .and_then(|n| scopes.get(n))
                .ok_or_else(|| super::unreadable("a feed's head"))?;
            let head = Head {
                seq: row.head.cast_unsigned(),
                digest: digest(&row.digest)?,
                floor: row.floor.cast_unsigned(),
            };
            Ok((*scope, head))
        })
        .collect()
}

/// Where a feed stands; at its genesis when it has no row yet.
pub async fn head(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<Head, sqlx::Error> {
    let scope = scope.to_string();
    let row = sqlx::query!(
        "SELECT head, digest, floor FROM feed_head WHERE organization_id = $1 AND scope = $2",
        organization_id.0,
        scope,
    )
    .fetch_optional(&mut **tx)
    .await?;
    match row {
        None => Ok(Head {
            seq: 0,
            digest: feed_genesis(&scope),
            floor: 1,
        }),
        Some(row) => Ok(Head {
            seq: row.head.cast_unsigned(),
            digest: digest(&row.digest)?,
            floor: row.floor.cast_unsigned(),
        }),
    }
}

/// Heads of several feeds; 0 for those without a row.
pub async fn heads(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scopes: &[Scope],
) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let names: Vec<String> = scopes.iter().map(Scope::to_string).collect();
    let rows = sqlx::query!(
        "SELECT scope, head FROM feed_head WHERE organization_id = $1 AND scope = ANY($2)",
        organization_id.0,
        &names,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut heads: BTreeMap<String, u64> = names.into_iter().map(|name| (name, 0)).collect();
    heads.extend(
        rows.into_iter()
            .map(|row| (row.scope, row.head.cast_unsigned())),
    );
    Ok(heads)
}

/// The digest after a row; none when the feed has no such row.
pub async fn digest_at(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &Scope,
    seq: u64,
) -> Result<Option<Digest>, sqlx::Error> {
    let scope = scope.to_string();
    if seq == 0 {
        return Ok(Some(feed_genesis(&scope)));
    }
    // The row of the head may be below the floor; its digest stands with the head.
    let bytes = sqlx::query_scalar!(
        r#"SELECT digest AS "digest!" FROM feed
           WHERE organization_id = $1 AND scope = $2 AND seq = $3
           UNION ALL
           SELECT digest FROM feed_head
           WHERE organization_id = $1 AND scope = $2 AND head = $3
           LIMIT 1"#,
        organization_id.0,
        scope,
        seq.cast_signed(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    bytes.map(|bytes| digest(&bytes)).transpose()
}

/// A stored row.
#[derive(Debug)]
pub struct StoredRow {
    pub seq: u64,
    pub row_type: String,
    pub bytes: Vec<u8>,
    pub digest: Digest,
    /// Personal data of the row, as JSON text.
    pub beside: Option<String>,
}

/// Rows after one, up to a head, as many as fit into both limits and always at least one.
pub async fn rows(
    tx: &mut Tx,
    organization_id: OrganizationId,
    scope: &Scope,
    after: u64,
    up_to: u64,
    limit: u32,
    bytes_max: i64,
) -> Result<Vec<StoredRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT seq AS "seq!", type AS "row_type!", bytes AS "bytes!", digest AS "digest!",
             beside::text AS beside
         FROM (
             SELECT seq, type, bytes, digest, beside,
                    (sum(octet_length(bytes)) OVER (ORDER BY seq) - octet_length(bytes))::bigint
                        AS before
             FROM feed
             WHERE organization_id = $1 AND scope = $2 AND seq > $3 AND seq <= $4
             ORDER BY seq LIMIT $5) AS page
         WHERE before < $6 ORDER BY seq"#,
        organization_id.0,
        scope.to_string(),
        after.cast_signed(),
        up_to.cast_signed(),
        i64::from(limit),
        bytes_max,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredRow {
                seq: row.seq.cast_unsigned(),
                row_type: row.row_type,
                bytes: row.bytes,
                digest: digest(&row.digest)?,
                beside: row.beside,
            })
        })
        .collect()
}

/// Heads of all feeds of some organizations, for the poll behind the notifications.
pub async fn heads_of(
    pool: &Pool,
    organization_ids: &[uuid::Uuid],
) -> Result<Vec<(OrganizationId, String, u64)>, sqlx::Error> {
    let mut tx = pool.begin().await?;
    let rows = sqlx::query!(
        "SELECT organization_id, scope, head FROM feed_head WHERE organization_id = ANY($1)",
        organization_ids,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let head = row.head.cast_unsigned();
            (row.organization_id.into(), row.scope, head)
        })
        .collect())
}
