//! The demo shop as faults are done to it: its server, a folder for all files, and people at tills.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::Result;

use super::{clerk::Clerk, disk::Disk};
use crate::server::Server;

static TURN: Mutex<()> = Mutex::new(());
static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A shop of its own. Its files are deleted when it goes, unless something went wrong.
#[derive(Debug)]
pub struct Shop {
    pub server: Server,
    pub folder: PathBuf,
    /// The disk that the server's files are on, where they have one of their own.
    pub disk: Option<Disk>,
    tills: u32,
    /// Two cores: one shop of a process at a time has its programs running.
    _turn: MutexGuard<'static, ()>,
}

impl Shop {
    /// Starts a server with the demo data.
    pub fn open() -> Result<Self> {
        Self::open_on(None)
    }

    /// The same, with the server's files on a disk of so many mebibytes, if there can be one.
    pub fn open_on_disk(mebibytes: u32) -> Result<Self> {
        Self::open_on(Some(mebibytes))
    }

    fn open_on(mebibytes: Option<u32>) -> Result<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let n = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("techstore-fault-{}-{n}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder)?;
        let disk = match mebibytes {
            Some(mebibytes) => Disk::mount(&folder.join("server"), mebibytes)?,
            None => None,
        };
        let server = Server::start(&folder.join("server"))?;
        server.command(&["demo", "create"])?;
        Ok(Self {
            server,
            folder,
            disk,
            tills: 0,
            _turn: turn,
        })
    }

    /// The folder of the next till.
    pub fn till_folder(&mut self) -> PathBuf {
        self.tills += 1;
        self.folder.join(format!("till-{}", self.tills))
    }

    /// A person at a new till of the first store, which reaches the server at an address.
    pub fn clerk(&mut self, address: &str, seed: u64) -> Result<Clerk> {
        let data = self.till_folder();
        self.clerk_in(&data, address, seed)
    }

    /// The same, with the till's files in a folder of the caller's.
    pub fn clerk_in(&mut self, data: &Path, address: &str, seed: u64) -> Result<Clerk> {
        let number = 10 + self.tills;
        let code = self.server.enrol_code("S1", number)?;
        let witness = self.folder.join(format!("witness-{number}.jsonl"));
        Clerk::start(data, &witness, address, &code, seed)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("kept: {}", self.folder.display());
            return;
        }
        if let Err(error) = self.server.stop() {
            eprintln!("the server could not be stopped: {error}");
        }
        self.disk = None;
        // A folder that stays takes nothing but room.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
