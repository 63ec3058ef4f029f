//! The live connection: the server says which feed has grown. It only saves waiting; a till that
//! cannot hold it open still polls.

use std::time::Duration;

use domain::{contract::sync_v1::HeadEvent, replication::plan::SILENCE_MS_MAX};
use futures_util::StreamExt;

use super::{
    SyncError,
    http::{HttpError, Server},
};
use crate::till::Shared;

/// Longest line that is kept; more is not one of ours.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// Listens until the connection ends, which is always an error.
pub(super) async fn listen(till: &Shared) -> Result<(), SyncError> {
    let identity = till.identity()?;
    if identity.enrolment.is_revoked {
        return Ok(());
    }
    let server = Server::new(&till.engine, &identity)?;
    let mut stream = server.open_stream("events").await?;
    till.engine.events_connected();
    let mut lines = Lines::default();
    loop {
        let silence = Duration::from_millis(SILENCE_MS_MAX);
        let chunk = tokio::select! {
            chunk = tokio::time::timeout(silence, stream.next()) => chunk,
            () = till.engine.cut_off() => {
                return Err(HttpError::Unreachable("the network was cut".into()).into());
            }
        };
        match chunk {
            Err(_) => return Err(HttpError::Unreachable("the server fell silent".into()).into()),
            Ok(None) => {
                return Err(HttpError::Unreachable("the server hung up".into()).into());
            }
            Ok(Some(Err(error))) => return Err(HttpError::from(error).into()),
            Ok(Some(Ok(bytes))) => {
                for data in lines.take(&bytes) {
                    if let Ok(event) = serde_json::from_str::<HeadEvent>(&data) {
                        till.engine.hear_head(&event.scope.to_string(), event.head);
                    }
                }
            }
        }
    }
}

/// Cuts a stream into the data of its events.
#[derive(Debug, Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        self.rest.extend_from_slice(bytes);
        let mut data = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if let Some(text) = line.trim_end().strip_prefix("data:") {
                data.push(text.trim_start().to_owned());
            }
        }
        if self.rest.len() > LINE_BYTES_MAX {
            self.rest.clear();
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_the_stream_is_cut() {
        let stream = b": heartbeat\n\nevent: head\ndata: {\"scope\":\"org\",\"head\":7}\r\n\r\n";
        for cut in 0..stream.len() {
            let mut lines = Lines::default();
            let mut data = lines.take(&stream[..cut]);
            data.extend(lines.take(&stream[cut..]));
            assert_eq!(data, ["{\"scope\":\"org\",\"head\":7}"], "cut at {cut}");
        }
    }
}
