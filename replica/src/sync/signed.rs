//! What a feed or a snapshot brings under the server's signature counts only if the server of this
//! till's enrolment signed it, for this till's business: whoever stands between can forge neither a
//! till, nor a tombstone, nor leave to forget.

use domain::{
    contract::sync_v1::{CertificateBody, CheckpointBody, ErasureBody},
    id::OrganizationId,
    replication::{
        Rows,
        chain::{Base64, PublicKey, SignatureBytes, verify_bytes},
    },
};
use serde::de::DeserializeOwned;

use crate::identity::Identity;

/// Leaves out what was forged.
pub(super) fn keep_signed(rows: &mut Rows, identity: &Identity) {
    let key = identity.enrolment.certificate.server_key;
    let own = identity.enrolment.organization.organization_id;
    let before = count(rows);
    rows.certificate.retain(|one| {
        one.server_key == key
            && says(&one.body, &one.signature, &key, |body: &CertificateBody| {
                body.organization_id
            }) == Some(own)
    });
    rows.checkpoint.retain(|one| {
        says(&one.body, &one.signature, &key, |body: &CheckpointBody| {
            body.organization_id
        }) == Some(own)
    });
    rows.erasure.retain(|one| {
        says(&one.body, &one.signature, &key, |body: &ErasureBody| {
            body.organization_id
        }) == Some(own)
    });
    let forged = before - count(rows);
    if forged > 0 {
        tracing::error!(forged, "what the server is said to have signed it has not");
    }
}

fn count(rows: &Rows) -> usize {
    rows.certificate.len() + rows.checkpoint.len() + rows.erasure.len()
}

/// Whose business signed words are about, if that key signed them.
fn says<T: DeserializeOwned>(
    body: &Base64,
    signature: &SignatureBytes,
    key: &PublicKey,
    whose: fn(&T) -> OrganizationId,
) -> Option<OrganizationId> {
    verify_bytes(&body.0, signature, key).ok()?;
    serde_json::from_slice(&body.0)
        .ok()
        .map(|body| whose(&body))
}
