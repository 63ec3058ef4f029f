//! One document in full, with what gives it back and how it came here.

use domain::{
    contract::rest::DocumentDetail,
    id::{OpId, OrganizationId},
};

use crate::{
    database::begin,
    state::AppState,
    store::{self, report::DocumentFilter},
};

/// Most refunds that are listed with a receipt.
const REFUNDS_MAX: i64 = 200;

/// The document; none when this organization has no such.
pub async fn get_document(
    state: &AppState,
    organization_id: OrganizationId,
    document_id: OpId,
) -> Result<Option<DocumentDetail>, sqlx::Error> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let Some(document) = store::document::get(&mut tx, organization_id, document_id).await? else {
        return Ok(None);
    };
    let store = store::organization::store(&mut tx, organization_id, document.store_id).await?;
    let around = store::report::surroundings(&mut tx, organization_id, document_id).await?;
    let filter = DocumentFilter {
        original_id: Some(document_id),
        ..DocumentFilter::default()
    };
    let refunds = store::report::documents(&mut tx, organization_id, &filter, REFUNDS_MAX).await?;
    tx.commit().await?;
    Ok(Some(DocumentDetail {
        document,
        store,
        till_number: around.till_number,
        staff_name: around.staff_name,
        customer_name: around.customer_name,
        original_number: around.original_number,
        refunds,
        received_ms: around.received_ms,
        hash: around.hash.to_string(),
    }))
}
