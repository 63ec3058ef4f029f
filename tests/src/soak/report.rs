//! The report: what was wanted, done and found, on which commit, and how often each fault happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use super::{part::Part, record::Record};

/// What a part is about: a change elsewhere does not make a run old.
const ENGINE: [&str; 5] = [
    "domain",
    "replica",
    "sync-server",
    "migrations",
    "Cargo.lock",
];

/// The commit that is checked out; marked where the engine has changes that nobody committed.
pub fn commit(root: &Path) -> Result<String> {
    let mut command = git(root);
    let output = command
        .args(["rev-parse", "--short=12", "HEAD"])
        .output()
        .context("cannot start git")?;
    let name = String::from_utf8(output.stdout)?.trim().to_owned();
    Ok(if differs(root, "HEAD", None) {
        format!("{name}, changed")
    } else {
        name
    })
}

fn git(root: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(root)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Whether engine or server differ between two commits, or from what lies there now.
fn differs(root: &Path, from: &str, to: Option<&str>) -> bool {
    let status = git(root)
        .args(["diff", "--quiet", from])
        .args(to)
        .arg("--")
        .args(ENGINE)
        .status();
    !status.is_ok_and(|status| status.success())
}

/// Writes the report as Markdown.
pub fn write(record: &Record, root: &Path, faults: &[&str], to: &Path) -> Result<()> {
    let mut text = String::from(
        "# The long runs\n\n\
         Written by `cargo xtask soak`, which goes on where it was stopped \
         ([CONTRIBUTING](../CONTRIBUTING.md)).\n\n\
         | part | wanted | done | failures | minutes | commit |\n|---|---|---|---|---|---|\n",
    );
    for part in Part::ALL {
        row(&mut text, record, root, part)?;
    }
    failures(&mut text, record)?;
    faults_of_seeds(&mut text, record, faults)?;
    others(&mut text, record)?;
    std::fs::write(to, text).with_context(|| format!("cannot write {}", to.display()))
}

fn row(text: &mut String, record: &Record, root: &Path, part: Part) -> Result<()> {
    let (wanted, unit) = part.wanted();
    let done = record.done(part);
    let failures: usize = record.of(part).map(|piece| piece.failures.len()).sum();
    // An empty sum of floats is -0.
    let seconds = record.of(part).fold(0.0, |sum, piece| sum + piece.seconds);
    let minutes = seconds / 60.0;
    let mut commits: BTreeMap<&str, u64> = BTreeMap::new();
    for piece in record.of(part) {
        *commits.entry(&piece.commit).or_default() += piece.done;
    }
    let commits: Vec<String> = commits
        .into_iter()
        .map(|(commit, done)| {
            let is_old = differs(root, commit.trim_end_matches(", changed"), Some("HEAD"));
            let mark = if is_old { " (an older engine)" } else { "" };
            format!("{commit}{mark}: {done}")
        })
        .collect();
    let (name, commits) = (format!("{part:?}").to_lowercase(), commits.join("; "));
    writeln!(
        text,
        "| {name} | {wanted} {unit} | {done} | {failures} | {minutes:.0} | {commits} |"
    )?;
    Ok(())
}

fn failures(text: &mut String, record: &Record) -> Result<()> {
    let failed: BTreeSet<&String> = record
        .pieces
        .iter()
        .flat_map(|piece| &piece.failures)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    text.push_str("\n## Failures\n\n");
    for failure in failed {
        writeln!(text, "- {failure}")?;
    }
    Ok(())
}

fn faults_of_seeds(text: &mut String, record: &Record, faults: &[&str]) -> Result<()> {
    let seeds = record.done(Part::Seeds);
    if seeds == 0 {
        return Ok(());
    }
    text.push_str(
        "\n## What happened in the seeds\n\n\
         A fault that happens in under 1 % of the seeds is rare: its part proves nothing.\n\n\
         | fault | happened | in seeds | |\n|---|---|---|---|\n",
    );
    for fault in faults {
        let sum = |of: fn(&super::record::Piece) -> &BTreeMap<String, u64>| -> u64 {
            let pieces = record.of(Part::Seeds);
            pieces.filter_map(|piece| of(piece).get(*fault)).sum()
        };
        let (times, in_seeds) = (sum(|piece| &piece.counts), sum(|piece| &piece.in_seeds));
        let share = 100.0 * in_seeds as f64 / seeds as f64;
        let mark = if share < 1.0 { ", rare" } else { "" };
        writeln!(
            text,
            "| {fault} | {times} | {in_seeds} | {share:.1} %{mark} |"
        )?;
    }
    Ok(())
}

fn others(text: &mut String, record: &Record) -> Result<()> {
    let mut sums: BTreeMap<(Part, &str, &str), u64> = BTreeMap::new();
    for piece in &record.pieces {
        for (name, count) in &piece.counts {
            let is_fault = piece.in_seeds.contains_key(name);
            if !is_fault {
                let key = (piece.part, piece.target.as_str(), name.as_str());
                *sums.entry(key).or_default() += count;
            }
        }
    }
    if sums.is_empty() {
        return Ok(());
    }
    text.push_str("\n## What was done\n\n| part | what | how many |\n|---|---|---|\n");
    for ((part, target, name), count) in sums {
        let part = format!("{part:?} {target}").trim().to_lowercase();
        writeln!(text, "| {part} | {} | {count} |", name.replace('_', " "))?;
    }
    Ok(())
}
