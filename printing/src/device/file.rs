//! A printer behind a device file, which may stop taking bytes at any moment, and a file that papers
//! are added to.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use domain::receipt::PrintFault;
use tokio::time::{Instant, sleep};

use super::{Reached, SendError};

/// How long the device may take no byte before it is given up for now.
const STUCK_MAX: Duration = Duration::from_secs(30);
/// After that long a person is told.
const STUCK_TOLD: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

fn unreachable(error: impl ToString) -> SendError {
    SendError::new(PrintFault::Unreachable, Reached::Nothing, error)
}

/// Writes to a device without ever waiting inside of the driver: a printer without paper keeps a
/// blocked write for as long as it likes.
pub(super) async fn send_to_device(
    path: &Path,
    bytes: &[u8],
    mut tell: impl FnMut(Option<PrintFault>) + Send,
) -> Result<(), SendError> {
    let mut device = open_device(path.to_owned()).await?;
    let mut sent = 0;
    let mut since = Instant::now();
    let mut is_told = false;
    while sent < bytes.len() {
        let reached = if sent == 0 {
            Reached::Nothing
        } else {
            Reached::Part
        };
        match device.write(&bytes[sent..]) {
            Ok(0) => {
                let detail = "the device has closed";
                return Err(SendError::new(PrintFault::BrokeOff, reached, detail));
            }
            Ok(count) => {
                sent += count;
                since = Instant::now();
                if std::mem::take(&mut is_told) {
                    tell(None);
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if since.elapsed() > STUCK_MAX {
                    let detail = format!("it took nothing for {} s", STUCK_MAX.as_secs());
                    return Err(SendError::new(PrintFault::NotTaking, reached, detail));
                }
                if !is_told && since.elapsed() > STUCK_TOLD {
                    is_told = true;
                    tell(Some(PrintFault::NotTaking));
                }
                sleep(LOOK_AGAIN).await;
            }
            Err(error) => return Err(SendError::new(PrintFault::BrokeOff, reached, error)),
        }
    }
    Ok(())
}

async fn open_device(path: PathBuf) -> Result<File, SendError> {
    let opened = tokio::task::spawn_blocking(move || {
        let mut options = OpenOptions::new();
        options.write(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
            options.custom_flags(flags.bits().cast_signed());
        }
        options.open(path)
    });
    opened.await.map_err(unreachable)?.map_err(unreachable)
}

/// Adds to a file, and to the disk beneath it.
pub(super) async fn append(path: &Path, bytes: &[u8]) -> Result<(), SendError> {
    let (path, bytes) = (path.to_owned(), bytes.to_owned());
    let written = tokio::task::spawn_blocking(move || {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        let before = file.metadata()?.len();
        let written = file.write_all(&bytes).and_then(|()| file.sync_all());
        if written.is_err() {
            // A full disk leaves no half paper.
            file.set_len(before)?;
        }
        written
    });
    written.await.map_err(unreachable)?.map_err(unreachable)
}
