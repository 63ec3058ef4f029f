//! Says that two records are two customers, so that they are not offered as one again.

use domain::{
    contract::ipc::{Changed, CustomerView, TellCustomersApart},
    customer::{CustomerField, link},
    id::OpId,
    staff::Permission,
};

use super::{
    get_customer::load_customer,
    write_fields::{Writing, write_fields},
};
use crate::{error::Error, store, till::Shared};

pub(crate) async fn tell_customers_apart(
    till: &Shared,
    command: TellCustomersApart,
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
    store::customer::known(&mut transaction, command.other_id).await?;
    let apart = link::told_apart(&customer, command.other_id)?;
    let text = (CustomerField::ApartFrom, apart);
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
