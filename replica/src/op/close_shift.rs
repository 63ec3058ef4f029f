//! Closes the shift: what was counted against what should be there, and every total frozen. A shift
//! that was forgotten closes on its own business day, whenever that is done.

use domain::{
    contract::ipc::{Changed, CloseShift, ShiftReport, SignedIn},
    id::{OpId, ShiftId},
    money::Money,
    replication::{
        OpBody,
        body::ShiftCloseBody,
        log::{Happening, LogEvent},
    },
    sale::{TenderCode, details::ApprovedBy},
    shift::{self, ClosingCounts, ClosingRules, Shift, ShiftError, ShiftEvent, ShiftTotals},
    staff::{Permission, may},
};
use sqlx::SqliteConnection;

use super::shift_report::{report, require_shift};
use crate::{
    error::Error,
    identity::Identity,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn close_shift(till: &Shared, command: CloseShift) -> Result<ShiftReport, Error> {
    let person = till.authorize(Permission::RunShift)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let now_ms = till.clock.now_ms();
    let known = store::draft::find(&mut transaction, command.draft_id).await?;
    let shift_id = match known {
        Some(op_id) => closed_by(&mut transaction, op_id).await?,
        None => {
            let (open, totals) = match command.shift_id {
                None => require_shift(&mut transaction, &identity).await?,
                Some(shift_id) => abandoned(&mut transaction, &identity, shift_id).await?,
            };
            let shift_id = open.shift_id;
            let (draft_id, settle) = (command.draft_id, Permission::SettleShift);
            let is_own = open.device_id == identity.device_id();
            let allowed = if is_own {
                till.grants().find(draft_id, settle, Money::ZERO)
            } else {
                till.permit(&person, settle, draft_id, Money::ZERO)?
            };
            let mut body = decide(&identity, &person, allowed, &command, &open, &totals)?;
            if !is_own {
                body.closing.approvals = allowed.into_iter().collect();
            }
            let chain = chain_head(&mut transaction).await?;
            let recording = Recording {
                identity: &identity,
                op_id: OpId(till.clock.new_id()),
                draft_id: command.draft_id,
                staff_id: person.staff_id,
                wall_ms: now_ms,
                body: OpBody::ShiftClose(Box::new(body)),
                private: Vec::new(),
            };
            record(&mut transaction, chain, recording).await?;
            store::shift::end(&mut transaction, shift_id).await?;
            shift_id
        }
    };
    let store_id = identity.enrolment.store.store_id;
    let closed = store::shift::one_shown(&mut transaction, store_id, shift_id)
        .await?
        .ok_or(Error::ShiftUnknown(shift_id))?;
    let shown = report(&mut transaction, &identity, &person, closed, now_ms).await?;
    transaction.commit().await?;
    drop(writer);
    till.grants().spend(command.draft_id);
    till.committed(&[Changed::Shift]);
    Ok(shown)
}

/// A shift of this store whose till may be gone, with what its documents add up to as far as they have
/// come here; what comes later is late.
async fn abandoned(
    connection: &mut SqliteConnection,
    identity: &Identity,
    shift_id: ShiftId,
) -> Result<(Shift, ShiftTotals), Error> {
    let store_id = identity.enrolment.store.store_id;
    let shift = store::shift::one_shown(connection, store_id, shift_id)
        .await?
        .ok_or(Error::ShiftUnknown(shift_id))?;
    let totals = store::shift::sums_of_documents(connection, shift_id).await?;
    Ok((shift, totals))
}

fn decide(
    identity: &Identity,
    person: &SignedIn,
    allowed_by: Option<ApprovedBy>,
    command: &CloseShift,
    open: &Shift,
    totals: &ShiftTotals,
) -> Result<ShiftCloseBody, ShiftError> {
    let countable: Vec<TenderCode> = (identity.place.tenders.iter())
        .filter(|tender| tender.is_counted && tender.active && tender.code != TenderCode::CASH)
        .map(|tender| tender.code)
        .collect();
    let counts = ClosingCounts {
        pieces: &command.pieces,
        others: &command.others,
        float_left: command.float_left_minor,
        note: &command.note,
    };
    let settings = &identity.place.organization.settings;
    let rules = ClosingRules {
        countable: &countable,
        difference_limit: settings.shift_difference_limit_minor,
        may_differ: may(person.role, Permission::SettleShift),
        allowed_by,
    };
    Ok(ShiftCloseBody {
        shift_id: open.shift_id,
        business_date: open.opening.business_date.clone(),
        utc_offset_min: open.opening.utc_offset_min,
        closing: shift::close(open, totals, counts, rules)?,
    })
}

/// The shift that an own operation closed.
async fn closed_by(connection: &mut SqliteConnection, op_id: OpId) -> Result<ShiftId, Error> {
    let event: Option<LogEvent> = store::log::first_of(connection, op_id).await?;
    let closing =
        event.filter(|event| matches!(&event.happening, Happening::Shift(ShiftEvent::Closed(_))));
    let key = closing.and_then(|event| event.key.as_str().parse().ok());
    // The draft was another entry's: it closed nothing.
    key.ok_or(Error::Shift(ShiftError::NotOpen))
}
