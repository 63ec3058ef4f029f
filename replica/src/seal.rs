//! Sealed rows: what lies in the database but must not be read or changed by who has the file
//! alone. XChaCha20-Poly1305 under the sealing key, bound to the row's name.

use chacha20poly1305::{
    Key, XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};

use crate::{clock::random, error::Error};

const NONCE_BYTES: usize = 24;

/// Seals bytes under a name.
pub(crate) fn seal(key: &[u8; 32], name: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let nonce: [u8; NONCE_BYTES] = random();
    let payload = Payload {
        msg: bytes,
        aad: name.as_bytes(),
    };
    let sealed = XChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Error::Internal("sealing failed"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what was sealed under that name.
pub(crate) fn open(key: &[u8; 32], name: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let unreadable = || Error::Unreadable("a sealed row");
    let (nonce, bytes) = sealed
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or_else(unreadable)?;
    let payload = Payload {
        msg: bytes,
        aad: name.as_bytes(),
    };
    XChaCha20Poly1305::new(&Key::from(*key))
        .decrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_sealed_row_opens_under_its_key_and_name_only() {
        let sealed = seal(&[1; 32], "verifiers", b"hello").unwrap();
        assert_eq!(open(&[1; 32], "verifiers", &sealed).unwrap(), b"hello");
        assert!(open(&[2; 32], "verifiers", &sealed).is_err());
        assert!(open(&[1; 32], "other", &sealed).is_err());
        let mut touched = sealed.clone();
        touched[30] ^= 1;
        assert!(open(&[1; 32], "verifiers", &touched).is_err());
        assert!(open(&[1; 32], "verifiers", &sealed[..10]).is_err());
    }
}
