//! Papers: queued with their documents, printed after them, tried again, and never in the way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use domain::{
    contract::{
        failure::code,
        ipc::{
            CancelPrint, DocumentView, ExchangedGoods, FindDocument, GetPrinter, MoveCash,
            OpenShift, PrintDocument, PrintJob, PrintKind, PrintState, PrintTest, PrinterStatus,
            PutPrinter, RetryPrint, SavePdf, SignOut,
        },
    },
    format::Language,
    id::DraftId,
    money::Money,
    quantity::Quantity,
    receipt::{Form, PrintFault, PrinterKind, PrinterSettings, UNCONFIRMED_MAX},
    sale::{RefundLine, TenderCode},
    shift::CashMovementKind,
    stock::Location,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::fixture::{CASHIER, Desk, Folder, MANAGER, cable, charger, draft, line};
use crate::store;

/// Longer than any of it takes, so that a hang fails.
const PATIENCE: Duration = Duration::from_secs(30);
const CUT: &[u8] = b"\x1dVB\x00";
const DRAWER: &[u8] = b"\x1bp\x00";
/// Answers of a printer that is well, and of one without paper.
const WELL: u8 = 0x12;
const NO_PAPER: u8 = 0x72;

fn settings(kind: PrinterKind, address: impl ToString) -> PrinterSettings {
    PrinterSettings {
        kind,
        address: address.to_string(),
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

async fn set_up(desk: &Desk, settings: PrinterSettings) -> PrinterStatus {
    let settings = Some(settings);
    desk.till.call(PutPrinter { settings }).await.unwrap()
}

async fn sell(desk: &Desk) -> DocumentView {
    desk.sell(vec![line(&charger(), 1)]).await.unwrap()
}

async fn status(desk: &Desk) -> PrinterStatus {
    desk.till.call(GetPrinter {}).await.unwrap()
}

/// Looks whenever something changes until it is as expected.
async fn until(desk: &Desk, is_so: impl Fn(&PrinterStatus) -> bool) -> PrinterStatus {
    let mut changes = desk.till.changes();
    let looking = async {
        loop {
            let now = status(desk).await;
            if is_so(&now) {
                return now;
            }
            let _ = changes.recv().await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap()
}

fn printed(status: &PrinterStatus) -> usize {
    let done = |job: &&PrintJob| job.state == PrintState::Printed;
    status.recent.iter().filter(done).count()
}

fn is_waiting_for(status: &PrinterStatus, fault: PrintFault) -> bool {
    let waits = |job: &PrintJob| job.state == PrintState::Waiting && job.fault == Some(fault);
    status.waiting.iter().any(waits)
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    times(bytes, part) > 0
}

fn times(bytes: &[u8], part: &[u8]) -> usize {
    let windows = bytes.windows(part.len());
    windows.filter(|window| *window == part).count()
}

/// A port of a printer.
async fn port() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// Takes one paper as a printer without status would.
async fn take(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    bytes
}

/// Answers the two questions about its standing.
async fn stand(stream: &mut TcpStream, cause: u8, paper: u8) {
    for answer in [cause, paper] {
        let mut question = [0; 3];
        stream.read_exact(&mut question).await.unwrap();
        stream.write_u8(answer).await.unwrap();
    }
}

/// The paper, up to the question whether it is printed.
async fn until_asked(stream: &mut TcpStream) -> Vec<u8> {
    let mut paper = Vec::new();
    while !paper.ends_with(b"\x1dr\x01") {
        paper.push(stream.read_u8().await.unwrap());
    }
    paper
}

#[tokio::test]
async fn every_sale_comes_out_with_the_drawer_open_and_reprints_say_copy() {
    let desk = Desk::at_work().await;
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("paper");
    set_up(&desk, settings(PrinterKind::File, file.display())).await;
    let sale = sell(&desk).await;
    until(&desk, |now| printed(now) == 1).await;
    let first = std::fs::read(&file).unwrap();
    assert!(holds(&first, sale.document.number.as_bytes()));
    assert!(holds(&first, DRAWER) && first.ends_with(CUT));
    assert!(!holds(&first, b"COPIA"));

    let document_id = sale.document.document_id;
    desk.till.call(PrintDocument { document_id }).await.unwrap();
    let now = until(&desk, |now| printed(now) == 2).await;
    let second = std::fs::read(&file).unwrap().split_off(first.len());
    assert!(holds(&second, b"COPIA") && !holds(&second, DRAWER));
    assert!(now.recent[0].is_copy && !now.recent[1].is_copy);
    assert_eq!(now.recent[0].staff_name, "Marta");
    assert_eq!(now.recent[0].number, sale.document.number);
}

#[tokio::test]
async fn a_sale_is_paid_whatever_the_printer_does_and_its_paper_survives_a_restart() {
    let desk = Desk::at_work().await;
    let (listener, address) = port().await;
    drop(listener);
    set_up(&desk, settings(PrinterKind::Network, &address)).await;
    let sale = sell(&desk).await;
    let now = until(&desk, |now| is_waiting_for(now, PrintFault::Unreachable)).await;
    assert_eq!(now.waiting[0].number, sale.document.number);

    let desk = desk.restart().await;
    desk.sign_in(MANAGER).await.unwrap();
    let listener = TcpListener::bind(&address).await.unwrap();
    let paper = take(&listener);
    desk.shared().printing.try_now();
    let paper = tokio::time::timeout(PATIENCE, paper).await.unwrap();
    assert!(holds(&paper, sale.document.number.as_bytes()));
    // Nothing of it had been sent: it is the original, and the drawer is still closed.
    assert!(!holds(&paper, b"COPIA") && holds(&paper, DRAWER));
    until(&desk, |now| now.waiting.is_empty() && printed(now) == 1).await;
}

#[tokio::test]
async fn a_printer_that_goes_in_the_middle_gets_the_paper_again_marked_when_it_may_have_it() {
    let desk = Desk::at_work().await;
    let (listener, address) = port().await;
    set_up(&desk, settings(PrinterKind::Network, &address)).await;
    let sale = sell(&desk).await;
    {
        let (mut stream, _) = listener.accept().await.unwrap();
        stand(&mut stream, WELL, WELL).await;
        until_asked(&mut stream).await;
        // It has all of it, and goes without a word.
    }
    let now = until(&desk, |now| is_waiting_for(now, PrintFault::BrokeOff)).await;
    assert_eq!(now.waiting[0].tries, 1);
    desk.till.call(RetryPrint {}).await.unwrap();
    let paper = tokio::time::timeout(PATIENCE, take(&listener))
        .await
        .unwrap();
    assert!(holds(&paper, sale.document.number.as_bytes()));
    assert!(holds(&paper, b"COPIA"), "all had been sent");
    assert!(!holds(&paper, DRAWER), "the drawer was opened before");
    until(&desk, |now| printed(now) == 1).await;
}

#[tokio::test]
async fn a_printer_without_paper_says_so_before_it_is_given_anything() {
    let desk = Desk::at_work().await;
    let (listener, address) = port().await;
    set_up(&desk, settings(PrinterKind::Network, &address)).await;
    let sale = sell(&desk).await;
    {
        let (mut stream, _) = listener.accept().await.unwrap();
        stand(&mut stream, WELL, NO_PAPER).await;
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty(), "{rest:?}");
    }
    until(&desk, |now| is_waiting_for(now, PrintFault::OutOfPaper)).await;

    desk.till.call(RetryPrint {}).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    stand(&mut stream, WELL, WELL).await;
    let paper = until_asked(&mut stream).await;
    assert!(holds(&paper, sale.document.number.as_bytes()));
    // The roll ends before it has printed all of it: it is asked, and says so.
    stand(&mut stream, WELL, NO_PAPER).await;
    let now = until(&desk, |now| {
        now.waiting
            .iter()
            .any(|job| job.fault == Some(PrintFault::OutOfPaper))
    })
    .await;
    assert_eq!(now.waiting[0].state, PrintState::Printing);
    // Somebody puts a new roll in; the printer prints what it holds.
    stream.write_u8(0).await.unwrap();
    let now = until(&desk, |now| printed(now) == 1).await;
    assert!(!now.recent[0].is_copy);
}

#[tokio::test]
async fn a_paper_that_was_under_way_when_the_power_went_comes_out_as_a_copy() {
    let desk = Desk::at_work().await;
    let (listener, address) = port().await;
    set_up(&desk, settings(PrinterKind::Network, &address)).await;
    sell(&desk).await;
    let (stream, _) = listener.accept().await.unwrap();
    until(&desk, |now| now.waiting[0].state == PrintState::Printing).await;
    // The program ends with the printer at it.
    let desk = desk.restart().await;
    desk.sign_in(MANAGER).await.unwrap();
    drop(stream);
    let paper = tokio::time::timeout(PATIENCE, take(&listener))
        .await
        .unwrap();
    assert!(holds(&paper, b"COPIA"));
    until(&desk, |now| printed(now) == 1).await;
}

#[tokio::test]
async fn papers_can_be_given_up_and_wait_where_nothing_is_set_up() {
    let desk = Desk::at_work().await;
    let refused = desk.till.call(PrintTest {}).await.unwrap_err();
    assert_eq!(refused.code, code::PRINTER_MISSING);
    let sale = sell(&desk).await;
    assert!(status(&desk).await.waiting.is_empty());

    let (listener, address) = port().await;
    drop(listener);
    set_up(&desk, settings(PrinterKind::Network, &address)).await;
    let document_id = sale.document.document_id;
    let now = desk.till.call(PrintDocument { document_id }).await.unwrap();
    let job_id = now.waiting[0].job_id;
    assert!(!now.waiting[0].is_copy, "it has never been printed");
    let now = desk.till.call(CancelPrint { job_id }).await.unwrap();
    assert!(now.waiting.is_empty());
    assert_eq!(now.recent[0].state, PrintState::Cancelled);
    let refused = desk.till.call(CancelPrint { job_id }).await.unwrap_err();
    assert_eq!(refused.code, code::PRINT_JOB_UNKNOWN);
}

#[tokio::test]
async fn only_who_manages_tills_sets_the_printer_up_and_nonsense_is_refused() {
    let desk = Desk::at_work().await;
    let mut wrong = settings(PrinterKind::Network, "no such host");
    let settings_of = |settings: &PrinterSettings| PutPrinter {
        settings: Some(settings.clone()),
    };
    let refused = desk.till.call(settings_of(&wrong)).await.unwrap_err();
    assert_eq!(refused.code, code::PRINTER_INVALID);
    assert_eq!(refused.fields["field"], "address");
    wrong.address = "127.0.0.1".into();
    wrong.columns = 7;
    let refused = desk.till.call(settings_of(&wrong)).await.unwrap_err();
    assert_eq!(refused.fields["field"], "columns");

    desk.sign_in(CASHIER).await.unwrap();
    let command = PutPrinter { settings: None };
    let refused = desk.till.call(command).await.unwrap_err();
    assert_eq!(refused.code, code::PERMISSION_DENIED);
}

#[tokio::test]
async fn a_test_page_opens_the_drawer_for_who_manages_tills_alone() {
    let desk = Desk::at_work().await;
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("paper");
    set_up(&desk, settings(PrinterKind::File, file.display())).await;
    desk.sign_in(CASHIER).await.unwrap();
    let refused = desk.till.call(PrintTest {}).await.unwrap_err();
    assert_eq!(refused.code, code::PERMISSION_DENIED);
    desk.till.call(SignOut {}).await.unwrap();
    let refused = desk.till.call(GetPrinter {}).await.unwrap_err();
    assert_eq!(refused.code, code::NOT_SIGNED_IN);
    assert!(!file.exists());

    desk.sign_in(MANAGER).await.unwrap();
    desk.till.call(PrintTest {}).await.unwrap();
    let now = until(&desk, |now| printed(now) == 1).await;
    assert_eq!(now.recent[0].kind, PrintKind::Test);
    assert!(holds(&std::fs::read(&file).unwrap(), DRAWER));
}

fn no_sale(draft_id: DraftId) -> MoveCash {
    MoveCash {
        draft_id,
        movement: CashMovementKind::NoSale,
        amount_minor: Money::ZERO,
        reason: "change for the parking meter".into(),
    }
}

async fn open_shift(desk: &Desk) {
    let open = OpenShift {
        draft_id: draft(),
        float_minor: Money(10_000),
    };
    desk.till.call(open).await.unwrap();
}

#[tokio::test]
async fn the_drawer_opens_once_for_cash_without_a_paper() {
    let desk = Desk::at_work().await;
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("paper");
    let mut printer = settings(PrinterKind::File, file.display());
    printer.prints_at_once = false;
    set_up(&desk, printer.clone()).await;
    open_shift(&desk).await;
    let sale = sell(&desk).await;
    until(&desk, |now| printed(now) == 1).await;
    let draft_id = draft();
    for _ in 0..2 {
        // The second is the same entry again.
        desk.till.call(no_sale(draft_id)).await.unwrap();
    }
    let now = until(&desk, |now| printed(now) == 2).await;
    assert!(now.waiting.is_empty() && now.recent[0].kind == PrintKind::Drawer);
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!((times(&bytes, DRAWER), times(&bytes, CUT)), (2, 0));

    // Its paper is asked for by hand, and is the original.
    let document_id = sale.document.document_id;
    let now = desk.till.call(PrintDocument { document_id }).await.unwrap();
    assert!(
        now.waiting
            .iter()
            .chain(&now.recent)
            .all(|job| !job.is_copy)
    );
    until(&desk, |now| printed(now) == 3).await;
    printer.kicks_drawer = false;
    set_up(&desk, printer).await;
    desk.till.call(no_sale(draft())).await.unwrap();
    let now = status(&desk).await;
    assert_eq!((now.waiting.len(), now.recent.len()), (0, 3));
}

/// Only the credit note of such an exchange moves cash, and its paper is not the one that is asked for.
#[tokio::test]
async fn an_exchange_that_gives_cash_back_opens_the_drawer_also_without_a_paper() {
    let desk = Desk::at_work().await;
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("paper");
    let mut printer = settings(PrinterKind::File, file.display());
    printer.prints_at_once = false;
    set_up(&desk, printer).await;
    open_shift(&desk).await;
    let first = sell(&desk).await.document;
    until(&desk, |now| printed(now) == 1).await;
    let mut cheaper = super::documents::paid(vec![line(&cable(), 1)]);
    cheaper.payments = Vec::new();
    cheaper.exchange = Some(ExchangedGoods {
        original_id: first.document_id,
        lines: vec![RefundLine {
            n: 1,
            quantity_milli: Quantity::ONE,
            location: Location::ShopFloor,
        }],
        tender: TenderCode::CASH,
        payouts: Vec::new(),
        reason: "too fast".into(),
    });
    desk.till.call(cheaper).await.unwrap();
    let now = until(&desk, |now| printed(now) == 2).await;
    assert!(now.waiting.is_empty() && now.recent[0].kind == PrintKind::Drawer);
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!((times(&bytes, DRAWER), times(&bytes, CUT)), (2, 0));
}

#[tokio::test]
async fn a_drawer_that_could_not_open_in_time_stays_closed() {
    let desk = Desk::at_work().await;
    let (listener, address) = port().await;
    drop(listener);
    set_up(&desk, settings(PrinterKind::Network, &address)).await;
    open_shift(&desk).await;
    let sale = sell(&desk).await;
    until(&desk, |now| is_waiting_for(now, PrintFault::Unreachable)).await;
    desk.till.call(no_sale(draft())).await.unwrap();
    until(&desk, |now| {
        let tried = |job: &PrintJob| job.kind == PrintKind::Drawer && job.fault.is_some();
        now.waiting.iter().any(tried)
    })
    .await;
    desk.clock.advance(3_600_000);
    let listener = TcpListener::bind(&address).await.unwrap();
    desk.till.call(RetryPrint {}).await.unwrap();
    let paper = tokio::time::timeout(PATIENCE, take(&listener))
        .await
        .unwrap();
    assert!(holds(&paper, sale.document.number.as_bytes()) && !holds(&paper, DRAWER));
    let now = until(&desk, |now| now.waiting.is_empty() && printed(now) == 1).await;
    let drawer = |job: &&PrintJob| job.kind == PrintKind::Drawer;
    let drawer = now.recent.iter().find(drawer).unwrap();
    assert_eq!(drawer.state, PrintState::Cancelled);
}

#[tokio::test]
async fn a_paper_that_is_never_confirmed_stops_and_lets_the_next_one_by() {
    let desk = Desk::at_work().await;
    let (listener, address) = port().await;
    set_up(&desk, settings(PrinterKind::Network, &address)).await;
    let sale = sell(&desk).await;
    let next = sell(&desk).await;
    for tries in 1..=UNCONFIRMED_MAX {
        let (mut stream, _) = listener.accept().await.unwrap();
        stand(&mut stream, WELL, WELL).await;
        until_asked(&mut stream).await;
        drop(stream);
        let fault = match tries {
            UNCONFIRMED_MAX => PrintFault::Stopped,
            _ => PrintFault::BrokeOff,
        };
        let now = until(&desk, |now| is_waiting_for(now, fault)).await;
        assert_eq!(now.waiting[0].tries, tries);
        desk.shared().printing.try_now();
    }
    let paper = tokio::time::timeout(PATIENCE, take(&listener))
        .await
        .unwrap();
    assert!(holds(&paper, next.document.number.as_bytes()));
    let now = until(&desk, |now| printed(now) == 1).await;
    assert!(is_waiting_for(&now, PrintFault::Stopped));

    // Somebody looks, and there is none.
    desk.till.call(RetryPrint {}).await.unwrap();
    let paper = tokio::time::timeout(PATIENCE, take(&listener))
        .await
        .unwrap();
    assert!(holds(&paper, sale.document.number.as_bytes()) && holds(&paper, b"COPIA"));
    until(&desk, |now| printed(now) == 2).await;
}

#[tokio::test]
async fn each_copy_comes_out_by_itself_and_one_that_came_out_is_not_printed_again() {
    let desk = Desk::at_work().await;
    let (listener, address) = port().await;
    let mut printer = settings(PrinterKind::Network, &address);
    printer.copies = 2;
    set_up(&desk, printer).await;
    sell(&desk).await;
    let mut papers = Vec::new();
    for is_done in [true, false, true] {
        let (mut stream, _) = listener.accept().await.unwrap();
        stand(&mut stream, WELL, WELL).await;
        papers.push(until_asked(&mut stream).await);
        if is_done {
            stream.write_u8(0).await.unwrap();
        } else {
            drop(stream);
            until(&desk, |now| is_waiting_for(now, PrintFault::BrokeOff)).await;
            desk.shared().printing.try_now();
        }
    }
    until(&desk, |now| printed(now) == 1 && now.waiting.is_empty()).await;
    let said = |part: &[u8]| papers.iter().map(|paper| times(paper, part)).collect();
    let (cuts, drawer): (Vec<_>, Vec<_>) = (said(CUT), said(DRAWER));
    assert_eq!((cuts, drawer), (vec![1, 1, 1], vec![1, 0, 0]));
    let are_copies = papers.iter().map(|paper| holds(paper, b"COPIA"));
    assert_eq!(are_copies.collect::<Vec<_>>(), [false, false, true]);
}

#[tokio::test]
async fn a_paper_whose_document_comes_later_comes_out_by_itself() {
    let mut desk = Desk::at_work().await;
    let (listener, address) = port().await;
    drop(listener);
    set_up(&desk, settings(PrinterKind::Network, &address)).await;
    let sale = sell(&desk).await;
    until(&desk, |now| is_waiting_for(now, PrintFault::Unreachable)).await;
    // As a new file is, to which the history has not come yet.
    desk.execute("DELETE FROM document").await;
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("paper");
    set_up(&desk, settings(PrinterKind::File, file.display())).await;
    until(&desk, |now| {
        is_waiting_for(now, PrintFault::DocumentMissing)
    })
    .await;
    desk.deliver().await;
    desk.pull().await;
    until(&desk, |now| printed(now) == 1).await;
    assert!(holds(
        &std::fs::read(&file).unwrap(),
        sale.document.number.as_bytes()
    ));
}

#[tokio::test]
async fn a_document_that_cannot_be_read_keeps_no_other_paper_waiting() {
    let desk = Desk::at_work().await;
    let (listener, address) = port().await;
    drop(listener);
    set_up(&desk, settings(PrinterKind::Network, &address)).await;
    let damaged = sell(&desk).await.document;
    let sound = sell(&desk).await.document;
    until(&desk, |now| is_waiting_for(now, PrintFault::Unreachable)).await;
    let change = |taxes: &str| {
        format!(
            "UPDATE document SET taxes = {taxes} WHERE number = '{}'",
            damaged.number
        )
    };
    desk.execute(&change("'{' || taxes")).await;
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("paper");
    set_up(&desk, settings(PrinterKind::File, file.display())).await;
    let now = until(&desk, |now| printed(now) == 1).await;
    assert_eq!(now.recent[0].number, sound.number);
    assert!(is_waiting_for(&now, PrintFault::Unreadable));

    desk.execute(&change("substr(taxes, 2)")).await;
    desk.till.call(RetryPrint {}).await.unwrap();
    until(&desk, |now| printed(now) == 2).await;
}

#[tokio::test]
async fn the_queue_is_read_without_the_papers_of_years() {
    let desk = Desk::at_work().await;
    desk.execute(
        "INSERT INTO print_job (kind, number, is_copy, kicks_drawer, state, queued_ms)
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50000)
         SELECT 'test', n, 0, 0, iif(n % 25000 = 0, 'waiting', 'printed'), n FROM n",
    )
    .await;
    let mut connection = desk.shared().db.reader().await.unwrap();
    let thousands = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&thousands);
    connection
        .lock_handle()
        .await
        .unwrap()
        .set_progress_handler(1_000, move || {
            counter.fetch_add(1, Ordering::Relaxed);
            true
        });
    let waiting = store::print::waiting(&mut connection, 200).await.unwrap();
    let ended = store::print::ended(&mut connection, 20).await.unwrap();
    let next = store::print::next(&mut connection).await.unwrap().unwrap();
    connection
        .lock_handle()
        .await
        .unwrap()
        .remove_progress_handler();
    let numbers = |jobs: &[PrintJob]| jobs.iter().map(|job| job.number.clone()).collect();
    let (waiting, ended): (Vec<_>, Vec<_>) = (numbers(&waiting), numbers(&ended));
    assert_eq!(waiting, ["25000", "50000"]);
    assert_eq!((ended.len(), ended[0].as_str()), (20, "49999"));
    assert_eq!(next.job_id, 25_000);
    // A look at each row would take more than one step each.
    assert!(thousands.load(Ordering::Relaxed) < 5, "{thousands:?}");
}

#[tokio::test]
async fn the_journal_vouches_for_a_document_until_somebody_changes_it() {
    let desk = Desk::at_work().await;
    let sale = sell(&desk).await;
    sell(&desk).await;
    let number = sale.document.number.clone();
    let find = || {
        desk.till.call(FindDocument {
            number: number.clone(),
        })
    };
    let proof = find().await.unwrap().proof.unwrap();
    assert_eq!(Some(&proof), sale.proof.as_ref());
    assert_eq!((proof.hash.len(), proof.is_sound), (64, Some(true)));

    desk.execute("UPDATE document_line SET total_minor = total_minor - 1")
        .await;
    let changed = find().await.unwrap().proof.unwrap();
    assert_eq!(changed.is_sound, Some(false));
    desk.execute("UPDATE document_line SET total_minor = total_minor + 1")
        .await;
    assert_eq!(find().await.unwrap().proof.unwrap().is_sound, Some(true));
    desk.execute("UPDATE journal SET hash = zeroblob(32) WHERE device_seq = 1")
        .await;
    assert_eq!(find().await.unwrap().proof.unwrap().is_sound, Some(false));
}

#[tokio::test]
async fn a_document_is_saved_as_pdf_under_its_number_each_form_in_its_own_file() {
    let desk = Desk::at_work().await;
    let sale = sell(&desk).await;
    let mut paths = std::collections::BTreeSet::new();
    for form in [Form::Sheet, Form::Roll(48), Form::Sheet] {
        let saved = desk
            .till
            .call(SavePdf {
                document_id: sale.document.document_id,
                form,
            })
            .await
            .unwrap();
        let path = std::path::Path::new(&saved.path);
        let name = path.file_name().unwrap().to_str().unwrap();
        let id = sale.document.document_id.0.simple().to_string();
        // Another document may have the same number.
        let start = format!("{}-{}", sale.document.number, &id[24..]);
        assert!(name.starts_with(&start), "{name}");
        assert!(std::fs::read(path).unwrap().starts_with(b"%PDF-"));
        paths.insert(saved.path);
    }
    assert_eq!(paths.len(), 2);
}
