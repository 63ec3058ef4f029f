//! What the server has not acknowledged, what has not come back in its feed, and what the server
//! holds.

use std::collections::BTreeSet;

use domain::{id::OpId, replication::table::Scope};
use sqlx::SqliteConnection;

use super::{count, int};
use crate::error::Error;

/// Puts an own operation on its way; it comes back in the feed of each scope that it writes.
pub(crate) async fn put(
    connection: &mut SqliteConnection,
    op_id: OpId,
    device_seq: u64,
    wall_ms: i64,
    scopes: &BTreeSet<Scope>,
) -> Result<(), Error> {
    let (op_id, device_seq) = (op_id.0, int(device_seq));
    sqlx::query!(
        "INSERT INTO outbox (device_seq, op_id, wall_ms) VALUES (?1, ?2, ?3)",
        device_seq,
        op_id,
        wall_ms
    )
    .execute(&mut *connection)
    .await?;
    for scope in scopes {
        let scope = scope.to_string();
        sqlx::query!(
            "INSERT INTO pending_op (op_id, scope, device_seq) VALUES (?1, ?2, ?3)",
            op_id,
            scope,
            device_seq
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Takes out what the server has, up to a sequence.
pub(crate) async fn acknowledge(
    connection: &mut SqliteConnection,
    acked_seq: u64,
) -> Result<u64, Error> {
    let acked_seq = int(acked_seq);
    let done = sqlx::query!("DELETE FROM outbox WHERE device_seq <= ?1", acked_seq)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

/// Puts own operations of the present epoch back, from a sequence on: the server has forgotten
/// them.
pub(crate) async fn rewind(connection: &mut SqliteConnection, from_seq: u64) -> Result<(), Error> {
    let from_seq = int(from_seq);
    sqlx::query!(
        "INSERT INTO outbox (device_seq, op_id, wall_ms)
         SELECT journal.device_seq, journal.op_id, 0 FROM journal JOIN chain
             ON journal.device_id = chain.device_id AND journal.epoch = chain.epoch
         WHERE journal.device_seq >= ?1 AND journal.is_own = 1
         ON CONFLICT DO NOTHING",
        from_seq
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes what the server holds for the owner.
pub(crate) async fn hold(
    connection: &mut SqliteConnection,
    held: &[(OpId, u64, String)],
) -> Result<(), Error> {
    for (op_id, device_seq, flags) in held {
        let (op_id, device_seq) = (op_id.0, int(*device_seq));
        sqlx::query!(
            "INSERT INTO held (op_id, device_seq, flags) VALUES (?1, ?2, ?3)
             ON CONFLICT (op_id) DO UPDATE SET flags = excluded.flags",
            op_id,
            device_seq,
            flags
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Takes own operations that came back in a scope's feed off every waiting list, which also
/// acknowledges those whose answer was lost. Returns the ones that were waiting, as a list for
/// `json_each`; empty when there were none.
pub(crate) async fn settle(
    connection: &mut SqliteConnection,
    scope: &str,
    op_ids: &str,
) -> Result<Option<String>, Error> {
    let returned = sqlx::query_scalar!(
        r#"DELETE FROM pending_op WHERE scope = ?1
             AND op_id IN (SELECT unhex(value) FROM json_each(?2))
         RETURNING lower(hex(op_id)) AS "op_id!: String""#,
        scope,
        op_ids
    )
    .fetch_all(&mut *connection)
    .await?;
    if returned.is_empty() {
        return Ok(None);
    }
    #[cfg(feature = "simulation")]
    if crate::simulation::is_broken(crate::simulation::Mutation::KeepPending) {
        return Ok(None);
    }
    let list = serde_json::to_string(&returned)?;
    sqlx::query!(
        "DELETE FROM outbox WHERE op_id IN (SELECT unhex(value) FROM json_each(?1))",
        list
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "DELETE FROM held WHERE op_id IN (SELECT unhex(value) FROM json_each(?1))",
        list
    )
    .execute(connection)
    .await?;
    Ok(Some(list))
}

/// The broken rule of [`crate::simulation::Mutation::MergeOnAck`].
#[cfg(feature = "simulation")]
pub(crate) async fn merge_on_ack(
    connection: &mut SqliteConnection,
    acked_seq: u64,
) -> Result<(), Error> {
    sqlx::query("DELETE FROM pending_op WHERE device_seq <= ?1")
        .bind(int(acked_seq))
        .execute(connection)
        .await?;
    Ok(())
}

/// Counts for the sync light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Waiting {
    pub(crate) waiting: u64,
    pub(crate) waiting_since_ms: Option<i64>,
    pub(crate) held: u64,
    pub(crate) pending: u64,
}

/// How much is on its way.
pub(crate) async fn waiting(connection: &mut SqliteConnection) -> Result<Waiting, Error> {
    let row = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM outbox) AS "waiting!: i64",
             (SELECT wall_ms FROM outbox ORDER BY device_seq LIMIT 1) AS "since: i64",
             (SELECT count(*) FROM held) AS "held!: i64",
             (SELECT count(*) FROM pending_op) AS "pending!: i64""#
    )
    .fetch_one(connection)
    .await?;
    Ok(Waiting {
        waiting: count(row.waiting)?,
        waiting_since_ms: row.since,
        held: count(row.held)?,
        pending: count(row.pending)?,
    })
}
