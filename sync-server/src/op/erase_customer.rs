//! Forgets a person: every text that was recorded of a customer up to now leaves the database, and
//! what arrives later from before is dropped. Operations, chains and digests stay as they are,
//! because none of them ever held the texts.

use std::collections::BTreeMap;

use domain::{
    contract::sync_v1::{Beside, Erasure, ErasureBody, FeedRows, FeedType},
    customer::CustomerField,
    hlc::Hlc,
    id::{CustomerId, OrganizationId},
    replication::{
        OpBody, Rows,
        chain::{Base64, verify_bytes},
        table::Scope,
    },
};

use crate::{
    database::{Tx, begin},
    state::AppState,
    store::{self, feed::NewRow},
};

/// Why nobody was forgotten.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error("there is no such customer")]
    Unknown,
    #[error("an erasure cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Erases a customer as of now; returns of how many operations the texts are gone.
pub async fn erase_customer(
    state: &AppState,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<u64, EraseError> {
    let mut tx = begin(&state.pool, organization_id).await?;
    if !store::customer::exists(&mut tx, organization_id, customer_id).await? {
        return Err(EraseError::Unknown);
    }
    let key = state.key.public();
    let mut server = store::device::lock_server(&mut tx, organization_id, &key).await?;
    let records = store::customer::lock(&mut tx, organization_id, &[customer_id]).await?;
    let stamps = records.iter().flat_map(|(_, stamps)| stamps.values());
    let newest = stamps.map(|stamp| stamp.hlc).max().unwrap_or_default();
    let effective = server.last_effective.max(newest).tick(server.now_ms);
    server.last_effective = effective;
    store::device::advance_server(&mut tx, organization_id, &server).await?;
    let erasure = sign(state, organization_id, customer_id, effective)?;
    let stripped = erase(&mut tx, organization_id, customer_id, effective, &erasure).await?;
    let raised = tell(&mut tx, organization_id, customer_id, effective, erasure).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(stripped)
}

/// Erases again whom a restored server forgot that it erased. What another server signed, or
/// signed for another business, is passed over.
pub async fn erase_again(
    state: &AppState,
    organization_id: OrganizationId,
    erasures: &[Erasure],
) -> Result<(), EraseError> {
    for erasure in erasures {
        let Some(body) = read_erasure(state, organization_id, erasure) else {
            tracing::warn!("an erasure that this server did not sign here");
            continue;
        };
        let (customer_id, until) = (body.customer_id, body.effective_hlc);
        let mut tx = begin(&state.pool, organization_id).await?;
        let known = store::erasure::erased(&mut tx, organization_id, &[customer_id]).await?;
        if known.get(&customer_id).is_some_and(|known| *known >= until) {
            tx.commit().await?;
            continue;
        }
        store::device::lock_server(&mut tx, organization_id, &state.key.public()).await?;
        store::customer::lock(&mut tx, organization_id, &[customer_id]).await?;
        erase(&mut tx, organization_id, customer_id, until, erasure).await?;
        let raised = tell(
            &mut tx,
            organization_id,
            customer_id,
            until,
            erasure.clone(),
        )
        .await?;
        tx.commit().await?;
        state.live.publish(organization_id, &raised);
    }
    Ok(())
}

fn sign(
    state: &AppState,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    effective_hlc: Hlc,
) -> Result<Erasure, serde_json::Error> {
    let body = serde_json::to_vec(&ErasureBody {
        organization_id,
        customer_id,
        effective_hlc,
    })?;
    Ok(Erasure {
        signature: state.key.sign(&body),
        body: Base64(body),
        server_key: state.key.public(),
    })
}

fn read_erasure(
    state: &AppState,
    organization_id: OrganizationId,
    erasure: &Erasure,
) -> Option<ErasureBody> {
    verify_bytes(&erasure.body.0, &erasure.signature, &state.key.public()).ok()?;
    let body: ErasureBody = serde_json::from_slice(&erasure.body.0).ok()?;
    (body.organization_id == organization_id).then_some(body)
}

/// Takes the texts out of every table, under the lock of the customer's row.
async fn erase(
    tx: &mut Tx,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    until: Hlc,
    erasure: &Erasure,
) -> Result<u64, EraseError> {
    store::erasure::put(tx, organization_id, customer_id, until, erasure).await?;
    let stripped = store::erasure::strip_customer(tx, organization_id, customer_id, until).await?;
    store::erasure::strip_feed(tx, organization_id, customer_id).await?;
    strip_held(tx, organization_id, customer_id, until).await?;
    let mut records = store::customer::lock(tx, organization_id, &[customer_id]).await?;
    for (customer, stamps) in &mut records {
        for field in CustomerField::ALL {
            if stamps.get(&field).is_none_or(|stamp| stamp.hlc < until) {
                customer.set(field, String::new());
            }
        }
    }
    let records: Vec<_> = records.iter().collect();
    store::customer::write(tx, organization_id, &records).await?;
    Ok(stripped)
}

/// Held operations that can be read lose their texts too; those that cannot lose them on the day
/// on which they can, when they are tried again.
async fn strip_held(
    tx: &mut Tx,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    until: Hlc,
) -> Result<(), EraseError> {
    for (key, held) in store::held::with_private(tx, organization_id).await? {
        let Ok(header) = held.envelope.decode_header() else {
            continue;
        };
        let is_of_customer = matches!(
            held.envelope.decode_body(&header),
            Ok(OpBody::CustomerPut(body)) if body.customer_id == customer_id
        );
        if is_of_customer && held.effective < until {
            store::held::strip(tx, organization_id, key).await?;
        }
    }
    Ok(())
}

/// Tells the tills, with the record as it is now beside the row.
async fn tell(
    tx: &mut Tx,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    effective_hlc: Hlc,
    erasure: Erasure,
) -> Result<BTreeMap<String, u64>, EraseError> {
    let records = store::customer::lock(tx, organization_id, &[customer_id]).await?;
    let bytes = serde_json::to_vec(&FeedRows {
        log_events: Vec::new(),
        op_id: None,
        effective_hlc,
        rows: Rows {
            erasure: vec![erasure],
            ..Rows::default()
        },
    })?;
    let row = NewRow {
        row_type: FeedType::Derived,
        bytes,
        beside: Some(Beside {
            private: Vec::new(),
            customer: records.into_iter().map(|(customer, _)| customer).collect(),
        }),
    };
    let feeds = BTreeMap::from([(Scope::Org.to_string(), vec![row])]);
    Ok(store::feed::append(tx, organization_id, &feeds).await?)
}
