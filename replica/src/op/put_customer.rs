//! Creates a customer or changes one: only the fields that differ are written, each for itself.

use domain::{
    contract::ipc::{Changed, PutCustomer},
    customer::{Customer, changed_fields},
    id::{CustomerId, OpId},
    staff::Permission,
};

use super::write_fields::{Writing, write_fields};
use crate::{error::Error, store, till::Shared};

pub(crate) async fn put_customer(till: &Shared, command: PutCustomer) -> Result<Customer, Error> {
    let person = till.authorize(Permission::EditCustomer)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if let Some(op_id) = store::draft::find(&mut transaction, command.draft_id).await? {
        let customer_id = command.customer_id.unwrap_or(CustomerId(op_id.0));
        return store::customer::known(&mut transaction, customer_id).await;
    }
    let op_id = OpId(till.clock.new_id());
    let customer_id = command.customer_id.unwrap_or(CustomerId(op_id.0));
    let before = match command.customer_id {
        Some(customer_id) => Some(store::customer::known(&mut transaction, customer_id).await?),
        None => None,
    };
    let typed = Customer {
        customer_id,
        name: command.name,
        phone: command.phone,
        email: command.email,
        address: command.address,
        tax_id: command.tax_id,
        notes: command.notes,
        legal_name: command.legal_name,
        fiscal_address: command.fiscal_address,
        consent: command.consent,
        ..before
            .clone()
            .unwrap_or_else(|| Customer::empty(customer_id))
    };
    let texts = changed_fields(before.as_ref(), &typed)?;
    let writing = Writing {
        identity: &identity,
        person: &person,
        op_id,
        draft_id: command.draft_id,
    };
    write_fields(till, &mut transaction, writing, customer_id, texts).await?;
    let shown = store::customer::known(&mut transaction, customer_id).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Customers]);
    Ok(shown)
}
