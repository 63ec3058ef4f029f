//! Prints what waits, one paper after another, beside everything else: a sale is committed before
//! its paper is thought of, and a printer that is gone keeps nobody but its own papers waiting.

mod paper;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    contract::ipc::{Changed, PrintKind},
    receipt::{PrintFault, PrinterSettings, UNCONFIRMED_MAX, wait_ms},
};
use printing::device::{self, Address, Reached, SendError};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::Instant,
};

pub(crate) use paper::{is_copy, pdf_of, queue_document, queue_drawer};

use crate::{
    error::Error,
    store::{
        self,
        print::{Failed, NextJob},
    },
    till::Shared,
};

/// The printer's levers, and what it is at just now.
#[derive(Debug)]
pub(crate) struct Printing {
    wake: Notify,
    is_stopping: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
    now: Mutex<Now>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Now {
    /// The paper that the printer has.
    job: Option<(i64, Option<PrintFault>)>,
    /// Failures in a row, and until when they put the next try off.
    failures: u32,
    resume_at: Option<Instant>,
}

/// When to look again.
enum Turn {
    AtOnce,
    At(Instant),
    WhenWoken,
}

impl Printing {
    pub(crate) fn new() -> Printing {
        Printing {
            wake: Notify::new(),
            is_stopping: watch::Sender::new(false),
            task: Mutex::new(None),
            now: Mutex::new(Now::default()),
        }
    }

    pub(crate) fn start(&self, till: &Arc<Shared>) {
        let task = tokio::spawn(run(Arc::clone(till)));
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// There is something to print.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Somebody says that the printer is ready again.
    pub(crate) fn try_now(&self) {
        self.with(|now| {
            now.failures = 0;
            now.resume_at = None;
        });
        self.wake();
    }

    /// The paper that the printer has, and what keeps it.
    pub(crate) fn job(&self) -> Option<(i64, Option<PrintFault>)> {
        self.with(|now| now.job)
    }

    fn with<T>(&self, change: impl FnOnce(&mut Now) -> T) -> T {
        change(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn stopping(&self) {
        // An error means that the till is gone, which is as good as stopping.
        let _ = self.is_stopping.subscribe().wait_for(|stop| *stop).await;
    }

    /// Lets go of the printer: a paper under way is taken up again at the next start, as a copy.
    pub(crate) async fn stop(&self) {
        self.is_stopping.send_replace(true);
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "printing ended badly");
        }
    }
}

async fn run(till: Arc<Shared>) {
    let printing = &till.printing;
    // A newer program may read what the last one could not.
    if let Err(error) = look_again(&till).await {
        tracing::error!(%error, "the print queue cannot be written");
    }
    loop {
        let turn = turn(&till).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the print queue cannot be read or written");
            put_off(printing)
        });
        if *printing.is_stopping.borrow() {
            return;
        }
        match turn {
            Turn::AtOnce => {}
            Turn::At(at) => {
                tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = printing.wake.notified() => {}
                    () = printing.stopping() => return,
                }
            }
            Turn::WhenWoken => {
                tokio::select! {
                    () = printing.wake.notified() => {}
                    () = printing.stopping() => return,
                }
            }
        }
    }
}

/// The printer failed: how long until the next try.
fn put_off(printing: &Printing) -> Turn {
    printing.with(|now| {
        now.failures = now.failures.saturating_add(1);
        let at = Instant::now() + Duration::from_millis(wait_ms(now.failures));
        now.resume_at = Some(at);
        Turn::At(at)
    })
}

/// Prints the next paper, if there is one and its time has come.
async fn turn(till: &Shared) -> Result<Turn, Error> {
    let printing = &till.printing;
    if let Some(at) = printing.with(|now| now.resume_at)
        && at > Instant::now()
    {
        return Ok(Turn::At(at));
    }
    let (settings, next) = {
        let mut connection = till.db.reader().await?;
        let settings = store::print::settings(&mut connection).await?;
        (settings, store::print::next(&mut connection).await?)
    };
    let (Some(settings), Some(job)) = (settings, next) else {
        return Ok(Turn::WhenWoken);
    };
    if job.kind == PrintKind::Drawer && !paper::may_kick(&job, till.clock.now_ms()) {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        store::print::cancel(&mut transaction, job.job_id, till.clock.now_ms()).await?;
        transaction.commit().await?;
        drop(writer);
        till.announce(&[Changed::Printing]);
        return Ok(Turn::AtOnce);
    }
    let Some(bytes) = bytes_or_aside(till, &settings, &job).await? else {
        return Ok(Turn::AtOnce);
    };
    let Some(address) = Address::of(&settings) else {
        return Ok(Turn::WhenWoken);
    };
    {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        store::print::begin(&mut transaction, job.job_id).await?;
        transaction.commit().await?;
    }
    printing.with(|now| now.job = Some((job.job_id, None)));
    till.announce(&[Changed::Printing]);
    let tell = |fault| {
        printing.with(|now| now.job = Some((job.job_id, fault)));
        till.announce(&[Changed::Printing]);
    };
    let sent = tokio::select! {
        sent = device::send(&address, &bytes, tell) => Some(sent),
        () = printing.stopping() => None,
    };
    printing.with(|now| now.job = None);
    match sent {
        Some(sent) => settle(till, &settings, &job, sent).await,
        // What was begun stays so.
        None => Ok(Turn::WhenWoken),
    }
}

/// What is printed; none where it is put aside, because its document is missing or damaged.
async fn bytes_or_aside(
    till: &Shared,
    settings: &PrinterSettings,
    job: &NextJob,
) -> Result<Option<Vec<u8>>, Error> {
    let error = match paper::bytes_of(till, settings, job).await {
        Ok(bytes) => return Ok(Some(bytes)),
        Err(error) => error,
    };
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    match error {
        Error::DocumentUnknown => store::print::miss(&mut transaction, job.job_id).await?,
        Error::Unreadable(_) | Error::Json(_) => {
            tracing::error!(job = job.job_id, %error, "its document cannot be read");
            store::print::set_aside(&mut transaction, job.job_id, &error.to_string()).await?;
        }
        error => return Err(error),
    }
    transaction.commit().await?;
    drop(writer);
    till.announce(&[Changed::Printing]);
    Ok(None)
}

async fn settle(
    till: &Shared,
    settings: &PrinterSettings,
    job: &NextJob,
    sent: Result<(), SendError>,
) -> Result<Turn, Error> {
    let printing = &till.printing;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let is_out = match sent {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(job = job.job_id, %error, "not printed");
            // The drawer opens with the first bytes, or not at all.
            let is_out = job.kind == PrintKind::Drawer && error.reached != Reached::Nothing;
            if !is_out {
                let failed = failed(job, &error);
                store::print::fail(&mut transaction, job.job_id, &failed).await?;
            }
            is_out
        }
    };
    if is_out {
        let copies = match job.kind {
            PrintKind::Document => settings.copies.max(1),
            PrintKind::Test | PrintKind::Drawer => 1,
        };
        let now_ms = till.clock.now_ms();
        store::print::finish(&mut transaction, job.job_id, copies, now_ms).await?;
    }
    transaction.commit().await?;
    drop(writer);
    // Before anybody hears of it and asks for the next try at once.
    let turn = if is_out {
        printing.with(|now| {
            now.failures = 0;
            now.resume_at = None;
        });
        Turn::AtOnce
    } else {
        put_off(printing)
    };
    till.announce(&[Changed::Printing]);
    Ok(turn)
}

/// What is kept of a try that failed.
fn failed<'a>(job: &NextJob, error: &'a SendError) -> Failed<'a> {
    // A paper that was cut off before its end is none; one that may be whole is.
    let may_be_out = error.reached == Reached::All;
    let unconfirmed = job.unconfirmed.saturating_add(u32::from(may_be_out));
    let is_stopped = may_be_out && unconfirmed >= UNCONFIRMED_MAX;
    Failed {
        fault: if is_stopped {
            PrintFault::Stopped
        } else {
            error.fault
        },
        detail: &error.detail,
        is_begun: job.is_begun || may_be_out,
        // It opens with the first bytes.
        kicks_drawer: job.kicks_drawer && error.reached == Reached::Nothing,
        unconfirmed,
    }
}

async fn look_again(till: &Shared) -> Result<(), Error> {
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    store::print::look_again(&mut transaction).await?;
    transaction.commit().await?;
    Ok(())
}
