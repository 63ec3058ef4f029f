//! What is true once every process has gone: the till's files by the till's own check, the server's
//! by its own, and by SQL whether PostgreSQL holds what people saw, each once, and nothing more.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use domain::id::{OpId, RepairId};
use serde_json::Value;
use sqlx::{Connection, PgConnection, Row};

use super::{clerk::Clerk, shop::Shop, witness::Seen};
use crate::program;

/// What a round of faults ended with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Books {
    pub documents: u64,
    /// Different numbers of documents.
    pub numbers: u64,
    /// Enrolments of which two histories were seen.
    pub fenced: u64,
    pub repair_events: u64,
}

/// Heals nothing: waits until all tills are quiet, ends every process and compares.
pub fn close(shop: &mut Shop, clerks: &mut [Clerk]) -> Result<Books> {
    for clerk in &mut *clerks {
        clerk
            .wait_quiet()
            .with_context(|| clerk_name(&clerk.data))?;
    }
    // Once more: what came back from one till, the others read after it.
    for clerk in &mut *clerks {
        clerk.wait_quiet()?;
        clerk.switch_off()?;
    }
    for clerk in &*clerks {
        verify_till(&clerk.data)?;
    }
    compare(shop, clerks)
}

/// Compares the witnesses with the server's database, whose server is killed for it.
fn compare(shop: &mut Shop, clerks: &[Clerk]) -> Result<Books> {
    let url = shop.server.ready.owner_database_url.clone();
    // A kill leaves PostgreSQL running, so that it can be asked when nobody else is there.
    shop.server.kill()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let books = runtime.block_on(compare_rows(&url, clerks));
    // Takes a PostgreSQL of its own over and stops it, whatever came out above.
    let verified = shop.server.command(&["verify", "--json"]);
    books.and_then(|books| verified.map(|_| books))
}

fn clerk_name(data: &Path) -> String {
    data.display().to_string()
}

async fn compare_rows(url: &str, clerks: &[Clerk]) -> Result<Books> {
    let mut server = PgConnection::connect(url).await?;
    let mut documents: BTreeMap<OpId, (String, i64)> = BTreeMap::new();
    let mut events: BTreeMap<RepairId, i64> = BTreeMap::new();
    for clerk in clerks {
        for seen in clerk.witness.read()? {
            match seen {
                Seen::Document {
                    document_id,
                    number,
                    total_minor,
                } => {
                    documents.insert(document_id, (number, total_minor));
                }
                Seen::Repair { repair_id, .. } => *events.entry(repair_id).or_default() += 1,
            }
        }
    }
    let rows = sqlx::query("SELECT document_id, number, total_minor FROM document")
        .fetch_all(&mut server)
        .await?;
    let found: BTreeMap<OpId, (String, i64)> = rows
        .iter()
        .map(|row| (OpId(row.get(0)), (row.get(1), row.get(2))))
        .collect();
    ensure!(
        found == documents,
        "people saw {} documents, the server has {}; missing {:?}, too many {:?}",
        documents.len(),
        found.len(),
        documents
            .iter()
            .filter(|(id, _)| !found.contains_key(id))
            .collect::<Vec<_>>(),
        found
            .iter()
            .filter(|(id, _)| !documents.contains_key(id))
            .collect::<Vec<_>>(),
    );
    let fenced: i64 = sqlx::query_scalar("SELECT count(*) FROM device_epoch WHERE fenced")
        .fetch_one(&mut server)
        .await?;
    // Only a till that was copied gives a number twice, and it is told to enrol anew.
    let numbers: BTreeSet<&String> = found.values().map(|(number, _)| number).collect();
    ensure!(
        numbers.len() == found.len() || fenced > 0,
        "a number was given twice"
    );
    // The demo shop's own repairs were made by the server.
    let rows = sqlx::query(
        "SELECT repair_id, count(*) FROM repair_event
         JOIN operation USING (organization_id, op_id)
         WHERE device_id <> '00000000-0000-0000-0000-000000000000' GROUP BY repair_id",
    )
    .fetch_all(&mut server)
    .await?;
    let happened: BTreeMap<RepairId, i64> = rows
        .iter()
        .map(|row| (RepairId(row.get(0)), row.get(1)))
        .collect();
    ensure!(
        happened == events,
        "people saw {events:?} on repairs, the server has {happened:?}"
    );
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM held_operation")
        .fetch_one(&mut server)
        .await?;
    ensure!(held == 0, "{held} operations are held");
    server.close().await?;
    Ok(Books {
        documents: found.len() as u64,
        numbers: numbers.len() as u64,
        fenced: u64::try_from(fenced)?,
        repair_events: u64::try_from(events.values().sum::<i64>())?,
    })
}

/// `till --verify` on a folder: sound, with nothing on its way.
pub fn verify_till(data: &Path) -> Result<()> {
    let report = run(Command::new(program::find("till-headless")?)
        .args(["--verify", "--json", "--data"])
        .arg(data))?;
    ensure!(
        report["waiting"] == 0 && report["pending"] == 0,
        "{} is not quiet: {report}",
        data.display()
    );
    Ok(())
}

fn run(command: &mut Command) -> Result<Value> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?}: {told}{error}");
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
