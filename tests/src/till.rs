//! A till without a window, as its own process: `till-headless` and its JSON lines.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, anyhow, bail};
use domain::{
    contract::{failure::Failure, ipc},
    id::DraftId,
    money::Money,
    staff::Permission,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::program;

/// Shifts that this program has opened, for the names of their drafts.
static DRAWERS: AtomicU32 = AtomicU32::new(1);

/// A running till. Dropping it kills it.
#[derive(Debug)]
pub struct HeadlessTill {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    pub data: PathBuf,
}

impl HeadlessTill {
    /// Starts a till on a data folder, its clock standing at `clock_ms` or running.
    pub fn start(data: &Path, clock_ms: Option<i64>) -> Result<HeadlessTill> {
        Self::start_by(
            Command::new(program::find("till-headless")?),
            data,
            clock_ms,
        )
    }

    /// Starts a till by a program that becomes it.
    pub fn start_by(
        mut command: Command,
        data: &Path,
        clock_ms: Option<i64>,
    ) -> Result<HeadlessTill> {
        std::fs::create_dir_all(data)?;
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(data.join("till.log"))?;
        let clock = clock_ms.map_or("system".to_owned(), |ms| ms.to_string());
        let mut child = command
            .arg("--data")
            .arg(data)
            .args(["--clock", &clock])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("the till cannot be started")?;
        let stdin = child
            .stdin
            .take()
            .context("the till has no standard input")?;
        let stdout = child
            .stdout
            .take()
            .context("the till has no standard output")?;
        Ok(HeadlessTill {
            child,
            stdin,
            stdout: BufReader::new(stdout),
            data: data.to_owned(),
        })
    }

    /// The process that it is.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a command without waiting for its reply.
    pub fn send(&mut self, command: &str, args: &Value) -> Result<()> {
        let mut line = args.as_object().cloned().unwrap_or_default();
        line.insert("command".into(), command.into());
        serde_json::to_writer(&mut self.stdin, &line)?;
        self.stdin.write_all(b"\n")?;
        self.stdin.flush()?;
        Ok(())
    }

    /// Waits for the reply to the oldest command sent.
    pub fn receive(&mut self) -> Result<Result<Value, Failure>> {
        let mut line = String::new();
        if self.stdout.read_line(&mut line)? == 0 {
            bail!("the till ended; see {}/till.log", self.data.display());
        }
        let mut reply: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
        if let Some(failure) = reply.get_mut("failure") {
            return Ok(Err(serde_json::from_value(failure.take())?));
        }
        Ok(Ok(reply
            .get_mut("ok")
            .map(Value::take)
            .ok_or_else(|| anyhow!("no reply: {line}"))?))
    }

    /// Sends a command by name and waits for its reply; a failure is an error.
    pub fn ask(&mut self, command: &str, args: &Value) -> Result<Value> {
        self.send(command, args)?;
        self.receive()?.with_context(|| command.to_owned())
    }

    /// Sends a command of the contract and waits for its reply.
    pub fn call<C: ipc::Command>(&mut self, command: &C) -> Result<Result<C::Reply, Failure>> {
        self.send(C::NAME, &serde_json::to_value(command)?)?;
        match self.receive()? {
            Ok(reply) => Ok(Ok(serde_json::from_value(reply)?)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// Enrols the till.
    pub fn enrol(&mut self, server: &str, code: &str) -> Result<ipc::Session> {
        let command = ipc::Enrol {
            server: server.to_owned(),
            code: code.to_owned(),
        };
        self.call(&command)?.context("enrolling")
    }

    /// Signs the person of that name in.
    pub fn sign_in(&mut self, name: &str, pin: &str) -> Result<ipc::Session> {
        let staff = self.call(&ipc::ListStaff {})?.context("listing staff")?;
        let person = staff.iter().find(|person| person.name == name);
        let staff_id = person
            .with_context(|| format!("{name} is not known here"))?
            .staff_id;
        let session = self
            .call(&ipc::SignIn {
                staff_id,
                pin: pin.to_owned(),
            })?
            .context("signing in")?;
        self.open_drawer(&session)?;
        Ok(session)
    }

    /// Opens a shift where the shop sells in one only, none is open and the person may.
    pub fn open_drawer(&mut self, session: &ipc::Session) -> Result<()> {
        let person = session.staff.as_ref();
        if !person.is_some_and(|it| it.permissions.contains(&Permission::RunShift)) {
            return Ok(());
        }
        let drawer = self
            .call(&ipc::GetShift {})?
            .context("looking at the drawer")?;
        if drawer.is_required && drawer.shift.is_none() {
            let n = DRAWERS.fetch_add(1, Ordering::Relaxed);
            let draft = (u128::from(std::process::id()) << 96)
                | (u128::from(n) << 64)
                | u128::from(session.now_ms.unsigned_abs());
            let open = ipc::OpenShift {
                draft_id: DraftId(Uuid::from_u128(draft)),
                float_minor: Money(10_000),
            };
            self.call(&open)?.context("opening a shift")?;
        }
        Ok(())
    }

    /// Waits until everything is sent and everything has come back.
    pub fn wait_quiet(&mut self, timeout_ms: u64) -> Result<Value> {
        self.ask("wait_quiet", &json!({ "timeout_ms": timeout_ms }))
    }

    /// Ends the till in peace.
    pub fn quit(mut self) -> Result<()> {
        self.ask("quit", &json!({}))?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGKILL: what a power cut leaves of a process.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for HeadlessTill {
    fn drop(&mut self) {
        // Ended already in the good case; otherwise nobody is left to hear of it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
