//! Signs for what the server holds of each till's histories, in that till's own feed, so that the
//! till may let go of envelopes that nobody will ask for again.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{Checkpoint, CheckpointBody, FeedRows, FeedType},
    hlc::Hlc,
    id::{DeviceId, OrganizationId},
    replication::{Rows, chain::Base64, table::Scope},
};

use crate::{
    database::begin,
    state::AppState,
    store::{self, chain::Unsigned, feed::NewRow},
};

/// How many operations a history goes on before it gets a new checkpoint.
pub const CHECKPOINT_OPS: u64 = 100;

/// Why no checkpoint was made.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("a checkpoint cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Makes a checkpoint of every history that went on by so many operations, a till at a time.
pub async fn make_checkpoints(
    state: &AppState,
    organization_id: OrganizationId,
    every_ops: u64,
) -> Result<(), CheckpointError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let tills = store::chain::tills_without_checkpoint(&mut tx, organization_id, every_ops).await?;
    tx.commit().await?;
    for device_id in tills {
        make_of_till(state, organization_id, device_id, every_ops).await?;
    }
    Ok(())
}

async fn make_of_till(
    state: &AppState,
    organization_id: OrganizationId,
    device_id: DeviceId,
    every_ops: u64,
) -> Result<(), CheckpointError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let locked = store::device::lock(&mut tx, organization_id, &[device_id]).await?;
    let Some(now_ms) = locked.first().map(|device| device.now_ms) else {
        return Ok(());
    };
    let unsigned = store::chain::unsigned(&mut tx, organization_id, device_id, every_ops).await?;
    if unsigned.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::default();
    for at in &unsigned {
        let checkpoint = sign(state, organization_id, at)?;
        store::chain::put_checkpoint(&mut tx, organization_id, at, &checkpoint).await?;
        rows.checkpoint.push(checkpoint);
    }
    let row = NewRow {
        row_type: FeedType::Derived,
        beside: None,
        bytes: serde_json::to_vec(&FeedRows {
            log_events: Vec::new(),
            op_id: None,
            effective_hlc: Hlc::from_ms(now_ms),
            rows,
        })?,
    };
    let feeds = BTreeMap::from([(Scope::Device(device_id).to_string(), vec![row])]);
    let raised = store::feed::append(&mut tx, organization_id, &feeds).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}

fn sign(
    state: &AppState,
    organization_id: OrganizationId,
    at: &Unsigned,
) -> Result<Checkpoint, serde_json::Error> {
    let body = serde_json::to_vec(&CheckpointBody {
        organization_id,
        device_id: at.of.device_id,
        epoch: at.of.epoch,
        branch: at.branch,
        seq: at.last_seq,
        hash: at.last_hash,
    })?;
    Ok(Checkpoint {
        signature: state.key.sign(&body),
        body: Base64(body),
        server_key: state.key.public(),
    })
}
