//! Signs a till in: a nonce, signed by the device's key, for an opaque token.

use domain::{
    contract::sync_v1::{TokenRequest, token_bytes},
    id::DeviceId,
    replication::chain::{Digest, verify_bytes},
};

use super::enrol_till::TOKEN_DAYS;
use crate::{
    auth::token,
    clock::{RandomError, random_bytes},
    database::begin,
    state::AppState,
    store::{
        self,
        directory::{self, Key},
    },
};

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum ChallengeError {
    /// One answer for a device, a nonce and a signature that are not known: none is betrayed.
    #[error("the signed challenge is not good")]
    NotGood,
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// A nonce for a device to sign. An unknown device gets one too; its answer will not be good.
pub async fn challenge_till(
    state: &AppState,
    device_id: DeviceId,
) -> Result<[u8; 32], ChallengeError> {
    let nonce = random_bytes::<32>()?;
    if let Some(organization_id) = directory::find(&state.pool, Key::Device(device_id)).await? {
        let mut tx = begin(&state.pool, organization_id).await?;
        let hash = nonce_hash(&nonce);
        store::enrolment::insert_challenge(&mut tx, organization_id, &hash, device_id).await?;
        tx.commit().await?;
    }
    Ok(nonce)
}

/// A token for a signed nonce. A revoked till gets one too: what it recorded is still taken.
pub async fn exchange_token(
    state: &AppState,
    request: &TokenRequest,
) -> Result<String, ChallengeError> {
    let device_id = request.device_id;
    let organization_id = directory::find(&state.pool, Key::Device(device_id))
        .await?
        .ok_or(ChallengeError::NotGood)?;
    let mut tx = begin(&state.pool, organization_id).await?;
    let hash = nonce_hash(&request.nonce.0);
    let is_good =
        store::enrolment::take_challenge(&mut tx, organization_id, &hash, device_id).await?;
    let device = store::device::get(&mut tx, organization_id, device_id).await?;
    let signed = token_bytes(&device_id, &request.nonce.0);
    let Some(_) = device.filter(|device| {
        is_good && verify_bytes(&signed, &request.signature, &device.public_key).is_ok()
    }) else {
        // The nonce is spent whatever came of it.
        tx.commit().await?;
        return Err(ChallengeError::NotGood);
    };
    let token = token::make(organization_id, device_id)?;
    store::device::set_token(&mut tx, organization_id, device_id, &token.hash, TOKEN_DAYS).await?;
    tx.commit().await?;
    Ok(token.text)
}

fn nonce_hash(nonce: &[u8]) -> Digest {
    Digest::of(&[b"techstore/nonce/1", nonce])
}
