//! Records what the server itself decides (console, command line, jobs): an operation of the nil
//! device, signed by the server's key, without a chain, ordered after every stamp of the rows that
//! it changes.

use domain::{
    hlc::Hlc,
    id::{CustomerId, DeviceId, OpId, OrganizationId, RepairId, StaffId, StoreId},
    replication::{
        Envelope, OpBody, OpHeader, Private, apply,
        apply::ApplyError,
        body::BodyError,
        chain::Digest,
        log::{LogEvent, LogPlace},
    },
};

use super::record_operations::{Decided, RecordError, record_operations};
use crate::{
    clock::{self, RandomError},
    database::Tx,
    state::ServerKey,
    store,
};

/// Why the server's own operation was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum ServerOperationError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error("the operation has no home")]
    Homeless,
    #[error("an envelope cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<sqlx::Error> for ServerOperationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Record(error.into())
    }
}

/// What the server decided.
#[derive(Debug)]
pub struct ServerOperation {
    pub body: OpBody,
    pub private: Vec<Private>,
    pub store_id: Option<StoreId>,
    pub staff_id: Option<StaffId>,
}

impl ServerOperation {
    /// Rows that the server replaces whole.
    #[must_use]
    pub fn put(body: domain::replication::body::ServerPutBody) -> Self {
        Self {
            body: OpBody::ServerPut(body),
            private: Vec::new(),
            store_id: None,
            staff_id: None,
        }
    }
}

/// Records operations of the server in the caller's transaction, as its first locks. Returns the
/// heads that went up, to be told to the tills after the commit.
pub async fn record_server_operations(
    tx: &mut Tx,
    organization_id: OrganizationId,
    key: &ServerKey,
    operations: Vec<ServerOperation>,
) -> Result<std::collections::BTreeMap<String, u64>, ServerOperationError> {
    let mut chain = store::device::lock_server(tx, organization_id, &key.public()).await?;
    chain.last_effective = newest_stamp(tx, organization_id, &operations)
        .await?
        .max(chain.last_effective);
    let mut sealed = Vec::with_capacity(operations.len());
    for operation in operations {
        chain.last_seq += 1;
        chain.last_effective = chain.last_effective.tick(chain.now_ms);
        let header = OpHeader {
            op_id: clock::new_id()?,
            device_id: DeviceId::SERVER,
            epoch: chain.enrolment.epoch,
            device_seq: chain.last_seq,
            kind: operation.body.kind().to_owned(),
            kind_version: operation.body.version(),
            hlc: chain.last_effective,
            wall_ms: chain.now_ms.cast_signed(),
            store_id: operation.store_id,
            staff_id: operation.staff_id,
            prev_hash: Digest::default(),
        };
        let facts = apply(&header, &operation.body, &operation.private)?;
        let scope = operation.body.home_scope(&header);
        let scope = scope.ok_or(ServerOperationError::Homeless)?;
        let envelope = Envelope::seal(&header, &operation.body, operation.private, key.signing())?;
        let json = serde_json::value::to_raw_value(&envelope.bare())?;
        sealed.push((header, envelope, json, facts, scope));
    }
    let decided: Vec<_> = sealed
        .iter()
        .map(|(header, envelope, envelope_json, facts, scope)| Decided {
            header,
            envelope,
            envelope_json,
            scope: *scope,
            branch: 0,
            effective: header.hlc,
            facts,
        })
        .collect();
    let raised = record_operations(tx, organization_id, &decided).await?;
    store::device::advance_server(tx, organization_id, &chain).await?;
    Ok(raised)
}

/// The newest stamp of the records, repairs and logs that the operations change, which stay locked.
async fn newest_stamp(
    tx: &mut Tx,
    organization_id: OrganizationId,
    operations: &[ServerOperation],
) -> Result<Hlc, sqlx::Error> {
    let mut customers: Vec<CustomerId> = Vec::new();
    let mut repairs: Vec<(RepairId, StoreId)> = Vec::new();
    for operation in operations {
        let repair = match &operation.body {
            OpBody::CustomerPut(body) => {
                customers.push(body.customer_id);
                continue;
            }
            OpBody::RepairIntake(body) => body.repair_id,
            OpBody::RepairMove(body) => body.repair_id,
            OpBody::RepairNote(body) => body.repair_id,
            _ => continue,
        };
        repairs.extend(operation.store_id.map(|store_id| (repair, store_id)));
    }
    let mut newest = Hlc::default();
    if !customers.is_empty() {
        customers.sort_unstable();
        customers.dedup();
        let records = store::customer::lock(tx, organization_id, &customers).await?;
        let stamps = records.iter().flat_map(|(_, stamps)| stamps.values());
        newest = newest.max(stamps.map(|stamp| stamp.hlc).max().unwrap_or_default());
    }
    if !repairs.is_empty() {
        repairs.sort_unstable();
        repairs.dedup_by_key(|(id, _)| *id);
        store::repair::lock(tx, organization_id, &repairs).await?;
        let ids: Vec<_> = repairs.iter().map(|(id, _)| *id).collect();
        let events = store::repair::events(tx, organization_id, &ids).await?;
        newest = newest.max(events.iter().map(|(hlc, _)| *hlc).max().unwrap_or_default());
    }
    let mut places: Vec<LogPlace> = Vec::new();
    for operation in operations {
        if matches!(operation.body, OpBody::ServerPut(_)) {
            continue;
        }
        // Places follow from the body and the store alone.
        let header = header_of(operation);
        let facts = apply(&header, &operation.body, &operation.private);
        let events = facts.map(|facts| facts.log_events).unwrap_or_default();
        places.extend(events.iter().map(LogEvent::place));
    }
    if !places.is_empty() {
        places.sort_unstable();
        places.dedup();
        store::log::lock(tx, organization_id, &places).await?;
        let events = store::log::events(tx, organization_id, &places).await?;
        newest = newest.max(events.iter().map(|(hlc, _)| *hlc).max().unwrap_or_default());
    }
    Ok(newest)
}

/// A header that says of an operation what is known before its place in the chain.
fn header_of(operation: &ServerOperation) -> OpHeader {
    OpHeader {
        op_id: OpId(uuid::Uuid::nil()),
        device_id: DeviceId::SERVER,
        epoch: 0,
        device_seq: 0,
        kind: operation.body.kind().to_owned(),
        kind_version: operation.body.version(),
        hlc: Hlc::default(),
        wall_ms: 0,
        store_id: operation.store_id,
        staff_id: operation.staff_id,
        prev_hash: Digest::default(),
    }
}
