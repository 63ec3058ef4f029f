//! `build-ui`: Rust to wasm, wasm-bindgen, Tailwind, and the two folders below `ui/dist` that the
//! till's window embeds and the server serves. No page holds a script of its own, because the
//! content security policy allows none. A file is written only when its content changes, so that
//! what embeds it is not built again for nothing.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use crate::process;
use crate::wasm::{self, WasmToolchain};
use crate::workspace::Workspace;

#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// Small programs, slow to build: what ships.
    #[arg(long)]
    pub(crate) release: bool,
}

/// One browser program and how its folder is laid out.
struct Program {
    name: &'static str,
    /// Below `ui/dist/<name>`: where everything but index.html goes.
    assets: &'static str,
}

const PROGRAMS: [Program; 2] = [
    // Embedded in the window, where everything lies side by side.
    Program {
        name: "till",
        assets: "",
    },
    // Served at `/`, where `/sales/ID` is the page too and only `/assets/` are files.
    Program {
        name: "console",
        assets: "assets",
    },
];

pub(crate) fn build(workspace: &Workspace, options: &Options) -> Result<()> {
    println!("build-ui");
    compile(workspace, options)?;
    let style = Style::of(workspace, options)?;
    for program in &PROGRAMS {
        lay_out(workspace, options, program, &style)?;
    }
    Ok(())
}

pub(crate) fn console_folder(workspace: &Workspace) -> PathBuf {
    workspace.path("ui/dist/console")
}

fn profile(options: &Options) -> &'static str {
    if options.release { "wasm" } else { "wasm-dev" }
}

fn compile(workspace: &Workspace, options: &Options) -> Result<()> {
    let toolchain = WasmToolchain::find(workspace)?.context("run `cargo xtask setup` first")?;
    let mut command = toolchain.cargo(workspace, "build");
    command.args([
        "--quiet",
        "--package",
        "ui",
        "--bins",
        "--profile",
        profile(options),
    ]);
    process::run(&mut command)
}

/// Binds the compiled program to JavaScript and writes its folder, unless all of it is as before.
fn lay_out(
    workspace: &Workspace,
    options: &Options,
    program: &Program,
    style: &Style,
) -> Result<()> {
    let name = program.name;
    let compiled = wasm::target_folder(workspace)
        .join(wasm::TARGET)
        .join(profile(options))
        .join(format!("{name}.wasm"));
    let page = fs::read(workspace.path(&format!("ui/{name}.html")))?;
    let icon = fs::read(workspace.path("icons/techstore.svg"))?;
    let code =
        fs::read(&compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let folder = workspace.path("ui/dist").join(name);
    // Beside the folder: two checkouts may share a target folder, and each has its own pages.
    let stamp_file = workspace.path(&format!("ui/dist/{name}.stamp"));
    let loader = loader(name).into_bytes();
    let stamp = digest(&[
        &page,
        &icon,
        &loader,
        &code,
        style.css.as_bytes(),
        &style.files_digest.to_le_bytes(),
    ]);
    // The window's build leaves a page that says what to run where there is none: not ours.
    let is_whole = fs::read(folder.join("index.html")).is_ok_and(|found| found == page)
        && folder
            .join(program.assets)
            .join(format!("{name}_bg.wasm"))
            .exists();
    if is_whole && is_stamped(&stamp_file, stamp) {
        process::step(name, "ok");
        return Ok(());
    }

    let mut files = BTreeMap::new();
    let below = |path: &str| Path::new(program.assets).join(path);
    files.insert(PathBuf::from("index.html"), page);
    files.insert(below("app.css"), style.css.clone().into_bytes());
    files.insert(below("start.js"), loader);
    files.insert(below("icon.svg"), icon);
    for (path, content) in read_below(&workspace.path("ui/assets"))? {
        files.insert(Path::new(program.assets).join(path), content);
    }
    for (path, content) in bind(workspace, options, name, code)? {
        files.insert(Path::new(program.assets).join(path), content);
    }
    replace_folder(&folder, &files)?;
    fs::write(&stamp_file, stamp.to_string())?;
    let wasm_size = files
        .iter()
        .find(|(path, _)| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .map_or(0, |(_, content)| content.len());
    process::step(name, format!("built ({} KB of wasm)", wasm_size / 1024));
    Ok(())
}

fn loader(name: &str) -> String {
    format!(
        "import init from './{name}.js';\n\n\
         await init({{ module_or_path: new URL('./{name}_bg.wasm', import.meta.url) }});\n"
    )
}

/// Runs wasm-bindgen, the library: its version always is the one in Cargo.lock.
fn bind(
    workspace: &Workspace,
    options: &Options,
    name: &str,
    code: Vec<u8>,
) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let folder = wasm::target_folder(workspace).join("bound").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes(name, code);
    bindgen.typescript(false);
    bindgen
        .remove_name_section(options.release)
        .remove_producers_section(options.release);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(&folder))
        .map_err(|error| anyhow!("wasm-bindgen on {name}: {error:#}"))?;
    read_below(&folder)
}

/// The style sheet that both programs share, and a digest of the files that lie beside it.
struct Style {
    css: String,
    files_digest: u64,
}

impl Style {
    fn of(workspace: &Workspace, options: &Options) -> Result<Self> {
        let made = wasm::target_folder(workspace).join("app.css");
        let stamp_file = made.with_extension("css.stamp");
        let stamp = css_inputs(workspace, options)?;
        if made.exists() && is_stamped(&stamp_file, stamp) {
            process::step("style", "ok");
        } else {
            let mut command = Command::new(workspace.path("ui/node_modules/.bin/tailwindcss"));
            command
                .args(["--input", "style/app.css", "--output"])
                .arg(&made);
            if options.release {
                command.arg("--minify");
            }
            process::run_quietly(command.current_dir(workspace.path("ui")))?;
            fs::write(&stamp_file, stamp.to_string())?;
            process::step("style", "built");
        }
        let files = read_below(&workspace.path("ui/assets"))?;
        Ok(Self {
            css: fs::read_to_string(made)?,
            files_digest: digest_of_files(&files),
        })
    }
}

/// Tailwind reads the style and every class name in the sources.
fn css_inputs(workspace: &Workspace, options: &Options) -> Result<u64> {
    let mut digests = vec![u64::from(options.release)];
    for folder in ["ui/style", "ui/src"] {
        digests.push(digest_of_files(&read_below(&workspace.path(folder))?));
    }
    for file in ["ui/till.html", "ui/console.html", "ui/package-lock.json"] {
        digests.push(digest(&[&fs::read(workspace.path(file))?]));
    }
    let bytes: Vec<u8> = digests.into_iter().flat_map(u64::to_le_bytes).collect();
    Ok(digest(&[&bytes]))
}

/// Every file below a folder by its path from there; none if there is no such folder.
fn read_below(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        if !next.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let content = fs::read(&path)?;
                files.insert(path.strip_prefix(folder)?.to_path_buf(), content);
            }
        }
    }
    Ok(files)
}

/// Makes the folder hold exactly these files and touches none that is right already.
fn replace_folder(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    let before = read_below(folder)?;
    for path in before.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(folder.join(path))?;
    }
    for (path, content) in files {
        if before.get(path) == Some(content) {
            continue;
        }
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn is_stamped(file: &Path, stamp: u64) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text == stamp.to_string())
}

/// Tells whether inputs changed since the last build; nothing depends on it beyond this machine.
fn digest(parts: &[&[u8]]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        hasher.write_usize(part.len());
        hasher.write(part);
    }
    hasher.finish()
}

fn digest_of_files(files: &BTreeMap<PathBuf, Vec<u8>>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (path, content) in files {
        hasher.write(path.as_os_str().as_encoded_bytes());
        hasher.write_u64(digest(&[content]));
    }
    hasher.finish()
}
