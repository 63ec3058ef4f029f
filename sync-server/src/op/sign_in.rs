//! Signs a person in to the console. A wrong try counts before it is even looked at, so that
//! guesses side by side lock as fast as guesses in a row; an unknown address takes as long as a
//! known one.

use domain::{
    contract::rest::{Me, SignInRequest},
    id::OrganizationId,
    staff::{PinAttempts, Staff},
};

use crate::{
    auth::{
        console::{NO_DEVICE, SESSION_HOURS},
        secret::{SecretError, verify_secret},
        token,
    },
    clock::{self, RandomError, random_bytes},
    database::begin,
    state::AppState,
    store::{
        self,
        directory::{self, Key},
    },
};

/// Argon2id of a password that nobody has, to be tried for addresses that nobody has.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$dGVjaHN0b3JlLW5vYm9keQ\
    $D8QXfXCwAJC8d0ReCNvnFOjxfSrmjYgYp7hZI0vuS3k";

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error("e-mail address or password are wrong")]
    Wrong,
    #[error("too many wrong tries")]
    Locked { until_ms: i64 },
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// A session that began.
#[derive(Debug)]
pub struct SignedIn {
    pub me: Me,
    pub token: String,
}

/// Signs in.
pub async fn sign_in(state: &AppState, request: SignInRequest) -> Result<SignedIn, SignInError> {
    let key = Key::Email(&request.email);
    let Some(organization_id) = directory::find(&state.pool, key).await? else {
        verify_secret(request.password, NOBODY.to_owned()).await?;
        return Err(SignInError::Wrong);
    };
    let hash = key.hash();
    let now_ms = clock::now_ms().cast_signed();
    let mut tx = begin(&state.pool, organization_id).await?;
    let credential = store::staff::lock_credential(&mut tx, organization_id, &hash).await?;
    let credential = credential.ok_or(SignInError::Wrong)?;
    let attempts = PinAttempts {
        wrong: credential.wrong,
        locked_until_ms: credential.locked_until_ms.unwrap_or(0),
    };
    if attempts.is_locked(now_ms) {
        return Err(SignInError::Locked {
            until_ms: attempts.locked_until_ms,
        });
    }
    let worse = attempts.after_wrong(now_ms);
    store::staff::set_attempts(&mut tx, organization_id, &hash, worse).await?;
    tx.commit().await?;
    if !verify_secret(request.password, credential.password_phc).await? {
        return Err(SignInError::Wrong);
    }
    let mut tx = begin(&state.pool, organization_id).await?;
    store::staff::set_attempts(&mut tx, organization_id, &hash, PinAttempts::default()).await?;
    let staff = store::staff::get(&mut tx, organization_id, credential.staff_id).await?;
    let staff = staff
        .filter(|staff| staff.active)
        .ok_or(SignInError::Wrong)?;
    let session = token::make(organization_id, NO_DEVICE)?;
    let csrf_token: String = random_bytes::<16>()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    store::session::insert(
        &mut tx,
        organization_id,
        &session.hash,
        staff.staff_id,
        &csrf_token,
        SESSION_HOURS,
    )
    .await?;
    tx.commit().await?;
    let me = describe(state, organization_id, staff, csrf_token).await?;
    Ok(SignedIn {
        me,
        token: session.text,
    })
}

/// Who is signed in, as the console shows it.
pub async fn describe(
    state: &AppState,
    organization_id: OrganizationId,
    staff: Staff,
    csrf_token: String,
) -> Result<Me, sqlx::Error> {
    let mut tx = begin(&state.pool, organization_id).await?;
    let organization = store::organization::get(&mut tx, organization_id).await?;
    let organization = organization.ok_or(sqlx::Error::RowNotFound)?;
    let stores = store::organization::stores(&mut tx, organization_id).await?;
    tx.commit().await?;
    Ok(Me {
        organization_id,
        organization_name: organization.name,
        currency: organization.currency,
        staff_id: staff.staff_id,
        name: staff.name,
        role: staff.role,
        language: staff.language,
        stores,
        csrf_token,
    })
}
