//! `dev-db`: databases that stay, so that an editor checks queries while they are written.

use std::path::PathBuf;

use anyhow::Result;

use crate::database::DatabasePair;
use crate::postgres;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where the databases live; they stay there and PostgreSQL keeps running.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Starts them, applies the migrations from nothing, and prints lines for `eval "$(...)"`.
pub(crate) fn serve(workspace: &Workspace, options: &Options) -> Result<()> {
    let default = || postgres::reachable(workspace.target().join("dev-db"));
    let folder = options.dir.clone().unwrap_or_else(default);
    let pair = DatabasePair::start(workspace, &folder)?;
    for (name, value) in pair.variables() {
        println!("export {name}='{value}'");
    }
    pair.leave_running();
    Ok(())
}
