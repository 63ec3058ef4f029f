//! Somewhere for a window to appear: the screen that the environment names, or a virtual one with
//! a session bus of its own, gone with the value.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::driver::Servant;

const SIZE: &str = "1366x900x24";

/// A screen and what windows expect beside it.
#[derive(Debug)]
pub struct Desktop {
    variables: Vec<(&'static str, String)>,
    // Ended in this order.
    servants: Vec<Servant>,
}

impl Desktop {
    /// Uses the screen of the environment, or starts one; `data` keeps what it says.
    pub fn start(data: &Path) -> Result<Desktop> {
        let mut desktop = Desktop::none();
        if std::env::var_os("DISPLAY").is_none_or(|display| display.is_empty()) {
            let number = desktop.serve(
                data,
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
            desktop.variables.push(("DISPLAY", format!(":{number}")));
            // Secrets of a test do not belong in the keyring of whoever runs it.
            let bus = desktop.serve(
                data,
                "dbus-daemon",
                "apt-get install dbus",
                &["--session", "--nofork", "--nopidfile", "--print-address=1"],
            )?;
            desktop.variables.push(("DBUS_SESSION_BUS_ADDRESS", bus));
        }
        Ok(desktop)
    }

    /// For browsers that draw without a screen.
    pub fn none() -> Desktop {
        Desktop {
            variables: Vec::new(),
            servants: Vec::new(),
        }
    }

    /// Makes a program's windows appear here.
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

    /// Starts a program that says where it is on its first line, once it is ready.
    fn serve(&mut self, data: &Path, name: &str, install: &str, args: &[&str]) -> Result<String> {
        let mut command = Command::new(name);
        command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut servant = Servant::start(&mut command, name, install, &data.join("desktop.log"))?;
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
