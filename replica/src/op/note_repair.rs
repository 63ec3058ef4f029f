//! Writes a note on a repair.

use domain::{
    contract::ipc::{Changed, NoteRepair, RepairView},
    id::OpId,
    repair::check_note,
    replication::{OpBody, body::RepairNoteBody},
    staff::Permission,
};

use super::get_repair::repair_view;
use crate::{
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn note_repair(till: &Shared, command: NoteRepair) -> Result<RepairView, Error> {
    let person = till.authorize(Permission::WorkRepair)?;
    let identity = till.identity()?;
    let repair_id = command.repair_id;
    let text = check_note(&command.text)?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if store::draft::find(&mut transaction, command.draft_id)
        .await?
        .is_some()
    {
        return repair_view(&mut transaction, repair_id).await;
    }
    store::repair::one_shown(&mut transaction, repair_id)
        .await?
        .ok_or(Error::RepairUnknown(repair_id))?;
    let chain = chain_head(&mut transaction).await?;
    let recording = Recording {
        identity: &identity,
        op_id: OpId(till.clock.new_id()),
        draft_id: command.draft_id,
        staff_id: person.staff_id,
        wall_ms: till.clock.now_ms(),
        body: OpBody::RepairNote(RepairNoteBody { repair_id, text }),
        private: Vec::new(),
    };
    record(&mut transaction, chain, recording).await?;
    let shown = repair_view(&mut transaction, repair_id).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Repairs]);
    Ok(shown)
}
