//! Quotes of this store: all that are open, and the latest others.

use domain::{
    contract::ipc::{ListQuotes, QuoteSummary},
    limit::SEARCH_RESULTS_MAX,
    replication::log::{LogKind, LogState},
};

use crate::{error::Error, store, till::Shared};

pub(crate) async fn list_quotes(
    till: &Shared,
    command: ListQuotes,
) -> Result<Vec<QuoteSummary>, Error> {
    till.signed_in()?;
    let identity = till.identity()?;
    let mut connection = till.db.reader().await?;
    let today = identity.day(till.clock.now_ms()).date;
    let store_id = identity.enrolment.store.store_id;
    let limit = command.limit.min(SEARCH_RESULTS_MAX);
    let kind = LogKind::Quote;
    let found = store::log::open_and_latest(&mut connection, kind, Some(store_id), limit).await?;
    let quotes = found.into_iter().filter_map(LogState::into_quote);
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut listed = Vec::new();
    for quote in quotes.take(most) {
        let quoted = &quote.quoted;
        let customer = match quoted.customer_id {
            Some(id) => store::customer::one_shown(&mut connection, id).await?,
            None => None,
        };
        listed.push(QuoteSummary {
            quote_id: quote.quote_id,
            number: quoted.number.clone(),
            state: quote.state(),
            is_expired: quote.is_expired(&today),
            business_date: quoted.business_date.clone(),
            valid_until: quoted.valid_until.clone(),
            utc_offset_min: quoted.utc_offset_min,
            quoted_ms: quote.by.wall_ms,
            quoted_by: store::staff::name(&mut connection, quote.by.staff_id).await?,
            customer_name: customer.map(|customer| customer.name).unwrap_or_default(),
            note: quoted.note.clone(),
            lines: u32::try_from(quoted.lines.len()).unwrap_or(u32::MAX),
            total_minor: quoted.total_minor,
            is_pending: store::quote::is_pending(&mut connection, store_id, quote.quote_id).await?,
        });
    }
    Ok(listed)
}
