//! A printer behind a TCP port, as network printers and print servers offer it (port 9100).

use std::time::Duration;

use domain::receipt::PrintFault;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{
    Reached, SendError,
    status::{ASK_CAUSE, ASK_DONE, ASK_PAPER, Answer, fault, read},
};

const CONNECT_MAX: Duration = Duration::from_secs(5);
/// A printer that says nothing for so long about its standing never will.
const ANSWER_MAX: Duration = Duration::from_millis(700);
/// How long it may take no byte.
const STUCK_MAX: Duration = Duration::from_secs(15);
/// How long a person has to put paper in while the printer holds the rest.
const DONE_MAX: Duration = Duration::from_secs(120);
/// How often it is asked meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const CHUNK_BYTES: usize = 1_024;

pub(super) async fn send(
    host: &str,
    port: u16,
    bytes: &[u8],
    tell: impl FnMut(Option<PrintFault>) + Send,
) -> Result<(), SendError> {
    let nothing =
        |detail: String| SendError::new(PrintFault::Unreachable, Reached::Nothing, detail);
    let mut stream = match timeout(CONNECT_MAX, TcpStream::connect((host, port))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(nothing(error.to_string())),
        Err(_) => return Err(nothing(format!("{host}:{port} does not answer"))),
    };
    let answers = match standing(&mut stream).await {
        Ok(None) => false,
        Ok(Some(None)) => true,
        Ok(Some(Some(fault))) => {
            return Err(SendError::new(fault, Reached::Nothing, "its own status"));
        }
        Err(error) => return Err(nothing(error.to_string())),
    };
    write(&mut stream, bytes).await?;
    if answers {
        until_done(&mut stream, tell).await
    } else {
        until_closed(&mut stream).await
    }
}

/// What the printer says of itself: nothing, that all is well, or what is wrong.
async fn standing(stream: &mut TcpStream) -> std::io::Result<Option<Option<PrintFault>>> {
    let mut answers = Vec::new();
    for question in [ASK_CAUSE, ASK_PAPER] {
        stream.write_all(question).await?;
        match timeout(ANSWER_MAX, answer(stream)).await {
            Ok(byte) => answers.push(byte?),
            Err(_) => return Ok(None),
        }
    }
    match answers.as_slice() {
        [Answer::Now(cause), Answer::Now(paper)] => Ok(Some(fault(*cause, *paper))),
        _ => Ok(None),
    }
}

async fn answer(stream: &mut TcpStream) -> std::io::Result<Answer> {
    loop {
        match read(stream.read_u8().await?) {
            Answer::Other => {}
            answer => return Ok(answer),
        }
    }
}

async fn write(stream: &mut TcpStream, bytes: &[u8]) -> Result<(), SendError> {
    for chunk in bytes.chunks(CHUNK_BYTES) {
        match timeout(STUCK_MAX, stream.write_all(chunk)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                return Err(SendError::new(PrintFault::BrokeOff, Reached::Part, error));
            }
            Err(_) => {
                let detail = format!("it took nothing for {} s", STUCK_MAX.as_secs());
                return Err(SendError::new(PrintFault::NotTaking, Reached::Part, detail));
            }
        }
    }
    Ok(())
}

/// Waits for the word that all was printed, asking on the way why it is not.
async fn until_done(
    stream: &mut TcpStream,
    mut tell: impl FnMut(Option<PrintFault>) + Send,
) -> Result<(), SendError> {
    let broke = |error: std::io::Error| SendError::new(PrintFault::BrokeOff, Reached::All, error);
    let deadline = Instant::now() + DONE_MAX;
    let mut last = None;
    stream.write_all(ASK_DONE).await.map_err(broke)?;
    loop {
        // The answers to both questions, or the one that is waited for.
        let mut now = Vec::new();
        let until = Instant::now() + LOOK_AGAIN;
        while now.len() < 2 {
            match tokio::time::timeout_at(until, answer(stream)).await {
                Ok(Ok(Answer::Done)) => return Ok(()),
                Ok(Ok(Answer::Now(byte))) => now.push(byte),
                Ok(Ok(Answer::Other)) => {}
                Ok(Err(error)) => return Err(broke(error)),
                Err(_) => break,
            }
        }
        if let [cause, paper] = now[..] {
            let found = fault(cause, paper);
            if found != last {
                last = found;
                tell(found);
            }
            // It answers at once and has not printed yet: look again in a while.
            match tokio::time::timeout_at(until, answer(stream)).await {
                Ok(Ok(Answer::Done)) => return Ok(()),
                Ok(Err(error)) => return Err(broke(error)),
                Ok(Ok(_)) | Err(_) => {}
            }
        }
        if Instant::now() >= deadline {
            let fault = last.unwrap_or(PrintFault::Unconfirmed);
            let detail = format!("not printed after {} s", DONE_MAX.as_secs());
            return Err(SendError::new(fault, Reached::All, detail));
        }
        stream.write_all(ASK_CAUSE).await.map_err(broke)?;
        stream.write_all(ASK_PAPER).await.map_err(broke)?;
    }
}

/// A mute printer has all of it when it closes too, or keeps still without breaking off.
async fn until_closed(stream: &mut TcpStream) -> Result<(), SendError> {
    let broke = |error: std::io::Error| SendError::new(PrintFault::BrokeOff, Reached::All, error);
    stream.shutdown().await.map_err(broke)?;
    let mut ignored = [0; 64];
    loop {
        match timeout(ANSWER_MAX, stream.read(&mut ignored)).await {
            Ok(Ok(0)) | Err(_) => return Ok(()),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(broke(error)),
        }
    }
}
