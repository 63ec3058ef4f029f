//! Takes back a till that the database lost, by the certificate that this server signed when it
//! enrolled (sync protocol, section 7).

use domain::{
    contract::sync_v1::{Certificate, CertificateBody},
    id::OrganizationId,
    replication::{
        body::ServerPutBody,
        chain::{Base64, verify_bytes},
        row::Till,
    },
};

use super::record_server_operation::{
    ServerOperation, ServerOperationError, record_server_operations,
};
use crate::{
    clock::{self, RandomError},
    database::{Tx, begin},
    state::{AppState, ServerKey},
    store::{
        self,
        chain::Enrolment,
        device::NewEnrolment,
        directory::{self, Key},
    },
};

/// Why a till was not taken back.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error("the certificate cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Signs what a till was given. The same words always get the same signature.
pub fn sign_certificate(
    key: &ServerKey,
    body: &CertificateBody,
) -> Result<Certificate, serde_json::Error> {
    let body = serde_json::to_vec(body)?;
    Ok(Certificate {
        signature: key.sign(&body),
        body: Base64(body),
        server_key: key.public(),
    })
}

/// What a certificate says, if this server's key signed it.
#[must_use]
pub fn read_certificate(key: &ServerKey, certificate: &Certificate) -> Option<CertificateBody> {
    let is_own = certificate.server_key == key.public();
    let signed = (&certificate.body.0, &certificate.signature);
    if !is_own || verify_bytes(signed.0, signed.1, &key.public()).is_err() {
        return None;
    }
    serde_json::from_slice(&certificate.body.0).ok()
}

/// Takes back the enrolments among these that are not known any more. What this server did not
/// sign, or signed for another business, brings nobody back and stops nothing else.
pub async fn adopt_certificates(
    state: &AppState,
    organization_id: OrganizationId,
    certificates: &[Certificate],
) -> Result<(), AdoptError> {
    let read = certificates
        .iter()
        .filter_map(|certificate| read_certificate(&state.key, certificate));
    let bodies: Vec<_> = read
        .filter(|body| body.organization_id == organization_id)
        .collect();
    if bodies.len() < certificates.len() {
        let ignored = certificates.len() - bodies.len();
        tracing::warn!(
            ignored,
            "certificates that this server did not give out here"
        );
    }
    if bodies.is_empty() {
        return Ok(());
    }
    let mut tx = begin(&state.pool, organization_id).await?;
    if store::organization::get(&mut tx, organization_id)
        .await?
        .is_none()
    {
        return Ok(());
    }
    // Looked at first without a lock: nearly always every one of them is known.
    if unknown(&mut tx, organization_id, &bodies).await?.is_empty() {
        tx.commit().await?;
        return Ok(());
    }
    store::device::lock_server(&mut tx, organization_id, &state.key.public()).await?;
    let back = adopt_lost(&mut tx, organization_id, &bodies).await?;
    let mut operations = Vec::with_capacity(back.len());
    for (till, body) in back {
        operations.push(ServerOperation::put(ServerPutBody {
            tills: vec![till],
            certificates: vec![sign_certificate(&state.key, &body)?],
            ..ServerPutBody::default()
        }));
    }
    let raised = record_server_operations(&mut tx, organization_id, &state.key, operations).await?;
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}

/// Takes back those that are not known, under the lock of the server's row; returns their tills.
pub(super) async fn adopt_lost(
    tx: &mut Tx,
    organization_id: OrganizationId,
    bodies: &[CertificateBody],
) -> Result<Vec<(Till, CertificateBody)>, AdoptError> {
    let mut back = Vec::new();
    for body in unknown(tx, organization_id, bodies).await? {
        let till = adopt(tx, organization_id, &body).await?;
        tracing::warn!(device_id = %till.device_id, epoch = body.epoch, "a lost till is back");
        back.push((till, body));
    }
    Ok(back)
}

/// Enrolments that are not known, each once, a device's oldest first.
async fn unknown(
    tx: &mut Tx,
    organization_id: OrganizationId,
    bodies: &[CertificateBody],
) -> Result<Vec<CertificateBody>, sqlx::Error> {
    let ids: Vec<_> = bodies.iter().map(|body| body.device_id).collect();
    let known = store::device::enrolments(tx, organization_id, &ids).await?;
    let mut lost: Vec<CertificateBody> = bodies
        .iter()
        .filter(|body| {
            let of = enrolment(body);
            !known.iter().any(|device| device.enrolment() == of)
        })
        .cloned()
        .collect();
    lost.sort_unstable_by_key(enrolment);
    lost.dedup_by_key(|body| enrolment(body));
    Ok(lost)
}

fn enrolment(body: &CertificateBody) -> Enrolment {
    Enrolment {
        device_id: body.device_id,
        epoch: body.epoch,
    }
}

/// Makes the rows of one enrolment; returns the till as it is now.
async fn adopt(
    tx: &mut Tx,
    organization_id: OrganizationId,
    body: &CertificateBody,
) -> Result<Till, AdoptError> {
    let (store_id, number) = (body.store_id, body.till_number);
    let is_taken =
        store::device::has_epoch(tx, organization_id, store_id, number, body.epoch).await?;
    let till = Till {
        device_id: body.device_id,
        store_id,
        number,
        name: format!("till {number}"),
        epoch: body.epoch,
        series: body.series.clone(),
        revoked: false,
    };
    let new = NewEnrolment {
        till: &till,
        public_key: &body.public_key,
        genesis: None,
    };
    store::device::enrol(tx, organization_id, &new).await?;
    directory::enter(&mut **tx, organization_id, Key::Device(body.device_id)).await?;
    if is_taken {
        // Two tills now make numbers of one series: the owner enrols one of them anew.
        let detail = serde_json::json!({ "number": number, "series": body.series });
        let (id, place) = (clock::new_id()?, (store_id, body.device_id));
        let kind = "series_shared";
        store::exception::open_for_device(tx, organization_id, id, kind, place, &detail).await?;
    }
    let tills = store::device::tills(tx, organization_id).await?;
    let now = tills
        .into_iter()
        .find(|one| one.device_id == till.device_id);
    Ok(now.unwrap_or(till))
}
