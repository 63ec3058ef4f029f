//! `setup`: makes a machine ready, a line for each step; what is there already is left alone.

mod css_tools;
mod printer_emulator;
pub(crate) mod system;

use anyhow::Result;

use crate::process;
use crate::wasm::WasmToolchain;
use crate::workspace::Workspace;

/// All that `run`, `test` and `check` need.
pub(crate) fn everything(workspace: &Workspace) -> Result<()> {
    println!("setup");
    system::install(&system::ALL)?;
    printer_emulator::install(workspace)?;
    ui_tools(workspace)
}

/// What headless tills and the server need; nothing is printed unless something is missing, since
/// the programs' output is the caller's.
pub(crate) fn for_programs() -> Result<()> {
    system::install_quietly(&[system::Group::Build, system::Group::Database]).map(drop)
}

/// What the browser programs need, and no more.
pub(crate) fn for_ui(workspace: &Workspace) -> Result<()> {
    println!("setup");
    system::install(&[system::Group::Build])?;
    ui_tools(workspace)
}

fn ui_tools(workspace: &Workspace) -> Result<()> {
    let toolchain = WasmToolchain::find_or_install(workspace)?;
    process::step("wasm standard library", format!("ok ({toolchain})"));
    css_tools::install(workspace)
}
