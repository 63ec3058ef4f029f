//! Takes a till in by a one-time code: a new device with its key, its epoch and its series.

use domain::{
    contract::sync_v1::{CertificateBody, EnrolReply, EnrolRequest, enrol_bytes},
    id::{DeviceId, OrganizationId, StoreId},
    limit::TEXT_CHARS_MAX,
    replication::{body::ServerPutBody, chain::verify_bytes, row::Till},
    sale::number::series_of_epoch,
};

use super::{
    adopt_certificate::{AdoptError, adopt_lost, read_certificate, sign_certificate},
    make_enrolment_code::{code_hash, normalize},
    record_server_operation::{ServerOperation, ServerOperationError, record_server_operations},
};
use crate::{
    auth::token,
    clock,
    database::{Tx, begin},
    state::AppState,
    store::{
        self,
        chain::Enrolment,
        device::NewEnrolment,
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
    Adopt(#[from] AdoptError),
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
    store::device::lock_server(&mut tx, organization_id, &state.key.public()).await?;
    let (store_id, number) = (code.store_id, code.till_number);
    let before = former(state, &mut tx, request, organization_id, (store_id, number)).await?;
    let newest = store::device::newest_epoch(&mut tx, organization_id, store_id, number).await?;
    let epoch = before
        .as_ref()
        .map_or(newest, |body| newest.max(body.epoch))
        + 1;
    let till = Till {
        device_id: match &before {
            Some(body) => body.device_id,
            None => clock::new_id()?,
        },
        store_id,
        number,
        name: shown(&request.name),
        epoch,
        series: series_of_epoch(epoch),
        revoked: false,
    };
    let new = NewEnrolment {
        till: &till,
        public_key: &request.public_key,
        genesis: Some(&request.prev_hash),
    };
    store::device::enrol(&mut tx, organization_id, &new).await?;
    let token = token::make(organization_id, till.device_id)?;
    let of = Enrolment {
        device_id: till.device_id,
        epoch,
    };
    store::device::set_token(&mut tx, organization_id, of, &token.hash, TOKEN_DAYS).await?;
    store::exception::close_copies(&mut tx, organization_id, till.device_id).await?;
    directory::enter(&mut *tx, organization_id, Key::Device(till.device_id)).await?;
    store::enrolment::spend_code(&mut tx, organization_id, &hash).await?;
    let certificate = sign_certificate(
        &state.key,
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
    let put = ServerOperation::put(ServerPutBody {
        tills: vec![till.clone()],
        certificates: vec![certificate.clone()],
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

/// A computer's name as a line of the owner's list.
fn shown(name: &str) -> String {
    let letters = name.trim().chars().filter(|letter| !letter.is_control());
    letters.take(TEXT_CHARS_MAX).collect()
}

/// The enrolment that a till gives up, if its certificate proves it and the code is for the same
/// place; else it is a new till, as is one that was revoked. The given-up enrolment stays known:
/// others may still hold what it signed.
async fn former(
    state: &AppState,
    tx: &mut Tx,
    request: &EnrolRequest,
    organization_id: OrganizationId,
    place: (StoreId, u32),
) -> Result<Option<CertificateBody>, EnrolError> {
    let certificate = request.certificate.as_ref();
    let body = certificate.and_then(|certificate| read_certificate(&state.key, certificate));
    let same_place = body.filter(|body| {
        body.organization_id == organization_id
            && (body.store_id, body.till_number) == place
            && body.device_id != DeviceId::SERVER
    });
    let Some(body) = same_place else {
        return Ok(None);
    };
    adopt_lost(tx, organization_id, std::slice::from_ref(&body)).await?;
    let known = store::device::enrolments(tx, organization_id, &[body.device_id]).await?;
    let is_revoked = known.iter().any(|device| device.revoked);
    Ok((!is_revoked).then_some(body))
}
