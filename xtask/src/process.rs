//! Running other programs: a step that must succeed, its output, and servants that never outlive us.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// How long a servant may take to stop when asked before it is killed.
const STOP_TIME_MAX: Duration = Duration::from_secs(15);

/// Prints `name ... ` and then the outcome on the same line, so that a look tells what is slow.
pub(crate) fn step(name: &str, outcome: impl std::fmt::Display) {
    println!("  {name:<28} {outcome}");
    // A closed terminal must not stop the work.
    let _ = io::stdout().flush();
}

/// Runs to the end with the caller's terminal; an error names the program and its status.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    ensure!(status.success(), "{} failed: {status}", shown(command));
    Ok(())
}

/// Runs to the end in silence; what it said is shown only if it failed.
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

/// Runs to the end and returns its standard output; what it complained of goes into the error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        bail!(
            "{} failed: {}\n{}{}",
            shown(command),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no text", shown(command)))
}

/// Whether the program exists and says yes.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The first of these programs that is on PATH.
pub(crate) fn find_program(names: &[&str]) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    names.iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    })
}

/// Looks again every so often until the answer is there, the time is up, or an error is final.
pub(crate) fn poll<T>(
    what: &str,
    time_max: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = look()? {
            return Ok(answer);
        }
        ensure!(
            start.elapsed() < time_max,
            "waited {} s for {what}",
            time_max.as_secs()
        );
        pause();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the interval between two looks, not an ordering"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(OsStr::to_string_lossy)
            .map(String::from),
    );
    words.join(" ")
}

/// A program that runs beside us, in its own process group so that the terminal's Ctrl-C reaches
/// only us and we stop things in order. Dropped, it is stopped.
#[derive(Debug)]
pub(crate) struct Servant {
    name: String,
    child: Child,
}

impl Servant {
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", shown(command)))?;
        Ok(Self {
            name: name.to_owned(),
            child,
        })
    }

    /// Starts it with everything that it prints going to a file.
    pub(crate) fn start_logged(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        Self::start(name, command)
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .with_context(|| format!("cannot watch {}", self.name))
    }

    /// Fails if the program has ended on its own.
    pub(crate) fn must_run(&mut self) -> Result<()> {
        match self.ended()? {
            None => Ok(()),
            Some(status) => bail!("{} ended: {status}", self.name),
        }
    }

    /// Asks it to stop (SIGTERM), waits, and kills its whole group if it does not.
    pub(crate) fn stop(&mut self) -> Result<()> {
        if self.ended()?.is_some() {
            return Ok(());
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let Some(pid) = pid else {
            bail!("{} has no process id", self.name)
        };
        // It may end between the look and the signal; then there is nobody to signal.
        let _ = kill_process(pid, Signal::TERM);
        let child = &mut self.child;
        let stopped = poll(&self.name, STOP_TIME_MAX, || Ok(child.try_wait()?));
        if stopped.is_err() {
            eprintln!("{} did not stop when asked and was killed", self.name);
            let _ = kill_process_group(pid, Signal::KILL);
            self.child.wait()?;
        }
        Ok(())
    }
}

impl Drop for Servant {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("{error:#}");
        }
    }
}
