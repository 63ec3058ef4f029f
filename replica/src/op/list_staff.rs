//! Who may sign in at this store.

use domain::{
    contract::ipc::{ListStaff, StaffName},
    staff::permissions,
};

use super::pin::PinBox;
use crate::{error::Error, store, till::Shared};

pub(crate) async fn list_staff(till: &Shared, _: ListStaff) -> Result<Vec<StaffName>, Error> {
    let identity = till.identity()?;
    let mut connection = till.db.reader().await?;
    let pins = PinBox::load(&mut connection, &identity).await?;
    let store_id = identity.enrolment.store.store_id;
    let people = store::staff::of_store(&mut connection, store_id).await?;
    Ok(people
        .into_iter()
        .map(|person| StaffName {
            can_sign_in: pins.verifier(person.staff_id).is_some(),
            staff_id: person.staff_id,
            name: person.name,
            role: person.role,
            permissions: permissions(person.role),
        })
        .collect())
}
