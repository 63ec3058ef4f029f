//! What a process did to files, one system call after another, as `strace` wrote it down: every
//! byte, every wait for the disk, and every line said on standard output.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

/// The calls that change files; any that is missing here would be a write unseen.
const CALLS: &str = "write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate,fsync,\
    fdatasync,sync_file_range,open,openat,creat,close,lseek,dup,dup2,dup3,unlink,unlinkat,rename,\
    renameat,renameat2,link,linkat,symlink,symlinkat,mkdir,mkdirat,copy_file_range,sendfile";
/// The longest buffer shown whole; SQLite writes pages.
const BYTES_SHOWN_MAX: &str = "16777216";

/// One thing that happened to a folder, or was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Create {
        name: PathBuf,
    },
    Empty {
        name: PathBuf,
    },
    Write {
        name: PathBuf,
        offset: u64,
        bytes: Vec<u8>,
    },
    Truncate {
        name: PathBuf,
        length: u64,
    },
    /// The disk has everything of a file; of the folder, its names.
    Sync {
        name: PathBuf,
    },
    Unlink {
        name: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    /// Said on standard output.
    Said {
        bytes: Vec<u8>,
    },
}

/// A program that becomes another one and writes down what it does.
pub(super) fn recorded(program: &Path, into: &Path) -> Command {
    let mut command = Command::new("strace");
    command
        .args([
            "--follow-forks",
            "--decode-fds=path",
            "--strings-in-hex=all",
        ])
        .args(["--string-limit", BYTES_SHOWN_MAX])
        .arg(format!("--trace={CALLS}"))
        .arg("--output")
        .arg(into)
        .arg(program);
    command
}

/// Whether this account may watch a program here; some containers forbid it.
#[must_use]
pub fn is_possible() -> bool {
    Command::new("strace")
        .args(["--output", "/dev/null", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Reads what happened below a folder.
pub(super) fn read(trace: &Path, folder: &Path) -> Result<Vec<Event>> {
    let text = std::fs::read_to_string(trace)
        .with_context(|| format!("cannot read {}", trace.display()))?;
    let mut reader = Reader {
        folder: folder.canonicalize()?,
        begun: HashMap::new(),
        places: HashMap::new(),
        events: Vec::new(),
    };
    for (at, line) in text.lines().enumerate() {
        reader.line(line).with_context(|| {
            let shown: String = line.chars().take(300).collect();
            format!("line {} of the trace: {shown}", at + 1)
        })?;
    }
    Ok(reader.events)
}

struct Reader {
    folder: PathBuf,
    /// The beginnings of calls that another thread's call interrupted, by thread.
    begun: HashMap<String, String>,
    /// Where plain writes go on, by descriptor; none for those that append.
    places: HashMap<u32, Option<u64>>,
    events: Vec<Event>,
}

/// A descriptor with the file that it stands for.
struct Handle {
    number: u32,
    path: PathBuf,
    is_deleted: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<()> {
        let (thread, call) = line.split_once(' ').context("no thread")?;
        let call = call.trim_start();
        if call.starts_with("+++") || call.starts_with("---") {
            return Ok(());
        }
        if let Some(beginning) = call.strip_suffix(" <unfinished ...>") {
            self.begun.insert(thread.to_owned(), beginning.to_owned());
            return Ok(());
        }
        if let Some(resumed) = call.strip_prefix("<... ") {
            let (_, end) = resumed.split_once("resumed>").context("no end")?;
            let beginning = self.begun.remove(thread).context("no beginning")?;
            return self.call(&format!("{beginning}{end}"));
        }
        self.call(call)
    }

    fn call(&mut self, call: &str) -> Result<()> {
        let (name, rest) = call.split_once('(').context("no call")?;
        let (arguments, result) = rest
            .rsplit_once(") ")
            .or_else(|| rest.rsplit_once(')'))
            .context("no result")?;
        let result = result
            .trim_start()
            .strip_prefix("= ")
            .context("no result")?;
        if result.starts_with('-') || result.starts_with('?') {
            return Ok(());
        }
        let arguments = split(arguments);
        let argument = |n: usize| arguments.get(n).copied().context("an argument is missing");
        match name {
            "pwrite64" => {
                let handle = handle(argument(0)?)?;
                let bytes = bytes(argument(1)?)?;
                ensure!(bytes.len().to_string() == result, "written in part");
                let offset = argument(3)?.parse()?;
                self.write(&handle, offset, bytes);
            }
            "write" => {
                let (handle, bytes) = (handle(argument(0)?)?, bytes(argument(1)?)?);
                ensure!(bytes.len().to_string() == result, "written in part");
                self.plain_write(&handle, bytes)?;
            }
            "ftruncate" => {
                let (handle, length) = (handle(argument(0)?)?, argument(1)?.parse()?);
                if let Some(name) = self.name(&handle) {
                    self.events.push(Event::Truncate { name, length });
                }
            }
            "fsync" | "fdatasync" => {
                let handle = handle(argument(0)?)?;
                if let Some(name) = self.name(&handle) {
                    self.events.push(Event::Sync { name });
                }
            }
            "openat" => self.open(argument(1)?, argument(2)?, result)?,
            "close" => drop(self.places.remove(&handle(argument(0)?)?.number)),
            "unlink" => {
                let path = path(argument(0)?)?;
                if let Some(name) = self.below(&path) {
                    self.events.push(Event::Unlink { name });
                }
            }
            "rename" => {
                let (from, to) = (path(argument(0)?)?, path(argument(1)?)?);
                match (self.below(&from), self.below(&to)) {
                    (Some(from), Some(to)) => self.events.push(Event::Rename { from, to }),
                    (None, None) => {}
                    _ => bail!("a file came into the folder or left it"),
                }
            }
            // Anything else is harmless elsewhere, and must not touch the folder unseen.
            _ => {
                for argument in &arguments {
                    let touched = handle(argument)
                        .map(|handle| handle.path)
                        .or_else(|_| path(argument));
                    if touched.is_ok_and(|path| self.below(&path).is_some()) {
                        bail!("a call that is not understood");
                    }
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, at: &str, flags: &str, result: &str) -> Result<()> {
        let handle = handle(result)?;
        let is_appended = flags.contains("O_APPEND");
        self.places
            .insert(handle.number, (!is_appended).then_some(0));
        let Some(name) = self.below(&path(at)?) else {
            return Ok(());
        };
        if flags.contains("O_CREAT") {
            self.events.push(Event::Create { name: name.clone() });
        }
        if flags.contains("O_TRUNC") {
            self.events.push(Event::Empty { name });
        }
        Ok(())
    }

    fn plain_write(&mut self, handle: &Handle, bytes: Vec<u8>) -> Result<()> {
        if handle.number == 1 {
            self.events.push(Event::Said { bytes });
            return Ok(());
        }
        if self.name(handle).is_none() {
            return Ok(());
        }
        let place = self.places.get_mut(&handle.number);
        let offset = place.context("written to at an unknown place")?;
        let Some(place) = offset else {
            bail!("appended to");
        };
        let offset = *place;
        *place += bytes.len() as u64;
        self.write(handle, offset, bytes);
        Ok(())
    }

    fn write(&mut self, handle: &Handle, offset: u64, bytes: Vec<u8>) {
        if let Some(name) = self.name(handle) {
            self.events.push(Event::Write {
                name,
                offset,
                bytes,
            });
        }
    }

    fn name(&self, handle: &Handle) -> Option<PathBuf> {
        // What is written to a file without a name is gone with it.
        if handle.is_deleted {
            return None;
        }
        self.below(&handle.path)
    }

    /// The name within the folder; none for what is outside, or keeps nothing of a shop.
    fn below(&self, path: &Path) -> Option<PathBuf> {
        let name = path.strip_prefix(&self.folder).ok()?;
        keeps_something(name).then(|| name.to_owned())
    }
}

/// Whether a file of the folder is more than a log, a lock or shared memory.
pub(super) fn keeps_something(name: &Path) -> bool {
    let text = name.to_string_lossy();
    !(text.ends_with("-shm") || text.ends_with(".log") || text.ends_with(".lock"))
}

/// Arguments, which may hold commas in their strings' place only as hexadecimal digits.
fn split(arguments: &str) -> Vec<&str> {
    arguments.split(", ").collect()
}

/// `7<\x2f\x61>`, or `7<\x2f\x61>(deleted)`.
fn handle(text: &str) -> Result<Handle> {
    let (number, rest) = text.split_once('<').context("no descriptor")?;
    let (path, rest) = rest.rsplit_once('>').context("no path")?;
    Ok(Handle {
        number: number.parse()?,
        path: PathBuf::from(String::from_utf8(unhex(path)?)?),
        is_deleted: rest.contains("deleted"),
    })
}

fn path(text: &str) -> Result<PathBuf> {
    Ok(PathBuf::from(String::from_utf8(bytes(text)?)?))
}

/// `"\x61\x62"`.
fn bytes(text: &str) -> Result<Vec<u8>> {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    unhex(inner.context("a string is not shown whole")?)
}

/// `\x61\x62`; a descriptor of something that is no file is shown as plain text.
fn unhex(text: &str) -> Result<Vec<u8>> {
    if !text.starts_with("\\x") {
        return Ok(text.as_bytes().to_vec());
    }
    text.split("\\x")
        .skip(1)
        .map(|digits| Ok(u8::from_str_radix(digits, 16)?))
        .collect()
}
