//! What a replay ends with, read by SQL from reopened files and from PostgreSQL, never counted on
//! the way.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use domain::replication::table::{Home, TABLES};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, PgConnection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::journal;

/// Totals of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Day {
    pub sales: i64,
    pub refunds: i64,
    pub gross_minor: i64,
    pub refunded_minor: i64,
}

/// Totals of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    pub sales: i64,
    pub refunds: i64,
    /// Movements that no document made.
    pub adjustments: i64,
    pub lines: i64,
    pub units_sold: i64,
    pub units_refunded: i64,
    pub gross_minor: i64,
    pub refunded_minor: i64,
    /// Sales less refunds.
    pub tax_minor: i64,
    pub by_day: BTreeMap<String, Day>,
    /// Net units moved by StockCode.
    pub stock: BTreeMap<String, i64>,
}

impl Totals {
    /// Adds another till's totals.
    pub fn add(&mut self, other: &Totals) {
        self.sales += other.sales;
        self.refunds += other.refunds;
        self.adjustments += other.adjustments;
        self.lines += other.lines;
        self.units_sold += other.units_sold;
        self.units_refunded += other.units_refunded;
        self.gross_minor += other.gross_minor;
        self.refunded_minor += other.refunded_minor;
        self.tax_minor += other.tax_minor;
        for (date, day) in &other.by_day {
            let sum = self.by_day.entry(date.clone()).or_default();
            sum.sales += day.sales;
            sum.refunds += day.refunds;
            sum.gross_minor += day.gross_minor;
            sum.refunded_minor += day.refunded_minor;
        }
        for (code, units) in &other.stock {
            *self.stock.entry(code.clone()).or_default() += units;
        }
    }

    /// One document sum per day and kind.
    fn take_documents(&mut self, date: String, kind: &str, count: i64, total: i64, tax: i64) {
        let day = self.by_day.entry(date).or_default();
        if kind == "receipt" {
            self.sales += count;
            self.gross_minor += total;
            self.tax_minor += tax;
            day.sales += count;
            day.gross_minor += total;
        } else {
            self.refunds += count;
            self.refunded_minor += total;
            self.tax_minor -= tax;
            day.refunds += count;
            day.refunded_minor += total;
        }
    }

    fn take_lines(&mut self, kind: &str, lines: i64, quantity_milli: i64) {
        self.lines += lines;
        if kind == "receipt" {
            self.units_sold += quantity_milli / 1_000;
        } else {
            self.units_refunded += quantity_milli / 1_000;
        }
    }
}

/// One series of documents at one till.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub struct Series {
    pub kind: String,
    pub documents: i64,
    pub first_number: String,
    pub last_number: String,
}

/// What one till's file says.
#[derive(Debug, Clone, Serialize)]
pub struct TillFigures {
    pub till: u32,
    pub store: String,
    pub documents: i64,
    /// Of the first series: the receipts, where there are any.
    pub first_number: Option<String>,
    pub last_number: Option<String>,
    pub series: Vec<Series>,
    /// Every series of the till counts from 1 without gaps.
    pub dense: bool,
    pub chain_verified: bool,
    /// Operations, documents and fields not back from the server, or held by it.
    pub pending: i64,
    #[serde(skip)]
    pub totals: Totals,
    /// Digest of each replicated table's confirmed rows.
    #[serde(skip)]
    pub tables: BTreeMap<&'static str, String>,
}

/// Opens a replica's file as it was left.
pub async fn open_replica(data: &Path) -> Result<SqliteConnection> {
    let path = replica_file(data)?;
    SqliteConnectOptions::new()
        .filename(&path)
        .connect()
        .await
        .with_context(|| format!("cannot open {}", path.display()))
}

/// The same, leaving the file as it lies there.
pub async fn open_to_read(data: &Path) -> Result<SqliteConnection> {
    let path = replica_file(data)?;
    let options = SqliteConnectOptions::new().filename(&path).read_only(true);
    let opened = options.connect().await;
    opened.with_context(|| format!("cannot open {}", path.display()))
}

/// The file that the till would open: a refill leaves its successor's name beside it.
pub fn replica_file(data: &Path) -> Result<std::path::PathBuf> {
    let name = std::fs::read_to_string(data.join("current"))
        .with_context(|| format!("no replica in {}", data.display()))?;
    Ok(data.join(name.trim()))
}

/// Everything that a report says of one till.
pub async fn of_till(data: &Path, till: u32, store: &str) -> Result<TillFigures> {
    let mut replica = open_replica(data).await?;
    let replica = &mut replica;
    let device: Vec<u8> = sqlx::query_scalar("SELECT device_id FROM chain")
        .fetch_one(&mut *replica)
        .await?;
    let totals = till_totals(replica, &device).await?;
    let documents: i64 = sqlx::query_scalar("SELECT count(*) FROM document WHERE device_id = ?")
        .bind(&device)
        .fetch_one(&mut *replica)
        .await?;
    let series: Vec<Series> = sqlx::query_as(
        "SELECT kind, count(*) AS documents, min(number) AS first_number, \
         max(number) AS last_number FROM document WHERE device_id = ? \
         GROUP BY kind, series ORDER BY kind DESC, series",
    )
    .bind(&device)
    .fetch_all(&mut *replica)
    .await?;
    let gaps: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT 1 FROM document WHERE device_id = ? GROUP BY kind, series \
         HAVING min(count) <> 1 OR max(count) <> count(*) OR count(DISTINCT count) <> count(*))",
    )
    .bind(&device)
    .fetch_one(&mut *replica)
    .await?;
    let pending: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM pending_op) \
         + (SELECT count(*) FROM held) + (SELECT count(*) FROM pending_field) \
         + (SELECT count(*) FROM document WHERE pending <> 0) \
         + (SELECT count(*) FROM stock_level WHERE pending_milli <> 0)",
    )
    .fetch_one(&mut *replica)
    .await?;
    let chain_verified = match journal::verify_own_chain(replica).await {
        Ok(_) => true,
        Err(error) => {
            eprintln!("till {till}: {error:#}");
            false
        }
    };
    let mut tables = BTreeMap::new();
    for table in TABLES {
        tables.insert(
            table.name,
            digest_table(replica, table.name, table.has_pending).await?,
        );
    }
    Ok(TillFigures {
        till,
        store: store.to_owned(),
        documents,
        first_number: series.first().map(|series| series.first_number.clone()),
        last_number: series.first().map(|series| series.last_number.clone()),
        series,
        dense: gaps == 0,
        chain_verified,
        pending,
        totals,
        tables,
    })
}

/// Tables of a home in which two replicas do not agree.
#[must_use]
pub fn differing_tables(a: &TillFigures, b: &TillFigures) -> Vec<&'static str> {
    TABLES
        .iter()
        .filter(|table| table.home == Home::Org || a.store == b.store)
        .map(|table| table.name)
        .filter(|name| a.tables.get(name) != b.tables.get(name))
        .collect()
}

async fn till_totals(replica: &mut SqliteConnection, device: &[u8]) -> Result<Totals> {
    let mut totals = Totals::default();
    let rows = sqlx::query(
        "SELECT business_date, kind, count(*), sum(total_minor), sum(tax_minor) FROM document \
         WHERE device_id = ? GROUP BY business_date, kind",
    )
    .bind(device)
    .fetch_all(&mut *replica)
    .await?;
    for row in rows {
        totals.take_documents(row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
    }
    let rows = sqlx::query(
        "SELECT d.kind, count(*), sum(l.quantity_milli) FROM document d \
         JOIN document_line l USING (document_id) WHERE d.device_id = ? GROUP BY d.kind",
    )
    .bind(device)
    .fetch_all(&mut *replica)
    .await?;
    for row in rows {
        totals.take_lines(row.get(0), row.get(1), row.get(2));
    }
    let rows = sqlx::query(
        "SELECT p.sku, sum(m.delta_milli), sum(m.reason NOT IN ('sold', 'refunded')) \
         FROM stock_movement m JOIN journal j USING (op_id) JOIN product p USING (product_id) \
         WHERE j.device_id = ? GROUP BY p.sku",
    )
    .bind(device)
    .fetch_all(&mut *replica)
    .await?;
    for row in rows {
        totals
            .stock
            .insert(row.get(0), row.get::<i64, _>(1) / 1_000);
        totals.adjustments += row.get::<i64, _>(2);
    }
    Ok(totals)
}

/// What the system of record says.
pub async fn of_server(server: &mut PgConnection) -> Result<Totals> {
    let mut totals = Totals::default();
    let rows = sqlx::query(
        "SELECT business_date::text, kind, count(*), sum(total_minor)::bigint, \
         sum(tax_minor)::bigint FROM document GROUP BY business_date, kind",
    )
    .fetch_all(&mut *server)
    .await?;
    for row in rows {
        totals.take_documents(row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
    }
    let rows = sqlx::query(
        "SELECT d.kind, count(*), sum(l.quantity_milli)::bigint FROM document d \
         JOIN document_line l USING (organization_id, document_id) GROUP BY d.kind",
    )
    .fetch_all(&mut *server)
    .await?;
    for row in rows {
        totals.take_lines(row.get(0), row.get(1), row.get(2));
    }
    let rows = sqlx::query(
        "SELECT p.sku, sum(m.delta_milli)::bigint, \
         count(*) FILTER (WHERE m.reason NOT IN ('sold', 'refunded')) \
         FROM stock_movement m JOIN product p USING (organization_id, product_id) GROUP BY p.sku",
    )
    .fetch_all(&mut *server)
    .await?;
    for row in rows {
        totals
            .stock
            .insert(row.get(0), row.get::<i64, _>(1) / 1_000);
        totals.adjustments += row.get::<i64, _>(2);
    }
    Ok(totals)
}

/// A digest over the confirmed rows of a table, whatever order they were written in. Left out are
/// the columns that are a replica's own: marks of pending and the search index's key.
pub(crate) async fn digest_table(
    replica: &mut SqliteConnection,
    table: &str,
    has_pending: bool,
) -> Result<String> {
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
        .bind(table)
        .fetch_all(&mut *replica)
        .await?;
    let own =
        |column: &String| column.starts_with("pending") || (column == "n" && table == "product");
    let list: Vec<String> = columns
        .iter()
        .filter(|c| !own(c))
        .map(|c| format!("quote(\"{c}\")"))
        .collect();
    let filter = match table {
        "stock_level" => "WHERE is_confirmed = 1",
        _ if has_pending => "WHERE pending = 0",
        _ => "",
    };
    let sql = format!(
        "SELECT {} AS row FROM \"{table}\" {filter} ORDER BY row",
        list.join("||'|'||")
    );
    let mut hasher = Sha256::new();
    // Built from the schema's own names; nothing that a person typed is in it.
    let rows = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(sql))
        .fetch_all(replica)
        .await?;
    for row in &rows {
        hasher.update(row.as_bytes());
        hasher.update(b"\n");
    }
    let digest: String = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("{} rows {digest}", rows.len()))
}
