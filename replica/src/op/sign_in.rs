//! Signs a person in by PIN, offline. The attempt is counted before the PIN is looked at, so that
//! cutting the power does not give it back.

use domain::{
    contract::ipc::{Session, SignIn, SignedIn},
    staff::{Permission, Staff, may},
};

use super::{
    get_session::session,
    pin::{self, PinBox},
};
use crate::{error::Error, store, till::Shared};

pub(crate) async fn sign_in(till: &Shared, command: SignIn) -> Result<Session, Error> {
    let _gate = till.gate.lock().await;
    let identity = till.identity()?;
    if identity.enrolment.is_revoked {
        return Err(Error::TillRevoked);
    }
    let now_ms = till.clock.now_ms();
    let (person, phc, before, counted) = {
        let mut writer = till.db.writer().await;
        let mut transaction = writer.begin().await?;
        let store_id = identity.enrolment.store.store_id;
        let person = store::staff::of_store(&mut transaction, store_id)
            .await?
            .into_iter()
            .find(|person| person.staff_id == command.staff_id)
            .ok_or(Error::StaffUnknown)?;
        let mut pins = PinBox::load(&mut transaction, &identity).await?;
        let phc = pins
            .verifier(command.staff_id)
            .ok_or(Error::StaffUnknown)?
            .to_owned();
        let before = pins
            .attempts
            .get(&command.staff_id)
            .copied()
            .unwrap_or_default();
        if before.is_locked(now_ms) {
            return Err(Error::PinLocked {
                locked_until_ms: before.locked_until_ms,
            });
        }
        let counted = before.after_wrong(now_ms);
        pins.attempts.insert(command.staff_id, counted);
        pins.save(&mut transaction, &identity).await?;
        transaction.commit().await?;
        (person, phc, before, counted)
    };
    if !pin::fits(command.pin, phc).await? {
        tracing::info!(staff = %command.staff_id, wrong = before.wrong + 1, "wrong PIN");
        return Err(if counted.is_locked(now_ms) {
            Error::PinLocked {
                locked_until_ms: counted.locked_until_ms,
            }
        } else {
            Error::WrongPin {
                attempts_left: counted.left(),
            }
        });
    }
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let mut pins = PinBox::load(&mut transaction, &identity).await?;
    pins.attempts.remove(&command.staff_id);
    pins.save(&mut transaction, &identity).await?;
    transaction.commit().await?;
    drop(writer);
    till.set_session(Some(signed_in(person)));
    Ok(session(till))
}

/// What the window knows of the person at the till.
pub(crate) fn signed_in(person: Staff) -> SignedIn {
    let permissions = Permission::ALL
        .into_iter()
        .filter(|permission| may(person.role, *permission))
        .collect();
    SignedIn {
        staff_id: person.staff_id,
        name: person.name,
        role: person.role,
        language: person.language,
        permissions,
    }
}
