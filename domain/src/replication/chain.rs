//! The bytes that are hashed and signed, so that a journal made at a till can be checked by anyone
//! with its public key. These bytes never change; golden files in `tests` hold one of each.

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

use super::op::OpHeader;

/// A SHA-256 hash. Travels as base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

/// An Ed25519 signature. Travels as base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignatureBytes(pub [u8; 64]);

/// An Ed25519 public key. Travels as base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; 32]);

/// Bytes that travel as base64.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Base64(pub Vec<u8>);

macro_rules! base64_array {
    ($($name:ident, $length:literal);+ $(;)?) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&BASE64_STANDARD.encode(self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let bytes = Base64::deserialize(deserializer)?.0;
                <[u8; $length]>::try_from(bytes.as_slice()).map($name).map_err(|_| {
                    de::Error::custom(concat!("expected ", $length, " bytes in base64"))
                })
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = std::array::TryFromSliceError;
            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                bytes.try_into().map(Self)
            }
        }
    )+};
}

base64_array! { Digest, 32; SignatureBytes, 64; PublicKey, 32 }

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        BASE64_STANDARD
            .decode(text.as_bytes())
            .map(Base64)
            .map_err(de::Error::custom)
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Digest {
    /// SHA-256 of the parts one after another.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Digest {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Digest(hasher.finalize().into())
    }
}

/// Domain separation of operations.
const OP_TAG: &[u8] = b"techstore/op/1";
/// Domain separation of the feed's digests.
const FEED_TAG: &[u8] = b"techstore/feed/1";
const ABSENT: u32 = u32::MAX;

/// Why an operation's bytes cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("the header's bytes cannot be read")]
    HeaderUnreadable,
    #[error("the bytes do not fit their hash")]
    HashMismatch,
    #[error("the signature does not fit the device's key")]
    SignatureInvalid,
}

/// The header's bytes as they are hashed, stored and sent.
#[must_use]
pub fn encode_header(header: &OpHeader) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(OP_TAG);
    bytes.extend_from_slice(header.op_id.as_bytes());
    bytes.extend_from_slice(header.device_id.as_bytes());
    bytes.extend_from_slice(&header.epoch.to_be_bytes());
    bytes.extend_from_slice(&header.device_seq.to_be_bytes());
    put_bytes(&mut bytes, header.kind.as_bytes());
    bytes.extend_from_slice(&u64::from(header.kind_version).to_be_bytes());
    bytes.extend_from_slice(&header.hlc.0.to_be_bytes());
    bytes.extend_from_slice(&header.wall_ms.to_be_bytes());
    put_optional(
        &mut bytes,
        header.store_id.as_ref().map(|id| id.as_bytes().as_slice()),
    );
    put_optional(
        &mut bytes,
        header.staff_id.as_ref().map(|id| id.as_bytes().as_slice()),
    );
    bytes.extend_from_slice(&header.prev_hash.0);
    bytes
}

/// Reads a header back; every byte must be accounted for.
pub fn decode_header(bytes: &[u8]) -> Result<OpHeader, ChainError> {
    let mut reader = Reader(bytes);
    if reader.take(OP_TAG.len())? != OP_TAG {
        return Err(ChainError::HeaderUnreadable);
    }
    let header = OpHeader {
        op_id: uuid::Uuid::from_bytes(reader.array()?).into(),
        device_id: uuid::Uuid::from_bytes(reader.array()?).into(),
        epoch: u64::from_be_bytes(reader.array()?),
        device_seq: u64::from_be_bytes(reader.array()?),
        kind: String::from_utf8(reader.bytes()?.unwrap_or_default().to_vec())
            .map_err(|_| ChainError::HeaderUnreadable)?,
        kind_version: u64::from_be_bytes(reader.array()?)
            .try_into()
            .map_err(|_| ChainError::HeaderUnreadable)?,
        hlc: crate::hlc::Hlc(u64::from_be_bytes(reader.array()?)),
        wall_ms: i64::from_be_bytes(reader.array()?),
        store_id: reader.optional_id()?.map(Into::into),
        staff_id: reader.optional_id()?.map(Into::into),
        prev_hash: Digest(reader.array()?),
    };
    if reader.0.is_empty() {
        Ok(header)
    } else {
        Err(ChainError::HeaderUnreadable)
    }
}

/// The hash of an operation over its exact bytes.
#[must_use]
pub fn op_hash(header: &[u8], body: &[u8]) -> Digest {
    let length = u32::try_from(body.len()).unwrap_or(ABSENT).to_be_bytes();
    Digest::of(&[header, &length, body])
}

/// Signs an operation's hash with the device's key.
#[must_use]
pub fn sign(key: &SigningKey, hash: &Digest) -> SignatureBytes {
    SignatureBytes(key.sign(&hash.0).to_bytes())
}

/// Checks that the bytes fit the hash and the hash its signature.
pub fn verify(
    header: &[u8],
    body: &[u8],
    hash: &Digest,
    signature: &SignatureBytes,
    key: &PublicKey,
) -> Result<(), ChainError> {
    if op_hash(header, body) != *hash {
        return Err(ChainError::HashMismatch);
    }
    verify_bytes(&hash.0, signature, key)
}

/// Checks a signature over any bytes.
pub fn verify_bytes(
    message: &[u8],
    signature: &SignatureBytes,
    key: &PublicKey,
) -> Result<(), ChainError> {
    VerifyingKey::from_bytes(&key.0)
        .and_then(|key| key.verify(message, &Signature::from_bytes(&signature.0)))
        .map_err(|_| ChainError::SignatureInvalid)
}

/// The digest of a feed before its first row.
#[must_use]
pub fn feed_genesis(scope: &str) -> Digest {
    Digest::of(&[FEED_TAG, &framed(scope.as_bytes())])
}

/// The digest of a feed after one more row.
#[must_use]
pub fn feed_digest(scope: &str, seq: u64, before: &Digest, row: &[u8]) -> Digest {
    Digest::of(&[
        FEED_TAG,
        &framed(scope.as_bytes()),
        &seq.to_be_bytes(),
        &before.0,
        &framed(row),
    ])
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(bytes.len() + 4);
    put_bytes(&mut framed, bytes);
    framed
}

fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(ABSENT).to_be_bytes());
    to.extend_from_slice(bytes);
}

fn put_optional(to: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => put_bytes(to, bytes),
        None => to.extend_from_slice(&ABSENT.to_be_bytes()),
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ChainError> {
        let (head, tail) = self
            .0
            .split_at_checked(length)
            .ok_or(ChainError::HeaderUnreadable)?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ChainError> {
        self.take(N)?
            .try_into()
            .map_err(|_| ChainError::HeaderUnreadable)
    }

    fn bytes(&mut self) -> Result<Option<&'a [u8]>, ChainError> {
        match u32::from_be_bytes(self.array()?) {
            ABSENT => Ok(None),
            length => self.take(length as usize).map(Some),
        }
    }

    fn optional_id(&mut self) -> Result<Option<uuid::Uuid>, ChainError> {
        self.bytes()?
            .map(|bytes| uuid::Uuid::from_slice(bytes).map_err(|_| ChainError::HeaderUnreadable))
            .transpose()
    }
}
