//! What a till lets go of: facts before the boundary that a feed names, so that replicas of a scope
//! let go of the same ones; and envelopes that no server will ask for any more.

use domain::{hlc::Hlc, repair::RepairState, replication::table::Scope};
use sqlx::SqliteConnection;

use super::int;
use crate::error::Error;

/// Lets go of a scope's confirmed facts that are stamped before a boundary, but for those of open
/// repairs and logs, and of operations behind the boundary's row.
pub(crate) async fn let_go(
    connection: &mut SqliteConnection,
    scope: &str,
    before: Hlc,
    behind: &str,
) -> Result<(), Error> {
    let before = int(before.0);
    sqlx::query!(
        "UPDATE feed SET boundary_hlc = max(boundary_hlc, ?2) WHERE scope = ?1",
        scope,
        before
    )
    .execute(&mut *connection)
    .await?;
    let Ok(Scope::Store(store_id)) = scope.parse() else {
        // Elsewhere live folded rows, and events of the organization's logs.
        return forget_entries(connection, before, behind).await;
    };
    let store_id = store_id.0;
    sqlx::query!(
        "CREATE TEMP TABLE IF NOT EXISTS gone (op_id BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID"
    )
    .execute(&mut *connection)
    .await?;
    // The table is of this connection alone: there is no macro for it.
    for sql in [
        "DELETE FROM temp.gone",
        "INSERT INTO temp.gone SELECT document_id FROM document
         WHERE pending = 0 AND effective_hlc < ?1 AND store_id = ?2
             AND document_id NOT IN (SELECT unhex(value) FROM json_each(?3))
             AND (shift_id IS NULL OR shift_id NOT IN (SELECT unhex(key, '-') FROM log_row
                 WHERE kind = 'shift' AND home = ?2 AND is_open = 1))",
        "DELETE FROM document_line WHERE document_id IN (SELECT op_id FROM temp.gone)",
        "DELETE FROM payment WHERE document_id IN (SELECT op_id FROM temp.gone)",
        "DELETE FROM document WHERE document_id IN (SELECT op_id FROM temp.gone)",
        "DELETE FROM stock_movement
         WHERE pending = 0 AND effective_hlc < ?1 AND store_id = ?2
             AND op_id NOT IN (SELECT unhex(value) FROM json_each(?3))
             AND op_id NOT IN (SELECT document_id FROM document)",
        "DELETE FROM log_event
         WHERE pending = 0 AND effective_hlc < ?1 AND home = ?2
             AND op_id NOT IN (SELECT unhex(value) FROM json_each(?3))
             AND (kind, key) IN (SELECT kind, key FROM log_row WHERE home = ?2 AND is_open = 0)",
    ] {
        sqlx::query(sql)
            .bind(before)
            .bind(store_id)
            .bind(behind)
            .execute(&mut *connection)
            .await?;
    }
    let closed: Vec<&str> = RepairState::CLOSED
        .iter()
        .map(|state| state.name())
        .collect();
    let closed = serde_json::to_string(&closed)?;
    sqlx::query!(
        "DELETE FROM repair_event
         WHERE pending = 0 AND effective_hlc < ?1 AND store_id = ?2
             AND op_id NOT IN (SELECT unhex(value) FROM json_each(?3))
             AND repair_id IN (SELECT repair_id FROM repair
                 WHERE state IN (SELECT value FROM json_each(?4)))",
        before,
        store_id,
        behind,
        closed
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets go of events of the organization's logs that are closed.
async fn forget_entries(
    connection: &mut SqliteConnection,
    before: i64,
    behind: &str,
) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM log_event
         WHERE pending = 0 AND effective_hlc < ?1 AND home = zeroblob(16)
             AND op_id NOT IN (SELECT unhex(value) FROM json_each(?2))
             AND (kind, key) IN (SELECT kind, key FROM log_row
                 WHERE home = zeroblob(16) AND is_open = 0)",
        before,
        behind
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes of some envelopes that the feed has brought that they are here by now. Returns of how many.
pub(crate) async fn note_arrived(
    connection: &mut SqliteConnection,
    server_ms: u64,
    limit: u32,
) -> Result<u64, Error> {
    let server_ms = int(server_ms);
    let noted = sqlx::query!(
        "UPDATE journal SET arrived_ms = ?1 WHERE op_id IN (
             SELECT op_id FROM journal WHERE arrived_ms IS NULL AND effective_hlc IS NOT NULL
             LIMIT ?2)",
        server_ms,
        limit
    )
    .execute(connection)
    .await?;
    Ok(noted.rows_affected())
}

/// Deletes some envelopes that arrived before a time: others' as they are, own ones only where the
/// server has signed that it holds them. The last own one stays, all that wait, and all of an open
/// shift, which is added up from them. Returns how many went.
pub(crate) async fn forget_envelopes(
    connection: &mut SqliteConnection,
    before_ms: u64,
    limit: u32,
) -> Result<u64, Error> {
    let before_ms = int(before_ms);
    let gone = sqlx::query!(
        "DELETE FROM journal WHERE op_id IN (
             SELECT journal.op_id FROM journal, chain
             WHERE journal.arrived_ms < ?1
               AND journal.op_id NOT IN (SELECT op_id FROM pending_op)
               AND journal.op_id NOT IN (SELECT op_id FROM outbox)
               AND journal.op_id NOT IN (SELECT op_id FROM held)
               AND (journal.device_id <> chain.device_id
                 OR (EXISTS (SELECT 1 FROM checkpoint
                       WHERE checkpoint.epoch = journal.epoch
                         AND checkpoint.branch = journal.branch
                         AND checkpoint.seq >= journal.device_seq)
                   AND NOT (journal.epoch = chain.epoch
                     AND journal.device_seq = chain.device_seq)
                   AND NOT EXISTS (SELECT 1 FROM open_shift
                     WHERE (journal.epoch, journal.device_seq) >=
                         (open_shift.epoch, open_shift.device_seq))))
             LIMIT ?2)",
        before_ms,
        limit
    )
    .execute(connection)
    .await?;
    Ok(gone.rows_affected())
}
