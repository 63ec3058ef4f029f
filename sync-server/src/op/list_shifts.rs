//! Lists shifts, newest first: each as it was closed, with what came too late to be part of it.

use std::collections::HashMap;

use domain::{
    contract::rest::{LateDocument, ShiftListed, ShiftsPage, ShiftsQuery},
    id::{OrganizationId, ShiftId},
    money::Money,
};

use super::sales_by_hour::{ReportError, check_store};
use crate::{database::begin_snapshot, state::AppState, store};

const LIMIT_DEFAULT: u32 = 60;
const LIMIT_MAX: u32 = 200;

/// The newest shifts of all stores, or of one.
pub async fn list_shifts(
    state: &AppState,
    organization_id: OrganizationId,
    query: &ShiftsQuery,
) -> Result<ShiftsPage, ReportError> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let mut tx = begin_snapshot(&state.pool, organization_id).await?;
    check_store(&mut tx, organization_id, query.store).await?;
    let found = store::shift::latest(&mut tx, organization_id, query.store, limit).await?;
    let ids: Vec<ShiftId> = found.iter().map(|found| found.shift.shift_id).collect();
    let mut late: HashMap<ShiftId, Vec<LateDocument>> = HashMap::new();
    for (shift_id, document) in store::shift::late(&mut tx, organization_id, &ids).await? {
        late.entry(shift_id).or_default().push(document);
    }
    tx.commit().await?;
    let shifts = found.into_iter().map(|found| {
        let shift = found.shift;
        let closing = shift.closed.as_ref().map(|closed| &closed.closing);
        let sum = |of: fn(&domain::shift::TenderCount) -> Money| {
            let counts = &closing?.counts;
            Some(
                counts
                    .iter()
                    .map(of)
                    .fold(Money::ZERO, |sum, one| sum + one),
            )
        };
        ShiftListed {
            late: late.remove(&shift.shift_id).unwrap_or_default(),
            shift_id: shift.shift_id,
            state: shift.state(),
            store_code: found.store_code,
            till_number: found.till_number,
            business_date: shift.opening.business_date.clone(),
            utc_offset_min: shift.opening.utc_offset_min,
            opened_ms: shift.opened_ms,
            opened_by: found.opened_by,
            closed_ms: shift.closed.as_ref().map(|closed| closed.by.wall_ms),
            closed_by: found.closed_by,
            float_minor: shift.opening.float_minor,
            net_minor: closing.map(|closing| closing.totals.net()),
            documents: closing.map(|closing| closing.totals.documents()),
            expected_minor: sum(|count| count.expected_minor),
            counted_minor: sum(|count| count.counted_minor),
            difference_minor: closing.map(|closing| closing.difference_minor),
            note: closing.map_or_else(String::new, |closing| closing.note.clone()),
            rejected: shift.rejected.len() as u64,
        }
    });
    Ok(ShiftsPage {
        shifts: shifts.collect(),
    })
}
