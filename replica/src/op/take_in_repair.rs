//! Takes a device in at the counter.

use domain::{
    contract::ipc::{Changed, RepairView, TakeInRepair},
    id::{OpId, RepairId},
    repair::take_in,
    replication::{OpBody, body::RepairIntakeBody},
    sale::number::NumberKind,
    staff::Permission,
};

use super::get_repair::repair_view;
use crate::{
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn take_in_repair(
    till: &Shared,
    command: TakeInRepair,
) -> Result<RepairView, Error> {
    let person = till.authorize(Permission::WorkRepair)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if let Some(op_id) = store::draft::find(&mut transaction, command.draft_id).await? {
        return repair_view(&mut transaction, RepairId(op_id.0)).await;
    }
    if let Some(customer_id) = command.customer_id {
        store::customer::one_shown(&mut transaction, customer_id)
            .await?
            .ok_or(Error::CustomerUnknown(customer_id))?;
    }
    let promised_date = match command.promised_date.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(text) => Some(
            text.parse::<jiff::civil::Date>()
                .map_err(|_| Error::Malformed("the promised date is not YYYY-MM-DD".into()))?
                .to_string(),
        ),
    };
    let now_ms = till.clock.now_ms();
    let day = identity.day(now_ms);
    let op_id = OpId(till.clock.new_id());
    let repair_id = RepairId(op_id.0);
    let mut chain = chain_head(&mut transaction).await?;
    chain.repairs += 1;
    let body = take_in(RepairIntakeBody {
        repair_id,
        number: identity.number(NumberKind::Repair, &chain, chain.repairs),
        count: chain.repairs,
        business_date: day.date,
        utc_offset_min: day.utc_offset_min,
        customer_id: command.customer_id,
        device: command.device,
        fault: command.fault,
        accessories: command.accessories,
        promised_date,
    })?;
    let recording = Recording {
        identity: &identity,
        op_id,
        draft_id: command.draft_id,
        staff_id: person.staff_id,
        wall_ms: now_ms,
        body: OpBody::RepairIntake(body),
        private: Vec::new(),
    };
    record(&mut transaction, chain, recording).await?;
    let shown = repair_view(&mut transaction, repair_id).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Repairs]);
    Ok(shown)
}
