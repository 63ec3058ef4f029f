//! The files of a till's folder: which one is in use, which one is being filled to succeed it, and
//! which are done with. The pointer alone says which is in use; it changes in one rename.

use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use crate::error::Error;

/// Names the file in use.
const POINTER: &str = "current";
const FIRST: u64 = 1;

/// The file in use, and whether it is to be created; a till that had one and lost it must say so
/// instead of starting empty.
pub(crate) fn in_use(folder: &Path) -> Result<(PathBuf, bool), Error> {
    match std::fs::read_to_string(folder.join(POINTER)) {
        Ok(name) => Ok((folder.join(name.trim()), false)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok((folder.join(name(FIRST)), true)),
        Err(error) => Err(error.into()),
    }
}

/// Makes a file the one in use, durably: after a power cut it is this one or the one before.
pub(crate) fn point_to(folder: &Path, path: &Path) -> Result<(), Error> {
    let fresh = folder.join("current.new");
    let mut file = File::create(&fresh)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    file.write_all(name.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, folder.join(POINTER))?;
    sync_folder(folder)
}

/// Makes names in the folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Where the file is filled that will take this one's place.
pub(crate) fn successor(path: &Path) -> PathBuf {
    path.with_file_name(name(number(path).map_or(FIRST, |number| number + 1)))
}

/// Files that one in use has taken the place of.
pub(crate) fn former(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let (Some(folder), Some(own)) = (path.parent(), number(path)) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if number(&path).is_some_and(|number| number < own) {
            found.push(path);
        }
    }
    Ok(found)
}

/// Deletes a file with what SQLite keeps beside it; the file itself last, so that a log is never
/// left for a later file of that name.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    for end in ["-wal", "-shm", "-journal", ""] {
        let mut one = path.as_os_str().to_owned();
        one.push(end);
        match std::fs::remove_file(PathBuf::from(one)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn name(number: u64) -> String {
    format!("replica-{number}.db")
}

fn number(path: &Path) -> Option<u64> {
    path.file_name()?
        .to_str()?
        .strip_prefix("replica-")?
        .strip_suffix(".db")?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_succeeded_by_the_next_number_and_by_nothing_else() {
        let path = Path::new("/till/replica-9.db");
        assert_eq!(successor(path), Path::new("/till/replica-10.db"));
        for other in ["replica-9.db-wal", "replica-.db", "current", "replica-x.db"] {
            assert_eq!(number(Path::new(other)), None, "{other}");
        }
    }
}
