//! What was run so far, in a file that is whole at any moment. It is kept with the project, so that
//! runs on several machines add up: pieces that lie side by side are written as one.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::part::Part;

/// One piece of a part.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Piece {
    pub part: Part,
    /// What it ran on.
    pub commit: String,
    /// From here on, so many: seeds, rounds, seconds or shops.
    pub first: u64,
    pub done: u64,
    pub seconds: f64,
    /// What failed, each with what runs it again.
    pub failures: Vec<String>,
    /// What happened, and how often.
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// In how many seeds a fault happened.
    #[serde(default)]
    pub in_seeds: BTreeMap<String, u64>,
    /// The target of a fuzzer.
    #[serde(default)]
    pub target: String,
}

/// All pieces.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Record {
    pub pieces: Vec<Piece>,
    #[serde(skip)]
    path: PathBuf,
}

impl Piece {
    /// Whether the other is the same run, and goes on where this one ends.
    fn is_followed_by(&self, next: &Piece) -> bool {
        let run = |piece: &Piece| (piece.part, piece.commit.clone(), piece.target.clone());
        run(self) == run(next) && self.first + self.done == next.first
    }

    /// Takes the next piece in.
    fn append(&mut self, next: Piece) {
        self.done += next.done;
        self.seconds += next.seconds;
        self.failures.extend(next.failures);
        for (name, count) in next.counts {
            *self.counts.entry(name).or_default() += count;
        }
        for (name, count) in next.in_seeds {
            *self.in_seeds.entry(name).or_default() += count;
        }
    }
}

impl Record {
    /// What the file holds; nothing at first.
    pub fn open(path: &Path) -> Result<Self> {
        let mut record: Self = if path.exists() {
            serde_json::from_slice(&std::fs::read(path)?)
                .with_context(|| format!("cannot read {}", path.display()))?
        } else {
            Self::default()
        };
        path.clone_into(&mut record.path);
        Ok(record)
    }

    /// Adds a piece and keeps it.
    pub fn add(&mut self, piece: Piece) -> Result<()> {
        self.insert(piece);
        let new = self.path.with_extension("new");
        let mut text = serde_json::to_vec_pretty(&self)?;
        text.push(b'\n');
        std::fs::write(&new, text)?;
        Ok(std::fs::rename(new, &self.path)?)
    }

    fn insert(&mut self, piece: Piece) {
        self.pieces.push(piece);
        self.pieces
            .sort_by(|a, b| (a.part, &a.target, a.first).cmp(&(b.part, &b.target, b.first)));
        self.pieces = join(std::mem::take(&mut self.pieces));
    }

    /// The pieces of a part.
    pub fn of(&self, part: Part) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(move |piece| piece.part == part)
    }

    /// How much of a part is done; of a fuzzed one, of all targets together.
    #[must_use]
    pub fn done(&self, part: Part) -> u64 {
        self.of(part).map(|piece| piece.done).sum()
    }
}

/// Sorted pieces, those of one run that lie side by side as one.
fn join(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match joined.last_mut() {
            Some(last) if last.is_followed_by(&piece) => last.append(piece),
            _ => joined.push(piece),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(first: u64, commit: &str) -> Piece {
        Piece {
            commit: commit.to_owned(),
            first,
            done: 50,
            failures: vec![format!("{first}")],
            counts: BTreeMap::from([("backup".to_owned(), 2)]),
            ..Piece::default()
        }
    }

    #[test]
    fn neighbours_of_one_run_are_kept_as_one_in_whichever_order_they_end() {
        let mut record = Record::default();
        for first in [50, 150, 0, 200] {
            record.insert(piece(first, "a"));
        }
        record.insert(piece(100, "b"));
        let kept = |piece: &Piece| (piece.first, piece.done, piece.counts["backup"]);
        let kept: Vec<_> = record.pieces.iter().map(kept).collect();
        assert_eq!(kept, [(0, 100, 4), (100, 50, 2), (150, 100, 4)]);
        assert_eq!(record.pieces[0].failures, ["0", "50"]);
        assert_eq!(record.done(Part::Seeds), 250);
    }
}
