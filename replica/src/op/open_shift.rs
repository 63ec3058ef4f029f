//! Opens a shift of this till with the float in its drawer; never while one is open.

use domain::{
    contract::ipc::{Changed, OpenShift, ShiftReport},
    id::{OpId, ShiftId},
    replication::{OpBody, body::ShiftOpenBody},
    shift::{ShiftOpening, check_open},
    staff::Permission,
};

use super::shift_report::{open_shift as find_open, report, require_shift};
use crate::{
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn open_shift(till: &Shared, command: OpenShift) -> Result<ShiftReport, Error> {
    let person = till.authorize(Permission::RunShift)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let now_ms = till.clock.now_ms();
    let known = store::draft::find(&mut transaction, command.draft_id).await?;
    if known.is_none() {
        let day = identity.day(now_ms);
        let open = find_open(&mut transaction, &identity).await?;
        let open = open.as_ref().map(|(shift, _)| shift);
        check_open(open, &day.date, command.float_minor)?;
        let shift_id = ShiftId(till.clock.new_id());
        let chain = chain_head(&mut transaction).await?;
        let opening = ShiftOpening {
            business_date: day.date,
            utc_offset_min: day.utc_offset_min,
            currency: identity.place.organization.currency.clone(),
            float_minor: command.float_minor,
        };
        let recording = Recording {
            identity: &identity,
            op_id: OpId(till.clock.new_id()),
            draft_id: command.draft_id,
            staff_id: person.staff_id,
            wall_ms: now_ms,
            body: OpBody::ShiftOpen(ShiftOpenBody { shift_id, opening }),
            private: Vec::new(),
        };
        record(&mut transaction, chain, recording).await?;
        let chain = chain_head(&mut transaction).await?;
        store::shift::begin(&mut transaction, shift_id, &chain).await?;
    }
    let (shift, _) = require_shift(&mut transaction, &identity).await?;
    let shown = report(&mut transaction, &identity, &person, shift, now_ms).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Shift]);
    Ok(shown)
}
