//! What was run so far, in a file that is whole at any moment.

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

impl Record {
    /// What the folder holds; nothing at first.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("soak.json");
        let mut record: Self = if path.exists() {
            serde_json::from_slice(&std::fs::read(&path)?)
                .with_context(|| format!("cannot read {}", path.display()))?
        } else {
            Self::default()
        };
        record.path = path;
        Ok(record)
    }

    /// Adds a piece and keeps it.
    pub fn add(&mut self, piece: Piece) -> Result<()> {
        self.pieces.push(piece);
        let new = self.path.with_extension("new");
        std::fs::write(&new, serde_json::to_vec_pretty(&self)?)?;
        Ok(std::fs::rename(new, &self.path)?)
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
