//! The printer of this till: set up, looked at, given something to print.

use domain::{
    contract::ipc::{
        CancelPrint, Changed, GetPrinter, PrintDocument, PrintKind, PrintState, PrintTest,
        PrinterStatus, PutPrinter, RetryPrint,
    },
    limit::SEARCH_RESULTS_MAX,
    staff::Permission,
};

use super::document_view::load_paper;
use crate::{
    error::Error,
    print::is_copy,
    store::{self, print::NewJob},
    till::Shared,
};

/// How many papers that have ended are shown.
const RECENT: u32 = 20;

pub(crate) async fn get_printer(till: &Shared, _: GetPrinter) -> Result<PrinterStatus, Error> {
    till.signed_in()?;
    status(till).await
}

async fn status(till: &Shared) -> Result<PrinterStatus, Error> {
    let mut connection = till.db.reader().await?;
    let settings = store::print::settings(&mut connection).await?;
    let mut waiting = store::print::waiting(&mut connection, SEARCH_RESULTS_MAX).await?;
    let recent = store::print::ended(&mut connection, RECENT).await?;
    if let Some((job_id, fault)) = till.printing.job() {
        for job in &mut waiting {
            if job.job_id == job_id {
                job.state = PrintState::Printing;
                job.fault = fault;
            }
        }
    }
    Ok(PrinterStatus {
        settings,
        waiting,
        recent,
    })
}

pub(crate) async fn put_printer(
    till: &Shared,
    command: PutPrinter,
) -> Result<PrinterStatus, Error> {
    till.authorize(Permission::ManageTills)?;
    if let Some(settings) = &command.settings {
        settings.check()?;
    }
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    store::print::put_settings(&mut transaction, command.settings.as_ref()).await?;
    transaction.commit().await?;
    drop(writer);
    till.printing.try_now();
    till.announce(&[Changed::Printing]);
    status(till).await
}

/// Opens the drawer without an entry in the books: not for everybody.
pub(crate) async fn print_test(till: &Shared, _: PrintTest) -> Result<PrinterStatus, Error> {
    let person = till.authorize(Permission::ManageTills)?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let settings = store::print::settings(&mut transaction)
        .await?
        .ok_or(Error::PrinterMissing)?;
    let job = NewJob {
        kind: PrintKind::Test,
        document_id: None,
        number: "",
        staff_id: person.staff_id,
        is_copy: false,
        kicks_drawer: settings.kicks_drawer,
        now_ms: till.clock.now_ms(),
    };
    store::print::queue(&mut transaction, &job).await?;
    transaction.commit().await?;
    drop(writer);
    till.printing.try_now();
    till.announce(&[Changed::Printing]);
    status(till).await
}

pub(crate) async fn print_document(
    till: &Shared,
    command: PrintDocument,
) -> Result<PrinterStatus, Error> {
    let person = till.signed_in()?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    store::print::settings(&mut transaction)
        .await?
        .ok_or(Error::PrinterMissing)?;
    let view = load_paper(&mut transaction, &identity, command.document_id).await?;
    let job = NewJob {
        kind: PrintKind::Document,
        document_id: Some(command.document_id),
        number: &view.document.number,
        staff_id: person.staff_id,
        is_copy: is_copy(&mut transaction, &identity, &view).await?,
        kicks_drawer: false,
        now_ms: till.clock.now_ms(),
    };
    store::print::queue(&mut transaction, &job).await?;
    transaction.commit().await?;
    drop(writer);
    till.printing.try_now();
    till.announce(&[Changed::Printing]);
    status(till).await
}

pub(crate) async fn retry_print(till: &Shared, _: RetryPrint) -> Result<PrinterStatus, Error> {
    till.signed_in()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    store::print::look_again(&mut transaction).await?;
    store::print::take_up(&mut transaction).await?;
    transaction.commit().await?;
    drop(writer);
    till.printing.try_now();
    status(till).await
}

pub(crate) async fn cancel_print(
    till: &Shared,
    command: CancelPrint,
) -> Result<PrinterStatus, Error> {
    till.signed_in()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let now_ms = till.clock.now_ms();
    if !store::print::cancel(&mut transaction, command.job_id, now_ms).await? {
        return Err(Error::PrintJobUnknown);
    }
    transaction.commit().await?;
    drop(writer);
    till.announce(&[Changed::Printing]);
    status(till).await
}
