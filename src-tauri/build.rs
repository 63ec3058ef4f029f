//! Declares the contract's commands to Tauri, so that a capability must name each one that a
//! window may call, and makes a fresh clone compile before its pages have been built.

use std::error::Error;
use std::path::Path;

use domain::contract::ipc;

const PAGES: &str = "../ui/dist/till";

const NO_PAGES: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>TechStore POS</title>\n\
    <p>The pages of the till have not been built. Run <code>cargo xtask run</code>.</p>\n";

fn main() -> Result<(), Box<dyn Error>> {
    let pages = Path::new(PAGES);
    if !pages.exists() {
        std::fs::create_dir_all(pages)?;
        std::fs::write(pages.join("index.html"), NO_PAGES)?;
    }
    // The macro that embeds the pages does not tell cargo which files it has read.
    println!("cargo:rerun-if-changed={PAGES}");
    println!("cargo:rerun-if-changed=../icons");

    let commands = tauri_build::AppManifest::new().commands(ipc::NAMES);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))?;
    Ok(())
}
