//! Writes down that the customer does not want a quote, with the reason.

use domain::{
    contract::ipc::{Changed, DeclineQuote, QuoteView},
    id::OpId,
    replication::{OpBody, body::QuoteDeclineBody},
    sale::quote::check_reason,
    staff::Permission,
};

use super::quote_view::{quote_view, require_quote};
use crate::{
    error::Error,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn decline_quote(
    till: &Shared,
    command: DeclineQuote,
) -> Result<QuoteView, Error> {
    let person = till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let (now_ms, quote_id) = (till.clock.now_ms(), command.quote_id);
    let quote = require_quote(&mut transaction, &identity, quote_id).await?;
    let known = store::draft::find(&mut transaction, command.draft_id).await?;
    if known.is_none() {
        quote.check_open()?;
        let reason = check_reason(&command.reason)?;
        let chain = chain_head(&mut transaction).await?;
        let recording = Recording {
            identity: &identity,
            op_id: OpId(till.clock.new_id()),
            draft_id: command.draft_id,
            staff_id: person.staff_id,
            wall_ms: now_ms,
            body: OpBody::QuoteDecline(QuoteDeclineBody { quote_id, reason }),
            private: Vec::new(),
        };
        record(&mut transaction, chain, recording).await?;
    }
    let quote = require_quote(&mut transaction, &identity, quote_id).await?;
    let shown = quote_view(&mut transaction, &identity, quote, now_ms).await?;
    transaction.commit().await?;
    drop(writer);
    till.committed(&[Changed::Quotes]);
    Ok(shown)
}
