//! The repairs of this store as they stand.

use domain::{
    contract::ipc::ListRepairs,
    repair::{Repair, RepairState},
};

use crate::{error::Error, store, till::Shared};

pub(crate) async fn list_repairs(
    till: &Shared,
    command: ListRepairs,
) -> Result<Vec<Repair>, Error> {
    till.signed_in()?;
    let states = if command.states.is_empty() {
        let closed = [RepairState::Delivered, RepairState::Abandoned];
        RepairState::ALL
            .into_iter()
            .filter(|state| !closed.contains(state))
            .collect()
    } else {
        command.states
    };
    let mut connection = till.db.reader().await?;
    store::repair::shown(&mut connection, &states).await
}
