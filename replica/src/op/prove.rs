//! What the journal says about a document: its operation's hash, and whether bytes, signature and
//! neighbours in the chain agree with what is shown.

use domain::{
    contract::sync_v1::CertificateBody,
    id::OpId,
    receipt::Proof,
    replication::{
        OpBody, OpHeader,
        chain::{PublicKey, decode_header, verify},
    },
    sale::Document,
};
use sqlx::SqliteConnection;

use crate::{
    error::Error,
    identity::Identity,
    store::{self, journal::Kept},
};

/// The proof of a document that this till has made this very moment.
pub(crate) async fn of_own(
    connection: &mut SqliteConnection,
    document_id: OpId,
) -> Result<Proof, Error> {
    let hash = store::journal::hash(connection, document_id)
        .await?
        .ok_or(Error::Internal("a document without an operation"))?;
    Ok(Proof {
        hash: hash.to_string(),
        is_sound: Some(true),
    })
}

/// The proof of any document; none where its operation is not kept here.
pub(crate) async fn of(
    connection: &mut SqliteConnection,
    identity: &Identity,
    document: &Document,
) -> Result<Option<Proof>, Error> {
    let Some(kept) = store::journal::kept(connection, document.document_id).await? else {
        return Ok(None);
    };
    let hash = kept.hash.to_string();
    let Ok(header) = decode_header(&kept.header) else {
        return Ok(Some(Proof {
            hash,
            is_sound: Some(false),
        }));
    };
    let key = key_of(connection, identity, &header).await?;
    let is_sound = match key {
        None => None,
        Some(key) => Some(
            verify(&kept.header, &kept.body, &kept.hash, &kept.signature, &key).is_ok()
                && states(&kept, &header, document)
                && is_linked(connection, &kept, &header).await?,
        ),
    };
    Ok(Some(Proof { hash, is_sound }))
}

/// The key of the device that recorded it, as the server certified it.
async fn key_of(
    connection: &mut SqliteConnection,
    identity: &Identity,
    header: &OpHeader,
) -> Result<Option<PublicKey>, Error> {
    let is_own = header.device_id == identity.device_id();
    if is_own && header.epoch == identity.enrolment.till.epoch {
        let key = identity.secrets.device_key.verifying_key();
        return Ok(Some(PublicKey(key.to_bytes())));
    }
    let found = store::vouch::certificate(connection, header.device_id, header.epoch).await?;
    let body = found.and_then(|certificate| {
        serde_json::from_slice::<CertificateBody>(&certificate.body.0).ok()
    });
    Ok(body.map(|body| body.public_key))
}

/// Whether the signed body is the document that is shown.
fn states(kept: &Kept, header: &OpHeader, document: &Document) -> bool {
    let body = OpBody::from_bytes(&header.kind, header.kind_version, &kept.body);
    match body {
        Ok(OpBody::Sale(body) | OpBody::Refund(body)) => {
            body.number == document.number
                && body.total_minor == document.total_minor
                && body.tax_minor == document.tax_minor
                && body.rounding_minor == document.rounding_minor
                && body.lines == document.lines
                && body.payments == document.payments
        }
        Ok(OpBody::InvoiceMake(invoiced)) => {
            invoiced.number == document.number
                && invoiced.total_minor == document.total_minor
                && invoiced.tax_minor == document.tax_minor
                && invoiced.rounding_minor == document.rounding_minor
                && invoiced.lines == document.lines
                && invoiced.payments == document.payments
        }
        Ok(OpBody::QuoteMake(quoted)) => {
            quoted.number == document.number
                && quoted.total_minor == document.total_minor
                && quoted.tax_minor == document.tax_minor
                && quoted.lines == document.lines
        }
        _ => false,
    }
}

/// Whether the one before has the hash that this names, and the one after names this. What is not
/// kept here says nothing.
async fn is_linked(
    connection: &mut SqliteConnection,
    kept: &Kept,
    header: &OpHeader,
) -> Result<bool, Error> {
    let (device_id, epoch, seq) = (header.device_id, header.epoch, header.device_seq);
    let before = store::journal::at(connection, device_id, epoch, seq.saturating_sub(1)).await?;
    let after = store::journal::at(connection, device_id, epoch, seq.saturating_add(1)).await?;
    let follows = before.is_empty() || before.iter().any(|one| one.hash == header.prev_hash);
    let is_followed = after.is_empty()
        || after.iter().any(|one| {
            decode_header(&one.header).is_ok_and(|header| header.prev_hash == kept.hash)
        });
    Ok(follows && is_followed)
}
