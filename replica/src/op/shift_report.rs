//! A shift with its figures and the names around it, and which shift a document belongs to.

use domain::{
    contract::ipc::{ShiftMove, ShiftReport, SignedIn},
    id::{DeviceId, ShiftId},
    replication::log::{Happening, LogEvent},
    shift::{self, Shift, ShiftError, ShiftEvent, ShiftTotals},
    staff::{Permission, may},
};
use sqlx::SqliteConnection;

use crate::{error::Error, identity::Identity, store};

/// The shift of this till that is open, with what its documents add up to.
pub(crate) async fn open_shift(
    connection: &mut SqliteConnection,
    identity: &Identity,
) -> Result<Option<(Shift, ShiftTotals)>, Error> {
    let store_id = identity.enrolment.store.store_id;
    store::shift::open(connection, identity.device_id(), store_id).await
}

/// The same, for what needs one.
pub(crate) async fn require_shift(
    connection: &mut SqliteConnection,
    identity: &Identity,
) -> Result<(Shift, ShiftTotals), Error> {
    let open = open_shift(connection, identity).await?;
    open.ok_or(Error::Shift(ShiftError::NotOpen))
}

/// The shift that a document made now belongs to; refused where one is required and none is open.
pub(crate) async fn shift_for_document(
    connection: &mut SqliteConnection,
    identity: &Identity,
) -> Result<Option<ShiftId>, Error> {
    let open = open_shift(connection, identity).await?;
    let is_required = identity.place.organization.settings.shift_required;
    let open = open.as_ref().map(|(shift, _)| shift);
    Ok(shift::shift_for_document(open, is_required)?)
}

/// The report of a shift that is at hand: its own totals once it is closed, those that are kept
/// while it is open here.
pub(crate) async fn report(
    connection: &mut SqliteConnection,
    identity: &Identity,
    person: &SignedIn,
    mut shift: Shift,
    now_ms: i64,
) -> Result<ShiftReport, Error> {
    let is_blind = shift.closed.is_none() && !may(person.role, Permission::SettleShift);
    let totals = match &shift.closed {
        Some(closed) => Some(closed.closing.totals.clone()),
        None => open_shift(connection, identity)
            .await?
            .filter(|(open, _)| open.shift_id == shift.shift_id)
            .map(|(_, totals)| totals),
    };
    // Worked out for everybody: an amount that cannot be added up is refused before it is recorded.
    let expected_minor = totals
        .as_ref()
        .map(|totals| shift.expected_cash(totals))
        .transpose()
        .map_err(ShiftError::from)?
        .filter(|_| !is_blind);
    if let Some((_, count)) = shift.last_count.as_mut().filter(|_| is_blind) {
        count.expected_minor = None;
    }
    let place = store::shift::place(identity.enrolment.store.store_id, shift.shift_id);
    let mut moves = Vec::new();
    for (event, _) in store::log::events(connection, &place).await? {
        if let Some(one) = movement(connection, &shift, event).await? {
            moves.push(one);
        }
    }
    let closed_by = shift.closed.as_ref().and_then(|closed| closed.by.staff_id);
    Ok(ShiftReport {
        till_number: till_number(connection, identity, shift.device_id).await?,
        opened_by: store::staff::name(connection, shift.opened_by).await?,
        closed_by: store::staff::name(connection, closed_by).await?,
        totals: totals.filter(|_| !is_blind),
        expected_minor,
        is_blind,
        is_overdue: shift.is_overdue(&identity.day(now_ms).date),
        moves,
        shift,
    })
}

async fn movement(
    connection: &mut SqliteConnection,
    shift: &Shift,
    event: LogEvent,
) -> Result<Option<ShiftMove>, Error> {
    if shift.rejected.contains(&event.op_id) {
        return Ok(None);
    }
    let Happening::Shift(ShiftEvent::Moved {
        movement,
        amount_minor,
        reason,
    }) = event.happening
    else {
        return Ok(None);
    };
    Ok(Some(ShiftMove {
        movement,
        amount_minor,
        reason,
        staff_name: store::staff::name(connection, event.staff_id).await?,
        wall_ms: event.wall_ms,
    }))
}

/// The number of a till of the organization.
pub(crate) async fn till_number(
    connection: &mut SqliteConnection,
    identity: &Identity,
    device_id: DeviceId,
) -> Result<Option<u32>, Error> {
    if device_id == identity.device_id() {
        return Ok(Some(identity.place.till.number));
    }
    let till = store::place::till(connection, device_id).await?;
    Ok(till.map(|till| till.number))
}
