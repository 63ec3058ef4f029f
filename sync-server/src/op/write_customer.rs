//! An operation of the server that writes fields of a customer's record, the texts sealed beside it.

use domain::{
    customer::CustomerField,
    id::CustomerId,
    replication::{
        OpBody, Private,
        body::{CustomerPutBody, PrivateField},
    },
};

use super::record_server_operation::ServerOperation;
use crate::clock::{RandomError, random_bytes};

/// Writes these fields and no others.
pub fn write_customer(
    customer_id: CustomerId,
    texts: Vec<(CustomerField, String)>,
) -> Result<ServerOperation, RandomError> {
    let (mut fields, mut private) = (Vec::new(), Vec::new());
    for (field, text) in texts {
        let sealed = Private::seal(&text, random_bytes()?);
        fields.push(PrivateField {
            field,
            hash: sealed.hash,
        });
        private.push(sealed);
    }
    Ok(ServerOperation {
        body: OpBody::CustomerPut(CustomerPutBody {
            customer_id,
            fields,
        }),
        private,
        store_id: None,
        staff_id: None,
    })
}
