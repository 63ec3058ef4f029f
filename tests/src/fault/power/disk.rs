//! What a disk may hold when the power goes: everything that was waited for, and of the rest
//! whatever the disk had got to, sector by sector and in any order.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::trace::{Event, keeps_something};
use crate::fault::chance::Chance;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A folder on a disk with a cache that forgets.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    files: Vec<File>,
    names: BTreeMap<PathBuf, usize>,
    /// Names that the disk has.
    kept_names: BTreeMap<PathBuf, usize>,
    /// What happened to names since, in order.
    pending_names: Vec<Rename>,
}

#[derive(Debug, Clone, Default)]
struct File {
    kept: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

#[derive(Debug, Clone)]
enum Rename {
    Bind { name: PathBuf, file: usize },
    Unbind { name: PathBuf },
}

/// How much of what was not waited for the disk had got to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Luck {
    /// Nothing.
    None,
    /// Everything: the power went, the disk's own did not.
    All,
    /// Everything up to a moment, the last write torn.
    Prefix,
    /// Any of the writes.
    Writes,
    /// Any of the sectors.
    Sectors,
}

impl Luck {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::All,
        Self::Prefix,
        Self::Writes,
        Self::Sectors,
    ];
}

impl Disk {
    /// A folder as it lies on the disk, all of it kept.
    pub(super) fn of(folder: &Path) -> Result<Self> {
        let mut disk = Self::default();
        disk.take_in(folder, Path::new(""))?;
        disk.names.clone_from(&disk.kept_names);
        Ok(disk)
    }

    fn take_in(&mut self, folder: &Path, below: &Path) -> Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.take_in(&entry.path(), &name)?;
            } else if keeps_something(&name) {
                self.kept_names.insert(name, self.files.len());
                self.files.push(File {
                    kept: std::fs::read(entry.path())?,
                    pending: Vec::new(),
                });
            }
        }
        Ok(())
    }

    /// One thing happens.
    pub(super) fn happen(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Said { .. } => {}
            Event::Create { name } => {
                if !self.names.contains_key(name) {
                    let file = self.files.len();
                    self.files.push(File::default());
                    self.bind(name, file);
                }
            }
            Event::Empty { name } => self.change(name, Change::Truncate { length: 0 })?,
            Event::Truncate { name, length } => {
                let length = usize::try_from(*length)?;
                self.change(name, Change::Truncate { length })?;
            }
            Event::Write {
                name,
                offset,
                bytes,
            } => {
                let (offset, bytes) = (usize::try_from(*offset)?, bytes.clone());
                self.change(name, Change::Write { offset, bytes })?;
            }
            Event::Sync { name } if name.as_os_str().is_empty() => {
                self.pending_names.clear();
                self.kept_names.clone_from(&self.names);
            }
            Event::Sync { name } => {
                let file = self.file(name)?;
                for change in std::mem::take(&mut file.pending) {
                    change.apply(&mut file.kept);
                }
            }
            Event::Unlink { name } => self.unbind(name),
            Event::Rename { from, to } => {
                let file = *self.names.get(from).context("renamed, but unknown")?;
                self.unbind(from);
                self.bind(to, file);
            }
        }
        Ok(())
    }

    fn bind(&mut self, name: &Path, file: usize) {
        self.names.insert(name.to_owned(), file);
        let name = name.to_owned();
        self.pending_names.push(Rename::Bind { name, file });
    }

    fn unbind(&mut self, name: &Path) {
        self.names.remove(name);
        let name = name.to_owned();
        self.pending_names.push(Rename::Unbind { name });
    }

    fn file(&mut self, name: &Path) -> Result<&mut File> {
        let file = self.names.get(name).and_then(|at| self.files.get_mut(*at));
        file.with_context(|| format!("{} is not known", name.display()))
    }

    fn change(&mut self, name: &Path, change: Change) -> Result<()> {
        self.file(name)?.pending.push(change);
        Ok(())
    }

    /// Every file as the till itself would read it.
    pub(super) fn all(&self) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
        let mut chance = Chance::new(0, 0);
        let mut all = BTreeMap::new();
        for (name, file) in &self.names {
            let file = self.files.get(*file).context("a name without a file")?;
            all.insert(name.clone(), file.left(Luck::All, &mut chance)?);
        }
        Ok(all)
    }

    /// Writes what is left when the power goes now.
    pub(super) fn leave(&self, folder: &Path, luck: Luck, chance: &mut Chance) -> Result<()> {
        let mut names = self.kept_names.clone();
        let named = match luck {
            Luck::None => 0,
            Luck::All => self.pending_names.len(),
            _ => usize::try_from(chance.below(self.pending_names.len() as u64 + 1))?,
        };
        // A folder's changes reach the disk in their order: file systems keep a journal of them.
        for change in self.pending_names.iter().take(named) {
            match change {
                Rename::Bind { name, file } => drop(names.insert(name.clone(), *file)),
                Rename::Unbind { name } => drop(names.remove(name)),
            }
        }
        for (name, file) in names {
            let path = folder.join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            let file = self.files.get(file).context("a name without a file")?;
            std::fs::write(path, file.left(luck, chance)?)?;
        }
        Ok(())
    }
}

impl File {
    fn left(&self, luck: Luck, chance: &mut Chance) -> Result<Vec<u8>> {
        let mut bytes = self.kept.clone();
        let end = match luck {
            Luck::None => 0,
            Luck::Prefix => usize::try_from(chance.below(self.pending.len() as u64 + 1))?,
            _ => self.pending.len(),
        };
        for (at, change) in self.pending.iter().take(end).enumerate() {
            match luck {
                Luck::Writes if chance.below(2) == 0 => {}
                Luck::Sectors => change.apply_torn(&mut bytes, chance),
                Luck::Prefix if at + 1 == end => change.apply_torn(&mut bytes, chance),
                _ => change.apply(&mut bytes),
            }
        }
        Ok(bytes)
    }
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Truncate { length } => to.resize(*length, 0),
            Self::Write { offset, bytes } => put(to, *offset, bytes),
        }
    }

    /// Each sector or not.
    fn apply_torn(&self, to: &mut Vec<u8>, chance: &mut Chance) {
        match self {
            Self::Truncate { .. } => {
                if chance.below(2) == 0 {
                    self.apply(to);
                }
            }
            Self::Write { offset, bytes } => {
                let (mut at, mut left) = (*offset, bytes.as_slice());
                while !left.is_empty() {
                    let length = (SECTOR - at % SECTOR).min(left.len());
                    let (sector, rest) = left.split_at(length);
                    if chance.below(2) == 0 {
                        put(to, at, sector);
                    }
                    (at, left) = (at + length, rest);
                }
            }
        }
    }
}

/// Writes at a place; what lies between the file's end and it reads as zeros.
fn put(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    if let Some(place) = to.get_mut(offset..end) {
        place.copy_from_slice(bytes);
    }
}
