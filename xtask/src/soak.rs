//! `soak`: builds everything that the long runs start, and hands over to the program that keeps
//! their account.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;
use crate::programs::{self, PROGRAMS_VARIABLE, Profile};
use crate::setup;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only this part: seeds, kills, fuzz or power.
    #[arg(long)]
    part: Option<String>,
    /// Begin nothing after so many minutes; the next run goes on from there.
    #[arg(long)]
    minutes: Option<u64>,
    /// How many pieces of seeds run side by side.
    #[arg(long)]
    jobs: Option<u32>,
}

pub(crate) fn soak(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::for_programs()?;
    build_programs(workspace)?;
    programs::build_simulation(workspace, Profile::Release)?;
    let fuzz = build_fuzzers(workspace)?;
    let programs = programs::folder(workspace, Profile::Release);
    let mut command = Command::new(programs.join("soak"));
    command
        .arg("--record")
        .arg(workspace.path("docs/soak.json"))
        .arg("--folder")
        .arg(workspace.target().join("soak"))
        .arg("--root")
        .arg(workspace.root())
        .arg("--report")
        .arg(workspace.path("docs/soak.md"))
        .arg("--fuzz")
        .arg(fuzz)
        .env(PROGRAMS_VARIABLE, programs);
    if let Some(part) = &options.part {
        command.args(["--part", part]);
    }
    if let Some(jobs) = options.jobs {
        command.args(["--jobs", &jobs.to_string()]);
    }
    if let Some(minutes) = options.minutes {
        command.args(["--minutes", &minutes.to_string()]);
    }
    process::run(&mut command)
}

/// The programs that ship, and those that drive them.
fn build_programs(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["build", "--release", "--locked"]);
    command.args(["--package", "tests", "--package", "sync-server"]);
    for program in ["sync-server", "till-headless", "kills", "power", "soak"] {
        command.args(["--bin", program]);
    }
    process::run(&mut command)
}

/// The executable of the fuzzers' tests, whose name only cargo knows. Not in release: sums that
/// overflow shall panic.
fn build_fuzzers(workspace: &Workspace) -> Result<PathBuf> {
    let mut command = workspace.cargo();
    command.args(["test", "--package", "tests", "--test", "fuzz", "--locked"]);
    command.args(["--no-run", "--message-format", "json-render-diagnostics"]);
    let messages = process::output(&mut command)?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "fuzz")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo names no executable of the fuzzers")
}
