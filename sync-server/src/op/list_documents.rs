//! Lists documents, newest first, a page at a time; the place in the list is a document, so pages
//! neither skip nor repeat while sales come in.

use domain::{
    contract::rest::{DocumentsPage, DocumentsQuery},
    id::OrganizationId,
};
use uuid::Uuid;

use super::sales_by_hour::{ReportError, check_store, read_day};
use crate::{
    database::begin,
    state::AppState,
    store::{self, report::DocumentFilter},
};

const PAGE_DEFAULT: u32 = 50;
/// Most documents in a page.
pub const PAGE_MAX: u32 = 200;

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("`after` is not from a page of this list")]
    AfterInvalid,
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// A page of documents.
pub async fn list_documents(
    state: &AppState,
    organization_id: OrganizationId,
    query: &DocumentsQuery,
) -> Result<DocumentsPage, ListError> {
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let after = query.after.as_deref().filter(|after| !after.is_empty());
    let filter = DocumentFilter {
        number: query
            .number
            .as_deref()
            .map(str::trim)
            .filter(|n| !n.is_empty()),
        day: read_day(query.date.as_deref())?,
        store_id: query.store,
        kind: query.kind,
        original_id: None,
        after: after
            .map(|after| read_after(after).ok_or(ListError::AfterInvalid))
            .transpose()?,
    };
    let mut tx = begin(&state.pool, organization_id).await?;
    check_store(&mut tx, organization_id, query.store).await?;
    // One more than asked tells whether another page follows.
    let mut documents =
        store::report::documents(&mut tx, organization_id, &filter, i64::from(limit) + 1).await?;
    tx.commit().await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = documents.len() > limit;
    documents.truncate(limit);
    let next = documents
        .last()
        .filter(|_| has_more)
        .map(|last| format!("{}_{}", last.wall_ms, last.document_id));
    Ok(DocumentsPage { documents, next })
}

fn read_after(text: &str) -> Option<(i64, Uuid)> {
    let (wall_ms, id) = text.split_once('_')?;
    Some((wall_ms.parse().ok()?, id.parse().ok()?))
}
