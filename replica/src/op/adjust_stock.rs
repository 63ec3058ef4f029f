//! Receives goods or corrects what is on hand, with a reason.

use domain::{
    contract::ipc::{AdjustStock, Changed, Recorded},
    id::{OpId, ProductId},
    limit::NOTE_CHARS_MAX,
    money::Money,
    replication::{OpBody, body::StockAdjustmentLine},
    staff::Permission,
    stock::adjust,
};

use crate::{
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn adjust_stock(till: &Shared, command: AdjustStock) -> Result<Recorded, Error> {
    let person = till.signed_in()?;
    let (permission, draft_id) = (Permission::AdjustStock, command.draft_id);
    let allowed = till.permit(&person, permission, draft_id, Money::ZERO);
    let identity = till.identity()?;
    if command.note.chars().count() > NOTE_CHARS_MAX {
        return Err(Error::TextTooLong {
            field: "note",
            max: NOTE_CHARS_MAX,
        });
    }
    let lines: Vec<StockAdjustmentLine> = (1_u32..)
        .zip(&command.lines)
        .map(|(n, line)| StockAdjustmentLine {
            n,
            product_id: line.product_id,
            location: line.location,
            delta_milli: line.delta_milli,
        })
        .collect();
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    if let Some(op_id) = store::draft::find(&mut transaction, command.draft_id).await? {
        return Ok(Recorded { op_id });
    }
    let approvals: Vec<_> = allowed?.into_iter().collect();
    let mut ids: Vec<ProductId> = lines.iter().map(|line| line.product_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let known = store::catalog::products(&mut transaction, &ids).await?;
    if let Some(unknown) = ids
        .iter()
        .find(|id| !known.iter().any(|product| product.product_id == **id))
    {
        return Err(Error::ProductUnknown(*unknown));
    }
    let mut body = adjust(command.reason, &command.note, lines)?;
    body.approvals = approvals;
    let op_id = OpId(till.clock.new_id());
    let chain = chain_head(&mut transaction).await?;
    let recording = Recording {
        identity: &identity,
        op_id,
        draft_id: command.draft_id,
        staff_id: person.staff_id,
        wall_ms: till.clock.now_ms(),
        body: OpBody::StockAdjustment(body),
        private: Vec::new(),
    };
    record(&mut transaction, chain, recording).await?;
    transaction.commit().await?;
    drop(writer);
    till.grants().spend(draft_id);
    till.committed(&[Changed::Stock]);
    Ok(Recorded { op_id })
}
