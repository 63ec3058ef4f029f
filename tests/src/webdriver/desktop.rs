//! A desktop of its own for a window: a virtual screen, a session bus and an unlocked keyring,
//! all gone with the value. Tests neither take the keyboard from a person nor leave their secrets
//! in a person's keyring.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use super::{driver::Servant, keyboard::Keyboard};

const SIZE: &str = "1366x900x24";
const START_MAX: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A screen and what windows expect beside it.
#[derive(Debug)]
pub struct Desktop {
    variables: Vec<(&'static str, String)>,
    display: String,
    log: PathBuf,
    // Ended in this order.
    servants: Vec<Servant>,
}

impl Desktop {
    /// Starts it all; `data` keeps the keyring, for the next desktop over the same folder.
    pub async fn start(data: &Path) -> Result<Desktop> {
        let mut desktop = Desktop {
            variables: Vec::new(),
            display: String::new(),
            log: data.join("desktop.log"),
            servants: Vec::new(),
        };
        let number = desktop.serve(
            "Xvfb",
            "apt-get install xvfb",
            &[
                "-displayfd",
                "1",
                "-screen",
                "0",
                SIZE,
                "-nolisten",
                "tcp",
                "-noreset",
            ],
        )?;
        desktop.display = format!(":{number}");
        desktop.variables.push(("DISPLAY", desktop.display.clone()));
        let bus = desktop.serve(
            "dbus-daemon",
            "apt-get install dbus",
            &["--session", "--nofork", "--nopidfile", "--print-address=1"],
        )?;
        desktop.variables.push(("DBUS_SESSION_BUS_ADDRESS", bus));
        desktop.start_keyring(&data.join("desktop")).await?;
        Ok(desktop)
    }

    /// Makes a program's windows and secrets go here.
    pub fn host(&self, command: &mut Command) {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
            .env_remove("WAYLAND_DISPLAY")
            .env("GDK_BACKEND", "x11");
        // There is no graphics card, and nobody to offer accessibility to.
        command
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("NO_AT_BRIDGE", "1");
    }

    /// A keyboard at this screen.
    pub fn keyboard(&self) -> Result<Keyboard> {
        Keyboard::at(&self.display)
    }

    async fn start_keyring(&mut self, folder: &Path) -> Result<()> {
        make_private(folder)?;
        self.variables
            .push(("XDG_DATA_HOME", folder.display().to_string()));
        self.variables
            .push(("XDG_RUNTIME_DIR", folder.display().to_string()));
        let mut command = Command::new("gnome-keyring-daemon");
        self.host(&mut command);
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let install = "apt-get install gnome-keyring";
        let mut keyring = Servant::start(&mut command, "gnome-keyring-daemon", install, &self.log)?;
        let mut stdin = keyring
            .take_stdin()
            .context("the keyring reads its password")?;
        // It guards one till of a demo shop.
        stdin.write_all(b"demo")?;
        drop(stdin);
        self.servants.insert(0, keyring);
        let started = Instant::now();
        while !self.has_keyring()? {
            if started.elapsed() > START_MAX {
                bail!("the keyring does not start; see {}", self.log.display());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn has_keyring(&self) -> Result<bool> {
        let mut ask = Command::new("dbus-send");
        self.host(&mut ask);
        ask.args([
            "--session",
            "--print-reply=literal",
            "--dest=org.freedesktop.DBus",
            "/",
        ]);
        ask.args([
            "org.freedesktop.DBus.NameHasOwner",
            "string:org.freedesktop.secrets",
        ]);
        let answer = ask
            .output()
            .context("dbus-send is missing: run `apt-get install dbus`")?;
        Ok(String::from_utf8_lossy(&answer.stdout).contains("true"))
    }

    /// Starts a program that says where it is on its first line, once it is ready.
    fn serve(&mut self, name: &str, install: &str, args: &[&str]) -> Result<String> {
        let mut command = Command::new(name);
        command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut servant = Servant::start(&mut command, name, install, &self.log)?;
        let stdout = servant
            .take_stdout()
            .with_context(|| format!("{name} is silent"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        ensure!(!line.trim().is_empty(), "{name} did not start");
        self.servants.insert(0, servant);
        Ok(line.trim().to_owned())
    }
}

fn make_private(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    Ok(())
}
