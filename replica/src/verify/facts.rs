//! Facts against the operations of the journal that state them, and their marks of pending against
//! the list of what has not come back.

use std::collections::BTreeMap;

use domain::{
    id::OpId,
    repair::RepairHappening,
    replication::{apply, log::Happening},
    sale::Document,
    stock::StockMovement,
};
use serde::Serialize;
use sqlx::{Row, SqliteConnection};

use super::{Check, VerifyError, chain::Readable};
use crate::store::id_list;

/// Facts of a page, by operation, as comparable texts.
#[derive(Default)]
struct Found {
    documents: BTreeMap<OpId, (String, bool)>,
    lines: BTreeMap<OpId, Vec<String>>,
    payments: BTreeMap<OpId, Vec<String>>,
    movements: BTreeMap<OpId, Vec<String>>,
    events: BTreeMap<OpId, (Option<RepairHappening>, bool)>,
    log_events: BTreeMap<(OpId, u32), (Option<Happening>, bool)>,
}

impl Check {
    pub(super) async fn facts(
        &mut self,
        connection: &mut SqliteConnection,
        page: &[Readable],
    ) -> Result<(), VerifyError> {
        if page.is_empty() {
            return Ok(());
        }
        let found = read(connection, page).await?;
        for Readable {
            header,
            body,
            private,
            may_lack,
        } in page
        {
            let op_id = header.op_id;
            let home = body.home_scope(header).map(|scope| scope.to_string());
            let home = home.unwrap_or_default();
            let Ok(facts) = apply(header, body, private) else {
                continue;
            };
            for document in &facts.documents {
                if *may_lack && !found.documents.contains_key(&op_id) {
                    continue;
                }
                self.report.documents += 1;
                self.document(op_id, document, &found, &home);
            }
            let stated: Vec<_> = facts.movements.iter().map(movement).collect();
            let are_gone = *may_lack && !found.movements.contains_key(&op_id);
            if !are_gone {
                self.report.movements += stated.len() as u64;
            }
            if !are_gone && found.movements.get(&op_id).map_or(&[][..], Vec::as_slice) != stated {
                self.find("stock_movement", op_id, "are not what its operation says");
            }
            for event in &facts.repair_events {
                match found.events.get(&op_id) {
                    None if *may_lack => {}
                    None => {
                        self.find(
                            "repair_event",
                            op_id,
                            "is missing, though its operation is here",
                        );
                    }
                    Some((happening, _)) if happening.as_ref() != Some(&event.happening) => {
                        self.find("repair_event", op_id, "is not what its operation says");
                    }
                    Some((_, is_pending)) => self.mark("repair_event", op_id, &home, *is_pending),
                }
            }
            for event in &facts.log_events {
                match found.log_events.get(&(op_id, event.n)) {
                    None if *may_lack => {}
                    None => {
                        let what = "is missing, though its operation is here";
                        self.find("log_event", op_id, what);
                    }
                    Some((happening, _)) if happening.as_ref() != Some(&event.happening) => {
                        self.find("log_event", op_id, "is not what its operation says");
                    }
                    Some((_, is_pending)) => {
                        let scope = event.place().scope().to_string();
                        self.mark("log_event", op_id, &scope, *is_pending);
                    }
                }
            }
        }
        Ok(())
    }

    fn document(&mut self, op_id: OpId, document: &Document, found: &Found, home: &str) {
        let number = &document.number;
        let Some((head, is_pending)) = found.documents.get(&op_id) else {
            return self.find(
                "document",
                op_id,
                "is missing, though its operation is here",
            );
        };
        if *head != head_of(document) {
            return self.find(
                "document",
                op_id,
                format!("{number} is not what its operation says"),
            );
        }
        let lines: Vec<_> = document
            .lines
            .iter()
            .map(|line| {
                let (quantity, price) = (line.quantity_milli.0, line.unit_price_e4.0);
                let (total, tax) = (line.total_minor.0, line.tax_minor.0);
                let details = json(line.details.stored());
                let head = format!("{}|{}|{quantity}|{price}", line.n, line.sku);
                format!("{head}|{total}|{tax}|{details}")
            })
            .collect();
        if found.lines.get(&op_id) != Some(&lines) {
            let what = format!("the lines of {number} are not what its operation says");
            return self.find("document_line", op_id, what);
        }
        let payments: Vec<_> = document
            .payments
            .iter()
            .map(|payment| {
                let (amount, change) = (payment.amount_minor.0, payment.change_minor.0);
                format!("{}|{}|{amount}|{change}", payment.n, payment.tender.name())
            })
            .collect();
        if found.payments.get(&op_id).map_or(&[][..], Vec::as_slice) != payments {
            let what = format!("the payments of {number} are not what its operation says");
            return self.find("payment", op_id, what);
        }
        self.mark("document", op_id, home, *is_pending);
    }

    /// A fact is marked as pending exactly while its operation is.
    fn mark(&mut self, table: &'static str, op_id: OpId, scope: &str, is_pending: bool) {
        let waits = self.pending_in.contains(&(op_id, scope.to_owned()));
        match (is_pending, waits) {
            (true, false) => {
                self.find(
                    table,
                    op_id,
                    "is marked as pending, its operation has come back",
                );
            }
            (false, true) => {
                self.find(
                    table,
                    op_id,
                    "is marked as confirmed, its operation is pending",
                );
            }
            _ => {}
        }
    }
}

/// As the store writes it.
fn json<T: Serialize>(details: Option<&T>) -> String {
    let text = details.and_then(|details| serde_json::to_string(details).ok());
    text.unwrap_or_default()
}

fn head_of(document: &Document) -> String {
    let (total, tax) = (document.total_minor.0, document.tax_minor.0);
    let details = json(document.details.stored());
    format!(
        "{}|{}|{}|{}|{}|{total}|{tax}|{}|{details}",
        document.kind.name(),
        document.number,
        document.series,
        document.count,
        document.business_date,
        document.wall_ms
    )
}

fn movement(movement: &StockMovement) -> String {
    format!(
        "{}|{}|{}|{}",
        movement.n,
        movement.location.name(),
        movement.product_id.0.simple(),
        movement.delta_milli.0
    )
}

async fn read(connection: &mut SqliteConnection, page: &[Readable]) -> Result<Found, VerifyError> {
    let ids = id_list(page.iter().map(|one| one.header.op_id.as_bytes()));
    let mut found = Found::default();
    for (key, text, is_pending) in texts(connection, HEADS, &ids).await? {
        found.documents.insert(key, (text, is_pending));
    }
    for (sql, into) in [
        (LINES, &mut found.lines),
        (PAYMENTS, &mut found.payments),
        (MOVEMENTS, &mut found.movements),
    ] {
        for (key, text, _) in texts(connection, sql, &ids).await? {
            into.entry(key).or_default().push(text);
        }
    }
    for (key, text, is_pending) in texts(connection, EVENTS, &ids).await? {
        let happening = serde_json::from_str(&text).ok();
        found.events.insert(key, (happening, is_pending));
    }
    // A file of an older program has no logs.
    let has_logs: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'log_event')")
            .fetch_one(&mut *connection)
            .await?;
    if has_logs {
        let rows = sqlx::query(LOG_EVENTS)
            .bind(&ids)
            .fetch_all(connection)
            .await?;
        for row in &rows {
            let key = (crate::store::id(row.get("op_id"))?, row.get("n"));
            let happening = serde_json::from_str(row.get("happening")).ok();
            found
                .log_events
                .insert(key, (happening, row.get("pending")));
        }
    }
    Ok(found)
}

const HEADS: &str = "SELECT document_id AS op_id, pending, kind || '|' || number || '|' || series
         || '|' || count || '|' || business_date || '|' || total_minor || '|' || tax_minor || '|'
         || wall_ms || '|' || coalesce(details, '') AS text
     FROM document WHERE document_id IN (SELECT unhex(value) FROM json_each(?))";
const LINES: &str = "SELECT document_id AS op_id, pending, n || '|' || sku || '|' || quantity_milli
         || '|' || unit_price_e4 || '|' || total_minor || '|' || tax_minor || '|'
         || coalesce(details, '') AS text
     FROM document_line WHERE document_id IN (SELECT unhex(value) FROM json_each(?))
     ORDER BY document_id, n";
const PAYMENTS: &str = "SELECT document_id AS op_id, pending, n || '|' || tender || '|'
         || amount_minor || '|' || change_minor AS text
     FROM payment WHERE document_id IN (SELECT unhex(value) FROM json_each(?))
     ORDER BY document_id, n";
const MOVEMENTS: &str = "SELECT op_id, pending, n || '|' || location || '|'
         || lower(hex(product_id)) || '|' || delta_milli AS text
     FROM stock_movement WHERE op_id IN (SELECT unhex(value) FROM json_each(?))
     ORDER BY op_id, n";
const EVENTS: &str = "SELECT op_id, pending, happening AS text FROM repair_event
     WHERE op_id IN (SELECT unhex(value) FROM json_each(?))";

const LOG_EVENTS: &str = "SELECT op_id, n, pending, happening FROM log_event
     WHERE op_id IN (SELECT unhex(value) FROM json_each(?))";

async fn texts(
    connection: &mut SqliteConnection,
    sql: &'static str,
    ids: &str,
) -> Result<Vec<(OpId, String, bool)>, VerifyError> {
    let rows = sqlx::query(sql).bind(ids).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let op_id = crate::store::id(row.get("op_id"))?;
            Ok((op_id, row.get("text"), row.get("pending")))
        })
        .collect()
}
