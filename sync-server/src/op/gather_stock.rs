//! Tells every store what the others have on their shop floor, in few rows of the org's feed:
//! outside the pushes, so that no sale waits for the org's head.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{FeedRows, FeedType},
    hlc::Hlc,
    id::OrganizationId,
    replication::{Rows, table::Scope},
};

use super::record_server_operation::ServerOperationError;
use crate::{
    database::begin,
    state::AppState,
    store::{self, feed::NewRow},
};

/// Most products in one row of the feed.
const ROW_PRODUCTS_MAX: usize = 500;

/// Gathers the stores whose feeds went on.
pub async fn gather_stock(
    state: &AppState,
    organization_id: OrganizationId,
) -> Result<(), ServerOperationError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let stores = store::stock::stores_to_gather(&mut tx, organization_id).await?;
    if stores.is_empty() {
        return Ok(());
    }
    // One instance gathers at a time: the server's own device is the lock.
    let own = store::device::lock_server(&mut tx, organization_id, &state.key.public()).await?;
    let now_ms = own.now_ms;
    let mut rows = Vec::new();
    for (store_id, head) in stores {
        let changed = store::stock::gather(
            &mut tx,
            organization_id,
            store_id,
            head,
            now_ms.cast_signed(),
        )
        .await?;
        for part in changed.chunks(ROW_PRODUCTS_MAX) {
            rows.push(NewRow {
                row_type: FeedType::Derived,
                beside: None,
                bytes: serde_json::to_vec(&FeedRows {
                    log_events: Vec::new(),
                    op_id: None,
                    effective_hlc: Hlc::from_ms(now_ms),
                    rows: Rows {
                        stock_elsewhere: part.to_vec(),
                        ..Rows::default()
                    },
                })?,
            });
        }
    }
    let raised = if rows.is_empty() {
        BTreeMap::new()
    } else {
        let feeds = BTreeMap::from([(Scope::Org.to_string(), rows)]);
        store::feed::append(&mut tx, organization_id, &feeds).await?
    };
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}
