//! Writes fields of a customer's record as one operation: the texts beside the chain, their salted
//! hashes in it.

use domain::{
    contract::ipc::SignedIn,
    customer::CustomerField,
    id::{CustomerId, DraftId, OpId},
    replication::{
        OpBody, Private,
        body::{CustomerPutBody, PrivateField},
    },
};
use sqlx::SqliteConnection;

use crate::{
    clock::random,
    error::Error,
    identity::Identity,
    record::{Recording, chain_head, record},
    till::Shared,
};

/// Which operation of whom.
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) person: &'a SignedIn,
    pub(crate) op_id: OpId,
    pub(crate) draft_id: DraftId,
}

pub(crate) async fn write_fields(
    till: &Shared,
    transaction: &mut SqliteConnection,
    writing: Writing<'_>,
    customer_id: CustomerId,
    texts: Vec<(CustomerField, String)>,
) -> Result<(), Error> {
    let mut private = Vec::with_capacity(texts.len());
    let mut fields = Vec::with_capacity(texts.len());
    for (field, text) in texts {
        let sealed = Private::seal(&text, random());
        fields.push(PrivateField {
            field,
            hash: sealed.hash,
        });
        private.push(sealed);
    }
    let chain = chain_head(transaction).await?;
    let recording = Recording {
        identity: writing.identity,
        op_id: writing.op_id,
        draft_id: writing.draft_id,
        staff_id: writing.person.staff_id,
        wall_ms: till.clock.now_ms(),
        body: OpBody::CustomerPut(CustomerPutBody {
            customer_id,
            fields,
        }),
        private,
    };
    record(transaction, chain, recording).await?;
    Ok(())
}
