//! `prepare`: compiles the crates with checked queries against fresh databases, so that the query
//! macros write what they learn into each crate's `.sqlx` folder and later builds need no database.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::database::DatabasePair;
use crate::postgres;
use crate::process;
use crate::workspace::Workspace;

/// The crates whose `store` holds checked queries.
pub(crate) const CRATES: [&str; 2] = ["replica", "sync-server"];

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Change nothing; fail if what is committed is not what would be written.
    #[arg(long)]
    check: bool,
    /// Only these crates; all of them without it.
    #[arg(long = "package", short, value_name = "CRATE", value_parser = CRATES)]
    packages: Vec<String>,
}

pub(crate) fn prepare(workspace: &Workspace, options: &Options) -> Result<()> {
    let scratch = workspace.target().join("prepare");
    let pair = DatabasePair::start(workspace, &postgres::reachable(scratch.join("database")))?;
    let mut stale = Vec::new();
    for name in CRATES {
        if !options.packages.is_empty() && !options.packages.iter().any(|wanted| wanted == name) {
            continue;
        }
        let fresh = scratch.join(name);
        compile(workspace, &pair, name, &fresh)?;
        let kept = workspace.path(name).join(".sqlx");
        let (before, now) = (read_folder(&kept)?, read_folder(&fresh)?);
        if before == now {
            process::step(name, format!("ok ({} queries)", now.len()));
        } else if options.check {
            process::step(name, "stale");
            stale.push(name);
        } else {
            write_folder(&kept, &before, &now)?;
            process::step(name, format!("renewed ({} queries)", now.len()));
        }
    }
    ensure!(
        stale.is_empty(),
        "the cached queries of {} are stale; run `cargo xtask prepare` and commit .sqlx",
        stale.join(" and ")
    );
    Ok(())
}

/// Compiles one crate with its tests. The macros write a query's file as they are expanded, so
/// the crate must be compiled again even if cargo believes that nothing has changed.
fn compile(workspace: &Workspace, pair: &DatabasePair, name: &str, fresh: &Path) -> Result<()> {
    if fresh.exists() {
        fs::remove_dir_all(fresh)?;
    }
    fs::create_dir_all(fresh)?;
    process::run(Command::new("touch").arg(workspace.path(name).join("src/lib.rs")))?;
    let mut command = workspace.cargo();
    command.args(["check", "--quiet", "--all-targets", "--package", name]);
    command
        .envs(pair.variables())
        .env("SQLX_OFFLINE_DIR", fresh);
    process::run(&mut command)
}

type Queries = BTreeMap<String, String>;

fn read_folder(folder: &Path) -> Result<Queries> {
    let mut queries = Queries::new();
    if !folder.exists() {
        return Ok(queries);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with("query-") {
            queries.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(queries)
}

fn write_folder(folder: &Path, before: &Queries, now: &Queries) -> Result<()> {
    fs::create_dir_all(folder)?;
    for name in before.keys().filter(|name| !now.contains_key(*name)) {
        fs::remove_file(folder.join(name))?;
    }
    for (name, content) in now {
        if before.get(name) != Some(content) {
            fs::write(folder.join(name), content)?;
        }
    }
    Ok(())
}
