//! The till's own printer and the papers that wait for it.

use domain::{
    contract::ipc::{PrintJob, PrintKind, PrintState},
    hlc::Hlc,
    id::{OpId, StaffId},
    receipt::{PrintFault, PrinterSettings},
};
use sqlx::SqliteConnection;

use super::{count, int, named, optional_id};
use crate::error::Error;

/// A paper to be queued.
#[derive(Debug)]
pub(crate) struct NewJob<'a> {
    pub(crate) kind: PrintKind,
    pub(crate) document_id: Option<OpId>,
    pub(crate) number: &'a str,
    pub(crate) staff_id: StaffId,
    pub(crate) is_copy: bool,
    pub(crate) kicks_drawer: bool,
    pub(crate) now_ms: i64,
}

impl NewJob<'_> {
    /// The drawer, without a paper.
    pub(crate) const fn drawer(staff_id: StaffId, now_ms: i64) -> Self {
        Self {
            kind: PrintKind::Drawer,
            document_id: None,
            number: "",
            staff_id,
            is_copy: false,
            kicks_drawer: true,
            now_ms,
        }
    }
}

/// A paper whose turn it is.
#[derive(Debug)]
pub(crate) struct NextJob {
    pub(crate) job_id: i64,
    pub(crate) kind: PrintKind,
    pub(crate) document_id: Option<OpId>,
    pub(crate) is_copy: bool,
    pub(crate) kicks_drawer: bool,
    pub(crate) queued_ms: i64,
    pub(crate) is_begun: bool,
    pub(crate) unconfirmed: u32,
}

/// What a try that failed leaves behind.
#[derive(Debug)]
pub(crate) struct Failed<'a> {
    pub(crate) fault: PrintFault,
    pub(crate) detail: &'a str,
    pub(crate) is_begun: bool,
    pub(crate) kicks_drawer: bool,
    pub(crate) unconfirmed: u32,
}

/// The printer; none before it is set up.
pub(crate) async fn settings(
    connection: &mut SqliteConnection,
) -> Result<Option<PrinterSettings>, Error> {
    let found = sqlx::query_scalar!("SELECT settings FROM printer")
        .fetch_optional(connection)
        .await?;
    Ok(found
        .map(|settings| serde_json::from_str(&settings))
        .transpose()?)
}

/// Sets the printer up, or takes it away.
pub(crate) async fn put_settings(
    connection: &mut SqliteConnection,
    settings: Option<&PrinterSettings>,
) -> Result<(), Error> {
    let Some(settings) = settings else {
        sqlx::query!("DELETE FROM printer")
            .execute(connection)
            .await?;
        return Ok(());
    };
    let settings = serde_json::to_string(settings)?;
    sqlx::query!(
        "INSERT INTO printer (one, settings) VALUES (1, ?1)
         ON CONFLICT (one) DO UPDATE SET settings = excluded.settings",
        settings
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Queues a paper.
pub(crate) async fn queue(
    connection: &mut SqliteConnection,
    job: &NewJob<'_>,
) -> Result<(), Error> {
    let (document_id, staff_id) = (job.document_id.map(|id| id.0), job.staff_id.0);
    let kind = job.kind.name();
    sqlx::query!(
        "INSERT INTO print_job (kind, document_id, number, staff_id, is_copy, kicks_drawer, state,
             queued_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7)",
        kind,
        document_id,
        job.number,
        staff_id,
        job.is_copy,
        job.kicks_drawer,
        job.now_ms
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the document has a paper here, on its way or out; one given up before it began is none.
pub(crate) async fn has_paper(
    connection: &mut SqliteConnection,
    document_id: OpId,
) -> Result<bool, Error> {
    let document_id = document_id.0;
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM print_job
             WHERE document_id = ?1
                 AND (state <> 'cancelled' OR is_begun = 1 OR printed > 0))
             AS "has_paper!: bool""#,
        document_id
    )
    .fetch_one(connection)
    .await?)
}

/// The oldest paper that can be printed, after the drawer, for which somebody stands there. What a
/// person or a document must come for keeps nobody else waiting.
pub(crate) async fn next(connection: &mut SqliteConnection) -> Result<Option<NextJob>, Error> {
    let row = sqlx::query!(
        r#"SELECT job_id, kind, document_id, is_copy AS "is_copy: bool",
             kicks_drawer AS "kicks_drawer: bool", queued_ms, is_begun AS "is_begun: bool",
             unconfirmed
         FROM print_job WHERE state = 'waiting'
             AND fault NOT IN ('document_missing', 'unreadable', 'stopped')
         ORDER BY kind <> 'drawer', job_id LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(NextJob {
            job_id: row.job_id,
            kind: named(PrintKind::from_name(&row.kind))?,
            document_id: optional_id(row.document_id.as_deref())?,
            is_copy: row.is_copy,
            kicks_drawer: row.kicks_drawer,
            queued_ms: row.queued_ms,
            is_begun: row.is_begun,
            unconfirmed: count(row.unconfirmed)?,
        })
    })
    .transpose()
}

/// The printer is about to get it: from here on it may come out whatever happens.
pub(crate) async fn begin(connection: &mut SqliteConnection, job_id: i64) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE print_job SET is_begun = 1, tries = tries + 1
         WHERE job_id = ?1 AND state = 'waiting'",
        job_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// It did not come out, or nobody knows whether it did.
pub(crate) async fn fail(
    connection: &mut SqliteConnection,
    job_id: i64,
    failed: &Failed<'_>,
) -> Result<(), Error> {
    let fault = failed.fault.name();
    sqlx::query!(
        "UPDATE print_job SET fault = ?2, detail = ?3, is_begun = ?4, kicks_drawer = ?5,
             unconfirmed = ?6
         WHERE job_id = ?1 AND state = 'waiting'",
        job_id,
        fault,
        failed.detail,
        failed.is_begun,
        failed.kicks_drawer,
        failed.unconfirmed
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Its document is not here; one that has come since it was looked for is.
pub(crate) async fn miss(connection: &mut SqliteConnection, job_id: i64) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE print_job SET fault = 'document_missing', detail = ''
         WHERE job_id = ?1 AND state = 'waiting' AND NOT EXISTS (SELECT 1 FROM document
             WHERE document.document_id = print_job.document_id)",
        job_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Its document is here and cannot be read.
pub(crate) async fn set_aside(
    connection: &mut SqliteConnection,
    job_id: i64,
    detail: &str,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE print_job SET fault = 'unreadable', detail = ?2
         WHERE job_id = ?1 AND state = 'waiting'",
        job_id,
        detail
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A copy came out, though somebody may have given the paper up meanwhile; the last one ends it.
pub(crate) async fn finish(
    connection: &mut SqliteConnection,
    job_id: i64,
    copies: u8,
    now_ms: i64,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE print_job SET printed = printed + 1, is_begun = 0, kicks_drawer = 0,
             unconfirmed = 0, fault = '', detail = '',
             state = iif(printed + 1 >= ?2 OR state <> 'waiting', 'printed', state),
             ended_ms = iif(printed + 1 >= ?2 OR state <> 'waiting', ?3, NULL),
             tries = iif(printed + 1 >= ?2 OR state <> 'waiting', tries, 0)
         WHERE job_id = ?1",
        job_id,
        copies,
        now_ms
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives a paper up. Returns whether it was waiting.
pub(crate) async fn cancel(
    connection: &mut SqliteConnection,
    job_id: i64,
    now_ms: i64,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE print_job SET state = 'cancelled', ended_ms = ?2
         WHERE job_id = ?1 AND state = 'waiting'",
        job_id,
        now_ms
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What could not be read or was missing is looked for again.
pub(crate) async fn look_again(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE print_job SET fault = '', detail = ''
         WHERE state = 'waiting' AND fault IN ('document_missing', 'unreadable')"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Somebody has looked at what came out, and wants the papers printed all the same.
pub(crate) async fn take_up(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE print_job SET fault = '', detail = '', unconfirmed = 0
         WHERE state = 'waiting' AND fault = 'stopped'"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Documents have come: papers that wait for one of those that are here wait no longer.
pub(crate) async fn find_documents(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE print_job SET fault = ''
         WHERE state = 'waiting' AND fault = 'document_missing' AND EXISTS (SELECT 1 FROM document
             WHERE document.document_id = print_job.document_id)"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets go of ended jobs of no document that were queued before a boundary.
pub(crate) async fn forget_plain(
    connection: &mut SqliteConnection,
    before: Hlc,
) -> Result<(), Error> {
    let before_ms = int(before.ms());
    sqlx::query!(
        "DELETE FROM print_job
         WHERE document_id IS NULL AND state <> 'waiting' AND queued_ms < ?1",
        before_ms
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets go of ended jobs whose documents are not here. Only when all of a snapshot is: a document
/// that comes later must be known to have a paper.
pub(crate) async fn forget_gone(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM print_job
         WHERE document_id IS NOT NULL AND state <> 'waiting' AND NOT EXISTS (
             SELECT 1 FROM document WHERE document.document_id = print_job.document_id)"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A row of a list.
struct Listed {
    job_id: i64,
    kind: String,
    document_id: Option<Vec<u8>>,
    number: String,
    is_copy: bool,
    state: String,
    queued_ms: i64,
    staff_name: String,
    tries: i64,
    fault: String,
    detail: String,
}

impl Listed {
    fn job(self) -> Result<PrintJob, Error> {
        Ok(PrintJob {
            job_id: self.job_id,
            kind: named(PrintKind::from_name(&self.kind))?,
            document_id: optional_id(self.document_id.as_deref())?,
            number: self.number,
            is_copy: self.is_copy,
            state: match self.state.as_str() {
                "printed" => PrintState::Printed,
                "cancelled" => PrintState::Cancelled,
                _ => PrintState::Waiting,
            },
            queued_ms: self.queued_ms,
            staff_name: self.staff_name,
            tries: count(self.tries)?,
            fault: PrintFault::from_name(&self.fault),
            detail: self.detail,
        })
    }
}

/// What waits, oldest first. This and [`ended`] are asked several times for each sale, and must not
/// read the papers of years.
pub(crate) async fn waiting(
    connection: &mut SqliteConnection,
    limit: u32,
) -> Result<Vec<PrintJob>, Error> {
    let rows = sqlx::query_as!(
        Listed,
        r#"SELECT job_id, kind, document_id, number, is_copy AS "is_copy: bool", state, queued_ms,
             coalesce((SELECT name FROM staff WHERE staff.staff_id = print_job.staff_id), '')
                 AS "staff_name!: String",
             tries, fault, detail
         FROM print_job WHERE state = 'waiting' ORDER BY job_id LIMIT ?1"#,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Listed::job).collect()
}

/// What has ended, newest first.
pub(crate) async fn ended(
    connection: &mut SqliteConnection,
    limit: u32,
) -> Result<Vec<PrintJob>, Error> {
    let rows = sqlx::query_as!(
        Listed,
        r#"SELECT job_id, kind, document_id, number, is_copy AS "is_copy: bool", state, queued_ms,
             coalesce((SELECT name FROM staff WHERE staff.staff_id = print_job.staff_id), '')
                 AS "staff_name!: String",
             tries, fault, detail
         FROM print_job WHERE state <> 'waiting' ORDER BY job_id DESC LIMIT ?1"#,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Listed::job).collect()
}
