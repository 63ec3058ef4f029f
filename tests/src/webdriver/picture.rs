//! Pictures of what a window shows: kept beside the build, where a failed test says to look.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};

/// Where pictures are kept: below the target folder, or where TECHSTORE_PICTURES_DIR says.
pub fn folder() -> Result<PathBuf> {
    let folder = match std::env::var_os("TECHSTORE_PICTURES_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let here = std::env::current_exe().context("the running program has no path")?;
            // target/debug/deps/tests or target/debug/pictures
            let profile = here
                .ancestors()
                .skip(1)
                .find(|folder| folder.file_name().is_none_or(|name| name != "deps"))
                .context("the running program has no folder")?;
            profile.parent().unwrap_or(profile).join("pictures")
        }
    };
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Writes a picture and returns where.
pub fn keep(name: &str, png: &[u8]) -> Result<PathBuf> {
    let file = folder()?.join(format!("{name}.png"));
    fs::write(&file, png).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}
