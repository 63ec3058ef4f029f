//! Makes a quote of a cart: numbered, frozen, recorded, and its paper queued.

use domain::{
    contract::ipc::{Changed, MakeQuote, QuoteView, SaleLine},
    id::OpId,
    replication::OpBody,
    sale::{
        number::NumberKind,
        quote::{Quoting, make_quote as decide},
    },
    staff::Permission,
};

use super::{
    allowed::allowed,
    price_lines::price_lines,
    quote_view::{quote_view, require_quote},
};
use crate::{
    error::Error,
    print::queue_document,
    record::{Recording, chain_head, record},
    store,
    till::Shared,
};

pub(crate) async fn make_quote(till: &Shared, command: MakeQuote) -> Result<QuoteView, Error> {
    let person = till.authorize(Permission::Sell)?;
    let identity = till.identity()?;
    let mut writer = till.db.writer().await;
    let mut transaction = writer.begin().await?;
    let now_ms = till.clock.now_ms();
    if let Some(quote_id) = store::draft::find(&mut transaction, command.draft_id).await? {
        let quote = require_quote(&mut transaction, &identity, quote_id).await?;
        return quote_view(&mut transaction, &identity, quote, now_ms).await;
    }
    if let Some(customer_id) = command.customer_id {
        store::customer::one_shown(&mut transaction, customer_id)
            .await?
            .ok_or(Error::CustomerUnknown(customer_id))?;
    }
    let lines: Vec<&SaleLine> = command.lines.iter().collect();
    let cart = price_lines(&mut transaction, &identity, None, &lines).await?;
    let day = identity.day(now_ms);
    let mut terms = identity.terms(&day.date, &command.terms);
    terms.approvals = allowed(till, &identity, &person, command.draft_id, &cart, &terms)?;
    let mut chain = chain_head(&mut transaction).await?;
    chain.quotes += 1;
    let quoting = Quoting {
        number: identity.number(NumberKind::Quote, &chain, chain.quotes),
        series: chain.series.clone(),
        count: chain.quotes,
        business_date: day.date,
        utc_offset_min: day.utc_offset_min,
        valid_days: command.valid_days,
        currency: identity.place.organization.currency.clone(),
        tax_mode: identity.place.organization.tax_mode,
        customer_id: command.customer_id,
        note: command.note,
        terms,
    };
    let quoted = decide(quoting, &cart)?;
    let quote_id = OpId(till.clock.new_id());
    let recording = Recording {
        identity: &identity,
        op_id: quote_id,
        draft_id: command.draft_id,
        staff_id: person.staff_id,
        wall_ms: now_ms,
        body: OpBody::QuoteMake(Box::new(quoted)),
        private: Vec::new(),
    };
    record(&mut transaction, chain, recording).await?;
    let quote = require_quote(&mut transaction, &identity, quote_id).await?;
    let document = quote.as_document();
    queue_document(
        &mut transaction,
        &identity,
        &document,
        person.staff_id,
        now_ms,
    )
    .await?;
    let shown = quote_view(&mut transaction, &identity, quote, now_ms).await?;
    transaction.commit().await?;
    drop(writer);
    till.grants().spend(command.draft_id);
    till.committed(&[Changed::Quotes]);
    till.printing.wake();
    Ok(shown)
}
