//! Signs a person in by PIN, offline.

use domain::{
    contract::ipc::{Session, SignIn, SignedIn},
    staff::{Staff, discount_limit, permissions},
};

use super::{get_session::session, pin};
use crate::{error::Error, till::Shared};

pub(crate) async fn sign_in(till: &Shared, command: SignIn) -> Result<Session, Error> {
    let _gate = till.gate.lock().await;
    let person = pin::check(till, command.staff_id, command.pin).await?;
    till.set_session(Some(signed_in(person)));
    Ok(session(till))
}

/// What the window knows of the person at the till.
pub(crate) fn signed_in(person: Staff) -> SignedIn {
    SignedIn {
        staff_id: person.staff_id,
        name: person.name,
        role: person.role,
        language: person.language,
        permissions: permissions(person.role),
        discount_limit_ppm: discount_limit(person.role),
    }
}
