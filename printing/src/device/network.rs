//! A printer behind a TCP port, as network printers and print servers offer it (port 9100).

use std::time::Duration;

use domain::receipt::PrintFault;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use super::{
    Reached, SendError,
    status::{ASK_CAUSE, ASK_DONE, ASK_PAPER, Answer, UNASKED_REST, fault, read},
};

const CONNECT_MAX: Duration = Duration::from_secs(5);
/// A printer that says nothing for so long about its standing never will.
const ANSWER_MAX: Duration = Duration::from_millis(700);
/// How long it may take no byte.
const STUCK_MAX: Duration = Duration::from_secs(15);
const CHUNK_BYTES: usize = 1_024;

/// How long the end of a paper is waited for.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// A person has so long to put paper in while the printer holds the rest.
    done_max: Duration,
    /// A printer that has had all of it and been well for so long has printed it: many boards answer
    /// for their standing and know no GS r.
    well_max: Duration,
    /// How often it is asked meanwhile.
    look_again: Duration,
}

const PATIENCE: Patience = Patience {
    done_max: Duration::from_secs(120),
    well_max: Duration::from_secs(10),
    look_again: Duration::from_secs(1),
};

pub(super) async fn send(
    host: &str,
    port: u16,
    bytes: &[u8],
    tell: impl FnMut(Option<PrintFault>) + Send,
) -> Result<(), SendError> {
    send_patiently(host, port, bytes, PATIENCE, tell).await
}

async fn send_patiently(
    host: &str,
    port: u16,
    bytes: &[u8],
    patience: Patience,
    tell: impl FnMut(Option<PrintFault>) + Send,
) -> Result<(), SendError> {
    let nothing =
        |detail: String| SendError::new(PrintFault::Unreachable, Reached::Nothing, detail);
    let stream = match timeout(CONNECT_MAX, TcpStream::connect((host, port))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(nothing(error.to_string())),
        Err(_) => return Err(nothing(format!("{host}:{port} does not answer"))),
    };
    let mut printer = Printer { stream, unasked: 0 };
    let answers = match printer.standing().await {
        Ok(None) => false,
        Ok(Some(None)) => true,
        Ok(Some(Some(fault))) => {
            return Err(SendError::new(fault, Reached::Nothing, "its own status"));
        }
        Err(error) => return Err(nothing(error.to_string())),
    };
    printer.write(bytes).await?;
    if answers {
        printer.until_done(patience, tell).await
    } else {
        printer.until_closed().await
    }
}

/// What it said in a while.
enum Heard {
    Done,
    /// What is wrong with it, if anything.
    Standing(Option<PrintFault>),
    /// Nothing, or only half of it.
    Silence,
}

/// A printer on the wire.
struct Printer {
    stream: TcpStream,
    /// Bytes still to come of what it says unasked.
    unasked: u8,
}

impl Printer {
    /// What it says of itself: nothing, that all is well, or what is wrong.
    async fn standing(&mut self) -> std::io::Result<Option<Option<PrintFault>>> {
        let mut answers = Vec::new();
        for question in [ASK_CAUSE, ASK_PAPER] {
            self.stream.write_all(question).await?;
            match timeout(ANSWER_MAX, self.answer()).await {
                Ok(byte) => answers.push(byte?),
                Err(_) => return Ok(None),
            }
        }
        match answers.as_slice() {
            [Answer::Now(cause), Answer::Now(paper)] => Ok(Some(fault(*cause, *paper))),
            _ => Ok(None),
        }
    }

    async fn answer(&mut self) -> std::io::Result<Answer> {
        loop {
            let answer = read(self.stream.read_u8().await?);
            match answer {
                Answer::Done if self.unasked > 0 => self.unasked -= 1,
                Answer::Unasked => self.unasked = UNASKED_REST,
                Answer::Other => {}
                Answer::Now(_) | Answer::Done => return Ok(answer),
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        for chunk in bytes.chunks(CHUNK_BYTES) {
            match timeout(STUCK_MAX, self.stream.write_all(chunk)).await {
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
        &mut self,
        patience: Patience,
        mut tell: impl FnMut(Option<PrintFault>) + Send,
    ) -> Result<(), SendError> {
        let deadline = Instant::now() + patience.done_max;
        let (mut last, mut well_since) = (None, None);
        self.stream.write_all(ASK_DONE).await.map_err(broke)?;
        loop {
            let until = Instant::now() + patience.look_again;
            let heard = self.listen(until).await?;
            if let Heard::Done = heard {
                return Ok(());
            }
            if let Heard::Standing(found) = heard
                && found != last
            {
                last = found;
                tell(found);
            }
            let now = Instant::now();
            well_since = match heard {
                Heard::Standing(None) => well_since.or(Some(now)),
                _ => None,
            };
            if well_since.is_some_and(|since| now - since >= patience.well_max) {
                return Ok(());
            }
            if now >= deadline {
                let fault = last.unwrap_or(PrintFault::Unconfirmed);
                let detail = format!("not printed after {} s", patience.done_max.as_secs());
                return Err(SendError::new(fault, Reached::All, detail));
            }
            for question in [ASK_CAUSE, ASK_PAPER] {
                self.stream.write_all(question).await.map_err(broke)?;
            }
        }
    }

    /// Listens for a while, or until it has printed all.
    async fn listen(&mut self, until: Instant) -> Result<Heard, SendError> {
        let mut answers = Vec::new();
        loop {
            match timeout_at(until, self.answer()).await {
                Ok(Ok(Answer::Now(byte))) => answers.push(byte),
                Ok(Ok(_)) => return Ok(Heard::Done),
                Ok(Err(error)) => return Err(broke(error)),
                Err(_) => break,
            }
        }
        Ok(match answers[..] {
            [.., cause, paper] => Heard::Standing(fault(cause, paper)),
            _ => Heard::Silence,
        })
    }

    /// A mute printer has all of it when it closes too, or keeps still without breaking off.
    async fn until_closed(&mut self) -> Result<(), SendError> {
        self.stream.shutdown().await.map_err(broke)?;
        let mut ignored = [0; 64];
        loop {
            match timeout(ANSWER_MAX, self.stream.read(&mut ignored)).await {
                Ok(Ok(0)) | Err(_) => return Ok(()),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(broke(error)),
            }
        }
    }
}

/// It has all of it and is gone.
fn broke(error: std::io::Error) -> SendError {
    SendError::new(PrintFault::BrokeOff, Reached::All, error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use tokio::net::TcpListener;

    use super::*;

    /// A few looks, so that a hang fails soon.
    const SHORT: Patience = Patience {
        done_max: Duration::from_millis(1_500),
        well_max: Duration::from_millis(300),
        look_again: Duration::from_millis(100),
    };
    const WELL: u8 = 0x12;
    const NO_PAPER: u8 = 0x72;
    /// The cover was opened (ASB), and closed.
    const UNASKED: [u8; 8] = [0x34, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00];

    /// Sends a paper to a printer that answers each question with what `answers` has for it.
    async fn sent(mut answers: impl FnMut(&[u8]) -> Vec<u8>) -> Result<(), SendError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let printing = send_patiently("127.0.0.1", port, b"paper\n", SHORT, |_| {});
        let printer = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            while let Ok(byte) = stream.read_u8().await {
                heard.push(byte);
                for question in [ASK_CAUSE, ASK_PAPER, ASK_DONE] {
                    if heard.ends_with(question) {
                        let answer = answers(question);
                        if stream.write_all(&answer).await.is_err() {
                            return;
                        }
                    }
                }
            }
        };
        tokio::join!(printing, printer).0
    }

    #[tokio::test]
    async fn a_printer_that_is_well_and_knows_no_gs_r_has_printed() {
        let standing = |question: &[u8]| match question {
            ASK_DONE => Vec::new(),
            _ => vec![WELL],
        };
        assert_eq!(sent(standing).await, Ok(()));
    }

    #[tokio::test]
    async fn a_printer_that_falls_silent_or_lacks_paper_to_the_end_has_not_said_that_it_printed() {
        let mut is_first = true;
        let silent = |question: &[u8]| {
            let answer = vec![WELL; usize::from(is_first)];
            is_first &= question == ASK_CAUSE;
            answer
        };
        let failed = sent(silent).await.unwrap_err();
        assert_eq!(
            (failed.fault, failed.reached),
            (PrintFault::Unconfirmed, Reached::All)
        );
        let mut is_printing = false;
        let empty = |question: &[u8]| {
            is_printing |= question == ASK_DONE;
            match question {
                ASK_DONE => Vec::new(),
                ASK_PAPER if is_printing => vec![NO_PAPER],
                _ => vec![WELL],
            }
        };
        let failed = sent(empty).await.unwrap_err();
        assert_eq!(
            (failed.fault, failed.reached),
            (PrintFault::OutOfPaper, Reached::All)
        );
    }

    #[tokio::test]
    async fn what_a_printer_says_unasked_is_no_answer() {
        let mut is_printing = false;
        let chatty = |question: &[u8]| {
            is_printing |= question == ASK_DONE;
            match question {
                ASK_DONE => UNASKED.to_vec(),
                ASK_PAPER if is_printing => vec![NO_PAPER],
                _ => [&UNASKED[..], &[WELL]].concat(),
            }
        };
        let failed = sent(chatty).await.unwrap_err();
        assert_eq!(failed.fault, PrintFault::OutOfPaper);
    }
}
