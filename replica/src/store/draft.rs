//! Which operation an entry on a screen became, so that sending it twice records it once.

use domain::id::{DraftId, OpId};
use sqlx::SqliteConnection;

use super::id;
use crate::error::Error;

/// The operation of a draft, if it was recorded.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    draft_id: DraftId,
) -> Result<Option<OpId>, Error> {
    let draft_id = draft_id.0;
    let found = sqlx::query_scalar!("SELECT op_id FROM draft WHERE draft_id = ?1", draft_id)
        .fetch_optional(connection)
        .await?;
    found.as_deref().map(id).transpose()
}

/// Remembers what a draft became.
pub(crate) async fn put(
    connection: &mut SqliteConnection,
    draft_id: DraftId,
    op_id: OpId,
) -> Result<(), Error> {
    let (draft_id, op_id) = (draft_id.0, op_id.0);
    sqlx::query!(
        "INSERT INTO draft (draft_id, op_id) VALUES (?1, ?2)",
        draft_id,
        op_id
    )
    .execute(connection)
    .await?;
    Ok(())
}
