//! The replay: shares invoices out to tills, lets them work, breaks them if asked to, waits until
//! all is quiet and reads both sides back.

mod cashier;
mod report;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use domain::id::ProductId;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::Row;

use crate::{
    invoice::{self, Invoice},
    server::Server,
    site::{Servers, Site},
    wait,
};
use cashier::Cashier;

/// What to replay and how.
#[derive(Debug, Clone)]
pub struct Plan {
    pub sales: PathBuf,
    pub tills: u32,
    pub offline: bool,
    pub kill: bool,
    pub keep: bool,
    pub data: Option<PathBuf>,
    pub errors: Option<PathBuf>,
    pub servers: Servers,
}

/// The person who signs in at every till: prices come from the invoices, so it takes a role that
/// may set them.
pub(crate) const STAFF: &str = "Replay";
pub(crate) const PIN: &str = "202612";
/// Parts of the work after which the server is killed.
const SERVER_KILLS: [f64; 2] = [0.3, 0.65];

/// Where one till stands.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub till: u32,
    pub store: &'static str,
    /// The till's number within its store.
    pub number: u32,
    pub data: PathBuf,
}

/// Runs a replay and returns its report.
pub fn run(plan: &Plan) -> Result<Value> {
    let invoices = invoice::read_file(&plan.sales)?;
    let folder = Folder::new(plan)?;
    let errors_path = plan
        .errors
        .clone()
        .unwrap_or_else(|| folder.path.join("bad_rows.csv"));
    report::write_bad_rows(&errors_path, &invoices.bad_rows)?;
    if !invoices.bad_rows.is_empty() {
        eprintln!(
            "{} bad rows: {}",
            invoices.bad_rows.len(),
            errors_path.display()
        );
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;

    let mut site = Site::open(plan.servers, &folder.path)?;
    eprintln!("server {}", site.address());
    let places = places(plan.tills, &folder.path);
    prepare(&site.server, &invoices.products, &folder.path)?;
    let owner_url = site.server.ready.owner_database_url.clone();
    let products = runtime.block_on(product_ids(&owner_url))?;

    let mut shares: Vec<Vec<&Invoice>> = vec![Vec::new(); places.len()];
    for invoice in &invoices.invoices {
        shares[share_of(&invoice.number, places.len())].push(invoice);
    }
    let mut cashiers = Vec::new();
    for place in &places {
        let code = site.server.enrol_code(place.store, place.number)?;
        cashiers.push(Cashier::start(place.clone(), site.address(), &code, plan)?);
    }

    let bar = progress_bar(invoices.invoices.len() as u64);
    let started = Instant::now();
    work(
        &mut cashiers,
        &shares,
        &products,
        &bar,
        plan.kill.then_some(&mut site),
    )?;
    bar.set_message("waiting until all is quiet");
    settle(&mut cashiers)?;
    let seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();
    for cashier in cashiers {
        cashier.quit()?;
    }
    let outcome = runtime.block_on(report::reconcile(&places, &owner_url))?;
    let report = report::render(&outcome, invoices.bad_rows.len(), seconds, &owner_url);
    if plan.keep {
        // The server goes, its PostgreSQL stays: a kill leaves the cluster running.
        site.server.kill()?;
        eprintln!("kept: {} and {owner_url}", folder.path.display());
        folder.keep();
    } else {
        site.stop()?;
    }
    Ok(report)
}

/// All tills work at once; meanwhile the server is killed at its moments, if it is given.
fn work(
    cashiers: &mut [Cashier],
    shares: &[Vec<&Invoice>],
    products: &HashMap<String, ProductId>,
    bar: &ProgressBar,
    mut victim: Option<&mut Site>,
) -> Result<()> {
    let all = shares.iter().map(Vec::len).sum::<usize>() as f64;
    let done = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let mut workers: Vec<_> = cashiers
            .iter_mut()
            .zip(shares)
            .map(|(cashier, share)| {
                let done = &done;
                scope.spawn(move || {
                    let entered = || {
                        done.fetch_add(1, Ordering::Relaxed);
                        bar.inc(1);
                    };
                    let till = cashier.place.till;
                    cashier
                        .work(share, products, entered)
                        .with_context(|| format!("till {till}"))
                })
            })
            .collect();
        let mut kills = SERVER_KILLS.to_vec();
        while !workers.iter().all(|worker| worker.is_finished()) {
            let part = done.load(Ordering::Relaxed) as f64 / all;
            if let Some(site) = &mut victim
                && kills.first().is_some_and(|at| part >= *at)
            {
                kills.remove(0);
                site.kill()?;
                site.start_again()?;
            }
            wait::pause(Duration::from_millis(20));
        }
        if let Some(site) = victim {
            for _ in kills {
                site.kill()?;
                site.start_again()?;
            }
        }
        workers.drain(..).try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(anyhow!("a till's thread panicked")))
        })
    })
}

/// Waits until every till has sent everything and holds everything, and all replicas of a scope
/// stand at the same row, so that what is compared is the same moment.
fn settle(cashiers: &mut [Cashier]) -> Result<()> {
    const TRIES: u32 = 50;
    for _ in 0..TRIES {
        let mut heads: HashMap<String, u64> = HashMap::new();
        let mut agree = true;
        for cashier in &mut *cashiers {
            cashier.wait_quiet()?;
        }
        for cashier in &mut *cashiers {
            cashier.set_network(false)?;
        }
        for cashier in &mut *cashiers {
            for (scope, cursor) in cashier.cursors()? {
                agree &= *heads.entry(scope).or_insert(cursor) == cursor;
            }
        }
        if agree {
            return Ok(());
        }
        for cashier in &mut *cashiers {
            cashier.set_network(true)?;
        }
    }
    Err(anyhow!(
        "the tills' replicas do not come to stand at the same row"
    ))
}

/// From three tills on: two stores, the first two tills in one.
fn places(tills: u32, folder: &Path) -> Vec<Place> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    (0..tills)
        .map(|index| {
            let store = if tills >= 3 && index >= 2 && index % 2 == 0 {
                "S2"
            } else {
                "S1"
            };
            let number = numbers.entry(store).or_default();
            *number += 1;
            let till = index + 1;
            Place {
                till,
                store,
                number: *number,
                data: folder.join(format!("till-{till}")),
            }
        })
        .collect()
}

/// The till of an invoice, by a hash of its number.
fn share_of(number: &str, tills: usize) -> usize {
    let hash = Sha256::digest(number.as_bytes());
    let value = hash
        .iter()
        .take(4)
        .fold(0_usize, |value, byte| value * 256 + usize::from(*byte));
    value % tills
}

fn prepare(server: &Server, products: &[(String, String)], folder: &Path) -> Result<()> {
    server.command(&[
        "organization",
        "create",
        "--name",
        "Replay",
        "--currency",
        "GBP",
        "--minor-digits",
        "2",
        "--tax-mode",
        "inclusive",
        "--country",
        "GB",
        "--tax-percent",
        "20",
    ])?;
    for code in ["S1", "S2"] {
        let zone = invoice::TIME_ZONE;
        let store = [
            "store",
            "create",
            "--code",
            code,
            "--name",
            code,
            "--time-zone",
            zone,
        ];
        // A day here is the date on the invoice.
        server.command(&[store.as_slice(), &["--cut-over-hour", "0"]].concat())?;
    }
    let staff = [
        "staff", "create", "--name", STAFF, "--role", "owner", "--pin", PIN,
    ];
    server.command(&staff)?;
    let path = folder.join("products.csv");
    report::write_products(&path, products)?;
    let path = path
        .to_str()
        .context("the data folder's name is not UTF-8")?;
    server.command(&["import", "products", path])?;
    Ok(())
}

async fn product_ids(url: &str) -> Result<HashMap<String, ProductId>> {
    let mut connection = report::connect(url).await?;
    let rows = sqlx::query("SELECT sku, product_id FROM product")
        .fetch_all(&mut connection)
        .await?;
    Ok(rows
        .iter()
        .map(|row| (row.get(0), ProductId(row.get(1))))
        .collect())
}

fn progress_bar(length: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} invoices  {per_sec}  {elapsed}  {msg}");
    let bar = ProgressBar::new(length);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

/// The folder of a replay: deleted at the end unless kept or named by the caller.
struct Folder {
    path: PathBuf,
    is_temporary: bool,
}

impl Folder {
    fn new(plan: &Plan) -> Result<Folder> {
        let (path, is_temporary) = match &plan.data {
            Some(path) => (path.clone(), false),
            None => {
                let name = format!("techstore-replay-{}", std::process::id());
                (std::env::temp_dir().join(name), !plan.keep)
            }
        };
        std::fs::create_dir_all(&path)?;
        Ok(Folder { path, is_temporary })
    }

    fn keep(mut self) {
        self.is_temporary = false;
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_temporary
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            eprintln!("{} could not be deleted: {error}", self.path.display());
        }
    }
}
