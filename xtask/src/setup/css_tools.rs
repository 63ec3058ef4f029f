//! Tailwind and daisyUI from npm, exactly as `ui/package-lock.json` names them.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::workspace::Workspace;

/// What @tailwindcss/cli 4 asks for.
const NODE_MAJOR_MIN: u32 = 20;

pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    check_node()?;
    let lock = fs::read_to_string(workspace.path("ui/package-lock.json"))
        .context("ui/package-lock.json is committed")?;
    // A copy of the lock that was installed tells whether to install again.
    let installed = workspace.path("ui/node_modules/.installed-lock.json");
    if fs::read_to_string(&installed).is_ok_and(|text| text == lock) {
        process::step("CSS tools", "ok");
        return Ok(());
    }
    process::step("CSS tools", "installing: tailwindcss, daisyui");
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    process::run_quietly(command.current_dir(workspace.path("ui")))?;
    fs::write(&installed, lock).context("cannot write into ui/node_modules")
}

fn check_node() -> Result<()> {
    let told = "install Node 20 or newer with npm: https://nodejs.org/en/download";
    let version = process::output(Command::new("node").arg("--version")).context(told)?;
    let major: Option<u32> = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|word| word.parse().ok());
    ensure!(
        major.is_some_and(|major| major >= NODE_MAJOR_MIN),
        "node is {}; {told}",
        version.trim()
    );
    Ok(())
}
