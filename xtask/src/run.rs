//! `run`: the whole product on one machine: server with the demo shop, and a till's window that
//! only has to be enrolled. Everything it starts is stopped, in order, when it is told to stop.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::build_ui;
use crate::postgres;
use crate::process::{self, Servant};
use crate::programs::{self, Profile};
use crate::screen::{self, VirtualScreen};
use crate::setup;
use crate::workspace::Workspace;

/// The first start makes a database cluster and fills the demo shop.
const SERVER_START_TIME_MAX: Duration = Duration::from_secs(120);
const WINDOW_START_TIME_MAX: Duration = Duration::from_secs(60);
const DEMO_STORE: &str = "S1";
const DEMO_TILL: &str = "1";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where the server's database and the till's file live.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The server's address; loopback only.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7373")]
    listen: String,
    /// Build what ships instead of what builds soon.
    #[arg(long)]
    release: bool,
    /// Without a display: stop after the picture instead of waiting for Ctrl-C.
    #[arg(long)]
    stop_after_picture: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::everything(workspace)?;
    build_ui::build(
        workspace,
        &build_ui::Options {
            release: options.release,
        },
    )?;
    println!("build");
    let profile = Profile::of(options.release);
    programs::build(workspace, &["sync-server", "techstore-till"], profile)?;

    let data = options
        .data
        .clone()
        .unwrap_or_else(|| postgres::reachable(workspace.path("data")));
    fs::create_dir_all(&data).with_context(|| format!("cannot make {}", data.display()))?;
    let shop = Shop {
        programs: programs::folder(workspace, profile),
        console: build_ui::console_folder(workspace),
        data: data.canonicalize()?,
        listen: options.listen.clone(),
    };
    let stop = listen_for_stop()?;

    println!("run");
    let mut server = shop.start_server()?;
    let address = shop.wait_for_server(&mut server, &stop)?;
    let demo = shop.create_demo()?;
    let code = shop.enrolment_code()?;
    let screen = if screen::has_display() {
        None
    } else {
        Some(VirtualScreen::start(&shop.data.join("virtual-screen"))?)
    };
    let mut window = shop.start_window(&address, &code, screen.as_ref())?;
    tell(&shop, &address, &demo, &code);

    if let Some(screen) = &screen {
        let picture = shop.data.join("till.png");
        let drawn = screen.take_picture(&picture, WINDOW_START_TIME_MAX, || {
            window.must_run()?;
            check_stop(&stop)
        });
        match drawn {
            Ok(()) => println!("  picture of the window        {}", picture.display()),
            Err(_) if stop.load(Ordering::SeqCst) => {}
            Err(error) => return Err(error.context(shop.see_log("till-1"))),
        }
    }
    if !(screen.is_some() && options.stop_after_picture) {
        println!("\nCtrl-C stops everything.");
        wait(&mut server, &mut window, &stop)?;
    }

    println!("stopping");
    window.stop()?;
    drop(screen);
    server.stop()
}

/// Where everything of one run is.
#[derive(Debug)]
struct Shop {
    programs: PathBuf,
    console: PathBuf,
    data: PathBuf,
    listen: String,
}

impl Shop {
    fn server_command(&self) -> Command {
        let mut command = Command::new(self.programs.join("sync-server"));
        // A private cluster below the data folder, whatever the caller's shell points at.
        for name in [
            "DATABASE_URL",
            "MIGRATION_DATABASE_URL",
            "TECHSTORE_PUBLIC_URL",
        ] {
            command.env_remove(name);
        }
        command
    }

    fn server_data(&self) -> PathBuf {
        self.data.join("server")
    }

    fn ready_file(&self) -> PathBuf {
        self.data.join("server.ready.json")
    }

    fn log(&self, name: &str) -> PathBuf {
        self.data.join(format!("{name}.log"))
    }

    fn see_log(&self, name: &str) -> String {
        let log = self.log(name);
        let text = fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let end = lines.len().saturating_sub(20);
        format!("the end of {}:\n{}", log.display(), lines[end..].join("\n"))
    }

    fn start_server(&self) -> Result<Servant> {
        let ready = self.ready_file();
        if ready.exists() {
            fs::remove_file(&ready)?;
        }
        let mut command = self.server_command();
        command.arg("serve").arg("--data").arg(self.server_data());
        command
            .args(["--listen", &self.listen])
            .arg("--console")
            .arg(&self.console);
        command.arg("--ready-file").arg(&ready);
        Servant::start_logged("the server", &mut command, &self.log("server"))
    }

    /// The server's address, once it has said that it is ready.
    fn wait_for_server(&self, server: &mut Servant, stop: &AtomicBool) -> Result<String> {
        let ready = self.ready_file();
        let address = process::poll("the server", SERVER_START_TIME_MAX, || {
            server.must_run()?;
            check_stop(stop)?;
            let Ok(text) = fs::read_to_string(&ready) else {
                return Ok(None);
            };
            let said: Value = serde_json::from_str(&text)?;
            Ok(said["address"].as_str().map(str::to_owned))
        });
        address.with_context(|| self.see_log("server"))
    }

    /// The demo shop's logins as the server tells them; made once, told each time.
    fn create_demo(&self) -> Result<Value> {
        let mut command = self.server_command();
        command
            .args(["demo", "create", "--data"])
            .arg(self.server_data());
        serde_json::from_str(&process::output(&mut command)?)
            .context("`sync-server demo create` prints JSON")
    }

    fn enrolment_code(&self) -> Result<String> {
        let mut command = self.server_command();
        command
            .args(["till", "enrol", "--data"])
            .arg(self.server_data());
        command.args(["--store", DEMO_STORE, "--till", DEMO_TILL, "--json"]);
        let said: Value = serde_json::from_str(&process::output(&mut command)?)
            .context("`sync-server till enrol --json` prints JSON")?;
        said["code"]
            .as_str()
            .map(str::to_owned)
            .context("the server made no enrolment code")
    }

    fn start_window(
        &self,
        address: &str,
        code: &str,
        screen: Option<&VirtualScreen>,
    ) -> Result<Servant> {
        let mut command = Command::new(self.programs.join("techstore-till"));
        command.arg("--data").arg(self.data.join("till-1"));
        // They fill the enrolment page in; an enrolled till does not read them.
        command
            .env("TECHSTORE_ENROL_SERVER", address)
            .env("TECHSTORE_ENROL_CODE", code);
        if let Some(screen) = screen {
            screen.host(&mut command);
        }
        Servant::start_logged("the till's window", &mut command, &self.log("till-1"))
    }
}

fn listen_for_stop() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    ctrlc::set_handler(move || told.store(true, Ordering::SeqCst))
        .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

fn check_stop(stop: &AtomicBool) -> Result<()> {
    if stop.load(Ordering::SeqCst) {
        bail!("told to stop");
    }
    Ok(())
}

/// Until told to stop, or the window is closed. A server that ends on its own is an error.
fn wait(server: &mut Servant, window: &mut Servant, stop: &AtomicBool) -> Result<()> {
    process::poll("the end", Duration::MAX, || {
        if stop.load(Ordering::SeqCst) {
            return Ok(Some(()));
        }
        server.must_run()?;
        Ok(window.ended()?.map(|_| println!("the window was closed")))
    })
}

fn tell(shop: &Shop, address: &str, demo: &Value, code: &str) {
    process::step("server and owner's console", address);
    process::step(
        "API reference",
        format!("{}/docs", address.trim_end_matches('/')),
    );
    process::step("till 1 enrols with", code);
    process::step("data", shop.data.display());
    process::step("logs", below(&shop.data, "*.log"));
    println!("  demo logins");
    tell_json(demo, 4);
}

fn below(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// A line for each leaf, whatever the server chose to tell.
fn tell_json(value: &Value, indent: usize) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| tell_json(item, indent)),
        Value::Object(fields) if fields.values().all(|field| !is_nested(field)) => {
            let words: Vec<String> = fields
                .iter()
                .map(|(name, field)| format!("{name} {}", leaf(field)))
                .collect();
            println!("{:indent$}{}", "", words.join("  "));
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if is_nested(field) {
                    println!("{:indent$}{name}", "");
                    tell_json(field, indent + 2);
                } else {
                    println!("{:indent$}{name} {}", "", leaf(field));
                }
            }
        }
        other => println!("{:indent$}{}", "", leaf(other)),
    }
}

fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

fn leaf(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
