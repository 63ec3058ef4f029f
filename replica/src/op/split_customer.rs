//! Takes a merge back: the record stands for itself again, with every document that was its own.

use domain::{
    contract::ipc::{Changed, CustomerView, SplitCustomer},
    customer::{CustomerError, CustomerField, link},
    id::OpId,
    staff::Permission,
};

use super::{
    get_customer::load_customer,
    write_fields::{Writing, write_fields},
};
use crate::{error::Error, store, till::Shared};

pub(crate) async fn split_customer(
    till: &Shared,
    command: SplitCustomer,
) -> Result<CustomerView, Error> {
    let person = till.authorize(Permission::EditCustomer)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if store::draft::find(&mut transaction, command.draft_id)
        .await?
        .is_some()
    {
        return load_customer(&mut transaction, command.customer_id).await;
    }
    let customer = store::customer::known(&mut transaction, command.customer_id).await?;
    if link::target(&customer).is_none() {
        return Err(CustomerError::NothingChanged.into());
    }
    let text = (CustomerField::MergedInto, String::new());
    let writing = Writing {
        identity: &identity,
        person: &person,
        op_id: OpId(till.clock.new_id()),
        draft_id: command.draft_id,
    };
    write_fields(
        till,
        &mut transaction,
        writing,
        command.customer_id,
        vec![text],
    )
    .await?;
    let view = load_customer(&mut transaction, command.customer_id).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Customers]);
    Ok(view)
}
