//! The window of the till: starts it, shows its pages and passes their questions on.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod command;
mod notify;
mod till;

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use domain::contract::ipc::EnrolHint;
use replica::{Clock, OpenOptions, SecretStore};
use tauri::webview::WebviewWindowBuilder;
use tauri::{App, Manager, RunEvent};
use tracing_subscriber::EnvFilter;

use crate::till::OpenTill;

const WINDOW: &str = "main";
/// Folder of PDFs within the person's documents.
const PAPERS: &str = "TechStore POS";
const SERVER_VARIABLE: &str = "TECHSTORE_ENROL_SERVER";
const CODE_VARIABLE: &str = "TECHSTORE_ENROL_CODE";

/// The till of TechStore POS.
///
/// TECHSTORE_ENROL_SERVER and TECHSTORE_ENROL_CODE in the environment fill the enrolment page in.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
struct Arguments {
    /// Where this till keeps its file [default: the system's folder for the program's data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Show no window: check the till in this folder (chain, facts, numbers, waiting lists) and
    /// fail if something is wrong.
    #[arg(long, value_name = "DIR", conflicts_with = "data")]
    verify: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();

    if let Some(folder) = &arguments.verify {
        let report = tauri::async_runtime::block_on(replica::verify::verify(folder))?;
        print!("{report}");
        std::process::exit(i32::from(!report.findings.is_empty()));
    }

    tauri::Builder::default()
        .plugin(tauri_plugin_opener::init())
        .invoke_handler(command::handler())
        .setup(|app| Ok(set_up(app, arguments)?))
        .build(context())
        .context("the window cannot be made")?
        .run(|app, event| {
            if let RunEvent::Exit = event {
                tauri::async_runtime::block_on(app.state::<OpenTill>().close());
            }
        });
    Ok(())
}

/// The pages and settings of the window. The macro packs the pages into files of the build and takes
/// them from there; program and tests are compiled at once, and the one would take what the other has
/// written half: a window that stays empty. So the tests, which open none, have none.
fn context() -> tauri::Context<tauri::Wry> {
    #[cfg(not(test))]
    {
        tauri::generate_context!()
    }
    #[cfg(test)]
    {
        unreachable!("tests open no window")
    }
}

fn set_up(app: &App, arguments: Arguments) -> Result<()> {
    let data = match arguments.data {
        Some(data) => data,
        None => app
            .path()
            .app_data_dir()
            .context("the system names no folder for data; name one with --data")?,
    };
    let listener = app.handle().clone();
    // Where people look for their files; beside the till's own where the system has no such folder.
    let papers = app
        .path()
        .document_dir()
        .ok()
        .map(|folder| folder.join(PAPERS));
    let options = OpenOptions {
        data_dir: data.clone(),
        clock: Clock::system(),
        secrets: SecretStore::KeyringOrFile,
        enrol_hint: enrol_hint(),
        papers,
    };
    app.manage(OpenTill::new(options, move |changes| {
        tauri::async_runtime::spawn(notify::tell_changes(listener.clone(), changes));
    }));
    // Opened while the window draws itself: its first question waits for the same opening.
    let opener = app.handle().clone();
    tauri::async_runtime::spawn(async move {
        // The window asks too, and shows why it cannot be opened.
        let _ = opener.state::<OpenTill>().open().await;
    });

    let window = app
        .config()
        .app
        .windows
        .iter()
        .find(|window| window.label == WINDOW)
        .context("tauri.conf.json describes the window")?;
    // Two tills on one computer share nothing, not even the window's language.
    WebviewWindowBuilder::from_config(app.handle(), window)?
        .data_directory(data.join("window"))
        .build()
        .context("the window cannot be shown")?;
    Ok(())
}

/// Read from the environment alone: other users see a process's arguments.
fn enrol_hint() -> Option<EnrolHint> {
    Some(EnrolHint {
        server: std::env::var(SERVER_VARIABLE).ok()?,
        code: std::env::var(CODE_VARIABLE).ok()?,
    })
}
