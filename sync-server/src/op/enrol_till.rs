//! Takes a till in by a one-time code: a new device with its key, its epoch and its series.

use domain::{
    contract::sync_v1::{Certificate, CertificateBody, EnrolReply, EnrolRequest, enrol_bytes},
    id::DeviceId,
    limit::TEXT_CHARS_MAX,
    replication::{
        body::ServerPutBody,
        chain::{Base64, SignatureBytes, verify_bytes},
        row::Till,
    },
    sale::number::series_of_epoch,
};
use ed25519_dalek::Signer;

use super::{
    make_enrolment_code::{code_hash, normalize},
    record_server_operation::{ServerOperation, ServerOperationError, record_server_operations},
};
use crate::{
    auth::token,
    clock,
    database::begin,
    state::AppState,
    store::{
        self,
        device::NewDevice,
        directory::{self, Key},
    },
};

/// How long a till's token is good before it signs a new challenge.
pub const TOKEN_DAYS: i32 = 30;

/// Why a till is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    #[error("this code was never given out")]
    CodeUnknown,
    #[error("this code is too old; ask for a new one")]
    CodeExpired,
    #[error("this code was used already; ask for a new one")]
    CodeSpent,
    #[error("the request is not signed by the key that it brings")]
    SignatureInvalid,
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error(transparent)]
    Random(#[from] clock::RandomError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    #[error("the certificate cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// Enrols a till.
pub async fn enrol_till(
    state: &AppState,
    request: &EnrolRequest,
) -> Result<EnrolReply, EnrolError> {
    let signed = enrol_bytes(&request.code, &request.public_key);
    verify_bytes(&signed, &request.signature, &request.public_key)
        .map_err(|_| EnrolError::SignatureInvalid)?;
    let plain = normalize(&request.code);
    let organization_id = directory::find(&state.pool, Key::Code(&plain))
        .await?
        .ok_or(EnrolError::CodeUnknown)?;
    let mut tx = begin(&state.pool, organization_id).await?;
    let hash = code_hash(&plain);
    let code = store::enrolment::lock_code(&mut tx, organization_id, &hash)
        .await?
        .ok_or(EnrolError::CodeUnknown)?;
    if code.is_spent {
        return Err(EnrolError::CodeSpent);
    }
    if code.is_expired {
        return Err(EnrolError::CodeExpired);
    }
    // The server's row is locked before the epoch is read, so that two tills that enrol for one
    // place at once get two epochs.
    store::device::ensure_server(&mut tx, organization_id, &state.key.public()).await?;
    store::device::lock_chain(&mut tx, organization_id, DeviceId::SERVER).await?;
    let (store_id, number) = (code.store_id, code.till_number);
    let epoch = store::device::newest_epoch(&mut tx, organization_id, store_id, number).await? + 1;
    let till = Till {
        device_id: clock::new_id()?,
        store_id,
        number,
        name: request.name.trim().chars().take(TEXT_CHARS_MAX).collect(),
        epoch,
        series: series_of_epoch(epoch),
        revoked: false,
    };
    let token = token::make(organization_id, till.device_id)?;
    let new = NewDevice {
        till: &till,
        public_key: &request.public_key,
        genesis: &request.prev_hash,
        token_hash: &token.hash,
        token_days: TOKEN_DAYS,
    };
    store::device::insert(&mut tx, organization_id, &new).await?;
    directory::enter(&mut *tx, organization_id, Key::Device(till.device_id)).await?;
    store::enrolment::spend_code(&mut tx, organization_id, &hash).await?;
    let put = ServerOperation::put(ServerPutBody {
        tills: vec![till.clone()],
        ..ServerPutBody::default()
    });
    let raised = record_server_operations(&mut tx, organization_id, &state.key, vec![put]).await?;
    let missing = || store::unreadable("the till's organization or store");
    let organization = store::organization::get(&mut tx, organization_id).await?;
    let organization = organization.ok_or_else(missing)?;
    let store = store::organization::store(&mut tx, organization_id, store_id).await?;
    let store = store.ok_or_else(missing)?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    let certificate = certificate(
        state,
        &CertificateBody {
            organization_id,
            device_id: till.device_id,
            public_key: request.public_key,
            store_id,
            till_number: number,
            epoch,
            series: till.series.clone(),
        },
    )?;
    Ok(EnrolReply {
        organization,
        store,
        till,
        token: token.text,
        incarnation: state.incarnation(),
        certificate,
        server_ms: clock::now_ms(),
    })
}

fn certificate(state: &AppState, body: &CertificateBody) -> Result<Certificate, EnrolError> {
    let body = serde_json::to_vec(body)?;
    let signature = state.key.signing().sign(&body).to_bytes();
    Ok(Certificate {
        body: Base64(body),
        server_key: state.key.public(),
        signature: SignatureBytes(signature),
    })
}
