//! One line that says how far a long copy is, on standard error: rewritten in place where a person
//! looks on, otherwise said once at the end.

use std::io::{IsTerminal, Write};

/// How many bytes pass between two looks at the line.
const STEP_BYTES: u64 = 1 << 20;

/// The line.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    of: Option<u64>,
    bytes: u64,
    told: u64,
    is_seen: bool,
}

impl Progress {
    /// A copy of unknown length.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            of: None,
            bytes: 0,
            told: 0,
            is_seen: std::io::stderr().is_terminal(),
        }
    }

    /// A copy of known length.
    pub(crate) fn with_end(what: &'static str, of: u64) -> Self {
        Self {
            of: Some(of),
            ..Self::new(what)
        }
    }

    /// So much is copied.
    pub(crate) fn tell(&mut self, bytes: u64) {
        self.bytes = bytes;
        if self.is_seen && bytes >= self.told + STEP_BYTES {
            self.told = bytes;
            self.say("\r", "");
        }
    }

    /// The copy has ended.
    pub(crate) fn end(&mut self) {
        let start = if self.is_seen { "\r" } else { "" };
        self.say(start, "\n");
    }

    fn say(&self, start: &str, end: &str) {
        let so_far = size(self.bytes);
        let text = match self.of {
            Some(of) if of > 0 => {
                let percent = self.bytes.min(of) * 100 / of;
                format!("{}: {so_far} of {}, {percent} %", self.what, size(of))
            }
            _ => format!("{}: {so_far}", self.what),
        };
        let mut out = std::io::stderr().lock();
        // Nobody is told less of the outcome for a line that could not be written.
        let _ = write!(out, "{start}{text}{end}");
        let _ = out.flush();
    }
}

/// A size as a person reads it.
#[must_use]
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["bytes", "KiB", "MiB", "GiB"];
    let mut scaled = bytes as f64;
    let mut unit = 0;
    while scaled >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} bytes")
    } else {
        format!("{scaled:.1} {}", UNITS[unit])
    }
}
