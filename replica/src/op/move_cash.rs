//! Moves cash in or out of the drawer beside sales, with a reason; or opens it without any. The
//! drawer opens for each.

use domain::{
    contract::ipc::{Changed, MoveCash, ShiftReport},
    id::OpId,
    replication::OpBody,
    shift,
    staff::Permission,
};

use super::shift_report::{report, require_shift};
use crate::{
    error::Error,
    print::queue_drawer,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn move_cash(till: &Shared, command: MoveCash) -> Result<ShiftReport, Error> {
    let person = till.authorize(Permission::RunShift)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let now_ms = till.clock.now_ms();
    let (open, _) = require_shift(&mut transaction, &identity).await?;
    let known = store::draft::find(&mut transaction, command.draft_id).await?;
    if known.is_none() {
        let (movement, amount) = (command.movement, command.amount_minor);
        let body = shift::move_cash(open.shift_id, movement, amount, &command.reason)?;
        let chain = chain_head(&mut transaction).await?;
        let recording = Recording {
            identity: &identity,
            op_id: OpId(till.clock.new_id()),
            draft_id: command.draft_id,
            staff_id: person.staff_id,
            wall_ms: now_ms,
            body: OpBody::CashMovement(body),
            private: Vec::new(),
        };
        record(&mut transaction, chain, recording).await?;
        queue_drawer(&mut transaction, person.staff_id, now_ms).await?;
    }
    let (open, _) = require_shift(&mut transaction, &identity).await?;
    let shown = report(&mut transaction, &identity, &person, open, now_ms).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Shift, Changed::Printing]);
    till.printing.try_now();
    Ok(shown)
}
