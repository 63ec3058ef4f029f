//! What a new file takes over from the one in use, which is attached to it as `old`: who the till
//! is, its chain, every envelope, waiting lists and secrets. Its replicated rows come from
//! snapshots; over them lie again the own operations that those do not hold.
//!
//! The attached file has no macro to check queries against: these are plain texts.

use std::path::Path;

use domain::{
    contract::sync_v1::{SeqRange, SnapshotDevice, SnapshotHeader},
    replication::{Facts, LogEvent, OpBody, Private, apply, chain::decode_header, table::Scope},
};
use sqlx::{Row, SqliteConnection};

use super::{chain::Chain, facts::EventFact, int, log::LogFact};
use crate::error::Error;

/// Envelopes that are copied at a time, and operations that are laid over the rows at a time.
const PAGE: i64 = 2_000;

/// Attaches the file in use.
pub(crate) async fn attach(connection: &mut SqliteConnection, old: &Path) -> Result<(), Error> {
    sqlx::query("ATTACH DATABASE ?1 AS old")
        .bind(old.to_string_lossy().into_owned())
        .execute(connection)
        .await?;
    Ok(())
}

/// Lets go of the file in use.
pub(crate) async fn detach(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query("DETACH DATABASE old")
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether somebody has taken this file over already, up to the pointer perhaps.
pub(crate) async fn is_taken(connection: &mut SqliteConnection) -> Result<bool, Error> {
    Ok(
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM enrolment) AS "is_taken!: bool""#)
            .fetch_one(connection)
            .await?,
    )
}

const JOURNAL: &str =
    "INSERT INTO main.journal (op_id, device_id, epoch, device_seq, branch, kind, effective_hlc,
         header, body, hash, signature, private, is_unread, is_own, arrived_ms)
     SELECT op_id, device_id, epoch, device_seq, branch, kind, effective_hlc, header, body, hash,
         signature, private, is_unread, is_own, arrived_ms FROM old.journal";
const JOURNAL_KNOWN: &str = " ON CONFLICT (op_id) DO UPDATE SET
         effective_hlc = coalesce(effective_hlc, excluded.effective_hlc),
         private = iif(private = '', excluded.private, private),
         is_own = max(is_own, excluded.is_own),
         arrived_ms = coalesce(arrived_ms, excluded.arrived_ms)";

/// Takes over what only grows, while work goes on in the file in use: envelopes, drafts, and what
/// the server signed. What is added meanwhile comes with [`take_rest`].
pub(crate) async fn take_most(connection: &mut SqliteConnection) -> Result<(), Error> {
    let mut after: Vec<u8> = Vec::new();
    loop {
        let last: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT max(op_id) FROM
                 (SELECT op_id FROM old.journal WHERE op_id > ?1 ORDER BY op_id LIMIT ?2)",
        )
        .bind(&after)
        .bind(PAGE)
        .fetch_one(&mut *connection)
        .await?;
        let Some(last) = last else { break };
        let sql = format!("{JOURNAL} WHERE op_id > ?1 AND op_id <= ?2{JOURNAL_KNOWN}");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&after)
            .bind(&last)
            .execute(&mut *connection)
            .await?;
        after = last;
    }
    for sql in [
        "INSERT OR IGNORE INTO main.draft SELECT * FROM old.draft",
        "INSERT OR IGNORE INTO main.certificate SELECT * FROM old.certificate",
        "INSERT OR IGNORE INTO main.erasure SELECT * FROM old.erasure",
    ] {
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    super::vouch::forget_erased(connection).await
}

/// Takes over the rest, in the caller's transaction and while nobody writes to the file in use:
/// what was added, and everything that is not only added to. Own operations that no snapshot is
/// known to hold wait again, to be sent and to come back.
pub(crate) async fn take_rest(
    connection: &mut SqliteConnection,
    headers: &[SnapshotHeader],
    now_ms: i64,
) -> Result<(), Error> {
    for sql in [
        "INSERT INTO main.enrolment SELECT * FROM old.enrolment",
        "INSERT INTO main.chain SELECT * FROM old.chain",
        "INSERT INTO main.sealed SELECT * FROM old.sealed",
        "INSERT INTO main.printer SELECT * FROM old.printer",
        "INSERT INTO main.terminal SELECT * FROM old.terminal",
        "INSERT INTO main.print_job SELECT * FROM old.print_job",
        "INSERT INTO main.held SELECT * FROM old.held",
        "INSERT INTO main.open_shift SELECT * FROM old.open_shift",
        "INSERT OR IGNORE INTO main.certificate SELECT * FROM old.certificate",
    ] {
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    let Some(chain) = super::chain::load(connection).await? else {
        return Err(Error::NotEnrolled);
    };
    take_added(connection, &chain).await?;
    #[cfg(feature = "simulation")]
    if crate::simulation::is_broken(crate::simulation::Mutation::RefillForgetsOwn) {
        return Ok(());
    }
    for sql in [
        "CREATE TEMP TABLE IF NOT EXISTS brought (op_id BLOB NOT NULL PRIMARY KEY)",
        "DELETE FROM temp.brought",
        // Facts in this file came by chunks.
        "INSERT INTO temp.brought SELECT op_id FROM main.repair_event
         UNION SELECT document_id FROM main.document UNION SELECT op_id FROM main.stock_movement
         UNION SELECT op_id FROM main.log_event WHERE home <> zeroblob(16)",
    ] {
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    let mut server_seq = 0;
    for header in headers {
        if !matches!(header.scope, Scope::Device(_)) {
            server_seq = server_seq.max(wait_again(connection, &chain, header).await?);
        }
    }
    send_again(connection, &chain, server_seq, now_ms).await?;
    sqlx::query("DELETE FROM main.held WHERE op_id NOT IN (SELECT op_id FROM main.pending_op)")
        .execute(&mut *connection)
        .await?;
    lay_over(connection).await?;
    super::print::find_documents(connection).await?;
    super::shift::rebuild(connection).await
}

/// Own operations, and their drafts, since [`take_most`].
async fn take_added(connection: &mut SqliteConnection, chain: &Chain) -> Result<(), Error> {
    let device_id = chain.device_id.as_bytes().as_slice();
    let epoch = int(chain.epoch);
    let known: i64 = sqlx::query_scalar(
        "SELECT coalesce(max(device_seq), 0) FROM main.journal
         WHERE device_id = ?1 AND epoch = ?2 AND is_own = 1",
    )
    .bind(device_id)
    .bind(epoch)
    .fetch_one(&mut *connection)
    .await?;
    const ADDED: &str = "device_id = ?1 AND epoch = ?2 AND device_seq > ?3 AND is_own = 1";
    let sql = format!("{JOURNAL} WHERE {ADDED}{JOURNAL_KNOWN}");
    let drafts = format!(
        "INSERT OR IGNORE INTO main.draft SELECT * FROM old.draft
         WHERE op_id IN (SELECT op_id FROM old.journal WHERE {ADDED})"
    );
    for sql in [sql, drafts] {
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(device_id)
            .bind(epoch)
            .bind(known)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Marks the own operations of a snapshot's scope that it is not known to hold as pending. Returns
/// up to where the server has this enrolment's own chain.
async fn wait_again(
    connection: &mut SqliteConnection,
    chain: &Chain,
    header: &SnapshotHeader,
) -> Result<u64, Error> {
    let device_id = chain.device_id.as_bytes().as_slice();
    let scope = header.scope.to_string();
    let is_org = header.scope == Scope::Org;
    let here = held_here(connection, chain, header).await?;
    let last_seq = here.map_or(0, |device| device.last_seq);
    // What is held is not in the snapshot, nor is what is missing before something later; an own
    // chain may lie in several histories there.
    let of_own = |one: &&SnapshotDevice| {
        here.is_some() && (one.device_id, one.epoch) == (chain.device_id, chain.epoch)
    };
    let own = header.devices.iter().filter(of_own);
    let held: Vec<u64> = own.clone().flat_map(|one| one.held.clone()).collect();
    let missing: Vec<SeqRange> = own.filter_map(|one| one.missing).collect();
    let (held, missing) = (
        serde_json::to_string(&held)?,
        serde_json::to_string(&missing)?,
    );
    // What a chunk has brought is settled, whatever the header says.
    sqlx::query(
        "INSERT INTO main.pending_op (op_id, scope, device_seq)
         SELECT op_id, ?4, device_seq FROM main.journal
         WHERE device_id = ?1 AND epoch = ?2 AND is_own = 1 AND (kind = 'customer_put') = ?5
             AND (device_seq > ?3 OR device_seq IN (SELECT value FROM json_each(?6))
                 OR EXISTS (SELECT 1 FROM json_each(?7) AS gap
                     WHERE device_seq BETWEEN gap.value ->> 'from' AND gap.value ->> 'to'))
             AND NOT EXISTS (SELECT 1 FROM temp.brought WHERE brought.op_id = journal.op_id)
         ON CONFLICT DO NOTHING",
    )
    .bind(device_id)
    .bind(int(chain.epoch))
    .bind(int(last_seq))
    .bind(&scope)
    .bind(is_org)
    .bind(&held)
    .bind(&missing)
    .execute(&mut *connection)
    .await?;
    if is_org {
        wait_for_entries(connection, chain, last_seq, (&held, &missing)).await?;
    }
    // Of former enrolments everything was sent; what the server holds still waits.
    sqlx::query(
        "INSERT INTO main.pending_op (op_id, scope, device_seq)
         SELECT waiting.op_id, waiting.scope, waiting.device_seq
         FROM old.pending_op AS waiting JOIN main.journal USING (op_id)
         WHERE waiting.scope = ?1 AND journal.epoch <> ?2
             AND NOT EXISTS (SELECT 1 FROM temp.brought WHERE brought.op_id = journal.op_id)
             AND NOT (?3 AND EXISTS (SELECT 1 FROM main.log_event AS entry
                 WHERE entry.op_id = journal.op_id AND entry.home = zeroblob(16)))
         ON CONFLICT DO NOTHING",
    )
    .bind(&scope)
    .bind(int(chain.epoch))
    .bind(is_org)
    .execute(connection)
    .await?;
    Ok(last_seq)
}

/// Marks own operations of the store that state events of the organization's logs as pending there,
/// where its snapshot did not bring them.
async fn wait_for_entries(
    connection: &mut SqliteConnection,
    chain: &Chain,
    last_seq: u64,
    (held, missing): (&str, &str),
) -> Result<(), Error> {
    let mut after = 0_i64;
    loop {
        let rows = sqlx::query(
            "SELECT op_id, device_seq, header, body FROM main.journal
             WHERE device_id = ?1 AND epoch = ?2 AND is_own = 1 AND device_seq > ?3
                 AND (device_seq > ?4 OR device_seq IN (SELECT value FROM json_each(?5))
                     OR EXISTS (SELECT 1 FROM json_each(?6) AS gap
                         WHERE device_seq BETWEEN gap.value ->> 'from' AND gap.value ->> 'to'))
                 AND NOT EXISTS (SELECT 1 FROM main.log_event AS entry
                     WHERE entry.op_id = journal.op_id AND entry.home = zeroblob(16))
             ORDER BY device_seq LIMIT ?7",
        )
        .bind(chain.device_id.as_bytes().as_slice())
        .bind(int(chain.epoch))
        .bind(after)
        .bind(int(last_seq))
        .bind(held)
        .bind(missing)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.get("device_seq");
        for row in &rows {
            let Ok(header) = decode_header(row.get("header")) else {
                continue;
            };
            let body = OpBody::from_bytes(&header.kind, header.kind_version, row.get("body"));
            let facts = body.ok().and_then(|body| apply(&header, &body, &[]).ok());
            let events = facts.map(|facts| facts.log_events).unwrap_or_default();
            if events
                .iter()
                .any(|event| event.place().scope() == Scope::Org)
            {
                let op_id: Vec<u8> = row.get("op_id");
                sqlx::query(
                    "INSERT INTO main.pending_op (op_id, scope, device_seq) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO NOTHING",
                )
                .bind(op_id)
                .bind(Scope::Org.to_string())
                .bind(int(header.device_seq))
                .execute(&mut *connection)
                .await?;
            }
        }
    }
}

/// Puts own operations behind what the server has into the outbox: without a gap to the last one,
/// for envelopes before a checkpoint may be gone.
async fn send_again(
    connection: &mut SqliteConnection,
    chain: &Chain,
    server_seq: u64,
    now_ms: i64,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO main.outbox (device_seq, op_id, wall_ms)
         SELECT own.device_seq, own.op_id, coalesce(waiting.wall_ms, ?4)
         FROM main.journal AS own LEFT JOIN old.outbox AS waiting ON waiting.op_id = own.op_id
         WHERE own.device_id = ?1 AND own.epoch = ?2 AND own.device_seq > ?3 AND own.is_own = 1
             AND own.device_seq >= (
                 SELECT coalesce(max(first.device_seq), 0) FROM main.journal AS first
                 WHERE first.device_id = ?1 AND first.epoch = ?2 AND first.is_own = 1
                     AND NOT EXISTS (SELECT 1 FROM main.journal AS before
                         WHERE before.device_id = ?1 AND before.epoch = ?2 AND before.is_own = 1
                             AND before.device_seq = first.device_seq - 1))",
    )
    .bind(chain.device_id.as_bytes().as_slice())
    .bind(int(chain.epoch))
    .bind(int(server_seq))
    .bind(now_ms)
    .execute(connection)
    .await?;
    Ok(())
}

/// How far the snapshot holds the very operations that are here; none of them count while the
/// server has seen another history of a copied till alone.
async fn held_here<'h>(
    connection: &mut SqliteConnection,
    chain: &Chain,
    header: &'h SnapshotHeader,
) -> Result<Option<&'h SnapshotDevice>, Error> {
    let mut here: Option<&SnapshotDevice> = None;
    for device in &header.devices {
        let (id, epoch) = (chain.device_id, chain.epoch);
        let is_further = here.is_none_or(|here| device.last_seq > here.last_seq);
        if (device.device_id, device.epoch) != (id, epoch) || !is_further {
            continue;
        }
        let (seq, hash) = (device.last_seq, &device.last_hash);
        if super::heal::holds_own(connection, id, epoch, seq, hash).await? {
            here = Some(device);
        }
    }
    Ok(here)
}

/// Lays what waits over the rows, by what its operations state.
async fn lay_over(connection: &mut SqliteConnection) -> Result<(), Error> {
    let mut after = Vec::new();
    loop {
        let rows = sqlx::query(
            "SELECT op_id, header, body, private,
                 (SELECT json_group_array(scope) FROM main.pending_op AS waiting
                  WHERE waiting.op_id = journal.op_id) AS scopes
             FROM main.journal
             WHERE op_id > ?1 AND op_id IN (SELECT op_id FROM main.pending_op)
             ORDER BY op_id LIMIT ?2",
        )
        .bind(&after)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.get("op_id");
        let (mut documents, mut movements) = (Vec::new(), Vec::new());
        let (mut events, mut log_events) = (Vec::new(), Vec::new());
        for row in &rows {
            let Ok(header) = decode_header(row.get("header")) else {
                continue;
            };
            let private: &str = row.get("private");
            let private: Vec<Private> = if private.is_empty() {
                Vec::new()
            } else {
                serde_json::from_str(private)?
            };
            let body = OpBody::from_bytes(&header.kind, header.kind_version, row.get("body"));
            let Ok(body) = body else { continue };
            let Ok(mut facts) = apply(&header, &body, &private) else {
                continue;
            };
            // Only what has not come back: it may have in one scope and not in another.
            let scopes: Vec<Scope> = serde_json::from_str(row.get("scopes"))?;
            let is_waiting = |event: &LogEvent| scopes.contains(&event.place().scope());
            facts.log_events.retain(is_waiting);
            if !(body.home_scope(&header)).is_some_and(|home| scopes.contains(&home)) {
                facts = Facts {
                    log_events: facts.log_events,
                    ..Facts::default()
                };
            }
            documents.extend(facts.documents);
            movements.extend(facts.movements);
            let waiting = facts.repair_events.into_iter();
            events.extend(waiting.map(|event| EventFact::new(event, None)));
            log_events.extend(facts.log_events.into_iter().map(|event| LogFact {
                event,
                effective_hlc: None,
            }));
            if !facts.field_writes.is_empty() {
                let (writes, seq) = (&facts.field_writes, header.device_seq);
                super::customer::put_pending(connection, writes, seq).await?;
            }
        }
        super::facts::insert_documents(connection, &documents, true).await?;
        super::facts::insert_movements(connection, &movements, true).await?;
        super::facts::insert_events(connection, &events, true).await?;
        super::log::insert_events(connection, &log_events, true).await?;
    }
}

/// Makes everything in the file durable: what the log holds goes into the file itself.
pub(crate) async fn make_durable(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query("PRAGMA main.synchronous = FULL")
        .execute(&mut *connection)
        .await?;
    let row = sqlx::query("PRAGMA main.wal_checkpoint(TRUNCATE)")
        .fetch_one(connection)
        .await?;
    let is_busy: i64 = row.get(0);
    if is_busy == 0 {
        Ok(())
    } else {
        Err(Error::Internal(
            "somebody reads a file that is being filled",
        ))
    }
}
