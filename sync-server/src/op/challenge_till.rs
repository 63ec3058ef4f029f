//! Signs a till in: a nonce, signed by the device's key, for an opaque token.

use domain::{
    contract::sync_v1::{CertificateBody, TokenRequest, token_bytes},
    id::DeviceId,
    replication::chain::{Digest, verify_bytes},
};

use super::{
    adopt_certificate::{AdoptError, adopt_certificates, read_certificate},
    enrol_till::TOKEN_DAYS,
};
use crate::{
    auth::token,
    clock::{self, RandomError, random_bytes},
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
    Adopt(#[from] AdoptError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// A nonce for a device to sign. An unknown device gets one too, which it can use with its
/// certificate alone: nothing is kept of it, so it proves itself.
pub async fn challenge_till(
    state: &AppState,
    device_id: DeviceId,
) -> Result<[u8; 32], ChallengeError> {
    let random = random_bytes::<16>()?;
    let nonce = proven(state, device_id, random, minute());
    if let Some(organization_id) = directory::find(&state.pool, Key::Device(device_id)).await? {
        let mut tx = begin(&state.pool, organization_id).await?;
        let hash = nonce_hash(&nonce);
        store::enrolment::insert_challenge(&mut tx, organization_id, &hash, device_id).await?;
        tx.commit().await?;
    }
    Ok(nonce)
}

/// A token for a signed nonce. A revoked till gets one too: what it recorded is still taken. A till
/// that the database lost comes back by its certificate.
pub async fn exchange_token(
    state: &AppState,
    request: &TokenRequest,
) -> Result<String, ChallengeError> {
    let device_id = request.device_id;
    let known_in = directory::find(&state.pool, Key::Device(device_id)).await?;
    let certified = certified(state, request);
    let (organization_id, is_good) = match (known_in, &certified) {
        (Some(organization_id), _) => {
            let mut tx = begin(&state.pool, organization_id).await?;
            let hash = nonce_hash(&request.nonce.0);
            let is_good =
                store::enrolment::take_challenge(&mut tx, organization_id, &hash, device_id)
                    .await?;
            // The nonce is spent whatever comes of it.
            tx.commit().await?;
            (organization_id, is_good)
        }
        // Once it is back, the same nonce is looked for among those that were kept.
        (None, Some(body)) => (body.organization_id, is_fresh(state, request)),
        (None, None) => return Err(ChallengeError::NotGood),
    };
    if !is_good {
        return Err(ChallengeError::NotGood);
    }
    if let (Some(body), Some(certificate)) = (certified, &request.certificate)
        && body.organization_id == organization_id
    {
        let certificates = std::slice::from_ref(certificate);
        adopt_certificates(state, organization_id, certificates).await?;
    }
    let mut tx = begin(&state.pool, organization_id).await?;
    let enrolments = store::device::enrolments(&mut tx, organization_id, &[device_id]).await?;
    let signed = token_bytes(&device_id, &request.nonce.0);
    let own = enrolments
        .iter()
        .find(|device| verify_bytes(&signed, &request.signature, &device.public_key).is_ok())
        .ok_or(ChallengeError::NotGood)?;
    let token = token::make(organization_id, device_id)?;
    let of = own.enrolment();
    store::device::set_token(&mut tx, organization_id, of, &token.hash, TOKEN_DAYS).await?;
    tx.commit().await?;
    Ok(token.text)
}

/// The certificate's words, if it is this server's, of this device, and its key signed the nonce.
fn certified(state: &AppState, request: &TokenRequest) -> Option<CertificateBody> {
    let body = read_certificate(&state.key, request.certificate.as_ref()?)?;
    let signed = token_bytes(&request.device_id, &request.nonce.0);
    let is_own = body.device_id == request.device_id
        && verify_bytes(&signed, &request.signature, &body.public_key).is_ok();
    is_own.then_some(body)
}

/// Sixteen random bytes and sixteen that only this server can make of them, for one minute.
fn proven(state: &AppState, device_id: DeviceId, random: [u8; 16], minute: u64) -> [u8; 32] {
    let seed = state.key.signing().to_bytes();
    let minute = minute.to_be_bytes();
    let parts: [&[u8]; 5] = [
        b"techstore/nonce-proof/1",
        &seed,
        device_id.as_bytes(),
        &random,
        &minute,
    ];
    let proof = Digest::of(&parts).0;
    let mut nonce = [0; 32];
    nonce[..16].copy_from_slice(&random);
    nonce[16..].copy_from_slice(&proof[..16]);
    nonce
}

/// Whether this server made the nonce for the device within the last two minutes.
fn is_fresh(state: &AppState, request: &TokenRequest) -> bool {
    let Some(random) = request.nonce.0.first_chunk::<16>() else {
        return false;
    };
    let now = minute();
    [now, now.saturating_sub(1)].into_iter().any(|minute| {
        proven(state, request.device_id, *random, minute).as_slice() == request.nonce.0
    })
}

fn minute() -> u64 {
    clock::now_ms() / 60_000
}

fn nonce_hash(nonce: &[u8]) -> Digest {
    Digest::of(&[b"techstore/nonce/1", nonce])
}
