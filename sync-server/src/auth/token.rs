//! Opaque tokens: ids that say where to look and 32 random bytes that prove the holder. The
//! database holds their hash.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{
    id::{DeviceId, OrganizationId},
    replication::chain::Digest,
};

use crate::clock::{RandomError, random_bytes};

/// A token and what is kept of it.
#[derive(Debug)]
pub struct NewToken {
    pub text: String,
    pub hash: Digest,
}

/// What a token's text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadToken {
    pub organization_id: OrganizationId,
    pub device_id: DeviceId,
    pub hash: Digest,
}

/// Makes a token of a device; of the nil device for a person's session.
pub fn make(organization_id: OrganizationId, device_id: DeviceId) -> Result<NewToken, RandomError> {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(organization_id.as_bytes());
    bytes.extend_from_slice(device_id.as_bytes());
    bytes.extend_from_slice(&random_bytes::<32>()?);
    Ok(NewToken {
        text: BASE64_URL_SAFE_NO_PAD.encode(&bytes),
        hash: hash(&bytes),
    })
}

/// Reads a token's text.
#[must_use]
pub fn read(text: &str) -> Option<ReadToken> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let (organization_id, rest) = bytes.split_first_chunk::<16>()?;
    let (device_id, secret) = rest.split_first_chunk::<16>()?;
    (secret.len() == 32).then(|| ReadToken {
        organization_id: uuid::Uuid::from_bytes(*organization_id).into(),
        device_id: uuid::Uuid::from_bytes(*device_id).into(),
        hash: hash(&bytes),
    })
}

fn hash(bytes: &[u8]) -> Digest {
    Digest::of(&[b"techstore/token/1", bytes])
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_token_reads_back_and_a_changed_one_has_another_hash() {
        let organization_id = OrganizationId(Uuid::from_u128(1));
        let made = make(organization_id, DeviceId(Uuid::from_u128(2))).unwrap();
        let read_back = read(&made.text).unwrap();
        assert_eq!(read_back.organization_id, organization_id);
        assert_eq!(read_back.hash, made.hash);
        let mut changed = made.text.into_bytes();
        changed[60] ^= 1;
        let changed = read(std::str::from_utf8(&changed).unwrap());
        assert!(changed.is_none_or(|token| token.hash != made.hash));
    }
}
