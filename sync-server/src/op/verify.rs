//! Checks everything that the books rest on: each device's chain hash by hash, each feed digest by
//! digest, and that every fact, sum and folded row follows from the signed operations. Reads one
//! moment of the database and changes nothing; one damage is told once, where it is.

mod chain;
mod facts;
mod feed;
mod fold;

use std::collections::{HashMap, HashSet};

use domain::{
    customer::Customer,
    id::{CustomerId, DeviceId, OpId, OrganizationId, ProductId, RepairId},
    replication::{chain::PublicKey, fold::FieldStamps, log::LogPlace},
    stock::Location,
};
use serde::Serialize;

use crate::{
    database::{Pool, Tx, begin_snapshot},
    store::{
        self,
        verify::{ChainKey, Device},
    },
};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub organization_id: OrganizationId,
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
    pub organizations: u64,
    pub operations: u64,
    pub held: u64,
    pub documents: u64,
    pub movements: u64,
    pub customers: u64,
    pub repairs: u64,
    pub logs: u64,
    pub feed_rows: u64,
    pub findings: Vec<Finding>,
}

/// Checks every organization. `server_key` is the key kept beside the database.
pub async fn verify(pool: &Pool, server_key: &PublicKey) -> Result<Report, sqlx::Error> {
    let mut report = Report::default();
    for (organization_id, _) in store::organization::all(pool).await? {
        let mut tx = begin_snapshot(pool, organization_id).await?;
        verify_organization(&mut tx, organization_id, server_key, &mut report).await?;
        tx.rollback().await?;
    }
    Ok(report)
}

/// Checks one organization as a transaction sees it.
pub async fn verify_organization(
    tx: &mut Tx,
    organization_id: OrganizationId,
    server_key: &PublicKey,
    report: &mut Report,
) -> Result<(), sqlx::Error> {
    report.organizations += 1;
    Check::new(organization_id, report)
        .all(tx, server_key)
        .await
}

/// The server's own operations.
const SERVER: ChainKey = ChainKey {
    device_id: DeviceId::SERVER,
    epoch: 1,
    branch: 0,
};

/// Where something is missing in a chain.
type Gap = (DeviceId, u64, u64);
/// What a level is of.
type LevelKey = (domain::id::StoreId, Location, ProductId);

/// The check of one organization, with what its parts learn for each other.
struct Check<'r> {
    organization_id: OrganizationId,
    report: &'r mut Report,
    devices: HashMap<ChainKey, Device>,
    /// Every applied operation, with its stored hash and whether its bytes can be trusted.
    operations: HashMap<OpId, (Vec<u8>, bool)>,
    gaps: HashSet<Gap>,
    /// Operations that the feeds hold and the tables do not.
    only_in_feed: HashSet<OpId>,
    customers: HashMap<CustomerId, (Customer, FieldStamps)>,
    /// What rests on bytes that cannot be trusted, or on a fact told already: nothing more is said
    /// of it.
    doubted_customers: HashSet<CustomerId>,
    doubted_levels: HashSet<LevelKey>,
    doubted_repairs: HashSet<RepairId>,
    doubted_logs: HashSet<LogPlace>,
    /// Some operation cannot be read at all, so what it changed is not known.
    is_any_unreadable: bool,
}

impl<'r> Check<'r> {
    fn new(organization_id: OrganizationId, report: &'r mut Report) -> Self {
        Self {
            organization_id,
            report,
            devices: HashMap::new(),
            operations: HashMap::new(),
            gaps: HashSet::new(),
            only_in_feed: HashSet::new(),
            customers: HashMap::new(),
            doubted_customers: HashSet::new(),
            doubted_levels: HashSet::new(),
            doubted_repairs: HashSet::new(),
            doubted_logs: HashSet::new(),
            is_any_unreadable: false,
        }
    }

    async fn all(&mut self, tx: &mut Tx, server_key: &PublicKey) -> Result<(), sqlx::Error> {
        self.devices = store::verify::devices(tx, self.organization_id).await?;
        if let Some(server) = self.devices.get(&SERVER)
            && server.public_key != server_key.0
        {
            self.find(
                "device",
                DeviceId::SERVER,
                "the server's key beside the database is not the one that signed here",
            );
        }
        for chain in store::verify::chains(tx, self.organization_id).await? {
            self.chain(tx, chain).await?;
        }
        self.feeds(tx).await?;
        self.orphans(tx).await?;
        self.levels(tx).await?;
        self.customer_rows(tx).await?;
        self.repair_rows(tx).await?;
        self.log_rows(tx).await
    }

    fn find(&mut self, table: &'static str, row: impl std::fmt::Display, what: impl Into<String>) {
        self.report.findings.push(Finding {
            organization_id: self.organization_id,
            table,
            row: row.to_string(),
            what: what.into(),
        });
    }
}

/// A place in a chain as a person finds the row.
fn place(chain: ChainKey, seq: u64) -> String {
    let ChainKey {
        device_id,
        epoch,
        branch,
    } = chain;
    let branch = if branch == 0 {
        String::new()
    } else {
        format!(", branch {branch}")
    };
    format!("{seq} of device {device_id}, epoch {epoch}{branch}")
}
