//! A desktop for machines without one: a virtual screen, a session bus and an unlocked keyring,
//! all private, all gone with the value.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::{self, Servant};

const SIZE: &str = "1366x900x24";
const START_TIME_MAX: Duration = Duration::from_secs(20);
/// A blank page has a colour or two, an anti-aliased line of text has more than this.
const COLOURS_MIN: u32 = 24;

#[derive(Debug)]
pub(crate) struct VirtualScreen {
    variables: Vec<(&'static str, String)>,
    runtime_folder: PathBuf,
    // Stopped in this order.
    servants: Vec<Servant>,
}

/// Whether windows have somewhere to appear.
pub(crate) fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

impl VirtualScreen {
    /// Starts it all; the keyring and the web view's files stay in `folder`.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        // Sockets live here: their paths must be short, whatever the checkout's is.
        let runtime_folder =
            std::env::temp_dir().join(format!("techstore-screen-{}", std::process::id()));
        make_private(&runtime_folder)?;
        make_private(folder)?;
        let mut screen = Self {
            variables: Vec::new(),
            runtime_folder,
            servants: Vec::new(),
        };
        screen.start_display()?;
        screen.start_bus()?;
        screen.set(
            "XDG_RUNTIME_DIR",
            screen.runtime_folder.display().to_string(),
        );
        screen.set(
            "XDG_DATA_HOME",
            folder.canonicalize()?.display().to_string(),
        );
        screen.start_keyring()?;
        Ok(screen)
    }

    /// Makes the program's windows and secrets go here.
    pub(crate) fn host(&self, command: &mut Command) {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
            .env_remove("WAYLAND_DISPLAY")
            .env("GDK_BACKEND", "x11");
        // There is no graphics card, and nobody to offer accessibility to.
        command
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("NO_AT_BRIDGE", "1");
    }

    /// Waits until something is drawn and stands still, and writes the picture. `watch` is asked
    /// each time whether to go on.
    pub(crate) fn take_picture(
        &self,
        file: &Path,
        time_max: Duration,
        mut watch: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let mut last = String::new();
        process::poll("a drawn window", time_max, || {
            watch()?;
            let mut import = Command::new("import");
            self.host(&mut import);
            process::run_quietly(import.args(["-window", "root"]).arg(file))?;
            let look = process::output(
                Command::new("identify")
                    .args(["-format", "%# %k"])
                    .arg(file),
            )?;
            let colours = look
                .split_whitespace()
                .nth(1)
                .and_then(|word| word.parse().ok());
            let still = look == last;
            last = look;
            Ok((still && colours >= Some(COLOURS_MIN)).then_some(()))
        })
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.variables.push((name, value));
    }

    fn start_display(&mut self) -> Result<()> {
        let mut command = Command::new("Xvfb");
        command.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            SIZE,
            "-nolisten",
            "tcp",
            "-noreset",
        ]);
        let number = self.start_and_read_line("the virtual screen", &mut command)?;
        self.set("DISPLAY", format!(":{number}"));
        Ok(())
    }

    fn start_bus(&mut self) -> Result<()> {
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        let address = self.start_and_read_line("the session bus", &mut command)?;
        self.set("DBUS_SESSION_BUS_ADDRESS", address);
        Ok(())
    }

    fn start_keyring(&mut self) -> Result<()> {
        let mut command = Command::new("gnome-keyring-daemon");
        self.host(&mut command);
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut keyring = Servant::start("the keyring", &mut command)?;
        let mut stdin = keyring
            .child()
            .stdin
            .take()
            .context("the keyring reads its password")?;
        // It guards a demo till on this screen alone.
        stdin.write_all(b"demo")?;
        drop(stdin);
        let found = process::poll("the keyring", START_TIME_MAX, || {
            keyring.must_run()?;
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
            Ok(process::output(&mut ask)?.contains("true").then_some(()))
        });
        self.servants.insert(0, keyring);
        found
    }

    /// These programs say where they are on their first line, once they are ready.
    fn start_and_read_line(&mut self, name: &str, command: &mut Command) -> Result<String> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut servant = Servant::start(name, command)?;
        let stdout = servant
            .child()
            .stdout
            .take()
            .with_context(|| format!("{name} is silent"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        servant.must_run()?;
        self.servants.insert(0, servant);
        anyhow::ensure!(!line.trim().is_empty(), "{name} did not start");
        Ok(line.trim().to_owned())
    }
}

impl Drop for VirtualScreen {
    fn drop(&mut self) {
        self.servants.clear();
        // Left behind it would be a few empty folders in the temporary one.
        let _ = fs::remove_dir_all(&self.runtime_folder);
    }
}

fn make_private(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    Ok(())
}
