//! The printers: over TCP, a device file, a file. One that answers is asked before it is given
//! anything, and asked again until it has printed all of it; one that is mute is believed.

mod file;
mod network;
mod status;

use std::path::PathBuf;

use domain::receipt::{PrintFault, PrinterKind, PrinterSettings, host_and_port};

/// Where the bytes go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Network { host: String, port: u16 },
    Device(PathBuf),
    File(PathBuf),
}

impl Address {
    /// The address in settings; none when it is not one.
    #[must_use]
    pub fn of(settings: &PrinterSettings) -> Option<Address> {
        let typed = settings.address.trim();
        Some(match settings.kind {
            PrinterKind::Network => {
                let (host, port) = host_and_port(typed)?;
                Address::Network { host, port }
            }
            PrinterKind::Device => Address::Device(typed.into()),
            PrinterKind::File => Address::File(typed.into()),
        })
    }
}

/// How much of a paper may have come out before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Not a byte was sent.
    Nothing,
    /// The end was not sent, so the paper was not cut.
    Part,
    /// All was sent, and it may have come out.
    All,
}

/// Why a paper was not printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault:?}: {detail}")]
pub struct SendError {
    pub fault: PrintFault,
    pub reached: Reached,
    pub detail: String,
}

impl SendError {
    fn new(fault: PrintFault, reached: Reached, detail: impl ToString) -> Self {
        Self {
            fault,
            reached,
            detail: detail.to_string(),
        }
    }
}

/// Prints bytes. While the printer holds them and cannot go on, `tell` hears why, and hears none
/// when it goes on.
pub async fn send(
    address: &Address,
    bytes: &[u8],
    tell: impl FnMut(Option<PrintFault>) + Send,
) -> Result<(), SendError> {
    match address {
        Address::Network { host, port } => network::send(host, *port, bytes, tell).await,
        Address::Device(path) => file::send_to_device(path, bytes, tell).await,
        Address::File(path) => file::append(path, bytes).await,
    }
}
