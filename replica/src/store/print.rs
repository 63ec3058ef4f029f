//! The till's own printer and the papers that wait for it.

use domain::{
    contract::ipc::{PrintJob, PrintState},
    id::{OpId, StaffId},
    receipt::{PrintFault, PrinterSettings},
};
use sqlx::SqliteConnection;

use super::{count, optional_id};
use crate::error::Error;

/// A paper to be queued.
#[derive(Debug)]
pub(crate) struct NewJob<'a> {
    /// None is a test page.
    pub(crate) document_id: Option<OpId>,
    pub(crate) number: &'a str,
    pub(crate) staff_id: StaffId,
    pub(crate) is_copy: bool,
    pub(crate) kicks_drawer: bool,
    pub(crate) now_ms: i64,
}

/// A paper whose turn it is.
#[derive(Debug)]
pub(crate) struct NextJob {
    pub(crate) job_id: i64,
    pub(crate) document_id: Option<OpId>,
    pub(crate) is_copy: bool,
    pub(crate) kicks_drawer: bool,
    pub(crate) is_begun: bool,
    pub(crate) tries: u32,
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
    sqlx::query!(
        "INSERT INTO print_job (document_id, number, staff_id, is_copy, kicks_drawer, state,
             queued_ms) VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6)",
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
             WHERE document_id = ?1 AND (state <> 'cancelled' OR is_begun = 1))
             AS "has_paper!: bool""#,
        document_id
    )
    .fetch_one(connection)
    .await?)
}

/// The oldest paper that can be printed; a document that is not here keeps nobody waiting.
pub(crate) async fn next(connection: &mut SqliteConnection) -> Result<Option<NextJob>, Error> {
    let row = sqlx::query!(
        r#"SELECT job_id, document_id, is_copy AS "is_copy: bool",
             kicks_drawer AS "kicks_drawer: bool", is_begun AS "is_begun: bool", tries
         FROM print_job WHERE state = 'waiting' AND fault <> 'document_missing'
         ORDER BY job_id LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(NextJob {
            job_id: row.job_id,
            document_id: optional_id(row.document_id.as_deref())?,
            is_copy: row.is_copy,
            kicks_drawer: row.kicks_drawer,
            is_begun: row.is_begun,
            tries: count(row.tries)?,
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
    fault: PrintFault,
    detail: &str,
    is_begun: bool,
) -> Result<(), Error> {
    let fault = fault.name();
    sqlx::query!(
        "UPDATE print_job SET fault = ?2, detail = ?3, is_begun = ?4
         WHERE job_id = ?1 AND state = 'waiting'",
        job_id,
        fault,
        detail,
        is_begun
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// It came out, though somebody may have given it up meanwhile.
pub(crate) async fn finish(
    connection: &mut SqliteConnection,
    job_id: i64,
    now_ms: i64,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE print_job SET state = 'printed', ended_ms = ?2, fault = '', detail = ''
         WHERE job_id = ?1",
        job_id,
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

/// What was missing is looked for again.
pub(crate) async fn look_again(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE print_job SET fault = '', detail = ''
         WHERE state = 'waiting' AND fault = 'document_missing'"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What waits, oldest first, or what has ended, newest first.
pub(crate) async fn list(
    connection: &mut SqliteConnection,
    are_waiting: bool,
    limit: u32,
) -> Result<Vec<PrintJob>, Error> {
    let rows = sqlx::query!(
        r#"SELECT job_id, document_id, number, is_copy AS "is_copy: bool", state, queued_ms,
             coalesce((SELECT name FROM staff WHERE staff.staff_id = print_job.staff_id), '')
                 AS "staff_name!: String",
             tries, fault, detail
         FROM print_job WHERE (state = 'waiting') = ?1
         ORDER BY iif(?1, job_id, -job_id) LIMIT ?2"#,
        are_waiting,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PrintJob {
                job_id: row.job_id,
                document_id: optional_id(row.document_id.as_deref())?,
                number: row.number,
                is_copy: row.is_copy,
                state: match row.state.as_str() {
                    "printed" => PrintState::Printed,
                    "cancelled" => PrintState::Cancelled,
                    _ => PrintState::Waiting,
                },
                queued_ms: row.queued_ms,
                staff_name: row.staff_name,
                tries: count(row.tries)?,
                fault: PrintFault::from_name(&row.fault),
                detail: row.detail,
            })
        })
        .collect()
}
