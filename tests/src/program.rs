//! Where the product's programs are: beside the running one, or where TECHSTORE_BIN_DIR says.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// The path of a built program.
pub fn find(name: &str) -> Result<PathBuf> {
    let folder = match std::env::var_os("TECHSTORE_BIN_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let here = std::env::current_exe().context("the running program has no path")?;
            let folder = here.parent().context("the running program has no folder")?;
            // A test's executable lies in `deps`, one below the programs.
            let in_deps = folder.file_name().is_some_and(|name| name == "deps");
            if in_deps {
                folder.parent().unwrap_or(folder).into()
            } else {
                folder.into()
            }
        }
    };
    let path = folder.join(name);
    if !path.is_file() {
        bail!(
            "{} is not built: run `cargo build --package sync-server --package tests`",
            path.display()
        );
    }
    Ok(path)
}
