//! The file of a backup: a plain tar that `tar` and `sha256sum --check` read too. Every byte of it
//! is under a checksum, so that nothing damaged or cut short is ever restored.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// Names of the members, in their order.
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const KEY: &str = "server.key";
pub(crate) const DUMP: &str = "database.dump";
const SUMS: &str = "SHA256SUMS";

const BLOCK: u64 = 512;
/// Of the small members; the dump alone may be larger.
const SMALL_BYTES_MAX: u64 = 1 << 20;
/// The largest size that twelve bytes of octal digits hold; larger ones are written in binary.
const OCTAL_MAX: u64 = 0o777_7777_7777;

/// Why a file cannot be used as a backup. The operating system's words stand in the sentence, so
/// they are no source of their own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("cannot write {}: {why}", path.display())]
    Write { path: PathBuf, why: io::Error },
    #[error("cannot read {}: {why}", path.display())]
    Read { path: PathBuf, why: io::Error },
    #[error("{} is not a backup of this program", .0.display())]
    NotABackup(PathBuf),
    #[error("{} is cut short: the backup was not written to its end", .0.display())]
    CutShort(PathBuf),
    #[error("{} is damaged: {member} does not fit its checksum", path.display())]
    Damaged { path: PathBuf, member: String },
}

/// A backup that is being written. It takes its name when it is whole; one that is dropped before
/// leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Writer {
    file: BufWriter<File>,
    path: PathBuf,
    part: PathBuf,
    made_at_s: u64,
    sums: String,
    is_finished: bool,
}

impl Writer {
    /// Begins a file that only its owner reads.
    pub(crate) fn create(path: &Path, made_at_s: u64) -> Result<Self, ArchiveError> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::options()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&part)
            .map_err(|why| ArchiveError::Write {
                path: part.clone(),
                why,
            })?;
        Ok(Self {
            file: BufWriter::with_capacity(1 << 20, file),
            path: path.to_owned(),
            part,
            made_at_s,
            sums: String::new(),
            is_finished: false,
        })
    }

    /// Adds a small member.
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.copy(name, &mut &bytes[..], |_| {}).map(drop)
    }

    /// Adds what a reader gives until its end; returns how many bytes. `progress` hears the sum
    /// so far.
    pub(crate) fn copy(
        &mut self,
        name: &str,
        from: &mut dyn Read,
        progress: impl FnMut(u64),
    ) -> Result<u64, ArchiveError> {
        let copied = self.copy_member(name, from, progress);
        copied.map_err(|why| ArchiveError::Write {
            path: self.path.clone(),
            why,
        })
    }

    fn copy_member(
        &mut self,
        name: &str,
        from: &mut dyn Read,
        mut progress: impl FnMut(u64),
    ) -> io::Result<u64> {
        let start = self.file.stream_position()?;
        self.file.write_all(&header(name, 0, self.made_at_s))?;
        let mut sum = Sha256::new();
        let mut bytes = 0_u64;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = from.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            sum.update(&buffer[..read]);
            self.file.write_all(&buffer[..read])?;
            bytes += read as u64;
            progress(bytes);
        }
        let padding = usize::try_from(padding_after(bytes)).unwrap_or_default();
        self.file.write_all(&[0; BLOCK as usize][..padding])?;
        let end = self.file.stream_position()?;
        self.file.seek(SeekFrom::Start(start))?;
        self.file.write_all(&header(name, bytes, self.made_at_s))?;
        self.file.seek(SeekFrom::Start(end))?;
        self.sums += &format!("{}  {name}\n", hex(&sum.finalize()));
        Ok(bytes)
    }

    /// Adds the checksums, sees everything onto the disk and gives the file its name.
    pub(crate) fn finish(mut self) -> Result<(), ArchiveError> {
        let sums = std::mem::take(&mut self.sums);
        self.add(SUMS, sums.as_bytes())?;
        let finished = self
            .file
            .write_all(&[0; 2 * BLOCK as usize])
            .and_then(|()| self.file.flush())
            .and_then(|()| self.file.get_ref().sync_all())
            .and_then(|()| fs::rename(&self.part, &self.path))
            .and_then(|()| sync_folder(&self.path));
        self.is_finished = finished.is_ok();
        finished.map_err(|why| ArchiveError::Write {
            path: self.path.clone(),
            why,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.is_finished {
            // Best effort: what is left has the name of something unfinished.
            let _ = fs::remove_file(&self.part);
        }
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// A backup whose every byte fits its checksum.
#[derive(Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    members: Vec<Member>,
}

#[derive(Debug, Clone)]
struct Member {
    name: String,
    start: u64,
    bytes: u64,
    sum: String,
}

impl Archive {
    /// Reads a file from end to end and refuses it unless all of it is as it was written.
    /// `progress` hears how much was read of how much.
    pub(crate) fn open(path: &Path, progress: impl FnMut(u64, u64)) -> Result<Self, ArchiveError> {
        let read_error = |why: io::Error| match why.kind() {
            io::ErrorKind::UnexpectedEof => ArchiveError::CutShort(path.to_owned()),
            _ => ArchiveError::Read {
                path: path.to_owned(),
                why,
            },
        };
        let file = File::open(path).map_err(read_error)?;
        let length = file.metadata().map_err(read_error)?.len();
        let mut reading = Reading {
            from: BufReader::with_capacity(1 << 20, file),
            at: 0,
            length,
            progress,
        };
        let mut archive = Self {
            path: path.to_owned(),
            members: Vec::new(),
        };
        while let Some(member) = reading.member(path, archive.members.is_empty())? {
            archive.members.push(member);
        }
        archive.check()?;
        Ok(archive)
    }

    /// Compares what was read with what was written down.
    fn check(&self) -> Result<(), ArchiveError> {
        let sums = self.small(SUMS)?;
        let sums = String::from_utf8_lossy(&sums);
        let damaged = |member: &str| ArchiveError::Damaged {
            path: self.path.clone(),
            member: member.to_owned(),
        };
        let mut told = sums.lines();
        for member in self.members.iter().filter(|member| member.name != SUMS) {
            if told.next() != Some(&format!("{}  {}", member.sum, member.name)) {
                return Err(damaged(&member.name));
            }
        }
        let last_is_sums = self.members.last().is_some_and(|last| last.name == SUMS);
        if told.next().is_some() || !last_is_sums {
            return Err(damaged(SUMS));
        }
        for name in [MANIFEST, KEY, DUMP] {
            if !self.members.iter().any(|member| member.name == name) {
                return Err(ArchiveError::NotABackup(self.path.clone()));
            }
        }
        Ok(())
    }

    /// The whole of a small member.
    pub(crate) fn small(&self, name: &str) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        let (mut from, length) = self.member(name)?;
        if length > SMALL_BYTES_MAX {
            return Err(ArchiveError::NotABackup(self.path.clone()));
        }
        from.read_to_end(&mut bytes)
            .map_err(|why| ArchiveError::Read {
                path: self.path.clone(),
                why,
            })?;
        Ok(bytes)
    }

    /// A member to be read, and its size.
    pub(crate) fn member(&self, name: &str) -> Result<(io::Take<File>, u64), ArchiveError> {
        let member = self
            .members
            .iter()
            .find(|member| member.name == name)
            .ok_or_else(|| ArchiveError::NotABackup(self.path.clone()))?;
        let opened = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(member.start))?;
            Ok(file.take(member.bytes))
        });
        let from = opened.map_err(|why| ArchiveError::Read {
            path: self.path.clone(),
            why,
        })?;
        Ok((from, member.bytes))
    }
}

struct Reading<P> {
    from: BufReader<File>,
    at: u64,
    length: u64,
    progress: P,
}

impl<P: FnMut(u64, u64)> Reading<P> {
    /// The next member, or none at the end.
    fn member(&mut self, path: &Path, is_first: bool) -> Result<Option<Member>, ArchiveError> {
        let unreadable = |why: io::Error| match why.kind() {
            io::ErrorKind::UnexpectedEof => ArchiveError::CutShort(path.to_owned()),
            _ => ArchiveError::Read {
                path: path.to_owned(),
                why,
            },
        };
        let damaged = |member: &str| ArchiveError::Damaged {
            path: path.to_owned(),
            member: member.to_owned(),
        };
        let mut block = [0; BLOCK as usize];
        self.fill(&mut block).map_err(unreadable)?;
        if block == [0; BLOCK as usize] {
            self.fill(&mut block).map_err(unreadable)?;
            let is_end = block == [0; BLOCK as usize] && self.at == self.length;
            return if is_end {
                Ok(None)
            } else {
                Err(damaged("its end"))
            };
        }
        let Some((name, bytes)) = read_header(&block) else {
            return Err(if is_first {
                ArchiveError::NotABackup(path.to_owned())
            } else {
                damaged("a heading")
            });
        };
        if bytes > self.length - self.at {
            return Err(ArchiveError::CutShort(path.to_owned()));
        }
        let start = self.at;
        let sum = self.sum(bytes).map_err(unreadable)?;
        let mut padding = vec![0; usize::try_from(padding_after(bytes)).unwrap_or_default()];
        self.fill(&mut padding).map_err(unreadable)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(damaged(&name));
        }
        Ok(Some(Member {
            name,
            start,
            bytes,
            sum,
        }))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.from.read_exact(buffer)?;
        self.at += buffer.len() as u64;
        Ok(())
    }

    fn sum(&mut self, bytes: u64) -> io::Result<String> {
        let mut sum = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        let mut left = bytes;
        while left > 0 {
            let next = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            self.fill(&mut buffer[..next])?;
            sum.update(&buffer[..next]);
            left -= next as u64;
            (self.progress)(self.at, self.length);
        }
        Ok(hex(&sum.finalize()))
    }
}

const fn padding_after(bytes: u64) -> u64 {
    (BLOCK - bytes % BLOCK) % BLOCK
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The heading of a plain file (POSIX ustar; sizes over 8 GiB as GNU tar writes them).
fn header(name: &str, bytes: u64, made_at_s: u64) -> [u8; BLOCK as usize] {
    let mut block = [0; BLOCK as usize];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    if bytes <= OCTAL_MAX {
        put(124, format!("{bytes:011o}\0").as_bytes());
    } else {
        put(124, &[0x80, 0, 0, 0]);
        put(128, &bytes.to_be_bytes());
    }
    put(
        136,
        format!("{:011o}\0", made_at_s.min(OCTAL_MAX)).as_bytes(),
    );
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum = header_sum(&block);
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Sum of the bytes, its own eight counted as spaces.
fn header_sum(block: &[u8; BLOCK as usize]) -> u32 {
    let all: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let own: u32 = block[148..156].iter().map(|byte| u32::from(*byte)).sum();
    all - own + 8 * u32::from(b' ')
}

/// Name and size, if the heading is one of ours: it must be byte for byte what would be written.
fn read_header(block: &[u8; BLOCK as usize]) -> Option<(String, u64)> {
    let name = block[..100].split(|byte| *byte == 0).next()?;
    let name = std::str::from_utf8(name).ok()?;
    let octal = |field: &[u8]| {
        let digits = std::str::from_utf8(field).ok()?.trim_end_matches('\0');
        u64::from_str_radix(digits, 8).ok()
    };
    let bytes = if block[124] == 0x80 {
        u64::from_be_bytes(block[128..136].try_into().ok()?)
    } else {
        octal(&block[124..136])?
    };
    let made_at_s = octal(&block[136..148])?;
    (header(name, bytes, made_at_s) == *block).then(|| (name.to_owned(), bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn folder() -> PathBuf {
        let random = u64::from_be_bytes(crate::clock::random_bytes().unwrap());
        let folder = std::env::temp_dir().join(format!("techstore-archive-{random:016x}"));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn written(folder: &Path) -> PathBuf {
        let path = folder.join("shop.backup");
        let mut writer = Writer::create(&path, 1_700_000_000).unwrap();
        writer.add(MANIFEST, b"{}").unwrap();
        writer.add(KEY, b"secret").unwrap();
        writer.copy(DUMP, &mut &[7_u8; 1_500][..], |_| {}).unwrap();
        writer.finish().unwrap();
        path
    }

    #[test]
    fn what_is_written_is_read_back_and_tar_reads_it_too() {
        let folder = folder();
        let path = written(&folder);
        let archive = Archive::open(&path, |_, _| {}).unwrap();
        assert_eq!(archive.small(KEY).unwrap(), b"secret");
        assert_eq!(archive.small(DUMP).unwrap(), [7; 1_500]);
        let listed = std::process::Command::new("tar")
            .arg("-tf")
            .arg(&path)
            .output()
            .unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert_eq!(listed.lines().count(), 4, "{listed}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_was_changed_anywhere_or_cut_anywhere_is_refused() {
        let folder = folder();
        let path = written(&folder);
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(7) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert!(Archive::open(&path, |_, _| {}).is_err(), "byte {at}");
        }
        for length in (0..whole.len()).step_by(101) {
            fs::write(&path, &whole[..length]).unwrap();
            let refused = Archive::open(&path, |_, _| {}).unwrap_err();
            assert!(
                matches!(refused, ArchiveError::CutShort(_)),
                "{length}: {refused}"
            );
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_backup_that_is_not_finished_leaves_no_file() {
        let folder = folder();
        let path = folder.join("shop.backup");
        let mut writer = Writer::create(&path, 0).unwrap();
        writer.add(MANIFEST, b"{}").unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn sizes_beyond_eight_gibibytes_keep_their_value() {
        let large = header(DUMP, 1 << 40, 0);
        assert_eq!(read_header(&large), Some((DUMP.to_owned(), 1 << 40)));
    }
}
