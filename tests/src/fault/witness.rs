//! The witness: every reply that a person has seen as done, on the disk before the next question
//! is asked. What it holds must be in the books, once, whatever happened to anybody since.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use domain::id::{OpId, RepairId};
use serde::{Deserialize, Serialize};

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "snake_case")]
pub enum Seen {
    /// A receipt or credit note on the screen.
    Document {
        document_id: OpId,
        number: String,
        total_minor: i64,
    },
    /// A repair with one more event than before.
    Repair { repair_id: RepairId, number: String },
}

/// The file of one till.
#[derive(Debug)]
pub struct Witness {
    file: File,
    path: PathBuf,
}

impl Witness {
    /// Begins or goes on with a file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::options()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// Notes what was seen and waits for the disk.
    pub fn note(&mut self, seen: &Seen) -> Result<()> {
        let mut line = serde_json::to_vec(seen)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        Ok(())
    }

    /// Everything noted so far.
    pub fn read(&self) -> Result<Vec<Seen>> {
        let text = std::fs::read_to_string(&self.path)?;
        let seen = text.lines().map(serde_json::from_str);
        Ok(seen.collect::<Result<_, _>>()?)
    }
}
