//! `check`: what can be said of the sources without running them. Every part is run, and the
//! verdict names those that failed.

use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::build_ui;
use crate::edges;
use crate::prepare;
use crate::process;
use crate::setup;
use crate::wasm::WasmToolchain;
use crate::workspace::Workspace;

type Part = (&'static str, fn(&Workspace) -> Result<()>);

const PARTS: [Part; 8] = [
    ("formatting", formatting),
    ("dependency edges", edges::check),
    ("domain without a system", domain_for_wasm),
    ("cached queries", cached_queries),
    ("lints", lints),
    ("documentation", documentation),
    ("licences and advisories", licences_and_advisories),
    ("unused dependencies", unused_dependencies),
];

/// Set where the list of advisories can be fetched, so that not reading it is a failure.
const ADVISORIES_REQUIRED: &str = "TECHSTORE_ADVISORIES_REQUIRED";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only the parts whose name holds this, on a machine that is set up.
    #[arg(value_name = "PART")]
    part: Option<String>,
}

pub(crate) fn check(workspace: &Workspace, options: &Options) -> Result<()> {
    let wanted = options.part.as_deref().unwrap_or_default();
    if wanted.is_empty() {
        setup::everything(workspace)?;
        // The till's window embeds its pages when it is compiled, so they must be there.
        build_ui::build(workspace, &build_ui::Options::default())?;
    }
    let parts: Vec<&Part> = PARTS
        .iter()
        .filter(|(name, _)| name.contains(wanted))
        .collect();
    ensure!(!parts.is_empty(), "no part of the check is called {wanted}");
    let mut failed = Vec::new();
    for (name, part) in &parts {
        println!("check {name}");
        if let Err(error) = part(workspace) {
            eprintln!("{error:#}");
            failed.push(*name);
        }
    }
    if !failed.is_empty() {
        bail!("check failed: {}", failed.join(", "));
    }
    println!("check: {} parts hold", parts.len());
    Ok(())
}

fn formatting(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["fmt", "--all", "--check"]))
}

fn lints(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    command.args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--locked",
    ]);
    process::run(command.args(["--", "-D", "warnings"]))
}

fn documentation(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    // Programs of one name would overwrite each other's pages; what is documented are libraries.
    command.args([
        "doc",
        "--quiet",
        "--workspace",
        "--lib",
        "--no-deps",
        "--locked",
    ]);
    command.args(["--document-private-items"]);
    process::run(command.env(
        "RUSTDOCFLAGS",
        "-D warnings -A rustdoc::private_intra_doc_links",
    ))
}

/// The browser has no files, sockets or clock: what compiles for it needs none.
fn domain_for_wasm(workspace: &Workspace) -> Result<()> {
    let Some(toolchain) = WasmToolchain::find(workspace)? else {
        bail!("run `cargo xtask setup` first");
    };
    let mut command = toolchain.cargo(workspace, "check");
    process::run(command.args(["--quiet", "--package", "domain", "--profile", "wasm-dev"]))
}

/// That they are whole is proved by compiling without a database, which the lints do; that they
/// are not stale by `cargo xtask prepare --check`, which takes a database and a build.
fn cached_queries(workspace: &Workspace) -> Result<()> {
    for name in prepare::CRATES {
        let folder = workspace.path(name).join(".sqlx");
        ensure!(
            folder.is_dir(),
            "{} is missing: `cargo xtask prepare`",
            folder.display()
        );
    }
    Ok(())
}

fn licences_and_advisories(workspace: &Workspace) -> Result<()> {
    let Some(program) = find_tool("cargo-deny", "cargo install --locked cargo-deny") else {
        return Ok(());
    };
    // The advisories are fetched; where there is no way to them the rest is still checked.
    let mut advisories = Command::new(&program);
    advisories
        .current_dir(workspace.root())
        .args(["check", "advisories"]);
    if std::env::var_os(ADVISORIES_REQUIRED).is_some() {
        return process::run(&mut advisories);
    }
    let held = process::succeeds(&mut advisories);
    process::step(
        "advisories",
        if held {
            "ok"
        } else {
            "not checked or not held, see cargo deny"
        },
    );
    Ok(())
}

fn unused_dependencies(workspace: &Workspace) -> Result<()> {
    let Some(program) = find_tool("cargo-machete", "cargo install --locked cargo-machete") else {
        return Ok(());
    };
    process::run(Command::new(program).current_dir(workspace.root()))
}

/// These take minutes to install, so a desk may lack them; CI has them.
fn find_tool(name: &str, told: &str) -> Option<std::path::PathBuf> {
    let program = process::find_program(&[name]);
    if program.is_none() {
        process::step(name, format!("not installed, skipped: {told}"));
    }
    program
}
