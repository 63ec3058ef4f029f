//! `till verify`: says of a till's folder whether its file is whole, its chain holds hash by hash,
//! and every fact, number and waiting list follows from the signed operations. Opens the file for
//! reading alone, beside a running till or a till that will not start.

mod chain;
mod facts;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

use domain::{
    contract::sync_v1::{Certificate, CertificateBody, Checkpoint, CheckpointBody},
    id::{DeviceId, OpId, StoreId},
    replication::chain::{Digest, PublicKey},
    shift::ShiftTotals,
};
use serde::Serialize;
use sqlx::{
    ConnectOptions, Row, SqliteConnection, sqlite::SqliteConnectOptions, sqlite::SqliteRow,
};

use crate::store::{count, id};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub table: &'static str,
    /// The row's key.
    pub row: String,
    /// A clause that goes on from table and row.
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.table, self.row, self.what)
    }
}

/// What was looked at and what is wrong.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub file: PathBuf,
    pub own_operations: u64,
    pub other_operations: u64,
    pub documents: u64,
    pub movements: u64,
    /// Not acknowledged by the server.
    pub waiting: u64,
    /// Not back from the server in every feed that they write.
    pub pending: u64,
    pub findings: Vec<Finding>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        writeln!(
            f,
            "looked at {}: {} own operations, {} of others, {} documents, {} movements; {} wait \
             to be sent, {} are pending",
            self.file.display(),
            self.own_operations,
            self.other_operations,
            self.documents,
            self.movements,
            self.waiting,
            self.pending,
        )?;
        if self.findings.is_empty() {
            writeln!(f, "everything holds")?;
        }
        Ok(())
    }
}

/// Why a folder could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("there is no till in {}", .0.display())]
    NoTill(PathBuf),
    #[error("the till in {} is not enrolled", .0.display())]
    NotEnrolled(PathBuf),
    #[error("the file cannot be read: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
}

impl From<crate::error::Error> for VerifyError {
    fn from(error: crate::error::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// Checks the till in a folder.
pub async fn verify(folder: &Path) -> Result<Report, VerifyError> {
    let name = std::fs::read_to_string(folder.join("current"))
        .map_err(|_| VerifyError::NoTill(folder.to_owned()))?;
    let file = folder.join(name.trim());
    if !file.exists() {
        return Err(VerifyError::NoTill(folder.to_owned()));
    }
    let mut connection = SqliteConnectOptions::new()
        .filename(&file)
        .read_only(true)
        .connect()
        .await?;
    // One moment of the file throughout, however busy the till is.
    sqlx::query("BEGIN").execute(&mut connection).await?;
    let mut report = Report {
        file,
        ..Report::default()
    };
    let damage: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(10)")
        .fetch_all(&mut connection)
        .await?;
    if damage != ["ok"] {
        // Nothing read from a damaged file says anything.
        report
            .findings
            .extend(damage.into_iter().map(|what| Finding {
                table: "the file",
                row: "itself".to_owned(),
                what,
            }));
        return Ok(report);
    }
    let till = Own::load(&mut connection)
        .await?
        .ok_or_else(|| VerifyError::NotEnrolled(folder.to_owned()))?;
    let mut check = Check {
        till,
        report,
        own_seqs: HashMap::new(),
        pending: HashSet::new(),
        pending_in: HashSet::new(),
        is_history_whole: true,
        boundary: 0,
        is_filling: false,
        checkpoints: BTreeMap::new(),
        are_numbers_known: false,
        numbered: BTreeMap::new(),
    };
    check.waiting_lists(&mut connection).await?;
    check.what_may_be_missing(&mut connection).await?;
    check.journal(&mut connection).await?;
    check.outbox(&mut connection).await?;
    check.levels(&mut connection).await?;
    check.shift(&mut connection).await?;
    Ok(check.report)
}

/// Who this till is.
struct Own {
    device_id: DeviceId,
    store_id: StoreId,
    epoch: u64,
    last_seq: u64,
    head_hash: Digest,
    /// How many receipts, credit notes and repairs this epoch has numbered.
    counts: [u64; 5],
    /// What the first operation of this epoch follows; a file of the first version does not say.
    genesis: Option<Vec<u8>>,
    /// The key of the present epoch, as the server certified it.
    key: PublicKey,
}

impl Own {
    async fn load(connection: &mut SqliteConnection) -> Result<Option<Self>, VerifyError> {
        let row = sqlx::query(
            "SELECT chain.*, enrolment.certificate FROM chain JOIN enrolment USING (one)",
        )
        .fetch_optional(connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let unreadable = |error: serde_json::Error| VerifyError::Unreadable(error.to_string());
        let certificate: Certificate =
            serde_json::from_str(row.get("certificate")).map_err(unreadable)?;
        let body: CertificateBody =
            serde_json::from_slice(&certificate.body.0).map_err(unreadable)?;
        let head_hash: Vec<u8> = row.get("head_hash");
        Ok(Some(Self {
            device_id: id(row.get("device_id"))?,
            store_id: body.store_id,
            epoch: number(&row, "epoch")?,
            last_seq: number(&row, "device_seq")?,
            head_hash: Digest::try_from(head_hash.as_slice())
                .map_err(|error| VerifyError::Unreadable(error.to_string()))?,
            counts: [
                number(&row, "receipts")?,
                number(&row, "credit_notes")?,
                number(&row, "repairs")?,
                // A file from before there were quotes or invoices has numbered none.
                count(row.try_get::<i64, _>("quotes").unwrap_or(0))?,
                count(row.try_get::<i64, _>("invoices").unwrap_or(0))?,
            ],
            genesis: row.try_get("genesis").ok(),
            key: body.public_key,
        }))
    }
}

fn number(row: &SqliteRow, column: &str) -> Result<u64, VerifyError> {
    Ok(count(row.get::<i64, _>(column))?)
}

/// The check of one file, with what its parts learn for each other.
struct Check {
    till: Own,
    report: Report,
    /// Sequences of own operations of this epoch, by id.
    own_seqs: HashMap<OpId, u64>,
    /// Own operations that have not come back.
    pending: HashSet<OpId>,
    /// The same by the scope in whose feed they are missing.
    pending_in: HashSet<(OpId, String)>,
    /// Every fact is still here, so that sums can be made of them.
    is_history_whole: bool,
    /// Facts stamped before it have gone, those of open repairs aside.
    boundary: i64,
    /// Some of the past has not come yet.
    is_filling: bool,
    /// Up to where the server has signed that it holds a history of this till, and its hash there.
    checkpoints: BTreeMap<(u64, u32), (u64, Digest)>,
    /// Every own document can be read, and no other history of this enrolment has come back.
    are_numbers_known: bool,
    /// Kind, count and number of own documents, by sequence.
    numbered: BTreeMap<u64, (usize, u64, String)>,
}

impl Check {
    fn find(&mut self, table: &'static str, row: impl std::fmt::Display, what: impl Into<String>) {
        self.report.findings.push(Finding {
            table,
            row: row.to_string(),
            what: what.into(),
        });
    }

    async fn waiting_lists(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), VerifyError> {
        let rows = sqlx::query("SELECT op_id, scope FROM pending_op")
            .fetch_all(connection)
            .await?;
        for row in rows {
            let op_id = id(row.get("op_id"))?;
            self.pending.insert(op_id);
            self.pending_in.insert((op_id, row.get("scope")));
        }
        self.report.pending = self.pending.len() as u64;
        Ok(())
    }

    /// A feed's boundary, a fill under way, and checkpoints, before which own envelopes may go.
    async fn what_may_be_missing(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), VerifyError> {
        self.is_filling = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM fill)")
            .fetch_one(&mut *connection)
            .await?;
        // A file of an older program has none.
        let knows_boundary: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pragma_table_info('feed') WHERE name = 'boundary_hlc')",
        )
        .fetch_one(&mut *connection)
        .await?;
        if knows_boundary {
            self.boundary = sqlx::query_scalar(
                "SELECT coalesce(max(boundary_hlc), 0) FROM feed WHERE scope LIKE 'store:%'",
            )
            .fetch_one(&mut *connection)
            .await?;
        }
        self.is_history_whole = self.boundary == 0;
        let texts: Vec<String> = sqlx::query_scalar("SELECT checkpoint FROM checkpoint")
            .fetch_all(connection)
            .await?;
        for text in texts {
            let unreadable = |error: serde_json::Error| VerifyError::Unreadable(error.to_string());
            let checkpoint: Checkpoint = serde_json::from_str(&text).map_err(unreadable)?;
            let body: CheckpointBody =
                serde_json::from_slice(&checkpoint.body.0).map_err(unreadable)?;
            if body.device_id == self.till.device_id {
                let at = (body.seq, body.hash);
                self.checkpoints.insert((body.epoch, body.branch), at);
            }
        }
        Ok(())
    }

    /// What waits for the server is the end of the own chain, without gaps.
    async fn outbox(&mut self, connection: &mut SqliteConnection) -> Result<(), VerifyError> {
        let rows = sqlx::query("SELECT device_seq, op_id FROM outbox ORDER BY device_seq")
            .fetch_all(connection)
            .await?;
        self.report.waiting = rows.len() as u64;
        let mut expected: Option<u64> = None;
        for row in &rows {
            let seq = number(row, "device_seq")?;
            let op_id: OpId = id(row.get("op_id"))?;
            if self.own_seqs.get(&op_id) != Some(&seq) {
                self.find(
                    "outbox",
                    seq,
                    format!("operation {op_id} is not in the journal"),
                );
            } else if !self.pending.contains(&op_id) {
                let what = format!("operation {op_id} waits to be sent and is not pending");
                self.find("outbox", seq, what);
            }
            if expected.is_some_and(|expected| expected != seq) {
                let what = format!("is missing: the next one is {seq}");
                self.find("outbox", expected.unwrap_or_default(), what);
            }
            expected = Some(seq + 1);
        }
        if let Some(end) = expected
            && end != self.till.last_seq + 1
        {
            let what = format!("is the last one, the chain ends at {}", self.till.last_seq);
            self.find("outbox", end - 1, what);
        }
        let lost: Vec<_> = self
            .pending
            .iter()
            .filter(|op_id| !self.own_seqs.contains_key(*op_id))
            .copied()
            .collect();
        for op_id in lost {
            self.find(
                "pending_op",
                op_id,
                "is not an operation of this till's journal",
            );
        }
        Ok(())
    }

    /// What the open shift adds up to, against the documents of the journal.
    async fn shift(&mut self, connection: &mut SqliteConnection) -> Result<(), VerifyError> {
        // Of a journal that is not whole nothing can be added up, and that is said already.
        let mut found = self.report.findings.iter();
        if found.any(|finding| finding.table == "journal") {
            return Ok(());
        }
        let is_known: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'open_shift')",
        )
        .fetch_one(&mut *connection)
        .await?;
        if !is_known {
            return Ok(());
        }
        let stored: Option<String> = sqlx::query_scalar("SELECT totals FROM open_shift")
            .fetch_optional(&mut *connection)
            .await?;
        let stored: Option<ShiftTotals> = stored.and_then(|text| serde_json::from_str(&text).ok());
        let sums = crate::store::shift::sums(connection).await?;
        if stored != sums {
            let what = "its totals are not what its documents add up to";
            self.find("open_shift", "itself", what);
        }
        Ok(())
    }

    /// Both halves of every level against the movements that made them.
    async fn levels(&mut self, connection: &mut SqliteConnection) -> Result<(), VerifyError> {
        let rows = sqlx::query(
            // Added up first: a level that looks for its movements reads them all.
            "SELECT level.product_id, level.location, level.store_id, confirmed_milli,
                 pending_milli, is_confirmed, coalesce(moved.confirmed, 0) AS confirmed,
                 coalesce(moved.waiting, 0) AS waiting
             FROM stock_level AS level LEFT JOIN
                 (SELECT product_id, location, store_id,
                      sum(delta_milli) FILTER (WHERE pending = 0) AS confirmed,
                      sum(delta_milli) FILTER (WHERE pending = 1) AS waiting
                  FROM stock_movement GROUP BY product_id, location, store_id) AS moved
                 USING (product_id, location, store_id)
             WHERE pending_milli <> coalesce(moved.waiting, 0)
                 OR confirmed_milli <> coalesce(moved.confirmed, 0)",
        )
        .fetch_all(connection)
        .await?;
        for row in rows {
            let product: uuid::Uuid = id(row.get("product_id"))?;
            let location: String = row.get("location");
            let key = format!("{product}/{location}");
            let (stored, moved) = (
                row.get::<i64, _>("pending_milli"),
                row.get::<i64, _>("waiting"),
            );
            if stored != moved {
                let what = format!(
                    "{stored} thousandths are on their way, their movements add up to {moved}"
                );
                self.find("stock_level", &key, what);
            }
            let (stored, moved) = (
                row.get::<i64, _>("confirmed_milli"),
                row.get::<i64, _>("confirmed"),
            );
            let store_id: StoreId = id(row.get("store_id"))?;
            let is_known = row.get::<bool, _>("is_confirmed") && store_id == self.till.store_id;
            if stored != moved && is_known && self.is_history_whole && !self.is_filling {
                let what =
                    format!("{stored} thousandths are on hand, its movements add up to {moved}");
                self.find("stock_level", &key, what);
            }
        }
        Ok(())
    }
}
