//! The parts: how much of each is wanted, and how a piece of it is run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::Piece;
use crate::program;

/// The fuzzers, as their tests are called, and how long each is to run.
pub const FUZZ_TARGETS: [&str; 6] = [
    "commands::commands_that_no_window_sends",
    "messages::messages_with_any_field_broken",
    "operations::operations_with_any_field_broken",
    "server::catalogues_that_are_no_csv",
    "server::operations_that_are_signed_and_nonsense",
    "server::requests_that_no_till_sends",
];
const FUZZ_SECONDS: u64 = 600;

/// One kind of long run.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The whole system from seeds.
    #[default]
    Seeds,
    /// Tills and server killed while they work.
    Kills,
    /// The decoders fed with what nobody sends.
    Fuzz,
    /// Power lost at every step of a till.
    Power,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Seeds, Self::Kills, Self::Fuzz, Self::Power];

    /// How much is enough, and of what.
    #[must_use]
    pub const fn wanted(self) -> (u64, &'static str) {
        match self {
            Self::Seeds => (20_000, "seeds"),
            Self::Kills => (1_000, "kills"),
            Self::Fuzz => (FUZZ_SECONDS * FUZZ_TARGETS.len() as u64, "seconds"),
            Self::Power => (20, "shops"),
        }
    }

    /// What one piece does: a minute or so.
    const fn piece(self) -> u64 {
        match self {
            Self::Seeds => 50,
            Self::Kills => 50,
            Self::Fuzz => 60,
            Self::Power => 1,
        }
    }

    /// The piece that is to be run next, besides these; none when enough is done. A run that was
    /// broken off leaves gaps, which come first.
    pub fn next<'p>(self, pieces: impl Iterator<Item = &'p Piece>) -> Option<Piece> {
        let (targets, wanted): (&[&str], u64) = match self {
            Self::Fuzz => (&FUZZ_TARGETS, FUZZ_SECONDS),
            _ => (&[""], self.wanted().0),
        };
        let mut ranges: BTreeMap<&str, Vec<(u64, u64)>> =
            targets.iter().map(|target| (*target, Vec::new())).collect();
        for piece in pieces {
            if let Some(ranges) = ranges.get_mut(piece.target.as_str()) {
                ranges.push((piece.first, piece.first + piece.done));
            }
        }
        let gaps = ranges
            .into_iter()
            .map(|(target, ranges)| (gap(ranges, wanted), target));
        let ((first, end), target) = gaps.min()?;
        (first < end).then(|| Piece {
            part: self,
            first,
            done: self.piece().min(end - first),
            target: target.to_owned(),
            ..Piece::default()
        })
    }
}

/// From where to where nothing is done yet, at the earliest.
fn gap(mut ranges: Vec<(u64, u64)>, wanted: u64) -> (u64, u64) {
    ranges.sort_unstable();
    let mut first = 0;
    for (from, to) in ranges {
        if from > first {
            return (first, from);
        }
        first = first.max(to);
    }
    (first, wanted.max(first))
}

/// Where pieces find their programs and leave their files.
#[derive(Debug, Clone)]
pub struct Runner {
    pub folder: PathBuf,
    pub commit: String,
    /// The executable of the fuzzers' tests.
    pub fuzz: Option<PathBuf>,
}

impl Runner {
    /// Runs a piece to its end; what failed is in it.
    pub fn run(&self, mut piece: Piece) -> Result<Piece> {
        let started = Instant::now();
        piece.commit.clone_from(&self.commit);
        let name = format!("{:?}-{}{}", piece.part, piece.target, piece.first).to_lowercase();
        let json = self.folder.join(format!("{name}.json"));
        let (mut command, again) = self.command(&piece, &json)?;
        let output = command
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {command:?}"))?;
        piece.seconds = started.elapsed().as_secs_f64();
        let text = String::from_utf8_lossy(&output.stdout);
        if piece.part == Part::Fuzz {
            take_in_inputs(&mut piece, &text);
        }
        if let Ok(bytes) = std::fs::read(&json) {
            take_in(&mut piece, &serde_json::from_slice(&bytes)?);
            std::fs::remove_file(&json)?;
        }
        if !output.status.success() && piece.failures.is_empty() {
            let error = String::from_utf8_lossy(&output.stderr);
            let kept = self.folder.join(format!("{name}.log"));
            std::fs::write(&kept, format!("{text}\n{error}"))?;
            let kept = kept.display();
            piece
                .failures
                .push(format!("`{again}`; what it said is in {kept}"));
        }
        Ok(piece)
    }

    fn command(&self, piece: &Piece, json: &Path) -> Result<(Command, String)> {
        let (first, done) = (piece.first, piece.done);
        let (program, arguments) = match piece.part {
            Part::Seeds => ("simulate", format!("--seeds {first}..{}", first + done)),
            Part::Kills => ("kills", format!("--rounds {done} --seed {}", first + 1)),
            Part::Power => ("power", format!("--shops {done} --seed {}", first + 1)),
            Part::Fuzz => {
                let fuzz = self.fuzz.as_ref().context("the fuzzers are not built")?;
                let mut command = Command::new(fuzz);
                command.args(["--exact", &piece.target, "--nocapture"]);
                command.env("TECHSTORE_FUZZ_SECONDS", done.to_string());
                let seed = (first + 2).to_string();
                let again = format!(
                    "BOLERO_RANDOM_SEED={seed} cargo test -p tests --test fuzz {}",
                    piece.target
                );
                command.env("BOLERO_RANDOM_SEED", seed);
                return Ok((command, again));
            }
        };
        let mut command = Command::new(program::find(program)?);
        command.args(arguments.split(' ')).arg("--json").arg(json);
        Ok((command, format!("{program} {arguments}")))
    }
}

/// Reads what a program wrote down.
fn take_in(piece: &mut Piece, report: &Value) {
    let number = |name: &str| report[name].as_u64().unwrap_or(0);
    let map = |value: &Value| -> BTreeMap<String, u64> {
        let fields = value.as_object().into_iter().flatten();
        fields
            .map(|(name, count)| (name.clone(), count.as_u64().unwrap_or(0)))
            .collect()
    };
    let counted: &[&str] = match piece.part {
        Part::Seeds => {
            piece.counts = map(&report["faults"]);
            piece.in_seeds = map(&report["seeds_with_fault"]);
            &["steps", "operations"]
        }
        Part::Kills => &["till_kills", "server_kills", "documents", "repair_events"],
        Part::Power => &["answers", "cuts", "images"],
        Part::Fuzz => &[],
    };
    for name in counted {
        piece.counts.insert((*name).to_owned(), number(name));
    }
    for seed in report["failed"].as_array().into_iter().flatten() {
        let program = match piece.part {
            Part::Power => "power --seed",
            _ => "cargo xtask simulate --seeds",
        };
        piece.failures.push(format!("`{program} {seed}`"));
    }
}

/// A fuzzer's test says how many inputs it tried.
fn take_in_inputs(piece: &mut Piece, text: &str) {
    let inputs = text.lines().find_map(|line| line.strip_suffix(" inputs"));
    if let Some(inputs) = inputs.and_then(|text| text.trim().parse().ok()) {
        piece.counts.insert("inputs".to_owned(), inputs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(first: u64, done: u64) -> Piece {
        Piece {
            first,
            done,
            ..Piece::default()
        }
    }

    #[test]
    fn a_run_goes_on_where_it_ended_and_fills_the_gaps_first() {
        let next = |pieces: &[Piece]| {
            let next = Part::Seeds.next(pieces.iter());
            next.map(|piece| (piece.first, piece.done))
        };
        assert_eq!(next(&[]), Some((0, 50)));
        assert_eq!(next(&[piece(50, 50), piece(0, 50)]), Some((100, 50)));
        assert_eq!(next(&[piece(100, 50), piece(0, 70)]), Some((70, 30)));
        assert_eq!(next(&[piece(0, 19_990)]), Some((19_990, 10)));
        assert_eq!(next(&[piece(0, 20_000)]), None);
    }

    #[test]
    fn the_fuzzer_that_ran_least_runs_next() {
        let mut done = piece(0, 60);
        done.target = FUZZ_TARGETS[0].to_owned();
        let next = Part::Fuzz.next([done].iter()).map(|piece| piece.target);
        assert_eq!(next.as_deref(), Some(FUZZ_TARGETS[1]));
    }
}
