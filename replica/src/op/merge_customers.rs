//! Says that two records are one customer. The record that goes keeps its texts and points to the
//! one that stays; what only it knows goes into the other.

use domain::{
    contract::ipc::{Changed, CustomerView, MergeCustomers},
    customer::{CustomerError, CustomerField, link},
    id::{DraftId, OpId},
    staff::Permission,
};

use super::{
    get_customer::load_customer,
    write_fields::{Writing, write_fields},
};
use crate::{error::Error, store, till::Shared};

pub(crate) async fn merge_customers(
    till: &Shared,
    command: MergeCustomers,
) -> Result<CustomerView, Error> {
    let person = till.authorize(Permission::EditCustomer)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if store::draft::find(&mut transaction, command.draft_id)
        .await?
        .is_some()
    {
        return load_customer(&mut transaction, command.kept).await;
    }
    // Each stands for others perhaps: the groups become one.
    let links = store::customer::links(&mut transaction).await?;
    let root = |id| link::resolve(id, |from| links.get(&from).copied());
    let (kept, merged) = (root(command.kept), root(command.merged));
    if kept == merged {
        return Err(CustomerError::NothingChanged.into());
    }
    let stays = store::customer::known(&mut transaction, kept).await?;
    let goes = store::customer::known(&mut transaction, merged).await?;
    let texts = vec![(CustomerField::MergedInto, kept.to_string())];
    let writing = Writing {
        identity: &identity,
        person: &person,
        op_id: OpId(till.clock.new_id()),
        draft_id: command.draft_id,
    };
    write_fields(till, &mut transaction, writing, merged, texts).await?;
    let texts = link::taken_over(&stays, &goes);
    if !texts.is_empty() {
        let writing = Writing {
            identity: &identity,
            person: &person,
            op_id: OpId(till.clock.new_id()),
            draft_id: DraftId(till.clock.new_id()),
        };
        write_fields(till, &mut transaction, writing, kept, texts).await?;
    }
    let view = load_customer(&mut transaction, kept).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Customers]);
    Ok(view)
}
