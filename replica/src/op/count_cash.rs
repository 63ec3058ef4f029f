//! Counts the drawer while its shift goes on, against what should be in it.

use domain::{
    contract::ipc::{Changed, CountCash, ShiftReport},
    id::OpId,
    replication::{OpBody, body::SpotCountBody},
    shift::{ShiftError, SpotCount, sum_pieces},
    staff::Permission,
};

use super::shift_report::{report, require_shift};
use crate::{
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn count_cash(till: &Shared, command: CountCash) -> Result<ShiftReport, Error> {
    let person = till.authorize(Permission::RunShift)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let now_ms = till.clock.now_ms();
    let (open, totals) = require_shift(&mut transaction, &identity).await?;
    let known = store::draft::find(&mut transaction, command.draft_id).await?;
    if known.is_none() {
        let count = SpotCount {
            counted_minor: sum_pieces(&command.pieces, &open.opening.currency)?,
            expected_minor: Some(open.expected_cash(&totals).map_err(ShiftError::from)?),
            pieces: command.pieces,
        };
        let shift_id = open.shift_id;
        let chain = chain_head(&mut transaction).await?;
        let recording = Recording {
            identity: &identity,
            op_id: OpId(till.clock.new_id()),
            draft_id: command.draft_id,
            staff_id: person.staff_id,
            wall_ms: now_ms,
            body: OpBody::SpotCount(SpotCountBody { shift_id, count }),
            private: Vec::new(),
        };
        record(&mut transaction, chain, recording).await?;
    }
    let (open, _) = require_shift(&mut transaction, &identity).await?;
    let shown = report(&mut transaction, &identity, &person, open, now_ms).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Shift]);
    Ok(shown)
}
