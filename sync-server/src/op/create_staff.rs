//! Makes a person, with what proves them at a till (PIN) and at the console (password).

use domain::{
    id::OrganizationId,
    limit::TEXT_CHARS_MAX,
    replication::body::ServerPutBody,
    staff::{Permission, Staff, may, pin_digits_min},
};

use super::record_server_operation::{
    ServerOperation, ServerOperationError, record_server_operations,
};
use crate::{
    auth::secret::{SecretError, hash_secret},
    database::begin,
    state::AppState,
    store::{
        self,
        directory::{self, Key},
    },
};

/// Shortest password of the console (OWASP ASVS 5, 6.2.1 asks for 8).
pub const PASSWORD_CHARS_MIN: usize = 10;
const PIN_DIGITS_MAX: usize = 12;

/// A person to be made.
pub struct NewStaff {
    pub staff: Staff,
    pub pin: Option<String>,
    /// E-mail and password for the console.
    pub login: Option<(String, String)>,
}

impl std::fmt::Debug for NewStaff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewStaff")
            .field("staff", &self.staff)
            .finish_non_exhaustive()
    }
}

/// Why a person was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateStaffError {
    #[error("a person needs a name of at most {TEXT_CHARS_MAX} characters")]
    NameInvalid,
    #[error("the language is es or en")]
    LanguageUnknown,
    #[error("the PIN needs {min} to {PIN_DIGITS_MAX} digits")]
    PinInvalid { min: usize },
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    PasswordTooShort,
    #[error("only owners and managers sign in to the console")]
    NotForConsole,
    #[error("this is not an e-mail address")]
    EmailInvalid,
    #[error("this e-mail address belongs to somebody already")]
    EmailTaken,
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Record(#[from] ServerOperationError),
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

fn check(new: &NewStaff) -> Result<(), CreateStaffError> {
    let staff = &new.staff;
    let name = staff.name.trim();
    if name.is_empty() || name.chars().count() > TEXT_CHARS_MAX {
        return Err(CreateStaffError::NameInvalid);
    }
    if !matches!(staff.language.as_str(), "es" | "en") {
        return Err(CreateStaffError::LanguageUnknown);
    }
    let min = pin_digits_min(staff.role);
    let is_pin = |pin: &String| {
        (min..=PIN_DIGITS_MAX).contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit())
    };
    if !new.pin.as_ref().is_none_or(is_pin) {
        return Err(CreateStaffError::PinInvalid { min });
    }
    if let Some((email, password)) = &new.login {
        if !may(staff.role, Permission::SeeReports) {
            return Err(CreateStaffError::NotForConsole);
        }
        let parts = email.trim().split_once('@');
        if !parts.is_some_and(|(who, place)| !who.is_empty() && !place.is_empty()) {
            return Err(CreateStaffError::EmailInvalid);
        }
        if password.chars().count() < PASSWORD_CHARS_MIN {
            return Err(CreateStaffError::PasswordTooShort);
        }
    }
    Ok(())
}

/// Makes a person.
pub async fn create_staff(
    state: &AppState,
    organization_id: OrganizationId,
    new: NewStaff,
) -> Result<(), CreateStaffError> {
    check(&new)?;
    let NewStaff { staff, pin, login } = new;
    let pin_phc = match pin {
        Some(pin) => Some(hash_secret(pin).await?),
        None => None,
    };
    let login = match login {
        Some((email, password)) => Some((email, hash_secret(password).await?)),
        None => None,
    };
    let staff_id = staff.staff_id;
    let put = ServerOperation::put(ServerPutBody {
        staff: vec![staff],
        ..ServerPutBody::default()
    });
    let mut tx = begin(&state.pool, organization_id).await?;
    let raised = record_server_operations(&mut tx, organization_id, &state.key, vec![put]).await?;
    if let Some(phc) = &pin_phc {
        store::staff::put_pin(&mut tx, organization_id, staff_id, phc).await?;
    }
    if let Some((email, phc)) = &login {
        let key = Key::Email(email);
        if !directory::enter(&mut *tx, organization_id, key).await? {
            return Err(CreateStaffError::EmailTaken);
        }
        let hash = key.hash();
        store::staff::put_credential(&mut tx, organization_id, &hash, staff_id, phc).await?;
    }
    tx.commit().await?;
    state.live.publish(organization_id, &raised);
    Ok(())
}
