//! Which organization an e-mail, device or code belongs to. Read by authentication alone, before
//! it is known whose rows may be seen; holds hashes, never the values.

use domain::{
    id::{DeviceId, OrganizationId},
    replication::chain::Digest,
};
use sqlx::PgExecutor;

use crate::database::Pool;

/// What is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    Email(&'a str),
    Device(DeviceId),
    Code(&'a str),
}

impl Key<'_> {
    /// The hash under which it is kept.
    #[must_use]
    pub fn hash(&self) -> Digest {
        match self {
            Self::Email(email) => {
                Digest::of(&[b"techstore/email/1", email.trim().to_lowercase().as_bytes()])
            }
            Self::Device(id) => Digest::of(&[b"techstore/device/1", id.as_bytes()]),
            Self::Code(code) => Digest::of(&[b"techstore/code/1", code.as_bytes()]),
        }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Device(_) => "device",
            Self::Code(_) => "code",
        }
    }
}

/// The organization that a key belongs to.
pub async fn find(pool: &Pool, key: Key<'_>) -> Result<Option<OrganizationId>, sqlx::Error> {
    let mut tx = pool.begin().await?;
    let id = sqlx::query_scalar!(
        "SELECT organization_id FROM directory WHERE key_hash = $1 AND kind = $2",
        &key.hash().0,
        key.kind(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(id.map(Into::into))
}

/// Enters a key; false when it stands there already.
pub async fn enter(
    executor: impl PgExecutor<'_>,
    organization_id: OrganizationId,
    key: Key<'_>,
) -> Result<bool, sqlx::Error> {
    let entered = sqlx::query!(
        "INSERT INTO directory (key_hash, kind, organization_id) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
        &key.hash().0,
        key.kind(),
        organization_id.0,
    )
    .execute(executor)
    .await?;
    Ok(entered.rows_affected() == 1)
}
