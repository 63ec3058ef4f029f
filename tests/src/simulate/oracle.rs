//! What must hold when a simulation is quiet: the invariants of the sync protocol (section 10), read
//! by SQL from the tills' files and from PostgreSQL, with the rules of `domain` for what follows
//! from what. It knows nothing of how the run came here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail, ensure};
use domain::{
    contract::sync_v1::FeedOp,
    hlc::Hlc,
    id::{OpId, ProductId, RepairId, StoreId},
    repair::{Repair, RepairEvent},
    replication::{
        Envelope, Facts, apply,
        chain::{Base64, Digest, SignatureBytes, decode_header, feed_digest, feed_genesis},
        fold::{fold_log, fold_repair},
        log::{LogEvent, LogPlace, LogState},
        table::{Home, TABLES},
    },
    stock::Location,
};
use sqlx::{PgConnection, Row, SqliteConnection};
use uuid::Uuid;

use super::counter::Counter;
use crate::{figures, journal};

/// One operation as the server holds it.
struct Held {
    device: Vec<u8>,
    kind: String,
    effective: Hlc,
    branch: i32,
    facts: Facts,
}

/// Checks everything; the first thing that does not hold is the error.
pub(super) async fn check(
    tills: &mut [Counter],
    departed: &BTreeSet<OpId>,
    server: &mut PgConnection,
) -> Result<()> {
    let operations = operations(server).await?;
    let held = held(server).await?;
    for till in tills.iter_mut() {
        let lost: Vec<_> = till
            .witnessed
            .iter()
            .filter(|op_id| !operations.contains_key(op_id) && !held.contains(op_id))
            .collect();
        ensure!(
            lost.is_empty(),
            "till {}: the server lacks {lost:?}",
            till.name
        );
    }
    let lost: Vec<_> = departed
        .iter()
        .filter(|op_id| !operations.contains_key(op_id) && !held.contains(op_id))
        .collect();
    ensure!(
        lost.is_empty(),
        "of a till that is gone the server lacks {lost:?}"
    );
    check_facts(&operations, server).await?;
    check_folds(&operations, server).await?;
    check_feeds(server).await?;
    check_numbers(server).await?;
    check_gaps(server).await?;
    let mut tables: Vec<(String, usize, BTreeMap<&str, String>)> = Vec::new();
    for till in tills.iter_mut() {
        let name = till.name.clone();
        let store = till.store;
        let eye = till.eye()?;
        check_till(eye)
            .await
            .with_context(|| format!("till {name}"))?;
        let mut rows = BTreeMap::new();
        for table in TABLES {
            rows.insert(
                table.name,
                figures::digest_table(eye, table.name, table.has_pending).await?,
            );
        }
        tables.push((name, store, rows));
    }
    for (n, (name, store, rows)) in tables.iter().enumerate() {
        for (other, other_store, other_rows) in &tables[..n] {
            for table in TABLES {
                let shared = table.home == Home::Org || store == other_store;
                ensure!(
                    !shared || rows[table.name] == other_rows[table.name],
                    "tills {name} and {other} differ in {}: {} and {}",
                    table.name,
                    rows[table.name],
                    other_rows[table.name],
                );
            }
        }
    }
    for till in tills.iter_mut() {
        let name = till.name.clone();
        compare_with_server(till, server)
            .await
            .with_context(|| format!("till {name}"))?;
    }
    Ok(())
}

async fn operations(server: &mut PgConnection) -> Result<BTreeMap<OpId, Held>> {
    let rows = sqlx::query(
        "SELECT op_id, device_id, kind, effective_hlc, branch, header, body, hash, signature, \
         coalesce(private::text, '[]') FROM operation",
    )
    .fetch_all(server)
    .await?;
    let mut operations = BTreeMap::new();
    for row in rows {
        let envelope = Envelope {
            header: Base64(row.get(5)),
            body: Base64(row.get(6)),
            hash: Digest::try_from(row.get::<Vec<u8>, _>(7).as_slice())?,
            signature: SignatureBytes::try_from(row.get::<Vec<u8>, _>(8).as_slice())?,
            private: serde_json::from_str(row.get(9))?,
        };
        let header = envelope.decode_header()?;
        let body = envelope.decode_body(&header)?;
        let op_id = OpId(row.get(0));
        let one = Held {
            device: row.get::<Uuid, _>(1).as_bytes().to_vec(),
            kind: row.get(2),
            effective: Hlc(row.get::<i64, _>(3).cast_unsigned()),
            branch: row.get(4),
            facts: apply(&header, &body, &envelope.private)?,
        };
        operations.insert(op_id, one);
    }
    Ok(operations)
}

async fn held(server: &mut PgConnection) -> Result<BTreeSet<OpId>> {
    let ids: Vec<Uuid> =
        sqlx::query_scalar("SELECT op_id FROM held_operation WHERE op_id IS NOT NULL")
            .fetch_all(server)
            .await?;
    Ok(ids.into_iter().map(OpId).collect())
}

/// Every operation's facts are in the tables once (invariant 2).
async fn check_facts(operations: &BTreeMap<OpId, Held>, server: &mut PgConnection) -> Result<()> {
    let mut expected: BTreeMap<(Uuid, i32), (Uuid, i64)> = BTreeMap::new();
    let mut documents: BTreeMap<Uuid, (String, i64)> = BTreeMap::new();
    for (op_id, one) in operations {
        for movement in &one.facts.movements {
            let key = (op_id.0, i32::try_from(movement.n)?);
            expected.insert(key, (movement.product_id.0, movement.delta_milli.milli()));
        }
        for document in &one.facts.documents {
            let value = (document.number.clone(), document.total_minor.0);
            documents.insert(document.document_id.0, value);
        }
    }
    let rows = sqlx::query("SELECT op_id, n, product_id, delta_milli FROM stock_movement")
        .fetch_all(&mut *server)
        .await?;
    let found: BTreeMap<_, _> = rows
        .iter()
        .map(|row| ((row.get(0), row.get(1)), (row.get(2), row.get(3))))
        .collect();
    ensure!(
        found == expected,
        "the server's movements are not those of its operations"
    );
    let rows = sqlx::query("SELECT document_id, number, total_minor FROM document")
        .fetch_all(server)
        .await?;
    let found: BTreeMap<_, _> = rows
        .iter()
        .map(|row| (row.get(0), (row.get(1), row.get(2))))
        .collect();
    ensure!(
        found == documents,
        "the server's documents are not those of its operations"
    );
    Ok(())
}

/// Levels and repairs are what their facts add up to (invariant 4).
async fn check_folds(operations: &BTreeMap<OpId, Held>, server: &mut PgConnection) -> Result<()> {
    let mut levels: BTreeMap<(StoreId, &str, ProductId), i64> = BTreeMap::new();
    let mut events: HashMap<RepairId, Vec<(Hlc, RepairEvent)>> = HashMap::new();
    let mut logs: BTreeMap<LogPlace, Vec<(Hlc, LogEvent)>> = BTreeMap::new();
    for one in operations.values() {
        for movement in &one.facts.movements {
            let key = (
                movement.store_id,
                movement.location.name(),
                movement.product_id,
            );
            *levels.entry(key).or_default() += movement.delta_milli.milli();
        }
        for event in &one.facts.repair_events {
            let entry = (one.effective, event.clone());
            events.entry(event.repair_id).or_default().push(entry);
        }
        for event in &one.facts.log_events {
            let entry = (one.effective, event.clone());
            logs.entry(event.place()).or_default().push(entry);
        }
    }
    let rows = sqlx::query("SELECT store_id, location, product_id, on_hand_milli FROM stock_level")
        .fetch_all(&mut *server)
        .await?;
    for row in &rows {
        let location: String = row.get(1);
        let location = Location::ALL
            .into_iter()
            .find(|one| one.name() == location)
            .context("an unknown location")?;
        let key = (StoreId(row.get(0)), location.name(), ProductId(row.get(2)));
        let sum = levels.remove(&key).unwrap_or(0);
        let on_hand: i64 = row.get(3);
        ensure!(
            on_hand == sum,
            "level {key:?} is {on_hand}, its movements add up to {sum}"
        );
    }
    levels.retain(|_, sum| *sum != 0);
    ensure!(levels.is_empty(), "levels are missing: {levels:?}");
    check_logs(&logs, server).await?;
    let rows = sqlx::query("SELECT repair_id, folded::text FROM repair WHERE folded IS NOT NULL")
        .fetch_all(server)
        .await?;
    for row in rows {
        let repair_id = RepairId(row.get(0));
        let stored: Repair = serde_json::from_str(row.get(1))?;
        let facts = events
            .get(&repair_id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let folded = fold_repair(facts);
        ensure!(
            folded.as_ref() == Some(&stored),
            "repair {repair_id} is not its events' fold"
        );
    }
    Ok(())
}

/// Logs of every kind are their events' folds.
async fn check_logs(
    logs: &BTreeMap<LogPlace, Vec<(Hlc, LogEvent)>>,
    server: &mut PgConnection,
) -> Result<()> {
    let rows = sqlx::query("SELECT kind, home, key, folded::text FROM log_row")
        .fetch_all(server)
        .await?;
    let mut stored: BTreeMap<(String, Uuid, String), Option<LogState>> = BTreeMap::new();
    for row in rows {
        let folded: Option<String> = row.get(3);
        let folded = folded.map(|text| serde_json::from_str(&text)).transpose()?;
        stored.insert((row.get(0), row.get(1), row.get(2)), folded);
    }
    let expected: BTreeMap<_, _> = logs
        .iter()
        .map(|(place, events)| {
            let key = (
                place.kind.name().to_owned(),
                place.home_id(),
                place.key.to_string(),
            );
            (key, fold_log(events))
        })
        .collect();
    ensure!(
        stored == expected,
        "the server's logs are not their events' folds"
    );
    Ok(())
}

/// Every feed is dense, chained, and ends where its head says (invariants 3 and 8).
async fn check_feeds(server: &mut PgConnection) -> Result<()> {
    let heads = sqlx::query("SELECT scope, head, digest, floor FROM feed_head")
        .fetch_all(&mut *server)
        .await?;
    for head in heads {
        let (scope, last): (String, i64) = (head.get(0), head.get(1));
        let rows = sqlx::query("SELECT seq, bytes, digest FROM feed WHERE scope = $1 ORDER BY seq")
            .bind(&scope)
            .fetch_all(&mut *server)
            .await?;
        let floor: i64 = head.get(3);
        let mut digest = feed_genesis(&scope);
        let mut seq = floor - 1;
        for row in &rows {
            let this: i64 = row.get(0);
            ensure!(this == seq + 1, "feed {scope} lacks row {}", seq + 1);
            let bytes: Vec<u8> = row.get(1);
            let stored = Digest::try_from(row.get::<Vec<u8>, _>(2).as_slice())?;
            if floor <= 1 || this > floor {
                digest = feed_digest(&scope, this.unsigned_abs(), &digest, &bytes);
                ensure!(
                    digest == stored,
                    "feed {scope}: the digest of row {this} is wrong"
                );
            }
            (digest, seq) = (stored, this);
        }
        ensure!(
            seq == last,
            "feed {scope} ends at {seq}, its head is {last}"
        );
        let stored = Digest::try_from(head.get::<Vec<u8>, _>(2).as_slice())?;
        ensure!(digest == stored, "feed {scope}: the head's digest is wrong");
    }
    Ok(())
}

/// Document numbers are dense per device, branch and series (invariant 3).
async fn check_numbers(server: &mut PgConnection) -> Result<()> {
    let rows = sqlx::query(
        "SELECT d.device_id, o.branch, d.series, d.kind, min(d.count), max(d.count), count(*) \
         FROM document d JOIN operation o ON o.op_id = d.document_id \
         GROUP BY 1, 2, 3, 4",
    )
    .fetch_all(server)
    .await?;
    for row in rows {
        let (first, last, all): (i64, i64, i64) = (row.get(4), row.get(5), row.get(6));
        let (series, kind): (String, String) = (row.get(2), row.get(3));
        let branch: i32 = row.get(1);
        ensure!(
            (branch > 0 || first == 1) && last - first + 1 == all,
            "{kind} numbers of series {series} run from {first} to {last} and are {all}"
        );
    }
    Ok(())
}

/// What is missing before a history is listed, nothing else is, and so is every number that two
/// documents bear.
async fn check_gaps(server: &mut PgConnection) -> Result<()> {
    let rows = sqlx::query(
        "SELECT device_id, epoch, branch, device_seq, hash, header FROM operation
         WHERE kind <> 'server_put'
         UNION ALL
         SELECT device_id, epoch, branch, device_seq, hash,
           decode(envelope ->> 'header', 'base64') FROM held_operation",
    )
    .fetch_all(&mut *server)
    .await?;
    let known: BTreeSet<(Uuid, i64, i64, Vec<u8>)> = rows
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(3), row.get(4)))
        .collect();
    let mut missing: BTreeSet<(Uuid, i64, i32)> = BTreeSet::new();
    for row in &rows {
        let (device, epoch, seq): (Uuid, i64, i64) = (row.get(0), row.get(1), row.get(3));
        let header: Vec<u8> = row.get(5);
        if let Ok(header) = decode_header(&header)
            && seq > 1
            && !known.contains(&(device, epoch, seq - 1, header.prev_hash.0.to_vec()))
        {
            missing.insert((device, epoch, row.get(2)));
        }
    }
    let listed: Vec<(Uuid, i64, i32)> = sqlx::query_as(
        "SELECT device_id, (detail ->> 'epoch')::bigint, (detail ->> 'branch')::integer
         FROM exception WHERE kind = 'operations_missing' AND closed_at IS NULL",
    )
    .fetch_all(&mut *server)
    .await?;
    let listed: BTreeSet<_> = listed.into_iter().collect();
    ensure!(
        listed == missing,
        "missing before histories is {missing:?}, listed is {listed:?}"
    );
    let untold: Vec<String> = sqlx::query_scalar(
        "SELECT number FROM document GROUP BY number HAVING count(*) > 1
         EXCEPT SELECT jsonb_array_elements_text(detail -> 'numbers') FROM exception
         WHERE kind = 'number_shared'",
    )
    .fetch_all(&mut *server)
    .await?;
    ensure!(untold.is_empty(), "nobody hears that {untold:?} are twice");
    check_units(server).await?;
    check_balances(server).await
}

/// Every balance is what the payments of all documents come to, and what was spent beyond it is told.
async fn check_balances(server: &mut PgConnection) -> Result<()> {
    let paid: Vec<(String, i64, Option<Vec<String>>)> = sqlx::query_as(
        "SELECT CASE tender WHEN 'gift_card' THEN 'gift_card:' || reference
                  ELSE tender || ':' || customer_id END,
             sum(CASE kind WHEN 'receipt' THEN -amount_minor ELSE amount_minor END)::bigint,
             array_agg(number) FILTER (WHERE kind = 'receipt' AND amount_minor > 0)
         FROM payment JOIN document USING (organization_id, document_id)
         WHERE tender IN ('gift_card', 'store_credit', 'account') GROUP BY 1",
    )
    .fetch_all(&mut *server)
    .await?;
    let told: BTreeSet<String> = sqlx::query_scalar::<_, String>(
        "SELECT jsonb_array_elements_text(detail -> 'numbers') FROM exception
         WHERE kind = 'balance_overdrawn'",
    )
    .fetch_all(&mut *server)
    .await?
    .into_iter()
    .collect();
    let folded: BTreeMap<String, String> = sqlx::query_as::<_, (String, String)>(
        "SELECT key, folded::text FROM log_row WHERE kind = 'balance' AND folded IS NOT NULL",
    )
    .fetch_all(server)
    .await?
    .into_iter()
    .collect();
    ensure!(
        folded.len() == paid.len(),
        "{} balances are paid by, {} are kept",
        paid.len(),
        folded.len()
    );
    for (key, sum, spent_by) in paid {
        let row = folded.get(&key).context("no row of a balance")?;
        let state: LogState = serde_json::from_str(row)?;
        let Some(balance) = state.into_balance() else {
            bail!("a row of a balance is another one's: {row}");
        };
        let kept = balance.balance_minor.minor();
        ensure!(kept == sum, "{key} holds {kept}, payments come to {sum}");
        let is_told = spent_by.is_some_and(|numbers| numbers.iter().any(|one| told.contains(one)));
        ensure!(
            !balance.is_overdrawn() || is_told,
            "nobody hears that {key} is overdrawn"
        );
    }
    Ok(())
}

/// Every unit that was sold while another sale of it stood is told.
async fn check_units(server: &mut PgConnection) -> Result<()> {
    let folded: Vec<String> = sqlx::query_scalar(
        "SELECT folded::text FROM log_row WHERE kind = 'serial' AND folded IS NOT NULL",
    )
    .fetch_all(&mut *server)
    .await?;
    let told: BTreeSet<String> = sqlx::query_scalar::<_, String>(
        "SELECT jsonb_array_elements_text(detail -> 'numbers') FROM exception
         WHERE kind = 'serial_sold_twice'",
    )
    .fetch_all(server)
    .await?
    .into_iter()
    .collect();
    for row in folded {
        let state: LogState = serde_json::from_str(&row)?;
        let Some(unit) = state.into_serial() else {
            bail!("a row of a unit is another one's: {row}");
        };
        ensure!(
            unit.doubles().next().is_none() || told.contains(&unit.serial),
            "nobody hears that unit {} is sold twice",
            unit.serial
        );
    }
    Ok(())
}

/// One file by itself: sound, nothing waiting, chain whole, sums right.
async fn check_till(eye: &mut SqliteConnection) -> Result<()> {
    let integrity: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut *eye)
        .await?;
    ensure!(integrity == "ok", "integrity_check: {integrity}");
    let waiting = waiting(eye).await?;
    ensure!(waiting.is_empty(), "still waiting: {waiting:?}");
    journal::verify_own_chain(eye).await?;
    check_levels(eye).await
}

/// What a level shows is what the movements in the file add up to, at any moment; of what the server
/// has confirmed while all of the past is here.
pub(super) async fn check_levels(eye: &mut SqliteConnection) -> Result<()> {
    let is_whole: bool = sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM fill)")
        .fetch_one(&mut *eye)
        .await?;
    let wrong: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT hex(l.product_id) || ' ' || l.location, l.confirmed_milli, l.pending_milli, \
           (SELECT coalesce(sum(delta_milli), 0) FROM stock_movement m WHERE m.pending = 0 \
              AND m.product_id = l.product_id AND m.location = l.location \
              AND m.store_id = l.store_id), \
           (SELECT coalesce(sum(delta_milli), 0) FROM stock_movement m WHERE m.pending = 1 \
              AND m.product_id = l.product_id AND m.location = l.location \
              AND m.store_id = l.store_id) AS waiting \
         FROM stock_level l",
    )
    .fetch_all(eye)
    .await?;
    for (key, confirmed, pending, confirmed_sum, pending_sum) in wrong {
        ensure!(
            pending == pending_sum && (confirmed == confirmed_sum || !is_whole),
            "level {key} shows {confirmed} + {pending}, its movements add up to \
             {confirmed_sum} + {pending_sum}"
        );
    }
    Ok(())
}

/// What is not settled at a till, by list; empty at quiet. What the owner must look at is not
/// waiting.
pub(super) async fn waiting(eye: &mut SqliteConnection) -> Result<BTreeMap<&'static str, i64>> {
    const LISTS: [(&str, &str); 5] = [
        (
            "log_event",
            "SELECT count(*) FROM log_event WHERE pending <> 0 \
             AND op_id NOT IN (SELECT op_id FROM held)",
        ),
        ("outbox", "SELECT count(*) FROM outbox"),
        (
            "pending_op",
            "SELECT count(*) FROM pending_op WHERE op_id NOT IN (SELECT op_id FROM held)",
        ),
        (
            "pending_field",
            "SELECT count(*) FROM pending_field WHERE op_id NOT IN (SELECT op_id FROM held)",
        ),
        (
            "document",
            "SELECT count(*) FROM document WHERE pending <> 0 \
             AND document_id NOT IN (SELECT op_id FROM held)",
        ),
    ];
    let mut waiting = BTreeMap::new();
    for (name, sql) in LISTS {
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&mut *eye).await?;
        if count > 0 {
            waiting.insert(name, count);
        }
    }
    Ok(waiting)
}

/// A till's confirmed rows are the server's (invariant 5).
async fn compare_with_server(till: &mut Counter, server: &mut PgConnection) -> Result<()> {
    let store: Vec<u8> =
        sqlx::query_scalar("SELECT unhex(replace(store ->> 'store_id', '-', '')) FROM enrolment")
            .fetch_one(till.eye()?)
            .await?;
    let store = Uuid::from_slice(&store)?;
    const PAIRS: [(&str, &str, &str); 6] = [
        (
            "log_row",
            "SELECT kind || ' ' || key || ' ' || state || ' ' || is_open || ' ' || at_ms \
             FROM log_row ORDER BY 1",
            "SELECT kind || ' ' || key || ' ' || state || ' ' || is_open::int || ' ' || at_ms \
             FROM log_row WHERE home IN ($1, '00000000-0000-0000-0000-000000000000') \
             AND folded IS NOT NULL ORDER BY 1",
        ),
        (
            "document",
            "SELECT lower(hex(document_id)) || ' ' || number || ' ' || total_minor FROM document \
             WHERE pending = 0 ORDER BY 1",
            "SELECT encode(uuid_send(document_id), 'hex') || ' ' || number || ' ' || total_minor \
             FROM document WHERE store_id = $1 ORDER BY 1",
        ),
        (
            "stock_movement",
            "SELECT lower(hex(op_id)) || ' ' || n || ' ' || delta_milli FROM stock_movement \
             WHERE pending = 0 ORDER BY 1",
            "SELECT encode(uuid_send(op_id), 'hex') || ' ' || n || ' ' || delta_milli \
             FROM stock_movement WHERE store_id = $1 ORDER BY 1",
        ),
        (
            "stock_level",
            "SELECT lower(hex(product_id)) || ' ' || location || ' ' || confirmed_milli \
             FROM stock_level WHERE is_confirmed = 1 ORDER BY 1",
            "SELECT encode(uuid_send(product_id), 'hex') || ' ' || location || ' ' || on_hand_milli \
             FROM stock_level WHERE store_id = $1 ORDER BY 1",
        ),
        (
            "repair",
            "SELECT lower(hex(repair_id)) || ' ' || number || ' ' || state FROM repair ORDER BY 1",
            "SELECT encode(uuid_send(repair_id), 'hex') || ' ' || number || ' ' || state \
             FROM repair WHERE store_id = $1 AND folded IS NOT NULL ORDER BY 1",
        ),
        (
            "customer",
            "SELECT lower(hex(customer_id)) || ' ' || name || ' ' || phone || ' ' || address \
             FROM customer ORDER BY 1",
            "SELECT encode(uuid_send(customer_id), 'hex') || ' ' || name || ' ' || phone || ' ' \
             || address FROM customer WHERE $1::uuid IS NOT NULL ORDER BY 1",
        ),
    ];
    for (table, here, there) in PAIRS {
        let here: Vec<String> = sqlx::query_scalar(here).fetch_all(till.eye()?).await?;
        let mut there: Vec<String> = sqlx::query_scalar(there)
            .bind(store)
            .fetch_all(&mut *server)
            .await?;
        there.sort_unstable();
        if here != there {
            let only_here: Vec<_> = here.iter().filter(|row| !there.contains(row)).collect();
            let only_there: Vec<_> = there.iter().filter(|row| !here.contains(row)).collect();
            bail!("{table}: only here {only_here:?}, only at the server {only_there:?}");
        }
    }
    Ok(())
}

/// The feeds' rows that carry operations carry each once (invariant 2).
pub(super) async fn check_feed_operations(server: &mut PgConnection) -> Result<()> {
    let rows = sqlx::query("SELECT scope, seq, bytes FROM feed WHERE type = 'op'")
        .fetch_all(server)
        .await?;
    let mut seen = BTreeSet::new();
    for row in rows {
        let bytes: Vec<u8> = row.get(2);
        let op: FeedOp = serde_json::from_slice(&bytes)?;
        let header = op.envelope.decode_header()?;
        let scope: String = row.get(0);
        ensure!(
            seen.insert((scope.clone(), header.op_id)),
            "feed {scope} carries {} twice",
            header.op_id
        );
    }
    Ok(())
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {:?} on {}", self.kind, self.device, self.branch)
    }
}
