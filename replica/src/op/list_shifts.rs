//! The latest shifts of this store.

use domain::{
    contract::ipc::{ListShifts, ShiftSummary},
    limit::SEARCH_RESULTS_MAX,
    replication::log::{LogKind, LogState},
};

use super::shift_report::till_number;
use crate::{error::Error, store, till::Shared};

pub(crate) async fn list_shifts(
    till: &Shared,
    command: ListShifts,
) -> Result<Vec<ShiftSummary>, Error> {
    till.signed_in()?;
    let identity = till.identity()?;
    let mut connection = till.db.reader().await?;
    let store_id = Some(identity.enrolment.store.store_id);
    let limit = command.limit.min(SEARCH_RESULTS_MAX);
    let latest = store::log::latest(&mut connection, LogKind::Shift, store_id, limit).await?;
    let mut shifts = Vec::with_capacity(latest.len());
    for shift in latest.into_iter().filter_map(LogState::into_shift) {
        let closed = shift.closed.as_ref();
        shifts.push(ShiftSummary {
            till_number: till_number(&mut connection, &identity, shift.device_id).await?,
            opened_by: store::staff::name(&mut connection, shift.opened_by).await?,
            shift_id: shift.shift_id,
            state: shift.state(),
            business_date: shift.opening.business_date.clone(),
            utc_offset_min: shift.opening.utc_offset_min,
            opened_ms: shift.opened_ms,
            closed_ms: closed.map(|closed| closed.by.wall_ms),
            net_minor: closed.map(|closed| closed.closing.totals.net()),
            difference_minor: closed.map(|closed| closed.closing.difference_minor),
        });
    }
    Ok(shifts)
}
