//! Lets go of a parked sale that nobody takes up any more, with the reason.

use domain::{
    contract::ipc::{Changed, DiscardParked, Recorded},
    id::OpId,
    replication::{OpBody, body::SaleDiscardBody},
    sale::parked::check_reason,
    staff::Permission,
};

use crate::{
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn discard_parked(
    till: &Shared,
    command: DiscardParked,
) -> Result<Recorded, Error> {
    let person = till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if let Some(op_id) = store::draft::find(&mut transaction, command.draft_id).await? {
        return Ok(Recorded { op_id });
    }
    let (store_id, parked_id) = (identity.enrolment.store.store_id, command.parked_id);
    let parked = store::parked::one_shown(&mut transaction, store_id, parked_id)
        .await?
        .ok_or(Error::ParkedUnknown)?;
    parked.check_waits()?;
    let reason = check_reason(&command.reason)?;
    let chain = chain_head(&mut transaction).await?;
    let op_id = OpId(till.clock.new_id());
    let recording = Recording {
        identity: &identity,
        op_id,
        draft_id: command.draft_id,
        staff_id: person.staff_id,
        wall_ms: till.clock.now_ms(),
        body: OpBody::SaleDiscard(SaleDiscardBody { parked_id, reason }),
        private: Vec::new(),
    };
    record(&mut transaction, chain, recording).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Parked]);
    Ok(Recorded { op_id })
}
