//! One shift with its figures: X while it is open, Z from then on.

use domain::contract::ipc::{GetShiftReport, ShiftReport};

use super::shift_report::report;
use crate::{error::Error, store, till::Shared};

pub(crate) async fn get_shift_report(
    till: &Shared,
    command: GetShiftReport,
) -> Result<ShiftReport, Error> {
    let person = till.signed_in()?;
    let identity = till.identity()?;
    let mut connection = till.db.reader().await?;
    let store_id = identity.enrolment.store.store_id;
    let shift = store::shift::one_shown(&mut connection, store_id, command.shift_id)
        .await?
        .ok_or(Error::ShiftUnknown(command.shift_id))?;
    let now_ms = till.clock.now_ms();
    report(&mut connection, &identity, &person, shift, now_ms).await
}
