//! One repair as it stands, with its timeline.

use domain::{
    contract::ipc::{GetRepair, RepairEventView, RepairView},
    id::RepairId,
};
use sqlx::SqliteConnection;

use crate::{error::Error, store, till::Shared};

pub(crate) async fn get_repair(till: &Shared, command: GetRepair) -> Result<RepairView, Error> {
    till.signed_in()?;
    let mut connection = till.db.reader().await?;
    repair_view(&mut connection, command.repair_id).await
}

/// Reads a repair and what belongs to it.
pub(crate) async fn repair_view(
    connection: &mut SqliteConnection,
    repair_id: RepairId,
) -> Result<RepairView, Error> {
    let repair = store::repair::one_shown(connection, repair_id)
        .await?
        .ok_or(Error::RepairUnknown(repair_id))?;
    let mut events = Vec::new();
    for event in store::repair::events(connection, repair_id).await? {
        events.push(RepairEventView {
            staff_name: store::staff::name(connection, event.event.staff_id).await?,
            is_pending: event.is_pending,
            is_rejected: repair.rejected.contains(&event.event.op_id),
            event: event.event,
        });
    }
    let customer = match repair.customer_id {
        Some(customer_id) => store::customer::one_shown(connection, customer_id).await?,
        None => None,
    };
    Ok(RepairView {
        repair,
        customer,
        events,
    })
}
