//! Creates a customer or changes one: only the fields that differ are written, each for itself.

use domain::{
    contract::ipc::{Changed, PutCustomer},
    customer::{Customer, changed_fields},
    id::{CustomerId, OpId},
    replication::{
        OpBody, Private,
        body::{CustomerPutBody, PrivateField},
    },
    staff::Permission,
};

use crate::{
    clock::random,
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn put_customer(till: &Shared, command: PutCustomer) -> Result<Customer, Error> {
    let person = till.authorize(Permission::EditCustomer)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if let Some(op_id) = store::draft::find(&mut transaction, command.draft_id).await? {
        let customer_id = command.customer_id.unwrap_or(CustomerId(op_id.0));
        return store::customer::one_shown(&mut transaction, customer_id)
            .await?
            .ok_or(Error::CustomerUnknown(customer_id));
    }
    let op_id = OpId(till.clock.new_id());
    let customer_id = command.customer_id.unwrap_or(CustomerId(op_id.0));
    let before = match command.customer_id {
        Some(customer_id) => Some(
            store::customer::one_shown(&mut transaction, customer_id)
                .await?
                .ok_or(Error::CustomerUnknown(customer_id))?,
        ),
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
    };
    let mut private = Vec::new();
    let mut fields = Vec::new();
    for (field, text) in changed_fields(before.as_ref(), &typed)? {
        let sealed = Private::seal(&text, random());
        fields.push(PrivateField {
            field,
            hash: sealed.hash,
        });
        private.push(sealed);
    }
    let chain = chain_head(&mut transaction).await?;
    let recording = Recording {
        identity: &identity,
        op_id,
        draft_id: command.draft_id,
        staff_id: person.staff_id,
        wall_ms: till.clock.now_ms(),
        body: OpBody::CustomerPut(CustomerPutBody {
            customer_id,
            fields,
        }),
        private,
    };
    record(&mut transaction, chain, recording).await?;
    let shown = store::customer::one_shown(&mut transaction, customer_id)
        .await?
        .ok_or(Error::CustomerUnknown(customer_id))?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Customers]);
    Ok(shown)
}
