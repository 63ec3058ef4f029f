//! `verify`: says of a database, or of a backup without touching any database, whether every chain,
//! digest, sum and folded row holds; a sentence per finding, and a failure if there is one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::replication::chain::PublicKey;

use super::{
    backup::{archive::KEY, tool::Tools},
    place::{Database, Place, parse_key},
    restore,
};
use crate::{
    database::{DatabaseConfig, migrate},
    embedded::TemporaryCluster,
    op::verify::{Report, verify as check},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A backup to look into; without it the database is looked at.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// What was counted and found, as JSON.
    #[arg(long)]
    json: bool,
}

/// Checks the database or a backup.
pub(crate) async fn verify(database: &Database, options: &Options) -> Result<()> {
    let report = match &options.file {
        Some(file) => of_backup(file).await?,
        None => {
            let place = Place::open(database).await?;
            let checked = check(&place.state.pool, &place.state.key.public()).await;
            place.state.pool.close().await;
            place.close()?;
            checked?
        }
    };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        tell(&report);
    }
    match report.findings.len() {
        0 => Ok(()),
        1 => bail!("there is 1 finding"),
        findings => bail!("there are {findings} findings"),
    }
}

/// Restores a backup into a PostgreSQL of its own, which goes when the check is over.
async fn of_backup(file: &Path) -> Result<Report> {
    let (archive, _) = restore::open(file)?;
    let key = String::from_utf8(archive.small(KEY)?).unwrap_or_default();
    let key = parse_key(&key).context("the server's key in the backup cannot be read")?;
    let cluster = TemporaryCluster::start().await?;
    let database = cluster.database().await?;
    restore::run(&Tools::of(&database.owner_url)?, &archive)?;
    migrate(&database.owner).await?;
    checked(DatabaseConfig::new(database.app), &key.public()).await
}

async fn checked(mut config: DatabaseConfig, key: &PublicKey) -> Result<Report> {
    config.connections_max = 2;
    let connected = config.connect().await.context("cannot use the database")?;
    let report = check(&connected.pool, key).await;
    connected.pool.close().await;
    Ok(report?)
}

fn tell(report: &Report) {
    for finding in &report.findings {
        println!("{finding}");
    }
    println!(
        "looked at {} organizations: {} operations and {} held, {} documents, {} movements, \
         {} customers, {} repairs, {} logs, {} feed rows",
        report.organizations,
        report.operations,
        report.held,
        report.documents,
        report.movements,
        report.customers,
        report.repairs,
        report.logs,
        report.feed_rows,
    );
    if report.findings.is_empty() {
        println!("everything holds");
    }
}
