//! A small disk that can be filled to its last byte and freed again: a file system in memory where
//! this account may mount one.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// A mounted disk; it goes when it is dropped.
#[derive(Debug)]
pub struct Disk {
    path: PathBuf,
}

impl Disk {
    /// Mounts a disk of so many mebibytes at a folder; none where this account may not mount.
    pub fn mount(path: &Path, mebibytes: u32) -> Result<Option<Self>> {
        fs::create_dir_all(path)?;
        let mounted = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={mebibytes}m,mode=755"),
                "tmpfs",
            ])
            .arg(path)
            .stderr(Stdio::null())
            .status();
        Ok(mounted.is_ok_and(|status| status.success()).then(|| Self {
            path: path.to_owned(),
        }))
    }

    fn filler(&self) -> PathBuf {
        self.path.join("filler")
    }

    /// Takes all the room that is left.
    pub fn fill(&self) -> Result<()> {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.filler())?;
        for size in [1 << 20, 1 << 12, 1] {
            let bytes = vec![1; size];
            loop {
                match file.write_all(&bytes) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Gives the room back.
    pub fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.filler())?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let gone = Command::new("umount")
            .arg("--lazy")
            .arg(&self.path)
            .status();
        if !gone.is_ok_and(|status| status.success()) {
            eprintln!("{} could not be unmounted", self.path.display());
        }
    }
}

/// Bounds the size of every file that a running process writes, or lifts the bound: a disk without
/// room, for accounts that may not mount one.
pub fn bound_files(pid: u32, bytes: Option<u64>) -> Result<()> {
    let bound = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let set = Command::new("prlimit")
        .arg(format!("--pid={pid}"))
        .arg(format!("--fsize={bound}:"))
        .status()
        .context("prlimit is missing")?;
    ensure!(set.success(), "prlimit failed ({set})");
    Ok(())
}
