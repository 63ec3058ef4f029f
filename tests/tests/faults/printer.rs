//! The power goes while the printer is at a receipt: at the question before it, in the middle of its
//! bytes, at its end, and after its word that it came out. Every receipt that was paid comes out, and
//! what comes out again says that it is a copy.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use domain::{
    contract::ipc,
    format::Language,
    receipt::{PrinterKind, PrinterSettings},
};
use tests::{
    fault::{books, shop::Shop},
    wait,
};

/// Longer than any of it takes, so that a hang fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// DLE EOT 2 and 4, GS r 1, and the cut.
const ASK_CAUSE: &[u8] = b"\x10\x04\x02";
const ASK_PAPER: &[u8] = b"\x10\x04\x04";
const ASK_DONE: &[u8] = b"\x1dr\x01";
const CUT: &[u8] = b"\x1dVB\x00";

/// How far the printer is with a paper when the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Asked,
    /// It has read so many bytes of the paper.
    Bytes(usize),
    Whole,
    Confirmed,
}

/// What the printer and the test share.
#[derive(Debug, Default)]
struct Desk {
    /// When to stop and wait for the power to go.
    stop_at: Mutex<Option<Moment>>,
    /// What was cut off the roll.
    papers: Mutex<Vec<Vec<u8>>>,
}

/// A receipt printer on the loopback, which prints whatever has reached it.
struct Printer {
    address: String,
    desk: Arc<Desk>,
    reached: Receiver<()>,
    go_on: Sender<()>,
}

impl Printer {
    fn start() -> Printer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let desk = Arc::new(Desk::default());
        let ((tell, reached), (go_on, wait)) = (channel(), channel());
        let own = Arc::clone(&desk);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &own, &tell, &wait);
            }
        });
        Printer {
            address,
            desk,
            reached,
            go_on,
        }
    }

    fn settings(&self) -> PrinterSettings {
        PrinterSettings {
            kind: PrinterKind::Network,
            address: self.address.clone(),
            columns: 48,
            language: Language::Es,
            copies: 1,
            has_logo: false,
            kicks_drawer: true,
            prints_at_once: true,
            return_days: None,
            footer: String::new(),
        }
    }

    fn stop_at(&self, moment: Moment) {
        *self.desk.stop_at.lock().unwrap() = Some(moment);
    }
}

/// Takes papers of one connection until it ends.
fn serve(mut stream: TcpStream, desk: &Desk, tell: &Sender<()>, wait: &Receiver<()>) {
    // The power goes at one moment only, and what is asked then is never answered.
    let stop = |moment: Moment| {
        let is_now = desk.stop_at.lock().unwrap().take_if(|at| *at == moment);
        if is_now.is_some() {
            tell.send(()).unwrap();
            wait.recv().unwrap();
        }
    };
    let mut paper = Vec::new();
    let mut byte = [0];
    // A connection that was cut off ends it like one that was closed.
    while let Ok(1) = stream.read(&mut byte) {
        paper.push(byte[0]);
        for (question, answer) in [(ASK_CAUSE, 0x12), (ASK_PAPER, 0x12), (ASK_DONE, 0)] {
            if paper.ends_with(question) {
                paper.truncate(paper.len() - question.len());
                stop(if question == ASK_DONE {
                    Moment::Whole
                } else {
                    Moment::Asked
                });
                // Nobody may be left to hear it.
                let _ = stream.write_all(&[answer]);
                if question == ASK_DONE {
                    stop(Moment::Confirmed);
                }
            }
        }
        stop(Moment::Bytes(paper.len()));
        if paper.ends_with(CUT) {
            desk.papers.lock().unwrap().push(std::mem::take(&mut paper));
        }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn every_receipt_comes_out_and_again_only_as_a_copy_when_the_power_goes_while_it_is_printed() {
    let mut shop = Shop::open().unwrap();
    let address = shop.server.ready.address.clone();
    let mut clerk = shop.clerk(&address, 17).unwrap();
    let printer = Printer::start();
    let settings = Some(printer.settings());
    let till = clerk.till().unwrap();
    till.call(&ipc::PutPrinter { settings }).unwrap().unwrap();
    let moments = [
        Moment::Asked,
        Moment::Bytes(10),
        Moment::Bytes(200),
        Moment::Whole,
        Moment::Confirmed,
    ];
    let mut numbers = Vec::new();
    for moment in moments {
        printer.stop_at(moment);
        // The first is in the printer when the power goes, the second waits behind it.
        for _ in 0..2 {
            numbers.push(clerk.sell().unwrap().document.number);
        }
        printer.reached.recv_timeout(PATIENCE).unwrap();
        clerk.cut_power().unwrap();
        printer.go_on.send(()).unwrap();
        clerk.switch_on().unwrap();
        wait::until("papers wait", PATIENCE, || {
            let status = clerk.till()?.call(&ipc::GetPrinter {})??;
            Ok(status.waiting.is_empty().then_some(()))
        })
        .unwrap();
    }
    let papers = printer.desk.papers.lock().unwrap().clone();
    for number in numbers {
        let of_it = papers
            .iter()
            .filter(|paper| holds(paper, number.as_bytes()));
        let (copies, originals): (Vec<_>, Vec<_>) = of_it.partition(|paper| holds(paper, b"COPIA"));
        assert!(originals.len() <= 1, "{number} has two originals");
        assert!(
            originals.len() + copies.len() > 0,
            "{number} never came out"
        );
    }
    books::close(&mut shop, &mut [clerk]).unwrap();
}
