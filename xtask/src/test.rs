//! `test`: everything that the tests start is built first, then every test runs, and the last
//! line says what came of it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::build_ui;
use crate::process;
use crate::programs::{self, CONSOLE_VARIABLE, PROGRAMS_VARIABLE, Profile};
use crate::screen::VirtualScreen;
use crate::setup;
use crate::workspace::Workspace;

/// Tests in modules of these names drive a window or a browser.
const WINDOW_TESTS: [&str; 2] = ["window::", "browser::"];

/// Seeds of every run; more in `cargo xtask simulate`.
const SEEDS: &str =
    "0..60,1000..1020,1474,1697,2000..2010,3000..3010,4000..4010,5000..5020,6000..6020";
/// Enough for each broken rule to be seen.
const MUTATION_SEEDS: &str = "0..40,2000..2010,5000..5010,6000..6010";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Leave out what drives the till's window or a browser.
    #[arg(long)]
    fast: bool,
    /// Only tests whose name holds this.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(crate) fn test(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::everything(workspace)?;
    build_ui::build(workspace, &build_ui::Options::default())?;
    println!("build");
    // All targets at once, as `cargo test` wants them: dependencies are compiled for one set of
    // features only.
    let mut build = workspace.cargo();
    process::run(build.args(["build", "--workspace", "--all-targets", "--locked"]))?;

    let mut command = workspace.cargo();
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    command.env(PROGRAMS_VARIABLE, programs::folder(workspace, Profile::Dev));
    command.env(CONSOLE_VARIABLE, build_ui::console_folder(workspace));
    // The fuzzers try the same inputs in every run of a commit; others in the soak.
    command.env("BOLERO_RANDOM_SEED", "1");
    command.args(&options.name).arg("--");
    let screen = if options.fast {
        command.args(WINDOW_TESTS.iter().flat_map(|name| ["--skip", name]));
        None
    } else {
        // Its own screen even where there is a display: no test takes the keyboard from a person.
        Some(VirtualScreen::start(
            &workspace.target().join("test-screen"),
        )?)
    };
    if let Some(screen) = &screen {
        screen.host(&mut command);
    }

    println!("test");
    let (tally, passed) = run_and_count(&mut command)?;
    drop(screen);
    let simulated = options
        .name
        .is_none()
        .then(|| simulate(workspace))
        .transpose();
    if !passed || tally.failed > 0 {
        bail!("test: {tally}");
    }
    simulated?;
    println!("test: {tally}");
    Ok(())
}

/// Seeds that failed once, and a few that change with nothing; then every broken rule must be seen.
fn simulate(workspace: &Workspace) -> Result<()> {
    println!("simulate");
    let program = programs::build_simulation(workspace, Profile::Dev)?;
    let start = |arguments: &[&str]| Command::new(&program).args(arguments).spawn();
    // Two at a time, as many as the smallest machine has cores.
    let mut children = [
        start(&["--seeds", SEEDS])?,
        start(&["--mutations", "--seeds", MUTATION_SEEDS])?,
    ];
    for child in &mut children {
        if !child.wait()?.success() {
            bail!("the simulation failed; the seed and its command stand above");
        }
    }
    // The test of power loss must see a till that loses sales.
    let mut power = Command::new(program.with_file_name("power"));
    power.args(["--till", "till-lazy", "--must-lose"]);
    process::run(power.args(["--acts", "20", "--cut-every", "20"]))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u32,
    failed: u32,
    ignored: u32,
    left_out: u32,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            passed,
            failed,
            ignored,
            left_out,
        } = self;
        write!(
            f,
            "{passed} passed, {failed} failed, {ignored} ignored, {left_out} left out"
        )
    }
}

impl Tally {
    /// Adds a line such as `test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; ...`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let mut words = count.splitn(2, ' ');
            let number = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                Some("ignored") => self.ignored += number,
                Some("filtered out") => self.left_out += number,
                _ => {}
            }
        }
    }
}

/// Shows what the tests print as they print it, and adds their results up.
fn run_and_count(command: &mut Command) -> Result<(Tally, bool)> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo test")?;
    let stdout = child
        .stdout
        .take()
        .context("cargo test prints its results")?;
    let mut tally = Tally::default();
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        tally.add(&line);
        println!("{line}");
    }
    Ok((tally, child.wait()?.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_binaries_add_up() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 1 passed; 4 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.50s",
        ] {
            tally.add(line);
        }
        assert_eq!(
            tally,
            Tally {
                passed: 3,
                failed: 4,
                ignored: 1,
                left_out: 7
            }
        );
        assert_eq!(
            tally.to_string(),
            "3 passed, 4 failed, 1 ignored, 7 left out"
        );
    }
}
