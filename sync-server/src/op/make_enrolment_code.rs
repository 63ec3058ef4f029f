//! Makes the one-time code that places a till: 60 random bits, for one store and till number,
//! good for a quarter of an hour and one use.

use domain::{
    id::{OrganizationId, StoreId},
    replication::chain::Digest,
};

use crate::{
    clock::{self, RandomError, random_bytes},
    database::{Pool, begin},
    store::{self, directory::Key},
};

/// How long a code is good.
pub const CODE_MS_MAX: u64 = 15 * 60_000;
/// Crockford's base 32: no letters that are taken for digits.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_DIGITS: u32 = 12;

/// A code as it is shown, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    pub code: String,
    pub expires_ms: u64,
}

/// Why no code was made.
#[derive(Debug, thiserror::Error)]
pub enum MakeCodeError {
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Makes a code and keeps its hash.
pub async fn make_enrolment_code(
    pool: &Pool,
    organization_id: OrganizationId,
    store_id: StoreId,
    till_number: u32,
) -> Result<EnrolmentCode, MakeCodeError> {
    let code = spell(u64::from_be_bytes(random_bytes()?));
    let expires_ms = clock::now_ms() + CODE_MS_MAX;
    let plain = normalize(&code);
    let mut tx = begin(pool, organization_id).await?;
    store::directory::enter(&mut *tx, organization_id, Key::Code(&plain)).await?;
    store::enrolment::insert_code(
        &mut tx,
        organization_id,
        &code_hash(&plain),
        store_id,
        till_number,
        expires_ms.cast_signed(),
    )
    .await?;
    tx.commit().await?;
    Ok(EnrolmentCode { code, expires_ms })
}

/// The hash under which a normalised code is kept.
#[must_use]
pub fn code_hash(plain: &str) -> Digest {
    Key::Code(plain).hash()
}

/// A code as somebody typed it, in the one form that is kept.
#[must_use]
pub fn normalize(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

fn spell(random: u64) -> String {
    let mut text = String::new();
    for place in 0..CODE_DIGITS {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        let digit = (random >> (5 * place)) & 31;
        text.push(char::from(ALPHABET[usize::try_from(digit).unwrap_or(0)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_typed_with_look_alikes_and_without_dashes_is_the_same_code() {
        assert_eq!(normalize("o1il-abcd 2345"), normalize("0111ABCD2345"));
        let code = spell(u64::MAX);
        assert_eq!((code.as_str(), code.len()), ("ZZZZ-ZZZZ-ZZZZ", 14));
        assert_eq!(spell(0), "0000-0000-0000");
    }
}
