//! Building the product's programs, and handing a task's arguments to the one that does it.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use crate::build_ui;
use crate::process;
use crate::setup;
use crate::workspace::Workspace;

/// Where `tests` looks for the programs that it starts.
pub(crate) const PROGRAMS_VARIABLE: &str = "TECHSTORE_BIN_DIR";
/// Where `tests` looks for the console's pages.
pub(crate) const CONSOLE_VARIABLE: &str = "TECHSTORE_CONSOLE_DIR";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS"
    )]
    arguments: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    pub(crate) fn of(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }
}

/// Where cargo leaves programs of this profile.
pub(crate) fn folder(workspace: &Workspace, profile: Profile) -> PathBuf {
    workspace.target().join(match profile {
        Profile::Dev => "debug",
        Profile::Release => "release",
    })
}

/// Builds the programs of these packages.
pub(crate) fn build(workspace: &Workspace, packages: &[&str], profile: Profile) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["build", "--bins"]);
    for package in packages {
        command.args(["--package", package]);
    }
    if profile == Profile::Release {
        command.arg("--release");
    }
    process::run(&mut command)
}

/// Takes the documentation's pictures of what runs, in both languages.
pub(crate) fn pictures(workspace: &Workspace) -> Result<()> {
    setup::everything(workspace)?;
    build_ui::build(workspace, &build_ui::Options::default())?;
    build(
        workspace,
        &["sync-server", "techstore-till", "tests"],
        Profile::Dev,
    )?;
    let folder = folder(workspace, Profile::Dev);
    let mut command = std::process::Command::new(folder.join("pictures"));
    command
        .env(PROGRAMS_VARIABLE, &folder)
        .env(CONSOLE_VARIABLE, build_ui::console_folder(workspace));
    process::run(command.arg("--out").arg(workspace.path("docs/pictures")))
}

pub(crate) fn replay(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    in_release(workspace, "replay", arguments)
}

/// The simulation is built apart: nothing of its hooks is in the programs that ship.
pub(crate) fn build_simulation(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let mut command = workspace.cargo();
    // For the whole workspace, so that dependencies have the features they have elsewhere.
    command.args([
        "build",
        "--workspace",
        "--bin",
        "simulate",
        "--bin",
        "till-lazy",
    ]);
    command.args(["--features", "tests/simulation", "--locked"]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    process::run(&mut command)?;
    Ok(folder(workspace, profile).join("simulate"))
}

pub(crate) fn simulate(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    setup::for_programs()?;
    let program = build_simulation(workspace, Profile::Release)?;
    let status = std::process::Command::new(program)
        .args(&arguments.arguments)
        .status()?;
    std::process::exit(status.code().unwrap_or(1));
}

pub(crate) fn bench(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    in_release(workspace, "bench", arguments)
}

/// Everything but the result goes to standard error, so that the output can be piped.
fn in_release(workspace: &Workspace, program: &str, arguments: &Arguments) -> Result<()> {
    setup::for_programs()?;
    build(workspace, &["tests", "sync-server"], Profile::Release)?;
    let folder = folder(workspace, Profile::Release);
    let mut command = std::process::Command::new(folder.join(program));
    command
        .args(&arguments.arguments)
        .env(PROGRAMS_VARIABLE, folder);
    let status = command.status()?;
    // The program has said what was wrong; its verdict is ours.
    std::process::exit(status.code().unwrap_or(1));
}
