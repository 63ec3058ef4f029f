//! The receipt printer that the tests print on: `emupos` from PyPI, exactly as
//! `printing/tests/emulator/requirements.txt` names it, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::workspace::Workspace;

const FOLDER: &str = "printing/tests/emulator";
/// What emupos 0.4 asks for.
const PYTHON_MINOR_MIN: u32 = 13;

pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    let folder = workspace.path(FOLDER);
    let wanted = folder.join("requirements.txt");
    let text = fs::read_to_string(&wanted).context("requirements.txt is committed")?;
    let venv = folder.join(".venv");
    // A copy of the list that was installed tells whether to install again.
    let installed = venv.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|known| known == text) {
        process::step("printer emulator", "ok");
        return Ok(());
    }
    process::step("printer emulator", "installing: emupos");
    if venv.exists() {
        fs::remove_dir_all(&venv)?;
    }
    match python() {
        Some(python) => run(Command::new(python).args(["-m", "venv"]).arg(&venv))?,
        None => fetch_python(&venv)?,
    }
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    run(pip.arg("--requirement").arg(&wanted))?;
    fs::write(&installed, text).context("cannot write into the emulator's folder")
}

fn run(command: &mut Command) -> Result<()> {
    process::run_quietly(command)
}

/// A Python that is new enough: in the path, or one of pyenv's.
fn python() -> Option<PathBuf> {
    let mut candidates: Vec<PathBuf> = ["python3.14", "python3.13", "python3"]
        .iter()
        .map(PathBuf::from)
        .collect();
    let home = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv")));
    if let Some(versions) = home.and_then(|home| fs::read_dir(home.join("versions")).ok()) {
        let found = versions.filter_map(Result::ok);
        candidates.extend(found.map(|version| version.path().join("bin/python3")));
    }
    candidates.into_iter().find(|python| is_new_enough(python))
}

fn is_new_enough(python: &Path) -> bool {
    let asked = Command::new(python)
        .args([
            "-c",
            "import sys; print(sys.version_info.major, sys.version_info.minor)",
        ])
        .output();
    let Ok(answer) = asked else { return false };
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let mut parts = text.split_whitespace().map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(3)), Some(Ok(minor))) => minor >= PYTHON_MINOR_MIN,
        _ => false,
    }
}

/// An older Python fetches a newer one by `uv`.
fn fetch_python(venv: &Path) -> Result<()> {
    let told = "install Python 3.13 or newer: https://www.python.org/downloads/";
    let tool = venv.with_extension("uv");
    run(Command::new("python3").args(["-m", "venv"]).arg(&tool)).context(told)?;
    let mut pip = Command::new(tool.join("bin/python"));
    run(pip.args(["-m", "pip", "install", "--quiet", "uv"])).context(told)?;
    let mut uv = Command::new(tool.join("bin/uv"));
    uv.args(["venv", "--quiet", "--seed", "--python", "3.13"])
        .arg(venv);
    run(&mut uv).context(told)?;
    fs::remove_dir_all(&tool)?;
    ensure!(venv.join("bin/python").exists(), told);
    Ok(())
}
