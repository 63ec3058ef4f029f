//! What a refill takes away before the snapshot comes in: the confirmed rows of one scope. Own
//! operations that the snapshot does not hold become pending again and are sent again.

use domain::{
    contract::sync_v1::SnapshotHeader,
    replication::{OpBody, Private, apply, chain::decode_header, table::Scope},
};
use sqlx::SqliteConnection;

use super::int;
use crate::error::Error;

/// Clears a scope's confirmed rows.
pub(crate) async fn clear_confirmed(
    connection: &mut SqliteConnection,
    header: &SnapshotHeader,
) -> Result<(), Error> {
    match header.scope {
        Scope::Org => {
            requeue(connection, header).await?;
            clear_organization(connection).await
        }
        Scope::Store(_) => {
            requeue(connection, header).await?;
            clear_store(connection).await
        }
        // No operation of a till lives there.
        Scope::Device(_) => Ok(()),
    }
}

/// Own operations of this scope above what the server has: pending, and in the outbox.
async fn requeue(connection: &mut SqliteConnection, header: &SnapshotHeader) -> Result<(), Error> {
    #[cfg(feature = "simulation")]
    if crate::simulation::is_broken(crate::simulation::Mutation::RefillForgetsOwn) {
        return Ok(());
    }
    let Some(chain) = super::chain::load(connection).await? else {
        return Ok(());
    };
    // How far the snapshot holds the very operations that are here; on another branch of a copied
    // till none of them count, until a chunk brings them.
    let mut last_seq = 0;
    for device in &header.devices {
        let (id, epoch) = (chain.device_id, chain.epoch);
        if device.device_id == id
            && device.epoch == epoch
            && device.last_seq > last_seq
            && super::heal::holds_own(connection, id, epoch, device.last_seq, &device.last_hash)
                .await?
        {
            last_seq = device.last_seq;
        }
    }
    let (last_seq, epoch, scope) = (int(last_seq), int(chain.epoch), header.scope.to_string());
    let device_id = chain.device_id.0;
    let is_org = header.scope == Scope::Org;
    sqlx::query!(
        "INSERT INTO pending_op (op_id, scope, device_seq)
         SELECT op_id, ?4, device_seq FROM journal
         WHERE device_id = ?1 AND epoch = ?2 AND device_seq > ?3 AND is_own = 1
             AND (kind = 'customer_put') = ?5
         ON CONFLICT DO NOTHING",
        device_id,
        epoch,
        last_seq,
        scope,
        is_org
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO outbox (device_seq, op_id, wall_ms)
         SELECT device_seq, op_id, 0 FROM journal
         WHERE device_id = ?1 AND epoch = ?2 AND device_seq > ?3 AND is_own = 1
             AND (kind = 'customer_put') = ?4
         ON CONFLICT DO NOTHING",
        device_id,
        epoch,
        last_seq,
        is_org
    )
    .execute(&mut *connection)
    .await?;
    if is_org {
        lay_fields_again(connection).await?;
    }
    for table in ["document", "document_line", "payment"] {
        // The three are keyed by the document; a name cannot be a parameter.
        let sql = format!(
            "UPDATE {table} SET pending = 1
             WHERE document_id IN (SELECT op_id FROM pending_op WHERE scope = ?1)"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&scope)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query!(
        "UPDATE repair_event SET effective_hlc = NULL
         WHERE op_id IN (SELECT op_id FROM pending_op WHERE scope = ?1)",
        scope
    )
    .execute(&mut *connection)
    .await?;
    for table in ["stock_movement", "repair_event"] {
        let sql = format!(
            "UPDATE {table} SET pending = 1
             WHERE op_id IN (SELECT op_id FROM pending_op WHERE scope = ?1)"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&scope)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Own writes of customers' fields that wait again lie over the records again.
async fn lay_fields_again(connection: &mut SqliteConnection) -> Result<(), Error> {
    let rows = sqlx::query!(
        "SELECT journal.device_seq, header, body, private FROM pending_op
         JOIN journal ON journal.op_id = pending_op.op_id
         WHERE pending_op.scope = 'org'
             AND pending_op.op_id NOT IN (SELECT op_id FROM pending_field)
         ORDER BY journal.device_seq"
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let private: Vec<Private> = if row.private.is_empty() {
            Vec::new()
        } else {
            serde_json::from_str(&row.private)?
        };
        let Ok(header) = decode_header(&row.header) else {
            continue;
        };
        let Ok(body) = OpBody::from_bytes(&header.kind, header.kind_version, &row.body) else {
            continue;
        };
        if let Ok(facts) = apply(&header, &body, &private) {
            let seq = header.device_seq;
            super::customer::put_pending(connection, &facts.field_writes, seq).await?;
        }
    }
    Ok(())
}

async fn clear_organization(connection: &mut SqliteConnection) -> Result<(), Error> {
    for sql in [
        "DELETE FROM organization",
        "DELETE FROM store",
        "DELETE FROM till",
        "DELETE FROM staff",
        "DELETE FROM tax_class",
        "DELETE FROM category",
        "DELETE FROM product",
        "DELETE FROM product_barcode",
        "DELETE FROM product_fts",
        "DELETE FROM customer",
        "DELETE FROM customer_fts WHERE rowid IN (SELECT n FROM customer_entry
             WHERE customer_id NOT IN (SELECT customer_id FROM pending_field))",
        "DELETE FROM customer_entry
             WHERE customer_id NOT IN (SELECT customer_id FROM pending_field)",
        "DELETE FROM stock_elsewhere",
    ] {
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn clear_store(connection: &mut SqliteConnection) -> Result<(), Error> {
    for sql in [
        "DELETE FROM document WHERE pending = 0",
        "DELETE FROM document_line WHERE pending = 0",
        "DELETE FROM payment WHERE pending = 0",
        "DELETE FROM stock_movement WHERE pending = 0",
        "DELETE FROM repair_event WHERE pending = 0",
        "DELETE FROM repair",
        "DELETE FROM stock_level",
        "INSERT INTO stock_level (product_id, location, store_id, confirmed_milli, pending_milli,
             is_confirmed)
         SELECT product_id, location, store_id, 0, sum(delta_milli), 0 FROM stock_movement
         WHERE pending = 1 GROUP BY product_id, location, store_id",
    ] {
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    Ok(())
}
