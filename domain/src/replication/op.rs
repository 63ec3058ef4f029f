//! The operation as it is stored and sent: header, body, hash, signature, and beside them the
//! private bytes that no chain holds.

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use super::{
    body::{BodyError, OpBody},
    chain::{
        Base64, ChainError, Digest, PublicKey, SignatureBytes, decode_header, encode_header,
        op_hash, sign, verify,
    },
};
use crate::{
    hlc::Hlc,
    id::{DeviceId, OpId, StaffId, StoreId},
};

/// Who recorded what, when, and after which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpHeader {
    pub op_id: OpId,
    /// [`DeviceId::SERVER`] for the server's own.
    pub device_id: DeviceId,
    /// The enrolment's number.
    pub epoch: u64,
    /// Dense from 1 per device and epoch.
    pub device_seq: u64,
    pub kind: String,
    pub kind_version: u32,
    pub hlc: Hlc,
    pub wall_ms: i64,
    pub store_id: Option<StoreId>,
    pub staff_id: Option<StaffId>,
    pub prev_hash: Digest,
}

/// One private text: the body holds `SHA-256(salt || bytes)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    pub hash: Digest,
    pub salt: Base64,
    pub bytes: Base64,
}

impl Private {
    /// Seals a text under a salt.
    #[must_use]
    pub fn seal(text: &str, salt: [u8; 16]) -> Self {
        Self {
            hash: Digest::of(&[&salt, text.as_bytes()]),
            salt: Base64(salt.to_vec()),
            bytes: Base64(text.as_bytes().to_vec()),
        }
    }

    /// The text, if the bytes fit the hash that the chain vouches for.
    #[must_use]
    pub fn open(&self, hash: &Digest) -> Option<String> {
        let fits = self.hash == *hash && Digest::of(&[&self.salt.0, &self.bytes.0]) == *hash;
        if fits {
            String::from_utf8(self.bytes.0.clone()).ok()
        } else {
            None
        }
    }
}

/// The operation in its exact bytes: what the journal keeps and the wire carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub header: Base64,
    pub body: Base64,
    pub hash: Digest,
    pub signature: SignatureBytes,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub private: Vec<Private>,
}

/// An envelope without its private texts, as it stands in the feed's digested bytes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BareEnvelope<'a> {
    header: &'a Base64,
    body: &'a Base64,
    hash: &'a Digest,
    signature: &'a SignatureBytes,
}

impl Envelope {
    /// The same without private texts.
    #[must_use]
    pub const fn bare(&self) -> BareEnvelope<'_> {
        BareEnvelope {
            header: &self.header,
            body: &self.body,
            hash: &self.hash,
            signature: &self.signature,
        }
    }

    /// Seals a decided operation: encodes, hashes and signs it.
    pub fn seal(
        header: &OpHeader,
        body: &OpBody,
        private: Vec<Private>,
        key: &SigningKey,
    ) -> Result<Envelope, BodyError> {
        let header = encode_header(header);
        let body = body.to_bytes()?;
        let hash = op_hash(&header, &body);
        let signature = sign(key, &hash);
        Ok(Envelope {
            header: Base64(header),
            body: Base64(body),
            hash,
            signature,
            private,
        })
    }

    /// Reads the header's bytes.
    pub fn decode_header(&self) -> Result<OpHeader, ChainError> {
        decode_header(&self.header.0)
    }

    /// Reads the body as the header's kind and version say.
    pub fn decode_body(&self, header: &OpHeader) -> Result<OpBody, BodyError> {
        OpBody::from_bytes(&header.kind, header.kind_version, &self.body.0)
    }

    /// Checks bytes against hash and hash against signature.
    pub fn verify(&self, key: &PublicKey) -> Result<(), ChainError> {
        verify(
            &self.header.0,
            &self.body.0,
            &self.hash,
            &self.signature,
            key,
        )
    }

    /// Bytes that count towards a push's limit.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let private: usize = self.private.iter().map(|p| p.bytes.0.len() + 96).sum();
        self.header.0.len() + self.body.0.len() + private + 96
    }
}
