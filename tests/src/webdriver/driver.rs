//! The processes that drive windows: WebKitWebDriver starts the till's program itself, and
//! chromedriver a browser. What they have started ends with them.

use std::{
    fs::{self, File},
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::desktop::Desktop;
use crate::{program, wait};

/// The longest a window may take to end once it is closed.
const END_MAX: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A process that is killed with everything that it started, and waited for.
#[derive(Debug)]
pub struct Servant {
    child: Child,
}

impl Servant {
    /// Starts it, its words going to `log`. `install` is what to run where it is missing.
    pub fn start(command: &mut Command, name: &str, install: &str, log: &Path) -> Result<Servant> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        match command.stderr(log).spawn() {
            Ok(child) => Ok(Servant { child }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                bail!("{name} is missing: run `{install}`, or `cargo xtask setup`")
            }
            Err(error) => Err(error).with_context(|| format!("{name} cannot be started")),
        }
    }

    pub(super) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    pub(super) fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    fn has_children(&self) -> bool {
        Pid::from_raw(self.child.id().cast_signed()).is_some_and(|pid| !descendants(pid).is_empty())
    }

    fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }
}

impl Drop for Servant {
    fn drop(&mut self) {
        let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) else {
            return;
        };
        // Found before their parent goes, which would leave them to another.
        let started = descendants(pid);
        for pid in started.iter().rev().copied().chain([pid]) {
            // Gone already is as good.
            let _ = kill_process(pid, Signal::KILL);
        }
        // What comes next may want the files that they hold.
        let ended = wait::until("what was killed", END_MAX, || {
            Ok((!started.iter().any(|pid| runs(*pid))).then_some(()))
        });
        if let Err(error) = ended {
            eprintln!("{error}");
        }
        if let Err(error) = self.child.wait() {
            eprintln!("a process was not waited for: {error}");
        }
    }
}

/// Whether a process still holds what it opened: one that nobody waited for holds nothing.
fn runs(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name, which may hold anything.
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// Everything that a process has started and that still runs, parents first.
fn descendants(pid: Pid) -> Vec<Pid> {
    let mut found = Vec::new();
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        for child in children
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
        {
            if let Some(child) = Pid::from_raw(child) {
                found.push(child);
                found.extend(descendants(child));
            }
        }
    }
    found
}

/// A driver that listens on a port of its own.
#[derive(Debug)]
pub struct Driver {
    servant: Servant,
    port: u16,
    log: PathBuf,
}

impl Driver {
    /// The driver of WebKitGTK, which is what the till's window is made of.
    pub(super) fn webkit(
        desktop: &Desktop,
        data: &Path,
        hint: Option<(&str, &str)>,
    ) -> Result<Driver> {
        let mut command = Command::new("WebKitWebDriver");
        desktop.host(&mut command);
        // The window's program inherits these: the first two let it be driven.
        command
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true");
        command
            .env_remove("TECHSTORE_ENROL_SERVER")
            .env_remove("TECHSTORE_ENROL_CODE");
        if let Some((server, code)) = hint {
            command
                .env("TECHSTORE_ENROL_SERVER", server)
                .env("TECHSTORE_ENROL_CODE", code);
        }
        command.arg("--host=127.0.0.1");
        Self::start(
            command,
            "WebKitWebDriver",
            "apt-get install webkit2gtk-driver",
            data,
        )
    }

    /// The driver of Chromium.
    pub(super) fn chromium(profile: &Path) -> Result<Driver> {
        let command = Command::new("chromedriver");
        Self::start(
            command,
            "chromedriver",
            "apt-get install chromium chromium-driver",
            profile,
        )
    }

    fn start(mut command: Command, name: &str, install: &str, folder: &Path) -> Result<Driver> {
        fs::create_dir_all(folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = folder.join("window.log");
        let words = File::options().create(true).append(true).open(&log)?;
        command
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(words);
        let servant = Servant::start(&mut command, name, install, &log)?;
        Ok(Driver { servant, port, log })
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Fails once the driver has ended; it listens soon after it was started.
    pub(super) fn must_run(&mut self) -> Result<()> {
        if self.servant.has_ended()? {
            bail!("the driver has ended; see {}", self.log.display());
        }
        Ok(())
    }

    /// Waits until the window's program has ended.
    pub(super) async fn alone(&self) -> Result<()> {
        let started = Instant::now();
        while self.servant.has_children() {
            if started.elapsed() > END_MAX {
                bail!("the window does not end; see {}", self.log.display());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// What to ask for: the till's program on a data folder.
    pub(super) fn till_session(&self, data: &Path) -> Result<Value> {
        let program = program::find("techstore-till")?;
        Ok(json!({ "webkitgtk:browserOptions": { "binary": program, "args": ["--data", data] } }))
    }

    /// What to ask for: a browser that talks to nobody but the console.
    pub(super) fn browser_session(&self, profile: &Path) -> Value {
        let folder = profile.join("chromium");
        json!({ "goog:chromeOptions": { "args": [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1366,900",
            "--lang=es",
            format!("--user-data-dir={}", folder.display()),
        ] } })
    }
}
