//! The printer of a till as its people set it up, and what can be wrong with it.

use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};

use super::{Form, ROLL_COLUMNS};
use crate::{
    format::Language,
    limit::{NOTE_CHARS_MAX, TEXT_CHARS_MAX},
};

/// Most copies of one paper.
pub const COPIES_MAX: u8 = 5;
/// Longest promise of return days: ten years.
pub const RETURN_DAYS_MAX: u16 = 3_650;
/// Where network printers listen for raw bytes.
pub const PRINTER_PORT: u16 = 9_100;

/// How the printer is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterKind {
    /// A host, with its port if it is not [`PRINTER_PORT`].
    Network,
    /// A device file, such as `/dev/usb/lp0`.
    Device,
    /// A file that every paper is added to.
    File,
}

/// One till's printer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrinterSettings {
    pub kind: PrinterKind,
    pub address: String,
    /// Characters on a line: one of [`ROLL_COLUMNS`].
    pub columns: u16,
    pub language: Language,
    pub copies: u8,
    #[serde(default)]
    pub has_logo: bool,
    /// The drawer opens when cash is taken or given.
    #[serde(default)]
    pub kicks_drawer: bool,
    /// Every sale and return is printed without being asked for.
    #[serde(default)]
    pub prints_at_once: bool,
    /// Days in which goods may come back, as the paper promises; none promises nothing.
    #[serde(default)]
    pub return_days: Option<u16>,
    #[serde(default)]
    pub footer: String,
}

/// Why settings cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrinterError {
    #[error("this is not a printer's address")]
    AddressInvalid,
    #[error("a line of {0} characters fits no roll")]
    ColumnsInvalid(u16),
    #[error("a paper is printed once to {COPIES_MAX} times")]
    CopiesInvalid,
    #[error("goods come back within {RETURN_DAYS_MAX} days")]
    ReturnDaysInvalid,
    #[error("{field} is longer than {max} characters")]
    TextTooLong { field: &'static str, max: usize },
}

impl PrinterSettings {
    /// The form of its roll.
    #[must_use]
    pub const fn form(&self) -> Form {
        Form::Roll(self.columns)
    }

    /// Checks what a person typed.
    pub fn check(&self) -> Result<(), PrinterError> {
        if self.address.chars().count() > TEXT_CHARS_MAX {
            return Err(PrinterError::TextTooLong {
                field: "address",
                max: TEXT_CHARS_MAX,
            });
        }
        if self.footer.chars().count() > NOTE_CHARS_MAX {
            return Err(PrinterError::TextTooLong {
                field: "footer",
                max: NOTE_CHARS_MAX,
            });
        }
        let address = self.address.trim();
        let is_valid = match self.kind {
            PrinterKind::Network => host_and_port(address).is_some(),
            PrinterKind::Device | PrinterKind::File => {
                !address.is_empty() && !address.contains(char::is_control)
            }
        };
        if !is_valid {
            return Err(PrinterError::AddressInvalid);
        }
        if !ROLL_COLUMNS.contains(&self.columns) {
            return Err(PrinterError::ColumnsInvalid(self.columns));
        }
        if !(1..=COPIES_MAX).contains(&self.copies) {
            return Err(PrinterError::CopiesInvalid);
        }
        if self.return_days.is_some_and(|days| days > RETURN_DAYS_MAX) {
            return Err(PrinterError::ReturnDaysInvalid);
        }
        Ok(())
    }
}

/// Host and port of a typed address: `192.168.1.50`, `printer.local:9101`, `[::1]:9100`.
#[must_use]
pub fn host_and_port(address: &str) -> Option<(String, u16)> {
    let address = address.trim();
    if let Ok(bare) = address.parse::<Ipv6Addr>() {
        return Some((bare.to_string(), PRINTER_PORT));
    }
    let (host, port) = match address
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':')?)),
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let is_host = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'));
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None => PRINTER_PORT,
    };
    is_host.then(|| (host.to_owned(), port))
}

/// Why a paper has not been printed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintFault {
    /// Nobody answers at the address, or there is no such device or folder.
    Unreachable,
    OutOfPaper,
    CoverOpen,
    /// It answers that it is not ready, and not why.
    NotReady,
    /// It took a part and then no more.
    NotTaking,
    /// The connection broke while it printed.
    BrokeOff,
    /// It never confirmed that all was printed.
    Unconfirmed,
    /// It never confirmed it, so often that a person must look at what came out.
    Stopped,
    /// The document has not come to this till yet.
    DocumentMissing,
    /// What is stored of the document cannot be read.
    Unreadable,
}

impl PrintFault {
    pub const ALL: [Self; 10] = [
        Self::Unreachable,
        Self::OutOfPaper,
        Self::CoverOpen,
        Self::NotReady,
        Self::NotTaking,
        Self::BrokeOff,
        Self::Unconfirmed,
        Self::Stopped,
        Self::DocumentMissing,
        Self::Unreadable,
    ];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::OutOfPaper => "out_of_paper",
            Self::CoverOpen => "cover_open",
            Self::NotReady => "not_ready",
            Self::NotTaking => "not_taking",
            Self::BrokeOff => "broke_off",
            Self::Unconfirmed => "unconfirmed",
            Self::Stopped => "stopped",
            Self::DocumentMissing => "document_missing",
            Self::Unreadable => "unreadable",
        }
    }

    /// The fault of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// How often a paper may have been sent whole without a word that it came out; then it waits for a
/// person, who sees whether it did.
pub const UNCONFIRMED_MAX: u32 = 3;

/// Whether the drawer still opens for what was asked at a time, both in milliseconds since 1970: a
/// printer that comes back later must not open it while nobody stands there.
#[must_use]
pub const fn may_open_drawer(asked_ms: i64, now_ms: i64) -> bool {
    const LATE_MS: i64 = 60_000;
    now_ms.saturating_sub(asked_ms) <= LATE_MS
}

/// How long to wait after so many failures in a row before the next try, in milliseconds.
#[must_use]
pub fn wait_ms(failures: u32) -> u64 {
    const FIRST_MS: u64 = 2_000;
    const LONGEST_MS: u64 = 60_000;
    FIRST_MS
        .saturating_mul(1 << failures.saturating_sub(1).min(10))
        .min(LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_type_them() {
        for (typed, host, port) in [
            ("192.168.1.50", "192.168.1.50", 9_100),
            (" printer.local:9101 ", "printer.local", 9_101),
            ("[fe80::1]:9100", "fe80::1", 9_100),
            ("::1", "::1", 9_100),
        ] {
            assert_eq!(host_and_port(typed), Some((host.to_owned(), port)));
        }
        for typed in [
            "",
            ":9100",
            "a b",
            "host:0",
            "host:99999",
            "http://x",
            "[::1",
        ] {
            assert_eq!(host_and_port(typed), None, "{typed}");
        }
    }

    #[test]
    fn every_fault_is_found_by_its_name() {
        for fault in PrintFault::ALL {
            assert_eq!(PrintFault::from_name(fault.name()), Some(fault));
        }
    }

    #[test]
    fn the_drawer_opens_for_a_minute_also_when_the_clock_was_set_back() {
        let asked_ms = 1_772_445_600_000;
        for (later_ms, opens) in [(0, true), (60_000, true), (60_001, false), (-1, true)] {
            assert_eq!(may_open_drawer(asked_ms, asked_ms + later_ms), opens);
        }
    }

    #[test]
    fn waits_grow_to_a_minute() {
        assert_eq!(
            [1, 2, 3, 6, 99].map(wait_ms),
            [2_000, 4_000, 8_000, 60_000, 60_000]
        );
    }
}
