//! Which compiler makes the browser programs. Usually the project's own with rustup's standard
//! library; where rustup cannot fetch that, Debian's compiler, which brings the library's source.
//! Only the wasm build ever sees the second one, by environment alone.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::setup::system;
use crate::workspace::Workspace;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

#[derive(Debug)]
pub(crate) enum WasmToolchain {
    /// The standard library is installed for the project's own compiler.
    Rustup,
    /// Debian's rustc-web with rust-web-src, linked by this lld.
    Debian { linker: PathBuf },
}

impl fmt::Display for WasmToolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rustup => f.write_str("rustup"),
            Self::Debian { linker } => write!(f, "Debian, {}", linker.display()),
        }
    }
}

impl WasmToolchain {
    /// The first that is there: rustup's target, then Debian's compiler.
    pub(crate) fn find(workspace: &Workspace) -> Result<Option<Self>> {
        if rustup_target_is_installed(workspace)? {
            return Ok(Some(Self::Rustup));
        }
        let here = ["/usr/bin/rustc", "/usr/bin/cargo"]
            .iter()
            .all(|path| Path::new(path).exists())
            && library_source().is_some();
        Ok(if here {
            newest_lld().map(|linker| Self::Debian { linker })
        } else {
            None
        })
    }

    pub(crate) fn find_or_install(workspace: &Workspace) -> Result<Self> {
        if let Some(toolchain) = Self::find(workspace)? {
            return Ok(toolchain);
        }
        process::step("wasm standard library", "installing: rustup target add");
        let added = process::run_quietly(
            Command::new("rustup")
                .args(["target", "add", TARGET])
                .current_dir(workspace.root()),
        );
        match added {
            Ok(()) if rustup_target_is_installed(workspace)? => return Ok(Self::Rustup),
            Ok(()) => {}
            // The reason is worth nothing if Debian can help; it is told if not.
            Err(error) => process::step("wasm standard library", first_line(&error)),
        }
        install_from_debian()?;
        Self::find(workspace)?.with_context(|| {
            format!("no compiler for {TARGET}; install it with `rustup target add {TARGET}`")
        })
    }

    /// A cargo that builds for wasm into its own target folder.
    pub(crate) fn cargo(&self, workspace: &Workspace, subcommand: &str) -> Command {
        let mut command = match self {
            Self::Rustup => workspace.cargo(),
            Self::Debian { linker } => debian_cargo(workspace, linker),
        };
        command.args([subcommand, "--target", TARGET]);
        command.env("CARGO_TARGET_DIR", target_folder(workspace));
        command
    }
}

/// Apart from the native build, whose artefacts would be thrown away by the other compiler.
pub(crate) fn target_folder(workspace: &Workspace) -> PathBuf {
    workspace.target().join("wasm-build")
}

fn debian_cargo(workspace: &Workspace, linker: &Path) -> Command {
    let mut path = std::ffi::OsString::from("/usr/bin:");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new("/usr/bin/cargo");
    command
        .current_dir(workspace.root())
        .env("PATH", path)
        .env("RUSTC", "/usr/bin/rustc")
        // Debian's stable compiler builds the standard library from source: a nightly feature.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    // Of the other toolchain, set by rustup or `cargo run` for us.
    for name in [
        "CARGO",
        "LD_LIBRARY_PATH",
        "RUSTUP_TOOLCHAIN",
        "RUSTDOC",
        "RUSTFLAGS",
    ] {
        command.env_remove(name);
    }
    command
}

fn rustup_target_is_installed(workspace: &Workspace) -> Result<bool> {
    let mut command = Command::new("rustc");
    command.args(["--print", "target-libdir", "--target", TARGET]);
    let folder = process::output(command.current_dir(workspace.root()))?;
    Ok(Path::new(folder.trim()).is_dir())
}

/// Where rust-web-src puts the library of the compiler of the same version.
fn library_source() -> Option<PathBuf> {
    let sysroot =
        process::output(Command::new("/usr/bin/rustc").args(["--print", "sysroot"])).ok()?;
    let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std");
    source.is_dir().then_some(source)
}

fn newest_lld() -> Option<PathBuf> {
    let names = fs::read_dir("/usr/bin").ok()?;
    let version = |path: &PathBuf| -> Option<u32> {
        path.file_name()?
            .to_str()?
            .strip_prefix("wasm-ld-")?
            .parse()
            .ok()
    };
    names
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| version(path).is_some())
        .max_by_key(version)
}

fn install_from_debian() -> Result<()> {
    if process::find_program(&["apt-cache"]).is_none() {
        bail!("install the wasm standard library: rustup target add {TARGET}");
    }
    let listed = process::output(Command::new("apt-cache").args([
        "search",
        "--names-only",
        "^lld-[0-9]+$",
    ]))?;
    let newest = listed
        .lines()
        .filter_map(|line| {
            line.split_whitespace()
                .next()?
                .strip_prefix("lld-")?
                .parse::<u32>()
                .ok()
        })
        .max()
        .context("apt knows no lld; run `apt-get update`, or `rustup target add` by hand")?;
    process::step(
        "wasm standard library",
        "installing: Debian's compiler with library source",
    );
    let lld = format!("lld-{newest}");
    system::apt_install(&["rustc-web", "cargo-web", "rust-web-src", &lld])
}

fn first_line(error: &anyhow::Error) -> String {
    let text = error.to_string();
    text.lines()
        .find(|line| line.contains("error"))
        .unwrap_or("did not work")
        .trim()
        .to_owned()
}
