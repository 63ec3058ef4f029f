//! Completes operations that were taken in without their private texts, by a later copy whose texts
//! fit the hashes (sync protocol, section 2). What was erased stays erased.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{Beside, FeedRows, FeedType},
    hlc::Hlc,
    id::{CustomerId, OpId, OrganizationId},
    replication::{FieldWrite, OpBody, Private, Rows, fold::complete_field, table::Scope},
};

use super::{
    record_operations::RecordError,
    take_in::{Checked, Verdict},
};
use crate::{
    database::begin,
    state::AppState,
    store::{self, feed::NewRow},
};

/// An operation's texts that fit its hashes, and the fields that they write.
struct Texts {
    op_id: OpId,
    private: Vec<Private>,
    writes: Vec<FieldWrite>,
}

/// Stores the texts, fills the fields that these operations wrote last, and tells the tills.
pub(crate) async fn complete_texts(
    state: &AppState,
    organization_id: OrganizationId,
    operations: &[&Checked],
) -> Result<(), RecordError> {
    let texts: Vec<Texts> = operations.iter().filter_map(|one| read(one)).collect();
    let mut ids: Vec<CustomerId> = texts
        .iter()
        .flat_map(|one| one.writes.iter().map(|write| write.customer_id))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(());
    }
    let mut tx = begin(&state.pool, organization_id).await?;
    let mut records: BTreeMap<CustomerId, _> =
        store::customer::lock(&mut tx, organization_id, &ids)
            .await?
            .into_iter()
            .map(|record| (record.0.customer_id, record))
            .collect();
    let erased = store::erasure::erased(&mut tx, organization_id, &ids).await?;
    let mut rows = Vec::new();
    for one in &texts {
        let is_erased = |effective: Hlc| {
            let mut writes = one.writes.iter();
            writes.any(|write| {
                let until = erased.get(&write.customer_id);
                until.is_some_and(|until| effective < *until)
            })
        };
        let lacking =
            store::operation::stamp_without_texts(&mut tx, organization_id, one.op_id).await?;
        let Some(effective) = lacking.filter(|effective| !is_erased(*effective)) else {
            continue;
        };
        store::operation::put_texts(&mut tx, organization_id, one.op_id, &one.private).await?;
        // All fields of an operation are one customer's.
        let id = one.writes.first().map(|write| write.customer_id);
        let Some((customer, stamps)) = id.and_then(|id| records.get_mut(&id)) else {
            continue;
        };
        let mut has_changed = false;
        for write in &one.writes {
            has_changed |= complete_field(customer, stamps, effective, write);
        }
        if has_changed {
            rows.push(told(effective, customer.clone())?);
        }
    }
    let records: Vec<_> = records.values().collect();
    store::customer::write(&mut tx, organization_id, &records).await?;
    let feeds = BTreeMap::from([(Scope::Org.to_string(), rows)]);
    let raised = store::feed::append(&mut tx, organization_id, &feeds).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}

/// The texts that fit.
fn read(one: &Checked) -> Option<Texts> {
    let (Some(header), Verdict::Sound { facts, .. }) = (&one.header, &one.verdict) else {
        return None;
    };
    let Ok(OpBody::CustomerPut(body)) = one.envelope.decode_body(header) else {
        return None;
    };
    let fits = |private: &&Private| {
        let mut fields = body.fields.iter();
        fields.any(|field| private.open(&field.hash).is_some())
    };
    let private: Vec<Private> = one.envelope.private.iter().filter(fits).cloned().collect();
    (!private.is_empty()).then(|| Texts {
        op_id: header.op_id,
        private,
        writes: facts.field_writes.clone(),
    })
}

/// A row that carries a record as it is now.
fn told(
    effective_hlc: Hlc,
    customer: domain::customer::Customer,
) -> Result<NewRow, serde_json::Error> {
    let bytes = serde_json::to_vec(&FeedRows {
        log_events: Vec::new(),
        op_id: None,
        effective_hlc,
        rows: Rows::default(),
    })?;
    Ok(NewRow {
        row_type: FeedType::Derived,
        bytes,
        beside: Some(Beside {
            private: Vec::new(),
            customer: vec![customer],
        }),
    })
}
